"""Planted worlds: the truth is what is said of it, and the study that uses it counts right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.cdo import Decision
from cdo_analysis.datasets import PlantedWorld, draw_world, load_worlds, regret
from cdo_analysis.errors import UsageError
from cdo_analysis.exhibits import worlds
from cdo_analysis.proof import (
    check_targets,
    follow_classifier,
    follow_peers,
    follow_rules,
    predict_best,
    published_results,
    read_choice,
    run_replicate,
    score_decision,
    score_ways,
    share_interval,
)
from cdo_analysis.proof.summary import ratio_interval

WORLDS = list(load_worlds())
NO_EFFECT = [name for name in WORLDS if name.startswith("no_effect")]
HIDDEN = ["hidden_weak", "hidden_moderate", "hidden_strong"]
COVARIATES = ["headcount", "sector", "founding_year", "baseline", "customers", "group_position"]


def adjusted_gap(world: str) -> float:
    """Return how much a strong adjustment for the columns leaves of the outcome gap of internal_cdo in `world`."""
    drawn = draw_world(world, 30_000, random_state=1)
    columns = pd.get_dummies(drawn.X_pre, dtype=float)
    inside = drawn.arrangement.isin(["internal_cdo"]).astype(float)
    left = pd.concat([inside.rename("inside"), np.log(columns["headcount"]).rename("log"), columns], axis=1)
    coefficients, *_ = np.linalg.lstsq(left.assign(one=1.0).to_numpy(), drawn.outcome.to_numpy(), rcond=None)
    return float(coefficients[0])


def table(rows: list[list[float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["no_function", "shared", "internal_cdo"])


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_has_the_shares_and_the_spread_that_are_said(name: str) -> None:
    world = draw_world(name, 20_000, random_state=1)
    shares = world.arrangement.value_counts(normalize=True)
    wanted = pd.Series(world.law.tables["arms"])
    assert (shares.reindex(wanted.index) - wanted).abs().max() < 0.02  # 6 standard errors of a share of 20,000
    assert 1.4 < world.outcome.std() < 2.0
    assert world.outcome.between(0, 10).all()
    assert list(world.X_pre.columns) == COVARIATES


@pytest.mark.parametrize("name", WORLDS)
def test_the_outcome_is_that_of_the_option_of_today_and_what_one_has_is_feasible(name: str) -> None:
    world = draw_world(name, 200, random_state=3)
    for firm, option in world.arrangement.items():
        assert world.outcome[firm] == world.potential.at[firm, option]
        assert world.feasible.at[firm, option]
    assert world.feasible["no_function"].all()


def test_without_effect_every_option_is_equally_good() -> None:
    for name in NO_EFFECT:
        world = draw_world(name, 100, random_state=2)
        assert (world.potential.max(axis=1) == world.potential.min(axis=1)).all()
        assert (world.best == world.feasible).all(axis=None)
        assert world.expert_effects.to_numpy().std() > 0.3, "experts believe in effects all the same"


def test_chance_is_the_only_difference_between_expected_and_potential() -> None:
    world = draw_world("misspecified", 20_000, random_state=4)
    inside = world.potential.gt(0).all(axis=1) & world.potential.lt(10).all(axis=1)
    chance = (world.potential - world.expected)[inside]
    assert chance.std(axis=1).max() < 1e-9
    noise = chance["shared"]
    assert ((noise - noise.mean()) ** 3).mean() > noise.std() ** 3, "a long right tail"


def test_the_hidden_trait_is_in_no_column_and_weighs_on_both_option_and_outcome() -> None:
    for name in HIDDEN:
        world = draw_world(name, 20_000, random_state=5)
        numbers = pd.get_dummies(world.X_pre, dtype=float)
        assert numbers.corrwith(world.hidden).abs().max() < 0.04
        inside = world.hidden[world.arrangement.eq("internal_cdo")].mean()
        assert inside - world.hidden[world.arrangement.eq("no_function")].mean() > 0.1
        assert world.outcome.corr(world.hidden) > 0.1


def test_the_stronger_the_hidden_trait_the_further_adjustment_is_from_no_effect() -> None:
    gaps = [adjusted_gap(name) for name in NO_EFFECT]
    # no_effect: nothing but chance, 0.02; then 0.25, 0.5, 1 point a standard deviation of what is hidden.
    assert abs(gaps[0]) < 0.08
    assert gaps[0] < gaps[1] < gaps[2] < gaps[3]
    assert gaps[3] > 0.4


def test_where_companies_choose_well_what_they_have_costs_less_than_chance() -> None:
    def lost(name: str) -> float:
        world = draw_world(name, 10_000, random_state=6)
        today = pd.get_dummies(world.arrangement)[list(world.feasible)]
        return float(world.regret(today).mean() / world.regret(world.feasible).mean())

    assert lost("already_choose_well") < 0.7 < 0.9 < lost("no_confounding")


def test_experts_are_wrong_by_what_they_say_except_where_the_rules_are_wrong() -> None:
    def error(name: str) -> float:
        world = draw_world(name, 20_000, random_state=7)
        truth = world.expected.sub(world.expected["no_function"], axis=0)
        wrong = (world.expert_effects - truth).drop(columns="no_function")
        return float(np.sqrt((wrong**2).to_numpy().mean()) / world.expert_sd)

    assert error("observed_confounding") == pytest.approx(1.0, abs=0.05)
    assert error("rules_wrong") > 1.4


def test_the_same_seed_gives_the_same_companies_and_another_does_not() -> None:
    first, again, other = (draw_world("rare_option", 50, random_state=seed) for seed in (1, 1, 2))
    for name in ("X_pre", "feasible", "expected", "potential", "expert_effects"):
        assert getattr(first, name).to_csv() == getattr(again, name).to_csv()
    assert first.outcome.tolist() == again.outcome.tolist()
    assert first.outcome.tolist() != other.outcome.tolist()


def test_regret_is_that_of_hand_arithmetic() -> None:
    expected = table([[5.0, 5.6, 6.2], [4.0, 4.4, 5.0], [6.0, 5.5, 5.8]])
    feasible = table([[True, True, False], [True, True, True], [True, True, True]])
    chosen = table([[False, True, False], [False, True, True], [False, False, True]])
    # 5.6 - 5.6; 5.0 - (4.4 + 5.0) / 2; 6.0 - 5.8
    assert regret(expected, feasible, chosen).tolist() == pytest.approx([0.0, 0.3, 0.2])


def test_a_world_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(UsageError, match="no planted world 'no_efect'; did you mean 'no_effect'"):
        draw_world("no_efect", 10)


# --- the study --------------------------------------------------------------------------------------------------------


def decided(rows: dict[str, tuple[str, str, str, bool, bool]], sets: pd.DataFrame) -> Decision:
    """Return a decision as `decide` makes it: state, first, second, claim, fragile by company."""
    columns = ["state", "first", "second", "claim", "fragile"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    table = table.assign(reason="", n_options=sets.sum(axis=1))
    return Decision(table, sets, confidence=0.95, tau=0.6, tau_used=0.6, effect_p_value=0.01)


def small_world() -> PlantedWorld:
    """Return three companies whose truth is written by hand."""
    index = pd.Index(list("abc"), name="respondent")
    world = draw_world("no_confounding", 3, random_state=1)
    expected = table([[5.0, 5.6, 6.2], [4.0, 4.4, 5.0], [6.0, 5.5, 5.8]]).set_axis(index)
    feasible = table([[True, True, False], [True, True, True], [True, True, True]]).set_axis(index)
    today = pd.Series(["no_function", "internal_cdo", "internal_cdo"], index=index)
    return replace(world, expected=expected, feasible=feasible, arrangement=today)


@pytest.fixture
def decision() -> Decision:
    sets = table([[False, True, False], [False, True, True], [True, True, True]]).set_axis(small_world().feasible.index)
    rows = {
        "a": ("recommended", "shared", "", True, False),
        "b": ("close", "shared", "internal_cdo", True, True),
        "c": ("abstained", "no_function", "shared", False, False),
    }
    return decided(rows, sets)


def test_a_decision_comes_to_its_options_or_to_what_one_has(decision: Decision) -> None:
    chosen = read_choice(decision, small_world())
    assert chosen.to_numpy().tolist() == [[False, True, False], [False, True, True], [False, False, True]]
    # a: 0; b: 5.0 - 4.7; c keeps internal_cdo: 6.0 - 5.8
    assert score_ways(small_world(), {"ours": chosen})["regret_ours"] == pytest.approx(0.5 / 3)


def test_a_decision_is_scored_as_by_hand(decision: Decision) -> None:
    scores = score_decision(small_world(), decision)
    assert scores["coverage"] == 1.0  # shared, internal_cdo, no_function are best and in the sets
    assert scores["set_size"] == pytest.approx(2.0)
    assert scores["one_or_two"] == pytest.approx(2 / 3)
    assert scores["claimed"] == pytest.approx(2 / 3)
    assert scores["false"] == pytest.approx(1 / 3)  # b: shared, 4.4, is no better than internal_cdo, 5.0
    assert (scores["sturdy"], scores["false_sturdy"]) == (pytest.approx(1 / 3), 0.0)
    assert (scores["any_claim"], scores["any_false_sturdy"]) == (1.0, 0.0)


def test_an_option_outside_the_set_is_not_covered(decision: Decision) -> None:
    narrow = replace(decision, sets=decision.sets.assign(internal_cdo=False))
    assert score_decision(small_world(), narrow)["coverage"] == pytest.approx(2 / 3)


def test_the_ratio_of_two_sums_weighs_large_replicates_more() -> None:
    records = pd.DataFrame({"false": [0.0, 0.3], "claimed": [0.1, 0.5]})
    found, low, high = ratio_interval(records["false"], records["claimed"])
    assert found == pytest.approx(0.5)  # 0.3 / 0.6, not the mean of 0 and 0.6
    assert low < 0.5 < high
    assert np.isnan(ratio_interval(pd.Series([0.0]), pd.Series([0.0]))[0])


def test_a_share_of_runs_has_the_interval_of_wilson() -> None:
    # (0.02 + 3.8415/200 ± 1.95996 √(0.02 × 0.98/100 + 3.8415/40,000)) / (1 + 3.8415/100)
    assert share_interval(pd.Series([1.0] * 2 + [0.0] * 98)) == pytest.approx((0.02, 0.00550, 0.07001), abs=1e-5)


def test_rules_take_the_best_feasible_option() -> None:
    expected = table([[0.0, 0.2, 0.9], [0.0, -0.1, -0.2]])
    feasible = table([[True, True, False], [True, True, True]])
    assert follow_rules(expected, feasible).to_numpy().tolist() == [[False, True, False], [True, False, False]]


def test_imitation_copies_and_the_outcome_model_does_not() -> None:
    size = np.arange(60) % 2 + 0.0
    X = pd.DataFrame({"size": size + np.arange(60) * 1e-3})
    today = pd.Series(np.where((size > 0.5) == (np.arange(60) % 10 < 8), "internal_cdo", "shared"))
    outcome = pd.Series(np.where(today.eq("shared"), 7.0, 4.0))
    feasible = pd.DataFrame(True, index=X.index, columns=["no_function", "shared", "internal_cdo"])
    large = size > 0.5
    for copy in (follow_peers(X, today, feasible), follow_classifier(X, today, feasible)):
        assert copy.loc[large, "internal_cdo"].all()
        assert copy.loc[~large, "shared"].all()
    assert predict_best(X, today, outcome, feasible)["shared"].all()


def test_a_replicate_has_the_same_numbers_whatever_ran_before() -> None:
    first = run_replicate("observed_confounding", 120, 3, random_state=4)
    run_replicate("no_effect", 120, 1, random_state=4)
    assert run_replicate("observed_confounding", 120, 3, random_state=4) == first
    assert run_replicate("observed_confounding", 120, 4, random_state=4) != first


def cells(rows: list[tuple[str, int, str, float, float, float]], replicates: int = 1000) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["world", "n", "measure", "estimate", "low", "high"])
    return table.assign(replicates=replicates)


def test_a_requirement_is_missed_where_it_is_missed_and_said_so() -> None:
    summary = cells(
        [
            ("rare_option", 300, "coverage", 0.89, 0.88, 0.90),
            ("hidden_strong", 300, "coverage", 0.10, 0.09, 0.11),  # not identified: nothing was required
            ("rare_option", 3000, "one_or_two", 0.50, 0.49, 0.51),
            ("no_effect", 300, "any_claim", 0.06, 0.04, 0.08),
            ("rare_option", 300, "difference_classifier", 0.2, 0.1, 0.3),
            ("rare_option", 300, "difference_rules", 0.05, 0.01, 0.09),
            ("rare_option", 3000, "difference_classifier", 0.2, 0.1, 0.3),
            ("rare_option", 3000, "difference_rules", 0.05, -0.01, 0.09),  # no more than noise
        ]
    )
    found = check_targets(summary).set_index(["target", "n"])["reached"].to_dict()
    assert found == {
        ("coverage", 300): False,
        ("one_or_two", 3000): True,
        ("no_effect", 300): False,
        ("worse_than_both", 300): False,
        ("worse_than_both", 3000): True,
    }


def test_fewer_than_a_thousand_runs_without_effect_prove_nothing() -> None:
    clean = [("no_effect", 300, "any_claim", 0.0, 0.0, 0.01)]
    assert [check_targets(cells(clean, runs))["reached"].item() for runs in (999, 1000)] == [False, True]


def test_the_published_study_says_its_date_its_command_and_its_misses() -> None:
    study = published_results()
    assert "benchmarks/planted_worlds.py" in study.command
    assert study.worlds_version == "1"
    assert (study.summary.groupby(["world", "n"]).size().groupby("world").size() == 4).all(), "every size"
    for language in ("fr", "en"):
        told = worlds.targets(study.summary, language=language)
        assert len(told.bullets) == int((~check_targets(study.summary)["reached"]).sum())
        figure = worlds.regret_by_world(study.summary, n=1000, language=language)
        assert "cdo-analysis" in figure.alt
        assert len(figure.table.rows) == 9, "the worlds with an effect"
