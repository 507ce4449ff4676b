"""CSV to records: separator found and said, quotes checked, no cell changed."""

from __future__ import annotations

import csv
import io
import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from cdo_analysis.errors import InputError
from cdo_analysis.intake.columns import Columns
from cdo_analysis.intake.encodings import TextSource, decode
from cdo_analysis.intake.records import Records, as_records
from cdo_analysis.intake.sources import LARGEST_FILE

LONGEST_CELL = 65_536
_SEPARATORS = ";,\t"
_RECORDS_TRIED = 50
_NARROWEST_SWALLOWED = 10
_NEWLINE = re.compile(r"\r\n|\r|\n")


def read_delimited(data: bytes, name: str, *, encoding: str | None = None, repair: bool = False) -> Records:
    """Read the bytes of a CSV file.

    Parameters
    ----------
    data : bytes
    name : str
        Name of the file, for the errors.
    encoding : str, optional
        By default the BOM says it, else UTF-8 if every byte fits, else cp1252.
    repair : bool
        True: text that was decoded wrongly before (``rÃ©gion``) is put right.

    Returns
    -------
    Records
        `numbers` count records, the header being 1: an answer over several lines is one record. The line ``sep=;``
        that Excel writes is honoured, and not counted.

    Raises
    ------
    InputError
        In one sentence: the file, the line, what is wrong and the way out.
    """
    source = decode(data, name, encoding, repair=repair)
    separator, start = _declared_separator(source.head)
    body = source.head[start:]
    first_line = 2 if separator else 1
    if not _says_something(source, start, separator):
        raise InputError(f"{name} has no header and no answer; export the survey again.")
    separator = separator or _guess_separator(body, name)
    lines = source.lines()
    if first_line == 2:
        next(lines)
    records = _split(lines, separator, name, first_line)
    return replace(records, encoding=source.encoding, separator=separator, notes=source.notes)


def _declared_separator(head: str) -> tuple[str, int]:
    """Honour the line ``sep=;`` that Excel writes; return the separator (or nothing) and where the rest starts."""
    declared = re.match(r'"?sep=([^\w\s"]|\t)"?(?:\r\n|\r|\n|$)', head, re.IGNORECASE)
    return (declared[1], declared.end()) if declared else ("", 0)


def _says_something(source: TextSource, start: int, separator: str) -> bool:
    """Tell whether there is more than separators, quotes and blank lines."""
    something = re.compile(rf'[^{re.escape(_SEPARATORS + separator)}"\s]')
    return bool(something.search(source.head, start) or something.search(source.data.decode(source.codec), start))


def _guess_separator(text: str, name: str) -> str:
    """Return the separator by which the first records are widest and most alike; French exports write ``;``."""
    tried = {mark: _first_records(text, mark) for mark in _SEPARATORS}
    best = max(_SEPARATORS, key=lambda mark: _agreement(tried[mark]))
    header = tried[best][0]
    if len(header) == 1 and not header[0].strip().isidentifier():
        raise InputError(
            f"{name} starts with the line {header[0].strip()[:60]!r}, which has no ';', ',' or tab: is it a CSV export "
            "of a survey?"
        )
    return best


def _first_records(text: str, separator: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text.lstrip(), newline=""), delimiter=separator)
    return list(islice((row for row in reader if any(map(str.strip, row))), _RECORDS_TRIED))


def _agreement(records: list[list[str]]) -> float:
    """Return the share of records as wide as the header, times that width; 0 where nothing is separated."""
    width = len(records[0]) if records else 0
    if width < 2:
        return 0.0
    return width * sum(len(row) == width for row in records) / len(records)


def _split(lines: Iterable[str], separator: str, name: str, first_line: int) -> Records:
    """Return the records that are not blank."""
    columns, numbers, starts = Columns(), array("q"), array("q")
    limit = csv.field_size_limit(LARGEST_FILE)  # ours is LONGEST_CELL, with a sentence; csv's is of the process
    reader = csv.reader(lines, delimiter=separator, strict=True)
    start = first_line
    try:
        for number, row in enumerate(reader, start=1):
            end = reader.line_num + first_line
            if any(map(str.strip, row)):
                if end - start > 1:
                    _check_record(row, separator, f"{name}, line {start}")
                columns.add(row)
                numbers.append(number)
                starts.append(start)
            start = end
    except csv.Error as error:
        raise InputError(
            f"{name}, line {start}: {error} (a quote that is not closed?); mend the record that starts there."
        ) from error
    finally:
        csv.field_size_limit(limit)
    if not numbers:
        raise InputError(f"{name} has no header and no answer; export the survey again.")
    records = as_records(columns, numbers)
    _check_lengths(records, starts, name)
    return records


def _check_lengths(records: Records, starts: Sequence[int], name: str) -> None:
    for column, cell in zip(records.columns, [*records.header, *[""] * len(records.columns)], strict=False):
        if max(map(len, [cell, *column.texts])) > LONGEST_CELL:
            long = np.flatnonzero(column.where(lambda text: len(text) > LONGEST_CELL))
            row = int(long[0]) + 1 if len(long) else 0
            text = column.cell(row - 1) if row else cell
            raise InputError(f"{name}, line {starts[row]}: {_too_long(text)}")


def _too_long(cell: str) -> str:
    return f"a cell holds {len(cell)} characters (at most {LONGEST_CELL}); a quote may be missing there."


def _check_record(row: list[str], separator: str, where: str) -> None:
    """Refuse a record over several lines in which a quote that is not closed swallowed others."""
    longest = max(row, key=len)
    if len(longest) > LONGEST_CELL:
        raise InputError(f"{where}: {_too_long(longest)}")
    if any(_swallows(cell, separator, len(row)) for cell in row):
        raise InputError(
            f"{where}: an answer seems to have swallowed the next record (a quote that is not closed?); mend the "
            "record that starts there."
        )


def _swallows(cell: str, separator: str, width: int) -> bool:
    """Tell whether a cell over several lines holds as many separators as whole records would."""
    newlines = len(_NEWLINE.findall(cell))
    return newlines > 0 and width >= _NARROWEST_SWALLOWED and cell.count(separator) == newlines * (width - 1)
