"""The EM algorithm of mixed profiles: numbers are normal within a profile, answers categorical; any may be missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cdo_analysis.profiles.likelihood import split_posterior
from cdo_analysis.profiles.packing import PSEUDO_COUNT, Floats, Patterns

VARIANCE_FLOOR = 1e-3
"""Smallest variance in a profile, as a part of that of all rows: the likelihood has no maximum without one."""

ROWS_AT_ONCE = 100_000
"""Rows are taken in blocks of this size: memory does not grow with their number."""


@dataclass(frozen=True)
class MixedData:
    """Numbers and answers of the same rows.

    Attributes
    ----------
    numbers : ndarray of shape (n_rows, n_numbers)
        Standardised, NaN where missing.
    patterns : Patterns or None
        The categorical answers; None without any.
    """

    numbers: Floats
    patterns: Patterns | None

    def __len__(self) -> int:
        return len(self.numbers)


@dataclass(frozen=True)
class MixedParameters:
    """Shares (k,), means and variances (k, n_numbers), probabilities (k, n_categories)."""

    shares: Floats
    means: Floats
    variances: Floats
    probabilities: Floats


def join_mixed(data: MixedData, parameters: MixedParameters) -> Floats:
    """Return the log of share times density of each row in each profile, (n_rows, k); a missing value drops out."""
    joint = np.tile(np.log(parameters.shares), (len(data), 1))
    if data.patterns is not None:
        joint += data.patterns.packing.sum_logs(np.log(parameters.probabilities))[data.patterns.of_row]
    for first in range(0, len(data), ROWS_AT_ONCE):
        rows = slice(first, first + ROWS_AT_ONCE)
        for number, (mean, variance) in enumerate(zip(parameters.means.T, parameters.variances.T, strict=True)):
            column = data.numbers[rows, number, None]
            density = -0.5 * ((column - mean) ** 2 / variance + np.log(2 * np.pi * variance))
            joint[rows] += np.where(np.isnan(column), 0.0, density)
    return joint


def climb_mixed(
    data: MixedData, counts: Floats, start: MixedParameters, *, max_iter: int, tol: float
) -> tuple[MixedParameters, float, int, bool]:
    """Run EM from one start until an iteration gains less than `tol` a row.

    Returns
    -------
    parameters, log-likelihood, iterations, whether it stopped by itself
    """
    parameters, before = start, -np.inf
    filled, measured = np.nan_to_num(data.numbers), ~np.isnan(data.numbers)
    n_iter = 0
    for n_iter in range(1, max_iter + 1):
        posterior, log_likelihood = split_posterior(join_mixed(data, parameters).T)
        reached = float(counts @ log_likelihood)
        if reached - before <= tol * counts.sum():
            return parameters, reached, n_iter, True
        before = reached
        parameters = _update(data, posterior * counts, (filled, measured))
    return parameters, before, n_iter, False


def _update(data: MixedData, counted: Floats, numbers: tuple[Floats, NDArray[np.bool_]]) -> MixedParameters:
    filled, measured = numbers
    shares = counted.sum(axis=1) + PSEUDO_COUNT
    size = counted @ measured + PSEUDO_COUNT
    means = counted @ filled / size
    variances = np.maximum(counted @ filled**2 / size - means**2, VARIANCE_FLOOR)
    return MixedParameters(shares / shares.sum(), means, variances, _answer_probabilities(data.patterns, counted))


def _answer_probabilities(patterns: Patterns | None, counted: Floats) -> Floats:
    if patterns is None:
        return np.ones((len(counted), 0))
    return patterns.normalise(np.stack([patterns.count_answers(patterns.sum_weights(own)) for own in counted]))


def draw_mixed_start(
    data: MixedData, counts: Floats, n_clusters: int, random: np.random.RandomState
) -> MixedParameters:
    """Start from the answers of as many respondents, drawn by weight, mixed with the overall mean and shares."""
    order = np.lexsort(np.nan_to_num(data.numbers, nan=-9.0).T) if data.numbers.size else np.arange(len(data))
    drawn = order[random.choice(len(data), n_clusters, p=counts[order] / counts.sum())]
    means = np.nan_to_num(data.numbers[drawn])
    probabilities = np.ones((n_clusters, 0))
    if data.patterns is not None:
        overall = data.patterns.normalise(data.patterns.count_answers(data.patterns.sum_weights(counts)))
        noise = random.standard_exponential((n_clusters, len(overall)))
        probabilities = data.patterns.normalise(overall * noise)
    return MixedParameters(np.full(n_clusters, 1.0 / n_clusters), means, np.ones_like(means), probabilities)
