"""Separation: an option that some column tells without error, so that no finite coefficient is the likeliest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, hstack

_MOVES = 1e-6
"""A coefficient that runs away by less, where the fastest one runs by 1, stands still."""


@dataclass(frozen=True)
class Separation:
    """A coefficient that maximum likelihood would send to infinity.

    Attributes
    ----------
    option : str
    feature : str
    rises : bool
        True where firms with more of `feature` alone have the option; False where they never have it.
    """

    option: str
    feature: str
    rises: bool


def find_separation(
    Z: NDArray[np.float64], y: NDArray[np.int64], *, options: Sequence[str], features: Sequence[str]
) -> tuple[Separation, ...]:
    """Return the coefficients that have no finite maximum-likelihood estimate, by linear programming.

    Parameters
    ----------
    Z : ndarray of shape (n_firms, n_features)
        Without the intercept, without missing values.
    y : ndarray of int
        Position of what each firm has.
    options, features : sequence of str

    Returns
    -------
    tuple of Separation
        First the options that no firm with a 0-1 feature has; then, where another column sends a coefficient away,
        which one, relative to what most options do. Empty where every coefficient has a finite estimate.

    Notes
    -----
    Data are separated where some coefficients, of any size, never lower the likelihood of what a firm has, and raise
    it somewhere (Albert and Anderson, Biometrika 71(1), 1984). As K. Konis proposed for logistic regression (thesis,
    Oxford, 2007), a linear program looks for them, between -1 and 1.

    Examples
    --------
    >>> woman, job = np.array([[0.0], [0], [0], [1], [1]]), np.array([0, 1, 0, 1, 1])
    >>> find_separation(woman, job, options=["custodial", "admin"], features=["woman"])
    (Separation(option='custodial', feature='woman', rises=False),)
    """
    empty = _empty_cells(Z, y, options, features)
    said = {(found.option, _column(found.feature)) for found in empty}
    others = [
        found for found in _running(Z, y, options, features) if (found.option, _column(found.feature)) not in said
    ]
    return (*empty, *others)


def _empty_cells(
    Z: NDArray[np.float64], y: NDArray[np.int64], options: Sequence[str], features: Sequence[str]
) -> list[Separation]:
    """Return the options that no firm with some 0-1 feature has: the plainest separation, and the easiest to say."""
    found = []
    for position, feature in enumerate(features):
        if not np.isin(Z[:, position], (0.0, 1.0)).all() or not 0 < Z[:, position].sum() < len(Z):
            continue
        counts = np.bincount(y[Z[:, position] == 1.0], minlength=len(options))
        found += [Separation(options[int(option)], feature, rises=False) for option in np.flatnonzero(counts == 0)]
    return found


def _column(feature: str) -> str:
    """Return the column that a feature comes from: ``sector`` of ``sector=trade``."""
    return feature.split("=")[0]


def _running(
    Z: NDArray[np.float64], y: NDArray[np.int64], options: Sequence[str], features: Sequence[str]
) -> list[Separation]:
    """Return the coefficients that a linear program sends away."""
    base = int(np.bincount(y, minlength=len(options)).argmax())
    kept = _independent(Z)
    if len(options) < 2:
        return []
    table, firms = np.column_stack([np.ones(len(Z)), Z[:, kept]]), _comparisons(y, len(options))
    rows = _differences(table, y, firms, base)
    found = linprog(-np.asarray(rows.sum(axis=0)).ravel(), A_ub=-rows, b_ub=np.zeros(rows.shape[0]), bounds=(-1, 1))
    if found.status != 0 or -found.fun < _MOVES:
        return []
    runs = np.insert(found.x.reshape(len(options) - 1, -1)[:, 1:], base, 0.0, axis=0)
    runs = np.column_stack([column - _usual(column) for column in runs.T])
    return [
        Separation(options[a], features[kept[b]], bool(runs[a, b] > 0))
        for a, b in zip(*np.nonzero(np.abs(runs) > _MOVES), strict=True)
    ]


def _usual(runs: NDArray[np.float64]) -> float:
    """Return how fast most options run, so that only the others are named: their differences alone mean something."""
    values, counts = np.unique(runs.round(6), return_counts=True)
    return float(min(zip(-counts, np.abs(values), values, strict=True))[2])


def _independent(Z: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the columns that neither the intercept nor the ones before them give: the others repeat them."""
    kept: list[int] = []
    basis = np.ones((len(Z), 1)) / np.sqrt(max(len(Z), 1))
    for position, column in enumerate(Z.T):
        rest = column - basis @ (basis.T @ column)
        rest = rest - basis @ (basis.T @ rest)
        size = float(np.linalg.norm(rest))
        if size > 1e-8 * max(float(np.linalg.norm(column)), 1e-300):
            kept.append(position)
            basis = np.column_stack([basis, rest / size])
    return np.array(kept, dtype=np.int64)


def _comparisons(y: NDArray[np.int64], options: int) -> NDArray[np.int64]:
    """Return the pairs (firm, option that it does not have), as two rows."""
    firm, other = np.divmod(np.arange(len(y) * options), options)
    differs = other != y[firm]
    return np.vstack([firm[differs], other[differs]])


def _differences(table: NDArray[np.float64], y: NDArray[np.int64], pairs: NDArray[np.int64], base: int) -> csr_matrix:
    """Return the lead of what a firm has over each other option, as a linear form of the coefficients but the base's.

    Firms that look alike give the same rows: each is kept once, which leaves the same coefficients.
    """
    keys = np.unique(np.column_stack([table[pairs[0]], y[pairs[0]], pairs[1]]), axis=0)
    answers, own, other = keys[:, :-2], keys[:, -2].astype(int), keys[:, -1].astype(int)
    options = int(max(own.max(), other.max())) + 1
    blocks = []
    for position in range(options):
        if position != base:
            sign = (own == position).astype(float) - (other == position).astype(float)
            blocks.append(csr_matrix(answers * sign[:, None]))
    return csr_matrix(hstack(blocks))
