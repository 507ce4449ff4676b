"""Records to a table of text: headers tidied, what would shift or lose a column refused."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from cdo_analysis.errors import InputError
from cdo_analysis.intake.columns import Columns, TextColumn

MOST_RECORDS_NAMED = 5
_LAST_RECORDS = 5
_TOTAL = re.compile(r"\s*(?:(?:sous-)?total|moyenne|average|source|champ|note)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Records:
    """The records of a file that are not blank, as columns of text.

    Attributes
    ----------
    header : list of str
        Cells of the first record.
    columns : tuple of TextColumn
        Those of the records after the header; there may be more of them than the header has cells, or fewer.
    numbers : ndarray of int
        Number of each record after the header in the file (CSV) or row of the sheet (XLSX).
    widths : ndarray of int
        How many cells each of these records has.
    first : int
        Number of the header.
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
        Records that the platform itself sets apart (``preview``, ``spam``, ``doubtful``, ``unfinished``): their
        `numbers`.
    """

    header: list[str]
    columns: tuple[TextColumn, ...]
    numbers: np.ndarray
    widths: np.ndarray
    first: int = 1
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

    def __len__(self) -> int:
        return len(self.numbers)

    def row(self, place: int) -> list[str]:
        """Return the cells of one record after the header."""
        return [column.cell(place) for column in self.columns[: int(self.widths[place])]]

    def rows(self) -> Iterator[list[str]]:
        """Yield the records after the header, cell by cell: for small files."""
        return map(self.row, range(len(self)))

    def take(self, rows: slice | np.ndarray) -> Records:
        """Return the records with some of those after the header."""
        columns = tuple(column.take(rows) for column in self.columns)
        return replace(self, columns=columns, numbers=self.numbers[rows], widths=self.widths[rows])

    def below(self, place: int) -> Records:
        """Return the records of which the one at `place` after the header is the header."""
        left = self.take(slice(place + 1, None))
        return replace(left, header=self.row(place), first=int(self.numbers[place]))


def as_records(columns: Columns, numbers: Sequence[int]) -> Records:
    """Return the records that were added to `columns`; the first is the header.

    Examples
    --------
    >>> records = as_records(Columns([["a", "b"], ["1", "2"], ["3"]]), [1, 2, 4])
    >>> records.header, list(records.rows()), records.numbers.tolist()
    (['a', 'b'], [['1', '2'], ['3']], [2, 4])
    """
    whole = columns.finish()
    widths = np.array(columns.widths, dtype=np.int32)
    return Records([], whole, np.array(numbers, dtype=np.int64), widths).below(0)


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
    cells : DataFrame of category
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
    headers = [clean_header(cell) for cell in records.header]
    if not len(records):
        raise InputError(f"{name} has a header and no answer (0 rows); export the answers too.")
    _check_widths(records, name)
    _check_blank_headers(headers, records, name)
    headers, doubled = _tell_apart(headers, name, wanted)
    records, again = _drop_repeated_headers(records, name)
    blank = TextColumn([""], np.zeros(len(records), dtype=np.int8))
    columns = [*records.columns, *[blank] * (len(headers) - len(records.columns))]
    cells = {h: column.to_categorical() for h, column in zip(headers, columns, strict=False) if h}
    notes = (*records.notes, *doubled, *again, *_note_short(records, name), *_note_totals(records, name))
    return pd.DataFrame(cells, index=range(len(records)), copy=False), records.numbers, notes


def _check_widths(records: Records, name: str) -> None:
    """Refuse records with more cells than headers: read with a shift they would all be wrong, without a word."""
    width = len(records.header)
    beyond = records.widths > max(width, len(records.columns))
    for column in records.columns[width:]:
        beyond |= column.where(str.strip)
    if beyond.any():
        numbers = [str(number) for number in records.numbers[beyond]]
        shown = ", ".join(numbers[:MOST_RECORDS_NAMED]) + (", …" if len(numbers) > MOST_RECORDS_NAMED else "")
        raise InputError(
            f"{name}: {len(numbers)} record(s) have more cells than the header has columns ({width}): record {shown}; "
            "put quotes around the answers that hold the separator, or export again."
        )


def _check_blank_headers(headers: Sequence[str], records: Records, name: str) -> None:
    for place, (header, column) in enumerate(zip(headers, records.columns, strict=False), start=1):
        if not header and column.where(str.strip).any():
            raise InputError(f"{name}: column {place} has answers and no header; give it a header.")
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


def _drop_repeated_headers(records: Records, name: str) -> tuple[Records, tuple[str, ...]]:
    """Leave out records that are the header over again, as where an export was pasted under another."""
    again = records.widths == len(records.header)
    for cell, column in zip(records.header, records.columns, strict=False):
        if not again.any():
            break
        again &= column.where(cell.__eq__)
    if not again.any() or again.all():
        return records, ()
    shown = ", ".join(map(str, records.numbers[again][:MOST_RECORDS_NAMED]))
    note = f"{name} has its header again in record {shown}, left out: was an export pasted under another?"
    return records.take(~again), (note,)


def _note_short(records: Records, name: str) -> tuple[str, ...]:
    short = int((records.widths < len(records.header)).sum())
    if not short:
        return ()
    return (f"{short} record(s) of {name} are shorter than the header; their last cells count as empty.",)


def _note_totals(records: Records, name: str) -> tuple[str, ...]:
    """Say which of the last records looks like a total or a note; it is left out only where the caller says so."""
    last = range(max(0, len(records) - _LAST_RECORDS), len(records))
    written = {place: next((cell for cell in records.row(place) if cell.strip()), "") for place in last}
    found = [int(records.numbers[place]) for place in last if _TOTAL.match(written[place])]
    if not found:
        return ()
    first = int(records.numbers[-1]) - found[0] + 1
    return (f"Record {', '.join(map(str, found))} of {name} looks like a total; leave it out with footer = {first}.",)
