"""What the panorama shows behind the estimates, and what it keeps to itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import cdo_analysis as cdo
from cdo_analysis.cdo import Advice, Estimates, Merging, advise, recommend
from cdo_analysis.cdo.effect_test import EffectTest
from cdo_analysis.cdo.gates import Gate
from cdo_analysis.disclosure import disclosure_profile
from cdo_analysis.exhibits import View
from cdo_analysis.exhibits.panorama import estimates as shown
from cdo_analysis.exhibits.panorama.leadership import _told_apart
from cdo_analysis.messages import catalogue
from cdo_analysis.reference import load_arrangements, load_rules
from cdo_analysis.study import Study

PIECES = ("balance", "robustness", "policy_value", "policy_difference")


def own_view(study: Study) -> View:
    """A view that no other test sees, to change what it holds."""
    return View(study, catalogue("en"), disclosure_profile())


# --- the panorama ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("piece", PIECES)
def test_each_piece_has_a_label_of_evidence_a_described_figure_and_its_numbers(
    sample_study: Study, piece: str, language: str
) -> None:
    view = cdo.view(sample_study, language=language)
    exhibit = getattr(cdo.panorama, piece)(view)
    assert exhibit.evidence == "estimated"
    assert exhibit.axes is not None
    assert exhibit.alt
    assert exhibit.table.rows
    assert {len(row) for row in exhibit.table.rows} == {len(exhibit.table.header)}
    assert any("n = 406" in note for _, note in exhibit.notes)
    assert "{" not in exhibit.to_text()


def test_all_ways_of_choosing_are_compared_two_by_two(sample_study: Study) -> None:
    view = cdo.view(sample_study)
    values, pairs = cdo.panorama.policy_value(view), cdo.panorama.policy_difference(view)
    assert values is not None
    assert pairs is not None
    assert values.table is not None
    assert pairs.table is not None
    assert len(values.table.rows) == 5
    assert len(pairs.table.rows) == 10  # 5 × 4 / 2
    sure = view.study.table("policy_differences").query("low > 0 or high < 0")
    assert pairs.title.endswith(f"{len(sure)} sur 10")


def test_doubly_robust_and_naive_stand_side_by_side(sample_study: Study) -> None:
    view = cdo.view(sample_study, language="en")
    exhibit = cdo.panorama.estimates_overview(view)
    assert exhibit is not None
    assert exhibit.table is not None
    assert exhibit.table.header[-2:] == ["Without survey weights", "Plain mean"]
    plain = {
        view.option_label(arm): view.numbers.number(mean, 1) for arm, mean in view.estimates.means["naive"].items()
    }
    assert {row[0]: row[-1] for row in exhibit.table.rows} == plain


def test_the_robustness_of_a_bound_that_crosses_zero_is_nothing_and_said_so(sample_study: Study) -> None:
    view = own_view(sample_study)
    table = view.estimates.sensitivity
    table.loc[:, "robustness_limit"] = 0.0
    exhibit = cdo.panorama.robustness(view)
    assert exhibit is not None
    assert exhibit.title == "No difference to put to the test of a hidden cause: chance is enough to explain them"
    assert exhibit.table is not None
    assert {row[-1] for row in exhibit.table.rows} == {"chance is enough"}


def test_what_the_yardstick_is_made_of_is_named_in_words(sample_study: Study) -> None:
    exhibit = cdo.panorama.robustness(cdo.view(sample_study, language="en"))
    assert exhibit is not None
    words = exhibit.paragraphs[2]
    assert words.startswith("Here, most linked to the choice")
    assert "baseline" not in words, "a score has a label"


def test_a_share_of_firms_changed_by_few_is_hidden(sample_study: Study) -> None:
    view = cdo.view(sample_study)
    for changed, cell in ((0.0, "0 %"), (0.01, "c"), (0.5, "50 %"), (0.99, "c")):
        row = pd.Series({"n": 200, "changed": changed})
        assert shown._changed(view, row).replace("\u202f", " ") == cell


def test_without_an_estimate_nothing_is_shown_but_the_gate(sample_study: Study) -> None:
    view = own_view(sample_study)
    gate = Gate("outcome", False, {"declared": True, "measured": 12, "minimum": 60})
    view.__dict__["estimates"] = Estimates("not_estimable", (gate,), (), None)
    assert cdo.panorama.balance(view) is None
    assert cdo.panorama.robustness(view) is None
    overview = cdo.panorama.estimates_overview(view)
    assert overview is not None
    assert "12; at least 60" in overview.to_text()


def test_options_of_too_few_firms_are_named_and_not_counted(sample_study: Study) -> None:
    view = own_view(sample_study)
    found = view.estimates
    assert _told_apart(view) > 0
    few = found.means.assign(n=np.minimum(found.means["n"], 49))
    view.__dict__["estimates"] = replace(found, means=few)
    assert _told_apart(view) == 0
    assert "for want of companies (50 are needed)" in shown.too_few_words(view)[0]


def test_nothing_stands_out_in_a_survey_whose_test_finds_nothing(sample_study: Study) -> None:
    view = own_view(sample_study)
    view.__dict__["estimates"] = replace(view.estimates, effect=EffectTest(0.4, 0.6, 0.5))
    assert _told_apart(view) == 0
    assert "So nothing is claimed of any company." in shown.survey_test_words(view)[0]


def test_the_part_of_the_data_is_shown_only_where_experts_spoke(sample_study: Study) -> None:
    view = cdo.view(sample_study, language="en")
    assert cdo.panorama.data_and_experts(view) is None


# --- the recommendation ---------------------------------------------------------------------------------------------

RULES, ARRANGEMENTS = load_rules(), load_arrangements()


def advice_of_a_large_budget() -> Advice:
    firm = pd.DataFrame({"cdo_budget_keur": [400.0], "headcount": [300.0]}, index=pd.Index(["firm"]))
    return advise(firm, RULES, ARRANGEMENTS)


def far_apart(advice: Advice, *, n_first: int, n_others: int) -> Estimates:
    """Estimates where the arm that the rules put first is ten points ahead of two others, with tiny errors."""
    first = str(advice.acceptability.loc["firm"].idxmax())
    arms = [first, *[name for name in ("boss_led", "shared_role", "interim") if name != first][:2]]
    return Estimates(
        status="estimated",
        gates=(Gate("arms", True, {"minimum_to_claim": 50}),),
        assumptions=(),
        merging=Merging({arm: arm for arm in arms}, {}, {}, {}),
        projection=object(),  # type: ignore[arg-type]
        means=pd.DataFrame({"n": [n_first, n_others, n_others]}, index=pd.Index(arms, name="arm")),
        predicted=pd.DataFrame([[10.0, 0.0, 0.0]], index=["firm"], columns=arms),
        predicted_covariance=np.eye(3)[None] * 1e-4,
        outside=pd.DataFrame(False, index=["firm"], columns=arms),
        effect=EffectTest(0.001, 0.001, 0.001),
        sensitivity=pd.DataFrame(columns=["arm", "reference", "ratio", "bias"]),
    )


@pytest.mark.parametrize(
    ("n_first", "n_others", "agreement"), [(50, 50, "agrees"), (49, 200, "undecided"), (200, 49, "undecided")]
)
def test_agreement_of_the_outcome_is_not_claimed_of_an_arm_under_fifty_firms(
    n_first: int, n_others: int, agreement: str
) -> None:
    advice = advice_of_a_large_budget()
    estimates = far_apart(advice, n_first=n_first, n_others=n_others)
    assert recommend(advice, RULES, estimates=estimates).table.loc["firm", "estimated_agreement"] == agreement


def test_agreement_of_the_outcome_is_not_claimed_out_of_overlap() -> None:
    advice = advice_of_a_large_budget()
    estimates = far_apart(advice, n_first=100, n_others=100)
    outside = estimates.outside.copy()
    outside.iloc[0, 0] = True
    estimates = replace(estimates, outside=outside)
    assert recommend(advice, RULES, estimates=estimates).table.loc["firm", "estimated_agreement"] == "undecided"
