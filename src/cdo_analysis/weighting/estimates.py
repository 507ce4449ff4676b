"""Weighted means and shares with their standard errors and intervals; what unequal weights cost.

Weights are taken as given: the gain in precision that calibration brings through the margins is not counted, so that
standard errors are on the cautious side in general. Companies are taken as drawn with replacement and without
clusters. Where respondents chose themselves, no standard error says how far they differ from the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

from cdo_analysis.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A weighted estimate.

    Attributes
    ----------
    estimate, se, low, high : float
        In the unit of the values; `low` and `high` are the ends of the interval. NaN where too few answered.
    n : int
        Respondents with a value.
    n_effective : float
        Respondents of equal weights that would be worth them (Kish).
    """

    estimate: float
    se: float
    low: float
    high: float
    n: int
    n_effective: float


def effective_n(weights: ArrayLike) -> float:
    """Return how many respondents of equal weights the sample is worth (Kish): ``sum(w)**2 / sum(w**2)``.

    Parameters
    ----------
    weights : array-like of shape (n,)
        Not negative; any scale.

    Returns
    -------
    float
        Between 1 and n; 0 for no weight.

    Examples
    --------
    >>> effective_n([1, 1, 1, 1])
    4.0
    >>> effective_n([3, 1])
    1.6
    """
    w = np.asarray(weights, dtype="float64")
    squares = float(np.square(w).sum())
    return float(w.sum() ** 2 / squares) if squares else 0.0


def kish_design_effect(weights: ArrayLike) -> float:
    """Return by how much unequal weights multiply the variance of a mean (Kish 1965): ``n / effective_n``.

    Parameters
    ----------
    weights : array-like of shape (n,)
        Not negative; any scale.

    Returns
    -------
    float
        1 for equal weights, more otherwise; NaN for no weight.

    Examples
    --------
    >>> kish_design_effect([3, 1])
    1.25
    """
    n = effective_n(weights)
    return len(np.asarray(weights)) / n if n else float("nan")


def weighted_mean(values: pd.Series, weights: pd.Series, *, level: float = 0.95) -> Estimate:
    """Estimate a mean over the population.

    The standard error linearises the ratio ``sum(w*y)/sum(w)`` (Hájek), with replacement and weights as given. The
    interval is Student's, with one degree of freedom less than there are respondents.

    Parameters
    ----------
    values : Series of shape (n,)
        Numbers; missing where there is none. The mean is over those who have one, and the others count as outside
        its domain, as ``svymean(na.rm = TRUE)`` has it in R.
    weights : Series
        Has a weight for each label of `values`; any scale.
    level : float
        Confidence of the interval, between 0 and 1.

    Returns
    -------
    Estimate

    Raises
    ------
    InputError
        A respondent has no weight.

    References
    ----------
    Särndal, Swensson and Wretman (1992), Model Assisted Survey Sampling, section 5.7; R package ``survey``.

    Examples
    --------
    >>> mean = weighted_mean(pd.Series([1.0, 3.0]), pd.Series([3.0, 1.0]))
    >>> mean.estimate, round(mean.se, 4), mean.n_effective
    (1.5, 0.75, 1.6)
    """
    y, w = _aligned(values, weights)
    estimate, se, n_effective = _mean(y, w)
    reach = float(stdtrit(len(y) - 1, (1 + level) / 2)) * se if len(y) > 1 else float("nan")
    return Estimate(estimate, se, estimate - reach, estimate + reach, int(np.isfinite(y).sum()), n_effective)


def weighted_share(holds: pd.Series, weights: pd.Series, *, level: float = 0.95) -> Estimate:
    """Estimate the share of the population for which something holds, with an interval within 0 and 1.

    The interval is Wilson's on the effective number of respondents ``p(1-p)/se**2`` (Korn and Graubard), never more
    than there are respondents. Where all or none of them hold, the standard error says nothing and Kish's effective
    number stands in: 0 companies out of 20 is not a share of exactly 0.

    Parameters
    ----------
    holds : Series of shape (n,)
        True or 1, False or 0; missing where unknown.
    weights : Series
        Has a weight for each label of `holds`; any scale.
    level : float
        Confidence of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        `estimate`, `low` and `high` between 0 and 1.

    Raises
    ------
    InputError
        A respondent has no weight, or a value is neither 0 nor 1.

    References
    ----------
    Wilson (1927), Journal of the American Statistical Association 22(158), 209-212; Korn and Graubard (1998), Survey
    Methodology 24(2), 193-201.

    Examples
    --------
    >>> none = weighted_share(pd.Series([0] * 20), pd.Series([1.0] * 20))
    >>> none.estimate, none.low, round(none.high, 3)
    (0.0, 0.0, 0.161)
    """
    y, w = _aligned(holds, weights)
    if not np.isin(y[np.isfinite(y)], (0.0, 1.0)).all():
        raise InputError("a share needs values that are 0 or 1 (False or True); turn the answers into yes or no.")
    share, se, n_effective = _mean(y, w)
    n = int(np.isfinite(y).sum())
    low, high = _wilson(share, min(share * (1 - share) / se**2, n) if se > 0 else n_effective, level)
    return Estimate(share, se, low, high, n, n_effective)


def _aligned(values: pd.Series, weights: pd.Series) -> tuple[Floats, Floats]:
    y = values.to_numpy(dtype="float64", na_value=np.nan)
    w = weights.reindex(values.index).to_numpy(dtype="float64", na_value=np.nan)
    wrong = ~(w >= 0)
    if wrong.any():
        raise InputError(
            f"respondent {values.index[wrong][0]!r} has no weight; give the weights the same index as the values."
        )
    return y, w


def _mean(y: Floats, w: Floats) -> tuple[float, float, float]:
    """Return the mean, its standard error and the effective number of those who have a value."""
    known = np.isfinite(y)
    total = w[known].sum()
    if not total:
        return float("nan"), float("nan"), 0.0
    origin = y[known][0]  # around a value of its own, the mean of a constant is that constant to the last bit
    mean = float(origin + w[known] @ (y[known] - origin) / total)
    n = len(y)
    influence = w[known] * (y[known] - mean) / total
    se = float(np.sqrt(n / (n - 1) * np.square(influence).sum())) if known.sum() > 1 else float("nan")
    return mean, se, effective_n(w[known])


def _wilson(share: float, n: float, level: float) -> tuple[float, float]:
    if not n > 0:
        return float("nan"), float("nan")
    z2 = float(ndtri((1 + level) / 2)) ** 2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    return max(0.0, float(centre - reach)), min(1.0, float(centre + reach))
