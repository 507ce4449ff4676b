"""The questions of one company as controls: what is shown, and what an answer is written as."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

import ipywidgets as widgets

from cdo_analysis.codebook import Codebook
from cdo_analysis.messages import Catalogue
from cdo_analysis.reports.form import Asked, asked_questions

_WIDE = {"width": "100%"}
_KNOWN_BEFORE = ("company_name", "sector", "submitted")
"""Roles of what is filled in before the meeting, and is none of its questions."""


@dataclass(frozen=True, eq=False)
class Field:
    """One question, or one list to tick.

    Attributes
    ----------
    name : str
        Name of the item, or of the battery.
    question : str
        As it is put.
    widget : Widget
        What is shown.
    controls : sequence of Widget
        What is answered with; several for a list to tick.
    ticks : sequence of str
        Names of the options of a list to tick; empty for another question.
    is_asked : bool
        False for what is filled in before the meeting.
    """

    name: str
    question: str
    widget: widgets.Widget
    controls: Sequence[widgets.Widget]
    ticks: Sequence[str] = ()
    is_asked: bool = True

    @property
    def text(self) -> str:
        """What is written, or the options that are ticked."""
        if self.ticks:
            return " ; ".join(box.description for box in self.controls if box.value)
        return str(self.controls[0].value or "").strip()

    def to_toml(self) -> str:
        """Return the answer as a line of TOML; nothing where there is none."""
        if self.ticks:
            ticked = [name for name, box in zip(self.ticks, self.controls, strict=True) if box.value]
            return f"{self.name} = {json.dumps(ticked)}" if ticked else ""
        value = self.controls[0].value
        if isinstance(value, date):
            return f"{self.name} = {value.isoformat()}"
        return f"{self.name} = {json.dumps(self.text, ensure_ascii=False)}" if self.text else ""

    def set(self, value: Any) -> None:
        """Give an answer; the names of the options for a list to tick."""
        if not self.ticks:
            self.controls[0].value = value
            return
        for name, box in zip(self.ticks, self.controls, strict=True):
            box.value = name in value

    def on_change(self, react: Callable[[], None]) -> None:
        """Have `react` called whenever the answer changes."""
        for control in self.controls:
            control.observe(lambda _: react(), names="value")


def make_fields(book: Codebook, say: Catalogue) -> list[Field]:
    """Return a field a question, in the order of the questionnaire; a list to tick is one field.

    Parameters
    ----------
    book : Codebook
    say : Catalogue
    """
    before = {book.respondent, *(getattr(book.roles, role) for role in _KNOWN_BEFORE)}
    made = []
    for (_, is_tick), grouped in groupby(asked_questions(book, say), key=_together):
        members = list(grouped)
        if is_tick:
            made.append(_tick_list(members, say))
            continue
        made += [_question(asked, say, is_asked=asked.item.name not in before) for asked in members]
    return made


def _together(asked: Asked) -> tuple[str, bool]:
    item = asked.item
    return (item.block or item.name, item.tick)


def _tick_list(members: Sequence[Asked], say: Catalogue) -> Field:
    stem = members[0].item.stem.of(say.language)
    boxes = [widgets.Checkbox(False, description=one.question, indent=False, layout=_WIDE) for one in members]
    for box in boxes:
        box.tooltip = stem
    shown = widgets.VBox([widgets.Label(stem), *boxes], layout={"margin": "0 0 .7em"})
    return Field(members[0].item.block, stem, shown, boxes, [one.item.name for one in members])


def _question(asked: Asked, say: Catalogue, *, is_asked: bool) -> Field:
    item = asked.item
    stem = item.stem.of(say.language)
    words = f"{stem} {asked.question}" if stem else asked.question
    control: widgets.Widget
    if item.kind == "choice":
        answers = [(answer.label.of(say.language), answer.code) for answer in item.answers]
        options = [(say("meeting.no_answer"), ""), *answers]
        control = widgets.Dropdown(options=options, value="", description=words, layout=_WIDE)
    elif item.kind == "date":
        control = widgets.DatePicker(value=None, description=words, layout=_WIDE)
    else:
        hint = asked.hint if item.kind == "number" else ""
        control = widgets.Text("", description=words, placeholder=hint, continuous_update=False, layout=_WIDE)
    return Field(item.name, words, control, [control], is_asked=is_asked)
