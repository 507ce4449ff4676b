"""Weighted k-means: many starts on a sample of the rows, the best one polished on all of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CHUNK = 1 << 18
"""Rows of a piece of a pass: the same pieces whatever the number of threads, hence the same sums."""

SINGLE_FROM = 10_000
"""Rows from which distances are in single precision; sums of blocks stay in double."""

MAX_ITER = 300
"""The most passes of a start, and of the polishing."""


@dataclass(frozen=True)
class Standardised:
    """Complete rows, centred and divided by their deviation, a score after the other.

    Attributes
    ----------
    columns : ndarray of shape (n_scores, n_complete)
        Single precision from :data:`SINGLE_FROM` rows on.
    weights : ndarray of shape (n_complete,)
        Of the type of `columns`, mean 1.
    complete : ndarray of bool, of shape (n_rows,)
        Which rows these are: every score measured, weight above 0.
    means, deviations : ndarrays of shape (n_scores,)
        Weighted, in the unit of each score; the deviation of a constant score is taken as 1.
    mean_weight : float
        What the weights were divided by.
    """

    columns: NDArray
    weights: NDArray
    complete: NDArray[np.bool_]
    means: Floats
    deviations: Floats
    mean_weight: float

    def take(self, rows: NDArray[np.int64]) -> tuple[NDArray, NDArray]:
        """Return the columns and weights of some rows."""
        return np.ascontiguousarray(self.columns[:, rows]), self.weights[rows]


@dataclass(frozen=True)
class Clusters:
    """What :func:`find_clusters` found, in standard units.

    Attributes
    ----------
    centers : ndarray of shape (n_clusters, n_scores)
        Weighted means of the clusters.
    labels : ndarray of int32, of shape (n_complete,)
        Nearest centre of each complete row.
    inertia : float
        Weighted sum of squared distances to the nearest centre, weights of mean 1.
    """

    centers: Floats
    labels: NDArray[np.int32]
    inertia: float


def standardise(scores: Floats, weights: Floats) -> Standardised:
    """Centre and scale the rows where every score is measured and whose weight is above 0.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_scores)
        NaN where unmeasured.
    weights : ndarray of shape (n_rows,)
        0 or more.

    Returns
    -------
    Standardised
        Without any row where none is complete.
    """
    from cdo_analysis.profiles import lloyd_kernels as kernels

    complete = np.empty(len(scores), dtype=np.bool_)
    means = np.zeros(scores.shape[1])
    count, mass = kernels.sum_complete(scores, weights, complete, means)
    means /= mass if mass else 1.0
    squares = np.zeros_like(means)
    kernels.sum_squares(scores, weights, complete, means, squares)
    spread = np.sqrt(squares / (mass if mass else 1.0))
    # A constant column of 0.1 has a variance of a few 1e-34: rounding, not spread.
    deviations = np.where(spread > 1e-14 * np.abs(means), spread, 1.0)
    dtype = np.float32 if count >= SINGLE_FROM else np.float64
    columns, column_weights = np.empty((scores.shape[1], count), dtype), np.empty(count, dtype)
    mean_weight = mass / count if count else 1.0
    kernels.lay_columns(scores, weights / mean_weight, complete, means, deviations, columns, column_weights)
    return Standardised(columns, column_weights, complete, means, deviations, mean_weight)


@dataclass(frozen=True)
class Search:
    """How clusters are looked for.

    Attributes
    ----------
    n_init : int
        Number of k-means++ starts.
    start_rows : int
        Above this many rows, the starts run on a sample of so many, drawn without replacement.
    tol : float
        Centres have settled when the squared way they make, added over them, is no more than this.
    """

    n_init: int
    start_rows: int
    tol: float


def find_clusters(rows: Standardised, n_clusters: int, search: Search, random: np.random.RandomState) -> Clusters:
    """Find the clusters of lowest weighted inertia over some k-means++ starts.

    Parameters
    ----------
    rows : Standardised
        At least `n_clusters` of them.
    n_clusters : int
        Number of clusters.
    search : Search
        Starts, sample, tolerance.
    random : RandomState
        Draws the sample and the starts.

    Returns
    -------
    Clusters
        After a last pass: each row is with its nearest centre, and each centre is the mean of its rows within `tol`.
    """
    from cdo_analysis.profiles import lloyd_kernels as kernels

    n_rows = rows.columns.shape[1]
    order = _sample(n_rows, search.start_rows, random) if n_rows > search.start_rows else _sort(rows)
    columns, weights = rows.take(order)
    trials = 2 + int(np.log(n_clusters))
    draws = random.random_sample((search.n_init, n_clusters, trials))
    best, lowest = None, np.inf
    for draw in draws:
        centers = kernels.spread_centers(columns, weights, draw)
        inertia = kernels.climb_start(columns, weights, centers, MAX_ITER, search.tol)
        if best is None or inertia < lowest * (1 - 1e-9):
            best, lowest = centers, inertia
    assert best is not None, "n_init is 1 or more"
    return polish(rows, best, search.tol)


def _sample(n_rows: int, size: int, random: np.random.RandomState) -> NDArray[np.int64]:
    # Sorted distinct positions, without permuting millions of rows; what is lost to repeats is a few rows.
    return np.unique(random.randint(n_rows, size=size)) if n_rows > 20 * size else _draw(n_rows, size, random)


def _draw(n_rows: int, size: int, random: np.random.RandomState) -> NDArray[np.int64]:
    return np.sort(random.permutation(n_rows)[:size])


def _sort(rows: Standardised) -> NDArray[np.int64]:
    # k-means++ draws rows by position: sorted rows make the draws independent of the order of the export.
    return np.lexsort((rows.weights, *rows.columns))


def polish(rows: Standardised, centers: Floats, tol: float) -> Clusters:
    """Move centres, in place, until the squared way they still make on all rows is no more than `tol`."""
    labels = np.empty(rows.columns.shape[1], dtype=np.int32)
    pieces = [(start, min(start + CHUNK, len(labels))) for start in range(0, len(labels), CHUNK)]
    if len(pieces) == 1:
        return _settle(rows, centers, labels, lambda one: [one(pieces[0])], tol)
    # Threads of one call and no longer: a pool that outlives it would hang the processes that reports fork.
    with ThreadPoolExecutor(min(len(pieces), os.cpu_count() or 1)) as pool:
        return _settle(rows, centers, labels, lambda one: list(pool.map(one, pieces)), tol)


Sums = tuple[float, Floats, Floats]
Passes = Callable[[Callable[[tuple[int, int]], Sums]], list[Sums]]
"""Calls a function on each piece of the rows and returns the results in the order of the pieces."""


def _settle(rows: Standardised, centers: Floats, labels: NDArray[np.int32], over: Passes, tol: float) -> Clusters:
    from cdo_analysis.profiles import lloyd_kernels as kernels

    columns = rows.columns

    def one(piece: tuple[int, int]) -> Sums:
        sums, masses = np.zeros(centers.shape), np.zeros(len(centers))
        here = centers.astype(columns.dtype)
        inertia = kernels.assign_rows(columns, rows.weights, here, labels, piece, sums, masses)
        return inertia, sums, masses

    inertia = np.inf
    for _ in range(MAX_ITER):
        parts = over(one)
        inertia = sum(part[0] for part in parts)
        sums, masses = sum(part[1] for part in parts), sum(part[2] for part in parts)
        if kernels.move_centers(centers, sums, masses) <= tol:
            break
    return Clusters(centers, labels, float(inertia))


def nearest_center(scores: Floats, centers: Floats) -> NDArray[np.int64]:
    """Return the nearest centre of each row, over the scores that the row has, and -1 where it has none.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_scores)
        NaN where unmeasured.
    centers : ndarray of shape (n_clusters, n_scores)
        In the same unit.

    Returns
    -------
    ndarray of int, of shape (n_rows,)

    Examples
    --------
    >>> nearest_center(np.array([[1.0, np.nan], [np.nan, np.nan]]), np.array([[0.0, 0.0], [1.0, 9.0]]))
    array([ 1, -1])
    """
    from cdo_analysis.profiles import lloyd_kernels as kernels

    labels = np.empty(len(scores), dtype=np.int64)
    kernels.place_rows(np.ascontiguousarray(scores), np.ascontiguousarray(centers), labels)
    return labels
