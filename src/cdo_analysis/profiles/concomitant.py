"""Latent class regression: what makes a company more likely to be in one class than in another, in one step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from cdo_analysis.errors import UsageError
from cdo_analysis.profiles.answers import learn_categories
from cdo_analysis.profiles.likelihood import draw_starts, split_posterior
from cdo_analysis.profiles.packing import Floats, Patterns

MAX_ITER, TOLERANCE = 5000, 1e-10
LARGEST_STEP = 5.0
NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class ClassRegression:
    """Latent classes whose shares depend on covariates through a multinomial logit.

    Attributes
    ----------
    coefficients : DataFrame, a row a class but the first and a covariate
        ``profile``, ``covariate`` ("(intercept)" first), ``estimate`` (log-odds against profile 0), ``se`` (from the
        outer product of the scores; with weights, their sandwich), ``low``, ``high`` (95 %).
    item_probabilities : list of ndarrays of shape (k, n_categories)
    categories : list of ndarrays
    posterior : DataFrame of shape (n, k)
        Given the answers and the covariates; rows without all covariates are left out.
    shares : ndarray of shape (k,)
        Weighted mean of the posteriors.
    log_likelihood : float
        The weights being scaled to sum to n.
    n_observations, n_parameters, starts_at_best, starts : int
    bic : float
    """

    coefficients: pd.DataFrame
    item_probabilities: list[Floats]
    categories: list[np.ndarray]
    posterior: pd.DataFrame
    shares: Floats
    log_likelihood: float
    n_observations: int
    n_parameters: int
    bic: float
    starts_at_best: int
    starts: int


@dataclass(frozen=True)
class _Data:
    patterns: Patterns
    design: Floats
    weights: Floats

    def indicators(self) -> Floats:
        return self.patterns.indicators[:, self.patterns.of_row]


@dataclass(frozen=True)
class _Fit:
    beta: Floats  # (covariates, k - 1)
    probabilities: Floats  # (k, categories)
    posterior: Floats  # (k, n)
    prior: Floats  # (k, n)
    log_likelihood: float


def regress_classes(
    items: pd.DataFrame,
    covariates: pd.DataFrame,
    *,
    n_clusters: int,
    sample_weight: pd.Series | None = None,
    n_init: int = 20,
    random_state: int | None = 0,
    n_jobs: int | None = None,
) -> ClassRegression:
    """Fit classes and the effect of covariates on them, by maximum likelihood in one step.

    Parameters
    ----------
    items : DataFrame of shape (n, n_items)
        Categorical answers; NaN where missing (missing at random).
    covariates : DataFrame of shape (n, p)
        Numbers; a row with a missing one is left out. Same index.
    n_clusters : int
        Two or more; class 0, the reference, is the one with the largest share.
    sample_weight : Series, optional
    n_init : int, default 20
        Random starts.
    random_state : int or None
    n_jobs : int, optional
        Starts at a time, through joblib.

    Returns
    -------
    ClassRegression

    Raises
    ------
    UsageError
        If the indexes differ, or fewer rows have every covariate than there are classes.

    References
    ----------
    Bandeen-Roche, Miglioretti, Zeger, Rathouz (1997), "Latent variable regression for multiple discrete outcomes",
    JASA 92. Linzer & Lewis (2011), "poLCA", Journal of Statistical Software 42(10).
    """
    weights = pd.Series(1.0, index=items.index) if sample_weight is None else sample_weight
    if not (items.index.equals(covariates.index) and items.index.equals(weights.index)):
        raise UsageError("items, covariates and sample_weight have different respondents; align their indexes")
    kept = covariates.notna().all(axis=1) & items.notna().any(axis=1) & (weights > 0)
    if kept.sum() < n_clusters or n_clusters < 2:
        raise UsageError(
            f"{int(kept.sum())} respondents have every covariate and {n_clusters} classes were asked for; "
            "give more rows than classes, and two classes or more"
        )
    categories, codes = learn_categories(items[kept].to_numpy(), [str(name) for name in items])
    data = _Data(
        Patterns.of(codes, [len(found) for found in categories]),
        np.column_stack([np.ones(kept.sum()), covariates[kept].to_numpy(dtype=np.float64)]),
        (weights[kept] / weights[kept].mean()).to_numpy(dtype=np.float64),
    )
    counts = data.patterns.sum_weights(data.weights)
    starts = draw_starts(data.patterns, counts, n_clusters, n_init, np.random.RandomState(random_state))[1]
    fits = Parallel(n_jobs=n_jobs, prefer="threads")(delayed(_climb)(data, starts[:, run]) for run in range(n_init))
    best = max(fits, key=lambda fit: fit.log_likelihood)
    order = np.argsort(-(best.posterior @ data.weights), kind="stable")
    names = ["(intercept)", *map(str, covariates)]
    return _report(data, _reorder(best, order), fits, (categories, names, items.index[kept]))


def _climb(data: _Data, probabilities: Floats) -> _Fit:
    indicators, design, weights = data.indicators(), data.design, data.weights
    beta = np.zeros((design.shape[1], len(probabilities) - 1))
    before = -np.inf
    for _ in range(MAX_ITER):
        prior = _prior(design, beta)
        posterior, log_likelihood = split_posterior(np.log(probabilities) @ indicators + np.log(prior))
        reached = float(weights @ log_likelihood)
        if reached - before < TOLERANCE * len(weights):
            break
        before = reached
        counted = posterior * weights
        probabilities = data.patterns.normalise(counted @ indicators.T)
        beta = _newton(design, beta, counted, weights)
    return _Fit(beta, probabilities, posterior, prior, reached)


def _prior(design: Floats, beta: Floats) -> Floats:
    scores = np.vstack([np.zeros(len(design)), (design @ beta).T])
    return np.maximum(split_posterior(scores)[0], 1e-300)


def _newton(design: Floats, beta: Floats, counted: Floats, weights: Floats) -> Floats:
    """Return the coefficients after one Newton step of the weighted multinomial logit, halved if it goes down."""
    p = design.shape[1]
    prior = _prior(design, beta)
    gradient = ((counted - prior * weights)[1:] @ design).ravel()
    k = len(prior)
    information = np.empty(((k - 1) * p, (k - 1) * p))
    for a in range(1, k):
        for b in range(1, k):
            size = weights * prior[a] * ((a == b) - prior[b])
            information[(a - 1) * p : a * p, (b - 1) * p : b * p] = (design * size[:, None]).T @ design
    step = np.linalg.solve(information + 1e-10 * np.eye(len(information)), gradient)
    step = np.clip(step, -LARGEST_STEP, LARGEST_STEP).reshape(k - 1, p).T
    now = np.sum(counted * np.log(prior))
    for _ in range(20):
        if np.sum(counted * np.log(_prior(design, beta + step))) >= now - 1e-12 * abs(now):
            return beta + step
        step = step / 2
    return beta


def _reorder(fit: _Fit, order: np.ndarray) -> _Fit:
    full = np.column_stack([np.zeros(len(fit.beta)), fit.beta])[:, order]
    return _Fit(
        (full - full[:, :1])[:, 1:],
        fit.probabilities[order],
        fit.posterior[order],
        fit.prior[order],
        fit.log_likelihood,
    )


def _report(
    data: _Data, fit: _Fit, fits: list[_Fit], labels: tuple[list[np.ndarray], list[str], pd.Index]
) -> ClassRegression:
    categories, names, index = labels
    k, n = fit.posterior.shape
    sizes = data.patterns.sizes
    parameters = (k - 1) * len(names) + k * (sum(sizes) - len(sizes))
    reached = np.array([each.log_likelihood for each in fits])
    table = pd.DataFrame(
        {
            "profile": np.repeat(np.arange(1, k), len(names)),
            "covariate": names * (k - 1),
            "estimate": fit.beta.T.ravel(),
            "se": _standard_errors(data, fit),
        }
    )
    low, high = (table["estimate"] + side * NORMAL_95 * table["se"] for side in (-1, 1))
    return ClassRegression(
        coefficients=table.assign(low=low, high=high),
        item_probabilities=np.split(fit.probabilities, np.cumsum(sizes)[:-1], axis=1),
        categories=categories,
        posterior=pd.DataFrame(fit.posterior.T, index=index, columns=[f"profile_{c}" for c in range(k)]),
        shares=fit.posterior @ data.weights / data.weights.sum(),
        log_likelihood=fit.log_likelihood,
        n_observations=n,
        n_parameters=parameters,
        bic=parameters * float(np.log(n)) - 2 * fit.log_likelihood,
        starts_at_best=int(np.sum(reached >= reached.max() - 1e-3)),
        starts=len(fits),
    )


def _standard_errors(data: _Data, fit: _Fit) -> Floats:
    """Return the standard errors of the coefficients, class by class, the answers being estimated too."""
    indicators, weights = data.indicators(), data.weights
    items = data.patterns.item
    measured = np.add.reduceat(indicators, data.patterns.first, axis=0)[items]
    free = np.setdiff1d(np.arange(len(items)), data.patterns.first)
    scores = [
        (own * (indicators - p[:, None] * measured))[free].T
        for own, p in zip(fit.posterior, fit.probabilities, strict=True)
    ]
    gap = fit.posterior - fit.prior
    scores += [data.design * gap[c][:, None] for c in range(1, len(gap))]
    score = np.concatenate(scores, axis=1)
    bread = np.linalg.pinv((score * weights[:, None]).T @ score)
    variance = bread @ ((score * (weights**2)[:, None]).T @ score) @ bread
    return np.sqrt(np.maximum(np.diag(variance)[-fit.beta.size :], 0.0))
