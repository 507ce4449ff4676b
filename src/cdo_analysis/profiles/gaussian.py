"""The EM algorithm of mixed profiles: numbers are normal within a profile, answers categorical; any may be missing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from cdo_analysis.profiles.answers import NOT_MEASURED
from cdo_analysis.profiles.likelihood import SHORT
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

    @cached_property
    def cells(self) -> NDArray[np.int64]:
        """Position of each answer among the categories of all items, -1 where missing: (n_rows, n_items)."""
        if self.patterns is None:
            return np.empty((len(self.numbers), 0), dtype=np.int64)
        codes = self.patterns.codes[self.patterns.of_row].astype(np.int64)
        return np.where(codes == NOT_MEASURED, NOT_MEASURED, codes + self.patterns.first)

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
    """Run EM from one start until what it still has to gain is estimated under `tol` a row.

    Returns
    -------
    parameters, log-likelihood, iterations, whether it stopped by itself
    """
    from cdo_analysis.profiles.fused_mixed import climb_mixed_alone

    sizes = data.patterns.sizes if data.patterns is not None else ()
    layout = (np.cumsum([0, *sizes]), (PSEUDO_COUNT, VARIANCE_FLOOR), max_iter, tol * float(counts.sum()))
    sides = (start.shares, start.means.T, start.variances.T, start.probabilities.T)
    ended = climb_mixed_alone(
        np.ascontiguousarray(data.numbers, dtype=np.float64),
        data.cells,
        np.ascontiguousarray(counts, dtype=np.float64),
        layout,
        tuple(np.ascontiguousarray(side, dtype=np.float64) for side in sides),
    )
    shares, means, variances, probabilities, reached, n_iter, converged = ended
    return MixedParameters(shares, means.T, variances.T, probabilities.T), float(reached), int(n_iter), bool(converged)


def race_mixed(
    data: MixedData,
    counts: Floats,
    starts: list[MixedParameters],
    *,
    finalists: int | None,
    max_iter: int,
    tol: float,
    n_jobs: int | None = None,
) -> list[tuple[MixedParameters, float, int, bool]]:
    """Run EM from each start, or from the best `finalists` after a few iterations of all, to the end."""

    def run(points: list[MixedParameters], most: int) -> list[tuple[MixedParameters, float, int, bool]]:
        tasks = (delayed(climb_mixed)(data, counts, point, max_iter=most, tol=tol) for point in points)
        return list(Parallel(n_jobs=n_jobs, prefer="threads")(tasks))

    if finalists is not None and finalists < len(starts):
        short = run(starts, SHORT)
        best = np.argsort([-reached for _, reached, _, _ in short], kind="stable")[:finalists]
        starts = [short[place][0] for place in best]
    return run(starts, max_iter)


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
