"""The inertia of a table of answers: cross-products by blocks of rows, its axes, and how many of them are enough."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas, eigh
from threadpoolctl import threadpool_limits

Floats = NDArray[np.float64]

BLOCK = 1024
"""Rows laid out at once: their 0/1 table stays in the second cache."""

COUNTED = 1 << 15
"""Rows counted at once where they all weigh the same: their maps of bits stay in the second cache."""

SINGLE_FROM = 20_000
"""Rows from which a block is multiplied in single precision; blocks are added in double."""

ZERO = 1e-6
"""An eigenvalue under this is the rounding of single precision."""

MOST_OF_INERTIA = 0.9
"""Share of the corrected inertia that is enough."""

FEWEST_AXES = 2


def cross_products(
    codes: NDArray[np.int16], numbers: Floats, places: NDArray[np.int32], weights: Floats, n_active: int
) -> Floats:
    """Return the weighted cross-products of active answers (Burt's table) and numbers.

    Parameters
    ----------
    codes : ndarray of int, of shape (n_rows, n_questions)
        -1 where missing.
    numbers : ndarray of shape (n_rows, n_numbers)
        Standardised, without missing ones.
    places : ndarray of int, of shape (n_questions, most categories)
        Column of each answer, -1 where passive.
    weights : ndarray of shape (n_rows,)
        They sum to 1.
    n_active : int
        Number of active answers.

    Returns
    -------
    ndarray of shape (n_active + n_numbers, n_active + n_numbers)
        Symmetric.
    """
    if numbers.shape[1] == 0 and np.all(weights == weights[0]):
        upper = _count(codes, places, n_active)
    else:
        upper = _multiply(codes, numbers, places, weights, n_active)
    return upper + np.triu(upper, 1).T


def _count(codes: NDArray[np.int16], places: NDArray[np.int32], n_active: int) -> Floats:
    """Count the pairs of answers of rows that weigh the same, 64 rows a word."""
    from cdo_analysis.profiles import factorial_kernels as kernels

    counts = np.zeros((n_active, n_active), dtype=np.uint64)
    for start in range(0, len(codes), COUNTED):
        block = codes[start : start + COUNTED]
        maps = np.zeros((n_active, -(-len(block) // 64)), dtype=np.uint64)
        kernels.pack_answers(block, places, maps)
        kernels.count_pairs(maps, counts)
    return counts / len(codes)


def _multiply(
    codes: NDArray[np.int16], numbers: Floats, places: NDArray[np.int32], weights: Floats, n_active: int
) -> Floats:
    from cdo_analysis.profiles import factorial_kernels as kernels

    size, n_rows = n_active + numbers.shape[1], len(codes)
    single = n_rows >= SINGLE_FROM
    dtype, multiply = (np.float32, blas.ssyrk) if single else (np.float64, blas.dsyrk)
    products = np.zeros((size, size), order="F")
    table = np.empty((BLOCK, size), dtype=dtype)
    roots = np.sqrt(weights * n_rows)
    # Threads would add in an order of theirs: one thread, and the same input gives the same bytes.
    with threadpool_limits(limits=1):
        for start in range(0, n_rows, BLOCK):
            rows = slice(start, min(start + BLOCK, n_rows))
            laid = table[: rows.stop - rows.start]
            kernels.lay_indicators(codes[rows], numbers[rows], places, roots[rows], laid)
            products += multiply(1.0, laid.T)
    return np.triu(products) / n_rows


def find_axes(inertia: Floats) -> tuple[Floats, Floats]:
    """Return the positive eigenvalues of a symmetric table, decreasing, and their vectors, the largest entry positive.

    Examples
    --------
    >>> find_axes(np.diag([1.0, 4.0]))[0]
    array([4., 1.])
    """
    with threadpool_limits(limits=1):
        values, vectors = eigh(inertia)
    kept = np.flatnonzero(values > ZERO)[::-1]
    values, vectors = values[kept], vectors[:, kept]
    if len(kept):
        largest = np.abs(vectors).argmax(axis=0)
        vectors = vectors * np.sign(vectors[largest, np.arange(len(kept))])
    return values, vectors


def enough_axes(eigenvalues: Floats, questions: int | None) -> int:
    """Return how many axes are enough to tell profiles by.

    Parameters
    ----------
    eigenvalues : ndarray
        Decreasing.
    questions : int or None
        Number of questions of a multiple correspondence analysis: the axes that carry nine tenths of the inertia
        corrected by Benzécri. None where the table holds numbers: the axes above 1. Two axes at least.

    Returns
    -------
    int

    Examples
    --------
    >>> enough_axes(np.array([0.7, 0.5, 0.3]), 4), enough_axes(np.array([2.5, 1.1, 1.01, 0.4]), None)
    (2, 3)
    """
    if questions is None:
        return max(FEWEST_AXES, int(np.sum(eigenvalues > 1)))
    corrected = np.maximum(eigenvalues - 1 / questions, 0.0) ** 2
    if not corrected.any():
        return FEWEST_AXES
    reached = np.cumsum(corrected) >= MOST_OF_INERTIA * corrected.sum()
    return max(FEWEST_AXES, int(reached.argmax()) + 1)
