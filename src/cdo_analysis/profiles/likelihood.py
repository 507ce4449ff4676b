"""The likelihood of latent classes, and the EM algorithm that climbs it: arrays in, arrays out.

Many runs climb side by side: the E step of all of them is one matrix product, the M step another. Runs differ by
their start, and may differ by their weights, so that starts and bootstrap replicates are the same computation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cdo_analysis.profiles.answers import indicator_table

PSEUDO_COUNT = 1e-8
"""Fictitious respondents added to each class (and to each class and item, shared by its categories).

Maximum likelihood gives probability 0 to an answer that nobody of a class gave; a new company with that answer in
one class and another such answer in the next would then belong nowhere. One hundred-millionth of a respondent keeps
every probability above 0 and moves the log-likelihood by less than ``PSEUDO_COUNT`` times classes times items.
"""

CELLS_AT_ONCE = 1_000_000
"""Runs climb side by side until they need this many posterior probabilities: memory is flat in their number."""

ONE_THREAD = 1
"""Threads of a matrix product: two may add in another order, and the same input must give the same bytes."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Patterns:
    """The distinct rows of answers: rows that answered alike are computed once.

    Attributes
    ----------
    indicators : ndarray of shape (n_columns, n_patterns)
        0/1, a row a category of an item; see :func:`~cdo_analysis.profiles.answers.indicator_table`.
    first : ndarray of int, of shape (n_items,)
        The row of `indicators` where each item starts.
    item : ndarray of int, of shape (n_columns,)
        The item of each row of `indicators`.
    of_row : ndarray of int, of shape (n_rows,)
        The pattern of each row of the data.
    """

    indicators: Floats
    first: NDArray[np.int64]
    item: NDArray[np.int64]
    of_row: NDArray[np.int64]

    @classmethod
    def of(cls, codes: NDArray[np.int64], sizes: Sequence[int]) -> Patterns:
        """Find the distinct rows of `codes`, sorted, so that the order of the rows does not matter."""
        distinct, of_row = np.unique(codes, axis=0, return_inverse=True)
        return cls(
            indicators=indicator_table(distinct, sizes),
            first=np.cumsum([0, *sizes[:-1]]),
            item=np.repeat(np.arange(len(sizes)), sizes),
            of_row=of_row.reshape(-1),
        )

    @property
    def measured(self) -> NDArray[np.bool_]:
        """Whether each pattern holds at least one answer, shape (n_patterns,)."""
        return self.indicators.sum(axis=0) > 0

    def sum_weights(self, weights: Floats) -> Floats:
        """Sum the weights of rows (n_rows,) by pattern (n_patterns,)."""
        return np.bincount(self.of_row, weights, minlength=self.indicators.shape[1]).astype(np.float64)

    def normalise(self, counts: Floats) -> Floats:
        """Turn counts (..., n_columns) into probabilities that sum to 1 over the categories of each item."""
        sizes = np.bincount(self.item)[self.item]
        counts = counts + PSEUDO_COUNT / sizes
        return counts / np.add.reduceat(counts, self.first, axis=-1)[..., self.item]


@dataclass(frozen=True)
class Runs:
    """Where each of `n_runs` runs of the EM algorithm stands.

    Attributes
    ----------
    shares : ndarray of shape (n_classes, n_runs)
        Class shares.
    probabilities : ndarray of shape (n_classes, n_runs, n_columns)
        Probability of each answer in each class.
    log_likelihood : ndarray of shape (n_runs,)
        Weighted log-likelihood.
    n_iter : ndarray of int, of shape (n_runs,)
        Iterations made.
    converged : ndarray of bool, of shape (n_runs,)
        Whether the run stopped by itself, before `max_iter`.
    """

    shares: Floats
    probabilities: Floats
    log_likelihood: Floats
    n_iter: NDArray[np.int64]
    converged: NDArray[np.bool_]


def join_log_likelihood(indicators: Floats, shares: Floats, probabilities: Floats) -> Floats:
    """Return the log of share times probability of the answers, shape (n_classes, n_runs, n_patterns).

    `shares` is (n_classes, n_runs), `probabilities` (n_classes, n_runs, n_columns).
    """
    n_classes, n_runs, n_columns = probabilities.shape
    joint = np.log(probabilities).reshape(n_classes * n_runs, n_columns) @ indicators
    joint = joint.reshape(n_classes, n_runs, -1)
    joint += np.log(shares)[:, :, None]
    return joint


def split_posterior(joint: Floats) -> tuple[Floats, Floats]:
    """Turn `joint` (n_classes, ...) into posterior probabilities, in place, and log-likelihoods (...)."""
    top = joint.max(axis=0)
    joint -= top
    np.exp(joint, out=joint)
    total = joint.sum(axis=0)
    joint /= total
    return joint, np.log(total) + top


def draw_starts(
    patterns: Patterns, weights: Floats, n_classes: int, n_runs: int, random: np.random.RandomState
) -> tuple[Floats, Floats]:
    """Draw starting points: equal shares, and the overall probabilities times exponential noise.

    The draws do not depend on the number or order of the rows: a row with weight 2 starts as the row written twice.

    Returns
    -------
    shares : ndarray of shape (n_classes, n_runs)
    probabilities : ndarray of shape (n_classes, n_runs, n_columns)
    """
    overall = patterns.normalise(patterns.indicators @ weights)
    noise = random.standard_exponential((n_runs, n_classes, len(overall))).swapaxes(0, 1)
    return np.full((n_classes, n_runs), 1.0 / n_classes), patterns.normalise(overall * noise)


def climb(patterns: Patterns, weights: Floats, start: tuple[Floats, Floats], *, max_iter: int, tol: float) -> Runs:
    """Run the EM algorithm from each start until it gains no more.

    Parameters
    ----------
    patterns : Patterns
        The data.
    weights : ndarray of shape (n_runs, n_patterns) or (1, n_patterns)
        How much each pattern counts in each run, or in all of them.
    start : tuple of ndarrays
        What :func:`draw_starts` returns.
    max_iter : int
        The most iterations a run may make.
    tol : float
        A run stops when what it still has to gain (Aitken's extrapolation of its last two gains) is under `tol`
        times the sum of its weights.

    Returns
    -------
    Runs
        In the order of the starts.

    References
    ----------
    Dempster, Laird, Rubin (1977), "Maximum likelihood from incomplete data via the EM algorithm", JRSS B 39(1).
    Böhning et al. (1994), "The distribution of the likelihood ratio for mixtures", AISM 46(2): the stopping rule.
    """
    shares, probabilities = start
    n_classes, n_runs = shares.shape
    weights = np.broadcast_to(weights, (n_runs, weights.shape[-1]))
    at_once = max(1, CELLS_AT_ONCE // (n_classes * weights.shape[-1]))
    parts = []
    for first in range(0, n_runs, at_once):
        batch = slice(first, first + at_once)
        begin = (shares[:, batch].copy(), probabilities[:, batch].copy())
        parts.append(_climb_together(patterns, weights[batch], begin, max_iter=max_iter, tol=tol))
    return Runs(
        shares=np.concatenate([part.shares for part in parts], axis=1),
        probabilities=np.concatenate([part.probabilities for part in parts], axis=1),
        log_likelihood=np.concatenate([part.log_likelihood for part in parts]),
        n_iter=np.concatenate([part.n_iter for part in parts]),
        converged=np.concatenate([part.converged for part in parts]),
    )


def _climb_together(
    patterns: Patterns, weights: Floats, start: tuple[Floats, Floats], *, max_iter: int, tol: float
) -> Runs:
    shares, probabilities = start
    n_runs = shares.shape[1]
    enough = tol * weights.sum(axis=1)
    reached, gain = np.full(n_runs, -np.inf), np.full(n_runs, np.inf)
    n_iter = np.zeros(n_runs, dtype=np.int64)
    climbing = np.arange(n_runs)
    for _ in range(max_iter):
        step = _em_step(patterns, weights[climbing], shares[:, climbing], probabilities[:, climbing])
        shares[:, climbing], probabilities[:, climbing], now = step
        previous, gain[climbing] = gain[climbing], now - reached[climbing]
        reached[climbing] = now
        n_iter[climbing] += 1
        climbing = climbing[_left_to_gain(previous, gain[climbing]) > enough[climbing]]
        if len(climbing) == 0:
            break
    converged = ~np.isin(np.arange(n_runs), climbing)
    return Runs(shares, probabilities, reached, n_iter, converged)


def _em_step(
    patterns: Patterns, weights: Floats, shares: Floats, probabilities: Floats
) -> tuple[Floats, Floats, Floats]:
    posterior, log_likelihood = split_posterior(join_log_likelihood(patterns.indicators, shares, probabilities))
    posterior *= weights
    n_classes, n_runs, n_patterns = posterior.shape
    sizes = posterior.sum(axis=2) + PSEUDO_COUNT
    counts = posterior.reshape(n_classes * n_runs, n_patterns) @ patterns.indicators.T
    counts = counts.reshape(n_classes, n_runs, -1)
    return sizes / sizes.sum(axis=0), patterns.normalise(counts), (weights * log_likelihood).sum(axis=1)


def _left_to_gain(previous: Floats, gain: Floats) -> Floats:
    """Return what the runs still have to gain if their gains go on shrinking at the rate of the last two."""
    size = np.abs(gain)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = gain / previous
        left = size * rate / (1.0 - rate)
    return np.where((rate > 0) & (rate < 1), np.maximum(size, left), size)
