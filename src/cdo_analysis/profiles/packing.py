"""Answers packed for speed: distinct rows once, a few items a byte, so that a likelihood is a handful of look-ups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cdo_analysis.profiles.answers import NOT_MEASURED, indicator_table

ROWS_OF_A_TABLE = 256
"""Items share a look-up table until it would have more rows than this: their joint code is one byte."""

ROWS_PER_TABLE_ROW = 16
"""Few rows have small tables: filling a table must cost less than reading it, whatever the number of rows."""

LARGEST_WORD = 2**62
"""Rows are compared as whole numbers below this, several items a number."""

PSEUDO_COUNT = 1e-8
"""Fictitious respondents added to each class (and to each class and item, shared by its categories).

Maximum likelihood gives probability 0 to an answer that nobody of a class gave; a new company with that answer in
one class and another such answer in the next would then belong nowhere. One hundred-millionth of a respondent keeps
every probability above 0 and moves the log-likelihood by less than ``PSEUDO_COUNT`` times classes times items.
"""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Packing:
    """Rows of answers as look-ups in a few tables, each for several items together.

    Attributes
    ----------
    lookups : ndarray of uint8 or int32, of shape (n_rows, n_tables)
        The row of each table that holds the joint answer.
    first : ndarray of int, of shape (n_tables,)
        Where each table starts when they are stacked.
    cells : ndarray of int, of shape (n_stacked, most_items)
        The answers that a row of the stacked tables stands for, as positions among all categories of all items;
        ``n_categories`` where an item is missing or there is no further item.
    """

    lookups: NDArray
    first: NDArray[np.int64]
    cells: NDArray[np.int64]

    @classmethod
    def of(cls, codes: NDArray, sizes: Sequence[int]) -> Packing:
        """Pack `codes` (n_rows, n_items), items with `sizes` categories, -1 where missing."""
        groups = list(_share_tables(sizes, min(ROWS_OF_A_TABLE, len(codes) // ROWS_PER_TABLE_ROW)))
        rows = [int(np.prod([sizes[item] + 1 for item in group])) for group in groups]
        lookups = np.empty((len(codes), len(groups)), np.uint8 if max(rows) <= ROWS_OF_A_TABLE else np.int32)
        for place, group in enumerate(groups):
            lookups[:, place] = _joint_code(codes, sizes, group, lookups.dtype)
        cells = np.full((sum(rows), max(map(len, groups))), sum(sizes), dtype=np.int64)
        starts, first = np.cumsum([0, *sizes[:-1]]), np.cumsum([0, *rows[:-1]])
        for group, begin, count in zip(groups, first, rows, strict=True):
            digits = np.unravel_index(np.arange(count), [sizes[item] + 1 for item in group])
            for place, (item, digit) in enumerate(zip(group, digits, strict=True)):
                cells[begin : begin + count, place] = np.where(digit < sizes[item], starts[item] + digit, sum(sizes))
        return cls(lookups, first, cells)

    def sum_logs(self, log_probabilities: Floats) -> Floats:
        """Sum the log-probabilities (n_classes, n_categories) of the answers of each row: (n_rows, n_classes)."""
        padded = np.vstack([log_probabilities.T, np.zeros(len(log_probabilities))])
        tables = padded[self.cells].sum(axis=1)
        total = tables[self.first[0] + self.lookups[:, 0].astype(np.intp)]
        for place in range(1, len(self.first)):
            total += tables[self.first[place] + self.lookups[:, place].astype(np.intp)]
        return total


def _share_tables(sizes: Sequence[int], most_rows: int) -> Iterator[list[int]]:
    """Put neighbouring items in one table while it has room."""
    group: list[int] = []
    rows = 1
    for item, size in enumerate(sizes):
        if group and rows * (size + 1) > most_rows:
            yield group
            group, rows = [], 1
        group.append(item)
        rows *= size + 1
    yield group


def _joint_code(codes: NDArray, sizes: Sequence[int], items: Sequence[int], dtype: np.dtype | type) -> NDArray:
    """Return one number a row for the answers to `items`, a missing answer being one more category."""
    joint = np.zeros(len(codes), dtype=dtype)
    for item in items:
        joint *= joint.dtype.type(sizes[item] + 1)
        column = codes[:, item]
        joint += np.where(column == NOT_MEASURED, sizes[item], column).astype(dtype)
    return joint


@dataclass(frozen=True)
class Patterns:
    """The distinct rows of answers: rows that answered alike are computed once.

    Attributes
    ----------
    codes : ndarray of int, of shape (n_patterns, n_items)
        The distinct rows, sorted.
    sizes : tuple of int
        How many categories each item has.
    of_row : ndarray of int, of shape (n_rows,)
        The pattern of each row of the data.
    """

    codes: NDArray
    sizes: tuple[int, ...]
    of_row: NDArray[np.int64]

    @classmethod
    def of(cls, codes: NDArray, sizes: Sequence[int]) -> Patterns:
        """Find the distinct rows of `codes`, sorted, so that the order of the rows does not matter."""
        rank = np.zeros(len(codes), dtype=np.int64)
        found = 1
        for items in _share_words(sizes, len(codes)):
            word = _joint_code(codes, sizes, items, np.int64)
            largest = int(np.prod([sizes[item] + 1 for item in items], dtype=object))
            _, example, rank = np.unique(rank * largest + word, return_index=True, return_inverse=True)
            found = len(example)
            if found == len(codes):
                break
        return cls(codes=codes[example], sizes=tuple(sizes), of_row=rank.reshape(-1))

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def packing(self) -> Packing:
        """The distinct rows as look-ups."""
        return Packing.of(self.codes, self.sizes)

    @cached_property
    def indicators(self) -> Floats:
        """0/1 of shape (n_categories, n_patterns): see :func:`~cdo_analysis.profiles.answers.indicator_table`."""
        return indicator_table(self.codes, self.sizes)

    @property
    def item(self) -> NDArray[np.int64]:
        """The item of each category, shape (n_categories,)."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @property
    def first(self) -> NDArray[np.int64]:
        """The position of the first category of each item."""
        return np.cumsum([0, *self.sizes[:-1]])

    @property
    def measured(self) -> NDArray[np.bool_]:
        """Whether each pattern holds at least one answer, shape (n_patterns,)."""
        return (self.codes != NOT_MEASURED).any(axis=1)

    def sum_weights(self, weights: Floats) -> Floats:
        """Sum the weights of rows (n_rows,) by pattern (n_patterns,)."""
        return np.bincount(self.of_row, weights, minlength=len(self)).astype(np.float64)

    def count_answers(self, weights: Floats) -> Floats:
        """Sum the weights of patterns (n_patterns,) by category of each item, shape (n_categories,)."""
        counts = []
        for item, size in enumerate(self.sizes):
            given = self.codes[:, item].astype(np.intp) + 1
            counts.append(np.bincount(given, weights, minlength=size + 1)[1:])
        return np.concatenate(counts)

    def normalise(self, counts: Floats) -> Floats:
        """Turn counts (..., n_categories) into probabilities that sum to 1 over the categories of each item."""
        sizes = np.asarray(self.sizes)[self.item]
        counts = counts + PSEUDO_COUNT / sizes
        return counts / np.add.reduceat(counts, self.first, axis=-1)[..., self.item]


def _share_words(sizes: Sequence[int], n_rows: int) -> Iterator[list[int]]:
    """Put as many items in one whole number as stay exact beside the rank of a row."""
    items: list[int] = []
    room = LARGEST_WORD // max(n_rows, 1)
    left = room
    for item, size in enumerate(sizes):
        if items and left < size + 1:
            yield items
            items, left = [], room
        items.append(item)
        left //= size + 1
    yield items
