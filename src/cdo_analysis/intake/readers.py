"""Files to text: a CSV or an XLSX becomes a table of text, cell by cell, and nothing is lost or guessed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

from cdo_analysis.errors import InputError
from cdo_analysis.intake.delimited import read_delimited
from cdo_analysis.intake.records import tabulate
from cdo_analysis.intake.workbook import read_workbook

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class RawTable:
    """A table of text as it stands in a file.

    Attributes
    ----------
    cells : DataFrame
        One row an answer sheet, one column a header; every cell is text, an empty cell is ``""``.
    lines : ndarray of int
        Line (CSV: number of the record, header included; XLSX: row of the sheet) of each row.
    file : str
        Name of the file, without its folder.
    sha256 : str
        Hash of the file's bytes.
    encoding, separator, sheet : str
        What was found; empty where it does not apply.
    notes : tuple of str
        What a reader should know of the reading, a sentence each.
    """

    cells: pd.DataFrame
    lines: np.ndarray
    file: str
    sha256: str
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    notes: tuple[str, ...] = ()


def read_table(path: str | Path, *, sheet: str | None = None, encoding: str | None = None) -> RawTable:
    """Read a CSV or XLSX file to text.

    Parameters
    ----------
    path : str or Path
        A file on this machine; what it holds decides how it is read, not its name.
    sheet : str, optional
        Sheet of a workbook; by default the first visible one.
    encoding : str, optional
        Encoding of a CSV; by default its BOM, else UTF-8 if every byte fits, else cp1252.

    Returns
    -------
    RawTable

    Raises
    ------
    InputError
        In one sentence: the file, the line, what is wrong and the way out.
    """
    path = Path(path)
    data, name = read_bytes(path), path.name
    if is_workbook(data, name):
        records = read_workbook(data, name, sheet=sheet)
    else:
        records = read_delimited(data, name, encoding=encoding)
    cells, lines, notes = tabulate(records, name)
    return RawTable(
        cells=cells,
        lines=lines,
        file=name,
        sha256=hashlib.sha256(data).hexdigest(),
        encoding=records.encoding,
        separator=records.separator,
        sheet=records.sheet,
        notes=notes,
    )


def is_workbook(data: bytes, name: str) -> bool:
    """Tell whether the bytes of a file are those of an XLSX workbook.

    Raises
    ------
    InputError
        They are those of an older or a protected workbook, which cannot be read.
    """
    if data.startswith(_OLE):
        raise InputError(f"{name} is an old or password-protected Excel file; save it as .xlsx without a password.")
    return data.startswith(_ZIP)


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a regular file that is not empty.

    Raises
    ------
    InputError
        In one sentence: what is wrong, and the way out.
    """
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder; name the file in it.")
        if not path.exists():
            raise InputError(f"{path} does not exist; {_nearest(path)}")
        if not path.is_file():
            raise InputError(f"{path} is not a regular file; copy it to a file first.")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; check its name and permissions.") from error
    if not data.strip():
        raise InputError(f"{path.name} is empty (0 answers); save or export it again.")
    return data


def _nearest(path: Path) -> str:
    """Return the end of a sentence: the file of the same folder whose name is nearest, if one is near."""
    names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    close = get_close_matches(path.name, names, n=1)
    return f"did you mean '{close[0]}'?" if close else "check its name and folder."
