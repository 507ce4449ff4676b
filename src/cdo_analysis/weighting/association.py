"""Whether two answers go together in the population: the test of Rao and Scott."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import fdtrc

from cdo_analysis.errors import InputError
from cdo_analysis.weighting.design import Design, as_design

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Association:
    """A test of independence that knows the design.

    Attributes
    ----------
    statistic : float
        F.
    df, df_error : float
        Degrees of freedom of F.
    p_value : float
    chi_square : float
        Pearson's, on the weighted table brought to the number of respondents, uncorrected.
    table : DataFrame
        Weighted shares of the cells, adding up to 1.
    n : int
        Respondents with both answers.
    """

    statistic: float
    df: float
    df_error: float
    p_value: float
    chi_square: float
    table: pd.DataFrame
    n: int


def rao_scott(rows: pd.Series, columns: pd.Series, weights: pd.Series | Design) -> Association:
    """Test whether two answers are independent, by the second-order correction of Rao and Scott.

    Parameters
    ----------
    rows, columns : Series
        Answers, missing where unknown.
    weights : Series or Design
        Has a weight for each of their labels.

    Returns
    -------
    Association

    Raises
    ------
    InputError
        An answer has fewer than two categories, or a cell of the table is empty of respondents in a whole row or
        column.

    References
    ----------
    Rao and Scott (1984), Annals of Statistics 12(1), 46-60; Thomas and Rao (1987), Journal of the American Statistical
    Association 82(398), 630-636; R package ``survey``, ``svychisq``.

    Examples
    --------
    >>> rows = pd.Series(["a"] * 40 + ["b"] * 40)
    >>> columns = pd.Series((["x"] * 10 + ["y"] * 30) + (["x"] * 30 + ["y"] * 10))
    >>> test = rao_scott(rows, columns, pd.Series(1.0, rows.index))
    >>> round(test.chi_square, 6), round(test.statistic, 6)
    (20.0, 19.75)
    """
    design = as_design(weights)
    (r, row_labels), (c, column_labels) = (_codes(series, design) for series in (rows, columns))
    inside = (r >= 0) & (c >= 0) & (design.w > 0)
    shape = (len(row_labels), len(column_labels))
    cells = np.zeros((len(design.w), shape[0] * shape[1]))
    cells[np.flatnonzero(inside), (r * shape[1] + c)[inside]] = 1.0
    _check(cells, shape, (rows.name, columns.name))
    total = design.w @ inside

    def shares(w: Floats) -> Floats:
        return np.asarray(w @ cells / (w @ inside))

    p = shares(design.w)
    covariance = design.covariance(np.where(inside[:, None], cells - p, 0.0) / total, shares)
    n = int(inside.sum())
    expected = np.outer(p.reshape(shape).sum(axis=1), p.reshape(shape).sum(axis=0)).ravel()
    chi_square = n * float(((p - expected) ** 2 / expected).sum())
    effects = _design_effects(p, covariance, n, shape)
    trace = float(np.trace(effects))
    df = trace**2 / float(np.trace(effects @ effects))
    df_error = df * design.degrees_of_freedom_of(inside)
    statistic = chi_square / trace
    table = pd.DataFrame(p.reshape(shape), index=row_labels, columns=column_labels)
    return Association(statistic, df, df_error, float(fdtrc(df, df_error, statistic)), chi_square, table, n)


def _codes(answers: pd.Series, design: Design) -> tuple[NDArray[np.intp], list[object]]:
    absent = ~answers.index.isin(design.weights.index)
    if absent.any():
        raise InputError(f"respondent {answers.index[absent][0]!r} has no weight; give the weights the same index.")
    codes, labels = pd.factorize(answers.reindex(design.weights.index), sort=True)
    return codes, list(labels)


def _check(cells: Floats, shape: tuple[int, int], names: tuple[object, object]) -> None:
    counts = cells.sum(axis=0).reshape(shape)
    for axis, name in ((1, names[0]), (0, names[1])):
        if (counts.sum(axis=axis) > 0).sum() < 2:
            raise InputError(f"{name or 'an answer'} has fewer than two categories; there is nothing to test.")
        if (counts.sum(axis=axis) == 0).any():
            raise InputError(f"a category of {name or 'an answer'} has no respondent with both answers; leave it out.")


def _design_effects(p: Floats, covariance: Floats, n: int, shape: tuple[int, int]) -> Floats:
    """Return the matrix of generalised design effects of the interaction of rows and columns."""
    r, c = np.indices(shape).reshape(2, -1)
    main = np.column_stack(
        [np.ones(len(r)), *(r == i for i in range(1, shape[0])), *(c == j for j in range(1, shape[1]))]
    )
    inner = np.column_stack([(r == i) & (c == j) for i in range(1, shape[0]) for j in range(1, shape[1])])
    contrast = inner - main @ np.linalg.lstsq(main, inner.astype("float64"), rcond=None)[0]
    inverse = np.divide(1.0, p, out=np.zeros_like(p), where=p > 0)
    scaled = contrast * inverse[:, None]
    simple = contrast.T @ scaled / n
    return np.asarray(np.linalg.solve(simple, scaled.T @ covariance @ scaled))
