"""Records to a table of text: headers tidied, what would shift or lose a column refused."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cdo_analysis.errors import InputError

MOST_RECORDS_NAMED = 5


@dataclass(frozen=True)
class Records:
    """The records of a file that are not blank, as text.

    Attributes
    ----------
    rows : list of list of str
        The first is the header; rows may be of unequal length.
    numbers : list of int
        Number of each record in the file (CSV) or row of the sheet (XLSX); 1 for the first.
    encoding, separator, sheet : str
        What was found; empty where it does not apply.
    notes : tuple of str
        What a reader should know of the reading, a sentence each.
    """

    rows: list[list[str]]
    numbers: list[int]
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    notes: tuple[str, ...] = ()


def clean_header(cell: str) -> str:
    r"""Return a header in Unicode form C, without invisible characters and with single spaces.

    Examples
    --------
    >>> clean_header("\ufeffTaille\u00a0 de  l'entreprise\u200b ")
    "Taille de l'entreprise"
    """
    visible = "".join(c for c in unicodedata.normalize("NFC", cell) if unicodedata.category(c) != "Cf")
    return " ".join(visible.split())


def tabulate(records: Records, name: str) -> tuple[pd.DataFrame, np.ndarray, tuple[str, ...]]:
    """Set the records out as a table.

    Parameters
    ----------
    records : Records
    name : str
        Name of the file, for the errors.

    Returns
    -------
    cells : DataFrame of str
        One row a record after the header; a cell that the record lacks is ``""``.
    numbers : ndarray of int
        Number of the record of each row.
    notes : tuple of str
        Those of `records`, and what was noticed here.

    Raises
    ------
    InputError
        There is no record after the header; a record is longer than the header; a header is blank above answers,
        or stands twice.
    """
    headers = [clean_header(cell) for cell in records.rows[0]]
    rows, numbers, width = records.rows[1:], np.asarray(records.numbers[1:], dtype=int), len(headers)
    if not rows:
        raise InputError(f"{name} has a header and no answer (0 rows); export the answers too.")
    _check_widths(rows, numbers, width, name)
    _check_headers(headers, rows, name)
    frame = pd.DataFrame([_fit(row, width) for row in rows], columns=range(width), dtype=object)
    kept = [place for place, header in enumerate(headers) if header]
    cells = frame[kept].set_axis([headers[place] for place in kept], axis=1)
    return cells, numbers, (*records.notes, *_note_short(rows, width, name))


def _fit(row: list[str], width: int) -> list[str]:
    return row if len(row) == width else (row + [""] * (width - len(row)))[:width]


def _check_widths(rows: Sequence[list[str]], numbers: np.ndarray, width: int, name: str) -> None:
    """Refuse records with more cells than headers: read with a shift they would all be wrong, without a word."""
    long = [
        str(number)
        for number, row in zip(numbers, rows, strict=True)
        if len(row) > width and any(cell.strip() for cell in row[width:])
    ]
    if long:
        shown = ", ".join(long[:MOST_RECORDS_NAMED]) + (", …" if len(long) > MOST_RECORDS_NAMED else "")
        raise InputError(
            f"{name}: {len(long)} record(s) have more cells than the header has columns ({width}): record {shown}; "
            "put quotes around the answers that hold the separator, or export again."
        )


def _check_headers(headers: Sequence[str], rows: Sequence[list[str]], name: str) -> None:
    for place in (place for place, header in enumerate(headers) if not header):
        if any(place < len(row) and row[place].strip() for row in rows):
            raise InputError(f"{name}: column {place + 1} has answers and no header; give it a header.")
    counts = Counter(filter(None, headers))
    if not counts:
        raise InputError(f"{name} has no header in its first record; write the names of the columns there.")
    twice = sorted(header for header, n in counts.items() if n > 1)
    if twice:
        raise InputError(f"{name}: the header '{twice[0]}' stands in {counts[twice[0]]} columns; rename all but one.")


def _note_short(rows: Sequence[list[str]], width: int, name: str) -> tuple[str, ...]:
    short = sum(len(row) < width for row in rows)
    if not short:
        return ()
    return (f"{short} record(s) of {name} are shorter than the header; their last cells count as empty.",)
