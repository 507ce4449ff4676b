"""k-means, bootstrap, halves, gap and agreement, against R fpc and cluster (oracles/clusterboot.R), scikit-learn."""

import json
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from cdo_analysis.errors import UsageError
from cdo_analysis.profiles import LatentClasses, ScoreMeans, bootstrap_jaccard
from cdo_analysis.profiles.agreement import compare_partitions
from cdo_analysis.profiles.factorial_clusters import FactorialClusters
from cdo_analysis.profiles.gap import gap_statistic
from cdo_analysis.profiles.stability import split_half

ORACLES = Path(__file__).parent / "oracles"


def plant_scores(n: int, *, seed: int, apart: float = 4.0) -> tuple[pd.DataFrame, np.ndarray]:
    random = np.random.default_rng(seed)
    truth = random.choice(3, size=n, p=[0.5, 0.3, 0.2])
    return pd.DataFrame(truth[:, None] * apart + random.normal(size=(n, 4)), columns=list("abcd")), truth


def plant_answers(n: int, *, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    yes = np.array([[0.1] * 8, [0.9] * 8])[random.integers(0, 2, n)]
    return pd.DataFrame(np.where(random.random((n, 8)) < yes, "yes", "no"), columns=list("abcdefgh"))


# k-means ------------------------------------------------------------------------------------------------------------


def test_the_inertia_is_the_lowest_that_r_finds():
    scores = pd.read_csv(ORACLES / "clusterboot.csv")
    r = json.loads((ORACLES / "clusterboot.json").read_text())
    assert ScoreMeans(4, random_state=0).fit(scores).inertia_ == pytest.approx(r["inertia"], rel=1e-6)


@pytest.mark.parametrize("n", [3_000, 12_000, 600_000])
def test_weighted_inertia_is_that_of_scikit_learn_within_a_ten_thousandth(n):
    scores, _ = plant_scores(n, seed=1, apart=1.5)
    weights = np.random.default_rng(2).uniform(0.5, 2.0, n)
    ours = ScoreMeans(4, n_init=10, random_state=0).fit(scores, sample_weight=weights)
    standard = (scores - ours.means_) / ours.deviations_
    theirs = KMeans(4, n_init=10 if n < 100_000 else 1, random_state=0).fit(standard, sample_weight=weights)
    assert ours.inertia_ <= theirs.inertia_ * (1 + 1e-4)
    again = (standard.to_numpy() - ((ours.cluster_centers_ - ours.means_) / ours.deviations_)[ours.labels_]) ** 2
    assert ours.inertia_ == pytest.approx(float(weights @ again.sum(axis=1)), rel=1e-4)


def test_a_score_that_does_not_vary_changes_nothing():
    scores, _ = plant_scores(200, seed=3)
    plain = ScoreMeans(3, random_state=0).fit(scores)
    constant = ScoreMeans(3, random_state=0).fit(scores.assign(e=0.1))
    assert_array_equal(constant.labels_, plain.labels_)
    assert constant.deviations_[-1] == 1.0


def test_the_same_seed_gives_the_same_bytes_on_a_sample_of_many_rows():
    scores, _ = plant_scores(300_000, seed=3, apart=1.0)
    one, two = (ScoreMeans(4, n_init=3, random_state=5).fit(scores) for _ in range(2))
    assert one.cluster_centers_.tobytes() == two.cluster_centers_.tobytes()
    assert one.labels_.tobytes() == two.labels_.tobytes()


@pytest.mark.parametrize("name", ["n_clusters", "n_init", "start_rows"])
def test_a_parameter_of_zero_is_refused_by_name(name):
    with pytest.raises(UsageError, match=f"{name}=0"):
        ScoreMeans().set_params(**{name: 0}).fit(plant_scores(20, seed=1)[0])


# Bootstrap ----------------------------------------------------------------------------------------------------------


def test_bootstrap_similarities_are_those_of_clusterboot():
    scores = pd.read_csv(ORACLES / "clusterboot.csv")
    r = json.loads((ORACLES / "clusterboot.json").read_text())
    model = ScoreMeans(4, random_state=0).fit(scores)
    theirs = np.array(r["labels"]) - 1
    assert adjusted_rand_score(theirs, model.labels_) == 1
    match = [int(np.bincount(theirs[model.labels_ == label]).argmax()) for label in range(4)]
    ours = bootstrap_jaccard(model, scores, replicates=400, random_state=0)
    # Means over 400 and 1,000 replicates: three standard errors of their difference.
    error = np.array(r["error"])[match] * np.sqrt(1 / 400 + 1 / 1000)
    assert np.all(np.abs(ours - np.array(r["jaccard"])[match]) < 3 * error)


@pytest.mark.parametrize("backend", ["threading", pytest.param("loky", marks=pytest.mark.slow)])
def test_the_number_of_workers_changes_no_figure(backend):
    scores, _ = plant_scores(300, seed=4, apart=1.0)
    weights = np.random.default_rng(5).uniform(0.5, 2.0, 300)
    model = ScoreMeans(3, random_state=0).fit(scores, sample_weight=weights)
    alone = bootstrap_jaccard(model, scores, sample_weight=weights, replicates=8, random_state=1)
    with joblib.parallel_config(backend, n_jobs=2):
        together = bootstrap_jaccard(model, scores, sample_weight=weights, replicates=8, random_state=1)
    assert_array_equal(together, alone)


@pytest.mark.parametrize("model", [LatentClasses(2, n_init=3), FactorialClusters(2)])
def test_any_clusterer_may_be_tested(model):
    answers = plant_answers(300, seed=6)
    model.fit(answers)
    before = model.labels_.copy()
    assert bootstrap_jaccard(model, answers, replicates=5, random_state=0).min() > 0.9
    assert split_half(model, answers, replicates=3, random_state=0).min() > 0.8
    assert_array_equal(model.labels_, before)


def test_rows_without_any_score_are_left_out_of_the_similarities():
    scores, _ = plant_scores(200, seed=7)
    scores.iloc[:20] = np.nan
    model = ScoreMeans(3, random_state=0).fit(scores)
    assert_allclose(bootstrap_jaccard(model, scores, replicates=5, random_state=0), 1.0, atol=0.05)


def test_zero_replicates_are_refused():
    scores, _ = plant_scores(50, seed=7)
    with pytest.raises(UsageError, match="replicates is 0"):
        split_half(ScoreMeans(2), scores, replicates=0)


def test_halves_agree_on_planted_profiles_and_not_on_five_slices_of_a_cloud():
    planted, _ = plant_scores(400, seed=8)
    cloud = pd.DataFrame(np.random.default_rng(8).normal(size=(400, 4)))
    assert split_half(ScoreMeans(3), planted, replicates=5, random_state=0).min() > 0.95
    assert split_half(ScoreMeans(5), cloud, replicates=10, random_state=0).mean() < 0.6


# Gap ----------------------------------------------------------------------------------------------------------------


def test_the_gap_chooses_the_planted_number_and_one_for_a_cloud():
    planted, _ = plant_scores(300, seed=9)
    cloud = pd.DataFrame(np.random.default_rng(9).uniform(size=(300, 2)), columns=["a", "b"])
    found = gap_statistic(ScoreMeans(), planted, numbers=range(1, 6), random_state=0)
    assert found.loc[found["chosen"], "k"].tolist() == [3]
    flat = gap_statistic(ScoreMeans(), cloud, numbers=range(1, 6), random_state=0)
    assert flat.loc[flat["chosen"], "k"].tolist() == [1]


def test_the_gap_is_that_of_cluster_in_r():
    r = json.loads((ORACLES / "gap.json").read_text())
    scores = pd.read_csv(ORACLES / "clusterboot.csv")
    found = gap_statistic(ScoreMeans(n_init=5), scores, numbers=range(1, 7), replicates=40, random_state=0)
    # Simulated on both sides: 300 draws there, 40 here, with a deviation of 0.03; our k-means rescales each draw.
    assert_allclose(found["gap"], r["gap"], atol=0.02)
    assert_allclose(found["error"], r["error"], atol=0.012)
    assert found.loc[found["chosen"], "k"].item() == r["chosen"]


def test_the_gap_of_answers_compares_with_shuffled_columns():
    found = gap_statistic(
        FactorialClusters(), plant_answers(300, seed=10), numbers=range(1, 4), replicates=5, random_state=0
    )
    assert found.loc[found["k"] == 2, "gap"].item() > found.loc[found["k"] == 1, "gap"].item() + 0.2
    # Shuffled columns keep the frequency of each answer: one profile spreads as much as before.
    assert found.loc[found["k"] == 1, "gap"].item() == pytest.approx(0, abs=1e-12)


# Agreement ----------------------------------------------------------------------------------------------------------


def test_agreement_without_weights_is_that_of_scikit_learn():
    random = np.random.default_rng(11)
    first = random.integers(0, 3, 200)
    second = np.where(random.random(200) < 0.6, first, random.integers(0, 4, 200))
    table = compare_partitions({"classes": first, "means": second, "ward": first[::-1]})
    assert table["first"].tolist() == ["classes", "classes", "means"]
    expected = [adjusted_rand_score(*pair) for pair in [(first, second), (first, first[::-1]), (second, first[::-1])]]
    assert_allclose(table["adjusted_rand"], expected)
    assert_allclose(table["adjusted_rand_weighted"], expected)


def test_a_pair_of_respondents_counts_the_product_of_their_weights():
    # Together in both: 2 * 1. In the first: 2 + 1, in the second 2 + 2 + 1, in all 9: (2 - 15/9) / (4 - 15/9) = 1/7.
    partitions = {"a": [0, 0, 1, 1], "b": [0, 0, 0, 1]}
    for scale in (1, 700):
        table = compare_partitions(partitions, sample_weight=scale * np.array([2, 1, 1, 1]))
        assert table["adjusted_rand_weighted"].item() == pytest.approx(1 / 7)


def test_partitions_of_other_respondents_are_refused():
    with pytest.raises(UsageError, match="the same respondents"):
        compare_partitions({"a": [0, 1], "b": [0]})
