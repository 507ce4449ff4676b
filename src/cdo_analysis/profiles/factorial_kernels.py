"""The compiled loops of the factorial axes and of Ward; imported where they are needed, as numba takes a moment."""

from __future__ import annotations

import numpy as np
from numba import njit, types
from numba.extending import intrinsic


@intrinsic
def count_ones(typing_context, word):  # type: ignore[no-untyped-def]
    """Return how many bits of a word are 1: one instruction, of many words where the processor can."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


@njit(cache=True, nogil=True)
def pack_answers(codes, places, maps):  # type: ignore[no-untyped-def]
    """Set, in the map of each active answer, the bit of each row that gave it."""
    for i in range(codes.shape[0]):
        word, bit = i >> 6, np.uint64(1) << np.uint64(i & 63)
        for q in range(codes.shape[1]):
            if codes[i, q] >= 0:
                place = places[q, codes[i, q]]
                if place >= 0:
                    maps[place, word] |= bit


@njit(cache=True, nogil=True)
def count_pairs(maps, counts):  # type: ignore[no-untyped-def]
    """Add to the upper triangle of `counts` how many rows gave both answers."""
    for first in range(maps.shape[0]):
        left = maps[first]
        for second in range(first, maps.shape[0]):
            right = maps[second]
            together = np.uint64(0)
            for word in range(left.shape[0]):
                together += count_ones(left[word] & right[word])  # type: ignore[call-arg]
            counts[first, second] += together


@njit(cache=True, nogil=True)
def lay_indicators(codes, numbers, places, roots, table):  # type: ignore[no-untyped-def]
    """Fill a row a firm: its root weight under each active answer, and times each of its numbers, in last columns."""
    n_questions, n_numbers = codes.shape[1], numbers.shape[1]
    first_number = table.shape[1] - n_numbers
    for i in range(codes.shape[0]):
        for k in range(table.shape[1]):
            table[i, k] = 0
        for q in range(n_questions):
            if codes[i, q] >= 0:
                place = places[q, codes[i, q]]
                if place >= 0:
                    table[i, place] = roots[i]
        for c in range(n_numbers):
            table[i, first_number + c] = roots[i] * numbers[i, c]


@njit(cache=True, nogil=True)
def add_answers(codes, weights, totals):  # type: ignore[no-untyped-def]
    """Add the weight of each row to each of its answers; `totals` has a row a question."""
    for i in range(codes.shape[0]):
        for q in range(codes.shape[1]):
            if codes[i, q] >= 0:
                totals[q, codes[i, q]] += weights[i]


@njit(cache=True, nogil=True)
def add_rows(codes, numbers, places, axes, constant, coordinates):  # type: ignore[no-untyped-def]
    """Write the coordinates of each row: a constant, and the axes of its answers and numbers."""
    n_axes, n_numbers = axes.shape[1], numbers.shape[1]
    first_number = axes.shape[0] - n_numbers
    for i in range(codes.shape[0]):
        for a in range(n_axes):
            coordinates[i, a] = constant[a]
        for q in range(codes.shape[1]):
            if codes[i, q] >= 0:
                place = places[q, codes[i, q]]
                if place >= 0:
                    for a in range(n_axes):
                        coordinates[i, a] += axes[place, a]
        for c in range(n_numbers):
            for a in range(n_axes):
                coordinates[i, a] += numbers[i, c] * axes[first_number + c, a]


@njit(cache=True, nogil=True)
def find_nearest(top, before, alive, centers, weights):  # type: ignore[no-untyped-def]
    """Return the group whose union with `top` loses least inertia, `before` where it is as near, and that loss."""
    nearest, least = -1, np.inf
    for other in alive:
        if other == top:
            continue
        gap = 0.0
        for a in range(centers.shape[1]):
            step = centers[other, a] - centers[top, a]
            gap += step * step
        gap *= weights[other] * weights[top] / (weights[other] + weights[top])
        if gap < least or (gap == least and other == before):
            nearest, least = other, gap
    return nearest, least


@njit(cache=True, nogil=True)
def unite(keep, drop, alive, centers, weights):  # type: ignore[no-untyped-def]
    """Put the group `drop` into `keep`; the last group alive takes its place in the list."""
    both = weights[keep] + weights[drop]
    for a in range(centers.shape[1]):
        centers[keep, a] = (weights[keep] * centers[keep, a] + weights[drop] * centers[drop, a]) / both
    weights[keep] = both
    for place in range(alive.shape[0]):
        if alive[place] == drop:
            alive[place] = alive[-1]
            return


@njit(cache=True, nogil=True)
def merge_nearest(points, masses):  # type: ignore[no-untyped-def]
    """Return the merges of Ward's tree by chains of nearest neighbours: pairs of groups, and the inertia each loses.

    A group is called by its lowest leaf. Memory is that of the points: no table of distances.
    """
    n_leaves = points.shape[0]
    centers, weights, alive = points.copy(), masses.copy(), np.arange(n_leaves)
    pairs, losses = np.empty((n_leaves - 1, 2), np.int64), np.empty(n_leaves - 1)
    chain, length = np.empty(n_leaves, np.int64), 0
    for merge in range(n_leaves - 1):
        groups = alive[: n_leaves - merge]
        if length == 0:
            chain[0], length = groups[0], 1
        while True:
            top = chain[length - 1]
            before = chain[length - 2] if length > 1 else -1
            nearest, least = find_nearest(top, before, groups, centers, weights)
            if nearest == before:
                break
            chain[length] = nearest
            length += 1
        length -= 2
        pairs[merge, 0], pairs[merge, 1], losses[merge] = min(top, before), max(top, before), least
        unite(pairs[merge, 0], pairs[merge, 1], groups, centers, weights)
    return pairs, losses


@njit(cache=True, nogil=True)
def exchange_rows(points, weights, labels, centers, masses, max_passes):  # type: ignore[no-untyped-def]
    """Move rows one by one to the cluster whose inertia grows least, centres following, until none gains by it.

    Where no row gains, each is also with its nearest centre.
    """
    n_rows, n_axes = points.shape
    gaps = np.empty(centers.shape[0])
    for _ in range(max_passes):
        moved = False
        for i in range(n_rows):
            here, weight = labels[i], weights[i]
            left = masses[here] - weight
            if left <= 1e-12 * masses[here]:
                continue
            for k in range(centers.shape[0]):
                gap = 0.0
                for a in range(n_axes):
                    step = points[i, a] - centers[k, a]
                    gap += step * step
                gaps[k] = gap * masses[k] / (masses[k] + weight) if k != here else gap * masses[k] / left
            there = np.argmin(gaps)
            if gaps[there] < gaps[here] * (1 - 1e-12):
                for a in range(n_axes):
                    centers[here, a] -= (points[i, a] - centers[here, a]) * weight / left
                    centers[there, a] += (points[i, a] - centers[there, a]) * weight / (masses[there] + weight)
                masses[here], masses[there] = left, masses[there] + weight
                labels[i] = there
                moved = True
        if not moved:
            return
