"""The study in one table: each measure of each world and size, with its interval over replicates."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from cdo_analysis.proof.replicate import CONFIDENCES, WAYS

CONFIDENCE_LEVEL = 0.95

MEANS = (
    "estimated",
    *(f"regret_{way}" for way in WAYS),
    *("coverage", "set_size", "one_or_two", "claimed", "false", "sturdy", "false_sturdy"),
    *(f"answered_{confidence:g}" for confidence in CONFIDENCES),
)
"""Measures that are means over replicates."""

SHARES = ("any_claim", "any_sturdy", "any_false_sturdy")
"""Measures that are shares of replicates."""

RATIOS = {
    "false_claims": ("false", "claimed"),
    "false_sturdy_claims": ("false_sturdy", "sturdy"),
    **{f"error_{confidence:g}": (f"wrong_{confidence:g}", f"answered_{confidence:g}") for confidence in CONFIDENCES},
}
"""Measures that are the ratio of two sums over replicates: what is false among what is claimed, or answered."""


def summarise(records: pd.DataFrame) -> pd.DataFrame:
    """Return each measure of each world and size.

    Parameters
    ----------
    records : DataFrame
        A row a replicate, from :func:`run_replicate`.

    Returns
    -------
    DataFrame
        world, n, measure, estimate, low, high (95 %), replicates; a row a measure, worlds in their order.
        ``difference_<way>`` is the regret of ours less that of the way, replicate by replicate.
    """
    rows = []
    for (world, n), part in records.groupby(["world", "n"], sort=False):
        for measure, (estimate, low, high) in _measures(part):
            rows.append((world, n, measure, estimate, low, high, len(part)))
    return pd.DataFrame(rows, columns=["world", "n", "measure", "estimate", "low", "high", "replicates"])


def mean_interval(values: pd.Series) -> tuple[float, float, float]:
    """Return a mean and its Student interval over replicates.

    Examples
    --------
    >>> [round(value, 3) for value in mean_interval(pd.Series([1.0, 2.0, 3.0]))]
    [2.0, -0.484, 4.484]
    """
    mean, count = float(values.mean()), len(values)
    if count < 2:
        return mean, np.nan, np.nan
    margin = float(stats.t.ppf(0.5 + CONFIDENCE_LEVEL / 2, count - 1) * values.std() / np.sqrt(count))
    return mean, mean - margin, mean + margin


def share_interval(values: pd.Series) -> tuple[float, float, float]:
    """Return a share of replicates and its Wilson interval."""
    found = stats.binomtest(int(values.sum()), len(values))
    interval = found.proportion_ci(CONFIDENCE_LEVEL, method="wilson")
    return float(values.mean()), float(interval.low), float(interval.high)


def ratio_interval(part: pd.Series, whole: pd.Series) -> tuple[float, float, float]:
    """Return the ratio of two sums over replicates, and its interval by linearisation; NaN where there is nothing.

    Examples
    --------
    >>> ratio_interval(pd.Series([1.0, 1.0]), pd.Series([2.0, 2.0]))
    (0.5, 0.5, 0.5)
    """
    if whole.sum() <= 0:
        return np.nan, np.nan, np.nan
    ratio = float(part.sum() / whole.sum())
    _, low, high = mean_interval((part - ratio * whole) / whole.mean())
    return ratio, ratio + low, ratio + high


def _measures(part: pd.DataFrame) -> Iterator[tuple[str, tuple[float, float, float]]]:
    for name in MEANS:
        yield name, mean_interval(part[name])
    for way in WAYS:
        if way != "ours":
            yield f"difference_{way}", mean_interval(part["regret_ours"] - part[f"regret_{way}"])
    for name in SHARES:
        yield name, share_interval(part[name])
    for name, (above, below) in RATIOS.items():
        yield name, ratio_interval(part[above], part[below])
