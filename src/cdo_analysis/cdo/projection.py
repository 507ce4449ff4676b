"""Doubly robust scores, their means, and their best linear projection on what firms are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.cdo.encoding import Encoding

NORMAL_95 = 1.959963984540054
"""Half-width of a 95 % interval, in standard errors."""


def doubly_robust_scores(
    outcome: NDArray[np.float64],
    arm: NDArray[np.int64],
    propensity: NDArray[np.float64],
    predicted: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the scores whose mean estimates the outcome if all firms had one arm (AIPW).

    Parameters
    ----------
    outcome : ndarray of shape (n_firms,)
    arm : ndarray of int, of shape (n_firms,)
        Position of the arm that the firm has.
    propensity : ndarray of shape (n_firms, n_arms)
        Probability of each arm, estimated on other firms.
    predicted : ndarray of shape (n_firms, n_arms)
        Outcome expected under each arm, estimated on other firms.

    Returns
    -------
    ndarray of shape (n_firms, n_arms)

    References
    ----------
    Robins, Rotnitzky and Zhao, Journal of the American Statistical Association 89(427), 1994; cross-fitting:
    Chernozhukov et al., The Econometrics Journal 21(1), 2018.

    Examples
    --------
    >>> doubly_robust_scores(np.array([5.0]), np.array([0]), np.array([[0.5, 0.5]]), np.array([[4.0, 7.0]]))
    array([[6., 7.]])
    """
    scores = predicted.copy()
    rows = np.arange(len(outcome))
    scores[rows, arm] += (outcome - predicted[rows, arm]) / propensity[rows, arm]
    return scores


def weighted_mean(values: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, float]:
    """Return the weighted mean and its standard error (linearised: a ratio of two sums).

    Examples
    --------
    >>> weighted_mean(np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    (2.0, 0.7071067811865476)
    """
    shares = weights / weights.sum()
    mean = float(shares @ values)
    return mean, float(np.sqrt(shares**2 @ (values - mean) ** 2))


@dataclass(frozen=True)
class Projection:
    """Best linear projection of the scores on the encoded covariates.

    Attributes
    ----------
    encoding : Encoding
    arms : tuple of str
    coefficients : ndarray of shape (n_arms, 1 + n_features)
        The intercept first.
    covariance : ndarray of shape (n_arms, n_arms, 1 + n_features, 1 + n_features)
        Of the coefficients, within and between arms, robust to unequal variances.

    References
    ----------
    Semenova and Chernozhukov, The Econometrics Journal 24(2), 2021.
    """

    encoding: Encoding
    arms: tuple[str, ...]
    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]

    def predict(self, X: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.float64]]:
        """Return the outcome expected under each arm, and its covariance between arms.

        Returns
        -------
        predicted : DataFrame of shape (n_firms, n_arms)
        covariance : ndarray of shape (n_firms, n_arms, n_arms)
        """
        Z = _with_intercept(self.encoding.encode(X))
        predicted = pd.DataFrame(Z @ self.coefficients.T, index=X.index, columns=list(self.arms))
        return predicted, np.einsum("ip,abpq,iq->iab", Z, self.covariance, Z, optimize=True)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold, for :meth:`from_dict`."""
        return {
            "encoding": self.encoding.to_dict(),
            "arms": list(self.arms),
            "coefficients": self.coefficients.tolist(),
            "covariance": self.covariance.tolist(),
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Projection:
        """Return the projection that :meth:`to_dict` described."""
        return cls(
            encoding=Encoding.from_dict(saved["encoding"]),
            arms=tuple(saved["arms"]),
            coefficients=np.array(saved["coefficients"], dtype=float),
            covariance=np.array(saved["covariance"], dtype=float),
        )


def project_scores(
    scores: NDArray[np.float64],
    X: pd.DataFrame,
    weights: NDArray[np.float64],
    *,
    encoding: Encoding,
    arms: tuple[str, ...],
) -> Projection:
    """Project scores on the encoded covariates by weighted least squares.

    Parameters
    ----------
    scores : ndarray of shape (n_firms, n_arms)
    X : DataFrame of shape (n_firms, n_columns)
    weights : ndarray of shape (n_firms,)
    encoding : Encoding
    arms : tuple of str

    Returns
    -------
    Projection
    """
    Z = _with_intercept(encoding.encode(X))
    # A column a level and an intercept are collinear: the pseudo-inverse gives the same predictions as any choice.
    bread = np.linalg.pinv((Z * weights[:, None]).T @ Z, hermitian=True)
    coefficients = (bread @ (Z * weights[:, None]).T @ scores).T
    pull = (scores - Z @ coefficients.T)[:, :, None] * Z[:, None, :] * weights[:, None, None]
    free = max(len(Z) - np.linalg.matrix_rank(Z), 1)
    meat = np.einsum("iap,ibq->abpq", pull, pull, optimize=True) * len(Z) / free
    return Projection(encoding, arms, coefficients, bread @ meat @ bread)


def _with_intercept(Z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([np.ones(len(Z)), Z])
