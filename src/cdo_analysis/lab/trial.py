"""One company with other answers: what is then advised, what that changes, and a file to keep it. No widget here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from cdo_analysis.codebook import Item, load_codebook
from cdo_analysis.errors import InputError, PublishError, UsageError
from cdo_analysis.exhibits import View, company
from cdo_analysis.intake import About, Firm, answers_toml, blank_firm, change_answers, changed_items, firm_of, read_firm
from cdo_analysis.messages import Catalogue, catalogue
from cdo_analysis.reference import Rules
from cdo_analysis.reports.sheet import write_sheet
from cdo_analysis.reports.sheet.case import make_case
from cdo_analysis.reports.sheet.make import write_whole
from cdo_analysis.study import Study

WITHOUT_STUDY = "cdo-2026-meeting"
"""Questionnaire of a company that has neither answers nor a study."""

_FREE_NAMES = 1000


@dataclass(frozen=True, eq=False)
class Trial:
    """A company as it answered, and as it might have.

    Attributes
    ----------
    before, after : Firm
        The same where nothing was changed.
    study : Study or None
        Beside which it is seen; None: the rules alone advise it.
    language : str
    """

    before: Firm
    after: Firm
    study: Study | None
    language: str = "fr"

    @property
    def id(self) -> str:
        """Id of the company."""
        return self.after.id

    @property
    def say(self) -> Catalogue:
        """The sentences of its language."""
        return catalogue(self.language)

    @cached_property
    def view(self) -> View:
        """The study with the company beside its respondents, as it might answer; or the company alone."""
        return make_case(self.after, language=self.language, study=self.study).view

    @property
    def warning(self) -> str:
        """What must be read first: where the company stands, and what the data are."""
        if self.study is None:
            return ""
        inside = self.study.has("responses") and self.id in self.study.table("responses").index
        where = self.say("simulator.respondent" if inside else "page.outside")
        return f"{where} {self.study.info['options'].get('note', '')}".strip()

    @cached_property
    def changed(self) -> tuple[str, ...]:
        """Items whose answer is not the company's own."""
        return changed_items(self.before, self.after)

    @cached_property
    def recommendation(self) -> dict[str, Any]:
        """What is recommended: columns of :class:`~cdo_analysis.cdo.Recommendation`."""
        row = self.view.study.table("recommendation").loc[self.id]
        return {str(name): value for name, value in row.items()}

    @cached_property
    def title(self) -> str:
        """The answer, in one line."""
        return company.title_of(self.view, self.id)

    def with_answers(self, changes: Mapping[str, str | float | None]) -> Trial:
        """Return the trial with these answers in place of the company's own, and no other change.

        Raises
        ------
        UsageError, InputError
            As :func:`~cdo_analysis.intake.change_answers`.
        """
        return Trial(self.before, change_answers(self.before, changes), self.study, self.language)


def start_trial(
    study: Study | None = None, *, answers: str | Path | None = None, company: str | None = None, language: str = "fr"
) -> Trial:
    """Return a company as it answered, to be tried with other answers.

    Parameters
    ----------
    study : Study, optional
        Without one, the expert rules alone advise the company.
    answers : str or Path, optional
        File of one company's answers: see :func:`~cdo_analysis.intake.read_firm`.
    company : str, optional
        Respondent of the study. With neither, a company that has answered nothing yet.
    language : {'fr', 'en'}

    Returns
    -------
    Trial

    Raises
    ------
    UsageError
        Both are given, a respondent is named without a study, or the study has no such respondent.

    Examples
    --------
    >>> trial = start_trial(language="en")
    >>> trial.title
    'No recommendation: too many answers are missing'
    >>> trial.with_answers({"cdo_budget_keur": 80}).changed
    ('cdo_budget_keur',)
    """
    catalogue(language)
    if answers and company:
        raise UsageError(f"a company is named ('{company}') and a file of answers ({answers}); give one of them.")
    if company and study is None:
        raise UsageError(f"'{company}' is a respondent of a study; name the study.")
    if answers:
        firm = read_firm(answers, beside=study.codebook if study else None)
    elif company and study is not None:
        firm = firm_of(study.table("responses"), study.codebook, company)
    else:
        firm = blank_firm(study.codebook if study else load_codebook(WITHOUT_STUDY))
    return Trial(firm, firm, study, language)


def asked_by_family(firm: Firm, rules: Rules) -> dict[str, list[Item]]:
    """Return the items that the rules look at, by family of criteria; those that the questionnaire asks only."""
    found: dict[str, list[Item]] = {family.id: [] for family in rules.families}
    for criterion in rules.criteria:
        names = criterion.count or (criterion.item,)
        found[criterion.family] += [firm.codebook[name] for name in names if name in firm.codebook]
    return {family: items for family, items in found.items() if items}


def unusable(firm: Firm, changes: Mapping[str, str | float | None]) -> list[str]:
    """Return the items whose new answer cannot be read by itself."""
    wrong = []
    for name, value in changes.items():
        try:
            change_answers(firm, {name: value})
        except InputError:
            wrong.append(name)
    return wrong


# --- kept -------------------------------------------------------------------------------------------------------------


def save_variant(trial: Trial, path: str | Path, *, author: str, note: str, day: date) -> Path:
    """Write the answers of a trial with who tried it and why; never into a study, never over another file.

    Parameters
    ----------
    trial : Trial
    path : str or Path
        Ends in ``.toml``; where it exists, the next free number is put before the ending.
    author, note : str
        Who, and why: both are needed, for whoever finds the file.
    day : date

    Returns
    -------
    Path
        The file; ``cdo-analysis sheet --answers`` and ``cdo-analysis report company --answers`` read it.

    Raises
    ------
    UsageError
        The author or the note is missing, or the name does not end in ``.toml``.
    PublishError
        The file would stand in the study, or cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() != ".toml":
        raise UsageError(f"{target.name or path} is not the name of a file of answers; end it in .toml.")
    if not author.strip() or not note.strip():
        raise UsageError("a variant is kept with its author and a note on why it was tried; fill in both.")
    if trial.study is not None and target.resolve().is_relative_to(trial.study.folder.resolve()):
        raise PublishError(f"{target} would stand in the study, which holds only what was fitted; name another folder.")
    target.parent.mkdir(parents=True, exist_ok=True)
    free = _free_name(target)
    about = About(author.strip(), note.strip(), day, trial.changed)
    write_whole(free, answers_toml(trial.after, about).encode("utf-8"))
    return free


def _free_name(target: Path) -> Path:
    stem = re.sub(r"-\d+$", "", target.stem)
    names = [target, *(target.with_name(f"{stem}-{number}{target.suffix}") for number in range(2, _FREE_NAMES))]
    free = next((name for name in names if not name.exists()), None)
    if free is None:
        raise PublishError(f"{target.parent} holds {_FREE_NAMES} variants of that name; choose another one.")
    return free


def write_variant_sheet(trial: Trial, variant: str | Path) -> Path:
    """Write the Word sheet of a variant that was saved, beside its file."""
    path = Path(variant)
    book = trial.after.codebook
    return write_sheet(path, path.with_suffix(".docx"), study=trial.study, codebook=book, language=trial.language)
