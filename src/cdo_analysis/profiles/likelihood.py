"""The likelihood of latent classes, and the EM algorithm that climbs it: arrays in, arrays out.

Runs differ by their start, and may differ by their weights, so that starts and bootstrap replicates are the same
computation. Each run goes by itself, so that they may run in any order, on any worker, with the same result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from cdo_analysis.profiles.packing import PSEUDO_COUNT, Floats, Packing, Patterns

SHORT = 15
"""Iterations of the starts of a race before the best of them go on: by then, poor ones have shown themselves."""

ABREAST = 4
"""Classes are computed four abreast: see :mod:`cdo_analysis.profiles.fused`."""


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

    @property
    def best(self) -> int:
        """The run that reached highest."""
        return int(np.argmax(self.log_likelihood))


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
    overall = patterns.normalise(patterns.count_answers(weights))
    noise = random.standard_exponential((n_runs, n_classes, len(overall))).swapaxes(0, 1)
    return np.full((n_classes, n_runs), 1.0 / n_classes), patterns.normalise(overall * noise)


def climb(
    patterns: Patterns,
    weights: Floats,
    start: tuple[Floats, Floats],
    *,
    max_iter: int,
    tol: float,
    n_jobs: int | None = None,
) -> Runs:
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
    n_jobs : int, optional
        Runs at a time, through joblib: by default one, or what the surrounding ``joblib.parallel_config`` says, such
        as the workers of a Dask cluster. The result is the same whatever their number.

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
    n_runs = shares.shape[1]
    weights = np.broadcast_to(weights, (n_runs, weights.shape[-1]))
    tasks = (
        delayed(_climb_alone)(
            patterns.packing, patterns.sizes, weights[run], (shares[:, run], probabilities[:, run]), (max_iter, tol)
        )
        for run in range(n_runs)
    )
    ended = Parallel(n_jobs=n_jobs, prefer="threads")(tasks)
    each_shares, each_probabilities, log_likelihood, n_iter, converged = zip(*ended, strict=True)
    return Runs(
        shares=np.stack(each_shares, axis=1),
        probabilities=np.stack(each_probabilities, axis=1),
        log_likelihood=np.array(log_likelihood),
        n_iter=np.array(n_iter),
        converged=np.array(converged),
    )


def race(
    patterns: Patterns,
    weights: Floats,
    start: tuple[Floats, Floats],
    *,
    finalists: int,
    max_iter: int,
    tol: float,
    n_jobs: int | None = None,
) -> Runs:
    """Run the EM algorithm from each start for :data:`SHORT` iterations, and from the best `finalists` to the end.

    Returns
    -------
    Runs
        Of the finalists, the best at the end of the short runs first.

    References
    ----------
    Biernacki, Celeux, Govaert (2003), "Choosing starting values for the EM algorithm for getting the highest
    likelihood in multivariate Gaussian mixture models", Computational Statistics & Data Analysis 41(3-4).
    """
    short = climb(patterns, weights, start, max_iter=SHORT, tol=tol, n_jobs=n_jobs)
    best = np.argsort(-short.log_likelihood, kind="stable")[:finalists]
    weights = weights if len(weights) == 1 else weights[best]
    start = short.shares[:, best], short.probabilities[:, best]
    return climb(patterns, weights, start, max_iter=max_iter, tol=tol, n_jobs=n_jobs)


def _climb_alone(
    packing: Packing,
    sizes: tuple[int, ...],
    weights: Floats,
    start: tuple[Floats, Floats],
    limits: tuple[int, float],
) -> tuple[Floats, Floats, float, int, bool]:
    """Run EM from one start, in the layout of the compiled code: a row a category, classes side by side."""
    from cdo_analysis.profiles.fused import climb_alone

    n_classes, n_columns = start[1].shape
    width = -(-n_classes // ABREAST) * ABREAST
    shares, probabilities = np.zeros(width), np.ones((n_columns + 1, width))
    shares[:n_classes], probabilities[:-1, :n_classes] = start[0], start[1].T
    max_iter, tol = limits
    shares, probabilities, log_likelihood, n_iter, converged = climb_alone(
        packing.lookups,
        np.ascontiguousarray(weights, dtype=np.float64),
        (packing.first, packing.cells, np.cumsum([0, *sizes])),
        (shares, probabilities),
        (max_iter, tol * float(weights.sum()), PSEUDO_COUNT, n_classes),
    )
    return shares[:n_classes].copy(), probabilities[:-1, :n_classes].T.copy(), log_likelihood, n_iter, converged
