"""Margins met with respondents: one column of a matrix for each total that the weights must reach.

Respondents alike in every variable of the margins share a cell: the matrix has a row a cell, so that the cost of a
pass does not grow with the number of respondents. A numeric margin makes each respondent its own cell.
"""

from __future__ import annotations

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
    """One variable of the margins, seen from the respondents.

    Attributes
    ----------
    variable : str
    categories : tuple of str
        Empty for a number.
    codes : ndarray of shape (n,)
        Place of the category of each respondent, ``len(categories)`` where unknown; of no use for a number.
    values : ndarray of shape (n,)
        The number of each respondent; of no use for categories.
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
        """Return what each target comes to under weights `mass`."""
        if self.is_numeric:
            return np.array([mass @ self.values])
        return sum_by(self.codes, mass, len(self.categories) + 1)[: len(self.targets)]


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


def solve_symmetric(matrix: Floats, right: Floats) -> Floats:
    """Solve a positive semi-definite system, by the smallest solution where it is singular.

    Columns are brought to one scale first: counts of companies stand beside totals in euros.
    """
    scale = np.sqrt(np.maximum(np.diag(matrix), 0.0))
    scale[scale == 0] = 1.0
    solution = np.linalg.lstsq(matrix / np.outer(scale, scale), right / scale, rcond=1e-13)[0]
    return np.asarray(solution / scale)


def sum_by(codes: Codes, mass: Floats, size: int) -> Floats:
    """Return the sum of `mass` for each code below `size`."""
    return np.bincount(codes, weights=mass, minlength=size).astype("float64", copy=False)


def match_margins(data: pd.DataFrame, margins: pd.DataFrame, base: Floats, population: float) -> list[Margin]:
    """Match every variable of the margins with the respondents; base weights add up to any scale.

    Raises
    ------
    InputError
        A variable is not in the data, a category has a population but no respondent, or respondents but no
        population, a number is missing.
    """
    kinds = measures(margins)
    matched = []
    for variable, part in margins.groupby("variable", sort=False):
        name = str(variable)
        if name not in data.columns:
            hint = did_you_mean(name, data.columns)
            raise InputError(f"the margins name '{name}', which is not a column of the responses{hint}")
        if kinds[part.index[0]] == "total":
            matched.append(_number(data[name], name, float(part["population"].iloc[0])))
        else:
            matched.append(_categories(data[name], part, base, population))
    return matched


def _number(values: pd.Series, variable: str, total: float) -> Margin:
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        raise InputError(
            f"the margins give the total of '{variable}', which {int(wrong.sum())} respondents lack (the first of them "
            f"{values.index[wrong][0]!r}); impute it, or leave that margin out."
        )
    return Margin(variable, (), np.empty(0, dtype=np.intp), numbers, np.array([total]))


def _categories(values: pd.Series, part: pd.DataFrame, base: Floats, population: float) -> Margin:
    """Match the categories of one variable with those of the respondents; both must know the same ones.

    ``93+94`` is one category of the margins made of two of the responses: rare ones are merged so. The unknown are
    taken to be as many in the population as they are under the base weights.
    """
    variable = str(part["variable"].iloc[0])
    categories = tuple(str(category) for category in part["category"])
    codes = _places(values, variable, categories)
    counts = np.bincount(codes, minlength=len(categories) + 1)
    empty = np.flatnonzero(counts[:-1] == 0)
    if empty.size:
        raise InputError(
            f"no respondent has {variable} '{categories[empty[0]]}', which the margins count; merge it with a "
            f"neighbouring category there ('{categories[empty[0]]}+…', with the population of both)."
        )
    shares = part["population"].to_numpy(dtype="float64")
    unknown = float(base[codes == len(categories)].sum() / base.sum())
    targets = shares / shares.sum() * population * (1.0 - unknown)
    if counts[-1]:
        targets = np.append(targets, population * unknown)
    return Margin(variable, categories, codes, np.empty(0), targets)


def _places(values: pd.Series, variable: str, categories: Sequence[str]) -> Codes:
    position = {part: place for place, category in enumerate(categories) for part in category.split("+")}
    codes, distinct = pd.factorize(values)
    unknown = sorted({str(code) for code in distinct} - set(position))
    if unknown:
        raise InputError(
            f"respondents have {variable} '{unknown[0]}', which the margins lack; add its population to the margins, "
            f"or merge it with a category that they have ('{unknown[0]}+…')."
        )
    return np.array([*(position[str(code)] for code in distinct), len(categories)], dtype=np.intp)[codes]


def build_system(margins: Sequence[Margin], n: int, *, by_row: bool = False) -> System:
    """Return the system of `margins` for `n` respondents; each makes its own cell where a number or `by_row` asks it.

    From the second variable with categories on, the last category is left out: it follows from the others.
    """
    numeric = by_row or any(margin.is_numeric for margin in margins)
    cells = np.arange(n, dtype=np.intp) if numeric else _cells(margins, n)
    first = np.arange(n, dtype=np.intp) if numeric else _one_of_each(cells)
    columns: list[Floats] = []
    targets: list[float] = []
    names: list[str] = []
    complete = False
    for margin in margins:
        kept = len(margin.targets) - (complete and not margin.is_numeric)
        columns.extend(
            margin.values[first] if margin.is_numeric else (margin.codes[first] == place).astype("float64")
            for place in range(kept)
        )
        targets.extend(margin.targets[:kept])
        names.extend(margin.names[:kept])
        complete = complete or not margin.is_numeric
    return System(cells, np.column_stack(columns), np.array(targets), tuple(names))


def _cells(margins: Sequence[Margin], n: int) -> Codes:
    """Return the cell of each respondent.

    Cells are renumbered where the full cross-table of the variables would not fit in memory.
    """
    cells = np.zeros(n, dtype=np.intp)
    size = 1
    for margin in margins:
        width = len(margin.categories) + 1
        cells = cells * width + margin.codes
        size *= width
        if size > max(n, _MOST_CELLS):
            cells, kept = pd.factorize(cells)
            size = len(kept)
    seen = np.flatnonzero(np.bincount(cells, minlength=size))
    places = np.zeros(size, dtype=np.intp)
    places[seen] = np.arange(len(seen))
    return places[cells]


_MOST_CELLS = 100_000


def _one_of_each(cells: Codes) -> Codes:
    """Return, for each cell, the position of one of its respondents."""
    representatives = np.empty(cells.max() + 1, dtype=np.intp)
    representatives[cells] = np.arange(len(cells))
    return representatives
