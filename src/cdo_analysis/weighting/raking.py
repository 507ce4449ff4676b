"""Raking: weights under which the respondents have the margins of the population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.errors import InputError, did_you_mean
from cdo_analysis.weighting.margins import check_margins, population_total

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True)
class Raking:
    """Raked weights and what they changed.

    Attributes
    ----------
    weights : Series
        Mean 1, indexed like the data.
    population_factor : float
        ``weights * population_factor`` adds up to the population (the total of the first variable of the margins).
    iterations : int
        Passes over all the margins.
    converged : bool
        True: weights that miss a margin are never returned.
    table : DataFrame
        A row a category: ``variable``, ``category``, ``n`` (respondents), ``sample_share``,
        ``weighted_share_before`` (base weights), ``weighted_share_after``, ``population_share``. Shares are between
        0 and 1, among the respondents whose category is known.
    """

    weights: pd.Series
    population_factor: float
    iterations: int
    converged: bool
    table: pd.DataFrame


@dataclass(frozen=True)
class _Margin:
    """One variable: `codes` of the respondents (``len(categories)`` where unknown), `shares` of the population."""

    variable: str
    categories: tuple[str, ...]
    codes: Codes
    shares: Floats

    def on(self, representatives: Codes) -> _Margin:
        """Return this margin seen from the cells, each through one respondent of its own."""
        return _Margin(self.variable, self.categories, self.codes[representatives], self.shares)

    def masses(self, mass: Floats) -> Floats:
        """Return the mass of each category; that of the unknown is left out."""
        return _sum_by(self.codes, mass, len(self.shares) + 1)[:-1]

    def shares_of(self, mass: Floats) -> Floats:
        """Return the share of each category among the known."""
        masses = self.masses(mass)
        return masses / masses.sum()

    def fitted(self, mass: Floats) -> Floats:
        """Return `mass` with the shares of the population among the known; the unknown stay as they are."""
        factors = np.append(self.shares / self.shares_of(mass), 1.0)
        return mass * factors[self.codes]

    def gaps(self, mass: Floats) -> Floats:
        """Return by how much each share misses its target, as a fraction of the target."""
        return np.abs(self.shares_of(mass) / self.shares - 1.0)


def rake(
    data: pd.DataFrame,
    margins: pd.DataFrame,
    *,
    base_weights: pd.Series | None = None,
    tolerance: float = 1e-9,
    max_iterations: int = 200,
) -> Raking:
    """Find the weights closest to the base weights that meet every margin (raking ratio).

    The margins are fitted in turn until all hold. The work is done on the cells of the cross-table of the variables,
    so that the cost of a pass does not grow with the number of respondents.

    A respondent whose category is unknown for one variable keeps its factor there: that margin does not move its
    weight, and is met among the respondents whose category is known. This takes the unknown to be spread like the
    known once the other margins hold; a variable with many unknown is a poor margin.

    Parameters
    ----------
    data : DataFrame of shape (n, ...)
        Has a column of codes for each variable of the margins; missing where unknown.
    margins : DataFrame
        As returned by :func:`read_margins`. Only the shares within each variable count for the weights.
    base_weights : Series of shape (n,), optional
        Design weights, above 0, indexed like `data`; equal by default.
    tolerance : float
        Largest gap accepted between a weighted share and its target, as a fraction of the target.
    max_iterations : int
        Passes over the margins before giving up.

    Returns
    -------
    Raking

    Raises
    ------
    InputError
        A variable is not in the data, a category has a population but no respondent, or respondents but no
        population, a base weight is missing or not above 0, or the margins cannot be met together.

    References
    ----------
    Deming and Stephan (1940), Annals of Mathematical Statistics 11(4), 427-444; Deville, Särndal and Sautory (1993),
    Journal of the American Statistical Association 88(423), 1013-1020.

    Examples
    --------
    >>> firms = pd.DataFrame({"size": ["pme", "pme", "pme", "eti"]})
    >>> margins = pd.DataFrame({"variable": "size", "category": ["pme", "eti"], "population": [50.0, 50.0]})
    >>> raking = rake(firms, margins)
    >>> raking.weights.round(4).tolist(), raking.population_factor
    ([0.6667, 0.6667, 0.6667, 2.0], 25.0)
    """
    check_margins(margins)
    if not len(data):
        raise InputError("there is no respondent to weight; check the export, or the filter before the weighting.")
    base = _base_mass(data, base_weights)
    targets = [_margin(data, str(variable), part) for variable, part in margins.groupby("variable", sort=False)]
    cells, representatives = _cells(targets)
    start = _sum_by(cells, base, len(representatives))
    mass, iterations = _fit(
        start, [target.on(representatives) for target in targets], tolerance=tolerance, max_iterations=max_iterations
    )
    fitted = base * (mass / start)[cells]
    weights = pd.Series(fitted / fitted.mean(), index=data.index, name="weight")
    return Raking(
        weights=weights,
        population_factor=population_total(margins) / len(data),
        iterations=iterations,
        converged=True,
        table=pd.concat([_describe(t, base, weights.to_numpy()) for t in targets], ignore_index=True),
    )


def _base_mass(data: pd.DataFrame, base_weights: pd.Series | None) -> Floats:
    if base_weights is None:
        return np.ones(len(data))
    base = base_weights.reindex(data.index).to_numpy(dtype="float64", na_value=np.nan)
    wrong = ~(np.isfinite(base) & (base > 0))
    if wrong.any():
        raise InputError(
            f"{int(wrong.sum())} respondents have no base weight above 0, the first of them {data.index[wrong][0]!r}; "
            "give each respondent a design weight, or leave the base weights out."
        )
    return base / base.mean()


def _margin(data: pd.DataFrame, variable: str, part: pd.DataFrame) -> _Margin:
    """Match the categories of one variable with those of the respondents; both must know the same ones.

    ``93+94`` is one category of the margins made of two of the responses: rare ones are merged so.
    """
    if variable not in data.columns:
        hint = did_you_mean(variable, data.columns)
        raise InputError(f"the margins name '{variable}', which is not a column of the responses{hint}")
    categories = tuple(str(category) for category in part["category"])
    position = {part: place for place, category in enumerate(categories) for part in category.split("+")}
    codes, distinct = pd.factorize(data[variable])
    unknown = sorted({str(code) for code in distinct} - set(position))
    if unknown:
        raise InputError(
            f"respondents have {variable} '{unknown[0]}', which the margins lack; add its population to the margins, "
            f"or merge it with a category that they have ('{unknown[0]}+…')."
        )
    places = np.array([*(position[str(code)] for code in distinct), len(categories)], dtype=np.intp)[codes]
    empty = np.flatnonzero(np.bincount(places, minlength=len(categories))[: len(categories)] == 0)
    if empty.size:
        raise InputError(
            f"no respondent has {variable} '{categories[empty[0]]}', which the margins count; merge it with a "
            f"neighbouring category there ('{categories[empty[0]]}+…', with the population of both)."
        )
    population = part["population"].to_numpy(dtype="float64")
    return _Margin(variable, categories, places, population / population.sum())


def _sum_by(codes: Codes, mass: Floats, size: int) -> Floats:
    return np.bincount(codes, weights=mass, minlength=size).astype("float64", copy=False)


def _cells(margins: Sequence[_Margin]) -> tuple[Codes, Codes]:
    """Return the cell of each respondent, and for each cell the position of one of its respondents.

    Cells are renumbered after each variable: the full cross-table of many variables would not fit in memory.
    """
    cells = np.zeros(len(margins[0].codes), dtype=np.intp)
    for margin in margins:
        cells = pd.factorize(cells * (len(margin.categories) + 1) + margin.codes)[0]
    representatives = np.empty(cells.max() + 1, dtype=np.intp)
    representatives[cells] = np.arange(len(cells))
    return cells, representatives


def _fit(mass: Floats, margins: Sequence[_Margin], *, tolerance: float, max_iterations: int) -> tuple[Floats, int]:
    with np.errstate(divide="ignore", invalid="ignore"):  # margins that cannot be met send masses to 0
        for iteration in range(1, max_iterations + 1):
            for margin in margins:
                mass = margin.fitted(mass)
            if all(margin.gaps(mass).max() <= tolerance for margin in margins):
                return mass, iteration
        raise _not_met(mass, margins, max_iterations)


def _not_met(mass: Floats, margins: Sequence[_Margin], max_iterations: int) -> InputError:
    worst = max(margins, key=lambda margin: np.nan_to_num(margin.gaps(mass).max(), nan=np.inf))
    place = int(np.argmax(worst.gaps(mass)))
    return InputError(
        f"raking misses the margin '{worst.variable}' after {max_iterations} passes: '{worst.categories[place]}' has "
        f"{worst.shares_of(mass)[place]:.2%} of the weights for {worst.shares[place]:.2%} of the population; merge "
        "rare categories, or leave that margin out."
    )


def _describe(margin: _Margin, base: Floats, weights: Floats) -> pd.DataFrame:
    counts = margin.masses(np.ones(len(base)))
    return pd.DataFrame(
        {
            "variable": margin.variable,
            "category": list(margin.categories),
            "n": counts.astype("int64"),
            "sample_share": counts / counts.sum(),
            "weighted_share_before": margin.shares_of(base),
            "weighted_share_after": margin.shares_of(weights),
            "population_share": margin.shares,
        }
    )
