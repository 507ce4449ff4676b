"""Planted worlds: the truth is what is said of it, and the study that uses it counts right."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.datasets import draw_world, load_worlds, regret
from cdo_analysis.errors import UsageError

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
