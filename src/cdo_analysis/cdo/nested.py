"""Conditional and nested logit: choices among options that are described themselves, alike ones standing in nests.

McFadden, "Conditional logit analysis of qualitative choice behavior", 1974; "Modelling the choice of residential
location", 1978. Own code: analytic gradient, scipy for the search, errors from the information and from the sandwich.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import chi2

from cdo_analysis.cdo.logit import Matrix, sum_of_squares
from cdo_analysis.errors import InputError, UsageError

SMALLEST_VALUE, LARGEST_VALUE = 0.02, 20.0
"""Where an inclusive value may go: at a bound, it is said not to have converged."""


@dataclass(frozen=True)
class LongNames:
    """Columns of a table with a row a firm and option: who, what, whether it was chosen, with which weight."""

    firm: str
    option: str
    chosen: str
    weight: str = ""


@dataclass(frozen=True)
class Nests:
    """Which options stand together.

    Attributes
    ----------
    members : mapping of str to str
        Option to nest; an option that is not named stands alone.
    common : bool
        True where all nests share one inclusive value.
    scaling : {'utility', 'inclusive'}
        ``utility``: utilities are divided by the inclusive value inside a nest, which keeps coefficients in one unit,
        and a nest of one option has none (its value is 1). ``inclusive``: they are not (Greene, "Econometric
        Analysis"; ``unscaled`` in R mlogit), and every nest has one.
    """

    members: Mapping[str, str] = field(default_factory=dict)
    common: bool = False
    scaling: Literal["utility", "inclusive"] = "utility"


@dataclass(frozen=True)
class ChoiceFit:
    """A conditional or nested logit.

    Attributes
    ----------
    parameters : DataFrame
        Index: ``(intercept:option)``, columns, ``iv:nest``. Columns ``coefficient``, ``se`` (from the information),
        ``robust_se`` (sandwich over firms).
    log_likelihood : float
    n : int
        Firms.
    converged : bool
    """

    parameters: pd.DataFrame
    log_likelihood: float
    n: int
    converged: bool


@dataclass(frozen=True)
class LikelihoodRatio:
    """Twice the difference of two log-likelihoods, and how often chance alone gives more (chi-squared)."""

    statistic: float
    df: int
    p_value: float


def fit_conditional(
    long: pd.DataFrame, columns: Sequence[str], *, names: LongNames, base: str | None = None
) -> ChoiceFit:
    """Fit a conditional logit: what firms chose, given columns that describe each option.

    Parameters
    ----------
    long : DataFrame
        A row a firm and option that it could choose.
    columns : sequence of str
        Columns of float, one coefficient each.
    names : LongNames
    base : str, optional
        Option without an intercept; the first in the alphabet by default.

    Returns
    -------
    ChoiceFit

    Raises
    ------
    InputError
        If a firm has not exactly one chosen option, or a value is missing.
    UsageError
        If a column is absent.

    Examples
    --------
    >>> long = pd.DataFrame({"firm": [1, 1, 2, 2, 3, 3], "option": ["a", "b"] * 3, "chosen": [0, 1, 0, 1, 1, 0]})
    >>> fit = fit_conditional(long, [], names=LongNames("firm", "option", "chosen"))
    >>> fit.parameters["coefficient"].round(4).to_dict()  # log(2 / 1)
    {'(intercept:b)': 0.6931}
    """
    return _fit(_Choices(long, columns, names, base), Nests())


def fit_nested(
    long: pd.DataFrame, columns: Sequence[str], *, names: LongNames, nests: Nests, base: str | None = None
) -> ChoiceFit:
    """Fit a nested logit.

    Parameters
    ----------
    long, columns, names, base
        As for :func:`fit_conditional`.
    nests : Nests

    Returns
    -------
    ChoiceFit
        With ``iv:`` rows: 1 where options of a nest are no more alike than others (the multinomial logit), under 1
        where they are, above 1 or below 0 where the nests are wrong.

    Raises
    ------
    InputError, UsageError
        As for :func:`fit_conditional`; UsageError also where no nest has two options.
    """
    return _fit(_Choices(long, columns, names, base), nests)


def likelihood_ratio(large: ChoiceFit, small: ChoiceFit) -> LikelihoodRatio:
    """Test a model against one that it contains: without weights, both by maximum likelihood on the same firms.

    Raises
    ------
    UsageError
        If the larger one has no parameter more.
    """
    df = len(large.parameters) - len(small.parameters)
    if df < 1 or large.n != small.n:
        raise UsageError(f"{df} parameters more on {large.n} firms against {small.n}; name the larger model first.")
    statistic = max(0.0, 2 * (large.log_likelihood - small.log_likelihood))
    return LikelihoodRatio(statistic, df, float(chi2.sf(statistic, df)))


class _Choices:
    """The long table as arrays, sorted by firm; columns scaled so that one step suits all coefficients."""

    def __init__(self, long: pd.DataFrame, columns: Sequence[str], names: LongNames, base: str | None) -> None:
        used = [names.firm, names.option, names.chosen, *columns, *([names.weight] if names.weight else [])]
        absent = [name for name in used if name not in long.columns]
        if absent:
            raise UsageError(f"the table of choices has no column '{absent[0]}'; it has {', '.join(long.columns)}.")
        if long[used].isna().to_numpy().any():
            raise InputError("the table of choices has missing values; fill or drop these firms first.")
        self.options = sorted(str(name) for name in long[names.option].unique())
        if base is not None and base not in self.options:
            raise UsageError(f"the base '{base}' is none of the options {', '.join(self.options)}.")
        firm = pd.factorize(long[names.firm])[0]
        option = pd.Index(self.options).get_indexer(pd.Index(long[names.option].astype("str")))
        order = np.lexsort([option, firm])
        self.firm, self.option = firm[order], option[order]
        chosen = long[names.chosen].to_numpy(dtype=bool)[order]
        counts = np.bincount(self.firm, chosen)
        if (counts != 1).any():
            who = long[names.firm].to_numpy()[order][self.firm == int((counts != 1).argmax())][0]
            raise InputError(f"firm {who} has {int(counts[counts != 1][0])} chosen options; each firm has one.")
        self.rows = np.flatnonzero(chosen)
        weights = long[names.weight].to_numpy(dtype="float64")[order] if names.weight else np.ones(len(order))
        self.w = weights[self.rows]
        free = [name for name in self.options if name != (base or self.options[0])]
        ones = np.column_stack([self.option == self.options.index(name) for name in free]).astype(float)
        own = long[list(columns)].to_numpy(dtype="float64")[order]
        self.names = [*(f"(intercept:{name})" for name in free), *columns]
        X = np.hstack([ones, own])
        self.scale = np.where(X.std(axis=0) > 0, X.std(axis=0), 1.0)
        self.X = X / self.scale


class _NestedLikelihood:
    """Log-likelihood of each firm and its gradient, for coefficients followed by inclusive values."""

    def __init__(self, data: _Choices, nests: Nests) -> None:
        self.data, self.inclusive = data, nests.scaling == "inclusive"
        nest_of = [nests.members.get(name, f"({name})") for name in data.options]
        labels = sorted(set(nest_of))
        sizes = [nest_of.count(label) for label in labels]
        named = [label for label, size in zip(labels, sizes, strict=True) if size > 1 or self._free(label, nests)]
        if nests.members and not named:
            raise UsageError("no nest has two of the options; name nests with at least two.")
        self.values = ["iv"] if nests.common and named else [f"iv:{label}" for label in named]
        place = {label: 0 if nests.common else position for position, label in enumerate(named)}
        nest = np.array([labels.index(label) for label in nest_of])[data.option]
        keys = data.firm * len(labels) + nest
        order = np.argsort(keys, kind="stable")
        self.X, self.firm = data.X[order], data.firm[order]
        starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
        self.group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(order))))
        self.starts, self.group_firm = starts, self.firm[starts]
        self.firm_starts = np.flatnonzero(np.diff(self.group_firm, prepend=-1))
        self.value_of = np.array([place.get(label, -1) for label in labels])[nest[order][starts]]
        self.rows = np.argsort(order)[data.rows]

    def _free(self, label: str, nests: Nests) -> bool:
        """Tell whether a nest of one option has an inclusive value: only where utilities are not divided by it."""
        return self.inclusive and bool(nests.members) and not label.startswith("(")

    def firms(self, theta: Matrix) -> tuple[Matrix, Matrix]:
        """Return the log-likelihood of each firm, and its gradient."""
        free = len(theta) - len(self.values)
        lam = np.append(theta[free:], 1.0)[self.value_of]
        divided = np.ones(len(lam)) if self.inclusive else lam
        s = (self.X @ theta[:free]) / divided[self.group]
        inside = _log_sums(s, self.starts, self.group)
        total = lam * inside
        nest_log = total - _log_sums(total, self.firm_starts, self.group_firm)[self.group_firm]
        q, Q = np.exp(s - inside[self.group]), np.exp(nest_log)
        own = self.group[self.rows]
        value = s[self.rows] - inside[own] + nest_log[own]
        mean = np.add.reduceat(self.X * q[:, None], self.starts)
        pull = (lam / divided)[:, None] * mean
        slopes = self.X[self.rows] / divided[own][:, None] - mean[own] / divided[own][:, None] + pull[own]
        slopes -= np.add.reduceat(Q[:, None] * pull, self.firm_starts)
        return value, np.hstack([slopes, self._value_slopes(s, inside, (q, Q), divided)])

    def _value_slopes(self, s: Matrix, inside: Matrix, odds: tuple[Matrix, Matrix], divided: Matrix) -> Matrix:
        """Return the derivative of each firm's log-likelihood with respect to the inclusive values."""
        q, Q = odds
        own = self.group[self.rows]
        expected = np.zeros(len(inside)) if self.inclusive else np.add.reduceat(q * s, self.starts)
        gain = inside - expected
        slopes = np.zeros((len(self.rows), len(self.values)))
        for position in range(len(self.values)):
            here = self.value_of == position
            slopes[:, position] -= np.add.reduceat(np.where(here, Q * gain, 0.0), self.firm_starts)
            mine = gain[own] if self.inclusive else gain[own] + (expected[own] - s[self.rows]) / divided[own]
            slopes[:, position] += np.where(here[own], mine, 0.0)
        return slopes


def _log_sums(values: Matrix, starts: NDArray[np.int64], group: NDArray[np.int64]) -> Matrix:
    """Return the logarithm of the sum of exponentials of each group of consecutive rows."""
    top = np.maximum.reduceat(values, starts)
    return np.asarray(top + np.log(np.add.reduceat(np.exp(values - top[group]), starts)), dtype="float64")


def _fit(data: _Choices, nests: Nests) -> ChoiceFit:
    likelihood = _NestedLikelihood(data, nests)
    free, w = len(data.names), data.w

    def falls(theta: Matrix) -> tuple[float, Matrix]:
        value, slopes = likelihood.firms(theta)
        return -float(w @ value), -(w @ slopes)

    bounds = [(None, None)] * free + [(SMALLEST_VALUE, LARGEST_VALUE)] * len(likelihood.values)
    start = np.append(np.zeros(free), np.ones(len(likelihood.values)))
    how = {"maxiter": 2000, "ftol": 1e-15, "gtol": 1e-9, "maxfun": 100_000}
    found = minimize(falls, start, jac=True, method="L-BFGS-B", bounds=bounds, options=how)
    information = _derivative(lambda theta: falls(theta)[1], found.x)
    bread = np.linalg.pinv(information)
    _, slopes = likelihood.firms(found.x)
    scale = np.append(data.scale, np.ones(len(likelihood.values)))
    robust = sum_of_squares((slopes * w[:, None]) @ bread)
    table = pd.DataFrame(
        {
            "coefficient": found.x / scale,
            "se": np.sqrt(np.maximum(bread.diagonal(), 0)) / scale,
            "robust_se": np.sqrt(robust.diagonal()) / scale,
        },
        index=pd.Index([*data.names, *likelihood.values], name="parameter"),
    )
    values = found.x[free:]
    inside = bool(((values > SMALLEST_VALUE) & (values < LARGEST_VALUE)).all())
    flat = bool(np.abs(falls(found.x)[1]).max() < 1e-3 * np.sqrt(w.sum()))
    return replace(ChoiceFit(table, -float(found.fun), len(w), True), converged=inside and flat)


def _derivative(function: object, at: Matrix) -> Matrix:
    """Return the derivative of a gradient, by central differences, symmetric."""
    assert callable(function)
    table = np.empty((len(at), len(at)))
    for position in range(len(at)):
        step = np.zeros(len(at))
        step[position] = 1e-5 * max(1.0, abs(at[position]))
        table[position] = (function(at + step) - function(at - step)) / (2 * step[position])
    return (table + table.T) / 2
