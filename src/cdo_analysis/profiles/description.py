"""What is said of profiles once they are found: who is in which, how many, how mature, and what each one does."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from cdo_analysis.profiles.family import Mixture
from cdo_analysis.profiles.latent_class import LatentClasses
from cdo_analysis.profiles.three_step import NORMAL_95, classification_errors

CLEAR = 0.6
"""Under this posterior probability, a respondent stands between two profiles."""


def profile_columns(k: int) -> list[str]:
    """Return the names of the columns of posteriors."""
    return [f"profile_{profile}" for profile in range(k)]


def mean_by_profile(posterior: pd.DataFrame, values: pd.Series, weights: pd.Series) -> pd.DataFrame:
    """Return the weighted mean of `values` in each profile, respondents counting in each by their posterior.

    Returns
    -------
    DataFrame, a row a profile
        ``mean``, ``low``, ``high`` (95 %, linearised); NaN where nobody's value is known.
    """
    known = (values.notna() & (weights > 0)).to_numpy()
    share = posterior.to_numpy()[known] * weights.to_numpy(float)[known, None]
    size = np.maximum(share.sum(axis=0), np.finfo(float).tiny)
    value = values.to_numpy(float)[known]
    mean = value @ share / size
    half = NORMAL_95 * np.sqrt(np.sum((share * (value[:, None] - mean)) ** 2, axis=0)) / size
    return pd.DataFrame({"mean": mean, "low": mean - half, "high": mean + half})


def rank_profiles(means: pd.DataFrame) -> list[int]:
    """Return the rank of each profile by its mean, 0 the lowest; neighbours whose intervals overlap are tied.

    Examples
    --------
    >>> rank_profiles(pd.DataFrame({"mean": [50.0, 20.0, 54.0], "low": [47, 18, 51], "high": [53, 22, 57]}))
    [1, 0, 1]
    """
    order = np.argsort(means["mean"].to_numpy(), kind="stable")
    ranks = np.zeros(len(means), dtype=int)
    for before, now in pairwise(order):
        apart = means["low"].iloc[now] > means["high"].iloc[before]
        ranks[now] = ranks[before] + int(apart)
    return ranks.tolist()


def assign(posterior: pd.DataFrame, answered: pd.Series) -> pd.DataFrame:
    """Return the most probable profile of each respondent, its probability, and whether it is clear."""
    probability = posterior.max(axis=1)
    clear = (probability >= CLEAR) & answered
    return pd.DataFrame(
        {
            "profile": posterior.to_numpy().argmax(axis=1),
            "probability": probability,
            "status": np.where(clear, "clear", "between"),
        },
        index=posterior.index,
    )


def count_shares(
    posterior: pd.DataFrame, assignment: pd.DataFrame, weights: pd.Series, order_by: pd.Series
) -> pd.DataFrame:
    """Return the size of each profile, its mean of `order_by` and its rank."""
    profiles = range(posterior.shape[1])
    means = mean_by_profile(posterior, order_by, weights)
    return pd.DataFrame(
        {
            "profile": profiles,
            "n": [int((assignment["profile"] == profile).sum()) for profile in profiles],
            "share_weighted": np.average(posterior, axis=0, weights=weights),
            "share_unweighted": posterior.to_numpy().mean(axis=0),
            "rank": rank_profiles(means),
            **means.add_prefix("order_").to_dict("series"),
        }
    )


def tabulate_errors(posterior: pd.DataFrame, weights: pd.Series) -> pd.DataFrame:
    """Return the classification errors: ``profile`` (true), ``assigned``, ``probability``."""
    errors = classification_errors(posterior, sample_weight=weights)
    k = len(errors)
    return pd.DataFrame(
        {
            "profile": np.repeat(np.arange(k), k),
            "assigned": np.tile(np.arange(k), k),
            "probability": errors.ravel(),
        }
    )


def describe_measures(model: Mixture) -> pd.DataFrame:
    """Return the mean and the standard deviation of each number in each profile, and the overall mean."""
    columns = ["profile", "item", "mean", "deviation", "overall"]
    if isinstance(model, LatentClasses):
        return pd.DataFrame(columns=columns).astype({"item": "str"})
    k, names = model.n_clusters, model.number_names
    return pd.DataFrame(
        {
            "profile": np.repeat(np.arange(k), len(names)),
            "item": np.tile(np.array(names, dtype=object), k),
            "mean": model.means_.ravel(),
            "deviation": np.sqrt(model.variances_).ravel(),
            "overall": np.tile(model.class_shares_ @ model.means_, k),
        }
    )


def describe_practices(model: Mixture) -> pd.DataFrame:
    """Return the probability of each answer in each profile, and overall."""
    parts = [pd.DataFrame({name: [] for name in ("profile", "item", "category", "probability", "overall")})]
    names = model.answer_names
    if model.categories_:
        parts = []
    for item, categories, table in zip(names, model.categories_, model.item_probabilities_, strict=True):
        k, size = table.shape
        parts.append(
            pd.DataFrame(
                {
                    "profile": np.repeat(np.arange(k), size),
                    "item": item,
                    "category": np.tile(categories, k),
                    "probability": table.ravel(),
                    "overall": np.tile(model.class_shares_ @ table, k),
                }
            )
        )
    return pd.concat(parts, ignore_index=True).sort_values("profile", kind="stable", ignore_index=True)
