"""Sentences that a boss would stumble on: sequences after a need that ends, reasons that two options share."""

from __future__ import annotations

import pandas as pd
import pytest

from cdo_analysis.cdo import advise, reasons, recommend
from cdo_analysis.reference import load_arrangements, load_rules

RULES, ARRANGEMENTS = load_rules(), load_arrangements()
INSIDE, OUTSIDE = ("internal", "internal_with_experts"), ("external_adviser", "external_delegated_manager", "interim")

# Answers for which an interim and an in-house CDO are close, and a roadmap that is not written yet.
CLOSE = {"roadmap": "none", "recruitment_difficulty": "5", "horizon_months": 30.0, "need_frequency": "continuous"}


def sequence_of(**answers: object) -> str:
    """The sequence proposed where an interim and an in-house post are equally close."""
    firm = pd.DataFrame([CLOSE | answers], index=pd.Index(["firm"], name="respondent"))
    advice = advise(firm, RULES, ARRANGEMENTS)
    shares = pd.DataFrame(0.0, index=firm.index, columns=advice.acceptability.columns)
    shares["interim"], shares["internal"] = 0.5, 0.5
    advice.acceptability.loc[:, :] = shares
    advice.coverage.loc[:] = 1.0
    return str(recommend(advice, RULES).table.loc["firm", "sequence"])


def test_a_lasting_need_may_go_outside_then_in_house() -> None:
    assert sequence_of() == "outside_then_inside"


@pytest.mark.parametrize(
    "answers", [{"need_frequency": "one_off"}, {"horizon_months": 7.0}, {"life_cycle": "transmission"}]
)
def test_a_need_that_ends_is_not_told_to_go_in_house_afterwards(answers: dict[str, object]) -> None:
    assert sequence_of(**answers) == ""


def test_two_close_options_are_told_apart_before_what_they_share_is_said() -> None:
    # Trust speaks for both external forms alike; the web team, of three, only for the delegated manager.
    answers = {"provider_trust": "5", "web_team_fte": 3.0, "cdo_budget_keur": 90.0, "leader_hours_week": 6.0}
    advice = advise(pd.DataFrame([answers], index=["firm"]), RULES, ARRANGEMENTS)
    name = "external_delegated_manager"
    alone = reasons(advice, RULES, "firm", name, language="en").pro
    beside = reasons(advice, RULES, "firm", name, language="en", rivals=["external_adviser"]).pro
    assert set(beside) == set(alone)
    assert "team" in beside[0].lower()
