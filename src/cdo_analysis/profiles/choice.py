"""How many profiles: the whole table first, the rule after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cdo_analysis.errors import UsageError
from cdo_analysis.profiles.family import Mixture, make_mixture
from cdo_analysis.profiles.ratio_test import SAMPLES, ratio_tests
from cdo_analysis.profiles.residuals import CHI_SQUARE_95, bivariate_residuals

Column = Callable[[int, Mixture], float]
"""What fills a further column of the table: from k and its model to a figure."""

STARTS = 50
"""Random starts for each number of classes: with fewer, the best optimum is often missed."""

SMALLEST_N = 25
"""A number of classes is kept when its smallest class has this many respondents, or else this share."""

SMALLEST_SHARE = 0.05
"""The weighted share that makes up for a small number of respondents."""


@dataclass(frozen=True)
class Effort:
    """How much computing to spend. The defaults suit a report; a study to be published asks for more.

    Attributes
    ----------
    starts : int
        Random starts of each number of classes.
    stability_samples : int
        Bootstrap samples for the Jaccard similarity of the profiles of each number; fewer of a large survey: see
        :func:`~cdo_analysis.profiles.affordable.afford_samples`.
    continuum_samples : int
        Samples drawn from the continuum where the BIC do not decide; 0 leaves the decision to the BIC.
    ratio_test_samples : int
        Samples of each bootstrap likelihood-ratio test at most; 0 for no test.
    n_jobs : int or None
        Starts and samples at a time, through joblib; the results are the same whatever their number.
    """

    starts: int = STARTS
    stability_samples: int = 30
    continuum_samples: int = 39
    ratio_test_samples: int = SAMPLES
    n_jobs: int | None = None


def compare_numbers(
    X: pd.DataFrame,
    *,
    sample_weight: ArrayLike | None = None,
    numbers: Iterable[int] = range(1, 8),
    continuous: Sequence[str] = (),
    effort: Effort | None = None,
    columns: Mapping[str, Column] | None = None,
    random_state: int | None = None,
) -> tuple[pd.DataFrame, dict[int, Mixture]]:
    """Fit classes for each number of them and put their fit side by side.

    Parameters
    ----------
    X : DataFrame of shape (n_respondents, n_columns)
        Answers, and numbers where `continuous` says so; NaN where missing.
    sample_weight : array of shape (n_respondents,), optional
        Survey weights, 0 or more.
    numbers : iterable of int, default 1 to 7
        The numbers of classes to try.
    continuous : sequence of str, optional
        Columns that are numbers, normal within a class: latent profiles are then fitted, else latent classes.
    effort : Effort, optional
        Starts, samples of the bootstrap likelihood-ratio test, workers.
    columns : mapping of str to callable, optional
        Further columns by name: each is called with k and its model and returns a figure, such as a gap statistic, a
        split-half agreement or the lowest bootstrap Jaccard.
    random_state : int or None
        Seed of the starts and samples.

    Returns
    -------
    table : DataFrame, a row a number of classes
        Columns: ``k``; ``log_likelihood``; ``parameters``; ``aic``, ``bic``, ``sabic``, ``caic`` (lower is
        better); ``relative_entropy`` (0 to 1, NaN for k = 1); ``smallest_share``, the weighted share of the smallest
        class; ``smallest_n``, the respondents of the class that is most probable for the fewest; ``starts_at_best`` of
        ``starts`` that reached the best log-likelihood; ``converged``; ``mean_posterior``, the weighted mean
        probability of the assigned class; ``min_posterior``, the same in the class where it is lowest;
        ``ratio_test_p``, p of k against k - 1 classes by the bootstrap, unweighted (NaN where it was not tested),
        ``ratio_test_samples`` drawn for it and ``ratio_test_n``, the respondents of each: see
        :func:`~cdo_analysis.profiles.ratio_test.ratio_tests`;
        ``largest_residual``, bivariate, and ``residuals_above``, the share of pairs of items above 3.84: see
        :func:`~cdo_analysis.profiles.residuals.bivariate_residuals`; then those of `columns`.
    models : dict of int to LatentClasses or LatentProfiles
        The fitted models by number of classes.

    Raises
    ------
    UsageError
        If there are fewer rows than classes, if a column holds no answer, or if all weights are 0.
    """
    effort = effort or Effort()
    weights = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    how: dict[str, int | None] = {"random_state": random_state, "n_jobs": effort.n_jobs}
    models = {
        k: make_mixture(k, X, continuous, n_init=effort.starts, **how).fit(X, sample_weight=weights) for k in numbers
    }
    table = pd.DataFrame([_describe(model, model.predict_proba(X), weights) for model in models.values()])
    table[["ratio_test_p", "ratio_test_samples", "ratio_test_n"]] = np.nan
    if effort.ratio_test_samples:
        tested = ratio_tests(X, models, continuous=continuous, replicates=effort.ratio_test_samples, **how)
        for name, measure in {"p": "p", "samples": "samples", "n": "respondents"}.items():
            table[f"ratio_test_{name}"] = table["k"].map(tested[measure])
    residuals = [bivariate_residuals(model, X, sample_weight=weights)["residual"] for model in models.values()]
    table["largest_residual"] = [each.max() if len(each) else float("nan") for each in residuals]
    table["residuals_above"] = [float((each > CHI_SQUARE_95).mean()) if len(each) else 0.0 for each in residuals]
    for name, column in (columns or {}).items():
        table[name] = [column(k, model) for k, model in models.items()]
    return table, models


def _describe(model: Mixture, posterior: NDArray[np.float64], weights: NDArray[np.float64]) -> dict[str, float]:
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
        "caic": model.caic_,
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
