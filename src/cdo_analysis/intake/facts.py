"""What a file turned out to be: the facts of its reading, for the card that a notebook shows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from cdo_analysis.intake.coding import ReadColumn

_COMMA = re.compile(r"\d,\d{1,2}(?!\d)|\d,\d{4,}")
_POINT = re.compile(r"\d\.\d{1,2}(?!\d)|\d\.\d{4,}")
_DATES = (
    ("iso", re.compile(r"\s*\d{4}[-/.]\d{1,2}[-/.]\d{1,2}")),
    ("day_first", re.compile(r"\s*\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")),
    ("serial", re.compile(r"\s*\d{4,6}([.,]\d+)?\s*$")),
)


@dataclass(frozen=True)
class ExportFacts:
    """How an export was read.

    Attributes
    ----------
    platform : str
        What wrote it: one of :data:`~cdo_analysis.intake.PLATFORMS`.
    encoding, separator, sheet : str
        Empty where it does not apply.
    columns, recognised : int
        Columns of the file, and those in which an item of the codebook was read.
    decimals : mapping of str to int
        Distinct numbers written with a decimal comma and with a decimal point: ``","``, ``"."``.
    dates : mapping of str to int
        Distinct dates by the way they are written: ``iso``, ``day_first``, ``month_first``, ``serial`` (the number of
        a spreadsheet), ``other``.
    missing_codes : mapping of str to int
        Texts that mean that there is no answer (``98``, ``NSP``), with the number of cells; the most frequent first.
    """

    platform: str = "table"
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    columns: int = 0
    recognised: int = 0
    decimals: Mapping[str, int] = field(default_factory=dict)
    dates: Mapping[str, int] = field(default_factory=dict)
    missing_codes: Mapping[str, int] = field(default_factory=dict)


def decimals_of(columns: Iterable[ReadColumn]) -> dict[str, int]:
    """Count the distinct texts of numbers that have a decimal comma, and a decimal point."""
    texts = [text for column in columns if column.item.kind == "number" for text in column.texts]
    return {",": sum(bool(_COMMA.search(t)) for t in texts), ".": sum(bool(_POINT.search(t)) for t in texts)}


def dates_of(columns: Iterable[ReadColumn]) -> dict[str, int]:
    """Count the distinct texts of dates by the way they are written, those that could be read only."""
    counts: Counter[str] = Counter()
    for column in columns:
        if column.item.kind == "date":
            for place, text in enumerate(column.texts):
                value = column.reading(place).value
                if value is not None:
                    counts[_form_of(text, value)] += 1
    return dict(counts.most_common())


def _form_of(text: str, value: object) -> str:
    form = next((name for name, pattern in _DATES if pattern.match(text)), "other")
    first = re.match(r"\s*(\d{1,2})", text)
    if form == "day_first" and first and int(first[1]) != getattr(value, "day", int(first[1])):
        return "month_first"
    return form


def missing_codes_of(columns: Iterable[ReadColumn], kept: np.ndarray) -> dict[str, int]:
    """Count the cells of each text that means that there is no answer; blank and unreadable cells are not of them."""
    counts: Counter[str] = Counter()
    for column in columns:
        cells = np.bincount(column.places[kept], minlength=len(column.texts))
        for text, n in _absent(column, cells):
            counts[text.strip()[:20]] += n
    return dict(counts.most_common())


def _absent(column: ReadColumn, cells: np.ndarray) -> Iterator[tuple[str, int]]:
    for place, (text, n) in enumerate(zip(column.texts, cells.tolist(), strict=True)):
        reading = column.reading(place)
        if reading.missing not in (None, "invalid") and reading.rule != "blank" and text.strip() and n:
            yield text, n
