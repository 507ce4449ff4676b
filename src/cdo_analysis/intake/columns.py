"""Columns of text, each held as its distinct texts and, for every cell, the place of its text among them.

A survey has few texts and many cells: what is done to a text is then done once for all who wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

_AT_ONCE = 128
"""Records turned to columns together: their texts then stay in the processor's cache, which halves the time."""
_BLOCK = 128 * _AT_ONCE
"""Records after which places are stored in as few bytes as they need."""


@dataclass(frozen=True)
class TextColumn:
    """A column of text.

    Attributes
    ----------
    texts : sequence of str
        Distinct, in the order in which they appear; some may be in no cell.
    places : ndarray of int, shape (cells,)
        Place in `texts` of each cell.

    Examples
    --------
    >>> column = TextColumn.of(["Oui", "Non", "Oui"])
    >>> column.texts, column.places.tolist(), column.cell(2)
    (['Oui', 'Non'], [0, 1, 0], 'Oui')
    """

    texts: Sequence[str]
    places: np.ndarray

    @classmethod
    def of(cls, cells: Iterable[str]) -> TextColumn:
        """Return the column of some cells."""
        places = _Places()
        found = np.fromiter(map(places.__getitem__, cells), dtype=np.int32)
        return cls(list(places), _narrow(found, len(places)))

    def __len__(self) -> int:
        return len(self.places)

    def cell(self, row: int) -> str:
        """Return the text of one cell."""
        return self.texts[self.places[row]]

    def cells(self) -> list[str]:
        """Return the text of every cell."""
        return [self.texts[place] for place in self.places.tolist()]

    def where(self, wanted: Callable[[str], object]) -> np.ndarray:
        """Tell which cells hold a text that is wanted."""
        told = np.fromiter((bool(wanted(text)) for text in self.texts), dtype=bool, count=len(self.texts))
        return told[self.places] if len(told) else np.zeros(0, dtype=bool)

    def take(self, rows: slice | np.ndarray) -> TextColumn:
        """Return the column of some rows, its texts as they are."""
        return TextColumn(self.texts, self.places[rows])

    def map(self, change: Callable[[str], str]) -> TextColumn:
        """Return the column with each text changed."""
        places = _Places()
        new = np.fromiter((places[change(text)] for text in self.texts), dtype=np.int32, count=len(self.texts))
        return TextColumn(list(places), _narrow(new, len(places))[self.places]) if len(new) else self

    def to_categorical(self) -> pd.Categorical:
        """Return the column as pandas holds one; texts that are in no cell are left out."""
        used = np.bincount(self.places, minlength=len(self.texts)) > 0
        if used.all():
            texts, places = list(self.texts), self.places
        else:
            texts = [text for text, found in zip(self.texts, used, strict=True) if found]
            places = (np.cumsum(used) - 1)[self.places]
        dtype = pd.CategoricalDtype(pd.Index(texts, dtype="str"))
        return cast("pd.Categorical", pd.Categorical.from_codes(places, dtype=dtype))


class Columns:
    """Receives records one by one, and turns them to columns.

    Parameters
    ----------
    first : sequence of list of str
        The first records: they say how many columns there are. A later record that has more keeps its width alone.
    """

    def __init__(self, first: Sequence[list[str]] = ()) -> None:
        self.widths: list[int] = []
        self._width = -1
        self._waiting: list[list[str]] = list(first)
        self._texts: list[_Places] = []
        self._block = np.empty((0, _BLOCK), dtype=np.int32)
        self._filled = 0
        self._done: list[list[np.ndarray]] = []

    def add(self, row: list[str]) -> None:
        """Add one record."""
        self._waiting.append(row)
        if len(self._waiting) >= _AT_ONCE:
            self._turn()

    def finish(self) -> tuple[TextColumn, ...]:
        """Return the columns; a cell that a record lacks is ``""``."""
        if self._waiting:
            self._turn()
        self._store()
        return tuple(
            TextColumn(list(texts), _narrow(np.concatenate(parts), len(texts)))
            for texts, parts in zip(self._texts, self._done, strict=True)
        )

    def _turn(self) -> None:
        rows, n = self._waiting, len(self._waiting)
        if self._width < 0:
            self._width = max(map(len, rows))
            self._texts = [_Places() for _ in range(self._width)]
            self._block = np.empty((self._width, _BLOCK), dtype=np.int32)
            self._done = [[] for _ in range(self._width)]
        if self._filled + n > _BLOCK:
            self._store()
        self.widths += [self._own_width(row) for row in rows]
        whole = (row if len(row) == self._width else self._fit(row) for row in rows)
        span = slice(self._filled, self._filled + n)
        for texts, cells, places in zip(self._texts, zip(*whole, strict=True), self._block, strict=True):
            places[span] = np.fromiter(map(texts.__getitem__, cells), dtype=np.int32, count=n)
        self._filled += n
        self._waiting = []

    def _own_width(self, row: list[str]) -> int:
        """Return how many cells a record has; blank ones beyond the columns do not count."""
        return len(row) if len(row) <= self._width or any(map(str.strip, row[self._width :])) else self._width

    def _fit(self, row: list[str]) -> list[str]:
        return (row + [""] * (self._width - len(row)))[: self._width]

    def _store(self) -> None:
        for texts, places, parts in zip(self._texts, self._block[:, : self._filled], self._done, strict=True):
            parts.append(_narrow(places, len(texts)))
        self._filled = 0


class _Places(dict[str, int]):
    """Text -> its place; a new text gets the next one."""

    def __missing__(self, text: str) -> int:
        place = self[text] = len(self)
        return place


def _narrow(places: np.ndarray, texts: int) -> np.ndarray:
    """Return places in the fewest bytes that hold them."""
    return places.astype(np.int8 if texts <= 127 else np.int16 if texts <= 32_767 else np.int32)


def texts_of(cells: pd.Series) -> TextColumn:
    """Return a categorical column of a table as text and places."""
    return TextColumn(cells.cat.categories.tolist(), cells.cat.codes.to_numpy())
