"""Would the same profiles come out of another sample? Of any clusterer that accepts weights.

Replicates are weights, not copies of rows: what is not drawn weighs nothing. They run through joblib, each from its own
seed, so that ``joblib.parallel_config(n_jobs=2)``, or the Dask cluster of ``parallel_config(backend="dask")``, changes
the time they take and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score
from sklearn.utils import check_random_state

from cdo_analysis.errors import UsageError

COLD_STARTS = {"n_init": 12, "finalists": 2, "start_rows": 4000}
"""What a replicate sets, where its model has it; none starts from the profiles under test, which would flatter them."""

LOOSE = 1e-6
"""A replicate needs labels, not the last digits of its optimum."""


class Clusterer(Protocol):
    """A clusterer of scikit-learn that accepts weights; -1 labels a row that belongs nowhere."""

    n_clusters: int
    labels_: NDArray[np.int64]

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any:
        """Find the clusters of the rows of X."""

    def predict(self, X: Any) -> NDArray[np.int64]:
        """Place rows."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters."""

    def set_params(self, **params: Any) -> Any:
        """Set parameters."""


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
    model: Clusterer,
    X: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    replicates: int = 30,
    random_state: int | np.random.RandomState | None = None,
) -> NDArray[np.float64]:
    """Return how well each profile is found again in bootstrap samples.

    As ``clusterboot`` of the R package fpc does by default: each replicate draws n respondents with replacement,
    keeps those drawn (once each), finds the profiles again from cold random starts, and takes for each profile of
    `model` the Jaccard similarity to its nearest profile, over the respondents drawn. Survey weights weigh the
    refits; the similarities count respondents.

    Parameters
    ----------
    model : clusterer
        The fitted profiles under test; it is left as it is.
    X : DataFrame or array of shape (n_respondents, n_columns)
        What it was fitted on.
    sample_weight : array of shape (n_respondents,), optional
        The weights of its fit.
    replicates : int, default 30
        Number of bootstrap samples.
    random_state : int, RandomState or None
        Seed of the samples and starts. The same seed gives the same figures, whatever the number of workers.

    Returns
    -------
    ndarray of shape (n_clusters,)
        Mean similarity over the replicates, between 0 and 1. Hennig's reading: under 0.6 not to be trusted, 0.6 to
        0.75 a pattern, 0.75 and more stable, 0.85 and more highly stable.

    References
    ----------
    Hennig (2007), "Cluster-wise assessment of cluster stability", Computational Statistics & Data Analysis 52(1).
    """
    labels = np.asarray(model.predict(X))
    weights = _weights(sample_weight, len(labels))
    return find_again((model, X, labels), weights, replicates=replicates, random_state=random_state)


def find_again(
    found: tuple[Clusterer, ArrayLike, NDArray[np.int64]],
    weights: NDArray[np.float64],
    *,
    replicates: int,
    random_state: int | np.random.RandomState | None,
) -> NDArray[np.float64]:
    """Return what :func:`bootstrap_jaccard` does, of profiles given as a model, what to refit it on, and their labels.

    `X` may write the answers otherwise than the model was fitted on, as long as the model finds the same in it.
    """
    model, X, labels = found
    similarities = _replicate(_find_again, (model, X, labels, weights), replicates, random_state)
    return np.mean(similarities, axis=0)


def split_half(
    model: Clusterer,
    X: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    replicates: int = 20,
    random_state: int | np.random.RandomState | None = None,
) -> NDArray[np.float64]:
    """Return how alike the two halves of a random split class the same respondents.

    Profiles are found in each half, without the other; each half is then placed by the profiles of the other one, and
    compared with its own profiles by the adjusted Rand index. A replicate is the mean of both comparisons.

    Parameters
    ----------
    model : clusterer
        Fitted or not; it is left as it is.
    X, sample_weight, random_state
        As in :func:`bootstrap_jaccard`.
    replicates : int, default 20
        Number of splits.

    Returns
    -------
    ndarray of shape (replicates,)
        1 where both halves tell the same, about 0 where they agree no more than by chance.

    References
    ----------
    Breckenridge (2000), "Validating cluster analysis: consistent replication and symmetry", Multivariate Behavioral
    Research 35(2).
    """
    n_rows = X.shape[0] if hasattr(X, "shape") else len(X)  # type: ignore[arg-type]
    tasks = (model, X, _weights(sample_weight, n_rows))
    return np.array(_replicate(_compare_halves, tasks, replicates, random_state))


def refit_cold(
    model: Clusterer, X: ArrayLike, weights: NDArray[np.float64], random: np.random.RandomState
) -> Clusterer:
    """Return a copy of `model` fitted again from cold starts, with a seed drawn from `random`."""
    again = clone(model)
    known = again.get_params()
    wanted = {**COLD_STARTS, "random_state": int(random.randint(np.iinfo(np.int32).max))}
    if "tol" in known:
        wanted["tol"] = max(known["tol"], LOOSE)
    return again.set_params(**{name: value for name, value in wanted.items() if name in known}).fit(
        X, sample_weight=weights
    )


def _weights(sample_weight: ArrayLike | None, n_rows: int) -> NDArray[np.float64]:
    return np.ones(n_rows) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)


def _replicate(
    task: Callable[..., Any], arguments: tuple, replicates: int, random_state: int | np.random.RandomState | None
) -> list[Any]:
    """Call `task` with the arguments and a seed, `replicates` times."""
    if replicates < 1:
        raise UsageError(f"the number of replicates is {replicates}; give 1 or more")
    # Each replicate has its own seed, so that they may run in any order, or anywhere.
    seeds = check_random_state(random_state).randint(np.iinfo(np.int32).max, size=replicates)
    return Parallel(prefer="threads")(delayed(task)(*arguments, int(seed)) for seed in seeds)


def _find_again(
    model: Clusterer, X: ArrayLike, labels: NDArray[np.int64], weights: NDArray[np.float64], seed: int
) -> NDArray[np.float64]:
    random = np.random.RandomState(seed)
    n_rows = len(labels)
    drawn = np.bincount(random.randint(n_rows, size=n_rows), minlength=n_rows) > 0
    again = refit_cold(model, X, np.where(drawn, weights, 0.0), random).labels_
    compared = drawn & (labels >= 0) & (again >= 0)
    return match_jaccard(labels[compared], again[compared], model.n_clusters)


def _compare_halves(model: Clusterer, X: ArrayLike, weights: NDArray[np.float64], seed: int) -> float:
    random = np.random.RandomState(seed)
    first = random.permutation(len(weights)) < len(weights) // 2
    placed = [
        np.asarray(refit_cold(model, X, np.where(half, weights, 0.0), random).predict(X)) for half in (first, ~first)
    ]
    known = (placed[0] >= 0) & (placed[1] >= 0)
    both = [adjusted_rand_score(*(labels[half & known] for labels in placed)) for half in (first, ~first)]
    return float(np.mean(both))
