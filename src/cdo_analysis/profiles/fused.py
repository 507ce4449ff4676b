"""The compiled EM algorithm of latent classes: one pass over the rows reads each once, and writes nothing a row.

Imported when a model is fitted, not before: numba takes a quarter of a second. Compiled code is cached on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

TINY = 1e-280
"""Below this the product of the probabilities of a row may have lost digits: it is taken again with logarithms."""


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile without the lock of the interpreter; without a cache where no folder can be written."""
    try:
        return njit(nogil=True, cache=True, error_model="numpy")(function)
    except RuntimeError:
        return njit(nogil=True, error_model="numpy")(function)


_inlined = njit(inline="always", error_model="numpy")
"""The inner loops are pasted where they are called: a call a row would cost as much as the row."""


@_compiled
def _row_by_logarithms(row, first, shares, tables, joint):  # type: ignore[no-untyped-def]
    """Fill `joint` with probabilities divided by the largest, and return their sum and the logarithm taken out."""
    top = -np.inf
    for k in range(len(shares)):
        joint[k] = np.log(shares[k]) if shares[k] > 0 else -np.inf
        for g in range(len(first)):
            joint[k] += np.log(tables[first[g] + row[g], k])
        top = max(top, joint[k])
    total = 0.0
    for k in range(len(shares)):
        joint[k] = np.exp(joint[k] - top)
        total += joint[k]
    return total, top


@_inlined
def _join_row(lookups, i, first, shares, tables, joint):  # type: ignore[no-untyped-def]
    """Fill `joint` with share times probability of the answers of a row, class by class, and return the sum."""
    total = 0.0
    for k in range(0, len(shares), 4):
        a, b, c, d = shares[k], shares[k + 1], shares[k + 2], shares[k + 3]
        for g in range(len(first)):
            r = first[g] + lookups[i, g]
            a *= tables[r, k]
            b *= tables[r, k + 1]
            c *= tables[r, k + 2]
            d *= tables[r, k + 3]
        joint[k], joint[k + 1], joint[k + 2], joint[k + 3] = a, b, c, d
        total += (a + b) + (c + d)
    return total


@_inlined
def _add_row(lookups, i, first, joint, scale, counts):  # type: ignore[no-untyped-def]
    """Add the posterior of a row, ``scale * joint``, to the counts of its joint answers."""
    for k in range(0, len(joint), 4):
        a, b, c, d = joint[k] * scale, joint[k + 1] * scale, joint[k + 2] * scale, joint[k + 3] * scale
        for g in range(len(first)):
            r = first[g] + lookups[i, g]
            counts[r, k] += a
            counts[r, k + 1] += b
            counts[r, k + 2] += c
            counts[r, k + 3] += d


@_compiled
def _pass_over_rows(lookups, weights, first, shares, tables, counts, sizes):  # type: ignore[no-untyped-def]
    """E step and sums of the M step; returns the weighted log-likelihood."""
    joint = np.empty(len(shares))
    likelihood = 0.0
    for i in range(len(weights)):
        if weights[i] == 0.0:
            continue
        total, top = _join_row(lookups, i, first, shares, tables, joint), 0.0
        if total < TINY:
            total, top = _row_by_logarithms(lookups[i], first, shares, tables, joint)
        likelihood += weights[i] * (np.log(total) + top)
        scale = weights[i] / total
        for k in range(len(joint)):
            sizes[k] += joint[k] * scale
        _add_row(lookups, i, first, joint, scale, counts)
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


@_compiled
def _left_to_gain(previous, gain):  # type: ignore[no-untyped-def]
    """Return what is still to gain if the gains go on shrinking at the rate of the last two."""
    size = abs(gain)
    if previous == 0.0 or not np.isfinite(previous) or not np.isfinite(gain):
        return size
    rate = gain / previous
    return max(size, size * rate / (1.0 - rate)) if 0.0 < rate < 1.0 else size
