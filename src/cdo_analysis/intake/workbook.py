"""XLSX to records: the visible sheet, numbers to their last digit; what a spreadsheet could not work out is kept."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from xml.etree import ElementTree

import numpy as np
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from cdo_analysis.errors import InputError, did_you_mean
from cdo_analysis.intake.records import Records

LARGEST_WORKBOOK = 500_000_000
_MOST_CELLS_NAMED = 5
# What reading a damaged workbook raises, from one library or another.
_BROKEN = (CalamineError, ElementTree.ParseError, zipfile.BadZipFile, zlib.error, NotImplementedError, LookupError,
           StopIteration, EOFError)  # fmt: skip


def read_workbook(data: bytes, name: str, *, sheet: str | None = None) -> Records:
    """Read one sheet from the bytes of an XLSX file.

    Parameters
    ----------
    data : bytes
    name : str
        Name of the file, for the errors.
    sheet : str, optional
        By default the first visible one.

    Returns
    -------
    Records
        `numbers` are rows of the sheet. A text cell is what it holds; a number has its digits and no ``.0``; a date
        is ISO; a boolean is ``TRUE`` or ``FALSE``; an error is its name (``#N/A``).

    Raises
    ------
    InputError
        In one sentence: the file, the sheet, what is wrong and the way out.
    """
    archive = _open_archive(data, name)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        chosen, notes = _choose_sheet(book, name, sheet)
        values = book.get_sheet_by_name(chosen).to_python(skip_empty_area=False)
        rows = [[_cell_text(value) for value in row] for row in values]
        _add_errors(rows, archive, name, chosen)
    except _BROKEN as error:
        detail = " ".join(str(error).split()).rstrip(".")
        raise InputError(f"{name} is not a whole Excel file ({detail}); save it again as .xlsx.") from error
    found = [(number, row) for number, row in enumerate(rows, start=1) if any(map(str.strip, row))]
    if not found:
        raise InputError(f"{name}, sheet '{chosen}' is empty (0 answers); name the sheet with the answers.")
    return Records([row for _, row in found], [number for number, _ in found], sheet=chosen, notes=notes)


def _open_archive(data: bytes, name: str) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise InputError(f"{name} is a truncated or damaged Excel file; save or copy it again.") from error
    if "xl/workbook.xml" not in archive.namelist():
        raise InputError(
            f"{name} is an archive, not an .xlsx workbook; extract the export from it, or save it as .xlsx."
        )
    size = sum(member.file_size for member in archive.infolist())
    if size > LARGEST_WORKBOOK:
        raise InputError(
            f"{name} unpacks to {size / 1e6:.0f} MB (at most {LARGEST_WORKBOOK / 1e6:.0f}); export it as CSV."
        )
    return archive


def _choose_sheet(book: CalamineWorkbook, name: str, sheet: str | None) -> tuple[str, tuple[str, ...]]:
    sheets = [s for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
    names = [s.name for s in sheets]
    if not names:
        raise InputError(f"{name} has no sheet of cells; save the answers in one.")
    if sheet is not None:
        if sheet not in names:
            raise InputError(f"{name} has no sheet '{sheet}'{did_you_mean(sheet, names)}")
        return sheet, ()
    visible = [s.name for s in sheets if s.visible == SheetVisibleEnum.Visible] or names
    notes = []
    if visible[0] != names[0]:
        notes.append(f"The sheet '{names[0]}' of {name} is hidden; '{visible[0]}' was read.")
    if len(visible) > 1:
        notes.append(f"{name} has {len(visible)} visible sheets ({', '.join(visible)}); '{visible[0]}' was read.")
    return visible[0], tuple(notes)


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
    text = np.format_float_positional(value, trim="-")
    return f"{text}0" if re.fullmatch(r"-?[1-9][0-9]{0,2}\.[0-9]{3}", text) else text


# --- what the values do not show: errors, formulas that were never worked out ---------------------------------------


def _add_errors(rows: list[list[str]], archive: zipfile.ZipFile, name: str, sheet: str) -> None:
    """Write the name of each error into its cell; refuse formulas without a value, which would read as blank."""
    xml = archive.read(_sheet_member(archive, sheet))
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
