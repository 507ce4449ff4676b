"""Records to a table of text: headers tidied, what would shift or lose a column refused."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cdo_analysis.errors import InputError

MOST_RECORDS_NAMED = 5
_LAST_RECORDS = 5
_TOTAL = re.compile(r"\s*(?:(?:sous-)?total|moyenne|average|source|champ|note)\b", re.IGNORECASE)


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
    merges : tuple of tuple of int
        Merged areas of a sheet: first row and last row (as `numbers`), first and last column (from 0).
    platform : str
        What wrote the file, where its content says so.
    labels : mapping of str to str
        Wording of the question by header, where the file has it.
    declared : mapping of str to mapping
        By header: the codes that the file declares missing, and the label of each (``""`` for none).
    roles : mapping of str to str
        By header: the role of :class:`~cdo_analysis.codebook.Roles` that the platform gives to it.
    marks : mapping of str to tuple of int
        Records that the platform itself sets apart (``preview``, ``unfinished``, ``spam``): their `numbers`.
    """

    rows: list[list[str]]
    numbers: list[int]
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    notes: tuple[str, ...] = ()
    merges: tuple[tuple[int, int, int, int], ...] = ()
    platform: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def clean_header(cell: str) -> str:
    r"""Return a header in Unicode form C, without invisible characters and with single spaces.

    Examples
    --------
    >>> clean_header("\ufeffTaille\u00a0 de  l'entreprise\u200b ")
    "Taille de l'entreprise"
    """
    if cell.isascii():
        return " ".join(cell.split())
    visible = "".join(c for c in unicodedata.normalize("NFC", cell) if unicodedata.category(c) != "Cf")
    return " ".join(visible.split())


def tabulate(
    records: Records, name: str, *, wanted: Collection[str] | None = None
) -> tuple[pd.DataFrame, np.ndarray, tuple[str, ...]]:
    """Set the records out as a table.

    Parameters
    ----------
    records : Records
    name : str
        Name of the file, for the errors.
    wanted : collection of str, optional
        Headers that must not stand twice, in lower case; another that does is told apart by the number of its column.
        By default no header may stand twice.

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
    _check_blank_headers(headers, rows, name)
    headers, doubled = _tell_apart(headers, name, wanted)
    rows, numbers, again = _drop_repeated_headers(records.rows[0], rows, numbers, name)
    table = np.empty((len(rows), width), dtype=object)
    for place, row in enumerate(rows):
        table[place] = _fit(row, width)
    frame = pd.DataFrame(table, columns=range(width), copy=False)
    kept = [place for place, header in enumerate(headers) if header]
    cells = (frame if len(kept) == width else frame[kept]).set_axis([headers[place] for place in kept], axis=1)
    notes = (*records.notes, *doubled, *again, *_note_short(rows, width, name), *_note_totals(rows, numbers, name))
    return cells, numbers, notes


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


def _check_blank_headers(headers: Sequence[str], rows: Sequence[list[str]], name: str) -> None:
    for place in (place for place, header in enumerate(headers) if not header):
        if any(place < len(row) and row[place].strip() for row in rows):
            raise InputError(f"{name}: column {place + 1} has answers and no header; give it a header.")
    if not any(headers):
        raise InputError(f"{name} has no header in its first record; write the names of the columns there.")


def _tell_apart(headers: Sequence[str], name: str, wanted: Collection[str] | None) -> tuple[list[str], tuple[str, ...]]:
    """Refuse a wanted header that stands twice; add the number of the column to another that does."""
    counts = Counter(filter(None, headers))
    twice = sorted(header for header, n in counts.items() if n > 1)
    for header in twice:
        if wanted is None or header.casefold() in wanted:
            raise InputError(f"{name}: the header '{header}' stands in {counts[header]} columns; rename all but one.")
    told = [f"{h} (column {place})" if counts[h] > 1 else h for place, h in enumerate(headers, start=1)]
    notes = (
        f"The header '{header}' of {name} stands in {counts[header]} columns, told apart by their numbers."
        for header in twice
    )
    return told, tuple(notes)


def _drop_repeated_headers(
    header: list[str], rows: list[list[str]], numbers: np.ndarray, name: str
) -> tuple[list[list[str]], np.ndarray, tuple[str, ...]]:
    """Leave out records that are the header over again, as where an export was pasted under another."""
    again = [row == header for row in rows]
    if not any(again) or all(again):
        return rows, numbers, ()
    kept = ~np.array(again)
    shown = ", ".join(map(str, numbers[~kept][:MOST_RECORDS_NAMED]))
    note = f"{name} has its header again in record {shown}, left out: was an export pasted under another?"
    return [row for row, same in zip(rows, again, strict=True) if not same], numbers[kept], (note,)


def _note_short(rows: Sequence[list[str]], width: int, name: str) -> tuple[str, ...]:
    short = sum(len(row) < width for row in rows)
    if not short:
        return ()
    return (f"{short} record(s) of {name} are shorter than the header; their last cells count as empty.",)


def _note_totals(rows: Sequence[list[str]], numbers: np.ndarray, name: str) -> tuple[str, ...]:
    """Say which of the last records looks like a total or a note; it is left out only where the caller says so."""
    last = list(zip(numbers[-_LAST_RECORDS:], rows[-_LAST_RECORDS:], strict=True))
    found = [str(number) for number, row in last if _TOTAL.match(next((c for c in row if c.strip()), ""))]
    if not found:
        return ()
    first = int(numbers[-1]) - int(found[0]) + 1
    return (f"Record {', '.join(found)} of {name} looks like a total; leave it out with footer = {first}.",)
