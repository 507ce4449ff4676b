"""Columns of an export as they were read: what each of their texts says, and which cell holds which text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from cdo_analysis.codebook import MISSING_KINDS, Item
from cdo_analysis.intake.values import Reading

Array = np.ndarray | pd.api.extensions.ExtensionArray

ANSWERED = -1
"""What stands for "there is an answer" among places in ``MISSING_KINDS``."""

_NO_TEXT = np.array([None], dtype=object)
_NONE = {"number": np.array([np.nan]), "date": np.array(["NaT"], dtype="datetime64[us]")}


@dataclass(frozen=True)
class ReadColumn:
    """A column of the export, read for one item.

    Attributes
    ----------
    item : Item
    texts : sequence of str
        The distinct texts of the column.
    places : ndarray of int
        Place in `texts` of each cell.
    values : ndarray, one a text
        Answers: codes and texts (object, None for none), numbers (float) or dates (datetime64).
    kinds : ndarray of int8, one a text
        Place of the missing kind in ``MISSING_KINDS``, :data:`ANSWERED` where there is an answer.
    rules : ndarray of str, one a text
        How each text was read, or why it was not.
    """

    item: Item
    texts: Sequence[str]
    places: np.ndarray
    values: np.ndarray
    kinds: np.ndarray
    rules: np.ndarray

    def reading(self, place: int) -> Reading:
        """Return how one of the texts was read."""
        kind = int(self.kinds[place])
        value = None if kind != ANSWERED else self.values[place]
        return Reading(value, None if kind == ANSWERED else MISSING_KINDS[kind], str(self.rules[place]))

    def written(self, place: int) -> str:
        """Return what one of the texts was read as, as text; empty where it says that there is no answer."""
        if self.kinds[place] != ANSWERED:
            return ""
        value = self.values[place]
        return str(value.item() if self.item.kind == "date" and hasattr(value, "item") else value)

    def blank(self) -> np.ndarray:
        """Tell in which cells nothing is written."""
        return (self.rules == "blank")[self.places]

    def holds(self, codes: Collection[str]) -> np.ndarray:
        """Tell which cells were read as one of some codes."""
        return np.array([value in codes for value in self.values.tolist()], dtype=bool)[self.places]


@dataclass(frozen=True)
class Coded:
    """The columns of an export, read: what each of their texts says, and which cell holds which text.

    Attributes
    ----------
    columns : dict of str to ReadColumn
        Item -> its column, for the items that the export has.
    index : Index
        Of the records.
    """

    columns: Mapping[str, ReadColumn]
    index: pd.Index

    def answers(self, item: Item, rows: np.ndarray | slice = slice(None)) -> Array:
        """Return the answers of records to one item; all missing where the export does not have it."""
        column = self.columns.get(item.name)
        if column:
            return spread(column.values, column.places[rows])
        none = np.zeros(len(np.zeros(len(self.index), dtype=bool)[rows]), dtype=np.int8)
        return spread(_NONE.get(item.kind, _NO_TEXT), none)


def spread(values: np.ndarray, places: np.ndarray) -> Array:
    """Give each cell the value of its text; texts become a pandas array of text."""
    if values.dtype != object:
        return values[places]
    texts = pa.array(values, type=pa.large_string(), from_pandas=True)
    dtype: Any = pd.StringDtype(na_value=np.nan)
    return dtype.__from_arrow__(texts.take(pa.array(places)))
