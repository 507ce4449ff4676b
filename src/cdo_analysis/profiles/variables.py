"""Columns of a table as the axes need them: answers as codes, numbers as numbers; text is never laid out row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.errors import UsageError, did_you_mean
from cdo_analysis.profiles.answers import NOT_MEASURED, encode_answers
from cdo_analysis.profiles.saved import restore_categories

Codes = NDArray[np.int16]


@dataclass(frozen=True)
class Variables:
    """What the columns of a table are.

    Attributes
    ----------
    names : tuple of str
        Of the columns, as errors call them.
    categories : tuple of ndarray or None
        For each column, its sorted categories; None where it is a number.
    """

    names: tuple[str, ...]
    categories: tuple[NDArray | None, ...]

    @property
    def questions(self) -> list[int]:
        """Positions of the columns that are categories."""
        return [position for position, known in enumerate(self.categories) if known is not None]

    @property
    def numbers(self) -> list[int]:
        """Positions of the columns that are numbers."""
        return [position for position, known in enumerate(self.categories) if known is None]

    def encode(self, X: pd.DataFrame) -> tuple[Codes, NDArray[np.float64]]:
        """Return codes (n_rows, n_questions), -1 where missing, and numbers (n_rows, n_numbers), NaN where missing.

        Raises
        ------
        InputError
            If a column holds a category that is not known.
        """
        codes = np.empty((len(X), len(self.questions)), dtype=np.int16)
        for place, position in enumerate(self.questions):
            known = self.categories[position]
            assert known is not None
            codes[:, place] = _encode_column(X.iloc[:, position], known, self.names[position])
        return codes, X.iloc[:, self.numbers].to_numpy(np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        known = [None if categories is None else categories.tolist() for categories in self.categories]
        return {"names": list(self.names), "categories": known}

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Variables:
        """Make again what :meth:`to_dict` returned."""
        known = (None if values is None else restore_categories(values) for values in saved["categories"])
        return cls(tuple(saved["names"]), tuple(known))


def learn_variables(X: pd.DataFrame, continuous: Sequence[Any] | None = None) -> Variables:
    """Learn what each column is.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_columns)
        Answers and numbers; missing ones as pandas marks them.
    continuous : sequence of column labels, optional
        The columns that are numbers; by default those that pandas holds as numbers. Whatever is not a number is a
        category.

    Returns
    -------
    Variables

    Raises
    ------
    UsageError
        If `continuous` names no column of `X`, or if a column holds no answer at all.

    Examples
    --------
    >>> table = pd.DataFrame({"erp": ["yes", None, "no"], "staff": [12.0, 40.0, 9.0]})
    >>> known = learn_variables(table)
    >>> known.categories[0].tolist(), known.categories[1] is None
    (['no', 'yes'], True)
    >>> known.encode(table)[0].ravel().tolist()
    [1, -1, 0]
    """
    for name in [] if continuous is None else continuous:
        if name not in X.columns:
            raise UsageError(f"continuous names the column {name!r}, which X lacks{did_you_mean(name, X.columns)}")
    categories: list[NDArray | None] = []
    for name, (label, column) in zip(map(str, X.columns), X.items(), strict=True):
        if column.isna().all():
            raise UsageError(f"column {name!r} holds no answer at all; leave it out of the items to group by")
        number = _is_number(column) if continuous is None else label in continuous
        categories.append(None if number else _categories(column))
    return Variables(tuple(map(str, X.columns)), tuple(categories))


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _categories(column: pd.Series) -> NDArray:
    if isinstance(column.dtype, pd.CategoricalDtype):
        counts = np.bincount(column.cat.codes.to_numpy().astype(np.int64) + 1, minlength=1)[1:]
        return np.sort(np.asarray(column.cat.categories)[: len(counts)][counts > 0])
    return np.asarray(pd.factorize(column, sort=True)[1])


def _encode_column(column: pd.Series, known: NDArray, name: str) -> NDArray:
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return encode_answers(column.to_numpy(dtype=object)[:, None], [known], [name])[:, 0]
    places = pd.Index(known).get_indexer(pd.Index(np.asarray(column.cat.categories)))
    # A code of -1 reads the last place: a missing answer.
    codes = np.append(places, NOT_MEASURED).astype(np.int16)[column.cat.codes.to_numpy()]
    if (codes < 0).sum() > column.isna().sum():
        encode_answers(column.to_numpy(dtype=object)[:, None], [known], [name])
    return codes
