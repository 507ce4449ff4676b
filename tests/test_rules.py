"""The founders' rules, second version: answers that say "nobody" count, and no arrangement only gains."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.cdo import advise, derive_answers, leaders, reasons
from cdo_analysis.codebook import load_codebook
from cdo_analysis.reference import Rules, load_arrangements, load_rules


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load_rules()


@pytest.mark.parametrize("form", ["cdo-2026", "cdo-2026-short", "cdo-2026-meeting"])
def test_that_nobody_will_be_needed_is_an_answer_and_not_a_gap(form: str) -> None:
    book = load_codebook(form)
    for name in ("need_frequency", "goal_first"):
        assert "97" in book[name].codes


def test_a_firm_that_needs_nobody_is_advised_to_wait(rules: Rules) -> None:
    """With nothing else known but these two answers, "not yet" leads whatever the weights, and says why."""
    said = pd.DataFrame({"need_frequency": ["97", "continuous"], "goal_first": ["97", "growth"]}, index=["no", "yes"])
    answers = derive_answers(said, rules)
    assert answers.loc["no", ["need_frequency", "goal_first"]].tolist() == ["97", "97"]
    advice = advise(answers, rules, load_arrangements())
    assert leaders(advice)["no"] == "none_yet"
    assert advice.acceptability.loc["no", "none_yet"] == 1.0
    assert advice.acceptability.loc["yes", "none_yet"] == 0.0
    why = reasons(advice, rules, "no", "none_yet", language="en").pro
    assert "You will need nobody to lead digital: nothing forces you to create a function." in why


def test_no_arrangement_only_gains(rules: Rules) -> None:
    """Each has answers that weigh on it: its worst answer is clearly against on average over the criteria, and few
    criteria speak for it alone."""
    for name in load_arrangements().ids:
        rows = [criterion.suitability[name] for criterion in rules.criteria]
        assert np.mean([min(row) for row in rows]) < -0.8, name
        assert sum(min(row) >= 0 < max(row) for row in rows) <= 5, name


def test_a_shared_role_costs_time_that_a_firm_without_budget_leader_or_staff_lacks(rules: Rules) -> None:
    for criterion in ("cdo_budget_keur", "leader_hours_week", "headcount", "ict_specialists_fte"):
        row = rules[criterion].suitability["shared_role"]
        assert row[0] == min(row) or row[0] <= 0
        assert row[0] < row[1]


def test_this_is_the_third_version(rules: Rules) -> None:
    assert (rules.id, rules.version) == ("founders-2026", "3")
