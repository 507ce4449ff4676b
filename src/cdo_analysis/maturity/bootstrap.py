"""The bootstrap interval of Cronbach's alpha, from counts of rows: no replicate is ever laid out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.maturity.answers import Floats

_BLOCK = 4_000_000
"""Counts held at once: 32 MB of them, whatever the sample and the number of replicates."""


@dataclass(frozen=True)
class AlphaInterval:
    """Cronbach's alpha and its percentile interval.

    Attributes
    ----------
    alpha, low, high : float
        1 at most; below 0 where items go against each other.
    n, items : int
        Respondents with every item measured, and items with different answers among them.
    replicates : ndarray of shape (replicates,)
        Alpha of each bootstrap sample; NaN where its sum of items did not vary, which the interval leaves out.
    """

    alpha: float
    low: float
    high: float
    n: int
    items: int
    replicates: Floats = field(repr=False)


def alpha_bootstrap(
    points: pd.DataFrame | NDArray[np.float64],
    *,
    replicates: int = 100,
    sample_weight: ArrayLike | None = None,
    level: float = 0.95,
    random_state: int = 0,
) -> AlphaInterval:
    """Return Cronbach's alpha and its bootstrap interval, which supposes no law of the answers.

    Respondents are drawn with replacement, as many as there are. A bootstrap sample is a count of each row, and alpha
    needs two numbers of the Gram matrix under these counts: its trace (the variances of the items) and its sum (the
    variance of their sum). Both are linear in the counts, so that one matrix product gives them for many replicates.

    Parameters
    ----------
    points : DataFrame or ndarray of shape (n, items)
        What each answer is worth, in any unit, NaN where it was not measured. Respondents with every item are used;
        items to which all of them gave the same answer are left out, as in :func:`reliability`.
    replicates : int
        Bootstrap samples, 1 or more. The ends of a 95 % interval are steady from about 1,000 on.
    sample_weight : array-like of shape (n,), optional
        Not negative; equal by default. A Series goes by its index where `points` is a DataFrame.
    level : float
        Confidence of the interval, between 0 and 1.
    random_state : int
        Seed.

    Returns
    -------
    AlphaInterval

    Raises
    ------
    InputError
        Fewer than two respondents or two items are left, or a weight is missing or negative.
    UsageError
        There is no replicate, or the level is not between 0 and 1.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13; Yuan, Guarnaccia and Hayslip (2003),
    Educational and Psychological Measurement 63(1), 5-23, on alpha.

    Examples
    --------
    >>> points = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [1.0, 2.0, 4.0, 3.0]})
    >>> round(alpha_bootstrap(points).alpha, 4)
    0.8889
    """
    if replicates < 1 or not 0 < level < 1:
        raise UsageError(
            f"replicates = {replicates} and level = {level}; write 1 or more, and a level between 0 and 1."
        )
    table, weights = _used(points, sample_weight)
    moments, k = _moments(table, weights)
    alpha = _alpha(np.ones((1, len(table))) @ moments, k)[0]
    drawn = [_alpha(counts @ moments, k) for counts in _counts(len(table), replicates, random_state)]
    values = np.concatenate(drawn)
    known = values[np.isfinite(values)]
    ends = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile(known, ends) if known.size else (np.nan, np.nan)
    return AlphaInterval(float(alpha), float(low), float(high), len(table), k, values)


def _used(points: pd.DataFrame | Floats, sample_weight: ArrayLike | None) -> tuple[Floats, Floats]:
    """Return the respondents and items that alpha rests on, and the weights."""
    if isinstance(points, pd.DataFrame) and isinstance(sample_weight, pd.Series):
        sample_weight = sample_weight.reindex(points.index)
    table = np.asarray(points, dtype="float64")
    n = len(table)
    weights = np.ones(n) if sample_weight is None else np.asarray(sample_weight, dtype="float64")
    if weights.shape != (n,) or not (weights >= 0).all():
        raise InputError(f"the {n} respondents do not all have a weight of 0 or more; give each of them one.")
    complete = np.isfinite(table).all(axis=1) & (weights > 0)
    if not complete.all():
        table, weights = table[complete], weights[complete]
    varies = np.ptp(table, axis=0) > 0 if len(table) else np.zeros(table.shape[1], dtype=bool)
    if len(table) < 2 or varies.sum() < 2:
        raise InputError(
            f"alpha needs two respondents with every item and two items with different answers; there are "
            f"{len(table)} and {int(varies.sum())}."
        )
    return (table if varies.all() else table[:, varies]), weights


def _moments(table: Floats, weights: Floats) -> tuple[Floats, int]:
    """Return what each respondent adds to the moments: weight, items, sum of squares, square of the sum."""
    n, k = table.shape
    moments = np.empty((n, k + 3))
    items = moments[:, 1:-2]
    # Around the mean of each item, squares of large values do not cancel each other out.
    np.subtract(table, weights @ table / weights.sum(), out=items)
    np.einsum("ij,ij->i", items, items, out=moments[:, -2])
    np.square(items.sum(axis=1), out=moments[:, -1])
    moments[:, 0] = 1.0
    moments *= weights[:, np.newaxis]
    return moments, k


def _alpha(sums: Floats, k: int) -> Floats:
    """Return alpha for each row of summed moments; NaN where the sum of the items does not vary."""
    means = sums[:, 1:] / sums[:, :1]
    items, squares, square_of_sum = means[:, :-2], means[:, -2], means[:, -1]
    trace = squares - np.square(items).sum(axis=1)
    total = square_of_sum - np.square(items.sum(axis=1))
    varies = total > 1e-12 * square_of_sum
    return k / (k - 1) * (1 - np.divide(trace, total, out=np.full_like(total, np.nan), where=varies))


def _counts(n: int, replicates: int, random_state: int) -> Iterator[Floats]:
    """Yield how often each row is drawn, a row a replicate, a block at a time."""
    random = np.random.default_rng(random_state)
    size = max(1, _BLOCK // n)
    for start in range(0, replicates, size):
        counts = np.empty((min(size, replicates - start), n))
        for row in counts:
            row[:] = np.bincount(random.integers(n, size=n), minlength=n)
        yield counts
