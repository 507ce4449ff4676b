"""Replicate weights: the jackknife and the bootstrap, each replicate calibrated again where the design is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.weighting.design import Design, Replicates

Floats = NDArray[np.float64]


def jackknife(design: Design) -> Design:
    """Return the design with one replicate for each cluster of the first stage, left out in turn (JK1, JKn).

    Within its stratum the others count ``n/(n-1)`` times more; the finite population correction of the first stage
    is in the scales. Weights that were calibrated are calibrated again in each replicate.

    Parameters
    ----------
    design : Design

    Returns
    -------
    Design
        With `replicates`, around the full-sample estimate (``mse = TRUE`` in R).

    Raises
    ------
    InputError
        A stratum has a single cluster, or a replicate cannot be calibrated.

    References
    ----------
    Wolter (2007), Introduction to Variance Estimation, chapter 4; Rust and Rao (1996), Statistical Methods in Medical
    Research 5(3), 283-310.

    Examples
    --------
    >>> import pandas as pd
    >>> jackknife(Design(pd.Series([2.0, 2.0, 2.0]))).replicates.weights.tolist()
    [[0.0, 3.0, 3.0], [3.0, 0.0, 3.0], [3.0, 3.0, 0.0]]
    """
    stratum, drawn = _first_stage(design)
    first = design.stages[0]
    # A stratum of one cluster that is its whole population has no error: it has no replicate.
    left_out = np.flatnonzero(drawn[stratum] > 1)
    factors = np.ones((len(design.w), len(left_out)))
    for place, cluster in enumerate(left_out):
        inside = first.strata == stratum[cluster]
        factors[inside, place] = drawn[stratum[cluster]] / (drawn[stratum[cluster]] - 1.0)
        factors[first.clusters == cluster, place] = 0.0
    n = drawn[stratum[left_out]]
    scales = (n - 1.0) / n * (1.0 - n / first.populations[stratum[left_out]])
    return replace(design, replicates=Replicates(_weights(design, factors), scales))


def bootstrap(design: Design, *, replicates: int = 200, random_state: int = 0) -> Design:
    """Return the design with bootstrap replicates of Rao and Wu: ``n-1`` clusters drawn with replacement in a stratum.

    The finite population correction of the first stage shrinks the factors. Weights that were calibrated are
    calibrated again in each replicate.

    Parameters
    ----------
    design : Design
    replicates : int
        At least 2; the error of a standard error is about ``1 / sqrt(2 * replicates)`` of it.
    random_state : int
        Seed.

    Returns
    -------
    Design
        With `replicates`.

    Raises
    ------
    InputError
        A stratum has a single cluster, or a replicate cannot be calibrated.
    UsageError
        Fewer than 2 replicates.

    References
    ----------
    Rao and Wu (1988), Journal of the American Statistical Association 83(401), 231-241; Rao, Wu and Yue (1992), Survey
    Methodology 18(2), 209-217.
    """
    if replicates < 2:
        raise UsageError(f"replicates = {replicates}; draw at least 2, better 200.")
    stratum, drawn = _first_stage(design)
    first = design.stages[0]
    rng = np.random.default_rng(random_state)
    factors = np.ones((len(drawn[stratum]), replicates))
    for place in range(len(drawn)):
        inside = np.flatnonzero(stratum == place)
        n = len(inside)
        if n > 1:
            counts = rng.multinomial(n - 1, np.full(n, 1.0 / n), size=replicates).T
            shrink = np.sqrt(1.0 - n / first.populations[place])
            factors[inside] = 1.0 - shrink + shrink * n / (n - 1.0) * counts
    weights = _weights(design, factors[first.clusters])
    return replace(design, replicates=Replicates(weights, np.full(replicates, 1.0 / replicates)))


def _first_stage(design: Design) -> tuple[NDArray[np.intp], Floats]:
    """Return the stratum of each cluster of the first stage, and how many clusters each stratum has."""
    if design.response is not None:
        raise UsageError("replicates do not know estimated response probabilities; use the linearised errors.")
    first = design.stages[0]
    _, one = np.unique(first.clusters, return_index=True)
    stratum = first.strata[one]
    if design.single_strata:
        raise InputError(
            f"stratum {design.single_strata[0]} has a single cluster, which no replicate can leave "
            "out; merge it with its neighbour."
        )
    return stratum, first.drawn


def _weights(design: Design, factors: Floats) -> Floats:
    calibration = design.calibration
    if calibration is None:
        return np.asarray(design.w[:, None] * factors)
    rows = design.weights.index.get_indexer(calibration.base.index)
    base, weights = calibration.base.to_numpy(), np.zeros_like(factors)
    scale = design.w[rows].sum() / (calibration.population_factor * len(rows))
    for column in range(factors.shape[1]):
        weights[rows, column] = calibration.again(base * factors[rows, column]) * scale
    return weights
