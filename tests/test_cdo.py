"""The three kinds of evidence and the recommendation: hand arithmetic, R (oracles/), and planted truth."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.cdo import (
    Advice,
    Estimates,
    EstimateSettings,
    ObservedChoice,
    ObservedSettings,
    advise,
    check_feasibility,
    contributions,
    derive_answers,
    doubly_robust_scores,
    estimate_outcomes,
    fit_observed,
    leaders,
    merge_rare,
    obstacle_sentences,
    peer_shares,
    reason_table,
    reasons,
    recommend,
    score_suitability,
    what_would_change,
)
from cdo_analysis.cdo.encoding import RARE, learn_encoding
from cdo_analysis.cdo.projection import weighted_mean
from cdo_analysis.cdo.recommend import set_sizes
from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.reference import (
    NEEDS,
    Arrangement,
    Arrangements,
    Band,
    CostRecipe,
    Criterion,
    Family,
    FeasibilityRule,
    Figure,
    Parent,
    Rules,
    Signal,
    Text,
    load_arrangements,
    load_rules,
)
from cdo_analysis.reference import Sequence as Steps

ORACLES = Path(__file__).parent / "oracles"
NO_PENALTY = ObservedSettings(penalties=(math.inf,), rare=1, smallest=1, parents={})


# --- a world of two or three options ----------------------------------------------------------------------------------


def words(text: str) -> Text:
    return Text(f"fr {text}", text)


def option(name: str, **needs: float) -> Arrangement:
    figures = {need: Figure(needs.get(need, 0.0), "unit", "2026", "the test", "assumption") for need in NEEDS}
    recipe = CostRecipe((0, 0), (0, 0), "", False, "the test")
    return Arrangement(name, "group", words(name), words(name), figures, recipe, (), (), (), ())


def options(*entries: Arrangement) -> Arrangements:
    return Arrangements("1", "2026", (Parent("group", words("group")),), entries)


def criterion(
    name: str, points: Sequence[float | str], family: str = "one", reach: float = 0, **rows: list[float]
) -> Criterion:
    numeric = not isinstance(points[0], str)
    band = Band(math.inf, () if numeric else tuple(map(str, points)), words("yes {answer}"), words("no {answer}"))
    return Criterion(
        name, family, name, (), (), words(name), tuple(points), (), {o: tuple(row) for o, row in rows.items()},
        (band,), "the test", None, reach,
    )  # fmt: skip


def rules_of(*criteria: Criterion, feasibility: Sequence[FeasibilityRule] = (), steps: Sequence[Steps] = ()) -> Rules:
    families = tuple(Family(name, words(name)) for name in dict.fromkeys(c.family for c in criteria))
    return Rules(
        "test", "1", "2026", "me", False, words("notice"), families, criteria, tuple(feasibility), tuple(steps)
    )


BUDGET = FeasibilityRule(
    "budget", "money", "minimum_budget_keur", words("{answer} below {minimum}"), words("needs {minimum}")
)
A_AND_B = options(option("A"), option("B"))


def one_firm(**answers: float | str) -> pd.DataFrame:
    return pd.DataFrame([answers], index=pd.Index(["firm"], name="respondent"))


def shares_of(rules: Rules, arrangements: Arrangements = A_AND_B, **answers: float | str) -> dict[str, float]:
    return advise(one_firm(**answers), rules, arrangements, draws=4000).acceptability.loc["firm"].to_dict()


# --- acceptability ----------------------------------------------------------------------------------------------------


def test_two_opposite_criteria_leave_each_option_half_of_the_weights() -> None:
    rules = rules_of(criterion("p", ["x"], A=[1], B=[0]), criterion("q", ["x"], A=[0], B=[1]))
    assert shares_of(rules, p="x", q="x")["A"] == pytest.approx(1 / 2, abs=0.03)


def test_a_criterion_twice_as_strong_wins_two_thirds_of_the_weights() -> None:
    """A leads where 2w > 1 - w, so for w above 1/3, and w is uniform between 0 and 1."""
    rules = rules_of(criterion("p", ["x"], A=[2], B=[0]), criterion("q", ["x"], A=[0], B=[1]))
    assert shares_of(rules, p="x", q="x")["A"] == pytest.approx(2 / 3, abs=0.03)


def test_a_family_does_not_weigh_more_because_it_has_more_criteria() -> None:
    three = [criterion(name, ["x"], A=[1], B=[0]) for name in ("p", "q", "r")]
    rules = rules_of(*three, criterion("s", ["x"], family="two", A=[0], B=[1]))
    assert shares_of(rules, p="x", q="x", r="x", s="x")["A"] == pytest.approx(1 / 2, abs=0.03)


def test_options_that_tie_share_every_draw() -> None:
    rules = rules_of(criterion("p", ["x"], A=[1], B=[1]), criterion("q", ["x"], A=[-1], B=[-1]))
    assert shares_of(rules, p="x", q="x") == {"A": 0.5, "B": 0.5}


def test_an_unanswered_criterion_drops_out_and_lowers_coverage() -> None:
    rules = rules_of(criterion("p", ["x"], A=[1], B=[0]), criterion("q", ["x"], A=[0], B=[2]))
    advice = advise(one_firm(p="x"), rules, A_AND_B)
    assert advice.acceptability.loc["firm"].to_dict() == {"A": 1.0, "B": 0.0}
    assert advice.coverage["firm"] == 0.5
    assert np.isnan(advice.suitability[0, 1]).all()


def test_a_number_is_read_between_the_knots_and_flat_outside_them() -> None:
    rules = rules_of(criterion("n", [10, 20], A=[-2, 2], B=[0, 1]))
    table = score_suitability(pd.DataFrame({"n": [0.0, 15.0, 17.5, 99.0, np.nan]}), rules)[:, 0, :]
    assert table.tolist()[:4] == [[-2, 0], [0, 0.5], [1, 0.75], [2, 1]]
    assert np.isnan(table[4]).all()


def test_an_answer_that_the_rules_do_not_know_is_named() -> None:
    rules = rules_of(criterion("p", ["x", "y"], A=[1, 0], B=[0, 1]))
    with pytest.raises(InputError, match="answer 'z' to 'p' is not one that the rules know; write one of x, y"):
        advise(one_firm(p="z"), rules, A_AND_B)


def test_the_same_seed_gives_the_same_shares_and_firms_are_judged_alone() -> None:
    rules, arrangements = load_rules(), load_arrangements()
    firms = pd.DataFrame({"headcount": np.linspace(5, 900, 10_000), "cdo_budget_keur": np.linspace(0, 250, 10_000)})
    many = advise(firms, rules, arrangements, draws=200)
    few = advise(firms.iloc[[0, 7_777]], rules, arrangements, draws=200)
    np.testing.assert_array_equal(many.acceptability.iloc[[0, 7_777]], few.acceptability)
    assert many.acceptability.sum(axis=1).to_numpy() == pytest.approx(1)


# --- feasibility ------------------------------------------------------------------------------------------------------

RICH_AND_POOR = options(option("rich", minimum_budget_keur=10), option("poor"))
MONEY = rules_of(criterion("money", [0, 10], reach=10, rich=[2, 2], poor=[0, 0]), feasibility=[BUDGET])


def test_a_budget_below_the_minimum_rules_an_option_out_whatever_it_is_worth() -> None:
    advice = advise(one_firm(money=9.9), MONEY, RICH_AND_POOR)
    assert advice.acceptability.loc["firm"].to_dict() == {"rich": 0.0, "poor": 1.0}
    assert advice.obstacles.iloc[0].to_dict() == {
        "firm": "firm", "arrangement": "rich", "rule": "budget", "state": "fails", "minimum": 10.0,
    }  # fmt: skip
    assert obstacle_sentences(advice, MONEY, "firm", "rich", language="en") == ("9.9 below 10",)
    assert obstacle_sentences(advice, MONEY, "firm", "rich") == ("fr 9,9 below 10",)


def test_a_budget_at_the_minimum_is_enough() -> None:
    assert check_feasibility(one_firm(money=10.0), MONEY, RICH_AND_POOR)[0].loc["firm"].all()


def test_an_unknown_budget_rules_nothing_out_and_is_said() -> None:
    advice = advise(one_firm(money=np.nan), MONEY, RICH_AND_POOR)
    assert advice.feasible.loc["firm"].all()
    assert advice.obstacles["state"].tolist() == ["unknown"]
    assert obstacle_sentences(advice, MONEY, "firm", "rich", language="en") == ("needs 10",)


def test_where_nothing_is_feasible_the_recommendation_abstains_and_says_so() -> None:
    only_rich = options(option("rich", minimum_budget_keur=10), option("poor", minimum_budget_keur=5))
    advice = advise(one_firm(money=1.0), MONEY, only_rich)
    assert advice.acceptability.loc["firm"].sum() == 0
    row = recommend(advice, MONEY).table.loc["firm"]
    assert [row["state"], row["reason"], row["n_options"], row["first"]] == ["abstained", "nothing_feasible", 0, ""]


def test_a_delegated_manager_needs_a_team_and_the_boss_needs_half_a_day() -> None:
    firms = pd.DataFrame({"web_team_fte": [0.5, 1.0], "leader_hours_week": [4.0, 3.5], "cdo_budget_keur": [60.0, 60.0]})
    feasible, _ = check_feasibility(firms, load_rules(), load_arrangements())
    assert feasible["external_delegated_manager"].tolist() == [False, True]
    assert feasible["boss_led"].tolist() == [True, False]
    assert feasible["internal"].tolist() == [False, False]


# --- answers ----------------------------------------------------------------------------------------------------------


def test_counts_scale_up_for_unanswered_items_and_stop_under_half() -> None:
    counted = replace(
        criterion("breadth", [0, 4], A=[0, 1], B=[0, 0]), item="", count=("a", "b", "c", "d"), codes=("1",)
    )
    survey = pd.DataFrame({"a": ["1", "1", "1"], "b": ["0", "0", None], "c": ["1", None, None], "d": ["1", None, None]})
    answers = derive_answers(survey, rules_of(counted))["breadth"]
    assert answers.tolist()[:2] == [3.0, 2.0]
    assert math.isnan(answers[2])


def test_criteria_without_a_column_are_unmeasured() -> None:
    answers = derive_answers(pd.DataFrame({"headcount": [12]}), load_rules())
    assert answers["headcount"].tolist() == [12.0]
    assert answers.notna().sum(axis=1).tolist() == [1]


# --- reasons ----------------------------------------------------------------------------------------------------------

TWO_SIDES = rules_of(
    criterion("p", ["x"], A=[2], B=[-1], C=[0]),
    criterion("q", ["x"], A=[-1], B=[1], C=[1]),
    criterion("r", ["x"], A=[0.4], B=[0], C=[0]),
)
A_B_C = options(option("A"), option("B"), option("C"))


def test_a_contribution_is_the_weight_times_the_lead_over_the_others() -> None:
    """Three criteria of one family: each weighs 1/3 on average. For A, p leads by 2 - (-1 + 0)/2 = 2.5."""
    advice = advise(one_firm(p="x", q="x", r="x"), TWO_SIDES, A_B_C)
    table = contributions(advice, TWO_SIDES)[0]
    assert table[0].tolist() == pytest.approx([2.5 / 3, -2 / 3, -0.5 / 3])
    assert table[1].tolist() == pytest.approx([-2 / 3, 1 / 3, 1 / 3])


def test_a_reason_needs_the_same_sign_in_itself_and_against_the_others_and_some_strength() -> None:
    advice = advise(one_firm(p="x", q="x", r="x"), TWO_SIDES, A_B_C)
    assert reason_table(advice, TWO_SIDES, "firm", "A")["side"].to_dict() == {"p": "for", "r": "", "q": "against"}
    assert reason_table(advice, TWO_SIDES, "firm", "C")["side"].to_dict() == {"q": "for", "p": "", "r": ""}


def test_reasons_are_sentences_with_the_firms_own_answer_in_its_language() -> None:
    advice = advise(one_firm(p="x", q="x"), TWO_SIDES, A_B_C)
    found = reasons(advice, TWO_SIDES, "firm", "A", language="en", answers_text={"p": "my own words"})
    assert found.pro == ("yes my own words",)
    assert found.con == ("no x",)
    assert reasons(advice, TWO_SIDES, "firm", "A").con == ("fr no x",)


def test_an_unknown_firm_or_arrangement_is_named() -> None:
    advice = advise(one_firm(p="x"), TWO_SIDES, A_B_C)
    with pytest.raises(UsageError, match="no firm 'nobody'"):
        reasons(advice, TWO_SIDES, "nobody", "A")
    with pytest.raises(UsageError, match="no arrangement 'Z'; name one of A, B, C"):
        reasons(advice, TWO_SIDES, "firm", "Z")


def test_the_smallest_change_that_makes_another_option_lead_is_found() -> None:
    (change,) = what_would_change(advise(one_firm(money=6.0), MONEY, RICH_AND_POOR), MONEY, RICH_AND_POOR, "firm")
    assert (change.criterion, change.before, change.after, change.arrangement) == ("money", 6.0, 10.0, "rich")


def test_a_change_out_of_reach_is_not_proposed() -> None:
    near = rules_of(replace(MONEY.criteria[0], reach=2), feasibility=[BUDGET])
    assert what_would_change(advise(one_firm(money=3.0), near, RICH_AND_POOR), near, RICH_AND_POOR, "firm") == ()


# --- the recommendation -----------------------------------------------------------------------------------------------


def test_the_set_is_the_smallest_that_reaches_80_percent_with_its_ties() -> None:
    shares = np.array([[0.8, 0.2, 0.0], [0.79, 0.21, 0.0], [0.5, 0.25, 0.25], [1 / 3, 1 / 3, 1 / 3], [0.0, 0.0, 0.0]])
    assert set_sizes(shares).tolist() == [1, 2, 3, 3, 0]


def advice_with(shares: list[float], names: list[str], **more: object) -> Advice:
    """An advice of one firm, with the acceptability that a test wants to see judged."""
    index = pd.Index(["firm"], name="respondent")
    parts = {
        "answers": pd.DataFrame({"p": ["x"], "q": ["x"]}, index=index),
        "suitability": np.zeros((1, 2, len(names))),
        "feasible": pd.DataFrame(True, index=index, columns=names),
        "obstacles": pd.DataFrame(columns=["firm", "arrangement", "rule", "state", "minimum"]),
        "acceptability": pd.DataFrame([shares], index=index, columns=names),
        "coverage": pd.Series([1.0], index=index),
        "rules": "test 1",
        "draws": 1000,
        "random_state": 0,
    }
    return Advice(**(parts | more))  # type: ignore[arg-type]


def advice_for(index: pd.Index, names: list[str]) -> Advice:
    """The same advice for many firms: the first option leads."""
    one = advice_with([1.0] + [0.0] * (len(names) - 1), names)
    many = np.zeros(len(index), dtype=int)
    return replace(
        one,
        answers=one.answers.iloc[many].set_axis(index),
        suitability=one.suitability[many],
        feasible=one.feasible.iloc[many].set_axis(index),
        acceptability=one.acceptability.iloc[many].set_axis(index),
        coverage=one.coverage.iloc[many].set_axis(index),
    )


P_AND_Q = rules_of(criterion("p", ["x"], A=[0], B=[0]), criterion("q", ["x"], A=[0], B=[0]))


@pytest.mark.parametrize(
    ("shares", "coverage", "state", "reason", "grade"),
    [
        ([0.9, 0.1, 0.0], 1.0, "recommended", "", "clear"),
        ([0.9, 0.1, 0.0], 0.6, "recommended", "", "slight"),
        ([0.85, 0.15, 0.0], 1.0, "recommended", "", "slight"),
        ([0.79, 0.1, 0.11], 1.0, "close", "", "slight"),
        ([0.6, 0.3, 0.1], 1.0, "close", "", "slight"),
        ([0.5, 0.25, 0.25], 1.0, "abstained", "three_or_more_options", ""),
        ([0.9, 0.1, 0.0], 0.4, "abstained", "low_coverage", ""),
    ],
)
def test_one_option_is_recommended_two_are_close_more_is_an_abstention(
    shares: list[float], coverage: float, state: str, reason: str, grade: str
) -> None:
    advice = advice_with(shares, ["A", "B", "C"])
    row = recommend(replace(advice, coverage=advice.coverage * coverage), P_AND_Q).table.loc["firm"]
    assert [row["state"], row["reason"], row["grade"], row["first"]] == [state, reason, grade, "A"]


def test_the_deciding_criterion_sets_the_two_leading_options_furthest_apart() -> None:
    suitability = np.array([[[1.0, 0.5, 9.0], [-1.0, 1.0, -9.0]]])
    table = recommend(advice_with([0.5, 0.4, 0.1], ["A", "B", "C"], suitability=suitability), P_AND_Q).table
    assert table.loc["firm", ["second", "deciding"]].tolist() == ["B", "q"]


def test_options_are_ranked_and_what_is_not_feasible_is_left_out() -> None:
    feasible = pd.DataFrame([[True, True, False]], index=["firm"], columns=["A", "B", "C"])
    found = recommend(advice_with([0.2, 0.8, 0.0], ["A", "B", "C"], feasible=feasible), P_AND_Q).options
    assert found[["rank", "arrangement", "in_set"]].to_numpy().tolist() == [[1, "B", True], [2, "A", False]]


def test_two_close_options_can_follow_each_other_where_an_answer_says_so() -> None:
    steps = Steps("then", ("A",), ("B",), 12, (Signal("q", ("x",), math.inf),), words("text"), words("handover"))
    rules = rules_of(*P_AND_Q.criteria, steps=[steps])
    row = recommend(advice_with([0.4, 0.6], ["A", "B"]), rules).table.loc["firm"]
    assert row[["sequence", "sequence_first", "sequence_then", "sequence_signal"]].tolist() == ["then", "A", "B", "q"]
    silent = rules_of(*P_AND_Q.criteria, steps=[replace(steps, signals=(Signal("q", ("y",), math.inf),))])
    assert recommend(advice_with([0.4, 0.6], ["A", "B"]), silent).table.loc["firm", "sequence"] == ""


def test_advice_from_other_rules_is_refused() -> None:
    with pytest.raises(UsageError, match="made with the rules 'test 1', not 'founders-2026 3'"):
        recommend(advice_with([1.0], ["A"]), load_rules())


ETI = {
    "goal_first": "growth", "goals_important": 6.0, "urgency_months": 18.0, "needed_expertise": 5.0,
    "entrant_pressure": "4", "cdo_budget_keur": 200.0, "cash_constraint": "1", "recruitment_difficulty": "2",
    "leader_hours_week": 3.0, "web_team_fte": 5.0, "ict_specialists_fte": 8.0, "headcount": 900.0,
    "life_cycle": "growth", "roadmap": "written", "departments_involved": 8.0, "sites_count": 8.0,
    "projects_count": 10.0, "knowledge_specificity": "5", "need_frequency": "continuous", "horizon_months": 48.0,
    "confidentiality": "4",
}  # fmt: skip
SMALL = {
    "goal_first": "compliance", "goals_important": 3.0, "urgency_months": 5.0, "needed_expertise": 2.0,
    "cdo_budget_keur": 22.0, "cash_constraint": "4", "recruitment_difficulty": "4", "leader_hours_week": 4.0,
    "web_team_fte": 0.0, "ict_specialists_fte": 0.0, "headcount": 30.0, "life_cycle": "maturity", "roadmap": "none",
    "departments_involved": 2.0, "sites_count": 1.0, "projects_count": 2.0, "knowledge_specificity": "1",
    "need_frequency": "one_off", "horizon_months": 9.0, "provider_trust": "4",
}  # fmt: skip
NO_NEED = {
    "goals_important": 0.0, "urgency_months": 36.0, "needed_expertise": 0.0, "entrant_pressure": "1",
    "cdo_budget_keur": 0.0, "leader_hours_week": 0.0, "web_team_fte": 0.0, "headcount": 14.0, "life_cycle": "maturity",
    "departments_involved": 1.0, "sites_count": 1.0, "projects_count": 0.0, "need_frequency": "one_off",
}  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (ETI, {"internal", "internal_with_experts"}),
        (SMALL, {"external_adviser", "boss_led", "shared_role"}),
        (NO_NEED, {"none_yet"}),
        ({**SMALL, "knowledge_specificity": "5", "provider_trust": "1"}, {"shared_role", "boss_led"}),
        ({**ETI, "cdo_budget_keur": 60.0}, {"external_delegated_manager", "shared_role", "external_adviser"}),
    ],
    ids=["strong ETI", "small firm, short need", "no need", "small firm without trust", "strong ETI without money"],
)
def test_the_founders_rules_send_plain_cases_where_common_sense_does(
    answers: dict[str, float | str], expected: set[str]
) -> None:
    rules = load_rules()
    row = recommend(advise(one_firm(**answers), rules, load_arrangements()), rules).table.loc["firm"]
    assert row["first"] in expected


def test_every_reason_of_every_option_can_be_said_for_plain_cases() -> None:
    rules = load_rules()
    advice = advise(pd.DataFrame([ETI, SMALL, NO_NEED], index=["a", "b", "c"]), rules, load_arrangements())
    found = reasons(advice, rules, "a", "internal")
    assert len(found.pro) == 3
    assert "Votre besoin est continu : une présence permanente trouve à s'employer." in found.pro
    for firm in advice.answers.index:
        for name in advice.feasible.columns:
            for language in ("fr", "en"):
                said = reasons(advice, rules, firm, name, language=language)
                assert all("{" not in sentence for sentence in (*said.pro, *said.con))


def test_advice_comes_back_whole_from_its_tables() -> None:
    rules = load_rules()
    advice = advise(pd.DataFrame([ETI, SMALL], index=["a", "b"]), rules, load_arrangements(), draws=50)
    again = Advice.from_frames(advice.to_frames(), rules, draws=50, random_state=0)
    pd.testing.assert_frame_equal(again.acceptability, advice.acceptability)
    pd.testing.assert_frame_equal(recommend(again, rules).table, recommend(advice, rules).table)


# --- constaté ---------------------------------------------------------------------------------------------------------


def test_rare_arrangements_take_the_name_of_their_group_and_what_stays_rare_is_set_aside() -> None:
    have = pd.Series(["a1"] * 40 + ["a2"] * 5 + ["b1"] * 20 + ["c1"] * 4 + [None] * 3, dtype="str")
    parents = {"a1": "a", "a2": "a", "a3": "a", "b1": "b", "b2": "b", "c1": "c"}
    shown, merging = merge_rare(have, parents, rare=30, smallest=10)
    assert merging.counts == {"a": 45, "b1": 20}
    assert merging.merged == {"a": ["a1", "a2"]}
    assert merging.set_aside == {"c1": 4}
    assert merging.shown == {"a1": "a", "a2": "a", "a3": "a", "b1": "b1"}
    assert shown.isna().sum() == 7


@pytest.mark.reference_data
def test_without_penalty_the_choice_model_is_the_multinomial_logit_of_r(reference_data: Path) -> None:
    """BankWages, men: nnet::multinom(job ~ education + minority), coefficients and log-likelihood -118.736."""
    bank = pd.read_csv(reference_data / "mnl-oracles" / "BankWages.csv")
    men = bank[bank["gender"] == "male"]
    model = fit_observed(men[["education", "minority"]], men["job"], settings=NO_PENALTY).model
    admin, custodial, manage = (model.options.index(job) for job in ("admin", "custodial", "manage"))
    slope = (model.coefficients[:, 0] - model.coefficients[custodial, 0]) / model.encoding.columns[0].scale
    minority = model.coefficients[:, 2] - model.coefficients[:, 1]
    assert slope[[admin, manage]] == pytest.approx([0.5533995, 2.1867717], abs=1e-4)
    assert (minority - minority[custodial])[[admin, manage]] == pytest.approx([-0.4269495, -2.5360409], abs=1e-4)
    own = model.predict(men).to_numpy()[np.arange(len(men)), [model.options.index(job) for job in men["job"]]]
    assert np.log(own).sum() == pytest.approx(-118.736, abs=1e-3)


@pytest.mark.reference_data
def test_the_penalty_keeps_coefficients_finite_where_r_separates(reference_data: Path) -> None:
    """No woman of BankWages is custodial: without penalty her coefficient runs away."""
    bank = pd.read_csv(reference_data / "mnl-oracles" / "BankWages.csv")
    settings = ObservedSettings(rare=1, smallest=1, parents={})
    fitted = fit_observed(bank[["education", "minority", "gender"]], bank["job"], settings=settings)
    assert fitted.informative
    assert np.abs(fitted.model.coefficients).max() < 10


def test_weights_enter_the_choice_model_as_in_r() -> None:
    data = pd.read_csv(ORACLES / "multinom.csv")
    oracle = json.loads((ORACLES / "multinom.json").read_text())
    fitted = fit_observed(data[["x", "group"]], data["choice"], sample_weight=data["weight"], settings=NO_PENALTY)
    model, scale = fitted.model, fitted.model.encoding.columns[0].scale
    base, rest = model.options.index("boss_led"), [model.options.index(name) for name in oracle["options"]]
    contrasts = model.coefficients - model.coefficients[base]
    assert (contrasts[rest, 0] / scale).tolist() == pytest.approx(oracle["x"], abs=1e-3)
    assert (contrasts[rest, 2] - contrasts[rest, 1]).tolist() == pytest.approx(oracle["group_b"], abs=1e-3)
    assert (contrasts[rest, 3] - contrasts[rest, 1]).tolist() == pytest.approx(oracle["group_c"], abs=1e-3)
    likelihood = np.log(
        model.predict(data).to_numpy()[np.arange(240), [model.options.index(c) for c in data["choice"]]]
    )
    assert data["weight"] @ likelihood == pytest.approx(oracle["log_likelihood"], abs=1e-3)


def noisy_survey(n: int = 200) -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(3)
    X = pd.DataFrame({"size": rng.lognormal(3, 1, n), "sector": rng.choice(["trade", "industry"], n)})
    X.loc[::9, "size"] = np.nan
    return X, pd.Series(rng.choice(["internal", "boss_led", "interim"], n))


def test_a_model_that_tells_nothing_says_so_and_one_that_does_says_so_too() -> None:
    X, have = noisy_survey()
    assert not fit_observed(X, have, settings=ObservedSettings(parents={})).informative
    told = have.where(X["sector"] == "trade", "internal")
    fitted = fit_observed(X, told, settings=ObservedSettings(parents={}, rare=1))
    assert fitted.informative
    assert fitted.quality is not None
    assert fitted.quality.log_loss < fitted.quality.base_log_loss


def test_firms_without_an_arrangement_get_probabilities_too_and_rows_add_up_to_one() -> None:
    X, have = noisy_survey()
    have[:20] = None
    fitted = fit_observed(X, have, settings=ObservedSettings(parents={}))
    assert fitted.probabilities.sum(axis=1).to_numpy() == pytest.approx(1)
    pd.testing.assert_frame_equal(fitted.probabilities[:20], fitted.model.predict(X[:20]))
    assert not np.allclose(fitted.probabilities[20:], fitted.model.predict(X[20:]))


def test_an_observed_choice_comes_back_from_json_with_the_same_probabilities() -> None:
    X, have = noisy_survey()
    fitted = fit_observed(X, have, random_state=5, settings=ObservedSettings(parents={}))
    saved = json.loads(json.dumps(fitted.to_dict(), allow_nan=False))
    again = ObservedChoice.from_dict(saved, fitted.probabilities)
    pd.testing.assert_frame_equal(again.for_firms(X).probabilities, fitted.for_firms(X).probabilities)
    assert again.quality == fitted.quality
    assert fit_observed(X, have, random_state=5, settings=ObservedSettings(parents={})).to_dict() == fitted.to_dict()


def test_shares_alone_are_given_where_there_is_nothing_to_tell_firms_apart() -> None:
    X, have = noisy_survey()
    alone = fit_observed(X, have.where(have == "internal"), settings=ObservedSettings(parents={}))
    assert (alone.status, alone.informative, alone.shares.to_dict()) == ("shares_only", False, {"internal": 1.0})
    nobody = fit_observed(X, have.where(have == "none"), settings=ObservedSettings(parents={}))
    assert (nobody.status, nobody.probabilities.shape) == ("empty", (200, 0))


def test_rare_and_unseen_texts_share_a_column_and_missing_is_a_level() -> None:
    table = pd.DataFrame({"sector": ["trade"] * 12 + ["rail"] * 2 + [None] * 11})
    encoding = learn_encoding(table)
    assert encoding.features == ("sector=(missing)", "sector=trade", f"sector={RARE}")
    unseen = pd.DataFrame({"sector": ["mining", "trade", None]})
    assert encoding.encode(unseen).tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
    with pytest.raises(InputError, match="no column 'sector'"):
        encoding.encode(pd.DataFrame({"size": [1]}))


# --- peers ------------------------------------------------------------------------------------------------------------

PEERS = pd.DataFrame(
    {"age": [0.0, 5.0, 10.0, 2.0, np.nan], "sector": ["x", "x", "y", "y", "x"]}, index=["a", "b", "c", "d", "e"]
)
HAVE = pd.Series(["in", "in", "out", "out", "boss"], index=PEERS.index)


def test_peers_are_the_nearest_firms_and_never_the_firm_itself() -> None:
    """Distances from a: b (0.5 + 0)/2 = 0.25; c (1 + 1)/2 = 1; d (0.2 + 1)/2 = 0.6; e 0/1 = 0 (age unknown)."""
    found = peer_shares(PEERS, HAVE, "a", k=3)
    assert (found.n, found.farthest) == (3, 0.6)
    assert found.table["n"].to_dict() == {"boss": 1, "in": 1, "out": 1}
    assert peer_shares(PEERS, HAVE, "a", k=1).table["n"].to_dict() == {"boss": 1}


def test_firms_as_far_as_the_last_peer_are_peers_whatever_the_order_of_rows() -> None:
    same = pd.DataFrame({"sector": ["x"] * 6}, index=list("abcdef"))
    have = pd.Series(["in", "in", "out", "out", "out", None], index=same.index)
    found = peer_shares(same, have, "a", k=2)
    assert (found.n, found.table["n"].to_dict()) == (4, {"out": 3, "in": 1})
    assert peer_shares(same.iloc[::-1], have, "a", k=2).table.equals(found.table)


def test_a_firm_from_elsewhere_has_peers_and_an_unknown_one_is_named() -> None:
    stranger = pd.Series({"age": 4.9, "sector": "x"}, name="stranger", dtype="object")
    assert peer_shares(PEERS, HAVE, stranger, k=1).table.index.tolist() == ["boss"]
    with pytest.raises(UsageError, match="no firm 'z' among the 5 firms"):
        peer_shares(PEERS, HAVE, "z")


# --- estimé -----------------------------------------------------------------------------------------------------------


def test_doubly_robust_scores_by_hand() -> None:
    """Firm 1 has arm 0: 4 + (5 - 4)/0.5 = 6, and 7 elsewhere. Firm 2 has arm 1: 3 + (1 - 3)/0.8 = 0.5, 2 elsewhere."""
    scores = doubly_robust_scores(
        np.array([5.0, 1.0]), np.array([0, 1]), np.array([[0.5, 0.5], [0.2, 0.8]]), np.array([[4.0, 7.0], [2.0, 3.0]])
    )
    assert scores.tolist() == [[6.0, 7.0], [2.0, 0.5]]


def test_scores_and_means_are_those_of_r() -> None:
    data = pd.read_csv(ORACLES / "aipw.csv")
    oracle = json.loads((ORACLES / "aipw.json").read_text())
    scores = doubly_robust_scores(
        data["y"].to_numpy(), data["arm"].to_numpy(), data[["e0", "e1"]].to_numpy(), data[["m0", "m1"]].to_numpy()
    )
    weights = data["weight"].to_numpy()
    means = [weighted_mean(scores[:, arm], weights) for arm in (0, 1)]
    assert [mean for mean, _ in means] == pytest.approx(oracle["mean"], abs=1e-9)
    assert [error for _, error in means] == pytest.approx(oracle["se"], abs=1e-9)


PLAIN = EstimateSettings(parents={})
TRUTH = {"adviser": 0.5, "boss": 0.0, "internal": 1.0}


def planted_world(n: int, seed: int) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Means drive both the arrangement and the outcome; the mean outcome of each arm is known."""
    rng = np.random.default_rng(seed)
    means = rng.normal(size=n)
    odds = np.exp(np.column_stack([-0.7 * means, np.zeros(n), 0.8 * means]))
    arm = (rng.uniform(size=n)[:, None] > (odds / odds.sum(axis=1, keepdims=True)).cumsum(axis=1)).sum(axis=1)
    slopes = np.array([0.5, 1.0, 1.5])
    outcome = np.array(list(TRUTH.values()))[arm] + slopes[arm] * means + rng.normal(size=n)
    X = pd.DataFrame({"means": means, "sector": rng.choice(["trade", "industry"], n)})
    return X, pd.Series(np.array(list(TRUTH))[arm]), pd.Series(outcome)


def test_planted_means_are_recovered_where_naive_means_are_not() -> None:
    X, arm, outcome = planted_world(2000, seed=1)
    found = estimate_outcomes(X, arm, outcome, settings=PLAIN)
    assert (found.status, found.gate) == ("estimated", None)
    error = (found.means["mean"] - pd.Series(TRUTH)).abs()
    assert (error < 3 * found.means["se"]).all()
    assert abs(found.means.loc["internal", "naive"] - 1.0) > 5 * found.means.loc["internal", "se"]
    best = found.contrasts[found.contrasts["against"] == "best"].set_index("arm")
    assert best["reference"].eq("internal").all()
    assert best.loc["boss", "low"] < -1.0 < best.loc["boss", "high"]


def test_the_outcome_of_one_firm_is_predicted_under_each_arm() -> None:
    X, arm, outcome = planted_world(2000, seed=2)
    found = estimate_outcomes(X, arm, outcome, settings=PLAIN).for_firms(
        pd.DataFrame({"means": [1.0], "sector": ["trade"]})
    )
    expected = pd.Series({"adviser": 1.0, "boss": 1.0, "internal": 2.5})  # truth plus slope, at means = 1
    assert ((found.predicted.loc[0] - expected).abs() < 3 * found.predicted_se.loc[0]).all()


@pytest.mark.slow
@pytest.mark.parametrize(("penalty", "least"), [(1.0, 0.92), (PLAIN.penalty, 0.88)])
def test_intervals_cover_the_planted_means_about_as_often_as_they_say(penalty: float, least: float) -> None:
    """200 samples of 400 firms, three means each: 95 % give or take three standard errors of the count.

    The strong penalty of the propensities that is the default leaves a bias of a third of a standard error where firms
    choose their arm strongly, and costs a few points (`docs/methods.md`).
    """
    inside, settings = 0, replace(PLAIN, penalty=penalty)
    for seed in range(200):
        means = estimate_outcomes(*planted_world(400, seed), settings=settings).means
        inside += int(((means["low"] < pd.Series(TRUTH)) & (pd.Series(TRUTH) < means["high"])).sum())
    assert least < inside / 600 < 0.98


def test_without_a_declared_or_measured_outcome_nothing_is_estimated() -> None:
    X, arm, outcome = planted_world(300, seed=1)
    for given in (None, outcome.where(outcome.index < 20)):
        found = estimate_outcomes(X, arm, given, settings=PLAIN)
        assert (found.status, found.gate.id if found.gate else "") == ("not_estimable", "outcome")
    assert found.gates[0].details["measured"] == 20


def test_todays_maturity_is_refused_by_name() -> None:
    X, arm, outcome = planted_world(300, seed=1)
    found = estimate_outcomes(X.assign(dma=1.0), arm, outcome, settings=replace(PLAIN, forbidden=("dma", "dii")))
    assert found.gate is not None
    assert (found.gate.id, found.gate.details["refused"]) == ("covariates", ["dma"])


def test_small_arms_are_set_aside_and_said_unless_they_are_many() -> None:
    X, arm, outcome = planted_world(600, seed=1)
    arm[:9] = "interim"
    found = estimate_outcomes(X, arm, outcome, settings=PLAIN)
    assert found.status == "estimated"
    assert found.merging is not None
    assert found.merging.set_aside == {"interim": 9}
    strict = estimate_outcomes(X, arm, outcome, settings=replace(PLAIN, largest_set_aside=0.01))
    assert strict.gate is not None
    assert (strict.gate.id, strict.gate.details["share_set_aside"]) == ("arms", 0.015)


def test_without_overlap_nothing_is_estimated_and_the_share_is_said() -> None:
    rng = np.random.default_rng(0)
    size = rng.uniform(0, 1, 400)
    arm = pd.Series(np.where(size + 0.01 * rng.normal(size=400) > 0.5, "internal", "boss"))
    found = estimate_outcomes(
        pd.DataFrame({"size": size}), arm, pd.Series(size), settings=replace(PLAIN, penalty=100.0)
    )
    assert found.gate is not None
    assert found.gate.id == "overlap"
    assert found.gate.details["share_outside"] > 0.5
    assert found.means.empty


def test_estimates_come_back_from_json_and_predict_the_same() -> None:
    X, arm, outcome = planted_world(400, seed=4)
    found = estimate_outcomes(X, arm, outcome, sample_weight=pd.Series(np.linspace(0.5, 1.5, 400)), settings=PLAIN)
    again = Estimates.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False)), found.propensity)
    pd.testing.assert_frame_equal(again.means, found.means)
    pd.testing.assert_frame_equal(again.for_firms(X).predicted, found.predicted)
    assert set(found.assumptions) >= {"no_hidden_confounder", "overlap", "outcome_measured_without_bias"}


@pytest.mark.slow
def test_without_any_effect_agreement_and_disagreement_are_hardly_ever_claimed() -> None:
    """Expected 5 % at most of firms on average; predictions of one survey move together, so several are drawn."""
    claimed = []
    for seed in range(20):
        X, arm, _ = planted_world(600, seed)
        noise = pd.Series(np.random.default_rng(seed).normal(size=600)) + X["means"]
        estimates = estimate_outcomes(X, arm, noise, settings=PLAIN)
        advice = advice_for(X.index, ["adviser", "boss", "internal"])
        table = recommend(advice, P_AND_Q, estimates=estimates).table
        claimed.append(table["estimated_agreement"].isin(["agrees", "differs"]).mean())
    assert np.mean(claimed) < 0.05


# --- where the three kinds agree --------------------------------------------------------------------------------------


def test_the_recommendation_says_whether_the_three_kinds_agree() -> None:
    rng = np.random.default_rng(8)
    n = 400
    rich = rng.uniform(size=n) < 0.5
    index = pd.Index([f"f{i}" for i in range(n)], name="respondent")
    answers = pd.DataFrame({"money": np.where(rich, 10.0, 0.0)}, index=index)
    arm = pd.Series(np.where(rng.uniform(size=n) < np.where(rich, 0.8, 0.2), "rich", "poor"), index=index)
    outcome = pd.Series(np.where(arm == "rich", 5.0, 0.0) + rng.normal(size=n), index=index)
    advice = advise(answers, MONEY, options(option("rich"), option("poor")))
    observed = fit_observed(answers, arm, settings=ObservedSettings(parents={}))
    estimates = estimate_outcomes(answers, arm, outcome, settings=PLAIN)
    table = recommend(advice, MONEY, observed=observed, estimates=estimates).table
    assert leaders(advice).eq("rich").all()
    assert table.loc[rich, "observed_agreement"].eq("agrees").all()
    assert table.loc[~rich, "observed_agreement"].eq("differs").all()
    assert table["estimated_agreement"].eq("agrees").all()
    worse = recommend(advice, MONEY, estimates=estimate_outcomes(answers, arm, -outcome, settings=PLAIN)).table
    assert worse["estimated_agreement"].eq("differs").all()
    assert worse["observed_agreement"].eq("unavailable").all()


def test_an_arm_that_the_firm_cannot_have_is_not_held_against_the_advice() -> None:
    X, arm, outcome = planted_world(600, seed=6)
    estimates = estimate_outcomes(X, arm, outcome, settings=PLAIN)
    feasible = pd.DataFrame([[True, False, False]], index=[0], columns=["boss", "adviser", "internal"])
    here = replace(advice_for(pd.Index([0]), ["boss", "adviser", "internal"]), feasible=feasible)
    row = recommend(here, P_AND_Q, estimates=estimates).table.loc[0]
    assert row[["estimated_top", "estimated_agreement"]].tolist() == ["boss", "undecided"]
