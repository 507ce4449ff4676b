"""XLSX and ODS to rows of text: the visible sheet, numbers to their last digit, what could not be worked out kept."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from defusedxml import ElementTree
from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from cdo_analysis.errors import InputError, did_you_mean

MOST_CELLS = 20_000_000
"""Rows times columns of a sheet: a workbook of so many cells would not fit in memory."""
_MOST_CELLS_NAMED = 5
_FILLED = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"[^>]*(?<!/)>')
_HIDDEN_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*\bhidden="(?:1|true)"')
_HIDDEN_COLUMN = re.compile(rb'<(?:\w+:)?col\b[^>]*\bhidden="(?:1|true)"')
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)"')


def read(path: Path, name: str, *, kind: str, sheet: str | None = None) -> dict[str, Any]:
    """Read one sheet of a workbook.

    Parameters
    ----------
    path : Path
    name : str
        Name of the file, for the errors.
    kind : {'xlsx', 'ods'}
    sheet : str, optional
        By default the first visible one.

    Returns
    -------
    dict
        ``rows`` (list of lists of text; a number has its digits and no ``.0``, a date is ISO, a boolean is ``TRUE``
        or ``FALSE``, an error is its name), ``sheet``, ``notes``, and ``merges``: first row, first column, last row
        and last column of each merged area, from 0.

    Raises
    ------
    InputError
        In one sentence: the file, the sheet, what is wrong and the way out.
    """
    archive = zipfile.ZipFile(path)
    xlsx = kind == "xlsx"
    if xlsx:
        _forbid_entities(archive, name)
    book = CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))
    chosen, notes = _choose_sheet(book, name, sheet)
    xml = archive.read(_sheet_member(archive, chosen)) if xlsx else b""
    _check_extent(xml, name, chosen)
    rows = [
        [_cell_text(value) for value in row] for row in book.get_sheet_by_name(chosen).to_python(skip_empty_area=False)
    ]
    if xlsx:
        _add_errors(rows, xml, name, chosen)
    if not any(cell.strip() for row in rows for cell in row):
        raise InputError(f"{name}, sheet '{chosen}' is empty (0 answers); name the sheet with the answers.")
    return {"rows": rows, "sheet": chosen, "notes": [*notes, *_note_hidden(xml, chosen)], "merges": _merges(xml)}


def _forbid_entities(archive: zipfile.ZipFile, name: str) -> None:
    """Refuse a workbook whose XML declares entities, which no spreadsheet writes and which can swell without end."""
    for member in archive.infolist():
        if member.filename.endswith((".xml", ".rels")):
            with archive.open(member) as file:
                if b"<!DOCTYPE" in file.read(4_096).upper():
                    raise InputError(
                        f"{name} is not a whole Excel file ({member.filename} declares entities, as a hostile file "
                        "does); save it again as .xlsx."
                    )


def _check_extent(xml: bytes, name: str, sheet: str) -> None:
    """Refuse a sheet whose farthest cell would make it larger than memory, before it is laid out."""
    cells = {(letters, 0) for letters, _ in _FILLED.findall(xml)} if xml else set()
    if not cells:
        return
    last_column = max(_column(letters.decode()) for letters, _ in cells)
    last_row, where = max((int(row), letters) for letters, row in _FILLED.findall(xml))
    if last_column * last_row > MOST_CELLS:
        raise InputError(
            f"{name}, sheet '{sheet}' reaches column {last_column} and row {last_row} (cell {where.decode()}{last_row} "
            "holds something); delete what stands far from the answers, or export them as CSV."
        )


def _note_hidden(xml: bytes, sheet: str) -> list[str]:
    counts = {"row(s)": len(_HIDDEN_ROW.findall(xml)), "group(s) of columns": len(_HIDDEN_COLUMN.findall(xml))}
    hidden = [f"{n} hidden {what}" for what, n in counts.items() if n]
    return [f"The sheet '{sheet}' has {' and '.join(hidden)}, which were read like the others."] if hidden else []


def _merges(xml: bytes) -> list[list[int]]:
    return [
        [int(top) - 1, _column(left.decode()) - 1, int(bottom) - 1, _column(right.decode()) - 1]
        for left, top, right, bottom in _MERGE.findall(xml)
    ]


def _choose_sheet(book: CalamineWorkbook, name: str, sheet: str | None) -> tuple[str, list[str]]:
    sheets = [s for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
    names = [s.name for s in sheets]
    if not names:
        raise InputError(f"{name} has no sheet of cells; save the answers in one.")
    if sheet is not None:
        if sheet not in names:
            raise InputError(f"{name} has no sheet '{sheet}'{did_you_mean(sheet, names)}")
        return sheet, []
    visible = [s.name for s in sheets if s.visible == SheetVisibleEnum.Visible] or names
    notes = []
    if visible[0] != names[0]:
        notes.append(f"The sheet '{names[0]}' of {name} is hidden; '{visible[0]}' was read.")
    if len(visible) > 1:
        notes.append(f"{name} has {len(visible)} visible sheets ({', '.join(visible)}); '{visible[0]}' was read.")
    return visible[0], notes


def _cell_text(value: object) -> str:
    """Write a cell as a person would read it, without losing a digit."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, datetime):
        whole = (value + timedelta(microseconds=500_000)).replace(microsecond=0)  # 08:15 may be stored as 08:14:59.9999
        return whole.strftime("%Y-%m-%d" if whole.time() == time() else "%Y-%m-%d %H:%M:%S")
    if isinstance(value, (int, date, time, timedelta)):
        return str(value)
    return "" if value is None else str(value)


def number_text(value: float) -> str:
    """Write a number in digits; ``12.125`` gets a fourth decimal, lest the point be taken for a thousands mark.

    Examples
    --------
    >>> [number_text(v) for v in (5520135.0, 0.1, 12.125, 1e16, 1e-07)]
    ['5520135', '0.1', '12.1250', '10000000000000000', '0.0000001']
    """
    text = format(Decimal(repr(value)), "f").removesuffix(".0")
    return f"{text}0" if re.fullmatch(r"-?[1-9][0-9]{0,2}\.[0-9]{3}", text) else text


# --- what the values do not show: errors, formulas that were never worked out ---------------------------------------


def _add_errors(rows: list[list[str]], xml: bytes, name: str, sheet: str) -> None:
    """Write the name of each error into its cell; refuse formulas without a value, which would read as blank."""
    if b'"e"' not in xml and b"'e'" not in xml and b"<f" not in xml and b":f" not in xml:
        return
    unknown = []
    for row, column, kind, value, formula in _stored_cells(xml):
        inside = row <= len(rows) and column <= len(rows[row - 1])
        if kind == "e" and inside:
            rows[row - 1][column - 1] = value
        elif formula and not value and kind != "str":
            unknown.append(_reference(row, column))
    if unknown:
        shown = ", ".join(unknown[:_MOST_CELLS_NAMED]) + (", …" if len(unknown) > _MOST_CELLS_NAMED else "")
        raise InputError(
            f"{name}, sheet '{sheet}': {len(unknown)} formula(s) have no value ({shown}); open the file in Excel, "
            "save it and read it again."
        )


def _sheet_member(archive: zipfile.ZipFile, sheet: str) -> str:
    """Return the name of the archive's member that holds a sheet."""
    targets = {
        link.attrib["Id"]: link.attrib["Target"]
        for link in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    }
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    link = next(
        value
        for node in book.iter()
        if _local(node.tag) == "sheet" and node.attrib.get("name") == sheet
        for key, value in node.attrib.items()
        if _local(key) == "id"
    )
    target = targets[link]
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")


def _stored_cells(xml: bytes) -> Iterator[tuple[int, int, str, str, bool]]:
    """Yield row, column (from 1), type, stored value and whether there is a formula, for each cell of a sheet."""
    row = column = 0
    for event, node in ElementTree.iterparse(io.BytesIO(xml), events=("start", "end")):
        tag = _local(node.tag)
        if event == "start" and tag == "row":
            row, column = int(node.attrib.get("r", row + 1)), 0
        elif tag == "row":
            node.clear()
        elif event == "end" and tag == "c":
            column = _column(node.attrib["r"]) if "r" in node.attrib else column + 1
            parts = {_local(part.tag): part.text or "" for part in node}
            yield row, column, node.attrib.get("t", "n"), parts.get("v", ""), "f" in parts
            node.clear()


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _column(reference: str) -> int:
    """Return the column of a cell.

    Examples
    --------
    >>> _column("A1"), _column("AB12")
    (1, 28)
    """
    column = 0
    for letter in filter(str.isalpha, reference):
        column = column * 26 + ord(letter.upper()) - 64
    return column


def _reference(row: int, column: int) -> str:
    """Return how Excel names a cell.

    Examples
    --------
    >>> _reference(12, 28)
    'AB12'
    """
    letters = ""
    while column:
        column, place = divmod(column - 1, 26)
        letters = chr(65 + place) + letters
    return f"{letters}{row}"
