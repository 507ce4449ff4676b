"""How many profiles: the whole table first, the rule after."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cdo_analysis.errors import UsageError
from cdo_analysis.profiles.latent_class import LatentClasses

STARTS = 50
"""Random starts for each number of classes: with fewer, the best optimum is often missed."""

SMALLEST_N = 25
"""A number of classes is kept when its smallest class has this many respondents, or else this share."""

SMALLEST_SHARE = 0.05
"""The weighted share that makes up for a small number of respondents."""


def compare_numbers(
    X: pd.DataFrame,
    *,
    sample_weight: ArrayLike | None = None,
    numbers: Iterable[int] = range(1, 7),
    random_state: int | None = None,
) -> tuple[pd.DataFrame, dict[int, LatentClasses]]:
    """Fit latent classes for each number of classes and put their fit side by side.

    Parameters
    ----------
    X : DataFrame of shape (n_respondents, n_items)
        Answers; see :meth:`LatentClasses.fit`.
    sample_weight : array of shape (n_respondents,), optional
        Survey weights, 0 or more.
    numbers : iterable of int, default 1 to 6
        The numbers of classes to try.
    random_state : int or None
        Seed of the starts.

    Returns
    -------
    table : DataFrame, a row a number of classes
        Columns: ``k``; ``log_likelihood``; ``parameters``; ``aic``, ``bic``, ``sabic`` (lower is better);
        ``relative_entropy`` (0 to 1, NaN for k = 1); ``smallest_share``, the weighted share of the smallest class;
        ``smallest_n``, the respondents of the class that is most probable for the fewest; ``starts_at_best`` of
        ``starts`` that reached the best log-likelihood; ``converged``; ``mean_posterior``, the weighted mean
        probability of the assigned class; ``min_posterior``, the same in the class where it is lowest.
    models : dict of int to LatentClasses
        The fitted models by number of classes.

    Raises
    ------
    UsageError
        If there are fewer rows than classes, if a column holds no answer, or if all weights are 0.
    """
    weights = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    models = {
        k: LatentClasses(k, n_init=STARTS, random_state=random_state).fit(X, sample_weight=weights) for k in numbers
    }
    rows = [_describe(model, model.predict_proba(X), weights) for model in models.values()]
    return pd.DataFrame(rows), models


def _describe(model: LatentClasses, posterior: NDArray[np.float64], weights: NDArray[np.float64]) -> dict[str, float]:
    counted = weights > 0
    certainty, labels = posterior.max(axis=1)[counted], model.labels_[counted]
    means = [
        np.average(certainty[labels == label], weights=weights[counted][labels == label]) for label in np.unique(labels)
    ]
    return {
        "k": model.n_clusters,
        "log_likelihood": model.log_likelihood_,
        "parameters": model.n_parameters_,
        "aic": model.aic_,
        "bic": model.bic_,
        "sabic": model.sabic_,
        "relative_entropy": model.relative_entropy_,
        "smallest_share": float(model.class_shares_.min()),
        "smallest_n": int(np.bincount(labels, minlength=model.n_clusters).min()),
        "starts_at_best": model.starts_at_best_,
        "starts": model.n_init,
        "converged": model.converged_,
        "mean_posterior": float(np.average(certainty, weights=weights[counted])),
        "min_posterior": float(min(means)),
    }


def choose_number(table: pd.DataFrame) -> int:
    """Choose the number of classes: the lowest BIC among those without a tiny class.

    A number of classes stays in the running when its smallest class holds at least :data:`SMALLEST_N` respondents
    or at least :data:`SMALLEST_SHARE` of the population. A tie goes to fewer classes. When 1 wins, the answers show
    no grouping. The rule is a starting point: the table is there to be read.

    Parameters
    ----------
    table : DataFrame
        With the columns ``k``, ``bic``, ``smallest_n`` and ``smallest_share`` of :func:`compare_numbers`.

    Returns
    -------
    int
        One of the values of ``k``.

    Raises
    ------
    UsageError
        If every number of classes has a tiny class.

    References
    ----------
    Nylund, Asparouhov, Muthén (2007), "Deciding on the number of classes in latent class analysis and growth
    mixture modeling", Structural Equation Modeling 14(4), for the BIC.

    Examples
    --------
    >>> table = pd.DataFrame({"k": [1, 2, 3], "bic": [900.0, 850.0, 840.0]})
    >>> choose_number(table.assign(smallest_n=[300, 80, 7], smallest_share=[1.0, 0.3, 0.02]))
    2
    """
    large_enough = (table["smallest_n"] >= SMALLEST_N) | (table["smallest_share"] >= SMALLEST_SHARE)
    if not large_enough.any():
        raise UsageError(
            f"every number of profiles tried ({', '.join(map(str, table['k']))}) leaves one with fewer than "
            f"{SMALLEST_N} respondents and under {SMALLEST_SHARE:.0%}; try smaller numbers, 1 among them"
        )
    kept = table[large_enough].sort_values(["bic", "k"])
    return int(kept["k"].iloc[0])
