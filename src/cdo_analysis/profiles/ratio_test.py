"""Does one more class fit better than chance allows? The bootstrap likelihood-ratio test, and what pairs are left."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import ArrayLike

from cdo_analysis.profiles.answers import NOT_MEASURED
from cdo_analysis.profiles.latent_class import LatentClasses
from cdo_analysis.profiles.likelihood import climb, draw_starts
from cdo_analysis.profiles.packing import Floats, Patterns

MAX_ITER, TOLERANCE = 500, 1e-6
"""A replicate needs its log-likelihood to a thousandth of the statistic, not to the last digit."""

LEVEL = 0.05
CHI_SQUARE_95 = 3.841458820694124


def ratio_tests(
    X: pd.DataFrame,
    numbers: Iterable[int],
    *,
    replicates: int = 99,
    starts: int = 10,
    random_state: int | None = 0,
    n_jobs: int | None = None,
) -> pd.Series:
    """Test k classes against k - 1 by the parametric bootstrap of the likelihood ratio, one after the other.

    Unweighted, even where the classes themselves are weighted: the statistic of a pseudo-likelihood has another law.
    Samples are drawn from the fitted k - 1 classes, with the answers missing where they are in the data. The tests
    stop at the first k that is no better than k - 1.

    Parameters
    ----------
    X : DataFrame of shape (n_respondents, n_items)
    numbers : iterable of int
        The numbers of classes; k is tested where k - 1 is among them too.
    replicates : int, default 99
        Samples a test; the smallest p is 1 over one more.
    starts : int, default 10
        Random starts of the k classes in each sample; the k - 1 classes start from those the sample was drawn from,
        and from as many random points.
    random_state : int or None
    n_jobs : int, optional
        Samples at a time, through joblib; the same result whatever their number.

    Returns
    -------
    Series of float
        p by k; NaN where k was not tested.

    References
    ----------
    McLachlan (1987), JRSS C 36(3). Nylund, Asparouhov, Muthén (2007), Structural Equation Modeling 14(4).
    """
    numbers = sorted(set(numbers))
    p = pd.Series(np.nan, index=pd.Index(numbers, name="k"), name="ratio_test_p")
    before: LatentClasses | None = None
    for k in numbers:
        model = LatentClasses(k, n_init=5 * starts, random_state=random_state).fit(X)
        if before is not None and before.n_clusters == k - 1:
            seeds = np.random.RandomState(random_state).randint(np.iinfo(np.int32).max, size=replicates)
            p[k] = _test(X, before, model, (seeds.tolist(), starts, n_jobs))
            if p[k] > LEVEL:
                break
        before = model
    return p


def _test(
    X: pd.DataFrame, null: LatentClasses, model: LatentClasses, effort: tuple[list[int], int, int | None]
) -> float:
    seeds, starts, n_jobs = effort
    seen = model.log_likelihood_ - null.log_likelihood_
    missing = null.encode(X) == NOT_MEASURED
    tasks = (delayed(_ratio_of_drawn)(null, missing, starts, seed) for seed in seeds)
    ratios = Parallel(n_jobs=n_jobs, prefer="threads")(tasks)
    return (1 + sum(ratio >= seen for ratio in ratios)) / (1 + len(seeds))


def _ratio_of_drawn(null: LatentClasses, missing: np.ndarray, starts: int, seed: int) -> float:
    random = np.random.RandomState(seed)
    codes = draw_codes(null, missing, random)
    patterns = Patterns.of(codes, [table.shape[1] for table in null.item_probabilities_])
    counts = patterns.sum_weights(np.ones(len(codes)))
    k = null.n_clusters
    shares, probabilities = draw_starts(patterns, counts, k, starts if k > 1 else 1, random)
    shares[:, 0], probabilities[:, 0] = null.class_shares_, np.concatenate(null.item_probabilities_, axis=1)
    fewer = climb(patterns, counts[None], (shares, probabilities), max_iter=MAX_ITER, tol=TOLERANCE)
    start = draw_starts(patterns, counts, k + 1, starts, random)
    more = climb(patterns, counts[None], start, max_iter=MAX_ITER, tol=TOLERANCE)
    return float(more.log_likelihood.max() - fewer.log_likelihood.max())


def draw_codes(model: LatentClasses, missing: np.ndarray, random: np.random.RandomState) -> np.ndarray:
    """Draw encoded answers of as many respondents as `missing` has rows, -1 where it says so."""
    truth = random.choice(model.n_clusters, len(missing), p=model.class_shares_)
    columns = []
    for table in model.item_probabilities_:
        reached = table.cumsum(axis=1)[truth, :-1]
        columns.append((random.random_sample((len(missing), 1)) > reached).sum(axis=1))
    return np.where(missing, NOT_MEASURED, np.column_stack(columns)).astype(
        np.int8 if max(table.shape[1] for table in model.item_probabilities_) < 128 else np.int32
    )


def bivariate_residuals(
    model: LatentClasses, X: pd.DataFrame, *, sample_weight: ArrayLike | None = None
) -> pd.DataFrame:
    """Return how far each pair of items is from what the classes say of it: Pearson's chi-square over its freedom.

    Parameters
    ----------
    model : LatentClasses
    X : DataFrame of shape (n_respondents, n_items)
        The answers of its fit.
    sample_weight : array, optional
        The weights of its fit; scaled to sum to the rows.

    Returns
    -------
    DataFrame, a row a pair, the largest first
        ``item``, ``other``, ``residual`` (about 1 where the classes explain the pair, above 3.84 where they do not),
        ``n`` respondents who answered both.

    References
    ----------
    Vermunt & Magidson (2005), Technical Guide for Latent GOLD 4.0: bivariate residuals.
    """
    codes = model.encode(X)
    weights = np.ones(len(codes)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    weights = weights / weights[weights > 0].mean()
    names = model._names()
    rows = []
    for a, b in combinations(range(len(names)), 2):
        both = (codes[:, a] >= 0) & (codes[:, b] >= 0)
        residual = _residual(model, (a, b), codes[both][:, [a, b]], weights[both])
        rows.append((names[a], names[b], residual, int(both.sum())))
    table = pd.DataFrame(rows, columns=["item", "other", "residual", "n"])
    return table.sort_values("residual", ascending=False, kind="stable", ignore_index=True)


def _residual(model: LatentClasses, pair: tuple[int, int], codes: np.ndarray, weights: Floats) -> float:
    first, second = (model.item_probabilities_[item] for item in pair)
    rows, columns = first.shape[1], second.shape[1]
    cells = codes[:, 0].astype(np.intp) * columns + codes[:, 1]
    seen = np.bincount(cells, weights, minlength=rows * columns)
    expected = weights.sum() * np.einsum("k,kr,kc->rc", model.class_shares_, first, second).ravel()
    freedom = (rows - 1) * (columns - 1)
    return float(np.sum((seen - expected) ** 2 / np.maximum(expected, 1e-9)) / freedom) if freedom else 0.0
