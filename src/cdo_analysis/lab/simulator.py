"""The company simulator: the answers of one company as controls; what is observed, advised and estimated follows.

Nothing is computed here: controls give answers to a :class:`~cdo_analysis.lab.trial.Trial`, which says what follows.
"""

from __future__ import annotations

import base64
import tempfile
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from cdo_analysis.codebook import Item
from cdo_analysis.errors import CdoAnalysisError
from cdo_analysis.exhibits import company
from cdo_analysis.exhibits.variables import shorten
from cdo_analysis.intake.variants import answer_texts
from cdo_analysis.lab.area import Area, is_served, show
from cdo_analysis.lab.controls import columns, head, labelled, said, styled, text
from cdo_analysis.lab.outcome import LONGEST, answer_panel, kind_panel, label_of, no_study_panel, reasons_panel
from cdo_analysis.lab.panel import Panel
from cdo_analysis.lab.trial import Trial, asked_by_family, save_variant, start_trial, unusable, write_variant_sheet
from cdo_analysis.study import Study

_KINDS = ("advised", "observed", "estimated")
_FILE = {"fr": "variante.toml", "en": "variant.toml"}


def simulator(
    study: Study | str | None = None,
    answers: str | Path | None = None,
    company: str | None = None,
    *,
    language: str = "fr",
) -> Simulator:
    """Show the answers of one company as controls, and what is then observed, advised and estimated.

    Parameters
    ----------
    study : Study or str, optional
        An open study, a folder, or ``"sample"``; without one, the expert rules alone advise the company.
    answers : str or Path, optional
        File of one company's answers: see ``cdo-analysis form``.
    company : str, optional
        Respondent of the study. With neither, the controls are empty.
    language : {'fr', 'en'}

    Returns
    -------
    Simulator
        The last line of a cell shows it. :attr:`Simulator.trial` is what was tried.

    Raises
    ------
    UsageError, InputError
        As :func:`~cdo_analysis.lab.trial.start_trial`.

    Examples
    --------
    >>> shown = simulator(language="en")
    >>> shown.answer(cdo_budget_keur=80, web_team_fte=2)
    >>> sorted(shown.trial.changed)
    ['cdo_budget_keur', 'web_team_fte']
    """
    from cdo_analysis.pipeline import open_study

    opened = study if isinstance(study, Study) or study is None else open_study(study)
    return Simulator(start_trial(opened, answers=answers, company=company, language=language))


class Simulator:
    """Controls that hold the answers of one company; see :func:`simulator`.

    Attributes
    ----------
    trial : Trial
        The company as it is tried; what it answered itself is ``trial.before``.
    """

    def __init__(self, trial: Trial) -> None:
        self.trial = self._start = trial
        self._areas = {name: Area() for name in ("answer", *_KINDS, "reasons")}
        self._controls = _Controls(self)
        self._show()

    def answer(self, **answers: str | float | None) -> None:
        """Give other answers by item, beside those that were changed already; None takes an answer away.

        Raises
        ------
        UsageError, InputError
            As :func:`~cdo_analysis.intake.change_answers`.
        """
        texts = answer_texts(self.trial.after)
        changed = {name: texts.get(name) for name in self.trial.changed}
        self.trial = self._start.with_answers(changed | answers)
        self._controls.follow()
        self._show()

    def start_with(self, respondent: str) -> None:
        """Take a respondent of the study to start from; an empty name starts without any answer."""
        start = self._start
        self.trial = self._start = start_trial(start.study, company=respondent or None, language=start.language)
        self._controls.follow()
        self._show()

    def save(self, path: str | Path, *, author: str, note: str, day: date | None = None) -> Path:
        """Keep what was tried: see :func:`~cdo_analysis.lab.trial.save_variant`."""
        return save_variant(self.trial, path, author=author, note=note, day=day or date.today())

    @property
    def panels(self) -> dict[str, Panel]:
        """What is shown: ``answer``, ``advised``, ``observed``, ``estimated``, ``reasons``; those that there are."""
        return {name: area.panel for name, area in self._areas.items() if area.panel is not None}

    def _show(self) -> None:
        view, id = self.trial.view, self.trial.id
        self._areas["answer"].put(answer_panel(self._start, self.trial))
        for name, make in zip(_KINDS, (company.advised, company.observed, company.estimated), strict=True):
            exhibit = make(view, id) if name == "advised" or self.trial.study is not None else None
            self._areas[name].put(kind_panel(exhibit) if exhibit else no_study_panel(view, name))
        self._areas["reasons"].put(reasons_panel(view, id))
        self._controls.tell()

    def _ipython_display_(self) -> None:
        show(self._controls.box, list(self._areas.values()), self.trial.say("simulator.static"))


class _Controls:
    """One control an answer, in tabs by family of criteria; below them, what keeps the variant."""

    def __init__(self, owner: Simulator) -> None:
        self.owner, self.quiet = owner, False
        self.say = owner.trial.say
        self.families = asked_by_family(owner.trial.after, owner.trial.view.rules)
        own = answer_texts(owner.trial.after)
        self.answers = {
            item.name: self._control(item, own.get(item.name, "")) for items in self.families.values() for item in items
        }
        self.summary, self.message = widgets.HTML(), widgets.HTML()
        self.company = self._companies()
        self.back = self._button("simulator.back", self._went_back)
        self.file = labelled(widgets.Text, self.say("simulator.file"), value=_FILE[self.say.language])
        self.author = labelled(widgets.Text, self.say("simulator.author"))
        self.note = labelled(widgets.Text, self.say("simulator.note"))
        self.keep = self._button("simulator.save", lambda _: self._keep(with_sheet=False))
        self.sheet = self._button("simulator.sheet", lambda _: self._keep(with_sheet=True))
        self.box = self._arranged()
        for control in self.answers.values():
            control.observe(self._answered, names="value")
        if self.company is not None:
            self.company.observe(self._picked, names="value")

    def _companies(self) -> Any:
        """Return the list of respondents to start from; None where there is no study."""
        trial = self.owner.trial
        if trial.study is None:
            return None
        answers, role = trial.study.table("responses"), trial.study.codebook.roles.company_name
        names = answers[role] if role in answers else answers.index.to_series()
        outside = trial.id not in answers.index
        first = trial.after.name if outside and trial.after.name else self.say("simulator.nobody")
        options = [(first, "")]
        options += [
            (f"{name} · {id}" if isinstance(name, str) and name else str(id), str(id)) for id, name in names.items()
        ]
        value = "" if outside else trial.id
        return labelled(widgets.Dropdown, self.say("simulator.company"), options=options, value=value)

    def _button(self, key: str, clicked: Any) -> widgets.Button:
        button = widgets.Button(description=self.say(key), layout={"width": "auto", "align_self": "flex-start"})
        button.on_click(clicked)
        return button

    def _control(self, item: Item, value: str) -> Any:
        trial, language = self.owner.trial, self.say.language
        label, tip = label_of(trial, item), item.wording(language)
        if item.kind != "choice":
            shown = value.replace(".", ",") if language == "fr" else value
            return labelled(widgets.Text, label, value=shown, continuous_update=False, tooltip=tip)
        options = [(self.say("simulator.no_answer"), "")]
        options += [(shorten(answer.label.of(language), LONGEST), answer.code) for answer in item.valid_answers]
        known = {code for _, code in options}
        return labelled(widgets.Dropdown, label, options=options, value=value if value in known else "", tooltip=tip)

    def _arranged(self) -> widgets.VBox:
        labels = {family.id: family.label.of(self.say.language) for family in self.owner.trial.view.rules.families}
        tabs = widgets.Tab(
            [
                columns(*(self.answers[item.name] for item in items), widths=("minmax(0, 1fr)", "minmax(0, 1fr)"))
                for items in self.families.values()
            ]
        )
        tabs.titles = [labels[family] for family in self.families]
        top = head(self.say, self.say("simulator.heading"), self.say("simulator.words"))
        kept = columns(self.file, self.author, self.note, widths=("1fr", "1fr", "2fr"))
        company = [self.company] if self.company is not None else []
        return styled(
            [top, *company, self.summary, tabs, self.back, kept, widgets.HBox([self.keep, self.sheet]), self.message]
        )

    # --- from the hand to the trial ---------------------------------------------------------------------------------

    def _answered(self, _: Any) -> None:
        if self.quiet:
            return
        given = {name: control.value for name, control in self.answers.items()}
        own = answer_texts(self.owner._start.after)
        changes = {name: value for name, value in given.items() if self._as_code(value) != own.get(name, "")}
        try:
            self.owner.trial = self.owner._start.with_answers(changes)
        except CdoAnalysisError as error:
            self._complain(self._what_is_wrong(changes, error))
            return
        self.message.value = ""
        self.owner._show()

    def _picked(self, change: Any) -> None:
        if not self.quiet:
            self.message.value = ""
            self.owner.start_with(change["new"])

    def _as_code(self, value: str) -> str:
        return value.replace(",", ".") if self.say.language == "fr" else value

    def _what_is_wrong(self, changes: dict[str, str], error: CdoAnalysisError) -> str:
        names = unusable(self.owner._start.after, changes)
        if not names:
            return str(error)
        book = self.owner.trial.after.codebook
        listed = ", ".join(
            f"{label_of(self.owner.trial, book[name])} ({self.say('label.quoted', text=changes[name])})"
            for name in names
        )
        return self.say("simulator.unusable", listed=listed)

    def _went_back(self, _: Any) -> None:
        self.owner.trial = self.owner._start
        self.message.value = ""
        self.follow()
        self.owner._show()

    def _keep(self, *, with_sheet: bool) -> None:
        """Write the variant where the analyst works; from a served page, only give it to be downloaded."""
        try:
            if is_served():
                with tempfile.TemporaryDirectory() as folder:
                    written = self._write(Path(folder) / Path(self.file.value).name, with_sheet=with_sheet)
                    self.message.value = self._links(written, names=[one.name for one in written])
            else:
                written = self._write(Path(self.file.value), with_sheet=with_sheet)
                self.message.value = self._links(written, names=[one.as_posix() for one in written])
        except CdoAnalysisError as error:
            blank = not (self.author.value.strip() and self.note.value.strip())
            self._complain(self.say("simulator.fill_in") if blank else str(error))

    def _write(self, target: Path, *, with_sheet: bool) -> list[Path]:
        path = self.owner.save(target, author=self.author.value, note=self.note.value)
        return [path, write_variant_sheet(self.owner.trial, path)] if with_sheet else [path]

    def _links(self, written: list[Path], *, names: list[str]) -> str:
        """Return the files as links that hold them: the machine that runs the code may be another one."""
        links = [
            f'<a download="{escape(one.name)}" href="data:application/octet-stream;base64,'
            f'{base64.b64encode(one.read_bytes()).decode("ascii")}">{escape(name)}</a>'
            for one, name in zip(written, names, strict=True)
        ]
        return text(said(self.say, self.say("simulator.saved", files="")) + ", ".join(links))

    def _complain(self, words: str) -> None:
        self.message.value = f'<div class="cdo-wrong" role="alert">{said(self.say, words)}</div>'

    # --- from the trial to the page -----------------------------------------------------------------------------------

    def follow(self) -> None:
        """Set the controls on what was answered by name."""
        texts = answer_texts(self.owner.trial.after)
        self.quiet = True
        try:
            for name, control in self.answers.items():
                value = texts.get(name, "")
                is_text = isinstance(control, widgets.Text)
                control.value = value.replace(".", ",") if is_text and self.say.language == "fr" else value
        finally:
            self.quiet = False

    def tell(self) -> None:
        """Write the answer beside the controls, for whoever does not see the page below or hears it."""
        trial, start = self.owner.trial, self.owner._start
        lines = [f"<b>{said(self.say, trial.title)}</b>"]
        if trial.changed:
            words = self.say("simulator.compared", n=len(trial.changed), title=start.title)
            lines.append(said(self.say, words))
        self.summary.value = f'<div role="status" aria-live="polite" class="cdo-answer">{"<br>".join(lines)}</div>'
