"""Tables as a workbook: a list of them, then one sheet a table; texts are texts, numbers are numbers."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink

from cdo_analysis.reports.archive import settle_archive
from cdo_analysis.reports.formats.cells import Number
from cdo_analysis.reports.formats.tables import Cell, DataTable, Document

_BLUE, _SOFT = "12436D", "565F68"
_MOST_CHARACTERS = 32_767
"""What a cell can hold."""
_WIDEST, _NARROWEST = 60, 8
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_HUNDRED = 100


def to_xlsx(document: Document) -> bytes:
    """Return the tables of a report as the bytes of a workbook: the same tables give the same bytes.

    No text is ever a formula, whatever it begins with; numbers have the decimals and the unit that the page shows.
    """
    book = Workbook()
    contents = book.active
    contents.title = document.say("formats.contents")
    sheets = [book.create_sheet(sheet_name(number, table)) for number, table in enumerate(document.tables, start=1)]
    _write_contents(contents, document, [sheet.title for sheet in sheets])
    for sheet, table in zip(sheets, document.tables, strict=True):
        _write_table(sheet, table)
        _set_page(sheet)
    _set_page(contents)
    _set_properties(book, document)
    buffer = io.BytesIO()
    book.save(buffer)
    return settle_archive(buffer.getvalue(), dated=False)


def sheet_name(number: int, table: DataTable) -> str:
    """Return the name of the sheet of a table: at most 31 characters, none that a spreadsheet refuses.

    Examples
    --------
    >>> sheet_name(3, DataTable("profiles-size-category", "", "", (), (), ()))
    '03 profiles-size-category'
    """
    return re.sub(r"[\[\]:*?/\\']", "-", f"{number:02d} {table.id}")[:31]


def _write_contents(sheet: Any, document: Document, names: Sequence[str]) -> None:
    say = document.say
    _text(sheet, "A1", document.title, Font(bold=True, size=14, color=_BLUE))
    _text(sheet, "A2", document.subtitle, Font(color=_SOFT))
    _text(sheet, "A3", say("formats.precision"), Font(color=_SOFT))
    _text(sheet, "A4", say("page.symbols"), Font(color=_SOFT))
    _header(sheet, 6, [say("formats.sheet"), say("formats.title"), say("formats.measure")])
    for row, (name, table) in enumerate(zip(names, document.tables, strict=True), start=7):
        cell = _text(sheet, f"A{row}", name)
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{name}'!A1")
        cell.font = Font(color=_BLUE, underline="single")
        _text(sheet, f"B{row}", table.title)
        _text(sheet, f"C{row}", table.subtitle)
    for letter, width in zip("ABC", (30, 90, 60), strict=True):
        sheet.column_dimensions[letter].width = width


def _write_table(sheet: Any, table: DataTable) -> None:
    _text(sheet, "A1", table.title, Font(bold=True, size=12, color=_BLUE))
    _text(sheet, "A2", table.subtitle, Font(color=_SOFT))
    for row, (name, note) in enumerate(table.notes, start=3):
        _text(sheet, f"A{row}", f"{name} — {note}", Font(size=9, color=_SOFT))
    top = len(table.notes) + 4
    _header(sheet, top, table.header)
    for place, line in enumerate(table.rows, start=top + 1):
        for column, value in enumerate(line, start=1):
            _value(sheet.cell(place, column), value)
    for column, width in enumerate(_widths(table), start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = sheet.cell(top + 1, 2)
    sheet.print_title_rows = f"{top}:{top}"


def _widths(table: DataTable) -> list[float]:
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.header)
    longest = [max((len(str(_shown(cell))) for cell in column), default=0) for column in columns]
    words = [max((len(word) for word in name.split()), default=0) for name in table.header]
    return [min(_WIDEST, max(_NARROWEST, cell, word) + 2) for cell, word in zip(longest, words, strict=True)]


def _shown(cell: Cell) -> str:
    return f"{cell.value} {cell.unit}" if isinstance(cell, Number) else cell


def _header(sheet: Any, row: int, names: Sequence[str]) -> None:
    for column, name in enumerate(names, start=1):
        cell = _text(sheet, f"{get_column_letter(column)}{row}", name, Font(bold=True))
        cell.alignment = Alignment(wrap_text=True, vertical="bottom")
        cell.border = Border(bottom=Side("medium", color=_BLUE))


def _text(sheet: Any, place: str, text: str, font: Font | None = None) -> Any:
    cell = sheet[place]
    _value(cell, text)
    if font is not None:
        cell.font = font
    return cell


def _value(cell: Any, value: Cell) -> None:
    """Write a text as a text, whatever it begins with, or a number with the format that shows it as the page does."""
    if isinstance(value, Number):
        cell.value = float(value.value / _HUNDRED if value.unit == "%" else value.value)
        cell.number_format = number_format(value)
    elif value:
        # A cell takes _x0041_ for the letter of that code, unless its first line is itself written as a code.
        cell.value = _ESCAPE.sub("_x005F_", value)[:_MOST_CHARACTERS]
        cell.data_type = "s"
        cell.quotePrefix = True


def number_format(number: Number) -> str:
    """Return how a spreadsheet is told to show a number.

    Examples
    --------
    >>> from decimal import Decimal
    >>> number_format(Number(Decimal("12.5"), "%")), number_format(Number(Decimal("3"), "pts", signed=True))
    ('0.0%', '+#,##0" pts";-#,##0" pts";#,##0" pts"')
    """
    digits = "0" if number.unit == "%" else "#,##0"
    shown = digits + (f".{'0' * number.decimals}" if number.decimals else "")
    shown += "%" if number.unit == "%" else f'" {number.unit}"' if number.unit else ""
    return f"+{shown};-{shown};{shown}" if number.signed else shown


def _set_page(sheet: Any) -> None:
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _set_properties(book: Any, document: Document) -> None:
    """Say what the workbook is, and neither who made it nor where or when."""
    properties = book.properties
    properties.title, properties.language = document.title[:255], document.language
    properties.creator = properties.lastModifiedBy = None
