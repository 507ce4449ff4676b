"""Profiles related to anything else, without the bias of modal assignment: the three-step method, BCH and ML."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

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


class SamplingDesign(Protocol):
    """How respondents were drawn: what a design of the weighting stage knows, strata, clusters and calibration."""

    @property
    def w(self) -> Floats:
        """Weights, in the order of the design."""

    def align(self, values: pd.Series) -> Floats:
        """Return values in the order of the design, NaN for units that they lack."""

    def covariance(self, influence: Floats, point: Callable[[Floats], Floats]) -> Floats:
        """Return the covariance of estimates whose errors are those of the weighted totals of `influence`."""

    def degrees_of_freedom_of(self, inside: NDArray[np.bool_]) -> int:
        """Return the degrees of freedom of a domain."""


@dataclass(frozen=True)
class _Known:
    """The respondents whose outcome is known: profile assigned, weight, outcome (n, m); and the errors (k, k)."""

    labels: NDArray[np.int64]
    weights: Floats
    columns: Floats
    errors: Floats


def relate_outcome(
    posterior: pd.DataFrame,
    outcome: pd.Series,
    *,
    sample_weight: pd.Series | SamplingDesign | None = None,
    methods: Iterable[Method] = METHODS,
) -> pd.DataFrame:
    """Estimate an outcome in each profile: by modal assignment, and corrected for the doubt about who is where.

    Modal assignment mixes the profiles and brings their means together. BCH weighs each respondent by the inverse of
    the classification errors; ML treats the assigned profile as a measure, with known errors, of the true one. The
    profiles and the classification errors of the first step are taken as known: intervals do not count the
    uncertainty of their own fit.

    Parameters
    ----------
    posterior : DataFrame of shape (n_respondents, k)
        Probability of each profile.
    outcome : Series
        A number, or a category (any other dtype): NaN where missing. Same index.
    sample_weight : Series or design, optional
        Survey weights, of the same index: respondents then count as drawn one by one. Or the design of the survey (see
        :class:`cdo_analysis.weighting.Design`), which holds them all: errors are then linearised (Taylor) over its
        strata, clusters and calibration, or taken from its replicate weights.
    methods : iterable of {"modal", "bch", "ml"}

    Returns
    -------
    DataFrame, a row a method, a profile and (for a categorical outcome) a category
        ``method``, ``profile``, ``category`` (None for a number), ``estimate`` (mean, or share 0 to 1), ``se``,
        ``low``, ``high`` (95 %, by the normal law; Student's with the degrees of freedom of a design), ``n``
        (respondents whose outcome is known and who are assigned to the profile). A BCH share may fall outside 0 to 1:
        it is printed as it comes.

    Raises
    ------
    UsageError
        If the indexes differ, if the outcome is known of nobody, or if a profile is assigned to nobody, so that its
        errors cannot be inverted.

    References
    ----------
    Vermunt (2010), "Latent class modeling with covariates: two improved three-step approaches", Political Analysis
    18(4). Bakk, Tekle, Vermunt (2013), "Estimating the association between latent class membership and external
    variables using bias-adjusted three-step approaches", Sociological Methodology 43(1). Binder (1983), "On the
    variances of asymptotically normal estimators from complex surveys", International Statistical Review 51(3), for
    the errors of pseudo-likelihood under a design.
    """
    weights, drawn = _read_weights(sample_weight, posterior.index)
    if not (outcome.index.equals(posterior.index) and weights.index.equals(posterior.index)):
        raise UsageError("posterior, outcome and sample_weight have different respondents; align their indexes")
    errors = classification_errors(posterior, sample_weight=weights)
    known = outcome.notna().to_numpy() & (weights > 0).to_numpy()
    labels = posterior.to_numpy().argmax(axis=1)[known]
    if not known.any() or np.linalg.cond(errors) > 1e8:
        raise UsageError("the outcome is known of nobody, or a profile is assigned to nobody: nothing can be estimated")
    columns, categories = _outcome_columns(outcome[known])
    data = _Known(labels, np.asarray(weights, dtype=np.float64)[known], columns, errors)
    drawn = drawn and (drawn[0], drawn[1][known])
    return pd.concat([_estimate(method, data, categories, drawn) for method in methods], ignore_index=True)


def _read_weights(
    given: pd.Series | SamplingDesign | None, index: pd.Index
) -> tuple[pd.Series, tuple[SamplingDesign, NDArray[np.int64]] | None]:
    """Return the weight of each respondent; and the design with where each stands in it, where it is known."""
    if given is None:
        return pd.Series(1.0, index=index), None
    if isinstance(given, pd.Series):
        return given, None
    place = _place(given, index)
    return pd.Series(given.w[place], index=index), (given, place)


def _place(design: SamplingDesign, index: pd.Index) -> NDArray[np.int64]:
    """Return where each respondent stands among the units of the design."""
    found = design.align(pd.Series(np.arange(len(index), dtype=np.float64), index=index))
    place = np.empty(len(index), dtype=np.int64)
    rows = np.flatnonzero(~np.isnan(found))
    place[found[rows].astype(np.int64)] = rows
    return place


def _outcome_columns(outcome: pd.Series) -> tuple[Floats, list[object]]:
    """Return the outcome as one column of numbers, or as an indicator a category."""
    if pd.api.types.is_numeric_dtype(outcome) and not pd.api.types.is_bool_dtype(outcome):
        return outcome.to_numpy(dtype=np.float64)[:, None], [None]
    codes, found = pd.factorize(outcome, sort=True)
    return _indicate(codes, len(found)), list(found)


def _estimate(
    method: Method,
    data: _Known,
    categories: list[object],
    drawn: tuple[SamplingDesign, NDArray[np.int64]] | None,
) -> pd.DataFrame:
    estimate, influence = _solve(method, data)
    k, m = estimate.shape
    se, reach = _errors_of(method, data, influence, drawn)
    n = np.bincount(data.labels, minlength=k)
    table = pd.DataFrame(
        {
            "method": method,
            "profile": np.repeat(np.arange(k), m),
            "category": np.tile(np.array(categories, dtype=object), k),
            "estimate": estimate.ravel(),
            "se": se,
        }
    )
    low, high = (table["estimate"] + side * reach * table["se"] for side in (-1, 1))
    return table.assign(low=low, high=high, n=n[table["profile"]])


def _solve(method: Method, data: _Known) -> tuple[Floats, Floats]:
    """Return the estimates (k, m) and what each respondent adds to their errors, before its weight: (n, k * m)."""
    if method == "ml":
        return _by_likelihood(data)
    k = len(data.errors)
    shares = _indicate(data.labels, k) @ (np.linalg.inv(data.errors) if method == "bch" else np.eye(k))
    size = data.weights @ shares
    means = (shares * data.weights[:, None]).T @ data.columns / size[:, None]
    influence = shares[:, :, None] * (data.columns[:, None, :] - means) / size[:, None]
    return means, influence.reshape(len(influence), -1)


def _errors_of(
    method: Method,
    data: _Known,
    influence: Floats,
    drawn: tuple[SamplingDesign, NDArray[np.int64]] | None,
) -> tuple[Floats, float]:
    """Return the standard errors of the estimates (k * m,), and how many of them an interval reaches on each side."""
    if drawn is None:
        return np.sqrt(np.sum((data.weights[:, None] * influence) ** 2, axis=0)), NORMAL_95
    design, rows = drawn
    whole = np.zeros((len(design.w), influence.shape[1]))
    whole[rows] = influence
    inside = np.zeros(len(design.w), dtype=bool)
    inside[rows] = True
    covariance = design.covariance(whole, lambda w: _solve(method, replace(data, weights=w[rows]))[0].ravel())
    freedom = design.degrees_of_freedom_of(inside)
    reach = float(stdtrit(freedom, 0.975)) if freedom > 0 else float("nan")
    return np.sqrt(np.maximum(np.diag(covariance), 0.0)), reach


def _by_likelihood(data: _Known) -> tuple[Floats, Floats]:
    """Estimate means (k, m) by EM, with the errors held fixed; what respondents add by the scores (sandwich)."""
    weights, columns = data.weights * (len(data.weights) / data.weights.sum()), data.columns
    k, m = len(data.errors), columns.shape[1]
    chance = data.errors[:, data.labels]  # of the assigned profile in each true one, (k, n)
    shares = np.full(k, 1.0 / k)
    means = (chance * weights) @ columns / (chance @ weights)[:, None]
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
    return means, _influence(posterior, data.weights, columns, (shares, means, spreads))


def _log_density(columns: Floats, means: Floats, spreads: Floats) -> Floats:
    """Return the log-density of each respondent in each profile (k, n): normal, or multinomial of the indicators."""
    if columns.shape[1] > 1:
        return np.log(np.maximum(means, 1e-12)) @ columns.T
    return -0.5 * ((columns.T - means) ** 2 / spreads[:, None] + np.log(2 * np.pi * spreads)[:, None])


def _influence(posterior: Floats, weights: Floats, columns: Floats, fitted: tuple[Floats, Floats, Floats]) -> Floats:
    """Return what each respondent adds to the means (n, k * m): inverse information times score, in their order."""
    scores = _scores(posterior, columns, fitted)
    added = scores @ np.linalg.pinv((scores * weights[:, None]).T @ scores)
    k, m = fitted[1].shape
    if m == 1:
        return np.asarray(added[:, k - 1 : 2 * k - 1])
    jacobian = np.zeros((k * m, added.shape[1]))
    for profile, p in enumerate(fitted[1]):
        place = k - 1 + profile * (m - 1)
        jacobian[profile * m : (profile + 1) * m, place : place + m - 1] = (np.diag(p) - np.outer(p, p))[:, 1:]
    return np.asarray(added @ jacobian.T)


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
