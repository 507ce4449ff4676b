"""Do several methods tell the same story? The adjusted Rand index between partitions, weighted."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cdo_analysis.errors import UsageError


def compare_partitions(partitions: Mapping[str, ArrayLike], *, sample_weight: ArrayLike | None = None) -> pd.DataFrame:
    """Compare partitions of the same respondents two by two.

    Parameters
    ----------
    partitions : mapping of str to array of int, of shape (n_respondents,)
        Name of the method -> labels, such as ``{"classes": …, "means": …, "ward": …}``; -1 where a respondent is
        placed nowhere, and then left out of the comparisons of that method.
    sample_weight : array of shape (n_respondents,), optional
        Survey weights, for the weighted index.

    Returns
    -------
    DataFrame, a row a pair of methods
        ``first``, ``second``; ``n``: respondents that both place; ``adjusted_rand`` and ``adjusted_rand_weighted``: 1
        when they agree, about 0 when they agree no more than by chance, NaN when they share no respondent.

    Raises
    ------
    UsageError
        If partitions have different lengths.

    References
    ----------
    Hubert & Arabie (1985), "Comparing partitions", Journal of Classification 2(1).

    Examples
    --------
    >>> compare_partitions({"means": [0, 0, 1, 1], "ward": [1, 1, 0, -1]})
      first second  n  adjusted_rand  adjusted_rand_weighted
    0 means   ward  3            1.0                     1.0
    """
    labels = {name: np.asarray(values) for name, values in partitions.items()}
    sizes = {name: len(values) for name, values in labels.items()}
    if len(set(sizes.values())) > 1:
        raise UsageError(f"the partitions have {sizes} rows; give the labels of the same respondents")
    n_rows = next(iter(sizes.values()), 0)
    weights = np.ones(n_rows) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    rows = []
    for first, second in combinations(labels, 2):
        both = (labels[first] >= 0) & (labels[second] >= 0)
        pair = labels[first][both], labels[second][both]
        rows.append((first, second, int(both.sum()), _rand(*pair, np.ones(both.sum())), _rand(*pair, weights[both])))
    return pd.DataFrame(rows, columns=["first", "second", "n", "adjusted_rand", "adjusted_rand_weighted"])


def _rand(first: NDArray[np.int64], second: NDArray[np.int64], weights: NDArray[np.float64]) -> float:
    if np.count_nonzero(weights) < 2:
        return float("nan")
    rows, columns = int(first.max()) + 1, int(second.max()) + 1
    # A pair of respondents counts the product of their weights.
    cells = _pairs(first * columns + second, weights, rows * columns)
    within = _pairs(first, weights, rows), _pairs(second, weights, columns)
    expected = within[0] * within[1] / _pairs(np.zeros_like(first), weights, 1)
    most = sum(within) / 2
    return 1.0 if most == expected else (cells - expected) / (most - expected)


def _pairs(groups: NDArray[np.int64], weights: NDArray[np.float64], size: int) -> float:
    mass = np.bincount(groups, weights=weights, minlength=size)
    return float(mass @ mass - weights @ weights) / 2
