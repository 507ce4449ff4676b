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
from scipy.special import ndtri, stdtr, stdtrit

from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.weighting.design import Design, as_design
from cdo_analysis.weighting.estimates import Estimate, student_quantile
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
    two = _two_sides(values, inside, design)
    errors, freedom = np.sqrt(np.diag(two.covariance)), [design.degrees_of_freedom_of(side) for side in two.known.T]
    first, second = (
        _estimate(two, side, design, student_quantile(freedom[side], level) * errors[side]) for side in (0, 1)
    )
    gap, se = float(two.means[0] - two.means[1]), two.error
    df = _welch(errors, freedom)
    reach = float(stdtrit(df, (1 + level) / 2)) * se if df else float("nan")
    p = 2 * float(stdtr(df, -abs(gap) / se)) if df and se > 0 else float("nan")
    return Contrast(first, second, _difference(two, design, (gap - reach, gap + reach)), p)


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
    two = _two_sides(holds, inside, design)
    if not np.isin(two.values[two.known.any(axis=1)], (0.0, 1.0)).all():
        raise InputError("a share needs values that are 0 or 1 (False or True); turn the answers into yes or no.")
    variances, pair = np.diag(two.covariance), [(float(two.means[i]), _worth_of_share(two, i, design)) for i in (0, 1)]
    spread = float(np.sqrt(variances.prod()))
    correlation = float(np.clip(two.covariance[0, 1] / spread, -1.0, 1.0)) if spread > 0 else 0.0
    z2 = float(ndtri((1 + level) / 2)) ** 2
    first, second = (_estimate(two, side, design, _wilson(pair[side], z2)) for side in (0, 1))
    ends = newcombe(pair[0], pair[1], correlation=correlation, level=level)
    p = _p_value((pair[0], pair[1]), correlation)
    return Contrast(first, second, _difference(two, design, ends), p)


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


@dataclass(frozen=True)
class _TwoSides:
    """Both domains as arrays in the order of the weights: who is known in each, their means and the covariance."""

    values: Floats
    known: NDArray[np.bool_]
    means: Floats
    covariance: Floats

    @property
    def error(self) -> float:
        """Standard error of the difference."""
        (first, both), (_, second) = self.covariance
        return float(np.sqrt(max(first + second - 2 * both, 0.0)))


def _two_sides(values: pd.Series, inside: pd.Series, design: Design) -> _TwoSides:
    where = inside.reindex(values.index).astype("boolean").astype("float64")
    y, side = design.align(values), design.align(where)
    answered = np.isfinite(y) & (design.w > 0)
    known = np.column_stack([answered & (side == 1.0), answered & (side == 0.0)])
    if not known.any(axis=0).all():
        raise InputError("nobody with a value is in the part, or nobody in the rest; there is nothing to compare.")
    z = np.where(answered, y, 0.0)

    def means(w: Floats) -> Floats:
        return np.asarray((w * z) @ known / (w @ known))

    centre = means(design.w)
    influence = np.where(known, z[:, None] - centre, 0.0) / (design.w @ known)
    return _TwoSides(y, known, centre, design.covariance(influence, means))


def _estimate(two: _TwoSides, side: int, design: Design, ends: float | tuple[float, float]) -> Estimate:
    """Return the estimate of a side, with the reach of its interval or both its ends."""
    mean, known = float(two.means[side]), two.known[:, side]
    n, worth = int(known.sum()), effective_n(design.w[known])
    se = float(np.sqrt(two.covariance[side, side])) if n > 1 else float("nan")
    low, high = ends if isinstance(ends, tuple) else (mean - ends, mean + ends)
    return Estimate(mean, se, low, high, n, worth)


def _difference(two: _TwoSides, design: Design, ends: tuple[float, float]) -> Estimate:
    known = two.known.any(axis=1)
    gap = float(two.means[0] - two.means[1])
    return Estimate(gap, two.error, *ends, int(known.sum()), effective_n(design.w[known]))


def _welch(errors: Floats, freedom: Sequence[int]) -> float:
    """Return the degrees of freedom of a difference, by Welch and Satterthwaite; 0 where there are none."""
    squares = np.square(errors)
    if min(freedom) <= 0 or not squares.sum() > 0:
        return 0.0
    return float(squares.sum() ** 2 / (np.square(squares) / freedom).sum())


def _worth_of_share(two: _TwoSides, side: int, design: Design) -> float:
    """Return the respondents that a share is worth, as :func:`~cdo_analysis.weighting.weighted_share` counts them."""
    known, p, variance = two.known[:, side], float(two.means[side]), float(two.covariance[side, side])
    return min(p * (1 - p) / variance, float(known.sum())) if variance > 0 else effective_n(design.w[known])


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
