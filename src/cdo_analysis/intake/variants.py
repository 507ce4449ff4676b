"""Other answers of one company: a respondent taken as a company, some answers changed, written as a file to keep."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from cdo_analysis.codebook import Codebook
from cdo_analysis.errors import UsageError, did_you_mean
from cdo_analysis.intake.firm import Firm, code_firm
from cdo_analysis.intake.firm_file import FirmFile, Written
from cdo_analysis.sandbox.workbook import number_text

Answers = Mapping[str, str | float | None]
"""Item -> answer: a code or a label, a number, or None (or ``""``) for no answer."""


@dataclass(frozen=True)
class About:
    """What is written of a variant beside its answers: who tried it, when, and why.

    Attributes
    ----------
    author, note : str
    day : date or None
    changed : tuple of str
        Items whose answer is not the company's own.
    """

    author: str = ""
    note: str = ""
    day: date | None = None
    changed: tuple[str, ...] = ()


def firm_of(responses: pd.DataFrame, codebook: Codebook, respondent: str) -> Firm:
    """Return a respondent of a survey as one company.

    Parameters
    ----------
    responses : DataFrame
        Tidy answers; index: respondents.
    codebook : Codebook
    respondent : str

    Returns
    -------
    Firm
        With the identifier that it has in the survey, so that it is never compared with itself.

    Raises
    ------
    UsageError
        No respondent has that name.
    """
    if respondent not in responses.index:
        raise UsageError(f"the study has no company '{respondent}'{did_you_mean(respondent, responses.index)}")
    row = responses.loc[[respondent]]
    missing = pd.DataFrame(
        {item.name: ["" if row[item.name].notna().iloc[0] else "no_answer"] for item in codebook if item.name in row},
        index=row.index,
    ).replace("", None)
    return Firm(codebook, row, missing)


def blank_firm(codebook: Codebook) -> Firm:
    """Return a company that has answered nothing yet."""
    return code_firm(FirmFile("the variant", codebook.id), codebook)


def change_answers(firm: Firm, changes: Answers) -> Firm:
    """Return the company with other answers, coded as a file of answers would be.

    Parameters
    ----------
    firm : Firm
        Is left as it is.
    changes : mapping of str to str, float or None
        Item -> answer.

    Returns
    -------
    Firm

    Raises
    ------
    UsageError
        The questionnaire has no such item.
    InputError
        An answer cannot be read, or contradicts another; all of them are told.

    Examples
    --------
    >>> from cdo_analysis.codebook import load_codebook
    >>> blank = blank_firm(load_codebook("cdo-2026-meeting"))
    >>> firm = change_answers(blank, {"headcount": "12,5", "cdo_budget_keur": 6})
    >>> [float(firm.responses[name].iloc[0]) for name in ("headcount", "cdo_budget_keur")]
    [12.5, 6.0]
    """
    known = [item.name for item in firm.codebook]
    unknown = next((name for name in changes if name not in known), None)
    if unknown is not None:
        raise UsageError(
            f"the questionnaire '{firm.codebook.id}' does not ask '{unknown}'{did_you_mean(unknown, known)}"
        )
    texts = answer_texts(firm) | {name: _as_text(value) for name, value in changes.items()}
    coded = code_firm(_written(firm, texts), firm.codebook)
    own, missing = coded.responses.set_axis(firm.responses.index), coded.missing.set_axis(firm.missing.index)
    return replace(coded, responses=own, missing=missing)


def answer_texts(firm: Firm) -> dict[str, str]:
    """Return the answers of a company as one would write them: codes, numbers, dates; what has none is left out."""
    texts = {}
    for item in firm.codebook:
        value = firm.answer(item.name)
        if value is not None:
            texts[item.name] = _as_text(value)
    return texts


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, pd.Timestamp):
        return value.isoformat(sep=" ")
    return number_text(float(value)) if isinstance(value, float) else str(value)


def _written(firm: Firm, texts: Mapping[str, str]) -> FirmFile:
    """Return texts as a file has them; options of a list that the export has in one cell go under its name."""
    alone = [Written(name, (text,)) for name, text in texts.items() if text and not firm.codebook[name].separator]
    lists: dict[str, list[str]] = {}
    for item in firm.codebook:
        if item.separator and texts.get(item.name) == "1":
            lists.setdefault(item.block, []).append(item.name)
    ticked = [Written(block, tuple(names), is_list=True) for block, names in lists.items()]
    return FirmFile(firm.file or "the variant", firm.codebook.id, [*alone, *ticked])


def changed_items(before: Firm, after: Firm) -> tuple[str, ...]:
    """Return the items that two versions of a company answer otherwise, in the order of the questionnaire."""
    old, new = answer_texts(before), answer_texts(after)
    return tuple(item.name for item in after.codebook if old.get(item.name) != new.get(item.name))


def answers_toml(firm: Firm, about: About) -> str:
    """Return the answers of a company as TOML, which :func:`~cdo_analysis.intake.read_firm` reads.

    Parameters
    ----------
    firm : Firm
    about : About
        Goes into the table ``[about]``, which readers of answers leave aside.
    """
    day = [f"date = {about.day.isoformat()}"] if about.day else []
    head = [f"codebook = {_quoted(firm.codebook.id)}", "", "[about]", f"author = {_quoted(about.author)}", *day]
    changed = ", ".join(map(_quoted, about.changed))
    head += [f"note = {_quoted(about.note)}", f"changed = [{changed}]", "", "[answers]"]
    file = _written(firm, answer_texts(firm))
    lines = [
        f"{answer.key} = [{', '.join(map(_quoted, answer.texts))}]"
        if answer.is_list
        else f"{answer.key} = {_quoted(answer.texts[0])}"
        for answer in file.answers
    ]
    return "\n".join([*head, *lines]) + "\n"


def _quoted(text: str) -> str:
    """Return a text as TOML writes it: JSON's strings are TOML's, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
