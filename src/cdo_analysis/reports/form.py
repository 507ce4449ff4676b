"""An empty form for one company, to be filled in by hand: an XLSX sheet with drop-down lists, or a TOML file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from cdo_analysis.codebook import Codebook, Item, load_codebook
from cdo_analysis.errors import UsageError
from cdo_analysis.intake.firm_file import CODEBOOK_MARK
from cdo_analysis.messages import Catalogue, catalogue
from cdo_analysis.reports.archive import settle_archive
from cdo_analysis.reports.sheet.make import write_whole

_INK, _QUIET, _ACCENT, _FILL = "1D1D1D", "55606B", "12436D", "FFF8E1"
_WIDTHS = {"A": 78, "B": 46, "C": 30, "D": 24}
_NOT_MADE_TODAY = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_BY_PLATFORM = ("weight", "stratum", "duration", "attention")
_TICK = "1"


@dataclass(frozen=True)
class Asked:
    """One question of a form.

    Attributes
    ----------
    item : Item
    question : str
        As it is put.
    hint : str
        What can be answered.
    choices : tuple of str
        Labels of the drop-down list; empty where anything may be written.
    """

    item: Item
    question: str
    hint: str
    choices: tuple[str, ...] = ()


def write_form(codebook: str | Path | Codebook, output: str | Path, *, language: str = "fr") -> Path:
    """Write an empty form of a questionnaire, for the answers of one company.

    Parameters
    ----------
    codebook : str, Path or Codebook
        ``cdo-2026-meeting`` (fifteen questions), ``cdo-2026-short``, ``cdo-2026``, or a questionnaire of your own.
    output : str or Path
        Ends in ``.xlsx`` (a sheet with drop-down lists and a page of instructions) or in ``.toml``.
    language : {'fr', 'en'}

    Returns
    -------
    Path
        :func:`~cdo_analysis.intake.read_firm` reads it once it is filled in.

    Raises
    ------
    UsageError
        `output` ends in neither, or the language is unknown.
    PublishError
        The file cannot be written.
    """
    target, say = Path(output), catalogue(language)
    kind = target.suffix.lower()
    if kind not in (".xlsx", ".toml"):
        raise UsageError(f"{target.name or output} is neither a sheet nor a TOML file; end --output in .xlsx or .toml.")
    book = codebook if isinstance(codebook, Codebook) else load_codebook(codebook)
    write_whole(target, _workbook(book, say, target.name) if kind == ".xlsx" else _toml(book, say).encode("utf-8"))
    return target


def asked_questions(book: Codebook, say: Catalogue) -> list[Asked]:
    """Return the questions of a form in their order, without what a survey platform writes by itself."""
    written = {getattr(book.roles, role) for role in _BY_PLATFORM}
    return [_asked(item, book, say) for item in book if item.name not in written]


def _asked(item: Item, book: Codebook, say: Catalogue) -> Asked:
    question = say("form.day") if item.name == book.roles.submitted else item.question.of(say.language)
    if item.tick:
        answers = tuple(answer.label.of(say.language) for answer in item.valid_answers)
        return Asked(item, question, say("form.kind_tick"), answers)
    if item.kind == "choice":
        return Asked(item, question, say("form.kind_choice"), tuple(a.label.of(say.language) for a in item.answers))
    unit = say.get(f"form.unit_{item.unit}")
    return Asked(item, question, say(f"form.kind_{item.kind}", unit=unit))


# --- TOML -------------------------------------------------------------------------------------------------------------


def _toml(book: Codebook, say: Catalogue) -> str:
    blocks = groupby(asked_questions(book, say), key=lambda asked: asked.item.block or asked.item.name)
    guide = [say(f"form.guide_{number}", file="FILE.toml") for number in (4, 6)]
    head = [f"# {book.title.of(say.language)}", *(f"# {line}" for line in guide)]
    parts = [*head, "", f'codebook = "{book.id}"', "", "[answers]"]
    for name, members in blocks:
        parts += ["", *_toml_block(name, list(members), say)]
    return "\n".join(line.rstrip() for line in parts) + "\n"


def _toml_block(name: str, members: list[Asked], say: Catalogue) -> Iterator[str]:
    first = members[0]
    if first.item.tick:
        yield from _comment(first.item.stem.of(say.language))
        yield f"# -> {say('form.some_of')}"
        for asked in members:
            yield f"#    {asked.item.name}: {' '.join(asked.question.split())}"
        yield f"{name} = []"
        return
    if first.item.stem:
        yield from _comment(first.item.stem.of(say.language))
    for asked in members:
        yield from _comment(asked.question)
        if asked is first or not first.item.stem:
            yield from _toml_choices(asked, say)
        yield f'{asked.item.name} = ""'


def _toml_choices(asked: Asked, say: Catalogue) -> Iterator[str]:
    if asked.item.kind != "choice":
        yield f"# -> {asked.hint}"
        return
    yield f"# -> {say('form.one_of')}"
    for answer in asked.item.answers:
        yield f"#    {answer.code}: {' '.join(answer.label.of(say.language).split())}"


def _comment(text: str) -> Iterator[str]:
    yield f"# {' '.join(text.split())}"


# --- XLSX -------------------------------------------------------------------------------------------------------------


def _workbook(book: Codebook, say: Catalogue, name: str) -> bytes:
    from openpyxl import Workbook

    workbook = Workbook()
    sheet = workbook.active
    sheet.title = say("form.sheet")
    lists = workbook.create_sheet(say("form.lists_sheet"))
    lists.sheet_state = "hidden"
    _write_guide(workbook.create_sheet(say("form.guide_sheet"), 1), book, say, name)
    _write_head(sheet, book, say)
    _write_questions(sheet, lists, asked_questions(book, say), say)
    properties = workbook.properties
    properties.title, properties.creator, properties.lastModifiedBy = book.title.of(say.language), "", ""
    properties.created = properties.modified = _NOT_MADE_TODAY
    buffer = io.BytesIO()
    workbook.save(buffer)
    return settle_archive(buffer.getvalue())


def _write_head(sheet: Any, book: Codebook, say: Catalogue) -> None:
    _put(sheet, "A1", book.title.of(say.language), bold=True, size=14, colour=_ACCENT)
    _put(sheet, "D1", f"{CODEBOOK_MARK}{book.id}", size=8, colour=_QUIET)
    _put(sheet, "A2", say("form.hint"), colour=_QUIET)
    for column, words in zip("ABCD", ("question", "answer", "choices", "code"), strict=True):
        _put(sheet, f"{column}4", say(f"form.{words}"), bold=True, colour=_ACCENT)
        sheet.column_dimensions[column].width = _WIDTHS[column]
    sheet.freeze_panes = "A5"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "4:4"


def _write_questions(sheet: Any, lists: Any, questions: list[Asked], say: Catalogue) -> None:
    """Write a row a question; the rows of a battery stand under what they share."""
    row, last = 5, ""
    columns: dict[tuple[str, ...], str] = {}
    for asked in questions:
        stem = asked.item.stem.of(say.language)
        if stem and stem != last:
            _put(sheet, f"A{row}", stem, bold=True)
            row += 1
        last = stem
        _put(sheet, f"A{row}", f"{'      ' if stem else ''}{asked.question}")
        _put(sheet, f"B{row}", "", fill=_FILL)
        _put(sheet, f"C{row}", asked.hint, size=9, colour=_QUIET)
        _put(sheet, f"D{row}", asked.item.name, size=8, colour=_QUIET)
        if asked.choices:
            if asked.choices not in columns:
                columns[asked.choices] = _write_list(lists, len(columns) + 1, asked.choices)
            _offer(sheet, f"B{row}", columns[asked.choices])
        row += 1


def _write_list(lists: Any, column: int, choices: tuple[str, ...]) -> str:
    """Write the answers of a drop-down list to their column of the hidden sheet; return the range."""
    from openpyxl.utils import get_column_letter

    letter = get_column_letter(column)
    for place, choice in enumerate(choices, start=1):
        _put(lists, f"{letter}{place}", choice)
    return f"'{lists.title}'!${letter}$1:${letter}${len(choices)}"


def _offer(sheet: Any, cell: str, choices: str) -> None:
    """Offer the answers of a list; a code may still be written, which no list of labels holds."""
    from openpyxl.worksheet.datavalidation import DataValidation

    offered = DataValidation(type="list", formula1=choices, allow_blank=True, showErrorMessage=False)
    sheet.add_data_validation(offered)
    offered.add(cell)


def _write_guide(sheet: Any, book: Codebook, say: Catalogue, name: str) -> None:
    sheet.column_dimensions["A"].width = 100
    _put(sheet, "A1", book.title.of(say.language), bold=True, size=14, colour=_ACCENT)
    for number in range(1, 7):
        _put(sheet, f"A{number + 2}", say(f"form.guide_{number}", file=name))
    _put(sheet, "A10", book.origin.of(say.language), size=9, colour=_QUIET)


def _put(
    sheet: Any, cell: str, text: str, *, bold: bool = False, size: int = 10, colour: str = _INK, fill: str = ""
) -> None:
    """Write a text as a text, whatever it opens with: a wording is never a formula."""
    from openpyxl.styles import Alignment, Font, PatternFill

    place = sheet[cell]
    place.value = text or None
    if text:
        place.data_type = "s"
    place.font = Font(name="Arial", size=size, bold=bold, color=colour)
    place.alignment = Alignment(wrap_text=cell[0] in "ABC" and cell != "A1", vertical="top")
    if fill:
        place.fill = PatternFill("solid", start_color=fill)
        place.number_format = "@" if fill else place.number_format
