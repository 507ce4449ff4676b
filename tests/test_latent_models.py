"""Latent classes in compiled code, mixed profiles, class regression: against outside numbers and other code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.mixture import GaussianMixture
from sklearn.utils.estimator_checks import parametrize_with_checks

from cdo_analysis.errors import UsageError
from cdo_analysis.profiles import LatentClasses, LatentProfiles, regress_classes
from cdo_analysis.profiles.likelihood import climb, draw_starts, join_log_likelihood, split_posterior
from cdo_analysis.profiles.packing import Packing, Patterns

ORACLES = Path(__file__).parent / "oracles"


@parametrize_with_checks([LatentProfiles(n_init=3)])
def test_latent_profiles_keep_the_contract_of_scikit_learn(estimator, check):
    check(estimator)


# The compiled passes against matrix products --------------------------------------------------------------------


def mixed_codes(n: int, *, seed: int) -> tuple[np.ndarray, list[int]]:
    """Seven items of 2 to 300 categories, a tenth of the answers missing, one row without any."""
    random = np.random.default_rng(seed)
    sizes = [2, 5, 3, 300, 2, 6, 4]
    codes = np.column_stack([random.integers(0, size, n) for size in sizes])
    codes[random.random(codes.shape) < 0.1] = -1
    codes[3] = -1
    return codes, sizes


@pytest.mark.parametrize("k", [1, 3, 5, 8])
def test_the_likelihood_of_an_iteration_is_that_of_the_matrix_product(k):
    codes, sizes = mixed_codes(300, seed=1)
    patterns = Patterns.of(codes, sizes)
    weights = patterns.sum_weights(np.random.default_rng(2).uniform(0, 2, 300))
    start = draw_starts(patterns, weights, k, 3, np.random.RandomState(0))
    runs = climb(patterns, weights[None], start, max_iter=1, tol=0.0)
    posterior, log_likelihood = split_posterior(join_log_likelihood(patterns.indicators, *start))
    assert_allclose(runs.log_likelihood, log_likelihood @ weights, rtol=1e-12)
    assert_allclose(runs.shares, (posterior @ weights) / weights.sum(), atol=1e-9)
    counts = (posterior * weights) @ patterns.indicators.T
    assert_allclose(runs.probabilities, patterns.normalise(counts), atol=1e-9)


def test_rows_that_are_packed_are_the_rows_that_were_given():
    codes, sizes = mixed_codes(200, seed=3)
    patterns = Patterns.of(codes, sizes)
    assert_array_equal(patterns.codes[patterns.of_row], codes)
    assert len(np.unique(codes, axis=0)) == len(patterns)
    logs = np.log(np.random.default_rng(0).uniform(0.1, 1, (2, sum(sizes))))
    assert_allclose(Packing.of(codes, sizes).sum_logs(logs), patterns.indicators[:, patterns.of_row].T @ logs.T)


def test_a_row_of_eleven_hundred_answers_does_not_underflow():
    # One half to the 1,100 is 1e-331, below the smallest number of a computer.
    answers = np.tile([[0, 1], [1, 0]], (5, 550))
    assert LatentClasses(1, n_init=1).fit(answers).log_likelihood_ == pytest.approx(10 * 1100 * np.log(0.5))
    two = LatentClasses(2, n_init=2, random_state=0).fit(answers)
    assert two.log_likelihood_ == pytest.approx(10 * np.log(0.5), abs=1e-3)


# Mixed profiles -------------------------------------------------------------------------------------------------


def test_profiles_of_complete_numbers_are_the_diagonal_mixture_of_scikit_learn():
    random = np.random.default_rng(0)
    truth = random.choice(3, 300, p=[0.5, 0.3, 0.2])
    X = random.normal(np.array([[0, 0, 0], [2, 0, 2], [3, 3, 0]])[truth], 1)
    ours = LatentProfiles(3, random_state=0).fit(X)
    theirs = GaussianMixture(3, covariance_type="diag", n_init=10, random_state=0, tol=1e-9, max_iter=5000).fit(X)
    assert ours.log_likelihood_ == pytest.approx(theirs.score(X) * 300, abs=2e-3)
    assert ours.bic_ == pytest.approx(theirs.bic(X), abs=4e-3)
    assert_allclose(np.sort(ours.class_shares_), np.sort(theirs.weights_), atol=1e-3)


def test_mixed_profiles_with_missing_values_are_those_of_stepmix():
    data = pd.read_csv(ORACLES / "latent_profiles.csv")
    expected = json.loads((ORACLES / "latent_profiles.json").read_text())["mixed"]
    table = data[[*"xyz", *"abcdef"]]
    assert table.isna().to_numpy().any()
    model = LatentProfiles(3, categorical=list("abcdef"), random_state=0).fit(table)
    assert model.log_likelihood_ == pytest.approx(expected["log_likelihood"], abs=1e-3)
    assert model.n_parameters_ == expected["parameters"]


def test_a_repeated_row_counts_as_its_weight_in_mixed_profiles():
    data = pd.read_csv(ORACLES / "latent_profiles.csv")[["x", "y", "a"]].head(120)
    times = np.random.default_rng(1).integers(1, 4, 120)
    weighted = LatentProfiles(2, categorical=["a"], random_state=0).fit(data, sample_weight=times)
    repeated = LatentProfiles(2, categorical=["a"], random_state=0).fit(data.loc[data.index.repeat(times)])
    assert weighted.log_likelihood_ / 120 == pytest.approx(repeated.log_likelihood_ / times.sum(), abs=1e-5)
    assert weighted.n_observations_ == 120


PLACE_ELSEWHERE = """
import json, sys
import pandas as pd
from cdo_analysis.profiles import LatentProfiles
saved, rows = json.load(sys.stdin)
table = pd.DataFrame(rows).astype({"x": float, "a": float})
print(json.dumps(LatentProfiles.from_dict(saved).predict_proba(table).tolist()))
"""


def test_saved_mixed_profiles_place_companies_alike_in_another_process():
    data = pd.read_csv(ORACLES / "latent_profiles.csv")[["x", "a"]]
    model = LatentProfiles(2, categorical=["a"], random_state=0).fit(data).reorder([1, 0])
    rows = data.head(30).astype(object).where(data.head(30).notna(), None).to_dict("records")
    sent = json.dumps([model.to_dict(), rows], allow_nan=False)
    done = subprocess.run(
        [sys.executable, "-c", PLACE_ELSEWHERE], input=sent, capture_output=True, text=True, check=True
    )
    assert_allclose(json.loads(done.stdout), model.predict_proba(data.head(30)), atol=1e-12)
    assert_array_equal(model.labels_, model.predict(data))


def test_a_column_that_is_not_there_is_refused_by_name():
    with pytest.raises(UsageError, match="no column is called 'erp'"):
        LatentProfiles(1, categorical=["erp"]).fit(pd.DataFrame({"crm": [1.0, 2.0]}))


def test_workers_change_nothing_in_mixed_profiles():
    data = pd.read_csv(ORACLES / "latent_profiles.csv")[["x", "y", "a"]]
    one, two = (LatentProfiles(2, categorical=["a"], random_state=0, n_jobs=n).fit(data) for n in (1, 2))
    assert one.predict_proba(data).tobytes() == two.predict_proba(data).tobytes()


# Class regression -------------------------------------------------------------------------------------------------


@pytest.mark.reference_data
def test_the_effect_of_party_on_the_classes_of_voters_is_the_published_one(reference_data):
    # Linzer & Lewis (2011): shares 27, 34 and 39 %; 2/1: -3.81813, 0.79327; 3/1: 1.16155, -0.57436; n = 1,300.
    election = pd.read_csv(reference_data / "polca" / "election.csv")
    complete = election.iloc[:, :12].notna().all(axis=1)
    found = regress_classes(election.loc[complete].iloc[:, :12], election.loc[complete, ["PARTY"]], n_clusters=3)
    assert found.n_observations == 1300
    assert_allclose(np.sort(found.shares).round(2), [0.27, 0.34, 0.39])
    assert_allclose(found.coefficients["estimate"], [-3.81813, 0.79327, 1.16155, -0.57436], atol=1e-4)
    assert found.coefficients["covariate"].tolist() == ["(intercept)", "PARTY"] * 2
    assert found.starts_at_best > 1


def test_intervals_of_a_planted_effect_hold_it():
    held = []
    for seed in range(20):
        random = np.random.default_rng(seed)
        size = random.normal(size=400)
        truth = random.random(400) < 1 / (1 + np.exp(0.8 - 1.0 * size))
        yes = np.where(truth[:, None], 0.3, 0.85)
        items = pd.DataFrame((random.random((400, 6)) < yes).astype(int), columns=list("abcdef"))
        found = regress_classes(items, pd.DataFrame({"size": size}), n_clusters=2, n_init=3)
        slope = found.coefficients.iloc[1]
        held.append(slope["low"] <= 1.0 <= slope["high"])
    # 95 % of 20 is 19; fewer than 16 would come once in four hundred times.
    assert sum(held) >= 16


def test_regression_refuses_tables_of_different_respondents():
    items = pd.DataFrame({"a": [0, 1, 0]})
    with pytest.raises(UsageError, match="align their indexes"):
        regress_classes(items, pd.DataFrame({"size": [1.0, 2.0]}), n_clusters=2)
