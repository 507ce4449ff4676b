"""Estimates over the population with their standard errors and intervals, whatever the design.

Every function takes the weights alone (companies drawn one by one with replacement), or a
:class:`~cdo_analysis.weighting.design.Design` that knows strata, clusters, finite populations, calibration,
non-response or replicate weights. A domain is a part of the index: ``weighted_mean(values[is_eti], design)``.

Where respondents chose themselves, no standard error says how far they differ from the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from cdo_analysis.errors import InputError
from cdo_analysis.weighting.design import Design, as_design
from cdo_analysis.weighting.kish import effective_n

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A weighted estimate.

    Attributes
    ----------
    estimate, se, low, high : float
        In the unit of the values; `low` and `high` are the ends of the interval. NaN where too few answered.
    n : int
        Respondents with a value and a weight.
    n_effective : float
        Respondents of equal weights that would be worth them (Kish).
    design_effect : float
        Variance over that of a simple random sample of as many; NaN where it makes no sense.
    """

    estimate: float
    se: float
    low: float
    high: float
    n: int
    n_effective: float
    design_effect: float = float("nan")


def weighted_mean(values: pd.Series, weights: pd.Series | Design, *, level: float = 0.95) -> Estimate:
    """Estimate a mean over the population.

    The standard error linearises the ratio ``sum(w*y)/sum(w)`` (Hájek). The interval is Student's, with the degrees
    of freedom of the domain: the clusters that it touches less the strata.

    Parameters
    ----------
    values : Series
        Numbers; missing where there is none. The mean is over those who have one, and the others count as outside
        its domain, as ``svymean(na.rm = TRUE)`` has it in R.
    weights : Series or Design
        Has a weight for each label of `values`; more labels make `values` a domain.
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
    design = as_design(weights)
    y = design.align(values)
    mean, se = mean_and_error(y, design)
    return _interval(mean, se, design, np.isfinite(y), level=level, simple=_simple_variance(y, design))


def weighted_share(holds: pd.Series, weights: pd.Series | Design, *, level: float = 0.95) -> Estimate:
    """Estimate the share of the population for which something holds, with an interval within 0 and 1.

    The interval is Wilson's on the effective number of respondents ``p(1-p)/se**2`` (Korn and Graubard), never more
    than there are respondents. Where all or none of them hold, the standard error says nothing and Kish's effective
    number stands in: 0 companies out of 20 is not a share of exactly 0.

    Parameters
    ----------
    holds : Series
        True or 1, False or 0; missing where unknown.
    weights : Series or Design
        Has a weight for each label of `holds`.
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
    design = as_design(weights)
    y = design.align(holds)
    if not np.isin(y[np.isfinite(y)], (0.0, 1.0)).all():
        raise InputError("a share needs values that are 0 or 1 (False or True); turn the answers into yes or no.")
    share, se = mean_and_error(y, design)
    known = np.isfinite(y) & (design.w > 0)
    n, worth = int(known.sum()), effective_n(design.w[known])
    low, high = _wilson(share, min(share * (1 - share) / se**2, n) if se > 0 else worth, level)
    return Estimate(share, se, low, high, n, worth, _effect(se, _simple_variance(y, design)))


def weighted_total(values: pd.Series, weights: pd.Series | Design, *, level: float = 0.95) -> Estimate:
    """Estimate a total over the population, or over a domain of it.

    Parameters
    ----------
    values : Series
        Numbers, none missing.
    weights : Series or Design
        On the scale of the population (``calibration.population_weights``).
    level : float
        Confidence of the interval, between 0 and 1.

    Returns
    -------
    Estimate

    Raises
    ------
    InputError
        A respondent has no weight, or a value is missing: its part of the total would be lost.

    Examples
    --------
    >>> weighted_total(pd.Series([1.0, 3.0]), pd.Series([10.0, 10.0])).estimate
    40.0
    """
    design = as_design(weights)
    y = design.align(values)
    lacking = values.isna() & (design.weights.reindex(values.index) > 0)
    if lacking.any():
        raise InputError(
            f"{int(lacking.sum())} respondents have no value, the first of them {values.index[lacking][0]!r}: a total "
            "would lose their part; impute it, or estimate the mean."
        )
    inside = np.isfinite(y)
    z = np.where(inside, y, 0.0)
    total = float(design.w @ z)
    se = _error(z, design, lambda w: float(w @ z))
    size = float(design.w.sum())
    simple = _variance_of_mean(z, design.w, design) * size**2
    return _interval(total, se, design, inside, level=level, simple=simple)


def weighted_ratio(
    numerator: pd.Series, denominator: pd.Series, weights: pd.Series | Design, *, level: float = 0.95
) -> Estimate:
    """Estimate the ratio of two totals, over those who have both values.

    Parameters
    ----------
    numerator, denominator : Series
        Numbers of the same index.
    weights : Series or Design
        Has a weight for each label of them.
    level : float
        Confidence of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        NaN where the denominator adds up to 0.

    Raises
    ------
    InputError
        A respondent has no weight.

    Examples
    --------
    >>> turnover, staff = pd.Series([100.0, 300.0]), pd.Series([1.0, 3.0])
    >>> weighted_ratio(turnover, staff, pd.Series([1.0, 1.0])).estimate
    100.0
    """
    design = as_design(weights)
    top, bottom = design.align(numerator), design.align(denominator.reindex(numerator.index))
    inside = np.isfinite(top) & np.isfinite(bottom)
    a, b = np.where(inside, top, 0.0), np.where(inside, bottom, 0.0)
    whole = float(design.w @ b)
    if not whole or inside.sum() == 0:
        return _interval(float("nan"), float("nan"), design, inside, level=level)
    ratio = float(design.w @ a) / whole
    se = _error((a - ratio * b) / whole, design, lambda w: float(w @ a) / float(w @ b))
    return _interval(ratio, se, design, inside, level=level)


def estimate_by(
    values: pd.Series,
    domains: pd.Series,
    weights: pd.Series | Design,
    *,
    estimator: Callable[..., Estimate] = weighted_mean,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate in each domain of the population, as parts of one design.

    Parameters
    ----------
    values : Series
    domains : Series
        Domain of each respondent; those without belong to none.
    weights : Series or Design
    estimator : callable
        :func:`weighted_mean`, :func:`weighted_share` or :func:`weighted_total`.
    level : float
        Confidence of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        A row a domain (index, sorted), columns those of :class:`Estimate`.

    Examples
    --------
    >>> values, size = pd.Series([1.0, 3.0, 5.0, 5.0]), pd.Series(["pme", "pme", "eti", "eti"])
    >>> estimate_by(values, size, pd.Series(1.0, values.index))["estimate"].to_dict()
    {'eti': 5.0, 'pme': 2.0}
    """
    design = as_design(weights)
    where = domains.reindex(values.index)
    rows = {name: estimator(values[where.eq(name)], design, level=level) for name in sorted(where.dropna().unique())}
    return pd.DataFrame.from_dict({name: vars(row) for name, row in rows.items()}, orient="index")


def _error(influence: Floats, design: Design, point: Callable[[Floats], float]) -> float:
    variance = design.covariance(influence[:, None], lambda w: np.array([point(w)]))[0, 0]
    return float(np.sqrt(max(variance, 0.0)))


def mean_and_error(y: Floats, design: Design) -> tuple[float, float]:
    """Return the mean of those who have a value and its standard error; NaN where fewer than one or two do."""
    known = np.isfinite(y) & (design.w > 0)
    w = np.where(known, design.w, 0.0)
    total = w.sum()
    if not total:
        return float("nan"), float("nan")
    origin = y[known][0]  # around a value of its own, the mean of a constant is that constant to the last bit
    z = np.where(known, y - origin, 0.0)
    mean = float(w @ z / total)
    if known.sum() < 2:
        return origin + mean, float("nan")
    se = _error(
        np.where(known, (z - mean) / total, 0.0),
        design,
        lambda weights: float(weights @ z) / float(weights @ known) if weights @ known else float("nan"),
    )
    return float(origin + mean), se


def _interval(
    estimate: float, se: float, design: Design, inside: NDArray[np.bool_], *, level: float, simple: float = float("nan")
) -> Estimate:
    known = inside & (design.w > 0)
    reach = student_quantile(design.degrees_of_freedom_of(known), level) * se
    worth = effective_n(design.w[known])
    return Estimate(estimate, se, estimate - reach, estimate + reach, int(known.sum()), worth, _effect(se, simple))


def student_quantile(freedom: int, level: float) -> float:
    """Return how many standard errors an interval reaches on each side; NaN without degrees of freedom."""
    return float(stdtrit(freedom, (1 + level) / 2)) if freedom > 0 else float("nan")


def _effect(se: float, simple: float) -> float:
    return float(se**2 / simple) if simple > 0 else float("nan")


def _simple_variance(y: Floats, design: Design) -> float:
    known = np.isfinite(y) & (design.w > 0)
    return _variance_of_mean(y[known], design.w[known], design)


def _variance_of_mean(y: Floats, w: Floats, design: Design) -> float:
    """Return the variance of the mean of a simple random sample of as many, drawn without replacement if known so."""
    n, size = len(y), w.sum()
    if n < 2 or not size:
        return float("nan")
    spread = float(w @ np.square(y - w @ y / size) / size) * n / (n - 1)
    rest = 1.0 if design.population is None else max(0.0, 1.0 - n / size)
    return spread / n * rest


def _wilson(share: float, n: float, level: float) -> tuple[float, float]:
    if not n > 0:
        return float("nan"), float("nan")
    z2 = float(ndtri((1 + level) / 2)) ** 2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    return max(0.0, float(centre - reach)), min(1.0, float(centre + reach))
