"""Items that repeat each other: two wordings of one practice are not both active, or the pair makes a profile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cdo_analysis.errors import UsageError
from cdo_analysis.profiles.family import cut_numbers

NEAR_COPY = 0.9
"""Cramér's V from which an item says again what another says."""

NEAR_LINE = 0.95
"""Correlation, of either sign, from which a number says again what another says: a tenth of its variance is its own."""

EXPECTED_IN_EMPTY_CELL = 20.0
"""A pair is nested when a cell is empty that would hold this many respondents if the items were independent."""


def find_repeated(
    X: pd.DataFrame,
    *,
    sample_weight: ArrayLike | None = None,
    declared: Iterable[tuple[str, str]] = (),
    continuous: Sequence[str] = (),
) -> pd.DataFrame:
    """Find the items to leave out because another one already says what they say.

    Parameters
    ----------
    X : DataFrame of shape (n_respondents, n_items)
        Categorical answers; NaN where missing.
    sample_weight : array of shape (n_respondents,), optional
    declared : iterable of pairs of str
        (kept, dropped): pairs that the questionnaire nests, such as "social media" and "two social media or more".
    continuous : sequence of str, optional
        Columns that are numbers.

    Returns
    -------
    DataFrame, a row an item to drop
        ``item``; ``kept``, the item that stays; ``reason``: "declared", "copy" (Cramér's V of 0.9 or more) or
        "nested" (two yes/no items, and nobody gives one of the four pairs of answers, where 20 or more would by
        chance), "correlated" (two numbers whose correlation is 0.95 or more, in absolute value); ``cramers_v``, or that
        correlation of two numbers. Of a pair, the column that comes first stays.

    Raises
    ------
    UsageError
        If a declared pair names an item that is not in `X`.

    Examples
    --------
    >>> find_repeated(pd.DataFrame({"erp": [0, 1] * 20, "erp_too": [0, 1] * 20})).to_dict("records")
    [{'item': 'erp_too', 'kept': 'erp', 'reason': 'copy', 'cramers_v': 1.0}]
    """
    weights = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    weights = weights / weights[weights > 0].mean()
    declared = list(declared)
    unknown = [name for pair in declared for name in pair if name not in X]
    if unknown:
        raise UsageError(
            f"the declared pairs name {unknown[0]!r}, which is not an item; items: {', '.join(map(str, X))}"
        )
    rows = []
    dropped: set[str] = set()
    cut = cut_numbers(X, continuous)
    for kept, item in [*declared, *combinations(X.columns, 2)]:
        if dropped & {kept, item}:
            continue
        if kept in continuous and item in continuous:
            v = _correlate(X[kept], X[item], weights)
            reason = "correlated" if v >= NEAR_LINE else ""
        else:
            v, nested = _associate(cut[kept], cut[item], weights)
            reason = "copy" if v >= NEAR_COPY else "nested" if nested else ""
        reason = "declared" if (kept, item) in declared else reason
        if reason:
            dropped.add(item)
            rows.append((item, kept, reason, v))
    return pd.DataFrame(rows, columns=["item", "kept", "reason", "cramers_v"])


def _correlate(first: pd.Series, second: pd.Series, weights: np.ndarray) -> float:
    """Return the absolute weighted correlation of two numbers, 0 where one does not vary."""
    known = (first.notna() & second.notna()).to_numpy() & (weights > 0)
    if known.sum() < 2:
        return 0.0
    covariance = np.cov(np.vstack([first[known], second[known]]).astype(float), aweights=weights[known])
    spread = np.sqrt(covariance[0, 0] * covariance[1, 1])
    return float(round(abs(covariance[0, 1]) / spread, 12)) if spread > 0 else 0.0


def _associate(first: pd.Series, second: pd.Series, weights: np.ndarray) -> tuple[float, bool]:
    """Return Cramér's V of two items, and whether one of two yes/no items implies an answer to the other."""
    known = (first.notna() & second.notna()).to_numpy()
    seen = pd.crosstab(first[known], second[known], values=weights[known], aggfunc="sum").fillna(0.0).to_numpy()
    if min(seen.shape, default=0) < 2:
        return 0.0, False
    expected = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / seen.sum()
    v = np.sqrt(np.sum((seen - expected) ** 2 / expected) / (seen.sum() * (min(seen.shape) - 1)))
    empty = seen.shape == (2, 2) and bool(np.any((seen == 0) & (expected >= EXPECTED_IN_EMPTY_CELL)))
    return float(round(v, 12)), empty
