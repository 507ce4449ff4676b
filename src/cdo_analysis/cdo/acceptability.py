"""Share of the weights under which each option ranks first: one matrix product, then who leads in each draw."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

TIED = 1e-9
"""Two options whose scores differ by less rank equal, and share the draw."""

COMPILED = 60_000_000
"""Scores (firms × options × draws) from which compiled code is loaded: it saves more than its loading takes."""

_BLOCK = 4_000_000
"""Scores computed at a time in double precision: 32 MB."""
_FIRMS, _DRAWS = 32, 1024
"""Firms and draws at a time in single precision: their scores, 1 MB, stay in the cache of a core."""


def rank_first_shares(
    suitability: NDArray[np.float64], feasible: NDArray[np.bool_], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the share of the weights under which each option ranks first among the feasible ones.

    Parameters
    ----------
    suitability : ndarray of shape (n_firms, n_criteria, n_options)
        NaN where unmeasured.
    feasible : ndarray of bool, of shape (n_firms, n_options)
    weights : ndarray of shape (n_draws, n_criteria)

    Returns
    -------
    ndarray of shape (n_firms, n_options)
        Options that tie share the draw equally. A row adds up to 1, or to 0 where nothing is feasible.

    Notes
    -----
    Large tables are multiplied in single precision; a draw whose first two scores are nearer than rounding is settled
    in double precision, so that both ways count the same draws.

    Examples
    --------
    >>> table = np.array([[[1.0, 0.0], [0.0, 1.0]]])  # one firm, two criteria, two options
    >>> both = np.ones((1, 2), dtype=bool)
    >>> rank_first_shares(table, both, np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8], [0.6, 0.4]])).tolist()
    [[0.625, 0.375]]
    """
    table = np.nan_to_num(suitability).transpose(0, 2, 1)
    # Counts of whole units: whatever the number of tied options, a share of a draw is exact.
    unit = math.lcm(*range(1, table.shape[1] + 1))
    large = table.shape[0] * table.shape[1] * len(weights) >= COMPILED
    counts = (_count_compiled if large else _count)(table, feasible, weights, unit)
    return np.asarray(counts / (unit * len(weights)), dtype="float64")


def _count(
    table: NDArray[np.float64], feasible: NDArray[np.bool_], weights: NDArray[np.float64], unit: int
) -> NDArray[np.int64]:
    firms, options, criteria = table.shape
    counts = np.zeros((firms, options), dtype=np.int64)
    step = max(1, _BLOCK // (options * len(weights)))
    for start in range(0, firms, step):
        block = slice(start, start + step)
        scores = (table[block].reshape(-1, criteria) @ weights.T).reshape(-1, options, len(weights))
        counts[block] = count_leads(scores, feasible[block], unit)
    return counts


def count_leads(scores: NDArray[np.float64], feasible: NDArray[np.bool_], unit: int) -> NDArray[np.int64]:
    """Return `unit` times the draws in which each option leads, ties shared; `scores` are overwritten.

    Parameters
    ----------
    scores : ndarray of shape (n_firms, n_options, n_draws)
    feasible : ndarray of bool, of shape (n_firms, n_options)
    unit : int
        A multiple of every number of options that may tie.
    """
    scores[~feasible] = -np.inf
    first = scores >= scores.max(axis=1, keepdims=True) - TIED
    shared = unit // first.sum(axis=1, keepdims=True)
    return np.where(feasible, (first * shared).sum(axis=2), 0)


def _count_compiled(
    table: NDArray[np.float64], feasible: NDArray[np.bool_], weights: NDArray[np.float64], unit: int
) -> NDArray[np.int64]:
    from cdo_analysis.cdo.fused import count_first

    firms, options, criteria = table.shape
    counts = np.zeros((firms, options), dtype=np.int64)
    single, columns = np.ascontiguousarray(table, dtype=np.float32), np.ascontiguousarray(weights.T, dtype=np.float32)
    scores = np.empty((_FIRMS * options, _DRAWS), dtype=np.float32)
    for start in range(0, firms, _FIRMS):
        block = slice(start, start + _FIRMS)
        rows = single[block].reshape(-1, criteria)
        exact = np.ascontiguousarray(table[block])
        for first in range(0, len(weights), _DRAWS):
            draws = slice(first, first + _DRAWS)
            product = scores[: len(rows), : len(weights[draws])]
            np.matmul(rows, columns[:, draws], out=product)
            shaped = product.reshape(-1, options, product.shape[1])
            count_first(shaped, feasible[block], exact, weights[draws], (TIED, unit), counts[block])
    return counts
