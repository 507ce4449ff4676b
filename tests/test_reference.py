"""Arrangements, costs, rules, official counts: published and derived figures, and what a wrong file says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.cdo import draw_weights, rank_first_shares, score_suitability
from cdo_analysis.codebook import load_codebook
from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.reference import (
    NEEDS,
    QUOTED,
    Criterion,
    Rules,
    break_even_days,
    break_even_table,
    cost_table,
    load_arrangements,
    load_costs,
    load_margins,
    load_rules,
    load_size_categories,
    loaded_cost,
    margin_ids,
    yearly_cost,
)
from cdo_analysis.resources import package_dir

INSIDE = ("internal", "internal_with_experts")
OUTSIDE = ("external_adviser", "external_delegated_manager", "interim")


def text_of(name: str) -> str:
    return (package_dir("reference") / name).read_text(encoding="utf-8")


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# --- arrangements -----------------------------------------------------------------------------------------------------


def test_the_eight_arrangements_and_their_groups_are_those_of_the_project() -> None:
    groups: dict[str, list[str]] = {}
    for option in load_arrangements():
        groups.setdefault(option.parent, []).append(option.id)
    assert list(groups.values()) == [["none_yet", "boss_led"], ["shared_role"], list(INSIDE), list(OUTSIDE)]


def test_a_group_that_stands_for_its_arrangements_has_a_label_of_its_own() -> None:
    arrangements = load_arrangements()
    assert arrangements.label("external_cdo", "en") == "External or interim CDO"
    assert arrangements.label("interim") == "CDO de transition"
    with pytest.raises(UsageError, match="did you mean 'interim'"):
        arrangements.label("interm")


def test_legal_cautions_say_to_check_and_no_arrangement_is_a_junior_hire() -> None:
    arrangements = load_arrangements()
    for option in arrangements:
        assert all("à vérifier avec un conseil" in caution.fr for caution in option.cautions)
        assert "junior" not in f"{option.id} {option.description.en}"
    assert [option.id for option in arrangements if option.cautions] == list(OUTSIDE)


def test_budgets_follow_from_the_cost_of_the_lightest_and_fullest_form() -> None:
    costs = load_costs()
    for option in load_arrangements():
        cost = yearly_cost(option, costs)
        expected = (0.0, 0.0) if cost.already_paid else (cost.low_keur, cost.high_keur)
        stated = [option.needs[need].value for need in ("minimum_budget_keur", "maximum_budget_keur")]
        assert stated == pytest.approx(expected, abs=0.05), option.id


def test_only_a_delegated_manager_needs_a_team_and_only_the_boss_needs_hours() -> None:
    needs = {need: {o.id for o in load_arrangements() if o.needs[need].value > 0} for need in NEEDS}
    assert needs["minimum_web_team_fte"] == {"external_delegated_manager"}
    assert needs["minimum_leader_hours_week"] == {"boss_led"}


# --- costs ------------------------------------------------------------------------------------------------------------


def test_break_even_days_are_the_published_ones() -> None:
    days = break_even_table(load_costs()).round().astype(int)
    assert days.loc[[80, 100, 120, 150], 1150].tolist() == [101, 126, 151, 189]
    assert days.loc[[80, 100, 120, 150], 900].tolist() == [129, 161, 193, 242]
    assert days.loc[[80, 100, 120, 150], 1314].tolist() == [88, 110, 132, 166]
    assert days.index.tolist() == [60, 80, 100, 120, 150]


def test_loaded_salaries_are_the_published_ones() -> None:
    assert [loaded_cost(salary, 1.45) for salary in (80, 100, 120, 150)] == pytest.approx([116, 145, 174, 217.5])


def test_days_at_the_break_even_cost_as_much_as_the_post() -> None:
    assert break_even_days(100, 1450, 1.45) == pytest.approx(100)


def test_a_year_of_interim_costs_286_k_at_the_record_rate() -> None:
    assert yearly_cost(load_arrangements()["interim"], load_costs(), days_year=218).high_keur == pytest.approx(286.452)


def test_an_in_house_cdo_is_priced_at_every_salary_of_the_grid() -> None:
    table = cost_table(load_arrangements(), load_costs()).set_index(["arrangement", "salary_keur"])
    internal = table.loc["internal"]
    assert internal["cost_low_keur"].tolist() == pytest.approx([87, 116, 145, 174, 217.5])
    assert internal["cost_high_keur"].tolist() == pytest.approx([87, 116, 145, 174, 217.5])
    experts = table.loc[("internal_with_experts", 100)]
    assert [experts["cost_low_keur"], experts["cost_high_keur"]] == pytest.approx([145 + 20 * 0.35, 145 + 60 * 0.7])
    assert table["already_paid"].groupby("arrangement").all()["shared_role"]


def test_a_figure_without_a_source_is_never_called_read() -> None:
    costs = load_costs()
    assert costs["expert_rate_low"].status == "assumption"
    assert costs["charges"].status == "assumption"
    assert all(entry.figure.source and entry.figure.date and entry.figure.unit for entry in costs.entries)


def test_a_bare_number_is_refused(tmp_path: Path) -> None:
    text = text_of("costs.toml").replace('unit = "ratio"\n', "")
    with pytest.raises(InputError, match=r"costs.toml: \[\[cost\]\] 'charges' has no 'unit'; add unit"):
        load_costs(write(tmp_path, "costs.toml", text))


# --- margins and sizes ------------------------------------------------------------------------------------------------


def test_insee_2017_adds_up_to_the_published_total() -> None:
    margins = load_margins("insee-2017")
    assert margins.total == 3_855_109
    assert (margins.status, margins.year, margins.url) == ("read", 2017, "https://www.insee.fr/fr/statistiques/4255707")


def test_transcribed_counts_say_so() -> None:
    margins = load_margins("insee-2023")
    assert margins.status == "transcribed"
    assert margins.table(("pme", "eti"))["population"].tolist() == [163_992, 7_031]
    assert "re-check" in margins.note.en


def test_every_margin_file_loads_and_unknown_ones_are_named() -> None:
    assert [load_margins(name).id for name in margin_ids()] == margin_ids()
    with pytest.raises(UsageError, match="did you mean 'insee-2017'"):
        load_margins("insee-207")
    with pytest.raises(UsageError, match="do not count 'tpe'"):
        load_margins("insee-2017").table(("tpe",))


def test_size_thresholds_are_those_of_the_decree() -> None:
    limits = {
        s.id: (s.headcount_below, s.turnover_up_to_keur, s.balance_sheet_up_to_keur) for s in load_size_categories()
    }
    assert limits["micro"] == (10, 2_000, 2_000)
    assert limits["pme"] == (250, 50_000, 43_000)
    assert limits["eti"] == (5_000, 1_500_000, 2_000_000)


# --- rules ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load_rules()


def test_rules_say_who_wrote_them_and_that_no_panel_validated_them(rules: Rules) -> None:
    assert rules.author == "cdo-analysis founders, from the literature; validated by no panel"
    assert (rules.date, rules.validated_by_panel) == ("2026-11-24", False)
    assert "aucun panel" in rules.notice.fr


def test_rules_that_rest_on_accounting_say_so(rules: Rules) -> None:
    for name in ("knowledge_specificity", "need_frequency", "provider_trust"):
        note = rules[name].note
        assert note is not None
        assert "comptabilité" in note.fr


def test_signs_follow_the_literature_on_outsourcing(rules: Rules) -> None:
    for name in OUTSIDE:
        specificity, trust = (rules[c].suitability[name] for c in ("knowledge_specificity", "provider_trust"))
        assert specificity[0] > 0 > specificity[-1]
        assert trust[0] < 0 < trust[-1]
    frequency = rules["need_frequency"]
    for name in OUTSIDE:
        continuous = frequency.suitability[name][frequency.points.index("continuous")]
        assert continuous <= 0 < frequency.suitability["internal"][0]


def test_every_family_has_criteria_and_every_criterion_a_source(rules: Rules) -> None:
    assert {c.family for c in rules.criteria} == {"attentes", "moyens", "stade", "transaction"}
    assert all(criterion.source for criterion in rules.criteria)


def test_no_arrangement_has_a_head_start(rules: Rules) -> None:
    """Averaged over the answers of a criterion, the criteria of a family and the families, rows are near zero."""
    table = pd.DataFrame({c.id: {name: np.mean(row) for name, row in c.suitability.items()} for c in rules.criteria})
    families = pd.Series({c.id: c.family for c in rules.criteria})
    head_start = table.T.groupby(families).mean().mean()
    assert head_start.abs().max() < 0.25
    assert head_start[list(OUTSIDE)].mean() <= head_start[list(INSIDE)].mean()


def random_answers(rules: Rules, n: int) -> pd.DataFrame:
    """Answers drawn uniformly: over the codes, and from knot to knot."""
    rng = np.random.default_rng(0)

    def draw(criterion: Criterion) -> np.ndarray:
        if not criterion.numeric:
            return rng.choice([str(point) for point in criterion.points], n)
        knots = np.array(criterion.points, dtype=float)
        return np.interp(rng.uniform(0, len(knots) - 1, n), np.arange(len(knots)), knots)

    return pd.DataFrame({criterion.id: draw(criterion) for criterion in rules.criteria})


def test_random_answers_do_not_favour_the_outside_options(rules: Rules) -> None:
    suitability = score_suitability(random_answers(rules, 1500), rules)
    everything = np.ones((1500, suitability.shape[2]), dtype=bool)
    shares = rank_first_shares(suitability, everything, draw_weights(rules, draws=300, random_state=0)).mean(axis=0)
    first = dict(zip(load_arrangements().ids, shares, strict=True))
    assert sum(first[name] for name in OUTSIDE) < sum(first[name] for name in INSIDE) < 0.5


def test_rules_ask_what_our_questionnaire_asks(rules: Rules) -> None:
    """Same names, same codes: a criterion can be answered by every respondent of cdo-2026."""
    book = load_codebook("cdo-2026")
    scores = {score.id for score in book.scores}
    for criterion in rules.criteria:
        for name in criterion.count or (criterion.item,):
            if name in scores:
                continue
            codes = {answer.code for answer in book[name].answers if answer.missing is None}
            expected = (
                set(criterion.codes) if criterion.count else set() if criterion.numeric else set(criterion.points)
            )
            assert expected <= codes, name
            assert criterion.count or codes <= expected, name


def test_every_sentence_takes_an_answer_in_both_languages(rules: Rules) -> None:
    for criterion in rules.criteria:
        for band in criterion.bands:
            for words in filter(None, (band.pro, band.con)):
                for language in ("fr", "en"):
                    sentence = words.of(language).format(answer="17")
                    assert sentence.endswith(".")
                    assert "{" not in sentence
    for rule in rules.feasibility:
        for words in (rule.fails, rule.unknown):
            assert words.fr.format(answer="1", minimum="2") != words.en.format(answer="1", minimum="2")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("interim                    = [2, 2, 1, -1, -2]\n", "", r"'urgency_months' suitability has no 'interim'"),
        ("interim                    = [2, 2, 1, -1, -2]", "interim = [2, 2, 1, -1]", r"has 4 numbers for 5 points"),
        ("interim                    = [2, 2, 1, -1, -2]", "interim = [9, 2, 1, -1, -2]", r"stay between -2 and 2"),
        ("points = [1, 3, 6, 12, 24]", "points = [1, 6, 3, 12, 24]", r"lowest first"),
        ('family = "moyens"', 'family = "moyen"', r"names 'moyen', which does not exist; .*did you mean 'moyens'"),
        ('need = "minimum_web_team_fte"', 'need = "team"', r"'web_team' need names 'team'"),
        ("{answer} mois : rien n'oblige", "{months} mois : rien n'oblige", r"sentence names 'months'"),
        (
            'levels = ["4", "5"]\nfor = { fr = "Votre trés',
            'levels = ["4"]\nfor = { fr = "Votre trés',
            r"put each point",
        ),
        ('version = "3"', "version = ", r"rules.toml is not valid TOML"),
    ],
)
def test_a_wrong_rules_file_is_refused_in_one_sentence(tmp_path: Path, before: str, after: str, message: str) -> None:
    text = text_of("rules.toml")
    assert before in text
    with pytest.raises(InputError, match=message) as raised:
        load_rules(write(tmp_path, "rules.toml", text.replace(before, after, 1)))
    assert str(raised.value).startswith("rules.toml")
    assert "\n" not in str(raised.value)


def test_a_strong_suitability_without_words_is_refused(tmp_path: Path) -> None:
    lines = text_of("rules.toml").splitlines(keepends=True)
    silenced = [line for line in lines if not line.startswith('against = { fr = "Votre besoin revient par périodes')]
    assert len(silenced) == len(lines) - 1
    with pytest.raises(InputError, match=rf"'need_frequency' band has no 'against' .* beyond {QUOTED}"):
        load_rules(write(tmp_path, "rules.toml", "".join(silenced)))


def test_a_missing_rules_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^mine.toml cannot be read \(No such file or directory\); name a TOML file"):
        load_rules(tmp_path / "mine.toml")
