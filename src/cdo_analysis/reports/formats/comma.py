"""Tables as CSV: one file a table and a list of them, in one archive; safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence

from cdo_analysis.reports.archive import settle_archive
from cdo_analysis.reports.formats.cells import Number
from cdo_analysis.reports.formats.tables import Cell, DataTable, Document

_FORMULA = re.compile(r"[=+@\t\r\n＝＋－＠-]")
_SIGNS_ALONE = frozenset({"-", "−"})
_SEPARATOR, _DECIMAL = {"fr": ";", "en": ","}, {"fr": ",", "en": "."}


def to_csv(document: Document) -> bytes:
    """Return the tables of a report as the bytes of a ZIP of CSV files.

    UTF-8 with its mark. French: semicolons and decimal commas, as a French spreadsheet expects them; English: commas
    and decimal points. A unit that all numbers of a column share stands in its name. See :func:`safe_text` for texts.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{document.say('formats.contents').lower()}.csv", _write(document, _contents(document)))
        for number, table in enumerate(document.tables, start=1):
            archive.writestr(file_name(number, table), _write(document, _lines(table)))
    return settle_archive(buffer.getvalue())


def file_name(number: int, table: DataTable) -> str:
    """Return the name of the file of a table."""
    return f"{number:02d}-{table.id}.csv"


def safe_text(text: str) -> str:
    """Return a text as no spreadsheet takes it for a formula: an apostrophe stands before what could begin one.

    Examples
    --------
    >>> safe_text("=HYPERLINK(1)"), safe_text("  @x"), safe_text("a=b"), safe_text("-")
    ("'=HYPERLINK(1)", "'  @x", 'a=b', '-')
    """
    begins = text.lstrip(" \u00a0\u202f")[:1] or text[:1]
    return f"'{text}" if _FORMULA.match(begins) and text not in _SIGNS_ALONE else text


def _contents(document: Document) -> Iterable[Sequence[Cell]]:
    say = document.say
    notes = [[name for name, _ in table.notes] for table in document.tables]
    names = list(dict.fromkeys(name for each in notes for name in each))
    yield [say("formats.file"), say("formats.title"), say("formats.measure"), *names]
    for number, table in enumerate(document.tables, start=1):
        said = dict(table.notes)
        yield [file_name(number, table), table.title, table.subtitle, *(said.get(name, "") for name in names)]
    yield ["", f"{document.title} — {document.subtitle}" if document.subtitle else document.title]
    yield ["", say("page.symbols")]


def _lines(table: DataTable) -> Iterable[Sequence[Cell]]:
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.header)
    units = [_unit(column) for column in columns]
    yield [f"{name} ({unit})" if unit else name for name, unit in zip(table.header, units, strict=True)]
    for row in table.rows:
        yield [_bare(cell) if unit else cell for cell, unit in zip(row, units, strict=True)]


def _unit(column: Iterable[Cell]) -> str:
    """Return the unit that all numbers of a column share."""
    units = {cell.unit for cell in column if isinstance(cell, Number)}
    return units.pop() if len(units) == 1 else ""


def _bare(cell: Cell) -> Cell:
    return Number(cell.value) if isinstance(cell, Number) else cell


def _write(document: Document, lines: Iterable[Sequence[Cell]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=_SEPARATOR[document.language], lineterminator="\r\n")
    decimal = _DECIMAL[document.language]
    for line in lines:
        writer.writerow([_written(cell, decimal) for cell in line])
    return text.getvalue().encode("utf-8-sig")


def _written(cell: Cell, decimal: str) -> str:
    if isinstance(cell, str):
        return safe_text(cell)
    number = f"{cell.value:f}".replace(".", decimal)
    return f"{number} {cell.unit}" if cell.unit else number
