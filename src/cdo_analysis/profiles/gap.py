"""The gap statistic: rows nearer to the middle of their profile than rows without any grouping would be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils import check_random_state

from cdo_analysis.profiles.stability import Clusterer, refit_cold

Reference = Literal["uniform", "independent"]


def gap_statistic(
    model: Clusterer,
    X: pd.DataFrame,
    *,
    numbers: Iterable[int] = range(1, 8),
    sample_weight: pd.Series | NDArray[np.float64] | None = None,
    replicates: int = 20,
    random_state: int | np.random.RandomState | None = None,
) -> pd.DataFrame:
    """Compare the spread within profiles with what data without grouping would give, for each number of profiles.

    Numbers (scores) are compared with uniform draws in the box of their principal components; as soon as a column is
    text, with the same columns shuffled one by one, which keeps every answer as frequent and makes them independent.
    The spread is the weighted sum of squared distances to the mean of the profile, of standardised numbers and of the
    0/1 table of text answers.

    Parameters
    ----------
    model : clusterer
        Its copies are fitted with each number of profiles.
    X : DataFrame of shape (n_respondents, n_columns)
        Scores or answers; NaN where missing. A row with a missing score has no distance and is left out of the spread.
    numbers : iterable of int, default 1 to 7
        Numbers of profiles.
    sample_weight : Series or array of shape (n_respondents,), optional
        Survey weights.
    replicates : int, default 20
        Number of draws without grouping.
    random_state : int, RandomState or None
        Seed of the draws and starts. The same seed gives the same figures, whatever the number of workers.

    Returns
    -------
    DataFrame, a row a number of profiles
        ``k``; ``gap``: mean over the draws of their log spread, less that of the data; ``error``: its simulation
        error, ``sqrt(1 + 1 / replicates)`` times the deviation over the draws; ``chosen``: True for the smallest k
        whose gap is at least the gap of the next number less its error (nowhere True when there is none).

    References
    ----------
    Tibshirani, Walther & Hastie (2001), "Estimating the number of clusters in a data set via the gap statistic",
    Journal of the Royal Statistical Society B 63(2).
    """
    random = check_random_state(random_state)
    weights = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    tried = sorted(numbers)
    seeds = random.randint(np.iinfo(np.int32).max, size=replicates + 1)
    tables = Parallel(prefer="threads")(
        delayed(_spreads)(model, X, weights, tried, int(seed), draw > 0) for draw, seed in enumerate(seeds)
    )
    observed, expected = np.array(tables[0]), np.array(tables[1:])
    gap = expected.mean(axis=0) - observed
    error = expected.std(axis=0) * np.sqrt(1 + 1 / replicates)
    enough = np.append(gap[:-1] >= gap[1:] - error[1:], False)
    chosen = np.arange(len(tried)) == (enough.argmax() if enough.any() else -1)
    return pd.DataFrame({"k": tried, "gap": gap, "error": error, "chosen": chosen})


def _spreads(
    model: Clusterer, X: pd.DataFrame, weights: NDArray[np.float64], numbers: list[int], seed: int, drawn: bool
) -> list[float]:
    random = np.random.RandomState(seed)
    rows = _draw_without_grouping(X, random) if drawn else X
    table = _as_numbers(rows, X)
    known = ~np.isnan(table).any(axis=1) & (weights > 0)
    spreads = []
    for k in numbers:
        again = refit_cold(clone(model).set_params(n_clusters=k), rows, weights, random)
        spreads.append(_log_spread(table[known], weights[known], again.labels_[known]))
    return spreads


def _log_spread(table: NDArray[np.float64], weights: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    spread = 0.0
    for label in np.unique(labels):
        inside = labels == label
        rows, shares = table[inside], weights[inside]
        gaps = rows - np.average(rows, axis=0, weights=shares)
        spread += float(shares @ np.einsum("ij,ij->i", gaps, gaps))
    return float(np.log(max(spread, np.finfo(float).tiny)))


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _as_numbers(rows: pd.DataFrame, observed: pd.DataFrame) -> NDArray[np.float64]:
    """Return numbers in deviations of the observed ones, and the 0/1 table of text answers."""
    parts = []
    for name in rows:
        if _is_number(observed[name]):
            spread = float(observed[name].std(ddof=0))
            parts.append(rows[name].to_numpy(float)[:, None] / (spread if spread > 0 else 1.0))
        else:
            parts.append(pd.get_dummies(rows[name]).to_numpy(float))
    return np.hstack(parts)


def _draw_without_grouping(X: pd.DataFrame, random: np.random.RandomState) -> pd.DataFrame:
    if not all(_is_number(X[name]) for name in X):
        return pd.DataFrame({name: X[name].to_numpy()[random.permutation(len(X))] for name in X}, index=X.index).astype(
            X.dtypes.to_dict()
        )
    values = X.to_numpy(float)
    spread = np.nanstd(values, axis=0)
    units = np.where(spread > 0, spread, 1.0)
    complete = values[~np.isnan(values).any(axis=1)] / units
    middle = complete.mean(axis=0)
    axes = np.linalg.svd(complete - middle, full_matrices=False)[2]
    turned = (complete - middle) @ axes.T
    drawn = random.uniform(turned.min(axis=0), turned.max(axis=0), size=(len(X), turned.shape[1])) @ axes + middle
    return pd.DataFrame(np.where(np.isnan(values), np.nan, drawn * units), index=X.index, columns=X.columns)
