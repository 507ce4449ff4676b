"""The company report: what a boss reads of three reasons, two against, euros, days, first steps, and how sure it is."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from cdo_analysis.exhibits import View, company, view
from cdo_analysis.study import Study


@pytest.fixture(scope="module", params=["fr", "en"])
def seen(request: pytest.FixtureRequest, sample_study: Study) -> View:
    return view(sample_study, language=request.param)


@pytest.fixture(scope="module")
def french(sample_study: Study) -> View:
    return view(sample_study, language="fr")


def very_different(seen: View) -> list[str]:
    """One company of each state, reason and first option: abstentions, sequences, small and large."""
    table = seen.study.table("recommendation")
    return table.groupby(["state", "reason", "first", "sequence"], sort=False).head(1).index.tolist()


def pieces(seen: View, one: str) -> list[str]:
    """Everything that the report says of a company, as text."""
    said = []
    for piece in (company.cover, company.reasons, company.costs, company.steps, company.changes, company.advised):
        shown = piece(seen, one)
        if shown is not None:
            rows = [" ".join(row) for row in shown.table.rows] if shown.table else []
            said += [shown.to_text(), *(line for card in shown.cards for line in card.lines), *rows]
    return said


def test_no_report_says_nan_none_or_leaves_a_field(seen: View) -> None:
    for one in very_different(seen):
        for text in pieces(seen, one):
            assert not re.search(r"\bnan\b|\bNone\b|[{}]", text), text


def test_no_sentence_is_said_twice_on_a_card(seen: View) -> None:
    for one in very_different(seen):
        shown = company.reasons(seen, one)
        assert shown is not None
        for card in shown.cards:
            assert len(set(card.lines)) == len(card.lines)


def test_each_named_option_has_two_sentences_against_it_from_answers_or_from_its_own_risks(french: View) -> None:
    for one in very_different(french):
        for option in company.options_open(french, one):
            found = company.argument_for(french, one, option)
            assert len(found.con) + len(found.risks) == 2
            assert len(found.pro) <= 3
            assert set(found.risks) <= {text.fr for text in french.arrangements[option].risks}


def test_what_the_company_lacks_rules_out_and_is_never_named(french: View) -> None:
    feasible = french.advice.feasible
    for one in feasible.index:
        assert all(feasible.loc[one, option] for option in company.options_open(french, one))


def test_an_option_left_out_is_explained_by_the_answer_that_excludes_it(french: View) -> None:
    found = french.advice.obstacles
    one = found.loc[(found["rule"] == "budget") & (found["state"] == "fails"), "firm"].iloc[0]
    row = french.study.table("recommendation").loc[one]
    assert row["reason"] != "low_coverage"
    budget = french.advice.answers.loc[one, "cdo_budget_keur"]
    said = [text for text in company.exclusion_sentences(french, one) if "Budget" in text]
    assert len(said) == 1
    assert f"{budget:g}".replace(".", ",") in said[0].replace("\u202f", "")
    assert "k€ par an" in said[0]


def test_a_budget_pays_the_days_that_it_divides_into(french: View) -> None:
    """79 k€ at 900 to 1,314 € over 11 months: 5.5 to 8.0 days a month, rounded down to half days."""
    from cdo_analysis.exhibits.company.spending import _whole_range

    ends = [79_000 / rate / 11 for rate in (1314, 900)]
    assert _whole_range(french, ends) == {"range": "5 à 7,5"}


def test_what_a_budget_pays_stays_within_the_option(french: View) -> None:
    budgets = french.advice.answers["cdo_budget_keur"]
    rich, poor = budgets.idxmax(), budgets.idxmin()
    assert company.plan_for(french, rich, "external_adviser").budget.startswith("5 jours")
    assert company.plan_for(french, rich, "interim").budget.startswith("12 mois")
    assert company.plan_for(french, poor, "internal").budget == ""
    assert company.plan_for(french, rich, "boss_led").budget == ""


def test_no_change_halves_what_a_company_has(french: View) -> None:
    for one in very_different(french):
        for sentence in company.change_sentences(french, one):
            assert "de 0 à 0" not in sentence
            assert re.search(r"passait de .+ à .+, l'option en tête deviendrait", sentence)


def test_too_few_answers_give_questions_and_no_figure(french: View) -> None:
    table = french.study.table("recommendation")
    one = table.index[table["reason"].eq("low_coverage")][0]
    shown, advised = company.reasons(french, one), company.advised(french, one)
    assert shown is not None
    assert advised is not None
    assert advised.axes is None
    assert advised.table is None
    assert len(shown.bullets) > 0
    assert company.changes(french, one) is None
    assert company.steps(french, one) is None


def test_an_abstention_names_the_options_and_the_answer_that_separates_them(french: View) -> None:
    table = french.study.table("recommendation")
    one = table.index[table["reason"].eq("three_or_more_options")][0]
    names = company.options_open(french, one)
    assert len(names) == table.loc[one, "n_options"]
    said = " ".join(company.answer_sentences(french, one))
    assert all(french.option_label(name) in said for name in names)
    assert company.settling_criterion(french, one) in french.rules.ids


def test_the_grade_and_its_meaning_stand_beside_the_score(french: View) -> None:
    grades = french.study.table("grades")["dma"].astype("str")
    one = grades.index[grades.eq("B")][0]
    said = company.grade_sentences(french, one)
    assert "note B" in said[0]
    assert "90" in said[1]
    shown = company.dimensions(french, one)
    assert shown is not None
    assert shown.table is not None
    assert "Note de confiance" in shown.table.header


def test_a_score_that_is_missing_says_which_dimension_lacks_answers(french: View) -> None:
    scores, grades = french.scores, french.study.table("grades")
    one = scores.index[scores["dma"].isna()][0]
    said = company.grade_sentences(french, one)
    lacking = [name for name in french.dimensions if pd.isna(grades.loc[one, name])]
    assert lacking
    assert all(french.dimension_label(name) in said[0] for name in lacking)


def test_two_dimensions_are_compared_or_none(french: View) -> None:
    known = french.scores[french.dimensions].notna().sum(axis=1)
    for one in known.index[known.le(1)]:
        shown = company.dimensions(french, one)
        assert shown is not None
        assert "écart" not in shown.title


def test_expertise_that_is_needed_and_not_bought_is_missing(french: View) -> None:
    answers = french.responses
    one = answers.index[answers["need_seo"].eq("1") & answers["expert_seo"].eq("0")][0]
    found = company.expertise_of(french, one)
    assert "référencement (SEO)" in found.needed
    assert "référencement (SEO)" in found.missing
    bought = answers.index[answers["need_data"].eq("1") & answers["expert_data"].eq("1")][0]
    assert "données (dont IA)" not in company.expertise_of(french, bought).missing


def test_estimates_outside_the_scale_are_not_shown(french: View) -> None:
    for one in very_different(french):
        shown = company.estimated(french, one)
        if shown is None or shown.table is None:
            continue
        for row in shown.table.rows:
            low, high = (float(end.replace(",", ".").replace("−", "-")) for end in row[3].split(" – "))
            assert 0 <= low <= high <= 10


def test_the_head_says_euros_and_days_of_each_named_option(seen: View) -> None:
    for one in very_different(seen):
        named = company.options_in_set(seen, one)
        said = company.plan_sentences(seen, one)
        assert len(said) == len(named)
        for name, sentence in zip(named, said, strict=True):
            assert seen.option_label(name) in sentence
            assert "€" in sentence or seen.arrangements[name].cost.post_share == (0, 0)


def test_amounts_are_written_as_each_language_has_them(sample_study: Study) -> None:
    from cdo_analysis.exhibits.company.choice import answer_words

    french, english = (view(sample_study, language=language) for language in ("fr", "en"))
    budget, trust = (french.rules[name] for name in ("cdo_budget_keur", "provider_trust"))
    assert answer_words(french, budget, 21.0) == "21 k€ par an"
    assert answer_words(english, budget, 21.0) == "€21k a year"
    assert answer_words(french, trust, "2") == "2 sur 5"
    assert answer_words(french, french.rules["leader_hours_week"], 1.5) == "1,5 heure par semaine"
    assert answer_words(english, english.rules["leader_hours_week"], 1.0) == "1 hour a week"
    assert answer_words(french, budget, 2000.0) == "2\u202f000 k€ par an"
