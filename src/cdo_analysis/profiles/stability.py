"""Would the same profiles come out of another sample? Bootstrap Jaccard, a figure a profile."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state
from threadpoolctl import threadpool_limits

from cdo_analysis.profiles.latent_class import LatentClasses
from cdo_analysis.profiles.likelihood import ONE_THREAD, Floats, Patterns, climb, draw_starts, join_log_likelihood

COLD_STARTS = 10
"""Random starts of each replicate; none starts from the profiles under test, which would flatter them."""

MAX_ITER = 200
TOLERANCE = 1e-6
"""A replicate needs labels, not the last digits of its log-likelihood."""


def match_jaccard(labels: NDArray[np.int64], others: NDArray[np.int64], n_clusters: int) -> NDArray[np.float64]:
    """Return, for each cluster of `labels`, its Jaccard similarity to the most similar cluster of `others`.

    The Jaccard similarity of two sets is the size of what they share over the size of what they cover together.

    Parameters
    ----------
    labels, others : ndarrays of int, of shape (n_points,)
        Two groupings of the same points, labelled ``0 .. n_clusters - 1``.
    n_clusters : int
        Number of clusters of both; a cluster without any point has similarity 0.

    Returns
    -------
    ndarray of shape (n_clusters,)
        Between 0 and 1.

    Examples
    --------
    >>> match_jaccard(np.array([0, 0, 0, 1, 1]), np.array([1, 1, 0, 0, 0]), 2)
    array([0.66666667, 0.66666667])
    """
    shared = np.bincount(labels * n_clusters + others, minlength=n_clusters**2).reshape(n_clusters, n_clusters)
    covered = shared.sum(axis=1)[:, None] + shared.sum(axis=0) - shared
    return (shared / np.maximum(covered, 1)).max(axis=1)


def bootstrap_jaccard(
    model: LatentClasses,
    X: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    replicates: int = 30,
    random_state: int | np.random.RandomState | None = None,
) -> NDArray[np.float64]:
    """Return how well each class is found again in bootstrap samples.

    As ``clusterboot`` of the R package fpc does by default: each replicate draws n respondents with replacement,
    keeps those drawn (once each), finds the classes again from cold random starts, and takes for each class of
    `model` the Jaccard similarity to its nearest class, over the respondents drawn. Survey weights weigh the
    refits; the similarities count respondents.

    Parameters
    ----------
    model : LatentClasses
        The fitted classes under test.
    X : DataFrame or array of shape (n_respondents, n_items)
        The answers of its fit.
    sample_weight : array of shape (n_respondents,), optional
        The weights of its fit.
    replicates : int, default 30
        Number of bootstrap samples.
    random_state : int, RandomState or None
        Seed of the samples and starts.

    Returns
    -------
    ndarray of shape (n_clusters,)
        Mean similarity over the replicates, between 0 and 1. Hennig's reading: under 0.6 not to be trusted, 0.6 to
        0.75 a pattern, 0.75 and more stable, 0.85 and more highly stable.

    References
    ----------
    Hennig (2007), "Cluster-wise assessment of cluster stability", Computational Statistics & Data Analysis 52(1).
    """
    random = check_random_state(random_state)
    patterns = Patterns.of(model.encode(X), [len(categories) for categories in model.categories_])
    labels = model.predict(X)
    n_rows = len(labels)
    weights = np.ones(n_rows) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    # Each replicate has its own seed, so that they may run in any order, or anywhere.
    seeds = random.randint(np.iinfo(np.int32).max, size=replicates)
    similarities = []
    with threadpool_limits(limits=ONE_THREAD):
        for seed in seeds:
            replicate = np.random.RandomState(seed)
            drawn = np.unique(replicate.randint(n_rows, size=n_rows))
            drawn_weights = np.zeros(n_rows)
            drawn_weights[drawn] = weights[drawn] / weights.mean()
            counts = patterns.sum_weights(drawn_weights)
            refit = _find_again(patterns, counts, model.n_clusters, replicate)[patterns.of_row]
            similarities.append(match_jaccard(labels[drawn], refit[drawn], model.n_clusters))
    return np.mean(similarities, axis=0)


def _find_again(
    patterns: Patterns, counts: Floats, n_clusters: int, random: np.random.RandomState
) -> NDArray[np.int64]:
    """Fit the classes again from cold starts and return the most probable class of each pattern."""
    start = draw_starts(patterns, counts, n_clusters, COLD_STARTS, random)
    runs = climb(patterns, counts[None, :], start, max_iter=MAX_ITER, tol=TOLERANCE)
    run = int(np.argmax(runs.log_likelihood))
    best = slice(run, run + 1)
    joint = join_log_likelihood(patterns.indicators, runs.shares[:, best], runs.probabilities[:, best])
    return joint[:, 0].argmax(axis=0)
