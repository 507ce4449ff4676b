"""Balance, test of the survey, sensitivity to hidden confounding, policy values: R, published numbers, planted truth.

R: oracles/robustness.R and oracles/aipw.R (base R).
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.cdo import (
    Estimates,
    EstimateSettings,
    confounder_bounds,
    confounder_strength,
    e_value,
    e_value_of_difference,
    estimate_outcomes,
    find_effect,
    policy_values,
    robustness_value,
)
from cdo_analysis.cdo.basis import Basis, learn_basis
from cdo_analysis.cdo.encoding import learn_encoding
from cdo_analysis.cdo.projection import WeightedSums
from cdo_analysis.cdo.robustness import Covariate, covariate_benchmarks, residual_ratio

ORACLES = Path(__file__).parent / "oracles"
PLAIN = EstimateSettings(parents={}, splits=2)
ARMS = ("adviser", "boss", "internal")


def planted(n: int, seed: int, *, effect: float = 1.0) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Size drives the arm, the outcome and, by `effect`, which arm is better."""
    rng = np.random.default_rng(seed)
    size = rng.normal(size=n)
    odds = np.column_stack([np.zeros(n), -0.4 * size, 0.6 * size])
    arm = (odds + rng.gumbel(size=(n, 3))).argmax(axis=1)
    gain = effect * np.column_stack([np.zeros(n), -0.8 * size, 0.5 + 0.8 * size])
    outcome = 5 + 0.5 * size + gain[np.arange(n), arm] + rng.normal(size=n)
    X = pd.DataFrame({"size": size, "sector": rng.choice(["trade", "industry"], n)})
    return X, pd.Series(np.array(ARMS)[arm], dtype="str"), pd.Series(outcome)


@pytest.fixture(scope="module")
def found() -> Estimates:
    return estimate_outcomes(*planted(900, 1), settings=PLAIN)


# --- projection -------------------------------------------------------------------------------------------------------


def test_posterior_and_likelihood_are_those_of_r() -> None:
    data, oracle = pd.read_csv(ORACLES / "aipw.csv"), json.loads((ORACLES / "aipw.json").read_text())
    scores = (data["m1"] + data["arm"] / data["e1"] * (data["y"] - data["m1"])).to_numpy()
    columns = np.column_stack([np.ones(len(data)), data["x"], data["x"] ** 2])
    sums = WeightedSums.of(scores[:, None], data[["e1"]].to_numpy() / 0.5, columns)
    one, two = np.array([100, 0.5, 0.2]), np.array([100, 0.05, 1])
    mean, covariance = sums.posterior(one)
    assert mean[0] == pytest.approx(oracle["posterior"], abs=1e-8)
    assert covariance[0].ravel() == pytest.approx(oracle["covariance"], abs=1e-8)
    gain = sums.log_likelihood(two) - sums.log_likelihood(one)
    assert gain == pytest.approx(oracle["likelihood_gain"], abs=1e-7)


def test_the_basis_holds_bends_and_products_and_comes_back_from_json() -> None:
    X = pd.DataFrame({"a": np.linspace(-1, 1, 60), "b": np.tile([0.0, 1.0, 4.0], 20), "c": ["x", "y"] * 30})
    basis = learn_basis(X, learn_encoding(X))
    columns = basis.expand(X)
    for wanted in (np.maximum(X["a"], 0.3), X["a"] * X["b"], X["a"] * (X["c"] == "x")):
        fit = np.linalg.lstsq(columns, wanted.to_numpy(), rcond=None)[0]
        assert np.corrcoef(columns @ fit, wanted)[0, 1] > 0.99
    again = Basis.from_dict(json.loads(json.dumps(basis.to_dict())))
    np.testing.assert_allclose(again.expand(X.head(3)), columns[:3])


def test_effects_that_bend_are_found_with_intervals_that_hold_them() -> None:
    rng = np.random.default_rng(3)
    size = rng.uniform(-2, 2, 1500)
    arm = rng.integers(0, 2, 1500)
    effect = np.where(size > 0, 1.5 * size, 0.0)
    outcome = size**2 + arm * effect + rng.normal(size=1500)
    estimates = estimate_outcomes(
        pd.DataFrame({"size": size}), pd.Series(np.array(["a", "b"])[arm]), pd.Series(outcome), settings=PLAIN
    )
    gap = estimates.predicted["b"] - estimates.predicted["a"]
    covariance = estimates.predicted_covariance
    error = np.sqrt(covariance[:, 0, 0] + covariance[:, 1, 1] - 2 * covariance[:, 0, 1])
    assert np.corrcoef(gap, effect)[0, 1] > 0.95
    assert (np.abs(gap - effect) < 2.58 * error).mean() > 0.85


@pytest.mark.slow
def test_intervals_of_one_firm_hold_its_effect_about_as_often_as_they_say() -> None:
    held = []
    for seed in range(15):
        X, arm, outcome = planted(400, seed)
        estimates = estimate_outcomes(X, arm, outcome, random_state=seed, settings=replace(PLAIN, splits=1))
        gap = estimates.predicted["internal"] - estimates.predicted["boss"]
        covariance = estimates.predicted_covariance
        error = np.sqrt(covariance[:, 2, 2] + covariance[:, 1, 1] - 2 * covariance[:, 1, 2])
        held.append((np.abs(gap - (0.5 + 1.6 * X["size"])) < 1.96 * error).mean())
    assert 0.90 < np.mean(held) < 0.995


def test_a_draw_of_the_folds_does_not_decide() -> None:
    X, arm, outcome = planted(300, 5)
    moves = {}
    for splits in (1, 7):
        runs = [
            estimate_outcomes(X, arm, outcome, random_state=seed, settings=replace(PLAIN, splits=splits)).means["mean"]
            for seed in range(4)
        ]
        moves[splits] = pd.concat(runs, axis=1).std(axis=1).mean()
    assert moves[7] < 0.7 * moves[1]


# --- gates ------------------------------------------------------------------------------------------------------------


def test_an_arm_out_of_reach_of_most_firms_is_set_aside_and_the_others_are_estimated() -> None:
    X, arm, outcome = planted(600, 2)
    huge = X["size"] > X["size"].nlargest(26).min()
    X = X.assign(huge=huge.astype(float))
    estimates = estimate_outcomes(X, arm.where(~huge, "interim"), outcome, settings=replace(PLAIN, penalty=100.0))
    assert estimates.status == "estimated"
    assert estimates.merging is not None
    assert estimates.merging.set_aside == {"interim": 25}
    assert sorted(estimates.means.index) == sorted(ARMS)


def test_a_firm_outside_the_overlap_of_an_arm_is_marked() -> None:
    found = estimate_outcomes(*planted(900, 1), settings=replace(PLAIN, minimum_propensity=0.05))
    outside = found.for_firms(pd.DataFrame({"size": [0.0, 6.0], "sector": ["trade", "trade"]})).outside
    assert outside.loc[0].tolist() == [False, False, False]
    assert outside.loc[1].tolist() == [False, True, False]


# --- balance ----------------------------------------------------------------------------------------------------------


def test_weighing_by_the_propensity_brings_arms_together_and_costs_firms(found: Estimates) -> None:
    assert found.arm_sizes.loc["internal", "largest_before"] > 0.25
    assert (found.arm_sizes["largest_after"] < 0.10).all()
    assert (found.arm_sizes["effective_n"] < found.arm_sizes["n"]).all()
    size = found.balance[found.balance["feature"] == "size"].set_index("arm")
    assert size.loc["boss", "before"] < -0.2 < 0.2 < size.loc["internal", "before"]


# --- the test of the survey -------------------------------------------------------------------------------------------


def test_effects_are_found_on_average_or_only_by_firm() -> None:
    rng = np.random.default_rng(0)
    x, half = rng.normal(size=(400, 1)), np.full((400, 2), 0.5)
    noise = rng.normal(size=(400, 2))
    assert find_effect(noise + np.array([0.0, 0.5]), half, x).means < 0.01
    crossed = find_effect(noise + np.hstack([x, -x]) * 0.5, half, x)
    assert crossed.differences < 0.01
    assert crossed.p_value < 0.01
    assert crossed.means > 0.05


@pytest.mark.slow
def test_without_effect_the_survey_is_wrongly_convicted_at_most_as_often_as_announced() -> None:
    """40 surveys of 300 firms at 5 %: more than 6 convictions have a probability of 0.3 %."""
    convicted = 0
    for seed in range(40):
        X, arm, outcome = planted(300, seed, effect=0.0)
        estimates = estimate_outcomes(X, arm, outcome, random_state=seed, settings=replace(PLAIN, splits=1))
        assert estimates.effect is not None
        convicted += estimates.effect.p_value <= 0.05
    assert convicted <= 6


# --- sensitivity ------------------------------------------------------------------------------------------------------


def test_robustness_value_and_bounds_are_those_of_r() -> None:
    data, oracle = pd.read_csv(ORACLES / "robustness.csv"), json.loads((ORACLES / "robustness.json").read_text())
    Z, arm, y = data[["x1", "x2"]].to_numpy(), data["arm"].to_numpy(), data["y"].to_numpy()
    value = robustness_value(oracle["strength"])
    assert value == pytest.approx(oracle["robustness"], abs=1e-9)
    assert confounder_strength(float(value), float(value)) == pytest.approx(oracle["strength"], abs=1e-9)
    assert residual_ratio(Z, arm.astype(float), y) == pytest.approx(oracle["ratio"], abs=1e-8)
    bounds = confounder_bounds(oracle["r2_arm"], oracle["r2_outcome"])
    assert bounds == pytest.approx((oracle["bound_arm"], oracle["bound_outcome"]), abs=1e-9)
    row = covariate_benchmarks(Z, arm, y, covariates=[Covariate("x1", (0,))]).iloc[0]
    assert row["r2_arm"] == pytest.approx(oracle["adjusted_r2_arm"], abs=1e-9)
    assert row["r2_outcome"] == pytest.approx(oracle["adjusted_r2_outcome"], abs=1e-9)


def test_e_values_are_the_published_ones() -> None:
    published = {1.1: 1.43, 1.25: 1.81, 1.5: 2.37, 2.0: 3.41, 3.0: 5.45}
    assert {ratio: round(e_value(ratio), 2) for ratio in published} == published
    # d = ln(2) / 0.91: a risk ratio of 2. No difference needs no confounder.
    assert e_value_of_difference(3 * np.log(2) / 0.91, 3.0) == pytest.approx(2 + np.sqrt(2))
    assert e_value_of_difference(0.0, 3.0) == 1.0


def test_each_difference_comes_with_its_sensitivity_and_the_strongest_covariate(found: Estimates) -> None:
    table = found.sensitivity.set_index(["arm", "reference"])
    assert len(table) == 3
    assert (table["robustness_limit"] <= table["robustness"]).all()
    assert (table["strongest_arm"] == "size").all()
    touches = (table["difference"].abs() < 1.96 * table["se"]).to_numpy()
    assert (table.loc[touches, "e_value_limit"] == 1).all()
    assert table.loc[touches, "fragile"].all()


def test_estimates_come_back_from_json_with_their_sensitivity(found: Estimates) -> None:
    again = Estimates.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False)), found.propensity)
    for name in ("sensitivity", "benchmarks", "balance", "arm_sizes", "contrasts"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(found, name))
    firms = pd.DataFrame({"size": [0.5], "sector": ["trade"]})
    pd.testing.assert_frame_equal(again.for_firms(firms).outside, found.for_firms(firms).outside)
    assert again.effect == found.effect


# --- policy values ----------------------------------------------------------------------------------------------------


def test_the_value_of_each_way_of_choosing_holds_the_planted_one() -> None:
    X, arm, outcome = planted(1500, 7)
    estimates = estimate_outcomes(X, arm, outcome, settings=PLAIN)
    rules = pd.Series("boss", index=X.index, dtype="str")
    values, differences = policy_values(X, arm, outcome, estimates, rules=rules, settings=PLAIN)
    assert values.index.tolist() == ["today", "commonest", "best_for_all", "rules", "data"]
    assert values.loc["today", "value"] == pytest.approx(outcome.mean())
    # By arithmetic: internal for all 5 + 0.5; boss for all 5; the best for each 5 + E max(0, -0.8 s, 0.5 + 0.8 s).
    size = np.linspace(-6, 6, 200_001)
    density = np.exp(-(size**2) / 2) / np.exp(-(size**2) / 2).sum()
    best = 5 + density @ np.maximum(np.maximum(0, -0.8 * size), 0.5 + 0.8 * size)
    for name, truth in (("best_for_all", 5.5), ("rules", 5.0), ("data", best)):
        assert abs(values.loc[name, "value"] - truth) < 3 * values.loc[name, "se"]
    paired = differences.set_index(["policy", "against"])
    assert paired.loc[("data", "best_for_all"), "low"] > 0
    assert paired.loc[("data", "best_for_all"), "se"] < np.hypot(values.loc["data", "se"], values.loc["rules", "se"])


@pytest.mark.slow
def test_the_datas_choice_is_not_flattered_where_nothing_works() -> None:
    """Twelve surveys without any effect: the value of the data's choice is that of today, no winner's curse."""
    gains = []
    for seed in range(12):
        X, arm, outcome = planted(300, seed, effect=0.0)
        estimates = estimate_outcomes(X, arm, outcome, random_state=seed, settings=replace(PLAIN, splits=1))
        table = policy_values(X, arm, outcome, estimates, settings=PLAIN, random_state=seed)[1]
        gains.append(table.set_index(["policy", "against"]).loc[("data", "today"), "difference"])
    assert abs(np.mean(gains)) < 3 * np.std(gains) / np.sqrt(12)


def test_a_firm_that_can_change_nothing_keeps_what_it_has() -> None:
    X, arm, outcome = planted(400, 8)
    estimates = estimate_outcomes(X, arm, outcome, settings=PLAIN)
    nothing = pd.DataFrame(False, index=X.index, columns=list(ARMS))
    values, _ = policy_values(X, arm, outcome, estimates, feasible=nothing, settings=PLAIN)
    assert (values["changed"] == 0).all()
    assert values["value"].to_numpy() == pytest.approx(np.full(len(values), outcome.mean()))
