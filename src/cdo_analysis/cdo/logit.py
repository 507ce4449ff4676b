"""Multinomial logit by maximum likelihood, penalised or not: Newton's method, and errors that weights do not break.

Knows neither surveys nor options: a matrix of numbers, the position of what each firm has, weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import pinvh
from scipy.special import logsumexp

from cdo_analysis.errors import InputError

INTERCEPT = "(intercept)"

_ITERATIONS = 60
_TOLERANCE = 1e-10
"""Newton stops where a step raises the mean log-likelihood by less."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class MultinomialFit:
    """A multinomial logit fitted to all its data.

    Attributes
    ----------
    options : tuple of str
        The first one is the base: its coefficients are 0.
    features : tuple of str
        ``(intercept)``, then the columns.
    coefficients : ndarray of shape (n_options, n_features)
    covariance, robust : ndarray of shape (m, m)
        Of the coefficients of all options but the base, option by option (m = (n_options - 1) × n_features): inverse
        of the information, which supposes that weights count repeated firms; sandwich, which supposes that firms were
        drawn with those weights. Of the penalised coefficients where there is a penalty.
    log_likelihood : float
        Weighted sum, without the penalty.
    ridge : float
        Strength of the penalty; 0 for maximum likelihood.
    converged : bool
        False where coefficients still moved at the last step: look for separation.
    """

    options: tuple[str, ...]
    features: tuple[str, ...]
    coefficients: Matrix
    covariance: Matrix
    robust: Matrix
    log_likelihood: float
    ridge: float
    converged: bool

    def table(self) -> pd.DataFrame:
        """Return coefficients with both standard errors: index (option, feature), base left out."""
        index = pd.MultiIndex.from_product([self.options[1:], self.features], names=["option", "feature"])
        return pd.DataFrame(
            {
                "coefficient": self.coefficients[1:].ravel(),
                "se": np.sqrt(self.covariance.diagonal()),
                "robust_se": np.sqrt(self.robust.diagonal()),
            },
            index=index,
        )


def fit_multinomial(
    X: pd.DataFrame,
    choice: pd.Series,
    *,
    sample_weight: pd.Series | None = None,
    ridge: float = 0.0,
    base: str | None = None,
) -> MultinomialFit:
    """Fit a multinomial logit of what firms have on numbers that describe them.

    Parameters
    ----------
    X : DataFrame of float, of shape (n_firms, n_columns)
        Without missing values. An intercept is added.
    choice : Series of str
        Indexed like `X`, without missing values.
    sample_weight : Series of float, optional
        Indexed like `X`.
    ridge : float
        ``ridge / 2`` times the squared coefficients, centred over options, is taken from the log-likelihood;
        intercepts are free. 0 for maximum likelihood; ``1 / C`` for what scikit-learn calls C.
    base : str, optional
        Option whose coefficients are 0; the first in the alphabet by default.

    Returns
    -------
    MultinomialFit

    Raises
    ------
    InputError
        If `X` has missing values, fewer than two options are seen, or `base` is not one of them.

    Examples
    --------
    >>> firms = pd.DataFrame({"large": [0.0, 0, 0, 0, 1, 1, 1, 1]})
    >>> have = pd.Series(["boss", "boss", "boss", "cdo", "boss", "cdo", "cdo", "cdo"])
    >>> fit_multinomial(firms, have).table()["coefficient"].round(4).tolist()  # log(1/3), log(9)
    [-1.0986, 2.1972]
    """
    seen = sorted(str(name) for name in choice.unique())
    if X.isna().to_numpy().any() or choice.isna().any():
        raise InputError("the table of a logit has missing values; fill or drop them first.")
    if len(seen) < 2 or (base is not None and base not in seen):
        raise InputError(f"a logit with base {base!r} was asked of {len(seen)} options ({', '.join(seen)}); see both.")
    options = tuple([base, *(name for name in seen if name != base)] if base else seen)
    y = pd.Index(options).get_indexer(pd.Index(choice.astype("str")))
    w = np.ones(len(X)) if sample_weight is None else sample_weight.reindex(X.index).to_numpy(dtype="float64")
    Z = with_intercept(X.to_numpy(dtype="float64"))
    beta, converged = newton(Z, y, w, ridge=ridge, options=len(options))
    probability = softmax(Z @ beta.T)
    bread = pinvh(-hessian(Z, probability, w, ridge))
    return MultinomialFit(
        options=options,
        features=(INTERCEPT, *map(str, X.columns)),
        coefficients=beta,
        covariance=bread,
        robust=sum_of_squares(influence(Z, y, w, beta=beta, bread=bread)),
        log_likelihood=float(w @ np.log(probability[np.arange(len(y)), y])),
        ridge=ridge,
        converged=converged,
    )


def with_intercept(X: Matrix) -> Matrix:
    """Return the columns after a column of ones."""
    return np.column_stack([np.ones(len(X)), X])


def softmax(scores: Matrix) -> Matrix:
    """Return the probabilities of scores, row by row."""
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def newton(
    Z: Matrix, y: NDArray[np.int64], w: Matrix, *, ridge: float, options: int, start: Matrix | None = None
) -> tuple[Matrix, bool]:
    """Return the coefficients that maximise the penalised log-likelihood, and whether they stand still.

    Parameters
    ----------
    Z : ndarray of shape (n_firms, n_features)
        With the intercept first.
    y : ndarray of int
        Position of what each firm has.
    w : ndarray of float
    ridge : float
    options : int
        How many options; an option that no firm of `Z` has keeps the lowest probability that the steps give it.
    start : ndarray of shape (n_options, n_features), optional
        Where to start from; the first row is 0.

    Returns
    -------
    coefficients : ndarray of shape (n_options, n_features)
        The first row is 0.
    converged : bool
    """
    beta = np.zeros((options, Z.shape[1])) if start is None else start.copy()
    value, mass = penalised(Z, y, w, beta=beta, ridge=ridge), float(w.sum())
    for _ in range(_ITERATIONS):
        probability = softmax(Z @ beta.T)
        gradient = _gradient(Z, y, w, probability) - _pull(beta, ridge)
        step = _solve(-hessian(Z, probability, w, ridge), gradient[1:].ravel()).reshape(options - 1, -1)
        for halving in range(30):
            tried = beta.copy()
            tried[1:] += step / 2**halving
            reached = penalised(Z, y, w, beta=tried, ridge=ridge)
            if reached >= value:
                break
        else:
            return beta, True  # no step up: this is the top, to rounding
        gained, beta, value = reached - value, tried, reached
        if gained <= _TOLERANCE * mass:
            return beta, bool(np.abs(step).max() < 0.01 * (1 + np.abs(beta).max()))
    return beta, False


def penalised(Z: Matrix, y: NDArray[np.int64], w: Matrix, *, beta: Matrix, ridge: float) -> float:
    """Return the weighted log-likelihood less the penalty."""
    scores = Z @ beta.T
    own = scores[np.arange(len(y)), y] - logsumexp(scores, axis=1)
    return float(w @ own) - 0.5 * float((beta * _pull(beta, ridge)).sum())


def hessian(Z: Matrix, probability: Matrix, w: Matrix, ridge: float) -> Matrix:
    """Return the second derivatives of the penalised log-likelihood, options but the first one after the other."""
    free, features = probability.shape[1] - 1, Z.shape[1]
    table = np.empty((free, features, free, features))
    for a in range(free):
        for b in range(a, free):
            p, q = probability[:, a + 1], probability[:, b + 1]
            block = (Z * (w * (p * q - (p if a == b else 0.0)))[:, None]).T @ Z
            table[a, :, b, :], table[b, :, a, :] = block, block.T
    slopes = np.arange(1, features)
    centring = np.eye(free) - 1.0 / (free + 1)
    table[:, slopes, :, slopes] -= ridge * centring
    return table.reshape(free * features, free * features)


def influence(Z: Matrix, y: NDArray[np.int64], w: Matrix, *, beta: Matrix, bread: Matrix) -> Matrix:
    """Return how much each firm moves the free coefficients: a row a firm, adding up to 0."""
    residual = -softmax(Z @ beta.T)
    residual[np.arange(len(y)), y] += 1.0
    scores = ((residual[:, 1:] * w[:, None])[:, :, None] * Z[:, None, :]).reshape(len(Z), -1)
    return np.asarray((scores - scores.mean(axis=0)) @ bread, dtype="float64")


def sum_of_squares(moves: Matrix) -> Matrix:
    """Return the covariance of a total to which each firm brings a row: firms drawn one by one, with replacement."""
    return np.asarray(moves.T @ moves, dtype="float64") * len(moves) / max(len(moves) - 1, 1)


def _gradient(Z: Matrix, y: NDArray[np.int64], w: Matrix, probability: Matrix) -> Matrix:
    residual = -probability * w[:, None]
    residual[np.arange(len(y)), y] += w
    return np.asarray(residual.T @ Z, dtype="float64")


def _pull(beta: Matrix, ridge: float) -> Matrix:
    """Return the gradient of the penalty; centring over options makes it the same whatever the base."""
    pull = ridge * (beta - beta.mean(axis=0))
    pull[:, 0] = 0.0
    return pull


def _solve(information: Matrix, gradient: Matrix) -> Matrix:
    """Return the Newton step; columns that repeat each other share it."""
    try:
        factor = np.linalg.cholesky(information)
        if factor.diagonal().min() > 1e-6 * factor.diagonal().max():
            return np.linalg.solve(factor.T, np.linalg.solve(factor, gradient))
    except np.linalg.LinAlgError:
        pass
    return np.asarray(pinvh(information) @ gradient, dtype="float64")
