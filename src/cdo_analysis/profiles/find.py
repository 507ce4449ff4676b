"""Profiles of companies: how many, who is in which, how sure, and what each one does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from cdo_analysis.errors import UsageError
from cdo_analysis.profiles.choice import choose_number, compare_numbers
from cdo_analysis.profiles.latent_class import LatentClasses
from cdo_analysis.profiles.means import NO_SCORE, ScoreMeans
from cdo_analysis.profiles.stability import bootstrap_jaccard

Verdict = Literal["profiles", "no_grouping"]

CLEAR = 0.6
"""Under this posterior probability, a respondent stands between two profiles."""


@dataclass(frozen=True)
class Profiles:
    """What :func:`find_profiles` found.

    Attributes
    ----------
    verdict : {"profiles", "no_grouping"}
        ``"no_grouping"`` when one class describes the answers best: there is then a single profile, 0, that should
        not be named.
    table : DataFrame, a row a number of profiles tried
        See :func:`~cdo_analysis.profiles.choice.compare_numbers`.
    model : LatentClasses
        The chosen model; its class 0 has the lowest mean of `order_by`. It places new companies.
    posterior : DataFrame, a row a respondent
        Columns ``profile_0``, ``profile_1``, …: probability of each profile; rows sum to 1.
    assignment : DataFrame, a row a respondent
        ``profile``: the most probable profile (int); ``probability``: its probability; ``status``: ``"clear"``, or
        ``"between"`` when that probability is under 0.6 or the respondent answered none of the items.
    shares : DataFrame, a row a profile
        ``profile``; ``n``: respondents assigned to it; ``share_weighted`` and ``share_unweighted``: mean
        probability of the profile over the respondents, so that those between two profiles count for part in each.
    practices : DataFrame, a row a profile, an item and a category
        ``profile``, ``item``, ``category``; ``probability``: share of the profile that gives that answer, among
        those who answer; ``overall``: the same for all respondents, according to the model.
    stability : DataFrame, a row a profile
        ``profile``; ``jaccard``: see :func:`~cdo_analysis.profiles.stability.bootstrap_jaccard`.
    means_agreement : float
        Adjusted Rand index between the assignment and k-means on the scores with as many clusters: 1 when they
        agree, about 0 when they agree no more than by chance. NaN without grouping, or with too few complete scores.
    """

    verdict: Verdict
    table: pd.DataFrame
    model: LatentClasses
    posterior: pd.DataFrame
    assignment: pd.DataFrame
    shares: pd.DataFrame
    practices: pd.DataFrame
    stability: pd.DataFrame
    means_agreement: float


def find_profiles(
    items: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    sample_weight: pd.Series | None = None,
    order_by: pd.Series,
    numbers: Iterable[int] = range(1, 7),
    random_state: int = 0,
) -> Profiles:
    """Group respondents by their answers, say how sure the grouping is, and describe it.

    Latent classes are fitted for each of `numbers`, the number is chosen by
    :func:`~cdo_analysis.profiles.choice.choose_number`, and the result is confronted with k-means on the scores and
    with 30 bootstrap samples.

    Parameters
    ----------
    items : DataFrame of shape (n_respondents, n_items)
        The active items: categorical answers, NaN where missing. Index: respondent.
    scores : DataFrame of shape (n_respondents, n_scores)
        Scores for the second opinion, in any unit, NaN where unmeasured. Same index.
    sample_weight : Series, optional
        Survey weights, 0 or more. Same index.
    order_by : Series
        What orders the profiles, such as a maturity score: profile 0 has the lowest weighted mean. Same index.
    numbers : iterable of int, default 1 to 6
        The numbers of profiles to try.
    random_state : int, default 0
        Seed of all that is random: the same input gives the same profiles.

    Returns
    -------
    Profiles
        With the index of `items` wherever a row is a respondent.

    Raises
    ------
    UsageError
        If the indexes differ, or if the items cannot be grouped (see :meth:`LatentClasses.fit`).

    Notes
    -----
    The verdict ``"profiles"`` says that one class is not enough. It does not say that companies come in types: a
    single continuum of maturity, cut into levels, also needs several classes. Profiles whose probabilities rise
    together on every item are levels; profiles that cross are types.
    """
    weights = pd.Series(1.0, index=items.index) if sample_weight is None else sample_weight
    for name, other in {"scores": scores, "sample_weight": weights, "order_by": order_by}.items():
        if not other.index.equals(items.index):
            raise UsageError(f"{name} and items have different respondents or another order; align their indexes")
    table, models = compare_numbers(
        items, sample_weight=weights.to_numpy(float), numbers=numbers, random_state=random_state
    )
    model = _order_classes(models[choose_number(table)], items, weights, order_by)
    posterior = pd.DataFrame(
        model.predict_proba(items),
        index=items.index,
        columns=[f"profile_{profile}" for profile in range(model.n_clusters)],
    )
    assignment = _assign(posterior, items.notna().any(axis=1))
    return Profiles(
        verdict="profiles" if model.n_clusters > 1 else "no_grouping",
        table=table,
        model=model,
        posterior=posterior,
        assignment=assignment,
        shares=_count_shares(posterior, assignment, weights),
        practices=_describe_practices(model),
        stability=_measure_stability(model, items, weights, random_state),
        means_agreement=_compare_with_means(assignment, scores, weights, random_state),
    )


def _order_classes(model: LatentClasses, items: pd.DataFrame, weights: pd.Series, order_by: pd.Series) -> LatentClasses:
    """Put the class with the lowest mean of `order_by` first; a respondent counts in each class by its posterior."""
    known = order_by.notna().to_numpy()
    share = model.predict_proba(items)[known] * weights.to_numpy(float)[known, None]
    totals = order_by.to_numpy(float)[known] @ share
    means = totals / np.maximum(share.sum(axis=0), np.finfo(float).tiny)
    return model.reorder(np.argsort(means, kind="stable").tolist())


def _assign(posterior: pd.DataFrame, answered: pd.Series) -> pd.DataFrame:
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


def _count_shares(posterior: pd.DataFrame, assignment: pd.DataFrame, weights: pd.Series) -> pd.DataFrame:
    profiles = range(posterior.shape[1])
    return pd.DataFrame(
        {
            "profile": profiles,
            "n": [int((assignment["profile"] == profile).sum()) for profile in profiles],
            "share_weighted": np.average(posterior, axis=0, weights=weights),
            "share_unweighted": posterior.to_numpy().mean(axis=0),
        }
    )


def _describe_practices(model: LatentClasses) -> pd.DataFrame:
    parts = []
    names = getattr(model, "feature_names_in_", range(model.n_features_in_))
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


def _measure_stability(
    model: LatentClasses, items: pd.DataFrame, weights: pd.Series, random_state: int
) -> pd.DataFrame:
    jaccard = bootstrap_jaccard(model, items, sample_weight=weights.to_numpy(float), random_state=random_state)
    return pd.DataFrame({"profile": range(model.n_clusters), "jaccard": jaccard})


def _compare_with_means(assignment: pd.DataFrame, scores: pd.DataFrame, weights: pd.Series, random_state: int) -> float:
    k = assignment["profile"].max() + 1
    complete = scores.notna().all(axis=1) & (weights > 0)
    if k == 1 or complete.sum() < k:
        return float("nan")
    means = ScoreMeans(k, random_state=random_state).fit(scores, sample_weight=weights.to_numpy(float))
    placed = means.labels_ != NO_SCORE
    return float(adjusted_rand_score(assignment["profile"][placed], means.labels_[placed]))
