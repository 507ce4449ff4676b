"""Calibration: the weights closest to the base weights under which the respondents have the margins of the population.

Newton's method on the dual of Deville and Särndal (1992), on the cells of the cross-table of the variables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog

from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.showing import Shown
from cdo_analysis.weighting.constraints import Margin, System, build_system, match_margins, solve_symmetric
from cdo_analysis.weighting.distances import Distance, distance
from cdo_analysis.weighting.margins import check_margins, population_total

Floats = NDArray[np.float64]

TOLERANCE = 1e-9
"""Largest gap accepted between a weighted total and its target, as a fraction of the target."""

MOST_ITERATIONS = 200
_MOST_CELLS_PROVED = 5_000
_SHORTEST_STEP, _NOISE, _NO_WEIGHT = 1e-6, 1e-14, 1e-7


@dataclass(frozen=True, repr=False)
class Calibration(Shown):
    """Calibrated weights and what they changed.

    Attributes
    ----------
    weights : Series
        Mean 1, indexed like the data. Weights that miss a margin are never returned.
    population_factor : float
        ``weights * population_factor`` reaches the margins.
    distance : Distance
        Method and bounds.
    iterations : int
        Newton steps.
    base : Series
        The base weights on the scale of the population: calibrated over base is within the bounds.
    table : DataFrame
        A row a category: ``variable``, ``category``, ``n`` (respondents), ``sample_share``,
        ``weighted_share_before`` (base weights), ``weighted_share_after``, ``population_share``. Shares are between
        0 and 1, among the respondents whose category is known. A row a number has an empty category, and holds
        totals over the target: 1 after calibration.
    system : System
        What was solved; variances need it.
    importance : ndarray of shape (cells,)
        Of each cell; 1 by default.
    """

    weights: pd.Series
    population_factor: float
    distance: Distance
    iterations: int
    base: pd.Series
    table: pd.DataFrame
    system: System = field(repr=False)
    importance: Floats = field(repr=False)

    @property
    def population_weights(self) -> pd.Series:
        """Weights that add up to the population, as totals need them."""
        return (self.weights * self.population_factor).rename("weight")

    def again(self, base: Floats) -> Floats:
        """Return population weights calibrated in the same way from other base weights, as replicates need them."""
        ratio, _ = solve(self.system, self.system.sums(base), self.importance, self.distance)
        return np.asarray(base * ratio[self.system.cells])


def calibrate(
    data: pd.DataFrame,
    margins: pd.DataFrame,
    *,
    base_weights: pd.Series | None = None,
    method: str = "raking",
    bounds: tuple[float, float] | None = None,
    population: float | None = None,
    scale: bool = True,
    importance: pd.Series | None = None,
) -> Calibration:
    """Find the weights closest to the base weights that meet every margin.

    A respondent whose category is unknown counts for a category of its own, which keeps the share that it has under
    the base weights; the margin is met among the others. A variable with many unknown is a poor margin.

    Parameters
    ----------
    data : DataFrame of shape (n, ...)
        Has a column of codes (missing where unknown), or of numbers (none missing), for each variable of the margins.
    margins : DataFrame
        As returned by :func:`read_margins`: counts or percentages of categories, totals of numbers.
    base_weights : Series of shape (n,), optional
        Design weights, above 0, indexed like `data`; equal by default.
    method : {'raking', 'linear', 'logit', 'truncated'}
        Distance between base and calibrated weights. ``raking`` keeps weights above 0; ``linear`` may give negative
        ones; ``logit`` and ``truncated`` keep the ratio of calibrated to base weights within `bounds`.
    bounds : tuple of float, optional
        Lowest and highest ratio, around 1; only for ``logit`` and ``truncated``, which need them.
    population : float, optional
        Companies in the population. By default what the first variable counted adds up to or, where the margins count
        nothing, what the base weights add up to.
    scale : bool
        True: base weights are first multiplied to add up to the population, as if non-response were the same
        everywhere; bounds then limit what comes on top. False: bounds limit the whole, as Calmar and R have it.
    importance : Series of shape (n,), optional
        Above 0; a respondent of little importance moves less (``1/q`` of Deville and Särndal's distance); 1 by default.

    Returns
    -------
    Calibration

    Raises
    ------
    InputError
        A variable is not in the data, a category has a population but no respondent, or respondents but no
        population, a number or a base weight is missing, or the margins cannot be met together: the sentence names
        one that is missed.
    UsageError
        The method is unknown, or its bounds are not around 1.

    References
    ----------
    Deville and Särndal (1992), Journal of the American Statistical Association 87(418), 376-382; Deville, Särndal and
    Sautory (1993), same journal, 88(423), 1013-1020; Sautory (1993), La macro Calmar, Insee.

    Examples
    --------
    >>> firms = pd.DataFrame({"size": ["pme", "pme", "pme", "eti"]})
    >>> margins = pd.DataFrame({"variable": "size", "category": ["pme", "eti"], "population": [50.0, 50.0]})
    >>> calibration = calibrate(firms, margins)
    >>> calibration.weights.round(4).tolist(), round(calibration.population_factor, 6)
    ([0.6667, 0.6667, 0.6667, 2.0], 25.0)
    """
    margins = margins.reset_index(drop=True)
    check_margins(margins)
    how = distance(method, bounds)
    if not len(data):
        raise InputError("there is no respondent to weight; check the export, or the filter before the weighting.")
    given = None if base_weights is None else positive(base_weights, data.index, "base weight")
    drawn = float(len(data) if given is None else given.sum())
    total = _population(margins, population, drawn)
    factor = total / drawn if scale else 1.0
    cells, matched = match_margins(data, margins, given, total, by_row=importance is not None)
    system, mass = build_system(cells, matched), cells.sums(given) * factor
    pull = np.ones(len(mass)) if importance is None else positive(importance, data.index, "importance")
    ratio, iterations = solve(system, mass, pull, how)
    mean = float(mass @ ratio) / len(data)
    weights = (ratio * (factor / mean))[cells.of]
    return Calibration(
        weights=pd.Series(weights if given is None else weights * given, index=data.index, name="weight", copy=False),
        population_factor=mean,
        distance=how,
        iterations=iterations,
        base=pd.Series(factor if given is None else given * factor, index=data.index, name="base_weight"),
        table=pd.concat(
            [_describe(margin, (cells.counts, mass, mass * ratio)) for margin in matched], ignore_index=True
        ),
        system=system,
        importance=pull,
    )


def positive(given: pd.Series, index: pd.Index, what: str) -> Floats:
    """Return a number above 0 for each label of `index`."""
    values = given if given.index is index else given.reindex(index)
    numbers = values.to_numpy(dtype="float64", na_value=np.nan)
    wrong = ~(np.isfinite(numbers) & (numbers > 0))
    if wrong.any():
        raise InputError(
            f"{int(wrong.sum())} respondents have no {what} above 0, the first of them {index[wrong][0]!r}; "
            f"give each respondent one, or leave the {what}s out."
        )
    return np.asarray(numbers)


def _population(margins: pd.DataFrame, given: float | None, drawn: float) -> float:
    counted = population_total(margins)
    if given is None:
        return counted if np.isfinite(counted) else drawn
    if not given > 0:
        raise UsageError(f"population = {given} is not a number of companies; write a number above 0.")
    if np.isfinite(counted) and abs(counted - given) > 0.005 * given:
        raise InputError(
            f"the margins count {counted:.12g} companies and population says {given:.12g}; they must count the same."
        )
    return float(given)


def solve(system: System, mass: Floats, pull: Floats, how: Distance) -> tuple[Floats, int]:
    """Return the ratio of calibrated to base weights in each cell, and the steps taken.

    Parameters
    ----------
    system : System
    mass : ndarray of shape (cells,)
        Base weight of each cell.
    pull : ndarray of shape (cells,)
        Importance of each cell.
    how : Distance
    """
    matrix, targets = system.matrix, system.targets
    size = np.maximum(np.abs(targets), 1e-12 * (mass @ np.abs(matrix)))
    size[size == 0] = 1.0
    multipliers = np.zeros(len(targets))

    def dual(at: Floats) -> float:
        return float((mass / pull) @ how.integral(pull * (matrix @ at)) - targets @ at)

    with np.errstate(over="ignore", invalid="ignore"):  # margins that cannot be met send multipliers to infinity
        for iteration in range(MOST_ITERATIONS + 1):
            u = pull * (matrix @ multipliers)
            ratio = how.ratio(u)
            gap = targets - matrix.T @ (mass * ratio)
            if np.abs(gap / size).max() <= TOLERANCE:
                if how.method == "raking" and ratio[mass > 0].min() < _NO_WEIGHT:
                    break
                return ratio, iteration
            hessian = matrix.T @ ((mass * pull * how.slope(u))[:, None] * matrix)
            if not (np.isfinite(hessian).all() and hessian.any()):
                break
            step = solve_symmetric(hessian, gap)
            multipliers = _step(multipliers, step, dual, float(gap @ step))
    raise _not_met(system, mass, mass * ratio, how)


def _step(start: Floats, direction: Floats, dual: Callable[[Floats], float], slope: float) -> Floats:
    """Return the point along Newton's step, or a part of it, where the dual is low enough."""
    here, part = dual(start), 1.0
    while part > _SHORTEST_STEP:
        there = dual(start + part * direction)
        if there <= here - 1e-4 * part * slope + _NOISE * abs(here):
            break
        part /= 2
    return np.asarray(start + part * direction)


def _not_met(system: System, mass: Floats, fitted: Floats, how: Distance) -> InputError:
    """Say which margin is missed: by any weights where that can be proved, else by those of the last step."""
    within = f"between {how.low:g} and {how.high:g} times the base weights" if how.high < np.inf else "above 0"
    closest = _closest(system, mass, how)
    reached = system.matrix.T @ (fitted if closest is None else closest)
    gaps = np.abs(reached - system.targets) / np.maximum(np.abs(system.targets), 1e-300)
    gaps[~np.isfinite(gaps)] = np.inf
    worst = int(np.argmax(gaps))
    name, got, wanted = system.names[worst], reached[worst], system.targets[worst]
    if closest is not None and gaps[worst] > 1e-7:
        what = f"no weights {within} meet the margins together: the closest miss the margin {name}, with "
    else:
        what = f"{how.method} finds no weights {within} that meet the margins: it misses the margin {name}, with "
    return InputError(
        f"{what}{got:.6g} for {wanted:.6g}; merge rare categories, widen the bounds if there are any, or leave that "
        "margin out."
    )


def _closest(system: System, mass: Floats, how: Distance) -> Floats | None:
    """Return the weights of the cells, within the bounds, that miss the margins least; None where it costs too much."""
    cells, p = system.matrix.shape
    if cells > _MOST_CELLS_PROVED:
        return None
    size = np.where(system.targets == 0, 1.0, np.abs(system.targets))
    share = (system.matrix * mass[:, None] / size).T
    low = None if how.low == -np.inf else how.low
    high = None if how.high == np.inf else how.high
    found = linprog(
        np.concatenate([np.zeros(cells), np.ones(2 * p)]),
        A_eq=np.hstack([share, np.eye(p), -np.eye(p)]),
        b_eq=system.targets / size,
        bounds=[(low, high)] * cells + [(0, None)] * (2 * p),
    )
    return mass * found.x[:cells] if found.status == 0 else None


def _describe(margin: Margin, masses: tuple[Floats, Floats, Floats]) -> pd.DataFrame:
    """Return what one margin comes to: respondents, base weights and calibrated weights of the cells."""
    counts, before, after = (margin.reached(mass) for mass in masses)
    if margin.is_numeric:
        target = margin.targets
        shares = {
            "sample_share": counts * (masses[1].sum() / masses[0].sum()) / target,
            "weighted_share_before": before / target,
            "weighted_share_after": after / target,
        }
        there = {"variable": [margin.variable], "category": [""], "n": [int(masses[0].sum())]}
        return pd.DataFrame({**there, **shares, "population_share": 1.0})
    known = len(margin.categories)
    counts, before, after, there_all = (part[:known] for part in (counts, before, after, margin.targets))
    return pd.DataFrame(
        {
            "variable": margin.variable,
            "category": list(margin.categories),
            "n": counts.astype("int64"),
            "sample_share": counts / counts.sum(),
            "weighted_share_before": before / before.sum(),
            "weighted_share_after": after / after.sum(),
            "population_share": there_all / there_all.sum(),
        }
    )
