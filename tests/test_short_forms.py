"""The two short forms of the questionnaire: the questions of cdo-2026 and no other, and a study without a DMA score."""

from __future__ import annotations

from types import ModuleType

import pandas as pd
import pytest

from cdo_analysis.codebook import Codebook, load_codebook
from cdo_analysis.datasets import draw_survey, make_population, write_export
from cdo_analysis.exhibits import View, company, panorama, quality, view
from cdo_analysis.intake import read_survey
from cdo_analysis.pipeline import analyse, save
from cdo_analysis.reference import load_rules

FORMS = ("cdo-2026-short", "cdo-2026-meeting")
NOT_ASKED = {"mode", "stratum", "design_weight", "started_at", "submitted_at", "duration_s"}
KNOWN_BEFORE = {"siren", "company_name", "sector"}
REPORTS = (
    (quality, "cover gate_table flow representation missing_answers care changes issue_table scales methods"),
    (
        panorama,
        "cover profile_cards distribution dimensions dimensions_by_size intensity profiles_by_dimension confidence "
        "arrangements_today arrangements_by_profile advice_overview estimates_overview",
    ),
    (company, "cover observed advised estimated reasons changes costs dimensions limits answers"),
)


@pytest.fixture(scope="module")
def long_form() -> Codebook:
    return load_codebook("cdo-2026")


def questions(book: Codebook) -> set[str]:
    return {item.block for item in book} - NOT_ASKED


@pytest.mark.parametrize("form", FORMS)
def test_every_item_of_a_short_form_is_that_of_the_long_form(form: str, long_form: Codebook) -> None:
    for item in load_codebook(form):
        assert item == long_form[item.name]


@pytest.mark.parametrize("form", FORMS)
def test_a_short_form_keeps_the_order_of_the_long_form(form: str, long_form: Codebook) -> None:
    names = [item.name for item in load_codebook(form)]
    assert names == [item.name for item in long_form if item.name in names]


def test_the_short_form_has_three_atoms_a_dimension_and_the_whole_dii() -> None:
    book = load_codebook("cdo-2026-short")
    atoms = [item for item in book if item.dimension]
    assert pd.Series([item.dimension for item in atoms]).value_counts().to_dict() == dict.fromkeys(
        ("strategy", "readiness", "human", "data", "automation", "green"), 3
    )
    assert {item.name for item in atoms} == set(book.active) == set(load_codebook("cdo-2026").active)
    assert book.score("dii") == load_codebook("cdo-2026").score("dii")


def test_no_short_form_claims_the_score_of_the_long_form() -> None:
    short, meeting = (load_codebook(form) for form in FORMS)
    assert [score.id for score in short.scores] == ["dma_short", "dii", "baseline"]
    assert "version courte" in short.score("dma_short").label.fr
    assert meeting.scores == ()


def test_the_meeting_form_asks_fifteen_questions() -> None:
    asked = questions(load_codebook("cdo-2026-meeting")) - KNOWN_BEFORE
    assert len(asked) == 15
    assert "arrangement" in asked


@pytest.mark.parametrize(("form", "seconds"), [("cdo-2026-short", 480), ("cdo-2026-meeting", 300)])
def test_the_estimated_length_is_the_one_announced(form: str, seconds: float) -> None:
    """The estimates that the two files document: 6 s a question and 4 s a further row on screen; 20 s in talk."""
    book = load_codebook(form)
    rows = sum(item.name not in NOT_ASKED for item in book)
    asked = len(questions(book))
    spoken = 20 * (asked - len(KNOWN_BEFORE))
    assert (spoken if form == "cdo-2026-meeting" else 6 * asked + 4 * (rows - asked)) <= seconds


def test_the_short_form_asks_all_that_the_rules_ask_but_the_long_score_and_the_meeting_form_fourteen() -> None:
    rules = load_rules()
    for form, unmeasured in (("cdo-2026-short", {"dma"}), ("cdo-2026-meeting", None)):
        names = {item.name for item in load_codebook(form)}
        lacking = {c.id for c in rules.criteria if not set(c.count or (c.item,)) <= names}
        assert lacking == unmeasured if unmeasured else len(rules.criteria) - len(lacking) == 14
        assert not lacking & {rule.criterion for rule in rules.feasibility}, "what rules an option out is always asked"


# --- a study of each ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=FORMS)
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> View:
    """The study of 120 synthetic companies, from an export that has the columns of the short form and no other."""
    folder, book = tmp_path_factory.mktemp("short"), load_codebook(request.param)
    drawn = draw_survey(make_population(2_000, random_state=3), 120, random_state=3)
    write_export(drawn, folder / "long.csv", dirty=False)
    table = pd.read_csv(folder / "long.csv", dtype=str, keep_default_na=False)
    table[[item.column for item in book]].to_csv(folder / "short.csv", index=False)
    survey = read_survey(folder / "short.csv", book)
    margins = drawn.margins[drawn.margins["variable"].isin([item.name for item in book])]
    return view(save(analyse(survey, margins=margins), folder / "study"), language="fr")


def test_a_study_of_a_short_form_has_advice_and_no_dma(seen: View) -> None:
    assert "dma" not in seen.scores.columns
    answers = seen.study.table("advice_answers")
    assert answers["dma"].isna().all()
    assert answers["cdo_budget_keur"].notna().any()
    assert (seen.main is None) == (seen.book.id == "cdo-2026-meeting")
    assert seen.study.has("profile_assignment") == (seen.book.id == "cdo-2026-short")


@pytest.mark.parametrize(("report", "names"), REPORTS, ids=["quality", "panorama", "company"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_exhibit_of_the_reports_shows_what_there_is(
    seen: View, report: ModuleType, names: str, language: str
) -> None:
    seen = view(seen.study, language=language)
    about = (seen.scores.index[0],) if report is company else ()
    made = {name: getattr(report, name)(seen, *about) for name in names.split()}
    assert all("nan" not in exhibit.to_text().split() for exhibit in made.values() if exhibit)
    assert all(exhibit.to_html() for exhibit in made.values() if exhibit)
    scored = {"dimensions", "distribution", "dimensions_by_size", "intensity", "confidence", "arrangements_by_profile"}
    if seen.main is None:
        assert not any(made[name] for name in scored & set(made))


def test_reports_of_the_meeting_form_say_that_nothing_is_estimated_for_want_of_an_outcome(seen: View) -> None:
    made = [panorama.estimates_overview(seen), company.estimated(seen, seen.scores.index[0])]
    sayings = ["aucun résultat" in exhibit.to_text() for exhibit in made if exhibit]
    assert sayings == [seen.book.id == "cdo-2026-meeting"] * 2


@pytest.mark.parametrize("variable", ["size_category", "sector"])
def test_profiles_are_crossed_only_where_there_are_some(seen: View, variable: str) -> None:
    assert seen.main is not None or panorama.profiles_by(seen, variable) is None
