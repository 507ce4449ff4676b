"""Compiled counting of which option ranks first; loaded where there is much to count: loading takes half a second."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

CLOSE = 5e-5
"""Two single-precision scores that differ by less are computed again in double: rounding is ten times smaller."""


@njit(cache=True, nogil=True, error_model="numpy")
def count_first(
    scores: NDArray[np.float32],
    feasible: NDArray[np.bool_],
    table: NDArray[np.float64],
    weights: NDArray[np.float64],
    rules: tuple[float, int],
    counts: NDArray[np.int64],
) -> None:
    """Add, for each firm and option, `unit` for each draw in which the option ranks first; ties share it.

    Parameters
    ----------
    scores : ndarray of float32, of shape (n_firms, n_options, n_draws)
    feasible : ndarray of bool, of shape (n_firms, n_options)
    table : ndarray of shape (n_firms, n_options, n_criteria)
        What the scores are made of, for draws that single precision cannot settle.
    weights : ndarray of shape (n_draws, n_criteria)
    rules : tuple
        Difference under which two options tie, and unit.
    counts : ndarray of int64, of shape (n_firms, n_options)
        Added to.
    """
    tied, unit = rules
    firms, options, draws = scores.shape
    top, second = np.empty(draws, np.float32), np.empty(draws, np.float32)
    leader = np.empty(draws, np.int32)
    for firm in range(firms):
        top[:], second[:], leader[:] = -np.inf, -np.inf, -1
        for option in range(options):
            if feasible[firm, option]:
                _challenge(scores[firm, option], option, top, second, leader)
        for draw in range(draws):
            if leader[draw] < 0:
                continue
            if top[draw] - second[draw] > CLOSE:
                counts[firm, leader[draw]] += unit
            else:
                _share(table[firm], weights[draw], feasible[firm], tied, unit, counts[firm])


@njit(cache=True, nogil=True, error_model="numpy")
def _challenge(
    scores: NDArray[np.float32],
    option: int,
    top: NDArray[np.float32],
    second: NDArray[np.float32],
    leader: NDArray[np.int32],
) -> None:
    """Put one option among the first two of each draw; no branch, so that the processor takes many draws at a time."""
    for draw in range(len(scores)):
        score, best = scores[draw], top[draw]
        leads = score > best
        loser = best if leads else score
        second[draw] = loser if loser > second[draw] else second[draw]
        leader[draw] = option if leads else leader[draw]
        top[draw] = score if leads else best


@njit(cache=True, nogil=True, error_model="numpy")
def _share(
    table: NDArray[np.float64],
    weights: NDArray[np.float64],
    feasible: NDArray[np.bool_],
    tied: float,
    unit: int,
    counts: NDArray[np.int64],
) -> None:
    """Settle one draw in double precision: options within `tied` of the best share the unit."""
    options, criteria = table.shape
    exact = np.full(options, -np.inf)
    for option in range(options):
        if feasible[option]:
            total = 0.0
            for criterion in range(criteria):
                total += table[option, criterion] * weights[criterion]
            exact[option] = total
    limit, number = exact.max() - tied, 0
    for option in range(options):
        number += exact[option] >= limit
    for option in range(options):
        if exact[option] >= limit:
            counts[option] += unit // number
