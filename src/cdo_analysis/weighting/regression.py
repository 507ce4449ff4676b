"""A weighted regression line and its errors under the design: how one answer goes with another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.errors import InputError
from cdo_analysis.weighting.design import Design, as_design
from cdo_analysis.weighting.estimates import Estimate, student_quantile
from cdo_analysis.weighting.kish import effective_n

Floats = NDArray[np.float64]


def weighted_slope(
    values: pd.Series, by: Sequence[pd.Series], weights: pd.Series | Design, *, level: float = 0.95
) -> Estimate:
    """Estimate the last coefficient of a weighted linear regression, with an intercept.

    On an answer of 0 or 1 alone, it is the difference of two means. The errors are those of Binder: linearised, under
    the design. Student's interval has the degrees of freedom of the domain less those of the slopes.

    Parameters
    ----------
    values : Series
        What is explained; missing where unknown.
    by : sequence of Series
        What explains it, of the same index; the last one is the one of interest.
    weights : Series or Design
        Has a weight for each label of `values`.
    level : float
        Confidence of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        NaN where those who have all values do not determine a slope.

    Raises
    ------
    InputError
        A respondent has no weight, or nothing explains.

    References
    ----------
    Binder (1983), International Statistical Review 51(3), 279-292; R package ``survey``, ``svyglm``.

    Examples
    --------
    >>> y, group = pd.Series([1.0, 3.0, 5.0, 9.0]), pd.Series([0, 0, 1, 1])
    >>> weighted_slope(y, [group], pd.Series(1.0, y.index)).estimate
    5.0
    """
    if not by:
        raise InputError("a slope needs something to explain by; give at least one column.")
    design = as_design(weights)
    columns = [design.align(column.reindex(values.index)) for column in by]
    y, x = design.align(values), np.column_stack([np.ones(len(design.w)), *columns])
    inside = np.isfinite(y) & np.isfinite(x).all(axis=1) & (design.w > 0)
    y, x = np.where(inside, y, 0.0), np.where(inside[:, None], x, 0.0)
    n, worth = int(inside.sum()), effective_n(design.w[inside]) if inside.any() else 0.0
    moments = (x * design.w[:, None]).T @ x
    if n <= x.shape[1] or np.linalg.matrix_rank(x[inside]) < x.shape[1]:
        unknown = float("nan")
        return Estimate(unknown, unknown, unknown, unknown, n, worth)
    slopes = np.linalg.solve(moments, (x * design.w[:, None]).T @ y)
    influence = (y - x @ slopes)[:, None] * x @ np.linalg.inv(moments)[:, [-1]]

    def point(w: Floats) -> Floats:
        return np.asarray(np.linalg.lstsq((x * w[:, None]).T @ x, (x * w[:, None]).T @ y, rcond=None)[0][[-1]])

    se = float(np.sqrt(max(design.covariance(influence, point)[0, 0], 0.0)))
    reach = student_quantile(design.degrees_of_freedom_of(inside) - len(by), level) * se
    slope = float(slopes[-1])
    return Estimate(slope, se, slope - reach, slope + reach, n, worth)
