"""The decision: posterior arithmetic by hand, what dominates what, claims, and planted truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.cdo import (
    Decision,
    Estimates,
    EstimateSettings,
    ExpertEffects,
    advise,
    decide,
    estimate_outcomes,
    recommend,
)
from cdo_analysis.cdo.effect_test import EffectTest
from cdo_analysis.cdo.gates import Gate
from cdo_analysis.errors import UsageError
from cdo_analysis.reference import load_arrangements, load_rules

FIRM = pd.Index(["firm"], name="respondent")
NOBODY = pd.Series([np.nan], index=FIRM, dtype="str")


def told(means: list[float], sd: float, *, p_value: float = 0.001, n: int = 100, bias: float = 0.0) -> Estimates:
    """Estimates of one firm: independent predictions with the same standard error, arms A, B, C..."""
    arms = list("ABCDEF"[: len(means)])
    pairs = [(a, b) for i, a in enumerate(arms) for b in arms[i + 1 :]]
    return Estimates(
        status="estimated",
        gates=(Gate("arms", True, {"minimum_to_claim": 50}),),
        assumptions=(),
        merging=None,
        means=pd.DataFrame({"n": [n - place for place in range(len(arms))]}, index=pd.Index(arms, name="arm")),
        predicted=pd.DataFrame([means], index=FIRM, columns=arms),
        predicted_covariance=np.eye(len(arms))[None] * sd**2,
        outside=pd.DataFrame(False, index=FIRM, columns=arms),
        effect=EffectTest(p_value, p_value, p_value),
        sensitivity=pd.DataFrame([{"arm": b, "reference": a, "ratio": 2.0, "bias": bias} for a, b in pairs]),
    )


def all_feasible(*arms: str) -> pd.DataFrame:
    return pd.DataFrame(True, index=FIRM, columns=list(arms))


def experts(means: list[float], tau: float) -> ExpertEffects:
    return ExpertEffects(pd.DataFrame([means], index=FIRM, columns=list("ABCDEF"[: len(means)])), tau)


def only(decision: Decision) -> pd.Series:
    return decision.table.loc["firm"]


# --- posterior --------------------------------------------------------------------------------------------------------


def test_data_and_experts_are_weighed_by_their_variances() -> None:
    # Difference A - B: data 1.0 with variance 2 * 0.5 = 1; experts 3.0 with tau² = 4.
    # Weights 4/5 and 1/5: mean 0.8 * 1 + 0.2 * 3 = 1.4, variance 1 * 4 / 5 = 0.8.
    row = only(decide(told([1.0, 0.0], 0.5**0.5), all_feasible("A", "B"), today=NOBODY, expert=experts([3, 0], 2)))
    assert row["gain"] == pytest.approx(1.4, abs=1e-6)
    assert row["gain_se"] == pytest.approx(0.8**0.5, abs=1e-6)
    # Shares of the data at tau = 1, 2, 4: 1/2, 4/5, 16/17.
    shares = row[["data_share_half", "data_share", "data_share_double"]].astype(float)
    assert shares.to_numpy() == pytest.approx([0.5, 0.8, 16 / 17], abs=1e-6)


def test_only_differences_between_experts_effects_matter() -> None:
    estimates, feasible = told([1.0, 0.0, 0.4], 0.3), all_feasible("A", "B", "C")
    one = decide(estimates, feasible, today=NOBODY, expert=experts([0.5, 1.0, 0.0], 0.5))
    two = decide(estimates, feasible, today=NOBODY, expert=experts([7.5, 8.0, 7.0], 0.5))
    pd.testing.assert_frame_equal(one.table, two.table)


def test_without_experts_the_data_decide_alone_and_no_share_is_said() -> None:
    row = only(decide(told([1.0, 0.0], 0.2), all_feasible("A", "B"), today=NOBODY))
    assert row[["state", "first", "n_options"]].tolist() == ["recommended", "A", 1]
    assert np.isnan(row["data_share"])


def test_without_estimates_experts_decide_alone_and_without_both_nothing_does() -> None:
    nothing = Estimates("not_estimable", (), (), None)
    row = only(decide(nothing, all_feasible("A", "B"), today=NOBODY, expert=experts([2, 0], 0.5)))
    assert row[["state", "first", "claim"]].tolist() == ["recommended", "A", False]
    assert row["data_share"] == pytest.approx(0, abs=1e-6)
    decision = decide(nothing, all_feasible("A", "B"), today=NOBODY)
    assert only(decision)[["state", "reason", "n_options"]].tolist() == ["abstained", "not_estimable", 2]


# --- sets -------------------------------------------------------------------------------------------------------------


def test_the_set_holds_what_may_be_the_best_and_the_confidence_decides() -> None:
    # P(B best of two) = P(z > 0.5 / sqrt(2 * 0.25²)) = P(z > 1.414) = 0.079.
    estimates, feasible = told([0.5, 0.0], 0.25), all_feasible("A", "B")
    assert only(decide(estimates, feasible, today=NOBODY))["state"] == "close"
    row = only(decide(estimates, feasible, today=NOBODY, confidence=0.90))
    assert row[["state", "first"]].tolist() == ["recommended", "A"]
    assert row["first_probability"] == pytest.approx(0.921, abs=0.02)


def test_what_is_not_feasible_neither_wins_nor_dominates() -> None:
    feasible = pd.DataFrame([[False, True, True]], index=FIRM, columns=list("ABC"))
    decision = decide(told([9.0, 1.0, 0.0], 0.1), feasible, today=NOBODY)
    assert decision.sets.loc["firm"].tolist() == [False, True, False]
    none = decide(told([9.0, 1.0, 0.0], 0.1), feasible & False, today=NOBODY)
    assert only(none)[["state", "reason", "first"]].tolist() == ["abstained", "nothing_feasible", ""]


def test_three_options_left_are_an_abstention() -> None:
    row = only(decide(told([0.1, 0.0, 0.05], 0.5), all_feasible("A", "B", "C"), today=NOBODY))
    assert row[["state", "reason", "n_options"]].tolist() == ["abstained", "three_or_more_options", 3]


def test_an_arm_out_of_overlap_is_not_dominated_by_the_data_and_heard_from_experts_alone() -> None:
    estimates = told([2.0, 0.0, 0.0], 0.1)
    estimates = replace(estimates, outside=pd.DataFrame([[False, False, True]], index=FIRM, columns=list("ABC")))
    feasible = all_feasible("A", "B", "C")
    alone = decide(estimates, feasible, today=NOBODY)
    assert alone.sets.loc["firm"].tolist() == [True, False, True]
    assert only(alone)[["state", "reason", "first"]].tolist() == ["abstained", "out_of_overlap", "A"]
    heard = decide(estimates, feasible, today=NOBODY, expert=experts([0.0, 0.0, -3.0], 0.5))
    assert only(heard)[["state", "first"]].tolist() == ["recommended", "A"]


def test_an_option_that_the_estimates_set_aside_stays_in_the_set() -> None:
    decision = decide(told([2.0, 0.0], 0.1), all_feasible("A", "B", "Z"), today=NOBODY)
    assert decision.sets.loc["firm"].tolist() == [True, False, True]
    assert only(decision)["reason"] == "not_estimable"


# --- experts against data ---------------------------------------------------------------------------------------------


def test_experts_far_from_the_data_are_heard_less() -> None:
    rng = np.random.default_rng(0)
    firms = pd.Index([f"f{place}" for place in range(200)], name="respondent")
    effects = pd.DataFrame(rng.normal(size=(200, 3)), index=firms, columns=list("ABC"))
    estimates = replace(
        told([0.0, 0.0, 0.0], 0.2),
        predicted=effects + 0.2 * rng.normal(size=(200, 3)),
        predicted_covariance=np.tile(np.eye(3) * 0.04, (200, 1, 1)),
        outside=pd.DataFrame(False, index=firms, columns=list("ABC")),
    )
    feasible = pd.DataFrame(True, index=firms, columns=list("ABC"))
    today = pd.Series("A", index=firms, dtype="str")
    wrong = {}
    for error in (0.4, 2.0):  # standard deviation of a difference: error of each option times sqrt(2)
        mean = effects + error / np.sqrt(2) * rng.normal(size=(200, 3))
        wrong[error] = decide(estimates, feasible, today=today, expert=ExpertEffects(mean, 0.4))
    assert wrong[0.4].tau_used == pytest.approx(0.4, abs=0.06)
    assert wrong[2.0].tau_used == pytest.approx(2.0, rel=0.1)
    assert wrong[2.0].experts_disagree


def test_experts_who_are_silent_on_an_option_are_refused() -> None:
    with pytest.raises(UsageError, match=r"every option \(A, B, C\)"):
        decide(told([1, 0, 0], 0.1), all_feasible("A", "B", "C"), today=NOBODY, expert=experts([1, 0], 0.5))


# --- claims -----------------------------------------------------------------------------------------------------------


def claim_of(estimates: Estimates, today: str = "B") -> pd.Series:
    return only(decide(estimates, all_feasible("A", "B", "C"), today=pd.Series([today], index=FIRM, dtype="str")))


def test_a_claim_needs_a_sure_lead_over_what_the_firm_has_and_a_survey_that_shows_effects() -> None:
    # Two other arms: one-sided 2.5 % each, 1.96 standard errors; sqrt(2) * 0.3 * 1.96 = 0.8316.
    assert not claim_of(told([0.82, 0.0, 0.0], 0.3))["claim"]
    row = claim_of(told([0.84, 0.0, 0.0], 0.3))
    assert row[["claim", "against"]].tolist() == [True, "B"]
    assert row["lead_low"] == pytest.approx(0.84 - 0.8316, abs=1e-3)
    assert not claim_of(told([0.84, 0.0, 0.0], 0.3, p_value=0.03))["claim"]
    assert not claim_of(told([0.84, 0.0, 0.0], 0.3), today="A")["claim"]
    assert claim_of(told([0.84, 0.0, 0.0], 0.3, n=51))["claim"]  # A has 51 firms, B 50
    assert not claim_of(told([0.84, 0.0, 0.0], 0.3, n=50))["claim"]  # B has 49


def test_a_claim_that_the_strongest_covariate_would_undo_is_fragile() -> None:
    sound, fragile = (claim_of(told([2.0, 0.0, 0.0], 0.1, bias=bias)) for bias in (1.0, 1.8))
    assert (sound["claim"], sound["fragile"]) == (True, False)
    assert (fragile["claim"], fragile["fragile"]) == (True, True)
    # Strength (2 - 1.96 * sqrt(2) * 0.1) / 2 = 0.8614: robustness value (sqrt(f^4 + 4 f^2) - f^2) / 2 = 0.5670.
    assert sound["robustness"] == pytest.approx(0.5670, abs=2e-3)


# --- planted truth ----------------------------------------------------------------------------------------------------

ARMS = ("adviser", "boss", "internal")


def survey(
    n: int, seed: int, *, effect: float, hidden: float = 0.0
) -> tuple[pd.DataFrame, pd.Series, pd.Series, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    size, unseen = rng.normal(size=(2, n))
    driver = size + (hidden > 0) * unseen
    odds = np.column_stack([np.zeros(n), -0.4 * driver, 0.6 * driver])
    arm = (odds + rng.gumbel(size=(n, 3))).argmax(axis=1)
    truth = effect * np.column_stack([np.zeros(n), -0.8 * size, 0.5 + 0.8 * size])
    outcome = 5 + 0.5 * size + truth[np.arange(n), arm] + hidden * unseen + rng.normal(size=n)
    X = pd.DataFrame({"size": size, "sector": rng.choice(["trade", "industry"], n)})
    return X, pd.Series(np.array(ARMS)[arm], dtype="str"), pd.Series(outcome), pd.DataFrame(truth, columns=list(ARMS))


def decided(n: int, seed: int, *, effect: float, hidden: float = 0.0) -> tuple[Decision, pd.DataFrame, pd.Series]:
    X, arm, outcome, truth = survey(n, seed, effect=effect, hidden=hidden)
    settings = EstimateSettings(parents={}, splits=1)
    estimates = estimate_outcomes(X, arm, outcome, random_state=seed, settings=settings)
    feasible = pd.DataFrame(True, index=X.index, columns=list(ARMS))
    return decide(estimates, feasible, today=arm), truth, arm


def test_sets_hold_the_truly_best_option_and_stay_small() -> None:
    held, small = [], []
    for seed in range(4):
        decision, truth, _ = decided(800, seed, effect=1.0)
        best = truth.eq(truth.max(axis=1), axis=0)
        held.append((decision.sets.to_numpy() & best.to_numpy()).any(axis=1).mean())
        small.append((decision.table["n_options"] <= 2).mean())
    assert np.mean(held) > 0.90
    assert np.mean(small) > 0.80


@pytest.mark.slow
def test_without_effect_hardly_any_survey_claims_anything() -> None:
    """40 surveys of 300 firms: more than 6 would have a probability of 0.3 % at 5 %."""
    assert sum(decided(300, seed, effect=0.0)[0].table["claim"].any() for seed in range(40)) <= 6


def test_false_claims_of_a_hidden_confounder_no_stronger_than_what_is_seen_are_fragile() -> None:
    decision, _, _ = decided(2500, 1, effect=0.0, hidden=0.5)
    assert decision.table["claim"].mean() > 0.1
    assert decision.table.loc[decision.table["claim"], "fragile"].mean() > 0.9


# --- the recommendation -----------------------------------------------------------------------------------------------


def test_rules_and_outcome_are_combined_only_where_experts_gave_effects_in_its_unit() -> None:
    rules, arrangements = load_rules(), load_arrangements()
    firms = pd.DataFrame({"cdo_budget_keur": [400.0], "headcount": [300.0]}, index=pd.Index(["firm"]))
    advice = advise(firms, rules, arrangements)
    nothing = Estimates("not_estimable", (), (), None)
    beside = recommend(advice, rules, estimates=nothing)
    assert not beside.table.loc["firm", "combined"]
    assert np.isnan(beside.table.loc["firm", "data_share"])
    possible = advice.feasible.columns[advice.feasible.loc["firm"]]
    effects = pd.DataFrame(0.0, index=firms.index, columns=advice.feasible.columns).assign(**{possible[-1]: 5.0})
    together = recommend(advice, rules, estimates=nothing, expected_effects=ExpertEffects(effects, 0.5)).table.loc[
        "firm"
    ]
    assert together["combined"]
    assert together[["state", "first"]].tolist() == ["recommended", possible[-1]]
