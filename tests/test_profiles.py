"""Latent classes, k-means on scores, the number of profiles and their stability, against outside numbers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.profiles import (
    LatentClasses,
    ScoreMeans,
    bootstrap_jaccard,
    choose_number,
    compare_numbers,
    find_profiles,
    likelihood,
)
from cdo_analysis.profiles.stability import match_jaccard

ORACLES = Path(__file__).parent / "oracles"

EXPECTED_FAILURES = {
    "check_clustering": (
        "its continuous blobs become categories that are each seen once, and nothing is alike in them"
    ),
    "check_sample_weight_equivalence_on_dense_data": (
        "predicts rows whose values the fit on removed rows never saw: an unseen category is an error here"
    ),
}


def expected_failures(estimator: object) -> dict[str, str]:
    return EXPECTED_FAILURES if isinstance(estimator, LatentClasses) else {}


@parametrize_with_checks([LatentClasses(n_init=3), ScoreMeans(n_init=3)], expected_failed_checks=expected_failures)
def test_the_estimators_keep_the_contract_of_scikit_learn(estimator, check):
    check(estimator)


# Planted data ---------------------------------------------------------------------------------------------------


def plant_classes(n: int, *, seed: int, missing: float = 0.0) -> tuple[pd.DataFrame, np.ndarray]:
    """Three classes on 12 yes/no items: almost nothing, the first six practices, almost everything."""
    random = np.random.default_rng(seed)
    truth = random.choice(3, size=n, p=[0.5, 0.3, 0.2])
    yes = np.array([[0.1] * 12, [0.9] * 6 + [0.1] * 6, [0.9] * 12])
    said = pd.DataFrame(random.random((n, 12)) < yes[truth], index=[f"firm{row}" for row in range(n)])
    answers = said.set_axis([f"item{column}" for column in range(12)], axis=1).astype(int).astype(str)
    return answers.mask(random.random(answers.shape) < missing), truth


def independent_answers(n: int, *, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(random.integers(0, 2, size=(n, 8)), columns=list("abcdefgh")).astype(str)


# Maximum likelihood against R poLCA and R optim -------------------------------------------------------------------


def read_polca(text: str, name: str) -> dict[int, dict[str, float]]:
    """Read what R poLCA printed for the data set `name`: for each k, llik, AIC, BIC, npar and P (the shares)."""
    block = re.search(rf"^== {name}.*?(?=^== |\Z)", text, flags=re.DOTALL | re.MULTILINE).group()
    fits = {}
    for line in re.findall(r"^k=.*", block, flags=re.MULTILINE):
        figures = dict(re.findall(r"(\w+)= *(-?[\d.]+)", line))
        figures["P"] = [float(share) for share in line.split(" P=")[1].split()]
        fits[int(figures["k"])] = figures
    return fits


@pytest.mark.reference_data
@pytest.mark.parametrize(
    ("data", "printed", "name"),
    [
        ("wirs-firms-ltm/WIRS.csv", "wirs-firms-ltm/reference_R_poLCA_ltm.txt", "WIRS"),
        ("polca/values.csv", "polca/reference_R_poLCA.txt", "values"),
    ],
)
def test_likelihood_parameters_and_criteria_are_those_of_polca(reference_data, data, printed, name):
    answers = pd.read_csv(reference_data / data)
    for k, polca in read_polca((reference_data / printed).read_text(), name).items():
        model = LatentClasses(k, n_init=50, random_state=0).fit(answers)
        assert model.converged_
        assert model.n_parameters_ == int(polca["npar"])
        # poLCA printed 4 decimals of the log-likelihood and 3 of the criteria.
        assert model.log_likelihood_ == pytest.approx(float(polca["llik"]), abs=1.1e-4)
        assert model.aic_ == pytest.approx(float(polca["AIC"]), abs=1.1e-3)
        assert model.bic_ == pytest.approx(float(polca["BIC"]), abs=1.1e-3)


@pytest.mark.reference_data
def test_the_shares_of_three_classes_of_wirs_are_those_of_polca(reference_data):
    model = LatentClasses(3, random_state=0).fit(pd.read_csv(reference_data / "wirs-firms-ltm" / "WIRS.csv"))
    assert_allclose(np.sort(model.class_shares_), [0.1867, 0.2605, 0.5527], atol=2e-4)


@pytest.mark.reference_data
def test_three_classes_have_the_lowest_bic_of_wirs(reference_data):
    answers = pd.read_csv(reference_data / "wirs-firms-ltm" / "WIRS.csv")
    table, models = compare_numbers(answers, numbers=range(1, 5), random_state=0)
    assert choose_number(table) == 3
    assert_allclose(table["bic"], [7188.718, 6921.209, 6739.300, 6770.362], atol=1.1e-3)
    assert list(models) == [1, 2, 3, 4]


@pytest.mark.reference_data
def test_missing_answers_drop_out_of_the_likelihood_as_in_polca(reference_data):
    answers = pd.read_csv(reference_data / "polca" / "election.csv").iloc[:, :12]
    assert answers.isna().to_numpy().any()
    model = LatentClasses(3, random_state=0).fit(answers)
    # poLCA with na.rm = FALSE, and StepMix 3.0.0: -21311.535679. Ours may stop 1e-8 a row short of it.
    assert model.log_likelihood_ == pytest.approx(-21311.535679, abs=5e-5)
    assert model.n_parameters_ == 2 + 3 * 12 * 3


def test_weighted_classes_with_missing_answers_are_those_of_r_optim():
    answers = pd.read_csv(ORACLES / "latent_class.csv")
    weight = answers.pop("weight")
    r = json.loads((ORACLES / "latent_class.json").read_text())
    model = LatentClasses(2, random_state=0).fit(answers, sample_weight=weight)
    model = model.reorder(np.argsort(model.item_probabilities_[0][:, 1]).tolist())
    assert model.log_likelihood_ == pytest.approx(r["log_likelihood"], abs=2e-6)
    assert model.n_parameters_ == r["n_parameters"]
    # The maximum is flat: an optimiser that stops 1e-6 below it may stand 1e-3 beside it.
    assert_allclose(model.class_shares_, r["shares"], atol=1e-3)
    for item, probabilities in zip(answers, model.item_probabilities_, strict=True):
        assert_allclose(probabilities, r["probabilities"][item], atol=1e-3)
    assert_allclose(model.score_samples(answers)[:5], r["first_rows_log_likelihood"], atol=1e-3)


def test_one_em_step_is_the_one_computed_by_hand():
    # Items A and B, rows (1, 1), (0, 0), (1, 0) and (1, missing); both classes 1/2; P(1) = 0.8 and 0.2.
    # Posterior of class 0: 0.32/0.34 = 16/17, 0.02/0.34 = 1/17, 0.08/0.16 = 1/2, 0.4/0.5 = 4/5.
    codes = np.array([[1, 1], [0, 0], [1, 0], [1, -1]])
    patterns = likelihood.Patterns.of(codes, [2, 2])
    high, low = [0.2, 0.8, 0.2, 0.8], [0.8, 0.2, 0.8, 0.2]
    start = (np.array([[0.5], [0.5]]), np.array([[high], [low]]))
    runs = likelihood.climb(patterns, np.ones((1, 4)), start, max_iter=1, tol=0.0)
    assert runs.log_likelihood[0] == pytest.approx(np.log(0.34 * 0.34 * 0.16 * 0.5), abs=1e-12)
    assert_allclose(runs.shares[:, 0], [2.3 / 4, 1.7 / 4], atol=1e-8)
    a_of_class_0 = (16 / 17 + 1 / 2 + 4 / 5) / 2.3
    b_of_class_0 = (16 / 17) / (16 / 17 + 1 / 17 + 1 / 2)
    expected = [1 - a_of_class_0, a_of_class_0, 1 - b_of_class_0, b_of_class_0]
    assert_allclose(runs.probabilities[0, 0], expected, atol=1e-7)
    assert not runs.converged[0]


def test_one_class_has_the_likelihood_of_the_margins():
    # 3 of 4 say yes to A; B is measured twice, one yes: 3 log 3/4 + log 1/4 + 2 log 1/2.
    answers = pd.DataFrame({"A": ["yes", "yes", "yes", "no"], "B": ["yes", "no", None, None]})
    model = LatentClasses(1, random_state=0).fit(answers)
    assert model.log_likelihood_ == pytest.approx(3 * np.log(3 / 4) + np.log(1 / 4) + 2 * np.log(1 / 2), abs=1e-6)
    assert model.n_parameters_ == 2
    assert np.isnan(model.relative_entropy_)


def test_sabic_and_entropy_follow_their_definitions_on_two_sure_classes():
    # Two classes that answer all yes or all no, ten rows each: log-likelihood 20 log 1/2, 1 + 2 * 3 parameters.
    answers = pd.DataFrame({item: [0] * 10 + [1] * 10 for item in "ABC"})
    model = LatentClasses(2, random_state=0).fit(answers)
    assert model.sabic_ == pytest.approx(40 * np.log(2) + 7 * np.log(22 / 24), abs=1e-5)
    assert model.relative_entropy_ == pytest.approx(1.0, abs=1e-6)


# Weights, missing rows, order, seeds ----------------------------------------------------------------------------


def test_a_row_with_weight_two_counts_as_the_row_written_twice():
    answers, _ = plant_classes(200, seed=1, missing=0.05)
    times = np.random.default_rng(2).integers(1, 4, size=200)
    weighted = LatentClasses(3, random_state=0).fit(answers, sample_weight=times)
    repeated = LatentClasses(3, random_state=0).fit(answers.loc[answers.index.repeat(times)])
    assert_allclose(weighted.class_shares_, repeated.class_shares_, atol=1e-4)
    assert_allclose(weighted.predict_proba(answers), repeated.predict_proba(answers), atol=1e-3)
    # The weights sum to the rows, not to the repetitions: the likelihood does not grow with the population.
    per_row = repeated.log_likelihood_ / times.sum()
    assert weighted.log_likelihood_ / 200 == pytest.approx(per_row, abs=1e-7)


def test_weights_that_sum_to_the_population_give_the_same_bic():
    answers, _ = plant_classes(200, seed=1)
    weights = np.random.default_rng(2).uniform(0.5, 2.0, size=200)
    sample = LatentClasses(2, random_state=0).fit(answers, sample_weight=weights)
    population = LatentClasses(2, random_state=0).fit(answers, sample_weight=weights * 700)
    assert population.bic_ == pytest.approx(sample.bic_, abs=1e-6)


def test_a_row_of_weight_zero_or_without_answer_does_not_count_in_the_n_of_the_bic():
    answers, _ = plant_classes(100, seed=1)
    answers.iloc[0] = None
    weights = np.ones(100)
    weights[1] = 0.0
    assert LatentClasses(2, random_state=0).fit(answers, sample_weight=weights).n_observations_ == 98


def test_a_row_without_any_answer_gets_the_class_shares():
    answers, _ = plant_classes(200, seed=1)
    model = LatentClasses(3, random_state=0).fit(answers)
    nothing = pd.DataFrame([[None] * 12], columns=answers.columns)
    assert_allclose(model.predict_proba(nothing)[0], model.class_shares_, rtol=1e-12)
    assert model.score_samples(nothing)[0] == pytest.approx(0.0, abs=1e-12)


def test_posteriors_sum_to_one():
    answers, _ = plant_classes(200, seed=1, missing=0.2)
    posterior = LatentClasses(3, random_state=0).fit(answers).predict_proba(answers)
    assert_allclose(posterior.sum(axis=1), 1.0, atol=1e-12)


def test_planted_classes_are_found_again():
    answers, truth = plant_classes(1000, seed=3, missing=0.05)
    model = LatentClasses(3, random_state=0).fit(answers)
    assert adjusted_rand_score(truth, model.labels_) > 0.85
    assert_allclose(np.sort(model.class_shares_), [0.2, 0.3, 0.5], atol=0.05)


def test_the_order_of_the_rows_changes_nothing():
    answers, _ = plant_classes(300, seed=4, missing=0.1)
    shuffled = answers.sample(frac=1.0, random_state=5)
    model = LatentClasses(3, random_state=0).fit(answers)
    again = LatentClasses(3, random_state=0).fit(shuffled)
    assert_allclose(again.predict_proba(answers), model.predict_proba(answers), atol=1e-9)


def test_the_same_seed_gives_the_same_bytes():
    answers, _ = plant_classes(300, seed=4)
    one, two = (LatentClasses(3, random_state=7).fit(answers) for _ in range(2))
    assert one.predict_proba(answers).tobytes() == two.predict_proba(answers).tobytes()


def test_the_number_of_workers_changes_no_byte():
    answers, _ = plant_classes(300, seed=4)
    alone, four = (LatentClasses(3, random_state=0, n_jobs=workers).fit(answers) for workers in (1, 4))
    assert alone.predict_proba(answers).tobytes() == four.predict_proba(answers).tobytes()
    assert alone.starts_at_best_ == four.starts_at_best_


# Categories ---------------------------------------------------------------------------------------------------


def test_an_unseen_category_is_refused_with_its_column_and_value():
    answers, _ = plant_classes(50, seed=1)
    model = LatentClasses(2, random_state=0).fit(answers)
    newcomer = answers.iloc[[0]].assign(item4="perhaps")
    with pytest.raises(InputError, match="column 'item4' holds 'perhaps'") as caught:
        model.predict(newcomer)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
@pytest.mark.parametrize("dtype", ["object", "str", "string", "category"])
def test_text_answers_may_be_missing_in_any_dtype_of_pandas(dtype, missing):
    column = pd.Series(["yes", "no", "yes", missing, "no"], dtype=dtype)
    model = LatentClasses(2, random_state=0).fit(pd.DataFrame({"erp": column, "crm": column}))
    assert model.categories_[0].tolist() == ["no", "yes"]
    assert model.encode(pd.DataFrame({"erp": column, "crm": column}))[:, 0].tolist() == [1, 0, 1, -1, 0]


def test_numbers_that_became_decimal_for_lack_of_an_answer_are_the_same_categories():
    model = LatentClasses(2, random_state=0).fit(pd.DataFrame({"a": [1, 2, 1, 2], "b": [1, 2, 1, 2]}))
    later = pd.DataFrame({"a": [1.0, np.nan], "b": [2.0, 2.0]})
    assert model.encode(later).tolist() == [[0, 1], [-1, 1]]


def test_a_column_without_any_answer_is_refused_by_name():
    answers = pd.DataFrame({"erp": ["yes", "no", "yes"], "crm": [None, None, None]})
    with pytest.raises(UsageError, match="column 'crm' holds no answer at all"):
        LatentClasses(2).fit(answers)


def test_an_answer_that_nobody_of_any_class_gave_still_leaves_a_placed_company():
    answers = pd.DataFrame({item: ["0"] * 10 + ["1"] * 10 for item in "ABCD"})
    model = LatentClasses(2, random_state=0).fit(answers)
    torn = pd.DataFrame([["0", "0", "1", "1"], ["0", "0", "0", "1"]], columns=list("ABCD"))
    posterior = model.predict_proba(torn)
    assert_allclose(posterior[0], [0.5, 0.5], atol=1e-6)
    assert model.predict(torn)[1] == model.labels_[0]


def test_weights_that_are_all_zero_are_refused():
    with pytest.raises(ValueError, match="weight"):
        LatentClasses(1).fit(pd.DataFrame({"a": [1, 2]}), sample_weight=[0, 0])


# Order of the classes and the saved model -----------------------------------------------------------------------


def test_reordered_classes_keep_their_content_and_leave_the_model_alone():
    answers, _ = plant_classes(200, seed=1)
    model = LatentClasses(3, random_state=0).fit(answers)
    before = model.class_shares_.copy()
    other = model.reorder([2, 0, 1])
    assert_allclose(other.predict_proba(answers), model.predict_proba(answers)[:, [2, 0, 1]], atol=1e-12)
    assert_array_equal(other.labels_, other.predict(answers))
    assert_array_equal(model.class_shares_, before)


def test_an_order_that_forgets_a_class_is_refused():
    model = LatentClasses(2, random_state=0).fit(pd.DataFrame({"a": [1, 2, 1, 2]}))
    with pytest.raises(UsageError, match=r"\[0, 0\]"):
        model.reorder([0, 0])


PLACE_ELSEWHERE = """
import json, sys
import pandas as pd
from cdo_analysis.profiles import LatentClasses
saved, rows = json.load(sys.stdin)
print(json.dumps(LatentClasses.from_dict(saved).predict_proba(pd.DataFrame(rows)).tolist()))
"""


def test_a_saved_model_places_companies_alike_in_another_process():
    answers, _ = plant_classes(200, seed=1, missing=0.1)
    model = LatentClasses(3, random_state=0).fit(answers)
    rows = answers.head(20).astype(object).where(answers.head(20).notna(), None).to_dict("records")
    sent = json.dumps([model.to_dict(), rows], allow_nan=False)
    done = subprocess.run(
        [sys.executable, "-c", PLACE_ELSEWHERE], input=sent, capture_output=True, text=True, check=True
    )
    assert_allclose(json.loads(done.stdout), model.predict_proba(answers.head(20)), rtol=0, atol=1e-12)


def test_a_saved_model_of_one_class_is_plain_json_and_keeps_its_figures():
    model = LatentClasses(1, random_state=np.random.RandomState(0)).fit(pd.DataFrame({"a": [1.5, 2.5, None]}))
    saved = json.loads(json.dumps(model.to_dict(), allow_nan=False))
    again = LatentClasses.from_dict(saved)
    assert np.isnan(again.relative_entropy_)
    assert (again.bic_, again.n_observations_) == (model.bic_, 2)
    assert again.to_dict() == saved


@pytest.mark.parametrize("change", [{"kind": "score_means"}, {"version": 2}])
def test_a_saved_model_of_another_kind_or_version_is_refused(change):
    saved = LatentClasses(1).fit(pd.DataFrame({"a": [1, 2]})).to_dict()
    with pytest.raises(InputError, match="fit the study again"):
        LatentClasses.from_dict(saved | change)


# How many -------------------------------------------------------------------------------------------------------


def test_the_lowest_bic_loses_when_its_smallest_class_is_tiny_both_ways():
    table = pd.DataFrame({"k": [1, 2, 3], "bic": [900.0, 850.0, 840.0]})
    tiny = table.assign(smallest_n=[300, 80, 24], smallest_share=[1.0, 0.3, 0.049])
    assert choose_number(tiny) == 2
    assert choose_number(tiny.assign(smallest_n=[300, 80, 25])) == 3
    assert choose_number(tiny.assign(smallest_share=[1.0, 0.3, 0.05])) == 3


def test_without_an_acceptable_number_the_way_out_is_said():
    table = pd.DataFrame({"k": [5, 6], "bic": [1.0, 2.0], "smallest_n": [3, 2], "smallest_share": [0.01, 0.01]})
    with pytest.raises(UsageError, match="1 among them"):
        choose_number(table)


def test_the_table_describes_each_number():
    answers, truth = plant_classes(600, seed=3)
    table, models = compare_numbers(answers, numbers=[1, 3], random_state=0)
    one, three = table.to_dict("records")
    assert (one["k"], one["smallest_n"], one["smallest_share"], one["starts_at_best"]) == (1, 600, 1.0, 50)
    assert three["mean_posterior"] > 0.9
    assert 0.8 < three["min_posterior"] <= three["mean_posterior"]
    assert three["smallest_n"] == np.bincount(models[3].labels_).min()
    assert three["smallest_share"] == pytest.approx(np.mean(truth == 2), abs=0.03)


# Stability -------------------------------------------------------------------------------------------------------


def test_jaccard_is_the_one_counted_by_hand():
    # {0,1,2,3} against {0,1,2} (3 of 4) and {3,4,5} (1 of 6); {4,5} against them: 0 and 2 of 3.
    labels, others = np.array([0, 0, 0, 0, 1, 1]), np.array([1, 1, 1, 0, 0, 0])
    assert_allclose(match_jaccard(labels, others, 2), [3 / 4, 2 / 3])


def test_a_cluster_that_no_drawn_point_belongs_to_has_similarity_zero():
    assert_allclose(match_jaccard(np.array([0, 0]), np.array([0, 1]), 3), [1 / 2, 0, 0])


def test_planted_classes_are_stable_and_classes_forced_on_independent_answers_are_not():
    planted, _ = plant_classes(400, seed=6)
    chance = independent_answers(400, seed=6)
    found = LatentClasses(3, random_state=0).fit(planted)
    forced = LatentClasses(3, random_state=0).fit(chance)
    stable = bootstrap_jaccard(found, planted, replicates=10, random_state=0)
    unstable = bootstrap_jaccard(forced, chance, replicates=10, random_state=0)
    assert stable.min() >= 0.75
    assert unstable.mean() < 0.6
    assert np.all((unstable >= 0) & (stable <= 1))


# K-means on scores --------------------------------------------------------------------------------------------


def test_weighted_centres_are_the_weighted_means():
    # Weighted mean of {0, 3} with weights 2 and 1 is 1; of {90, 96} with weights 1 and 2 is 94.
    scores = pd.DataFrame({"digital": [0.0, 3.0, 90.0, 96.0]})
    model = ScoreMeans(2, random_state=0).fit(scores, sample_weight=[2, 1, 1, 2])
    assert_allclose(np.sort(model.cluster_centers_.ravel()), [1.0, 94.0])


def test_a_row_with_a_missing_score_is_placed_by_the_others_and_moves_no_centre():
    scores = np.array([[0.0, 0.0], [2.0, 2.0], [90.0, 90.0], [92.0, 92.0], [np.nan, 70.0], [np.nan, np.nan]])
    model = ScoreMeans(2, random_state=0).fit(scores)
    assert_allclose(np.sort(model.cluster_centers_[:, 1]), [1.0, 91.0])
    assert model.n_complete_ == 4
    assert model.labels_[4] == model.labels_[3]
    assert model.labels_[5] == -1


def test_units_do_not_matter_to_k_means():
    scores = np.random.default_rng(1).normal(size=(80, 3))
    plain = ScoreMeans(3, random_state=0).fit(scores)
    euros = ScoreMeans(3, random_state=0).fit(scores * [1, 1000, 0.01] + [0, 5, 0])
    assert adjusted_rand_score(plain.labels_, euros.labels_) == 1.0


def test_the_order_of_the_rows_does_not_change_the_clusters():
    scores = np.random.default_rng(1).normal(size=(80, 3))
    order = np.random.default_rng(2).permutation(80)
    model = ScoreMeans(3, random_state=0).fit(scores)
    assert_array_equal(ScoreMeans(3, random_state=0).fit(scores[order]).labels_, model.labels_[order])


def test_saved_clusters_place_alike_and_can_be_reordered():
    scores = pd.DataFrame(np.random.default_rng(1).normal(size=(80, 2)), columns=["strategy", "data"])
    model = ScoreMeans(3, random_state=0).fit(scores).reorder([1, 2, 0])
    again = ScoreMeans.from_dict(json.loads(json.dumps(model.to_dict(), allow_nan=False)))
    assert_array_equal(again.predict(scores), model.labels_)
    assert again.feature_names_in_.tolist() == ["strategy", "data"]


def test_too_few_complete_rows_for_the_clusters_are_refused():
    with pytest.raises(UsageError, match="n_samples=1 with every score measured"):
        ScoreMeans(2).fit(np.array([[1.0, 2.0], [np.nan, 1.0]]))


# The whole stage --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def planted_survey() -> dict[str, object]:
    answers, truth = plant_classes(450, seed=8, missing=0.05)
    answers.iloc[7] = None
    half = answers.astype(float)
    scores = pd.DataFrame({"first": half.iloc[:, :6].mean(axis=1), "last": half.iloc[:, 6:].mean(axis=1)})
    weights = pd.Series(np.where(truth == 0, 2.0, 0.5), index=answers.index)
    found = find_profiles(answers, scores, sample_weight=weights, order_by=scores.mean(axis=1), numbers=range(1, 5))
    return {"found": found, "answers": answers, "scores": scores, "weights": weights, "truth": truth}


def test_profiles_are_ordered_from_the_least_mature(planted_survey):
    found, truth = planted_survey["found"], planted_survey["truth"]
    assert found.verdict == "profiles"
    assert found.model.n_clusters == 3
    # Classes 0, 1, 2 were planted from almost nothing to almost everything.
    for planted in range(3):
        assert found.assignment["profile"][truth == planted].mode().item() == planted


def test_the_opposite_score_gives_the_opposite_order(planted_survey):
    answers, scores = planted_survey["answers"], planted_survey["scores"]
    weights = planted_survey["weights"]
    found = find_profiles(answers, scores, sample_weight=weights, order_by=-scores.mean(axis=1), numbers=[3])
    straight = planted_survey["found"].assignment["profile"]
    assert_array_equal(found.assignment["profile"], 2 - straight)


def test_who_answered_nothing_stands_between_profiles(planted_survey):
    assignment, posterior = planted_survey["found"].assignment, planted_survey["found"].posterior
    assert assignment["status"].iloc[7] == "between"
    expected = (posterior.max(axis=1) >= 0.6).drop("firm7")
    assert_array_equal(assignment["status"].drop("firm7") == "clear", expected)
    assert posterior.columns.tolist() == ["profile_0", "profile_1", "profile_2"]
    assert posterior.index.equals(planted_survey["answers"].index)


def test_shares_are_weighted_and_unweighted(planted_survey):
    shares, truth = planted_survey["found"].shares, planted_survey["truth"]
    weights = planted_survey["weights"].to_numpy()
    assert_allclose(shares["share_unweighted"], np.bincount(truth) / 450, atol=0.03)
    assert_allclose(shares["share_weighted"], np.bincount(truth, weights) / weights.sum(), atol=0.03)
    assert shares["n"].sum() == 450


def test_practices_are_the_planted_probabilities(planted_survey):
    practices = planted_survey["found"].practices
    said_yes = practices[practices["category"] == "1"].pivot(index="profile", columns="item", values="probability")
    first, last = [f"item{item}" for item in range(6)], [f"item{item}" for item in range(6, 12)]
    assert said_yes.loc[0].mean() == pytest.approx(0.1, abs=0.05)
    assert said_yes.loc[1, first].mean() == pytest.approx(0.9, abs=0.05)
    assert said_yes.loc[1, last].mean() == pytest.approx(0.1, abs=0.05)
    assert said_yes.loc[2].mean() == pytest.approx(0.9, abs=0.05)
    assert_allclose(practices.groupby(["profile", "item"])["probability"].sum(), 1.0)
    assert (practices.groupby(["item", "category"])["overall"].nunique() == 1).all()


def test_the_second_opinion_and_the_bootstrap_confirm_planted_profiles(planted_survey):
    found = planted_survey["found"]
    assert found.means_agreement > 0.8
    assert found.stability["profile"].tolist() == [0, 1, 2]
    assert found.stability["jaccard"].between(0.75, 1.0).all()


def test_independent_answers_are_called_no_grouping():
    tables = [
        compare_numbers(independent_answers(300, seed=seed), numbers=[1, 2, 3], random_state=0)[0] for seed in range(10)
    ]
    assert sum(choose_number(table) == 1 for table in tables) >= 9


def test_no_grouping_is_one_profile_with_everybody_in_it():
    answers = independent_answers(300, seed=1)
    score = answers.astype(float).mean(axis=1)
    found = find_profiles(answers, score.to_frame("all"), order_by=score, numbers=[1, 2])
    assert found.verdict == "no_grouping"
    assert found.assignment["profile"].unique().tolist() == [0]
    assert found.shares[["n", "share_weighted"]].to_numpy().tolist() == [[300.0, 1.0]]
    assert np.isnan(found.means_agreement)
    assert found.stability["jaccard"].tolist() == [1.0]


def test_tables_of_different_respondents_are_refused():
    answers, _ = plant_classes(60, seed=1)
    score = pd.Series(0.0, index=answers.index)
    with pytest.raises(UsageError, match="scores and items have different respondents"):
        find_profiles(answers, score.to_frame().iloc[::-1], order_by=score)
