"""Profiles related to anything else, without the bias of modal assignment: the three-step method, BCH and ML."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cdo_analysis.errors import UsageError
from cdo_analysis.profiles.likelihood import split_posterior
from cdo_analysis.profiles.packing import Floats

Method = Literal["modal", "bch", "ml"]

METHODS: tuple[Method, ...] = ("modal", "bch", "ml")

MAX_ITER, TOLERANCE = 5000, 1e-12
NORMAL_95 = 1.959963984540054
SPREAD_FLOOR = 1e-6


def classification_errors(posterior: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Floats:
    """Return the probability to be assigned to each profile (column) for a member of each profile (row).

    Parameters
    ----------
    posterior : array of shape (n_respondents, k)
        Probability of each profile; the assignment is the most probable one.
    sample_weight : array of shape (n_respondents,), optional

    Returns
    -------
    ndarray of shape (k, k)
        Rows sum to 1; the identity when every respondent is sure.

    References
    ----------
    Bolck, Croon, Hagenaars (2004), "Estimating latent structure models with categorical variables: one-step versus
    three-step estimators", Political Analysis 12(1).

    Examples
    --------
    >>> classification_errors([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8], [0.2, 0.8]]).round(2).tolist()
    [[0.8, 0.2], [0.2, 0.8]]
    """
    posterior = np.asarray(posterior, dtype=np.float64)
    weights = np.ones(len(posterior)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    assigned = _indicate(posterior.argmax(axis=1), posterior.shape[1])
    joint = (posterior * weights[:, None]).T @ assigned
    return joint / joint.sum(axis=1, keepdims=True)


def _indicate(labels: NDArray[np.int64], k: int) -> Floats:
    return (labels[:, None] == np.arange(k)).astype(np.float64)


def relate_outcome(
    posterior: pd.DataFrame,
    outcome: pd.Series,
    *,
    sample_weight: pd.Series | None = None,
    methods: Iterable[Method] = METHODS,
) -> pd.DataFrame:
    """Estimate an outcome in each profile: by modal assignment, and corrected for the doubt about who is where.

    Modal assignment mixes the profiles and brings their means together. BCH weighs each respondent by the inverse of
    the classification errors; ML treats the assigned profile as a measure, with known errors, of the true one. The
    profiles are taken as known: the errors do not count the uncertainty of their own fit.

    Parameters
    ----------
    posterior : DataFrame of shape (n_respondents, k)
        Probability of each profile.
    outcome : Series
        A number, or a category (any other dtype): NaN where missing. Same index.
    sample_weight : Series, optional
        Survey weights. Same index.
    methods : iterable of {"modal", "bch", "ml"}

    Returns
    -------
    DataFrame, a row a method, a profile and (for a categorical outcome) a category
        ``method``, ``profile``, ``category`` (None for a number), ``estimate`` (mean, or share 0 to 1), ``se``,
        ``low``, ``high`` (95 % by the normal approximation), ``n`` (respondents whose outcome is known and who are
        assigned to the profile). A BCH share may fall outside 0 to 1: it is printed as it comes.

    Raises
    ------
    UsageError
        If the indexes differ, if the outcome is known of nobody, or if a profile is assigned to nobody, so that its
        errors cannot be inverted.

    References
    ----------
    Vermunt (2010), "Latent class modeling with covariates: two improved three-step approaches", Political Analysis
    18(4). Bakk, Tekle, Vermunt (2013), "Estimating the association between latent class membership and external
    variables using bias-adjusted three-step approaches", Sociological Methodology 43(1).
    """
    weights = pd.Series(1.0, index=posterior.index) if sample_weight is None else sample_weight
    if not (outcome.index.equals(posterior.index) and weights.index.equals(posterior.index)):
        raise UsageError("posterior, outcome and sample_weight have different respondents; align their indexes")
    errors = classification_errors(posterior, sample_weight=weights)
    known = outcome.notna().to_numpy() & (weights > 0).to_numpy()
    labels = posterior.to_numpy().argmax(axis=1)[known]
    if not known.any() or np.linalg.cond(errors) > 1e8:
        raise UsageError("the outcome is known of nobody, or a profile is assigned to nobody: nothing can be estimated")
    columns, categories = _outcome_columns(outcome[known])
    given = (labels, np.asarray(weights, dtype=np.float64)[known], columns, errors)
    parts = [_estimate(method, given, categories) for method in methods]
    return pd.concat(parts, ignore_index=True)


def _outcome_columns(outcome: pd.Series) -> tuple[Floats, list[object]]:
    """Return the outcome as one column of numbers, or as an indicator a category."""
    if pd.api.types.is_numeric_dtype(outcome) and not pd.api.types.is_bool_dtype(outcome):
        return outcome.to_numpy(dtype=np.float64)[:, None], [None]
    codes, found = pd.factorize(outcome, sort=True)
    return _indicate(codes, len(found)), list(found)


def _estimate(method: Method, given: tuple[NDArray, Floats, Floats, Floats], categories: list[object]) -> pd.DataFrame:
    labels, weights, columns, errors = given
    k, m = len(errors), columns.shape[1]
    if method == "ml":
        estimate, se = _by_likelihood(labels, weights, columns, errors)
    else:
        shares = _indicate(labels, k) @ (np.linalg.inv(errors) if method == "bch" else np.eye(k))
        estimate, se = _weighted_means(shares * weights[:, None], columns)
    table = pd.DataFrame(
        {
            "method": method,
            "profile": np.repeat(np.arange(k), m),
            "category": np.tile(np.array(categories, dtype=object), k),
            "estimate": estimate.ravel(),
            "se": se.ravel(),
        }
    )
    n = np.bincount(labels, minlength=k)
    return table.assign(
        low=table["estimate"] - NORMAL_95 * table["se"],
        high=table["estimate"] + NORMAL_95 * table["se"],
        n=n[table["profile"]],
    )


def _weighted_means(shares: Floats, columns: Floats) -> tuple[Floats, Floats]:
    """Return means (k, m) and linearised standard errors for weights `shares` (n, k), negative ones included."""
    size = shares.sum(axis=0)
    means = shares.T @ columns / size[:, None]
    gaps = columns[:, None, :] - means
    se = np.sqrt(np.sum((shares[:, :, None] * gaps) ** 2, axis=0)) / np.abs(size)[:, None]
    return means, se


def _by_likelihood(labels: NDArray, weights: Floats, columns: Floats, errors: Floats) -> tuple[Floats, Floats]:
    """Estimate means (k, m) by EM, with the errors held fixed; standard errors by the sandwich of the scores."""
    weights = weights * (len(weights) / weights.sum())
    k, m = len(errors), columns.shape[1]
    chance = errors[:, labels]  # of the assigned profile in each true one, (k, n)
    shares = np.full(k, 1.0 / k)
    means = _weighted_means(chance.T * weights[:, None], columns)[0]
    spreads = np.full(k, float(np.average((columns - np.average(columns, axis=0, weights=weights)) ** 2)) or 1.0)
    floor = SPREAD_FLOOR * spreads[0]
    before = -np.inf
    for _ in range(MAX_ITER):
        joint = np.log(shares)[:, None] + np.log(chance + 1e-300) + _log_density(columns, means, spreads)
        posterior, log_likelihood = split_posterior(joint)
        reached = float(weights @ log_likelihood)
        if reached - before < TOLERANCE * len(weights):
            break
        before = reached
        counted = posterior * weights
        shares = counted.sum(axis=1) / weights.sum()
        means = counted @ columns / counted.sum(axis=1, keepdims=True)
        if m == 1:
            spreads = np.maximum(np.sum(counted * (columns.T - means) ** 2, axis=1) / counted.sum(axis=1), floor)
    return means, _sandwich(posterior, weights, columns, (shares, means, spreads))


def _log_density(columns: Floats, means: Floats, spreads: Floats) -> Floats:
    """Return the log-density of each respondent in each profile (k, n): normal, or multinomial of the indicators."""
    if columns.shape[1] > 1:
        return np.log(np.maximum(means, 1e-12)) @ columns.T
    return -0.5 * ((columns.T - means) ** 2 / spreads[:, None] + np.log(2 * np.pi * spreads)[:, None])


def _sandwich(posterior: Floats, weights: Floats, columns: Floats, fitted: tuple[Floats, Floats, Floats]) -> Floats:
    """Return standard errors of the means (k, m): inverse information, squared scores between (pseudo-likelihood)."""
    scores = _scores(posterior, columns, fitted)
    bread = np.linalg.pinv((scores * weights[:, None]).T @ scores)
    variance = bread @ ((scores * weights[:, None] ** 2).T @ scores) @ bread
    k, m = fitted[1].shape
    if m == 1:
        return np.sqrt(np.diag(variance)[k - 1 : 2 * k - 1])[:, None]
    jacobian = np.zeros((k * m, len(variance)))
    for profile, p in enumerate(fitted[1]):
        place = k - 1 + profile * (m - 1)
        jacobian[profile * m : (profile + 1) * m, place : place + m - 1] = (np.diag(p) - np.outer(p, p))[:, 1:]
    return np.sqrt(np.maximum(np.diag(jacobian @ variance @ jacobian.T), 0.0)).reshape(k, m)


def _scores(posterior: Floats, columns: Floats, fitted: tuple[Floats, Floats, Floats]) -> Floats:
    """Return the score of each respondent: log-odds of the shares, means (or log-odds of answers), variances."""
    shares, means, spreads = fitted
    parts = [(posterior - shares[:, None])[1:].T]
    if columns.shape[1] > 1:
        parts += [p[:, None] * (columns - mean)[:, 1:] for p, mean in zip(posterior, means, strict=True)]
    else:
        gap = columns.T - means
        parts.append((posterior * gap / spreads[:, None]).T)
        parts.append((posterior * (gap**2 / spreads[:, None] - 1) / (2 * spreads[:, None])).T)
    return np.concatenate(parts, axis=1)
