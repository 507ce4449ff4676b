"""What unequal weights cost (Kish), and what trimming them does: precision won, margins and estimates moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cdo_analysis.errors import InputError, UsageError


def effective_n(weights: ArrayLike) -> float:
    """Return how many respondents of equal weights the sample is worth (Kish): ``sum(w)**2 / sum(w**2)``.

    Parameters
    ----------
    weights : array-like of shape (n,)
        Not negative; any scale.

    Returns
    -------
    float
        Between 1 and n; 0 for no weight.

    Examples
    --------
    >>> effective_n([1, 1, 1, 1])
    4.0
    >>> effective_n([3, 1])
    1.6
    """
    w = np.asarray(weights, dtype="float64")
    squares = float(np.square(w).sum())
    return float(w.sum() ** 2 / squares) if squares else 0.0


def kish_design_effect(weights: ArrayLike) -> float:
    """Return by how much unequal weights multiply the variance of a mean (Kish 1965): ``n / effective_n``.

    Parameters
    ----------
    weights : array-like of shape (n,)
        Not negative; any scale.

    Returns
    -------
    float
        1 for equal weights, more otherwise; NaN for no weight.

    Examples
    --------
    >>> kish_design_effect([3, 1])
    1.25
    """
    n = effective_n(weights)
    return len(np.asarray(weights)) / n if n else float("nan")


@dataclass(frozen=True)
class Trimming:
    """Trimmed weights and what they cost.

    Attributes
    ----------
    weights : Series
        Same total as before.
    n : int
        Respondents whose weight was cut or raised to a limit.
    moved : float
        Share of the total weight that went from some respondents to others, between 0 and 1.
    design_effect_before, design_effect_after : float
        Kish's.
    cost : DataFrame
        A row a value looked at: ``before``, ``after`` (weighted means), ``shift`` (after less before): the bias that
        trimming may bring. Margins that were calibrated do not hold any more: look at their variables here.
    """

    weights: pd.Series
    n: int
    moved: float
    design_effect_before: float
    design_effect_after: float
    cost: pd.DataFrame


def trim_weights(
    weights: pd.Series,
    *,
    highest: float,
    lowest: float = 0.0,
    values: pd.DataFrame | None = None,
    strict: bool = True,
) -> Trimming:
    """Bring weights within limits; what is cut is shared equally among the others.

    Parameters
    ----------
    weights : Series of shape (n,)
    highest, lowest : float
        Limits, in the unit of the weights.
    values : DataFrame of shape (n, k), optional
        Numbers (or 0 and 1) whose weighted means before and after are compared.
    strict : bool
        True: repeated until all weights are within the limits, as sharing may push others beyond. False: once.

    Returns
    -------
    Trimming

    Raises
    ------
    UsageError
        The limits cannot hold the total weight.

    References
    ----------
    Potter (1990), Proceedings of the Survey Research Methods Section, American Statistical Association, 225-230; R
    package ``survey``, ``trimWeights``.

    Examples
    --------
    >>> trimming = trim_weights(pd.Series([1.0, 1.0, 1.0, 5.0]), highest=3.5)
    >>> trimming.weights.tolist(), trimming.n
    ([1.5, 1.5, 1.5, 3.5], 1)
    """
    before = weights.to_numpy(dtype="float64")
    if not (before >= 0).all():
        raise InputError("a weight is missing or negative; trim weights of 0 or more.")
    total = before.sum()
    if not lowest * len(before) <= total <= highest * len(before):
        raise UsageError(f"weights of mean {before.mean():g} cannot all be between {lowest:g} and {highest:g}.")
    after, held = before.copy(), np.zeros(len(before), dtype=bool)
    while True:
        outside = (after < lowest) | (after > highest)
        if not outside.any():
            break
        held |= outside
        after = np.clip(after, lowest, highest)
        if held.all():
            break
        after[~held] += (total - after.sum()) / (~held).sum()
        if not strict:
            break
    return Trimming(
        weights=pd.Series(after, index=weights.index, name=weights.name),
        n=int(held.sum()),
        moved=float(np.abs(after - before).sum() / 2 / total),
        design_effect_before=kish_design_effect(before),
        design_effect_after=kish_design_effect(after),
        cost=_cost(values, before, after, weights.index),
    )


def _cost(values: pd.DataFrame | None, before: ArrayLike, after: ArrayLike, index: pd.Index) -> pd.DataFrame:
    columns = ["before", "after", "shift"]
    if values is None:
        return pd.DataFrame(columns=columns, dtype="float64")
    numbers = values.reindex(index).astype("float64")
    means = {
        name: [
            float(np.average(column[column.notna()], weights=np.asarray(w)[column.notna()])) for w in (before, after)
        ]
        for name, column in numbers.items()
    }
    table = pd.DataFrame.from_dict(means, orient="index", columns=columns[:2])
    return table.assign(shift=table["after"] - table["before"])
