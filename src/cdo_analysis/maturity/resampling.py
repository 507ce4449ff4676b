"""Bootstrap without copying a row: each replicate is a vector of counts, and sums come from one matrix product."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, factorial

import numpy as np
from numpy.typing import NDArray

from cdo_analysis.maturity.answers import Floats

_ROWS = 8192
_LARGEST = 2**16


def bootstrap_grams(
    values: Floats, *, replicates: int, sample_weight: Floats | None = None, random_state: int = 0
) -> Floats:
    """Return the matrices of cross products over bootstrap samples of the rows.

    A row is drawn a Poisson(1) number of times, independently of the others: the number of rows then varies a little
    from replicate to replicate, which statistics that divide by it do not see. Rows are read once, in blocks.

    Parameters
    ----------
    values : ndarray of shape (n, k)
    replicates : int
        How many samples, B.
    sample_weight : ndarray of shape (n,), optional
        Weights that multiply the counts.
    random_state : int

    References
    ----------
    Hanley and MacGibbon (2006), Creating non-parametric bootstrap samples using Poisson frequencies, Computer Methods
    and Programs in Biomedicine 83(1), 57-62.

    Returns
    -------
    ndarray of shape (B, k + 1, k + 1)
        Cross products of the columns and, last, of a column of ones.
    """
    rng = np.random.default_rng(random_state)
    wide = np.column_stack([values, np.ones(len(values))]).astype(np.float32)
    k = wide.shape[1]
    upper = np.triu_indices(k)
    sums = np.zeros((replicates, len(upper[0])))
    for start, counts in _counts(len(wide), replicates, rng):
        block = wide[start : start + _ROWS]
        products = block[:, upper[0]] * block[:, upper[1]]
        if sample_weight is not None:
            products *= sample_weight[start : start + _ROWS].astype(np.float32)[:, np.newaxis]
        sums += counts @ products
    grams = np.empty((replicates, k, k))
    grams[:, upper[0], upper[1]] = grams[:, upper[1], upper[0]] = sums
    return grams


def covariances_of(grams: Floats) -> Floats:
    """Return the covariance matrices (divided by n) that cross products hold.

    Examples
    --------
    >>> x = np.array([[1.0], [3.0], [1.0]])  # two rows, a column, and its column of ones
    >>> grams = np.array([[[10.0, 4.0], [4.0, 2.0]]])  # of the values 1 and 3
    >>> covariances_of(grams).tolist()
    [[[1.0]]]
    """
    total = grams[:, -1:, -1:]
    means = grams[:, :-1, -1:] / total
    return grams[:, :-1, :-1] / total - means @ np.swapaxes(means, 1, 2)


def percentile_interval(replicated: Floats, level: float = 0.95) -> tuple[float, float]:
    """Return the percentile interval of a statistic; NaN where too few replicates have it."""
    known = replicated[np.isfinite(replicated)]
    if len(known) < max(2, len(replicated) / 2):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _counts(n: int, replicates: int, rng: np.random.Generator) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Return, block by block, how often each row is drawn: Poisson counts read in a table from 16 random bits."""
    shares = np.cumsum([exp(-1) / factorial(count) for count in range(9)])
    table = np.searchsorted(shares, (np.arange(_LARGEST) + 0.5) / _LARGEST).astype(np.float32)
    for start in range(0, n, _ROWS):
        rows = min(_ROWS, n - start)
        yield start, table[rng.integers(0, _LARGEST, size=(replicates, rows), dtype=np.uint16)]
