"""The compiled EM algorithm of latent classes: one pass over the rows reads each once, and writes nothing a row.

Imported when a model is fitted, not before: numba takes a quarter of a second. Compiled code is cached on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import config, float64, int64, njit, types, uint8

_0, _1, _2, _3, _4 = (np.uint64(number) for number in range(5))
"""Steps of an index that is never negative: numba then leaves out the check for Python's indices from the end."""

TINY = 1e-280
"""Below this the product of the probabilities of a row may have lost digits: it is taken again with logarithms."""


def _compiled(function: Callable[..., Any]) -> Any:
    """Compile without the lock of the interpreter; without a cache where no folder can be written."""
    try:
        return njit(nogil=True, cache=True, error_model="numpy")(function)
    except RuntimeError:
        return njit(nogil=True, error_model="numpy")(function)


_inlined = njit(inline="always", error_model="numpy")
"""The inner loops are pasted where they are called: a call a row would cost as much as the row."""


@_compiled
def _row_by_logarithms(at, shares, tables, joint):  # type: ignore[no-untyped-def]
    """Fill `joint` with probabilities divided by the largest, and return their sum and the logarithm taken out."""
    top = -np.inf
    for k in range(len(shares)):
        joint[k] = np.log(shares[k]) if shares[k] > 0 else -np.inf
        for g in range(len(at)):
            joint[k] += np.log(tables[at[g] + np.uint64(k)])
        top = max(top, joint[k])
    total = 0.0
    for k in range(len(shares)):
        joint[k] = np.exp(joint[k] - top)
        total += joint[k]
    return total, top


@_inlined
def _join_row(at, shares, tables, joint):  # type: ignore[no-untyped-def]
    """Fill `joint` with share times probability of the answers of a row, class by class, and return the sum."""
    total, k = 0.0, _0
    while k < len(shares):
        a, b, c, d = shares[k], shares[k + _1], shares[k + _2], shares[k + _3]
        for g in range(len(at)):
            r = at[g] + k
            a *= tables[r]
            b *= tables[r + _1]
            c *= tables[r + _2]
            d *= tables[r + _3]
        joint[k], joint[k + _1], joint[k + _2], joint[k + _3] = a, b, c, d
        total += (a + b) + (c + d)
        k += _4
    return total


@_inlined
def _add_row(at, joint, scale, counts):  # type: ignore[no-untyped-def]
    """Add the posterior of a row, ``scale * joint``, to the counts of its joint answers."""
    k = _0
    while k < len(joint):
        a, b, c, d = joint[k] * scale, joint[k + _1] * scale, joint[k + _2] * scale, joint[k + _3] * scale
        for g in range(len(at)):
            r = at[g] + k
            counts[r] += a
            counts[r + _1] += b
            counts[r + _2] += c
            counts[r + _3] += d
        k += _4


@_compiled
def _pass_over_rows(lookups, weights, first, shares, tables, counts, sizes):  # type: ignore[no-untyped-def]
    """E step and sums of the M step; returns the weighted log-likelihood."""
    flat, flat_counts = tables.ravel(), counts.ravel()  # views: one index a row instead of two
    joint, at = np.empty(len(shares)), np.empty(len(first), np.uint64)
    likelihood = 0.0
    for i in range(len(weights)):
        if weights[i] == 0.0:
            continue
        for g in range(len(first)):
            at[g] = (first[g] + lookups[i, g]) * len(shares)
        total, top = _join_row(at, shares, flat, joint), 0.0
        if total < TINY:
            total, top = _row_by_logarithms(at, shares, flat, joint)
        likelihood += weights[i] * (np.log(total) + top)
        scale = weights[i] / total
        for k in range(len(joint)):
            sizes[k] += joint[k] * scale
        _add_row(at, joint, scale, flat_counts)
    return likelihood


@_compiled
def _fill_tables(probabilities, cells, tables):  # type: ignore[no-untyped-def]
    """Multiply the probabilities (n_categories + 1, width) of the answers that each row of the tables stands for."""
    for r in range(len(cells)):
        for k in range(tables.shape[1]):
            tables[r, k] = probabilities[cells[r, 0], k]
        for j in range(1, cells.shape[1]):
            for k in range(tables.shape[1]):
                tables[r, k] *= probabilities[cells[r, j], k]


@_compiled
def _read_counts(counts, cells, items, pseudo, probabilities):  # type: ignore[no-untyped-def]
    """Turn counts of joint answers into the probabilities of the answers to each item."""
    width = counts.shape[1]
    probabilities[:] = 0.0
    for r in range(len(cells)):
        for j in range(cells.shape[1]):
            for k in range(width):
                probabilities[cells[r, j], k] += counts[r, k]
    for j in range(len(items) - 1):
        for k in range(width):
            total = 0.0
            for c in range(items[j], items[j + 1]):
                probabilities[c, k] += pseudo / (items[j + 1] - items[j])
                total += probabilities[c, k]
            for c in range(items[j], items[j + 1]):
                probabilities[c, k] /= total
    probabilities[-1] = 1.0


@_compiled
def _left_to_gain(previous, gain):  # type: ignore[no-untyped-def]
    """Return what is still to gain if the gains go on shrinking at the rate of the last two."""
    size = abs(gain)
    if previous == 0.0 or not np.isfinite(previous) or not np.isfinite(gain):
        return size
    rate = gain / previous
    return max(size, size * rate / (1.0 - rate)) if 0.0 < rate < 1.0 else size


@_compiled
def climb_alone(lookups, weights, layout, start, limits):  # type: ignore[no-untyped-def]
    """Run EM from one start to its end.

    Parameters
    ----------
    lookups : (n_rows, n_tables)
    weights : (n_rows,)
    layout : tuple
        `first` and `cells` of :class:`~cdo_analysis.profiles.packing.Packing`, and where each item starts among
        the categories, with their number at the end.
    start : tuple
        Shares (width,), 0 beyond the last class; probabilities (n_categories + 1, width), the last row being 1.
    limits : tuple
        The most iterations, the gain that is left to reach (log-likelihood), the pseudo-count, the number of classes.

    Returns
    -------
    shares, probabilities, log-likelihood, iterations, converged
    """
    first, cells, items = layout
    shares, probabilities = start[0].copy(), start[1].copy()
    max_iter, enough, pseudo, n_classes = limits
    tables = np.empty((len(cells), len(shares)))
    counts = np.empty_like(tables)
    sizes = np.empty(len(shares))
    reached, gain, n_iter, converged = -np.inf, np.inf, 0, False
    while n_iter < max_iter and not converged:
        _fill_tables(probabilities, cells, tables)
        counts[:] = 0.0
        sizes[:] = 0.0
        now = _pass_over_rows(lookups, weights, first, shares, tables, counts, sizes)
        _read_counts(counts, cells, items, pseudo, probabilities)
        shares[:n_classes] = sizes[:n_classes] + pseudo
        shares[:n_classes] /= shares[:n_classes].sum()
        previous, gain, reached = gain, now - reached, now
        n_iter += 1
        converged = _left_to_gain(previous, gain) <= enough
    return shares, probabilities, reached, n_iter, converged


_SIGNATURE = (
    uint8[:, ::1],
    float64[::1],
    types.Tuple((int64[::1], int64[:, ::1], int64[::1])),
    types.Tuple((float64[::1], float64[:, ::1])),
    types.Tuple((int64, float64, float64, int64)),
)


def _compile_side_by_side() -> None:
    """Compile for answers in bytes with four classes in one instruction, which numba leaves off by default."""
    settings: Any = config
    before = settings.SLP_VECTORIZE
    settings.SLP_VECTORIZE = 1
    try:
        climb_alone.compile(_SIGNATURE)
    finally:
        settings.SLP_VECTORIZE = before


_compile_side_by_side()
