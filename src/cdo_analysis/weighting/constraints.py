"""Margins met with respondents: one column of a matrix for each total that the weights must reach.

Respondents alike in every variable of the margins share a cell: the matrix has a row a cell, so that the cost of a
pass does not grow with the number of respondents. A numeric margin makes each respondent its own cell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.errors import InputError, did_you_mean
from cdo_analysis.weighting.margins import measures

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True)
class Margin:
    """One variable of the margins, seen from the cells.

    Attributes
    ----------
    variable : str
    categories : tuple of str
        Empty for a number.
    codes : ndarray of shape (cells,)
        Place of the category of each cell, ``len(categories)`` where unknown; of no use for a number.
    values : ndarray of shape (cells,)
        The number of each cell; of no use for categories.
    targets : ndarray
        Companies of each category, and of the unknown where there are some; or the one total of a number.
    """

    variable: str
    categories: tuple[str, ...]
    codes: Codes
    values: Floats
    targets: Floats

    @property
    def is_numeric(self) -> bool:
        """Tell whether the margin is the total of a number."""
        return not self.categories

    @property
    def names(self) -> list[str]:
        """What errors call the targets."""
        if self.is_numeric:
            return [f"total of {self.variable}"]
        return [f"{self.variable} '{category}'" for category in (*self.categories, "unknown")][: len(self.targets)]

    def reached(self, mass: Floats) -> Floats:
        """Return what each target comes to under the weights `mass` of the cells."""
        if self.is_numeric:
            return np.array([mass @ self.values])
        return sum_by(self.codes, mass, len(self.categories) + 1)[: len(self.targets)]


@dataclass(frozen=True)
class Cells:
    """Respondents alike in every variable.

    Attributes
    ----------
    of : ndarray of shape (n,)
        Cell of each respondent.
    codes : ndarray of shape (cells, variables)
        For each cell, the position of its answer among the distinct ones of each variable; -1 where unknown.
    counts : ndarray of shape (cells,)
        Respondents of each cell; 0 for combinations that nobody has.
    """

    of: Codes
    codes: Codes
    counts: Floats

    def sums(self, values: Floats | None) -> Floats:
        """Return the sum of `values` over the respondents of each cell; how many there are where it is None."""
        return self.counts if values is None else sum_by(self.of, values, len(self.counts))


@dataclass(frozen=True)
class System:
    """What calibration solves: ``matrix.T @ weights of the cells = targets``.

    Attributes
    ----------
    cells : ndarray of shape (n,)
        Cell of each respondent.
    matrix : ndarray of shape (cells, p)
    targets : ndarray of shape (p,)
    names : tuple of str
        What errors call each target.
    """

    cells: Codes
    matrix: Floats
    targets: Floats
    names: tuple[str, ...]

    def sums(self, values: Floats) -> Floats:
        """Return the sum of `values` over the respondents of each cell."""
        return sum_by(self.cells, values, len(self.matrix))

    def residuals(self, values: Floats, weights: Floats) -> Floats:
        """Return what a weighted regression on the calibration variables leaves of `values`."""
        mass = self.sums(weights)
        normal = self.matrix.T @ (mass[:, None] * self.matrix)
        moments = self.matrix.T @ self.sums(weights * values)
        return values - (self.matrix @ solve_symmetric(normal, moments))[self.cells]

    def leverage(self, weights: Floats) -> Floats:
        """Return how far each respondent pulls that regression to its own value, from 0 to 1."""
        mass = self.sums(weights)
        used = mass > 0
        rows = self.matrix[used]
        normal = rows.T @ (mass[used, None] * rows)
        pull = np.zeros(len(mass))
        pull[used] = np.einsum("ij,ji->i", rows, solve_symmetric(normal, rows.T))
        return weights * pull[self.cells]


def solve_symmetric(matrix: Floats, right: Floats) -> Floats:
    """Solve a positive semi-definite system, by the smallest solution where it is singular.

    Columns are brought to one scale first: counts of companies stand beside totals in euros.
    """
    scale = np.sqrt(np.maximum(np.diag(matrix), 0.0))
    scale[scale == 0] = 1.0
    scaled = right.T / scale
    solution = np.linalg.lstsq(matrix / np.outer(scale, scale), scaled.T, rcond=1e-13)[0]
    return np.asarray((solution.T / scale).T)


def sum_by(codes: Codes, mass: Floats, size: int) -> Floats:
    """Return the sum of `mass` for each code below `size`."""
    return np.bincount(codes, weights=mass, minlength=size).astype("float64", copy=False)


def group_by_cells(data: pd.DataFrame, margins: pd.DataFrame, *, by_row: bool = False) -> tuple[Cells, list[pd.Index]]:
    """Return the cells of the variables of the margins, and the distinct answers of each variable.

    A number in the margins, or `by_row`, makes each respondent its own cell.

    Raises
    ------
    InputError
        A variable of the margins is not a column of the data.
    """
    kinds = measures(margins).groupby(margins["variable"], sort=False).first()
    read = [_read_codes(_column(data, str(name)), skip=kind == "total") for name, kind in kinds.items()]
    codes, distinct = [codes for codes, _ in read], [answers for _, answers in read]
    n, size = len(data), math.prod(len(answers) + 1 for answers in distinct)
    if by_row or kinds.eq("total").any():
        return Cells(np.arange(n, dtype=np.intp), np.column_stack(codes).astype(np.intp), np.ones(n)), distinct
    if size > _MOST_CELLS:
        return _compact(codes, distinct), distinct
    number = np.zeros(n, dtype=np.min_scalar_type(-2 * size))
    for one, answers in zip(codes, distinct, strict=True):
        number *= len(answers) + 1
        number += one.astype(number.dtype, copy=False)
        number += 1
    cells = number.astype(np.intp)
    parts = np.unravel_index(np.arange(size), [len(answers) + 1 for answers in distinct])
    return Cells(cells, np.column_stack(parts) - 1, np.bincount(cells, minlength=size).astype("float64")), distinct


_MOST_CELLS = 4_096


def _compact(codes: Sequence[Codes], distinct: Sequence[pd.Index]) -> Cells:
    """Return the cells that somebody is in, renumbered after each variable: the full cross-table would be large."""
    cells = np.zeros(len(codes[0]), dtype=np.intp)
    for one, answers in zip(codes, distinct, strict=True):
        cells = pd.factorize(cells * (len(answers) + 1) + one + 1)[0]
    first = np.empty(int(cells.max()) + 1, dtype=np.intp)
    first[cells] = np.arange(len(cells))
    table = np.column_stack([one[first] for one in codes]).astype(np.intp)
    return Cells(cells, table, np.bincount(cells).astype("float64"))


def _column(data: pd.DataFrame, variable: str) -> pd.Series:
    if variable not in data.columns:
        hint = did_you_mean(variable, data.columns)
        raise InputError(f"the margins name '{variable}', which is not a column of the responses{hint}")
    return data[variable]


def _read_codes(values: pd.Series, *, skip: bool) -> tuple[Codes, pd.Index]:
    """Return the position of each answer among the distinct ones (-1 where missing), and these; none for a number."""
    if skip:
        return np.full(len(values), -1, dtype=np.intp), pd.Index([])
    if isinstance(values.dtype, pd.CategoricalDtype):
        return np.asarray(values.cat.codes), values.cat.categories
    codes, distinct = pd.factorize(values)
    return codes, pd.Index(distinct)


def match_margins(
    data: pd.DataFrame, margins: pd.DataFrame, base: Floats | None, population: float, *, by_row: bool = False
) -> tuple[Cells, list[Margin]]:
    """Match every variable of the margins with the respondents.

    Parameters
    ----------
    data, margins : DataFrame
    base : ndarray of shape (n,) or None
        Base weights, of any scale; equal where None.
    population : float
        What the targets of each variable add up to.
    by_row : bool
        True: each respondent is its own cell.

    Returns
    -------
    cells : Cells
    margins : list of Margin

    Raises
    ------
    InputError
        A variable is not in the data, a category has a population but no respondent, or respondents but no
        population, a number is missing.
    """
    cells, distinct = group_by_cells(data, margins, by_row=by_row)
    kinds, mass = measures(margins), cells.sums(base)
    matched = []
    for place, (variable, part) in enumerate(margins.groupby("variable", sort=False)):
        if kinds[part.index[0]] == "total":
            matched.append(_number(data[variable], str(variable), float(part["population"].iloc[0])))
        else:
            answers = (cells.codes[:, place], distinct[place], cells.counts)
            matched.append(_categories(answers, part, mass, population))
    return cells, matched


def _number(values: pd.Series, variable: str, total: float) -> Margin:
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        raise InputError(
            f"the margins give the total of '{variable}', which {int(wrong.sum())} respondents lack (the first of them "
            f"{values.index[wrong][0]!r}); impute it, or leave that margin out."
        )
    return Margin(variable, (), np.empty(0, dtype=np.intp), numbers, np.array([total]))


def _categories(answers: tuple[Codes, pd.Index, Floats], part: pd.DataFrame, mass: Floats, population: float) -> Margin:
    """Match the categories of one variable with those of the respondents; both must know the same ones.

    ``93+94`` is one category of the margins made of two of the responses: rare ones are merged so. The unknown are
    taken to be as many in the population as they are under the base weights.
    """
    variable = str(part["variable"].iloc[0])
    categories = tuple(str(category) for category in part["category"])
    codes, distinct, present = answers
    there = sum_by(codes + 1, present, len(distinct) + 1)[1:] > 0
    places = np.append(_places(distinct, there, variable, categories), len(categories))[codes]
    counts = sum_by(places, present, len(categories) + 1)
    empty = np.flatnonzero(counts[:-1] == 0)
    if empty.size:
        raise InputError(
            f"no respondent has {variable} '{categories[empty[0]]}', which the margins count; merge it with a "
            f"neighbouring category there ('{categories[empty[0]]}+…', with the population of both)."
        )
    shares = part["population"].to_numpy(dtype="float64")
    unknown = float(mass[places == len(categories)].sum() / mass.sum())
    targets = shares / shares.sum() * population * (1.0 - unknown)
    if counts[-1]:
        targets = np.append(targets, population * unknown)
    return Margin(variable, categories, places, np.empty(0), targets)


def _places(distinct: pd.Index, there: NDArray[np.bool_], variable: str, categories: Sequence[str]) -> Codes:
    """Return the place of each distinct answer among the categories; the last one for answers that nobody gave."""
    position = {part: place for place, category in enumerate(categories) for part in category.split("+")}
    unknown = sorted({str(answer) for answer in distinct[there]} - set(position))
    if unknown:
        raise InputError(
            f"respondents have {variable} '{unknown[0]}', which the margins lack; add its population to the margins, "
            f"or merge it with a category that they have ('{unknown[0]}+…')."
        )
    return np.array([position.get(str(answer), len(categories)) for answer in distinct], dtype=np.intp)


def build_system(cells: Cells, margins: Sequence[Margin]) -> System:
    """Return the system of `margins`.

    From the second variable with categories on, the last category is left out: it follows from the others.
    """
    columns: list[Floats] = []
    targets: list[float] = []
    names: list[str] = []
    complete = False
    for margin in margins:
        kept = len(margin.targets) - (complete and not margin.is_numeric)
        columns.extend(
            margin.values if margin.is_numeric else (margin.codes == place).astype("float64") for place in range(kept)
        )
        targets.extend(margin.targets[:kept])
        names.extend(margin.names[:kept])
        complete = complete or not margin.is_numeric
    return System(cells.of, np.column_stack(columns), np.array(targets), tuple(names))
