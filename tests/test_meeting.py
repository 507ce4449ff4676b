"""The meeting form: what is clicked becomes an answer, and the sheet follows."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import ipywidgets as widgets
import pytest

from cdo_analysis.codebook import load_codebook
from cdo_analysis.intake import read_firm
from cdo_analysis.lab import meeting_form
from cdo_analysis.lab.meeting import MeetingForm
from cdo_analysis.reports.sheet import sheet_content
from cdo_analysis.study import Study

EXAMPLES = Path(__file__).resolve().parents[1] / "data" / "examples"


def _shown(form: MeetingForm) -> str:
    """Return the text of the form, as a reader would see it."""
    parts, left = [], [form]
    while left:
        widget = left.pop(0)
        left = [*getattr(widget, "children", ()), *left]
        if isinstance(widget, widgets.HTML):
            parts.append(re.sub(r"<style>.*?</style>|<[^>]+>", " ", widget.value, flags=re.S))
    return unescape(" ".join(" ".join(parts).split()))


def test_an_empty_form_asks_fifteen_questions_and_recommends_nothing() -> None:
    shown = _shown(meeting_form())
    assert "Questions répondues : 0 sur 15" in shown
    assert "Rien n'est enregistré" in shown
    assert "Fiche de rendez-vous" not in shown


@pytest.mark.parametrize("example", ["02-mecanique", "05-sans-budget", "06-besoin-ponctuel"])
def test_answers_that_are_clicked_make_the_firm_and_the_sheet_of_the_same_file(example: str) -> None:
    written = read_firm(EXAMPLES / f"{example}.toml")
    form, book = meeting_form(), load_codebook("cdo-2026-meeting")
    ticked = [item.name for item in book if item.tick and written.answer(item.name) == "1"]
    for item in book:
        value = written.answer(item.name)
        if item.tick or value is None:
            continue
        if item.kind == "date":
            form.set_answer(item.name, written.day)
        elif item.kind == "number":
            form.set_answer(item.name, str(value).replace(".", ","))
        else:
            form.set_answer(item.name, value)
    form.set_answer("needed_expertise", ticked)
    assert form.firm().responses.equals(written.responses)
    heading = next(block.text for block in sheet_content(written).blocks if getattr(block, "level", 0) == 1)
    assert " ".join(heading.split()) in _shown(form)


def test_a_study_adds_what_others_have(sample_study: Study) -> None:
    form = meeting_form(sample_study)
    form.set_answer("headcount", "62")
    form.set_answer("cdo_budget_keur", "75")
    shown = _shown(form)
    assert all(kind in shown for kind in ("Conseillé", "Constaté", "Estimé sous hypothèses"))
    assert "450 répondants" in shown


def test_what_cannot_be_read_is_said_in_the_words_of_the_form_and_nothing_is_offered() -> None:
    form = meeting_form()
    form.set_answer("web_team_fte", "beaucoup")
    form.set_answer("projects_count", "3")
    shown = _shown(form)
    assert "Cela ne peut pas être lu" in shown
    assert "combien de salariés composent l'équipe web" in shown
    assert "« beaucoup »" in shown
    assert "projets numériques sont en cours" not in shown
    form.set_answer("web_team_fte", "2,5")
    assert "Cela ne peut pas être lu" not in _shown(form)


def test_none_of_these_beside_something_is_a_contradiction_that_is_told() -> None:
    form = meeting_form(language="en")
    form.set_answer("needed_expertise", ["need_data", "need_none"])
    assert "Data and artificial intelligence ; None of these" in _shown(form)


def test_what_is_typed_is_shown_and_not_obeyed() -> None:
    form = meeting_form()
    form.set_answer("company_name", '<img src=x onerror="alert(1)">')
    form.set_answer("cdo_budget_keur", "75")
    page = form.children[1].children[1].children[-1].value
    assert "<img" not in page
    assert "&lt;img" in page


def test_every_control_is_named_by_its_question() -> None:
    form = meeting_form(language="en")
    questions = form.children[1].children[0].children
    controls = [inner for one in questions for inner in (getattr(one, "children", ()) or (one,))]
    answered = [one for one in controls if not isinstance(one, widgets.Label)]
    assert len(answered) == 18 + 7
    assert all(len(control.description) > 5 for control in answered)
