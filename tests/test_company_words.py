"""Sentences that a boss would stumble on: sequences after a need that ends, reasons that two options share."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd
import pytest

from cdo_analysis.cdo import advise, reasons, recommend
from cdo_analysis.cdo.effect_test import EffectTest
from cdo_analysis.disclosure import disclosure_profile
from cdo_analysis.exhibits import View, company, panorama
from cdo_analysis.exhibits.company.choice import whole_percents
from cdo_analysis.exhibits.company.profile import _chance
from cdo_analysis.messages import catalogue
from cdo_analysis.reference import load_arrangements, load_rules
from cdo_analysis.study import Study

RULES, ARRANGEMENTS = load_rules(), load_arrangements()
INSIDE, OUTSIDE = ("internal", "internal_with_experts"), ("external_adviser", "external_delegated_manager", "interim")

# Answers for which an interim and an in-house CDO are close, and a roadmap that is not written yet.
CLOSE = {"roadmap": "none", "recruitment_difficulty": "5", "horizon_months": 30.0, "need_frequency": "continuous"}


@dataclass(frozen=True, eq=False)
class StudyWith(Study):
    """A study whose recommendation is another one."""

    recommendation: pd.DataFrame

    def table(self, name: str) -> pd.DataFrame:
        return self.recommendation.copy() if name == "recommendation" else super().table(name)


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


def test_shares_add_up_to_a_hundred_as_printed() -> None:
    # 56.5 and 43.5 would both be rounded up: 57 and 44; of 33.4, 33.3 and 33.3 the first is.
    assert whole_percents(pd.Series([0.565, 0.435])).tolist() == [0.57, 0.43]
    assert whole_percents(pd.Series([0.333, 0.334, 0.333])).tolist() == [0.33, 0.34, 0.33]
    assert whole_percents(pd.Series([0.0, 0.0])).tolist() == [0.0, 0.0]


def test_no_company_is_surely_in_a_profile() -> None:
    seen = View.__new__(View)
    seen.__dict__["say"] = catalogue("en")
    assert [_chance(seen, chance) for chance in (1.0, 0.0)] == ["over 99%", "under 1%"]


def test_a_survey_whose_test_finds_nothing_says_so_to_the_company(sample_study: Study) -> None:
    seen = View(sample_study, catalogue("en"), disclosure_profile())
    seen.__dict__["estimates"] = replace(seen.estimates, effect=EffectTest(0.4, 0.6, 0.5))
    table = sample_study.table("recommendation")
    firm = str(table.index[~table["estimated_claim"]][0])
    shown = company.estimated(seen, firm)
    assert shown is not None
    assert "nothing establishes that the outcome depends on the option" in shown.to_text()


def test_the_part_of_the_data_is_said_to_the_company_where_experts_spoke(sample_study: Study) -> None:
    row = {"combined": True, "data_share_half": 0.2, "data_share": 0.5, "data_share_double": 0.8}
    table = sample_study.table("recommendation").assign(**row)
    with_experts = StudyWith(sample_study.folder, sample_study.info, table)
    seen = View(with_experts, catalogue("en"), disclosure_profile())
    shown = company.estimated(seen, str(table.index[0]))
    assert shown is not None
    assert "the data in the difference between the two leading ones: 50%; part of the experts: 50%" in shown.to_text()
    overall = panorama.data_and_experts(seen)
    assert overall is not None
    assert overall.title.startswith("Part of the data in the recommendation: 50%")
