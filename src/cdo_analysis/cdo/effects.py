"""Average marginal effects of a choice model: by how many points one answer moves the share of each option."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import pinvh
from scipy.stats import norm

from cdo_analysis.cdo.encoding import MISSING, RARE, Encoding, NumberColumn, TextColumn
from cdo_analysis.cdo.logit import Matrix, hessian, influence, softmax, sum_of_squares

FALSE_DISCOVERIES = 0.05
"""Share of false ones that is tolerated, on average, among the effects that are called told."""

_Z = float(norm.ppf(0.975))


class Fitted(NamedTuple):
    """What errors need of a fitted logit.

    Attributes
    ----------
    Z : ndarray of shape (n_firms, 1 + n_features)
        Encoded firms, intercept first.
    y : ndarray of int
        Position of what each firm has.
    w : ndarray of float
    beta : ndarray of shape (n_options, 1 + n_features)
        The first row is 0.
    ridge : float
        As for :func:`~cdo_analysis.cdo.fit_multinomial`.
    """

    Z: Matrix
    y: NDArray[np.int64]
    w: Matrix
    beta: Matrix
    ridge: float


class _Change(NamedTuple):
    """One change of one answer: what it is called, the firms that take part, as they are before and after it."""

    column: str
    level: str
    against: str
    step: float
    logged: bool
    part: NDArray[np.bool_]
    before: Matrix
    after: Matrix


def average_effects(X: pd.DataFrame, encoding: Encoding, fitted: Fitted, options: Sequence[str]) -> pd.DataFrame:
    """Return the average change of the probability of each option when one answer changes and the others stay.

    Parameters
    ----------
    X : DataFrame
        The firms that the model was fitted on.
    encoding : Encoding
        How they are encoded.
    fitted : Fitted
    options : sequence of str

    Returns
    -------
    DataFrame
        A row a change and an option. ``column``; ``level`` and ``against`` (the commonest level) for a text, empty
        for a number, which grows by one standard deviation; ``step``: that deviation in the unit of the number, or
        where ``logged`` the factor by which 1 + number grows; ``option``; ``effect`` with its
        standard error ``se`` and 95 % interval ``low``, ``high``; ``p_value``; ``told``: whether it stands out among
        all of them at a false discovery rate of 5 % (Benjamini and Hochberg, 1995); ``n``: firms with the level, or
        that gave the number; ``firms``: those of them that have the option.

    Notes
    -----
    Weighted mean over firms of the difference of two predictions. Errors by linearisation: each firm moves the mean by
    its own difference and by its pull on the coefficients (penalty held fixed), and these moves are summed as for firms
    drawn one by one with these weights. They count neither the choice of the penalty nor what it shrinks: an effect is
    that of the penalised model. Missing answers and rare texts make no contrast.
    """
    probability = softmax(fitted.Z @ fitted.beta.T)
    bread = pinvh(-hessian(fitted.Z, probability, fitted.w, fitted.ridge))
    pulls = influence(fitted.Z, fitted.y, fitted.w, beta=fitted.beta, bread=bread)
    tables = []
    for change in _changes(X, encoding, fitted.Z):
        effect, error = _effect(change, fitted, pulls)
        concerned = change.part if not change.level else X[change.column].eq(change.level).to_numpy()
        table = pd.DataFrame({"option": list(options), "effect": effect, "se": error})
        named = {name: getattr(change, name) for name in ("column", "level", "against", "step", "logged")}
        counts = np.bincount(fitted.y[concerned], minlength=len(options))
        tables.append(table.assign(**named, n=int(concerned.sum()), firms=counts))
    return _judged(pd.concat(tables, ignore_index=True)) if tables else _judged(pd.DataFrame(columns=_COLUMNS))


_COLUMNS = ("option", "effect", "se", "column", "level", "against", "step", "logged", "n", "firms")


def discoveries(p_values: Matrix, rate: float) -> NDArray[np.bool_]:
    """Return which tests stand out at a false discovery rate.

    References
    ----------
    Benjamini and Hochberg, Journal of the Royal Statistical Society B 57(1), 1995.

    Examples
    --------
    >>> discoveries(np.array([0.001, 0.04, 0.02, 0.8]), 0.05).tolist()  # limits 0.0125, 0.025, 0.0375, 0.05
    [True, False, True, False]
    """
    order = np.argsort(p_values, kind="stable")
    passed = np.flatnonzero(p_values[order] <= rate * np.arange(1, len(p_values) + 1) / max(len(p_values), 1))
    told = np.zeros(len(p_values), dtype=bool)
    if len(passed):
        told[order[: passed[-1] + 1]] = True
    return told


def _judged(table: pd.DataFrame) -> pd.DataFrame:
    effect, error = (table[name].to_numpy(dtype="float64") for name in ("effect", "se"))
    p_values = 2 * norm.sf(np.abs(effect) / np.maximum(error, 1e-12))
    return table.assign(
        low=effect - _Z * error,
        high=effect + _Z * error,
        p_value=p_values,
        told=discoveries(p_values, FALSE_DISCOVERIES),
    )


def _changes(X: pd.DataFrame, encoding: Encoding, Z: Matrix) -> Iterator[_Change]:
    """Yield each change: a number grows by one standard deviation, a text takes each of its levels."""
    first, everyone = 1, np.ones(len(Z), dtype=bool)
    for column in encoding.columns:
        places = np.arange(first, first + len(column.features))
        first += len(places)
        if isinstance(column, NumberColumn):
            measured = X[column.name].notna().to_numpy()
            after = Z[measured].copy()
            after[:, places[0]] += 1.0
            yield _Change(column.name, "", "", _step(column), column.logged, measured, Z[measured], after)
            continue
        counts = {level: float(Z[:, place].sum()) for level, place in zip(column.levels, places, strict=True)}
        said = [level for level in column.levels if level not in (MISSING, RARE)]
        common = max(said, key=counts.__getitem__, default="")
        for level in said:
            if level != common:
                before, after = (_with_level(Z, column, places, name) for name in (common, level))
                yield _Change(column.name, level, common, 1.0, False, everyone, before, after)


def _step(column: NumberColumn) -> float:
    return float(np.exp(column.scale)) if column.logged else column.scale


def _with_level(Z: Matrix, column: TextColumn, places: NDArray[np.int64], level: str) -> Matrix:
    changed = Z.copy()
    changed[:, places] = 0.0
    changed[:, places[column.levels.index(level)]] = 1.0
    return changed


def _effect(change: _Change, fitted: Fitted, pulls: Matrix) -> tuple[Matrix, Matrix]:
    """Return the effect on each option, and its standard error."""
    weights = fitted.w[change.part] / fitted.w[change.part].sum()
    after, before = (softmax(Z @ fitted.beta.T) for Z in (change.after, change.before))
    effect = weights @ (after - before)
    moves = np.zeros((len(fitted.Z), len(effect)))
    moves[change.part] = weights[:, None] * (after - before - effect)
    moves += pulls @ (_slopes(after, change.after, weights) - _slopes(before, change.before, weights))
    return effect, np.sqrt(sum_of_squares(moves).diagonal())


def _slopes(probability: Matrix, Z: Matrix, weights: Matrix) -> Matrix:
    """Return the derivative of the mean probabilities with respect to the free coefficients: a column an option."""
    options = probability.shape[1]
    table = np.empty((options - 1, Z.shape[1], options))
    for option in range(options):
        for free in range(1, options):
            own = (1.0 if option == free else 0.0) - probability[:, free]
            table[free - 1, :, option] = (weights * probability[:, option] * own) @ Z
    return table.reshape(-1, options)
