"""The meeting form: the questions of a short questionnaire as controls, and the sheet that its answers make."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from cdo_analysis.codebook import Codebook, load_codebook
from cdo_analysis.errors import CdoAnalysisError
from cdo_analysis.intake import Firm, read_firm
from cdo_analysis.lab.fields import Field, make_fields
from cdo_analysis.lab.page import sheet_html
from cdo_analysis.messages import Catalogue, catalogue
from cdo_analysis.pipeline import open_study
from cdo_analysis.reports.sheet import sheet_content, write_sheet
from cdo_analysis.study import Study

MEETING = "cdo-2026-meeting"

_STYLE = """<style>
.cdo-form .widget-inline-hbox { flex-direction: column; align-items: stretch; height: auto; margin: 0 0 .7em; }
.cdo-form .widget-label { width: auto; height: auto; white-space: normal; overflow: visible; text-align: left;
  line-height: 1.35; text-overflow: clip; padding: 0 0 .2em; }
.cdo-form .widget-checkbox { margin: 0; }
.cdo-form .widget-checkbox label { white-space: normal; }
.cdo-form :focus-visible { outline: 3px solid #12436D; outline-offset: 2px; }
.cdo-form select, .cdo-form input[type="text"], .cdo-form input[type="date"] { flex: 0 0 auto; height: 2.3em; }
.cdo-form .widget-html-content, .cdo-form .widget-html-content p { line-height: 1.45; }
.cdo-form .cdo-result { position: sticky; top: 0; max-height: 92vh; overflow: auto; }
.cdo-form a { text-decoration: underline; color: var(--jp-content-link-color, #12436D); }
.cdo-form .cdo-result > * { flex: 0 0 auto; }
</style>"""


class MeetingForm(widgets.VBox):
    """The form of a meeting with the head of a company.

    What the answers make is shown beside them, and follows each answer: the text of the Word sheet, with the kinds of
    evidence that there are. Nothing is written anywhere until a download is asked for.

    Parameters
    ----------
    study : Study, str or Path, optional
        Adds what comparable respondents have, and what outcomes suggest; by default the expert rules speak alone.
    language : {'fr', 'en'}
    codebook : str
        A questionnaire for one company.
    """

    def __init__(self, study: Study | str | Path | None = None, *, language: str = "fr", codebook: str = MEETING):
        self._say: Catalogue = catalogue(language)
        self._book: Codebook = load_codebook(codebook)
        self._study = _opened(study)
        self._fields = make_fields(self._book, self._say)
        self._count = widgets.HTML()
        self._page = widgets.HTML()
        self._links = widgets.HTML()
        self._download = widgets.Button(description=self._say("meeting.prepare"), layout=widgets.Layout(width="auto"))
        self._download.on_click(lambda _: self._offer())
        super().__init__([widgets.HTML(_STYLE), self._columns()])
        self.add_class("cdo-form")
        for field in self._fields:
            field.on_change(self._refresh)
        self._refresh()

    def _columns(self) -> widgets.Widget:
        questions = widgets.VBox(
            [field.widget for field in self._fields], layout=widgets.Layout(flex="1 1 24em", min_width="18em")
        )
        result = widgets.VBox(
            [self._count, widgets.HBox([self._download]), self._links, self._page],
            layout=widgets.Layout(flex="1.3 1 26em", min_width="18em", padding="0 0 0 1.5em"),
        )
        result.add_class("cdo-result")
        return widgets.HBox([questions, result], layout=widgets.Layout(flex_flow="row wrap", align_items="flex-start"))

    # --- what the answers say -------------------------------------------------------------------------------------

    def answers(self) -> str:
        """Return the answers as the TOML file that ``cdo-analysis sheet --answers`` reads."""
        return self._toml(self._fields)

    def _toml(self, fields: Sequence[Field]) -> str:
        lines = [field.to_toml() for field in fields]
        return "\n".join([f'codebook = "{self._book.id}"', "", "[answers]", *filter(None, lines), ""])

    def firm(self) -> Firm:
        """Return the company, as its answers stand.

        Raises
        ------
        InputError
            Some answers cannot be read; all of them are named.
        """
        return self._read(self._fields)

    def _read(self, fields: Sequence[Field]) -> Firm:
        with tempfile.TemporaryDirectory() as folder:
            return read_firm(self._written(Path(folder), fields), self._book)

    def set_answer(self, name: str, value: Any) -> None:
        """Answer a question, as a click would: a code, a text, a date, or the names of what is ticked."""
        next(field for field in self._fields if field.name == name).set(value)

    def _written(self, folder: Path, fields: Sequence[Field]) -> Path:
        path = folder / f"{self._say('meeting.answers_file')}.toml"
        path.write_text(self._toml(fields), encoding="utf-8")
        return path

    # --- what follows -----------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        asked = [field for field in self._fields if field.is_asked]
        answered = sum(bool(field.to_toml()) for field in asked)
        self._count.value = _line(self._say("meeting.count", answered=answered, asked=len(asked)))
        self._links.value = ""
        self._page.value, is_sheet = self._told() if answered else (_line(self._say("meeting.intro")), False)
        self._download.disabled = not is_sheet

    def _told(self) -> tuple[str, bool]:
        """Return what is shown beside the questions, and whether it is a sheet."""
        try:
            return sheet_html(sheet_content(self.firm(), language=self._say.language, study=self._study)), True
        except CdoAnalysisError as error:
            return _line(self._fault() or str(error), alert=True), False

    def _fault(self) -> str:
        """Say which answers cannot be read, in the words of the form; nothing where each can, taken alone."""
        wrong = [field for field in self._fields if not self._is_readable(field)]
        listed = " ; ".join(self._say("meeting.wrong", question=one.question, answer=one.text) for one in wrong)
        return self._say("meeting.unreadable", listed=listed) if wrong else ""

    def _is_readable(self, field: Field) -> bool:
        try:
            self._read([field])
        except CdoAnalysisError:
            return False
        return True

    def _offer(self) -> None:
        """Make the Word sheet and the file of answers, and show where to take them."""
        self._links.value = _line(self._say("meeting.preparing"))
        try:
            with tempfile.TemporaryDirectory() as folder:
                path = self._written(Path(folder), self._fields)
                target = Path(folder) / f"{self._say('meeting.sheet_file')}.docx"
                options: dict[str, Any] = {"study": self._study, "codebook": self._book}
                write_sheet(path, target, language=self._say.language, **options)
                self._links.value = " · ".join(
                    _link(file, self._say(f"meeting.{name}")) for name, file in (("take_sheet", target), ("take", path))
                )
        except CdoAnalysisError as error:
            self._links.value = _line(str(error), alert=True)


def meeting_form(
    study: Study | str | Path | None = None, *, language: str = "fr", codebook: str = MEETING
) -> MeetingForm:
    """Return the meeting form: controls to answer, and the recommendation as it stands.

    Parameters
    ----------
    study : Study, str or Path, optional
    language : {'fr', 'en'}
    codebook : str
        ``cdo-2026-meeting`` (fifteen questions) by default; ``cdo-2026-short`` works as well.

    Returns
    -------
    MeetingForm

    Examples
    --------
    >>> form = meeting_form()
    >>> form.set_answer("cdo_budget_keur", "75")
    >>> print(form.answers().splitlines()[-1])
    cdo_budget_keur = "75"
    """
    return MeetingForm(study, language=language, codebook=codebook)


def _opened(study: Study | str | Path | None) -> Study | None:
    if isinstance(study, Study):
        return study
    return open_study(study) if study else None


_KINDS = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".toml": "application/toml",
}


def _link(file: Path, words: str) -> str:
    data = base64.b64encode(file.read_bytes()).decode("ascii")
    href = f"data:{_KINDS[file.suffix]};base64,{data}"
    return f'<a href="{href}" download="{file.name}">{words}</a>'


def _line(text: str, *, alert: bool = False) -> str:
    role = "alert" if alert else "status"
    return f'<p role="{role}">{escape(text)}</p>'
