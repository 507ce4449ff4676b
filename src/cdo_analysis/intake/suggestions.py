"""Columns of an export that a codebook does not know, each with the items that it may be, to be chosen by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import pandas as pd

from cdo_analysis.codebook import Codebook, Item, load_codebook
from cdo_analysis.intake.matching import known_columns, writings_of
from cdo_analysis.intake.readers import RawTable, read_table
from cdo_analysis.intake.values import fold

LEAST_LIKENESS = 0.45
"""Likeness under which an item is not suggested."""

MOST_SUGGESTED = 3
_MOST_VALUES = 200


@dataclass(frozen=True)
class Suggestion:
    """An item that an unknown column may be.

    Attributes
    ----------
    header : str
        The column of the export.
    item : str
        Name of the item.
    column : str
        The column that the codebook gives it today.
    likeness : float
        From 0 to 1: how alike the names are, and, for a question with answers, how many of the values are among them.
    readable : float
        Share of the values that are an answer of the item; NaN where it has no list of answers.
    """

    header: str
    item: str
    column: str
    likeness: float
    readable: float


@dataclass(frozen=True)
class ColumnMatch:
    """How the columns of an export and the items of a codebook meet.

    Attributes
    ----------
    known : int
        Columns that are found as they are.
    unknown : tuple of str
        Columns that are no item's.
    absent : tuple of str
        Items whose column is not there.
    suggestions : tuple of Suggestion
        Best first, for each unknown column; a column without any is to be left aside, or described by a new item.
    """

    known: int
    unknown: tuple[str, ...]
    absent: tuple[str, ...]
    suggestions: tuple[Suggestion, ...]


def suggest_columns(export: str | Path | RawTable, codebook: str | Path | Codebook) -> ColumnMatch:
    """Find the columns of an export that a codebook does not know, and the items that they may be.

    Nothing is decided: the likeness of two names is a hint, and a wrong ``column =`` line would read the answers of one
    question as those of another.

    Parameters
    ----------
    export : str, Path or RawTable
    codebook : str, Path or Codebook

    Returns
    -------
    ColumnMatch
    """
    raw = export if isinstance(export, RawTable) else read_table(export)
    book = codebook if isinstance(codebook, Codebook) else load_codebook(codebook)
    found = known_columns(raw, book)
    unknown = [header for header in raw.cells.columns if header not in found]
    absent = [item for item in book if item.column not in found.values()]
    suggested = [one for header in unknown for one in _for_header(header, raw, absent)]
    names = tuple(item.name for item in absent)
    return ColumnMatch(len(found), tuple(unknown), names, tuple(suggested))


def _for_header(header: str, raw: RawTable, absent: Iterable[Item]) -> list[Suggestion]:
    """Return the items that a column may be, best first."""
    called = [fold(text) for text in (header, raw.labels.get(header, "")) if text]
    values = {fold(value) for value in raw.cells[header].dropna().unique().tolist()[:_MOST_VALUES]} - {""}
    found = []
    for item in absent:
        readable = _readable(values, item)
        alike = max(_alike(text, fold(other)) for text in called for other in writings_of(item))
        likeness = alike if pd.isna(readable) else (2 * alike + readable) / 3
        if likeness >= LEAST_LIKENESS:
            found.append(Suggestion(header, item.name, item.column, round(likeness, 2), readable))
    return sorted(found, key=lambda one: (-one.likeness, one.item))[:MOST_SUGGESTED]


def _alike(first: str, second: str) -> float:
    """Return how alike two names are; one that holds the other whole is nearly it."""
    short, long = sorted((first, second), key=len)
    if len(short) > 3 and short in long:
        return max(0.8, SequenceMatcher(None, first, second).ratio())
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def _readable(values: set[str], item: Item) -> float:
    """Return the share of values that are a code or a label of the item; NaN where it has no answers."""
    if not item.answers or not values:
        return float("nan")
    known = {fold(text) for a in item.answers for text in (a.code, a.label.fr, a.label.en) if text}
    return len(values & known) / len(values)
