"""The compiled inner loops of k-means; imported where they are needed, since numba takes a moment to load.

Rows lie side by side in memory, a score after the other (``columns`` has a row a score): distances of a block of rows
then stay in the first cache and the processor takes many rows an instruction.
"""

from __future__ import annotations

import numpy as np
from numba import njit

BLOCK = 512
"""Rows at once: their distances to the centres fill a few kilobytes."""

SUMS_MAY_MOVE = {"reassoc", "contract", "nsz"}
"""What lets sums be vectorised; the same machine adds them in the same order each time."""


@njit(cache=True, nogil=True, fastmath=SUMS_MAY_MOVE)
def nearest_of_block(columns, centers, start, nearest, label, gap):  # type: ignore[no-untyped-def]
    """Write the nearest centre, and the squared distance to it, of the rows from `start` on."""
    size = nearest.shape[0]
    for k in range(centers.shape[0]):
        number = np.int32(k)
        for i in range(size):
            gap[i] = 0
        for j in range(columns.shape[0]):
            center = centers[k, j]
            column = columns[j, start : start + size]
            for i in range(size):
                step = column[i] - center
                gap[i] += step * step
        for i in range(size):
            closer = (k == 0) | (gap[i] < nearest[i])
            nearest[i] = gap[i] if closer else nearest[i]
            label[i] = number if closer else label[i]


@njit(cache=True, nogil=True, fastmath=SUMS_MAY_MOVE)
def add_block(columns, weight, label, start, sums, masses):  # type: ignore[no-untyped-def]
    """Add the weighted sums and the masses of the clusters, over the rows from `start` on."""
    size = label.shape[0]
    share = np.empty(size, columns.dtype)
    nothing = columns.dtype.type(0)
    for k in range(sums.shape[0]):
        number = np.int32(k)
        mass = nothing
        for i in range(size):
            share[i] = weight[i] if label[i] == number else nothing
            mass += share[i]
        masses[k] += mass
        for j in range(columns.shape[0]):
            column = columns[j, start : start + size]
            total = nothing
            for i in range(size):
                total += share[i] * column[i]
            sums[k, j] += total


@njit(cache=True, nogil=True, fastmath=SUMS_MAY_MOVE)
def assign_rows(columns, weights, centers, labels, rows, sums, masses):  # type: ignore[no-untyped-def]
    """Label each row of the range `rows` by its nearest centre; add sums and masses; return the weighted inertia."""
    nearest = np.empty(BLOCK, columns.dtype)
    gap = np.empty(BLOCK, columns.dtype)
    inertia = 0.0
    for start in range(rows[0], rows[1], BLOCK):
        stop = min(start + BLOCK, rows[1])
        near, label, weight = nearest[: stop - start], labels[start:stop], weights[start:stop]
        nearest_of_block(columns, centers, start, near, label, gap)
        spent = columns.dtype.type(0)
        for i in range(stop - start):
            spent += weight[i] * near[i]
        inertia += spent
        add_block(columns, weight, label, start, sums, masses)
    return inertia


@njit(cache=True, nogil=True)
def move_centers(centers, sums, masses):  # type: ignore[no-untyped-def]
    """Put each centre at the mean of its rows, one that lost all of them staying; return the squared way made."""
    moved = 0.0
    for k in range(centers.shape[0]):
        if masses[k] > 0:
            for j in range(centers.shape[1]):
                place = sums[k, j] / masses[k]
                step = place - centers[k, j]
                moved += step * step
                centers[k, j] = place
    return moved


@njit(cache=True, nogil=True)
def climb_start(columns, weights, centers, max_iter, tol):  # type: ignore[no-untyped-def]
    """Move `centers` in place until they stay, within `tol` squared; return the inertia of the last pass."""
    labels = np.empty(columns.shape[1], np.int32)
    rows = (0, columns.shape[1])
    inertia = np.inf
    for _ in range(max_iter):
        sums = np.zeros(centers.shape)
        masses = np.zeros(centers.shape[0])
        inertia = assign_rows(columns, weights, centers.astype(columns.dtype), labels, rows, sums, masses)
        if move_centers(centers, sums, masses) <= tol:
            break
    return inertia


@njit(cache=True, nogil=True, fastmath=SUMS_MAY_MOVE)
def measure_from(columns, row, gaps):  # type: ignore[no-untyped-def]
    """Write the squared distance of each row to the row `row`."""
    n_scores, n_rows = columns.shape
    for i in range(n_rows):
        gaps[i] = 0
    for j in range(n_scores):
        column = columns[j]
        center = column[row]
        for i in range(n_rows):
            step = column[i] - center
            gaps[i] += step * step


@njit(cache=True, nogil=True)
def spread_centers(columns, weights, draws):  # type: ignore[no-untyped-def]
    """Return k-means++ centres, the best of ``draws.shape[1]`` rows drawn for each; `draws` are in [0, 1)."""
    n_scores, n_rows = columns.shape
    n_clusters, n_trials = draws.shape
    centers = np.empty((n_clusters, n_scores))
    nearest = np.full(n_rows, np.inf)
    chosen = np.full(n_rows, np.inf)
    gaps = np.empty(n_rows, columns.dtype)
    for k in range(n_clusters):
        mass = np.cumsum(weights.astype(np.float64)) if k == 0 else np.cumsum(weights * nearest)
        best_row, best_cost = -1, np.inf
        for trial in range(1 if k == 0 else n_trials):
            row = min(np.searchsorted(mass, draws[k, trial] * mass[-1], side="right"), n_rows - 1)
            measure_from(columns, row, gaps)
            cost = 0.0
            for i in range(n_rows):
                cost += weights[i] * min(gaps[i], nearest[i])
            if best_row < 0 or cost < best_cost:
                best_row, best_cost = row, cost
                for i in range(n_rows):
                    chosen[i] = min(gaps[i], nearest[i])
        nearest, chosen = chosen, nearest
        for i in range(n_rows):
            chosen[i] = nearest[i]
        for j in range(n_scores):
            centers[k, j] = columns[j, best_row]
    return centers


@njit(cache=True, nogil=True)
def sum_complete(scores, weights, complete, sums):  # type: ignore[no-untyped-def]
    """Flag rows with every score and a weight above 0; add their weighted scores; return their number and weight."""
    count, mass = 0, 0.0
    for i in range(scores.shape[0]):
        keep = weights[i] > 0
        for j in range(scores.shape[1]):
            keep &= not np.isnan(scores[i, j])
        complete[i] = keep
        if keep:
            count += 1
            mass += weights[i]
            for j in range(scores.shape[1]):
                sums[j] += weights[i] * scores[i, j]
    return count, mass


@njit(cache=True, nogil=True)
def sum_squares(scores, weights, complete, means, squares):  # type: ignore[no-untyped-def]
    """Add the weighted squared gaps of complete rows to the means."""
    for i in range(scores.shape[0]):
        if complete[i]:
            for j in range(scores.shape[1]):
                gap = scores[i, j] - means[j]
                squares[j] += weights[i] * gap * gap


@njit(cache=True, nogil=True)
def lay_columns(scores, weights, complete, means, deviations, columns, column_weights):  # type: ignore[no-untyped-def]
    """Write the standardised scores of complete rows, a score after the other, and their weights."""
    position = 0
    for i in range(scores.shape[0]):
        if complete[i]:
            column_weights[position] = weights[i]
            for j in range(scores.shape[1]):
                columns[j, position] = (scores[i, j] - means[j]) / deviations[j]
            position += 1


@njit(cache=True, nogil=True)
def place_rows(scores, centers, labels):  # type: ignore[no-untyped-def]
    """Write the nearest centre of each row over the scores that it has, -1 where it has none."""
    for i in range(scores.shape[0]):
        least = np.inf
        measured = False
        label = 0
        for k in range(centers.shape[0]):
            gap = 0.0
            for j in range(scores.shape[1]):
                step = scores[i, j] - centers[k, j]
                if not np.isnan(step):
                    gap += step * step
                    measured = True
            if gap < least:
                label, least = k, gap
        labels[i] = label if measured else -1
