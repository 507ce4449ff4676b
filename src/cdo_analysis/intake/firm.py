"""One company's answers, outside any survey: the same coding as a survey's, and every fault told at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Codebook, Item, codebook_ids, load_codebook
from cdo_analysis.errors import InputError, UsageError, did_you_mean
from cdo_analysis.intake.coded import ReadColumn
from cdo_analysis.intake.coding import code_answers
from cdo_analysis.intake.company import role_numbers, size_category
from cdo_analysis.intake.findings import words_of
from cdo_analysis.intake.firm_file import FirmFile, Written, read_firm_file
from cdo_analysis.intake.issues import RULES
from cdo_analysis.intake.missing import settle_missing
from cdo_analysis.intake.values import fold, option_names
from cdo_analysis.showing import Shown

OUTSIDE = "outside"
"""How a company is identified that gave no SIREN."""

_MOST_CHOICES = 9
_TICK = "1"
_UNKNOWN = "is no question of"


@dataclass(frozen=True, repr=False)
class Firm(Shown):
    """The answers of one company that is not a respondent of a survey.

    Attributes
    ----------
    codebook : Codebook
        The questionnaire that it answered.
    responses : DataFrame of one row
        As in :class:`~cdo_analysis.intake.Survey`: a column an item, and ``size_category``; index: :attr:`id`.
    missing : DataFrame of one row
        Why other answers are missing.
    file : str
        Name of the file.
    """

    codebook: Codebook
    responses: pd.DataFrame
    missing: pd.DataFrame
    file: str = ""

    @property
    def id(self) -> str:
        """Its SIREN, or :data:`OUTSIDE`."""
        return str(self.responses.index[0])

    @property
    def name(self) -> str:
        """Its name as it gave it; empty where it gave none."""
        value = self.answer(self.codebook.roles.company_name)
        return value.strip() if isinstance(value, str) else ""

    @property
    def day(self) -> date | None:
        """The day on which it answered; None where it is not known."""
        value = self.answer(self.codebook.roles.submitted)
        return value.date() if isinstance(value, pd.Timestamp) else None

    def answer(self, item: str) -> object:
        """Return the answer to an item; None where there is none, or where the questionnaire does not ask."""
        if item not in self.responses.columns:
            return None
        value = self.responses[item].iloc[0]
        return None if pd.isna(value) else value


def read_firm(
    path: str | Path, codebook: str | Path | Codebook | None = None, *, beside: Codebook | None = None
) -> Firm:
    """Read the answers of one company from a TOML file or an XLSX sheet.

    Parameters
    ----------
    path : str or Path
        A form that ``cdo-analysis form`` wrote, filled in. Answers are codes or labels (accents and case are
        forgiven), numbers as people write them in French; what is left empty is a missing answer.
    codebook : str, Path or Codebook, optional
        The questionnaire; the one that the file names by default.
    beside : Codebook, optional
        The questionnaire of the study beside which the company stands: it serves where the file names it or names
        none, so that a questionnaire that does not come with the package need not be given again.

    Returns
    -------
    Firm

    Raises
    ------
    InputError
        The file cannot be read; or some answers cannot, and then all of them are told in one error.
    UsageError
        The file does not say which questionnaire it answers, or says another one than `codebook`.
    CodebookError
        The codebook does not load.
    """
    written = read_firm_file(path)
    if codebook is None and beside is not None and written.codebook in ("", beside.id):
        codebook = beside
    return code_firm(written, _find_codebook(written, codebook))


def code_firm(written: FirmFile, book: Codebook) -> Firm:
    """Code the answers of one company, as a survey's are; raise an InputError that tells all that cannot be used."""
    faults: list[str] = []
    cells = _to_cells(written, book, faults)
    coded = code_answers(cells, book)
    responses, missing = settle_missing(coded, cells, book).tables(np.ones(1, dtype=bool), cells.index)
    places = {answer.key: answer.where for answer in written.answers}
    for column in coded.columns.values():
        faults += _unreadable(column, places)
    faults += _contradictions(responses, book)
    if faults:
        raise InputError(_all_faults(faults, written, book))
    return _settle(responses, missing, book, written.file)


def _find_codebook(written: FirmFile, given: str | Path | Codebook | None) -> Codebook:
    if given is None and not written.codebook:
        raise UsageError(f"{written.file} does not say which questionnaire it answers; name it with --codebook ID.")
    if given is None and written.codebook not in codebook_ids():
        # A file that comes from elsewhere names a questionnaire; it never names a file of this machine.
        raise UsageError(
            f"{written.file} answers '{written.codebook[:60]}', which does not come with the package; give its file "
            f"with --codebook PATH{did_you_mean(written.codebook, codebook_ids())}"
        )
    book = given if isinstance(given, Codebook) else load_codebook(given if given is not None else written.codebook)
    if given is not None and written.codebook and written.codebook != book.id:
        raise UsageError(
            f"{written.file} says that it answers '{written.codebook}', and the codebook given is '{book.id}'; "
            "leave --codebook out, or mend the file."
        )
    return book


# --- which question, which cell -----------------------------------------------------------------------------------


def _to_cells(written: FirmFile, book: Codebook, faults: list[str]) -> pd.DataFrame:
    """Return one row of text, a column of the codebook each; what has no place there is a fault."""
    cells = {item.column: "" for item in book}
    items, batteries = _names(book)
    taken: dict[str, str] = {}
    for answer in written.answers:
        key = fold(answer.key)
        if answer.fault:
            faults.append(f"{_place(answer)} {answer.fault}")
        elif key in items:
            _fill(cells, taken, items[key], answer, faults)
        elif key in batteries:
            _tick(cells, taken, batteries[key], answer, faults)
        else:
            faults.append(f"{_place(answer)} {_UNKNOWN} {book.id}{did_you_mean(answer.key, _codes(book))}")
    return pd.DataFrame([cells], dtype="category")


def _names(book: Codebook) -> tuple[dict[str, Item], dict[str, list[Item]]]:
    """Return how items and tick lists may be called: code, header of the export, wording."""
    items: dict[str, Item] = {}
    batteries: dict[str, list[Item]] = {}
    for item in book:
        names = [item.name, item.column] if not item.separator else [item.name]
        wordings = [
            item.wording("fr"),
            item.wording("en"),
            *([] if item.stem else [item.question.fr, item.question.en]),
        ]
        for name in map(fold, filter(None, [*names, *wordings])):
            items.setdefault(name, item)
        if item.block and item.block != item.name:
            for name in map(fold, filter(None, [item.block, item.stem.fr, item.stem.en])):
                batteries.setdefault(name, []).append(item)
    return items, batteries


def _codes(book: Codebook) -> list[str]:
    return sorted({item.name for item in book} | {item.block for item in book if item.block})


def _fill(cells: dict[str, str], taken: dict[str, str], item: Item, answer: Written, faults: list[str]) -> None:
    if answer.is_list:
        faults.append(f"{_place(answer)} is a list, and the question takes one answer; write it without brackets")
    elif item.name in taken:
        faults.append(f"{_place(answer)} is answered twice (also at {taken[item.name]}); keep one")
    elif item.separator:
        faults.append(f"{_place(answer)} belongs to the list '{item.block}'; answer that one")
    else:
        taken[item.name] = answer.where or answer.key
        cells[item.column] = answer.texts[0]


def _tick(
    cells: dict[str, str], taken: dict[str, str], options: Sequence[Item], answer: Written, faults: list[str]
) -> None:
    """Tick the options of a list; one text may hold several, apart by semicolons."""
    if not options[0].tick:
        listed = ", ".join(item.name for item in options)
        faults.append(f"{_place(answer)} is a list of questions; answer each of them: {listed}")
        return
    texts = answer.texts if answer.is_list else [text.strip() for text in answer.texts[0].split(";")]
    for text in filter(None, texts):
        found = next((item for item in options if fold(text) in option_names(item) | {fold(item.name)}), None)
        if found is None:
            listed = ", ".join(item.name for item in options)
            faults.append(f"{_place(answer)}: {text!r} is none of its options; write some of {listed}")
        elif found.name in taken:
            faults.append(f"{_place(answer)}: '{found.name}' is answered twice; keep one")
        else:
            taken[found.name] = answer.where or answer.key
            cells[found.column] = f"{cells[found.column]}{found.separator}{text}" if found.separator else _TICK


def _place(answer: Written) -> str:
    return f"'{answer.key[:60]}'{f' ({answer.where})' if answer.where else ''}"


# --- what cannot be read ------------------------------------------------------------------------------------------


def _unreadable(column: ReadColumn, places: Mapping[str, str]) -> list[str]:
    """Return the fault of the only cell of a column; nothing where it was read, or is blank."""
    place = int(column.places[0])
    reading, text, item = column.reading(place), column.texts[place], column.item
    if reading.missing != "invalid":
        return []
    said = RULES[reading.rule][1].format(value=text[:60], item=item.name, **words_of(item))
    where = places.get(item.name, "")
    return [f"'{item.name}'{f' ({where})' if where else ''}: {said}{_way_out(item, reading.rule)}"]


def _way_out(item: Item, rule: str) -> str:
    if rule == "ambiguous_number":
        return "; write it without a mark between thousands, or with another number of decimals"
    if rule == "interval_for_number":
        return "; write one number"
    if item.kind != "choice":
        return ""
    codes = [answer.code for answer in item.answers]
    listed = ", ".join(codes[:_MOST_CHOICES]) + (", …" if len(codes) > _MOST_CHOICES else "")
    return f"; write one of {listed}"


def _contradictions(responses: pd.DataFrame, book: Codebook) -> list[str]:
    """Return the lists in which "none of these" is ticked beside something else."""
    faults = []
    row = responses.iloc[0]
    for none in (item for item in book if item.exclusive and row[item.name] == _TICK):
        others = [i.name for i in book if i.block == none.block and i.name != none.name and row[i.name] == _TICK]
        if others:
            faults.append(f"'{none.name}' is ticked together with {', '.join(others)}; untick one or the others")
    return faults


def _all_faults(faults: Iterable[str], written: FirmFile, book: Codebook) -> str:
    listed = list(faults)
    numbered = " ".join(f"({place}) {fault.rstrip('.?')}." for place, fault in enumerate(listed, start=1))
    what = "1 answer" if len(listed) == 1 else f"{len(listed)} answers"
    unknown = sum(_UNKNOWN in fault for fault in listed)
    doubt = f" Is '{book.id}' the questionnaire that was answered?" if 2 * unknown > len(written.answers) else ""
    return f"{written.file} has {what} that cannot be used: {numbered} Mend or empty them, and run again.{doubt}"


def _settle(responses: pd.DataFrame, missing: pd.DataFrame, book: Codebook, file: str) -> Firm:
    """Name the company, size it; in a form, what is blank after the last answer is passed over like the rest."""
    siren = responses[book.respondent].iloc[0] if book.respondent else None
    index = pd.Index([siren if isinstance(siren, str) else OUTSIDE], name="respondent", dtype="str")
    responses, missing = responses.set_axis(index), missing.set_axis(index)
    numbers = (role_numbers(responses, book, role) for role in ("headcount", "turnover", "balance_sheet"))
    settled = missing.copy()
    for name in missing.columns[(missing.to_numpy(dtype=object) == "abandoned")[0]]:
        settled[name] = pd.Categorical(["no_answer"], dtype=missing[name].dtype)
    return Firm(book, responses.assign(size_category=size_category(*numbers)), settled, file)
