"""Quantiles over the population with Woodruff's intervals, whatever the design."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.errors import UsageError
from cdo_analysis.weighting.design import Design, as_design
from cdo_analysis.weighting.estimates import Estimate, mean_and_error, student_quantile
from cdo_analysis.weighting.kish import effective_n

Floats = NDArray[np.float64]


def weighted_quantile(
    values: pd.Series, weights: pd.Series | Design, probability: float, *, level: float = 0.95
) -> Estimate:
    """Estimate a quantile: the smallest value that at least `probability` of the population does not exceed.

    The interval is Woodruff's: that of the share below, turned back into values. The standard error is the length of
    the interval over twice Student's quantile, NaN where an end lies beyond the values seen.

    Parameters
    ----------
    values : Series
        Numbers; those without are outside the domain.
    weights : Series or Design
        Has a weight for each label of `values`.
    probability : float
        Strictly between 0 and 1.
    level : float
        Confidence of the interval, between 0 and 1.

    Returns
    -------
    Estimate

    Raises
    ------
    InputError
        A respondent has no weight.
    UsageError
        The probability is not between 0 and 1.

    References
    ----------
    Woodruff (1952), Journal of the American Statistical Association 47(260), 635-646.

    Examples
    --------
    >>> weighted_quantile(pd.Series([1.0, 2.0, 3.0, 9.0]), pd.Series([1.0, 1.0, 1.0, 5.0]), 0.5).estimate
    9.0
    """
    if not 0 < probability < 1:
        raise UsageError(f"probability = {probability}; write a number strictly between 0 and 1, as 0.5.")
    design = as_design(weights)
    y = design.align(values)
    known = np.isfinite(y) & (design.w > 0)
    n, worth = int(known.sum()), effective_n(design.w[known])
    if not known.any():
        return Estimate(float("nan"), float("nan"), float("nan"), float("nan"), n, worth)
    order = np.argsort(y[known], kind="stable")
    ladder, mass = y[known][order], design.w[known][order]
    cumulated = np.cumsum(mass) / mass.sum()
    estimate = _at(probability, ladder, cumulated)
    below, se = mean_and_error(np.where(np.isfinite(y), (y <= estimate).astype("float64"), np.nan), design)
    t = student_quantile(design.degrees_of_freedom_of(known), level)
    low, high = (_at(below + sign * t * se, ladder, cumulated) for sign in (-1.0, 1.0))
    return Estimate(estimate, (high - low) / (2 * t), low, high, n, worth)


def _at(probability: float, ladder: Floats, cumulated: Floats) -> float:
    if not 0 <= probability <= 1:
        return float("nan")
    return float(ladder[min(int(np.searchsorted(cumulated, probability)), len(ladder) - 1)])
