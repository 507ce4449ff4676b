"""The table of one variable against another, among the companies that filters leave.

What may be shown is decided as in the reports: weights, intervals, the same thresholds. A filtered table is also held
against the unfiltered one, which reports publish: a cell from which the filter takes a few companies away is hidden,
for the difference of the two would show them. Two filtered tables can still be subtracted from one another: they are
for whoever holds the answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from cdo_analysis.disclosure import flag_counts, flag_differences, hide
from cdo_analysis.errors import UsageError, did_you_mean
from cdo_analysis.exhibits.study_view import Groups, View
from cdo_analysis.exhibits.variables import find_variable, groups_of, numbers_of
from cdo_analysis.tables import mean_by_group, shares_by_group

Where = Mapping[str, str | Sequence[str]]
"""Filter: variable -> one or several of its codes (``{"sector": ["industry", "construction"]}``)."""

ALL = "all"
"""The only group of a table that groups by nothing."""

_NUMBERS = ["n", "estimate", "low", "high"]


@dataclass(frozen=True)
class Kept:
    """The companies that a filter leaves.

    Attributes
    ----------
    index : Index
        Respondents.
    n, total : int
        How many they are, of how many.
    is_shown : bool
        False where they are too few to be shown, or the filter takes too few away.
    """

    index: pd.Index
    n: int
    total: int
    is_shown: bool


def cross_table(view: View, measure: str, by: str = "", *, where: Where | None = None) -> pd.DataFrame:
    """Return a score or a question in each group of companies, weighted, with intervals and hidden cells.

    Parameters
    ----------
    view : View
        Its disclosure profile decides what is hidden.
    measure : str
        What is measured: a score, a dimension, a number that was asked (its mean); ``profile``, ``dii_band``,
        ``size_category`` or a question (the share of each answer). See :func:`~cdo_analysis.exhibits.variables`.
    by : str
        What makes the groups: any of these, a number in classes; one group of all where empty.
    where : mapping, optional
        Filter: variable -> codes.

    Returns
    -------
    DataFrame
        A row a group, or a row a group and answer: group, category (``""`` for a mean), n, estimate (a share is 0 to
        1), low, high, flag. A hidden cell (flag ``c``) holds NaN. Groups of which the filter leaves nobody have no
        row. Empty where the filter leaves no company, or too few.

    Raises
    ------
    UsageError
        The study has no such variable, or a variable no such code.

    Examples
    --------
    >>> from cdo_analysis.exhibits import view
    >>> from cdo_analysis.pipeline import open_study
    >>> cross_table(view(open_study("sample")), "dma", "size_category")[["group", "n"]].values.tolist()
    [['pme', 351], ['eti', 59]]
    """
    kept, groups = kept_by(view, where), groups_by(view, by)
    if not kept.is_shown:
        return pd.DataFrame(columns=["group", "category", *_NUMBERS, "flag"])
    if find_variable(view, measure).is_number:
        return _means(view, measure, groups, kept)
    return _shares(view, measure, groups, kept)


def kept_by(view: View, where: Where | None) -> Kept:
    """Return the companies that a filter leaves."""
    inside = pd.Series(True, index=view.responses.index)
    for name, codes in (where or {}).items():
        groups, wanted = groups_of(view, name), [codes] if isinstance(codes, str) else list(codes)
        known = set(groups.labels)
        wrong = next((code for code in wanted if code not in known), None)
        if wrong is not None:
            raise UsageError(f"'{name}' has no answer {wrong!r}{did_you_mean(wrong, known)}")
        inside &= groups.values.reindex(inside.index).isin(wanted)
    n, total = int(inside.sum()), len(inside)
    away = total - n
    few = 0 < n < view.profile.count or 0 < away < view.profile.count
    return Kept(inside.index[inside], n, total, n > 0 and not few)


def groups_by(view: View, by: str) -> Groups:
    """Return the groups that `by` makes; one of all companies where it is empty."""
    if by:
        return groups_of(view, by)
    everyone = pd.Series(ALL, index=view.responses.index, dtype="str")
    return Groups(everyone, [ALL], {ALL: view.say("explorer.all")})


def _means(view: View, measure: str, groups: Groups, kept: Kept) -> pd.DataFrame:
    values = numbers_of(view, measure).reindex(view.responses.index)
    inside = values.loc[kept.index]
    table = mean_by_group(inside, groups.values, view.design, order=groups.order, profile=view.profile)
    counts = _counts(inside, groups)
    hidden = flag_counts(counts, view.profile).eq("c").to_numpy()
    if kept.n < kept.total:
        hidden = hidden | flag_differences(counts, _counts(values, groups), view.profile.mean)
    table["flag"] = table["flag"].mask(hidden, "c")
    table = hide(table, _NUMBERS).rename(columns={"category": "group"})
    there = (counts.to_numpy() > 0) | flag_counts(counts, view.profile).eq("c").to_numpy()
    return table.assign(category="").loc[there, ["group", "category", *_NUMBERS, "flag"]].reset_index(drop=True)


def _counts(values: pd.Series, groups: Groups) -> pd.Series:
    known = values.dropna().index
    return groups.values.reindex(known).value_counts().reindex(groups.order, fill_value=0)


def _shares(view: View, measure: str, groups: Groups, kept: Kept) -> pd.DataFrame:
    answers = groups_of(view, measure)
    values, into = answers.values.reindex(view.responses.index), groups.values.reindex(view.responses.index)
    published = None
    if kept.n < kept.total:
        published = pd.crosstab(into, values).reindex(index=groups.order, columns=answers.order, fill_value=0)
    table = shares_by_group(
        values.loc[kept.index],
        into.loc[kept.index],
        view.design,
        order=(answers.order, groups.order),
        profile=view.profile,
        published=published,
    )
    there = (table["n"].ne(0) | table["flag"].eq("c")).groupby(table["group"]).transform("any")
    return table.loc[there, ["group", "category", *_NUMBERS, "flag"]].reset_index(drop=True)
