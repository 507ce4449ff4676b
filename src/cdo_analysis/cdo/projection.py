"""Doubly robust scores, their means, and what they say of one firm: a smooth function with honest intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

from cdo_analysis.cdo.basis import Basis

NORMAL_95 = 1.959963984540054
"""Half-width of a 95 % interval, in standard errors."""

_FLAT = 1e3  # prior standard deviation of the intercepts, in standard deviations of the outcome
_NARROWEST, _WIDEST = 0.005, 3.0  # of a group of columns, in standard deviations of the outcome


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
    """Outcome of each arm as a function of what firms are, and how uncertain it is.

    A common level, and what each arm adds to it: an intercept that is free, and linear columns, bends and products
    whose coefficients are normal, with one variance a group (:data:`~cdo_analysis.cdo.basis.GROUPS`) that the data
    choose.

    Attributes
    ----------
    basis : Basis
    arms : tuple of str
    level : ndarray of shape (n_columns,)
        Coefficients of the common level.
    level_covariance : ndarray of shape (n_columns, n_columns)
    coefficients : ndarray of shape (n_arms, n_columns)
        What each arm adds.
    covariance : ndarray of shape (n_arms, n_columns, n_columns)
        Posterior, arm by arm: scores of different arms carry the noise of different firms.
    spreads : tuple of float
        Prior standard deviation, over firms, of the part of each group in what an arm adds; in the outcome's unit.

    References
    ----------
    Semenova and Chernozhukov, The Econometrics Journal 24(2), 2021 (projection of scores); Nychka, Journal of the
    American Statistical Association 83(404), 1988 (posterior intervals of a smooth function cover, on average over
    firms, as often as they say: the posterior variance contains what smoothing leaves out).
    """

    basis: Basis
    arms: tuple[str, ...]
    level: NDArray[np.float64]
    level_covariance: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]
    spreads: tuple[float, ...]

    def predict(self, X: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.float64]]:
        """Return the outcome expected under each arm, and its covariance between arms.

        Returns
        -------
        predicted : DataFrame of shape (n_firms, n_arms)
        covariance : ndarray of shape (n_firms, n_arms, n_arms)
        """
        columns = self.basis.expand(X)
        values = columns @ (self.coefficients + self.level).T
        own = np.einsum("ip,apq,iq->ia", columns, self.covariance, columns, optimize=True)
        common = np.einsum("ip,pq,iq->i", columns, self.level_covariance, columns, optimize=True)
        covariance = own[:, :, None] * np.eye(len(self.arms)) + common[:, None, None]
        return pd.DataFrame(values, index=X.index, columns=list(self.arms)), covariance

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold, for :meth:`from_dict`."""
        return {
            "basis": self.basis.to_dict(),
            "arms": list(self.arms),
            "level": self.level.tolist(),
            "level_covariance": self.level_covariance.tolist(),
            "coefficients": self.coefficients.tolist(),
            "covariance": self.covariance.tolist(),
            "spreads": list(self.spreads),
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Projection:
        """Return the projection that :meth:`to_dict` described."""
        arrays = {
            name: np.array(saved[name], dtype=float)
            for name in ("level", "level_covariance", "coefficients", "covariance")
        }
        return cls(Basis.from_dict(saved["basis"]), tuple(saved["arms"]), spreads=tuple(saved["spreads"]), **arrays)


def project_scores(
    scores: NDArray[np.float64],
    propensity: NDArray[np.float64],
    level: NDArray[np.float64],
    *,
    columns: NDArray[np.float64],
    basis: Basis,
    arms: tuple[str, ...],
) -> Projection:
    """Project scores on the columns of a basis.

    Parameters
    ----------
    scores : ndarray of shape (n_firms, n_arms)
    propensity : ndarray of shape (n_firms, n_arms)
        The score of a firm is as precise as the probability of its arm.
    level : ndarray of shape (n_firms,)
        Outcome of each firm less the mean of those that have its arm: what the common level is learnt from.
    columns : ndarray of shape (n_firms, n_columns)
        The basis of the same firms.
    basis : Basis
    arms : tuple of str

    Returns
    -------
    Projection
    """
    scale = float(level.std()) or 1.0
    common = fit_smooth(level[:, None], np.ones((len(level), 1)), columns, sizes=basis.sizes, scale=scale)
    added = scores - (columns @ common.coefficients[0])[:, None]
    own = fit_smooth(added, propensity, columns, sizes=basis.sizes, scale=scale)
    return Projection(
        basis=basis,
        arms=arms,
        level=common.coefficients[0],
        level_covariance=common.covariance[0],
        coefficients=own.coefficients,
        covariance=own.covariance,
        spreads=own.spreads,
    )


@dataclass(frozen=True)
class Smooth:
    """Posterior of the coefficients of several responses that share the prior variances of their groups."""

    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]
    spreads: tuple[float, ...]


def fit_smooth(
    responses: NDArray[np.float64],
    precision: NDArray[np.float64],
    columns: NDArray[np.float64],
    *,
    sizes: tuple[int, ...],
    scale: float,
) -> Smooth:
    """Fit a penalised regression whose penalties are chosen by marginal likelihood.

    Parameters
    ----------
    responses : ndarray of shape (n_firms, n_responses)
    precision : ndarray of shape (n_firms, n_responses)
        Of each response, up to a constant that is estimated.
    columns : ndarray of shape (n_firms, 1 + sum of sizes)
        The intercept first, then the groups.
    sizes : tuple of int
        Columns of each group.
    scale : float
        Standard deviation of the outcome.

    Returns
    -------
    Smooth

    Notes
    -----
    The marginal likelihood is multiplied by the standard deviation of each group, which keeps it from being put to
    zero, where intervals would be those of a model without that group (Chung et al., Psychometrika 78(4), 2013).
    """
    noise = np.full(responses.shape[1], scale**2)
    log_spreads = np.full(len(sizes), np.log(0.2 * scale))
    for _ in range(3):
        sums = WeightedSums.of(responses, precision / noise, columns)
        log_spreads = _choose_spreads(sums, log_spreads, sizes, scale)
        coefficients, covariance = sums.posterior(_prior_variance(log_spreads, sizes, scale))
        left = responses - columns @ coefficients.T
        used = np.einsum("apq,aqp->a", covariance, sums.cross)
        noise = (precision * left**2).sum(axis=0) / np.maximum(len(left) - used, 1.0)
    sums = WeightedSums.of(responses, precision / noise, columns)
    coefficients, covariance = sums.posterior(_prior_variance(log_spreads, sizes, scale))
    return Smooth(coefficients, covariance, tuple(float(value) for value in np.exp(log_spreads)))


@dataclass(frozen=True)
class WeightedSums:
    """Weighted sums of squares and products: all that the posterior and the likelihood need."""

    cross: NDArray[np.float64]
    pull: NDArray[np.float64]
    square: float

    @classmethod
    def of(
        cls, responses: NDArray[np.float64], weights: NDArray[np.float64], columns: NDArray[np.float64]
    ) -> WeightedSums:
        """Return the sums of some responses, `weights` being the inverse of the variance of their noise."""
        cross = np.stack([(columns * weight[:, None]).T @ columns for weight in weights.T])
        return cls(cross, (weights * responses).T @ columns, float((weights * responses**2).sum()))

    def posterior(self, variance: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the mean and the covariance of the coefficients under a prior variance a column."""
        covariance = np.asarray(np.linalg.inv(self.cross + np.diag(1 / variance)), dtype=np.float64)
        return np.einsum("apq,aq->ap", covariance, self.pull), covariance

    def log_likelihood(self, variance: NDArray[np.float64]) -> float:
        """Return the marginal likelihood, less what does not depend on the prior variance."""
        total = -self.square
        for cross, pull in zip(self.cross, self.pull, strict=True):
            factor = cho_factor(cross + np.diag(1 / variance), lower=True)
            total += pull @ cho_solve(factor, pull)
            total -= 2 * np.log(np.diag(factor[0])).sum() + np.log(variance).sum()
        return 0.5 * float(total)


def _prior_variance(log_spreads: NDArray[np.float64], sizes: tuple[int, ...], scale: float) -> NDArray[np.float64]:
    return np.concatenate([[(_FLAT * scale) ** 2], np.repeat(np.exp(2 * log_spreads), sizes)])


def _choose_spreads(
    sums: WeightedSums, start: NDArray[np.float64], sizes: tuple[int, ...], scale: float
) -> NDArray[np.float64]:
    def loss(log_spreads: NDArray[np.float64]) -> float:
        return -sums.log_likelihood(_prior_variance(log_spreads, sizes, scale)) - float(log_spreads.sum())

    bounds = [(np.log(_NARROWEST * scale), np.log(_WIDEST * scale))] * len(sizes)
    return np.asarray(minimize(loss, start, method="L-BFGS-B", bounds=bounds, options={"maxiter": 40}).x)
