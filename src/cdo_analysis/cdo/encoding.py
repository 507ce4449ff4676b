"""Numbers and texts, some missing, as columns of numbers that a linear model can use, and that JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.errors import InputError

MISSING, RARE = "(missing)", "(rare)"

RARE_LEVEL = 10
"""A text of fewer firms shares one column with the other rare texts, so that no coefficient describes a few firms."""

SKEWED = 1.0
"""A number whose skewness is larger, and that is never negative, enters as log(1 + x): headcounts, budgets."""


@dataclass(frozen=True)
class NumberColumn:
    """A number: on a log scale if skewed, centred, scaled; the median where missing, with an indicator if some are."""

    name: str
    logged: bool
    median: float
    mean: float
    scale: float
    indicator: bool

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns that it gives."""
        return (self.name, f"{self.name}={MISSING}") if self.indicator else (self.name,)

    def encode(self, values: pd.Series) -> NDArray[np.float64]:
        """Return the columns of this number."""
        numbers = pd.to_numeric(values).to_numpy(dtype="float64")
        missing = np.isnan(numbers)
        numbers = np.where(missing, self.median, numbers)
        if self.logged:
            numbers = np.log1p(np.maximum(numbers, 0))
        scaled = (numbers - self.mean) / self.scale
        return np.column_stack([scaled, missing]) if self.indicator else scaled[:, None]


@dataclass(frozen=True)
class TextColumn:
    """A text: a column a level; missing is a level of its own, rare and unseen texts share one."""

    name: str
    levels: tuple[str, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns that it gives."""
        return tuple(f"{self.name}={level}" for level in self.levels)

    def encode(self, values: pd.Series) -> NDArray[np.float64]:
        """Return the columns of this text."""
        texts = _as_text(values)
        texts = texts.where(texts.isin(list(self.levels)), RARE)
        return np.column_stack([(texts == level).to_numpy(dtype="float64") for level in self.levels])


@dataclass(frozen=True)
class Encoding:
    """How the columns of a table become numbers.

    Attributes
    ----------
    columns : tuple of NumberColumn or TextColumn
    """

    columns: tuple[NumberColumn | TextColumn, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns of the encoded table."""
        return tuple(feature for column in self.columns for feature in column.features)

    def encode(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return the encoded table.

        Parameters
        ----------
        X : DataFrame of shape (n_firms, ...)

        Returns
        -------
        ndarray of shape (n_firms, n_features)

        Raises
        ------
        InputError
            If a column is absent.
        """
        parts = [np.empty((len(X), 0))]
        for column in self.columns:
            if column.name not in X.columns:
                raise InputError(
                    f"the table has no column '{column.name}', which the model needs; add it, empty if unknown."
                )
            parts.append(column.encode(X[column.name]))
        return np.hstack(parts)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold, for :meth:`from_dict`."""
        kinds = {NumberColumn: "number", TextColumn: "text"}
        return {"columns": [{"kind": kinds[type(column)], **asdict(column)} for column in self.columns]}

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Encoding:
        """Return the encoding that :meth:`to_dict` described."""
        columns: list[NumberColumn | TextColumn] = []
        for entry in saved["columns"]:
            values = {key: value for key, value in entry.items() if key != "kind"}
            if entry["kind"] == "number":
                columns.append(NumberColumn(**values))
            else:
                columns.append(TextColumn(values["name"], tuple(values["levels"])))
        return cls(tuple(columns))


def learn_encoding(X: pd.DataFrame) -> Encoding:
    """Learn how to encode a table; columns without any value are left out.

    Parameters
    ----------
    X : DataFrame of shape (n_firms, n_columns)
        Numbers (or booleans) and texts, NaN where missing.

    Returns
    -------
    Encoding

    Examples
    --------
    >>> table = pd.DataFrame({"sites": [1.0, 2.0, 3.0], "sector": ["trade"] * 3})
    >>> learn_encoding(table).features
    ('sites', 'sector=(rare)')
    """
    columns = [_learn_column(X[name]) for name in X.columns if X[name].notna().any()]
    return Encoding(tuple(columns))


def is_skewed(numbers: pd.Series) -> bool:
    """Tell whether a number is better compared on a log scale: never negative, and with a long right tail."""
    values = numbers.dropna().to_numpy(dtype="float64")
    if not len(values) or values.min() < 0 or values.max() == values.min():
        return False
    return bool(((values - values.mean()) ** 3).mean() > SKEWED * values.std() ** 3)


def _learn_column(values: pd.Series) -> NumberColumn | TextColumn:
    if not pd.api.types.is_numeric_dtype(values):
        counts = _as_text(values).value_counts()
        levels = sorted(str(level) for level in counts.index[counts >= RARE_LEVEL])
        rare = [RARE] if (counts < RARE_LEVEL).any() else []
        return TextColumn(str(values.name), (*levels, *rare))
    numbers = values.astype("float64")
    logged = is_skewed(numbers)
    median = float(numbers.median())
    filled = numbers.fillna(median)
    scaled = np.log1p(filled) if logged else filled
    deviation = float(scaled.std(ddof=0))
    return NumberColumn(
        name=str(values.name),
        logged=logged,
        median=median,
        mean=float(scaled.mean()),
        scale=deviation if deviation > 0 else 1.0,
        indicator=bool(numbers.isna().any()),
    )


def _as_text(values: pd.Series) -> pd.Series:
    return values.astype("str").where(values.notna(), MISSING)
