"""How far a part of the population is from the rest of it, with the error of the difference under the design.

The part and the rest are two domains of one design: their means have a covariance, which the error of the difference
takes into account. Where many differences are tested at once, :func:`adjust_p` keeps chance in bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr

from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.weighting.design import Design, as_design
from cdo_analysis.weighting.estimates import Estimate, student_quantile, weighted_mean, weighted_share
from cdo_analysis.weighting.kish import effective_n

Floats = NDArray[np.float64]
Adjustment = Literal["holm", "bh"]


@dataclass(frozen=True)
class Contrast:
    """A part of the population beside the rest of it.

    Attributes
    ----------
    inside, outside : Estimate
        Of the part and of the rest.
    difference : Estimate
        Inside less outside, with its own interval.
    p_value : float
        Of no difference; NaN where too few answered. The interval at a level of ``1 - p_value`` ends at 0.
    """

    inside: Estimate
    outside: Estimate
    difference: Estimate
    p_value: float


def contrast_means(
    values: pd.Series, inside: pd.Series, weights: pd.Series | Design, *, level: float = 0.95
) -> Contrast:
    """Compare the mean of a part of the population with that of the rest.

    The standard error is that of the difference of two domain means of one design (linearised), as ``svyby`` with
    ``svycontrast`` gives it in R. The interval is Student's, with the degrees of freedom of Welch and Satterthwaite:
    a small part beside a large rest has hardly more than its own.

    Parameters
    ----------
    values : Series
        Numbers; missing where there is none.
    inside : Series
        True in the part, False in the rest; missing where that is not known: such respondents are in neither.
    weights : Series or Design
        Has a weight for each label of `values`.
    level : float
        Confidence of the intervals, between 0 and 1.

    Returns
    -------
    Contrast

    Raises
    ------
    InputError
        A respondent has no weight.

    References
    ----------
    Särndal, Swensson and Wretman (1992), Model Assisted Survey Sampling, section 5.8; Satterthwaite (1946), Biometrics
    Bulletin 2(6), 110-114; R package ``survey``.

    Examples
    --------
    >>> values = pd.Series([1.0, 3.0, 5.0, 9.0])
    >>> found = contrast_means(values, pd.Series([False, False, True, True]), pd.Series(1.0, values.index))
    >>> found.inside.estimate, found.outside.estimate, found.difference.estimate
    (7.0, 2.0, 5.0)
    """
    design = as_design(weights)
    first, second = (weighted_mean(part, design, level=level) for part in _split(values, inside))
    se, n = float(np.sqrt(max(_variances(values, inside, design) @ (1.0, 1.0, -2.0), 0.0))), first.n + second.n
    gap = first.estimate - second.estimate
    freedom = _welch(values, inside, design, (first.se, second.se))
    reach = student_quantile(freedom, level) * se if freedom else float("nan")
    p = 2 * float(stdtr(freedom, -abs(gap) / se)) if freedom and se > 0 else float("nan")
    worth = _worth(values, inside, design)
    return Contrast(first, second, Estimate(gap, se, gap - reach, gap + reach, n, worth), p)


def contrast_shares(
    holds: pd.Series, inside: pd.Series, weights: pd.Series | Design, *, level: float = 0.95
) -> Contrast:
    """Compare the share of a part of the population for which something holds with that of the rest.

    The interval joins those of the two shares (Newcombe's square-and-add of Wilson's intervals, on their effective
    numbers), with the correlation that the design gives them: it stays within -1 and 1, and a share of 0 or 1 among
    few respondents is not taken for a certainty. The p-value is that at which this interval reaches 0.

    Parameters
    ----------
    holds : Series
        True or 1, False or 0; missing where unknown.
    inside, weights, level
        See :func:`contrast_means`.

    Returns
    -------
    Contrast
        `difference` is between -1 and 1.

    Raises
    ------
    InputError
        A respondent has no weight, or a value is neither 0 nor 1.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17(8), 873-890; Zou and Donner (2008), Statistics in Medicine 27(10),
    1693-1702 (with a correlation).

    Examples
    --------
    >>> holds = pd.Series([1.0] * 56 + [0.0] * 14 + [1.0] * 48 + [0.0] * 32)
    >>> found = contrast_shares(holds, holds.index.to_series() < 70, pd.Series(1.0, holds.index))
    >>> round(found.difference.estimate, 4), round(found.difference.low, 2), round(found.difference.high, 2)
    (0.2, 0.05, 0.33)
    """
    design = as_design(weights)
    first, second = (weighted_share(part, design, level=level) for part in _split(holds, inside))
    variances = _variances(holds, inside, design)
    se, spread = float(np.sqrt(max(variances @ (1.0, 1.0, -2.0), 0.0))), float(np.sqrt(variances[0] * variances[1]))
    correlation = float(np.clip(variances[2] / spread, -1.0, 1.0)) if spread > 0 else 0.0
    ends = {side: _wilson_size(share) for side, share in (("first", first), ("second", second))}
    pair = ((first.estimate, ends["first"]), (second.estimate, ends["second"]))
    low, high = newcombe(*pair, correlation=correlation, level=level)
    gap, n = first.estimate - second.estimate, first.n + second.n
    difference = Estimate(gap, se, low, high, n, _worth(holds, inside, design))
    return Contrast(first, second, difference, _p_value(pair, correlation))


def newcombe(
    first: tuple[float, float], second: tuple[float, float], *, correlation: float = 0.0, level: float = 0.95
) -> tuple[float, float]:
    """Return the interval of a difference of two shares, joined from Wilson's intervals.

    Parameters
    ----------
    first, second : tuple of float
        The share, and the number of respondents that it is worth.
    correlation : float
        Of the two estimates; 0 for two samples.
    level : float

    Returns
    -------
    low, high : float
        NaN where a share rests on nobody.

    Examples
    --------
    The first example of Newcombe (1998), method 10: 56/70 and 48/80.

    >>> low, high = newcombe((56 / 70, 70), (48 / 80, 80))
    >>> round(low, 4), round(high, 4)
    (0.0524, 0.3339)
    """
    z2 = float(ndtri((1 + level) / 2)) ** 2
    (low1, high1), (low2, high2) = _wilson(first, z2), _wilson(second, z2)
    gap = first[0] - second[0]
    below, above = (first[0] - low1, high2 - second[0]), (high1 - first[0], second[0] - low2)
    return gap - _joined(below, correlation), gap + _joined(above, correlation)


def adjust_p(p_values: Sequence[float] | Floats, method: Adjustment) -> Floats:
    """Return p-values adjusted for how many there are, as R's ``p.adjust`` does; NaN stay NaN and do not count.

    Parameters
    ----------
    p_values : array-like of shape (n,)
    method : {'holm', 'bh'}
        Holm bounds the chance of any false discovery; Benjamini and Hochberg, the expected share of false ones.

    Raises
    ------
    UsageError
        There is no such method.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6(2), 65-70; Benjamini and Hochberg (1995), Journal of the Royal
    Statistical Society B 57(1), 289-300.

    Examples
    --------
    >>> adjust_p([0.01, 0.04, 0.03], "holm").round(3).tolist(), adjust_p([0.01, 0.04, 0.03], "bh").round(3).tolist()
    ([0.03, 0.06, 0.06], [0.03, 0.04, 0.04])
    """
    if method not in get_args(Adjustment):
        raise UsageError(f"there is no adjustment '{method}'; use 'holm' or 'bh'.")
    p = np.asarray(p_values, dtype="float64")
    known = np.flatnonzero(np.isfinite(p))
    order, n = known[np.argsort(p[known], kind="stable")], len(known)
    ranks, adjusted = np.arange(1, n + 1), np.full(len(p), np.nan)
    if method == "holm":
        adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * (n - ranks + 1)), 1.0)
    else:
        adjusted[order] = np.minimum(np.minimum.accumulate((p[order] * n / ranks)[::-1])[::-1], 1.0)
    return adjusted


def _split(values: pd.Series, inside: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the values of the part and those of the rest."""
    where = inside.reindex(values.index).astype("boolean")
    if values[where.fillna(False)].notna().sum() == 0 or values[(~where).fillna(False)].notna().sum() == 0:
        raise InputError("nobody with a value is in the part, or nobody in the rest; there is nothing to compare.")
    return values[where.fillna(False)], values[(~where).fillna(False)]


def _variances(values: pd.Series, inside: pd.Series, design: Design) -> Floats:
    """Return the variance of the mean of the part, that of the rest, and their covariance."""
    parts = [design.align(part) for part in _split(values, inside)]
    known = np.column_stack([np.isfinite(part) & (design.w > 0) for part in parts])
    y = np.where(known, np.column_stack(parts), 0.0)
    sizes = design.w @ known

    def means(w: Floats) -> Floats:
        return np.asarray((w @ y) / (w @ known))

    influence = np.where(known, y - means(design.w), 0.0) / sizes
    covariance = design.covariance(influence, means)
    return np.array([covariance[0, 0], covariance[1, 1], covariance[0, 1]])


def _welch(values: pd.Series, inside: pd.Series, design: Design, errors: tuple[float, float]) -> float:
    """Return the degrees of freedom of a difference, by Welch and Satterthwaite; 0 where there are none."""
    squares = np.square(errors)
    freedom = [design.degrees_of_freedom_of(np.isfinite(design.align(p))) for p in _split(values, inside)]
    if not np.isfinite(squares).all() or squares.sum() <= 0 or min(freedom) <= 0:
        return 0.0
    return float(squares.sum() ** 2 / (np.square(squares) / freedom).sum())


def _worth(values: pd.Series, inside: pd.Series, design: Design) -> float:
    known = np.isfinite(design.align(values[values.notna() & inside.reindex(values.index).notna()]))
    return effective_n(design.w[known & (design.w > 0)])


def _wilson_size(share: Estimate) -> float:
    """Return the respondents that a share is worth, as :func:`weighted_share` counts them."""
    p = share.estimate
    return min(p * (1 - p) / share.se**2, share.n) if share.se > 0 else share.n_effective


def _wilson(share: tuple[float, float], z2: float) -> tuple[float, float]:
    p, n = share
    if not n > 0:
        return float("nan"), float("nan")
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    reach = np.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    return max(0.0, float(centre - reach)), min(1.0, float(centre + reach))


def _joined(reaches: tuple[float, float], correlation: float) -> float:
    one, other = reaches
    return float(np.sqrt(max(one**2 + other**2 - 2 * correlation * one * other, 0.0)))


def _p_value(pair: tuple[tuple[float, float], tuple[float, float]], correlation: float) -> float:
    """Return the p-value at which the interval of a difference just reaches 0, by halving."""
    gap = pair[0][0] - pair[1][0]
    if not np.isfinite(gap) or min(pair[0][1], pair[1][1]) <= 0:
        return float("nan")
    low, high = 0.0, 1.0 - 1e-15
    for _ in range(60):
        level = (low + high) / 2
        below, above = newcombe(*pair, correlation=correlation, level=level)
        low, high = (low, level) if below <= 0 <= above else (level, high)
    return 1.0 - high
