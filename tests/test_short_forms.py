"""The short form and the meeting form ask what the long form asks, in the same words, and are scored and advised."""

from __future__ import annotations

import pandas as pd
import pytest

from cdo_analysis.codebook import Codebook, load_codebook
from cdo_analysis.datasets import make_population
from cdo_analysis.maturity import Wave, compare_waves, rank_correlations, score_maturity
from cdo_analysis.reference import load_arrangements, load_rules

FORMS = ("cdo-2026-short", "cdo-2026-meeting")
NOT_ASKED = {
    "siren", "company_name", "sector", "region", "headcount", "stratum", "design_weight", "submitted_at", "duration_s",
}  # fmt: skip


@pytest.fixture(scope="module")
def long() -> Codebook:
    return load_codebook("cdo-2026")


@pytest.mark.parametrize("form", FORMS)
def test_a_form_asks_in_the_words_of_the_long_one(form: str, long: Codebook) -> None:
    for item in load_codebook(form):
        if not item.name.endswith("_none_short"):
            assert item == long[item.name], item.name


def test_none_of_these_rows_of_a_shortened_list_is_another_question(long: Codebook) -> None:
    short = load_codebook("cdo-2026-short")
    for item in short:
        if item.name.endswith("_none_short"):
            listed = [row.name for row in short if row.block == item.block]
            assert item.name not in long
            assert len(listed) < len([row for row in long if row.block == item.block])
            assert item.column != long[item.name.removesuffix("_short")].column


def test_the_meeting_form_has_fifteen_questions() -> None:
    assert len({item.block for item in load_codebook("cdo-2026-meeting") if item.name not in NOT_ASKED}) == 15


def test_the_short_form_has_three_items_a_dimension_and_the_twelve_conditions(long: Codebook) -> None:
    short = load_codebook("cdo-2026-short")
    assert short.active == long.active
    assert [len(short.items_of(d.id)) for d in short.dimensions] == [3] * 6
    assert short.score("dii") == long.score("dii")


@pytest.mark.parametrize("form", FORMS)
def test_a_form_asks_at_least_half_of_what_the_rules_need(form: str) -> None:
    book, rules = load_codebook(form), load_rules(arrangements=load_arrangements())
    asked = {item.name for item in book} | {score.id for score in book.scores}
    known = [c for c in rules.criteria if c.item in asked or set(c.count) & asked]
    assert len(known) >= len(rules.criteria) / 2


def test_the_shorter_scores_rank_companies_as_the_long_one_does_more_or_less(long: Codebook) -> None:
    answers = make_population(2_000, random_state=5).answers
    score = score_maturity(answers, long).values["dma"]
    forms = [load_codebook(form) for form in FORMS]
    short, meeting = (score_maturity(answers, book).values[book.main_score.id] for book in forms if book.main_score)
    table = rank_correlations(pd.DataFrame({"long": score, "short": short, "meeting": meeting}))
    assert 0.8 < table.loc["long", "short"] < 1
    assert 0.3 < table.loc["long", "meeting"] < table.loc["long", "short"]


def test_a_wave_of_the_short_form_is_compared_with_the_long_one_on_its_items(long: Codebook) -> None:
    short, answers = load_codebook("cdo-2026-short"), make_population(300, random_state=6).answers
    asked = answers.reindex(columns=[item.name for item in short])
    found = compare_waves(Wave(answers, long), Wave(asked, short))
    assert set(found.items) == set(short.active)
    assert len(found.left_out) == 95 - 18 + 1  # the exclusive item too
    assert found.table["change"].abs().max() == pytest.approx(0, abs=1e-9)
