"""Weighted tables with their n, their interval and their flag: every number of a report comes from here.

A table has one row a cell. Its columns are language-neutral (``category``, ``n``, ``estimate``, ``low``, ``high``,
``flag``); a hidden cell (flag ``c``) holds NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cdo_analysis.disclosure import (
    DisclosureProfile,
    flag_counts,
    flag_cross_table,
    flag_means,
    hide,
    is_dominated,
)
from cdo_analysis.weighting import Design, Estimate, as_design, weighted_mean, weighted_share

_NUMBERS = ["n", "estimate", "low", "high"]


def share_by_category(
    answers: pd.Series,
    weights: pd.Series | Design,
    *,
    order: Sequence[str],
    profile: DisclosureProfile,
    parents: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return the weighted share of each answer among those who gave one.

    Parameters
    ----------
    answers : Series of str, shape (n,)
        Missing where there is no answer.
    weights : Series of float or Design
        Has a weight for each label of `answers`; those who gave no answer are outside the domain.
    order : sequence of str
        Categories, in the order of the table.
    profile : DisclosureProfile
    parents : mapping, optional
        Group of each category, where another table gives the totals of groups.

    Returns
    -------
    DataFrame
        One row a category: category, n, estimate (0 to 1), low, high, flag.

    Examples
    --------
    >>> from cdo_analysis.disclosure import PROFILES
    >>> answers = pd.Series(["a"] * 30 + ["b"] * 30)
    >>> table = share_by_category(answers, pd.Series(1.0, answers.index), order=["a", "b"], profile=PROFILES["insee"])
    >>> table[["category", "n", "estimate", "flag"]].values.tolist()
    [['a', 30, 0.5, ''], ['b', 30, 0.5, '']]
    """
    known = answers.dropna()
    design = as_design(weights)
    codes = known.to_numpy(dtype=object)
    inside, places = np.full(len(design.weights), np.nan), design.places(known.index)
    rows, counts = [], []
    for category in order:
        inside[places] = codes == category
        rows.append(_row(category, weighted_share(pd.Series(inside, index=design.weights.index), design)))
        counts.append(int(np.count_nonzero(codes == category)))
    table = pd.DataFrame(rows, columns=["category", *_NUMBERS])
    table["n"] = counts
    table["flag"] = flag_counts(table.set_index("category")["n"], profile, parents=parents).to_numpy()
    for name in ("estimate", "low", "high"):
        table[name] = [profile.published_share(share, len(known)) for share in table[name]]
    return hide(table, _NUMBERS)


def shares_by_group(
    answers: pd.Series,
    groups: pd.Series,
    weights: pd.Series | Design,
    *,
    order: tuple[Sequence[str], Sequence[str]],
    profile: DisclosureProfile,
    published: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the weighted distribution of `answers` within each group.

    Parameters
    ----------
    answers, groups : Series of str, shape (n,)
    weights : Series of float or Design
    order : tuple of two sequences
        Categories of the answers, then the groups.
    profile : DisclosureProfile
    published : DataFrame of int, optional
        Groups crossed with categories over more companies, where readers have that table too.

    Returns
    -------
    DataFrame
        One row a (group, category): group, category, n, estimate, low, high, flag, group_n. A cell is hidden with
        its row and with its column in mind: two hidden cells at least wherever one is.
    """
    categories, group_order = order
    parts, design = [], as_design(weights)
    for group in group_order:
        own = answers.loc[groups.index[groups.eq(group)]].dropna()
        part = share_by_category(own, design, order=categories, profile=profile)
        parts.append(part.assign(group=group, group_n=len(own)))
    columns = ["group", "category", *_NUMBERS, "flag", "group_n"]
    table = pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
    counts = pd.crosstab(groups, answers).reindex(index=list(group_order), columns=list(categories), fill_value=0)
    flags = flag_cross_table(counts, profile, published=published).to_numpy().ravel()
    return hide(table.assign(flag=flags), _NUMBERS)


def mean_by_group(
    values: pd.Series,
    groups: pd.Series,
    weights: pd.Series | Design,
    *,
    order: Sequence[str],
    profile: DisclosureProfile,
) -> pd.DataFrame:
    """Return the weighted mean of `values` in each group.

    Parameters
    ----------
    values : Series of float, shape (n,)
        Missing where it was not measured; in any unit.
    groups : Series of str, shape (n,)
    weights : Series of float or Design
    order : sequence of str
        Groups, in the order of the table.
    profile : DisclosureProfile

    Returns
    -------
    DataFrame
        One row a group: category, n, estimate, low, high, flag. Hidden where too few companies are behind a mean, or
        where one or two make most of its sum.
    """
    known, design = values.dropna(), as_design(weights)
    own, places = groups.loc[known.index].to_numpy(dtype=object), design.places(known.index)
    rows = []
    for group in order:
        inside = np.full(len(design.weights), np.nan)
        inside[places[own == group]] = known.to_numpy(dtype="float64")[own == group]
        found = weighted_mean(pd.Series(inside, index=design.weights.index), design)
        rows.append(_row(group, found) | _dominated(known[own == group], profile))
    return _means(rows, profile)


def mean_of_columns(frame: pd.DataFrame, weights: pd.Series | Design, *, profile: DisclosureProfile) -> pd.DataFrame:
    """Return the weighted mean of each column of `frame`: category, n, estimate, low, high, flag."""
    rows = [
        _row(name, weighted_mean(column.dropna(), weights)) | _dominated(column, profile)
        for name, column in frame.items()
    ]
    return _means(rows, profile)


def peer_band(
    values: pd.Series, weights: pd.Series, *, profile: DisclosureProfile, decimals: int = 0
) -> dict[str, float | str]:
    """Return the benchmark of a group of peers: rounded mean, rounded quartiles, n, flag.

    Quartiles need ``profile.quartiles`` companies, the mean ``profile.mean``; both are rounded to `decimals`, so that
    no company's own value can be read from them.
    """
    known = values.dropna()
    n = len(known)
    band: dict[str, float | str] = {"n": n, "mean": np.nan, "low": np.nan, "high": np.nan, "flag": "c"}
    if n >= profile.mean and not is_dominated(known, profile):
        band |= {"mean": round(float(np.average(known, weights=weights[known.index])), decimals), "flag": ""}
    if n >= profile.quartiles:
        low, high = _weighted_quantiles(known, weights[known.index], (0.25, 0.75))
        band |= {"low": round(low, decimals), "high": round(high, decimals)}
    return band


def _weighted_quantiles(values: pd.Series, weights: pd.Series, levels: Sequence[float]) -> list[float]:
    order = np.argsort(values.to_numpy(), kind="stable")
    cumulated = np.cumsum(weights.to_numpy()[order]) / weights.sum()
    return [float(values.to_numpy()[order][np.searchsorted(cumulated, level)]) for level in levels]


def missing_by_item(missing: pd.DataFrame, *, kinds: Sequence[str], profile: DisclosureProfile) -> pd.DataFrame:
    """Return, for each item, the unweighted share of respondents of each missing kind among those asked.

    Returns
    -------
    DataFrame
        One row an item: item, asked, one share a kind, total; sorted by total, highest first. Shares of fewer
        companies than a count needs are NaN, with a second one where the total would give one away.
    """
    asked = (missing != "not_asked").sum()
    counts = pd.DataFrame({kind: (missing == kind).sum() for kind in kinds})
    total = counts.sum(axis=1)
    hidden = counts.apply(lambda row: flag_counts(row, profile).eq("c"), axis=1)
    few = total.gt(0) & total.lt(profile.count)
    printed = counts.mask(hidden).assign(total=total.mask(few)).map(profile.published)
    shares = printed.div(asked.map(profile.published).clip(lower=1), axis=0).assign(asked=asked)
    return shares.rename_axis("item").reset_index().sort_values("total", ascending=False, ignore_index=True)


def ranked(table: pd.DataFrame, label: Callable[[str], str]) -> pd.DataFrame:
    """Return the table with what its categories are called, the highest estimate first, hidden rows last.

    Parameters
    ----------
    table : DataFrame
        Has the columns category and estimate.
    label : callable
        Gives the name of a category, for the column ``label``.

    Examples
    --------
    >>> table = pd.DataFrame({"category": ["a", "b", "c"], "estimate": [0.2, np.nan, 0.8]})
    >>> ranked(table, str.upper)["label"].tolist()
    ['C', 'A', 'B']
    """
    named = table.assign(label=[label(str(category)) for category in table["category"]])
    return named.sort_values("estimate", ascending=False, na_position="last", ignore_index=True, kind="stable")


def rows_of(table: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows of a table, each with its columns as attributes."""
    return iter(table.itertuples(index=False))


def _row(category: object, estimate: Estimate) -> dict[str, object]:
    return {
        "category": category,
        "n": estimate.n,
        "estimate": estimate.estimate,
        "low": estimate.low,
        "high": estimate.high,
    }


def _dominated(values: pd.Series, profile: DisclosureProfile) -> dict[str, object]:
    return {"dominated": is_dominated(values.to_numpy(dtype=float), profile)}


def _means(rows: list[dict[str, object]], profile: DisclosureProfile) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["category", *_NUMBERS, "dominated"])
    table["flag"] = flag_means(table["n"], profile).mask(table.pop("dominated").astype(bool), "c")
    return hide(table, _NUMBERS)
