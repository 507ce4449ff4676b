"""How strong a hidden confounder would have to be to undo a difference between two arms, and how strong seen ones are.

References
----------
Cinelli and Hazlett, Journal of the Royal Statistical Society B 82(1), 2020 (robustness value, benchmarks); VanderWeele
and Ding, Annals of Internal Medicine 167(4), 2017 (E-value; continuous outcomes by RR = exp(0.91 d)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_RATIO_OF_DIFFERENCE = 0.91


def robustness_value(strength: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
    """Return the share of the rest of arm and of outcome that a confounder would have to explain to undo an effect.

    Parameters
    ----------
    strength : float or ndarray, 0 or more
        The effect, in units of sd(outcome left) / sd(arm left): partial f, that is |t| / sqrt(degrees of freedom).

    Returns
    -------
    float or ndarray, 0 to 1

    Examples
    --------
    The published example (Darfur, t = 4.18 with 783 degrees of freedom: 13.9 %):

    >>> print(f"{robustness_value(4.184 / 783**0.5):.3f}")
    0.139
    """
    squared = np.square(strength)
    value: float | NDArray[np.float64] = 0.5 * (np.sqrt(squared**2 + 4 * squared) - squared)
    return value


def confounder_strength(r2_arm: float, r2_outcome: float) -> float:
    """Return the effect that a confounder could make up, in the unit of :func:`robustness_value`.

    Parameters
    ----------
    r2_arm, r2_outcome : float, 0 to 1
        Share of what is left of arm, and of outcome, that it explains.

    Examples
    --------
    >>> round(confounder_strength(0.2, 0.05), 4)
    0.1118
    """
    if r2_arm >= 1:
        return float("inf")
    return float(np.sqrt(r2_outcome * r2_arm / (1 - r2_arm)))


def e_value(risk_ratio: float) -> float:
    """Return the E-value: the risk ratio with both arm and outcome that a confounder would need.

    Examples
    --------
    >>> [round(e_value(ratio), 2) for ratio in (1.1, 1.25, 1.5, 2, 3)]
    [1.43, 1.81, 2.37, 3.41, 5.45]
    >>> e_value(0.5) == e_value(2)
    True
    """
    ratio = max(risk_ratio, 1 / risk_ratio)
    return float(ratio + np.sqrt(ratio * (ratio - 1)))


def e_value_of_difference(difference: float, deviation: float) -> float:
    """Return the E-value of a difference of means, `deviation` being the standard deviation of the outcome."""
    return e_value(float(np.exp(_RATIO_OF_DIFFERENCE * difference / deviation)))


@dataclass(frozen=True)
class Covariate:
    """A covariate and its encoded columns."""

    name: str
    places: tuple[int, ...]


def covariate_benchmarks(
    Z: NDArray[np.float64], arm: NDArray[np.int64], y: NDArray[np.float64], *, covariates: Sequence[Covariate]
) -> pd.DataFrame:
    """Return how strongly each covariate is linked to having one arm rather than another, and to the outcome.

    Parameters
    ----------
    Z : ndarray of shape (n_firms, n_features)
        Encoded covariates.
    arm : ndarray of int, of shape (n_firms,)
    y : ndarray of shape (n_firms,)
    covariates : sequence of Covariate

    Returns
    -------
    DataFrame
        A row a pair of arms and a covariate: ``arm``, ``reference`` (positions), ``covariate``, ``r2_arm``,
        ``r2_outcome`` (share of the rest that it explains, adjusted for its number of columns), and what a confounder
        as strong as it would explain of what is left given all covariates: ``bound_arm``, ``bound_outcome``.
    """
    rows = []
    for reference, other in combinations(range(int(arm.max()) + 1), 2):
        used = np.isin(arm, (reference, other))
        pair = _Pair(Z[used], (arm[used] == other).astype(float), y[used])
        for covariate in covariates:
            with_arm, with_outcome = pair.partial_r2(covariate)
            bound_arm, bound_outcome = confounder_bounds(with_arm, with_outcome)
            rows.append((other, reference, covariate.name, with_arm, with_outcome, bound_arm, bound_outcome))
    columns = ["arm", "reference", "covariate", "r2_arm", "r2_outcome", "bound_arm", "bound_outcome"]
    return pd.DataFrame(rows, columns=columns)


def confounder_bounds(r2_arm: float, r2_outcome: float) -> tuple[float, float]:
    """Return what a confounder as strong as a covariate would explain of arm and outcome, given all covariates.

    Parameters
    ----------
    r2_arm : float, 0 to 1
        Partial R² of the covariate with the arm, given the other covariates.
    r2_outcome : float, 0 to 1
        Partial R² of the covariate with the outcome, given the arm and the other covariates.

    Returns
    -------
    r2_arm, r2_outcome : float, 0 to 1
    """
    odds = r2_arm / (1 - r2_arm) if r2_arm < 1 else np.inf
    if odds >= 1:
        return 1.0, 1.0
    mixed = r2_arm**2 / ((1 - odds) * (1 - r2_arm))
    if mixed >= 1 or r2_outcome >= 1:
        return odds, 1.0
    outcome = ((1 + np.sqrt(mixed)) / np.sqrt(1 - mixed)) ** 2 * r2_outcome / (1 - r2_outcome)
    return odds, float(min(outcome, 1.0))


class _Pair:
    """The firms of two arms: which one they have, their covariates, their outcome."""

    def __init__(self, Z: NDArray[np.float64], has: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        self.X, self.has, self.y = np.column_stack([np.ones(len(Z)), Z]), has, y

    def partial_r2(self, covariate: Covariate) -> tuple[float, float]:
        """Return the adjusted partial R² of the covariate with the arm, and with the outcome given the arm."""
        without = np.delete(self.X, [place + 1 for place in covariate.places], axis=1)
        arm = _adjusted_gain(without, self.X, self.has)
        outcome = _adjusted_gain(_beside(without, self.has), _beside(self.X, self.has), self.y)
        return arm, outcome


def residual_ratio(Z: NDArray[np.float64], has: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return sd(outcome left) / sd(arm left) once covariates (and the arm, for the outcome) are taken out."""
    X = np.column_stack([np.ones(len(Z)), Z])
    arm, outcome = _left(X, has)[0], _left(_beside(X, has), y)[0]
    return float(np.sqrt(outcome / arm)) if arm > 0 else float("inf")


def _beside(X: NDArray[np.float64], column: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([X, column])


def _left(X: NDArray[np.float64], response: NDArray[np.float64]) -> tuple[float, int]:
    """Return the residual sum of squares of a regression, and its degrees of freedom."""
    fit, _, rank, _ = np.linalg.lstsq(X, response, rcond=None)
    return float(((response - X @ fit) ** 2).sum()), len(response) - int(rank)


def _adjusted_gain(without: NDArray[np.float64], full: NDArray[np.float64], response: NDArray[np.float64]) -> float:
    (before, free_before), (after, free_after) = _left(without, response), _left(full, response)
    if before <= 0 or free_after <= 0:
        return 0.0
    return float(max(1 - (after / free_after) / (before / free_before), 0.0))
