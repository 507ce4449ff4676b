"""Typical, never identifiable: what separates neighbours, who is near the centre, the most frequent answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cdo_analysis.profiles.portrait import describe_categories


def separate_neighbours(categories: pd.DataFrame, *, number: int = 3) -> pd.DataFrame:
    """Return the answers whose shares differ most between each profile and the next.

    Parameters
    ----------
    categories : DataFrame
        What :func:`describe_categories` returned, or some of its rows (one category of each practice, say).
    number : int, default 3
        How many answers to keep for each pair.

    Returns
    -------
    DataFrame, a row a pair of neighbours and an answer
        ``profile``, ``next``; ``item``, ``category``; ``share`` and ``share_next``: weighted shares of both profiles
        that give it. The largest gaps first; of an item, only the category that differs most.
    """
    shares = categories.pivot_table(index=["item", "category"], columns="profile", values="share_in_profile")
    parts = []
    for profile, following in zip(shares.columns[:-1], shares.columns[1:], strict=True):
        pair = shares[[profile, following]].set_axis(["share", "share_next"], axis=1).reset_index()
        gap = (pair["share_next"] - pair["share"]).abs()
        order = pair.assign(gap=gap).sort_values("gap", ascending=False, kind="stable").drop_duplicates("item")
        parts.append(order.head(number).drop(columns="gap").assign(profile=profile, next=following))
    columns = ["profile", "next", "item", "category", "share", "share_next"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def nearest_rows(distances: ArrayLike, labels: ArrayLike, *, number: int = 5) -> pd.DataFrame:
    """Return the rows nearest to the centre of their profile: its parangons, for the analyst's eyes.

    They are real respondents: what is published is the typical member of :func:`describe_typical_member`, who is none.

    Parameters
    ----------
    distances : array of shape (n_respondents, n_profiles)
        Distance of each respondent to the centre of each profile, or one less a posterior probability.
    labels : array of int, of shape (n_respondents,)
        Profile of each respondent, -1 for none.
    number : int, default 5
        Rows a profile.

    Returns
    -------
    DataFrame, a row a profile and a rank
        ``profile``; ``rank``: from 1; ``row``: position of the respondent; ``distance``.

    Examples
    --------
    >>> nearest_rows([[0.2, 1.0], [0.1, 1.0], [1.0, 0.3]], [0, 0, 1], number=1)
       profile  rank  row  distance
    0        0     1    1       0.1
    1        1     1    2       0.3
    """
    gaps, groups = np.asarray(distances, dtype=np.float64), np.asarray(labels, dtype=np.int64)
    parts = []
    for profile in range(gaps.shape[1]):
        members = np.flatnonzero(groups == profile)
        rows = members[np.argsort(gaps[members, profile], kind="stable")[:number]]
        ranks = range(1, len(rows) + 1)
        parts.append(pd.DataFrame({"profile": profile, "rank": ranks, "row": rows, "distance": gaps[rows, profile]}))
    return pd.concat(parts, ignore_index=True)


def describe_typical_member(
    labels: ArrayLike, answers: pd.DataFrame, *, sample_weight: ArrayLike | None = None
) -> pd.DataFrame:
    """Compose the typical member of each profile of the most frequent answer to each item: nobody in particular.

    Parameters
    ----------
    labels, answers, sample_weight
        As in :func:`describe_categories`.

    Returns
    -------
    DataFrame, a row a profile and an item
        ``profile``, ``item``; ``category``: the most frequent answer of the profile, by weight; ``share``: weighted
        share of the profile that gives it; ``n``: respondents that do; ``n_alike``: respondents of the profile that
        give all the typical answers at once. Where that is 1 or 2, the typical member describes a company that
        exists: show fewer items.

    Examples
    --------
    >>> said = pd.DataFrame({"erp": ["yes", "yes", "no"], "crm": ["no", "yes", "yes"]})
    >>> describe_typical_member([0, 0, 0], said)[["item", "category", "n", "n_alike"]]
      item category  n  n_alike
    0  erp      yes  2        1
    1  crm      yes  2        1
    """
    table = describe_categories(labels, answers, sample_weight=sample_weight)
    groups = np.asarray(labels, dtype=np.int64)
    ranked = table.sort_values("share_in_profile", ascending=False, kind="stable").drop_duplicates(["profile", "item"])
    parts = []
    for profile in sorted(ranked["profile"].unique()):
        typical = ranked[ranked["profile"] == profile].set_index("item")
        typical = typical.loc[[item for item in answers if item in typical.index]]
        alike = groups == profile
        for item, category in typical["category"].items():
            alike &= (answers[item] == category).fillna(False).to_numpy(dtype=np.bool_)
        parts.append(typical.reset_index().assign(n_alike=int(alike.sum())))
    columns = ["profile", "item", "category", "share", "n", "n_alike"]
    return pd.concat(parts, ignore_index=True).rename(columns={"share_in_profile": "share"})[columns]
