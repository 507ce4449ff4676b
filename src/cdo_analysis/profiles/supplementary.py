"""Variables that did not make the axes, placed on them afterwards: answers at their middle, numbers by correlation."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cdo_analysis.errors import UsageError


def place_categories(
    coordinates: ArrayLike, answers: pd.DataFrame, *, sample_weight: ArrayLike | None = None
) -> pd.DataFrame:
    """Place answers on axes, at the middle of those who gave them.

    Parameters
    ----------
    coordinates : array of shape (n_respondents, n_axes)
        What :meth:`FactorialAxes.transform` returned.
    answers : DataFrame of shape (n_respondents, n_items)
        Categories, active or supplementary; NaN where missing.
    sample_weight : array of shape (n_respondents,), optional
        Survey weights.

    Returns
    -------
    DataFrame, a row an answer and an axis
        ``item``, ``category``, ``axis``, from 1; ``n``: respondents who gave it; ``barycentre``: their weighted mean
        coordinate; ``coordinate``: the same over the deviation of the axis, which is how FactoMineR draws the answers
        of its ``MCA``; ``v_test``: beyond 2 in size, chance would seldom put so many respondents there.

    Examples
    --------
    >>> erp = pd.DataFrame({"erp": ["yes", "yes", "no", "no"]})
    >>> place_categories([[1.0], [0.5], [-0.5], [-1.0]], erp)[["category", "barycentre"]]
      category  barycentre
    0       no       -0.75
    1      yes        0.75
    """
    points = np.asarray(coordinates, dtype=np.float64)
    weights = _scale(sample_weight, len(answers), len(points))
    deviations = np.sqrt(np.average(points**2, axis=0, weights=weights))
    total, parts = weights.sum(), []
    for item in answers:
        codes, categories = pd.factorize(answers[item], sort=True)
        kept = codes >= 0
        mass = np.bincount(codes[kept], weights=weights[kept], minlength=len(categories))
        counts = np.bincount(codes[kept & (weights > 0)], minlength=len(categories))
        spread = np.sqrt((total - mass) / (total - 1) / np.maximum(mass, np.finfo(float).tiny))
        for axis, (column, deviation) in enumerate(zip(points.T, deviations, strict=True)):
            sums = np.bincount(codes[kept], weights=(weights * column)[kept], minlength=len(categories))
            middle = sums / np.maximum(mass, np.finfo(float).tiny)
            tests = np.divide(middle, deviation * spread, out=np.zeros_like(middle), where=spread > 0)
            figures = {"axis": axis + 1, "n": counts, "barycentre": middle, "coordinate": middle / deviation}
            parts.append(pd.DataFrame({"item": item, "category": np.asarray(categories), **figures, "v_test": tests}))
    return pd.concat(parts, ignore_index=True)


def correlate_numbers(
    coordinates: ArrayLike, numbers: pd.DataFrame, *, sample_weight: ArrayLike | None = None
) -> pd.DataFrame:
    """Return the weighted correlation of numbers with axes, over those where the number is measured.

    Returns
    -------
    DataFrame, a row a number and an axis
        ``variable``; ``axis``, from 1; ``correlation``, -1 to 1, NaN for a number that does not vary.
    """
    points = np.asarray(coordinates, dtype=np.float64)
    weights = _scale(sample_weight, len(numbers), len(points))
    rows = []
    for name in numbers:
        values = numbers[name].to_numpy(np.float64)
        known = ~np.isnan(values)
        for axis, column in enumerate(points.T):
            table = np.cov(values[known], column[known], aweights=weights[known], ddof=0)
            scale = float(np.sqrt(table[0, 0] * table[1, 1]))
            rows.append((name, axis + 1, float(table[0, 1]) / scale if scale > 0 else float("nan")))
    return pd.DataFrame(rows, columns=["variable", "axis", "correlation"])


def _scale(sample_weight: ArrayLike | None, n_rows: int, n_points: int) -> np.ndarray:
    if n_rows != n_points:
        raise UsageError(f"there are {n_points} points and {n_rows} rows; give those of the same respondents")
    weights = np.ones(n_rows) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    return weights * (np.count_nonzero(weights) / weights.sum())
