"""One variable against another, among the companies that filters leave: the table that the explorer shows.

What may be shown is decided as in the reports: weights, intervals, the same thresholds. A filtered table is also held
against the unfiltered one, which reports publish: a cell from which the filter takes a few companies away is hidden,
for the difference of the two would show them. Two filtered tables can still be subtracted from one another: they are
for whoever holds the answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cdo_analysis import figures
from cdo_analysis.disclosure import flag_counts, flag_differences, hide
from cdo_analysis.errors import UsageError, did_you_mean
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.study_view import Groups, View
from cdo_analysis.exhibits.variables import Variable, find_variable, groups_of, numbers_of, shorten
from cdo_analysis.tables import mean_by_group, rows_of, shares_by_group

Where = Mapping[str, str | Sequence[str]]
"""Filter: variable -> one or several of its codes (``{"sector": ["industry", "construction"]}``)."""

ALL = "all"
"""The only group of a table that groups by nothing."""

_NUMBERS = ["n", "estimate", "low", "high"]
_MOST_BARS = 6
_MOST_ROWS = 40
_LONGEST_NAME = 44
_KEYS = ("group", "category")


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
        1), low, high, flag. A hidden cell (flag ``c``) holds NaN. Empty where the filter leaves no company, or too few.

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
    kept, groups = kept_by(view, where), _groups(view, by)
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


def _groups(view: View, by: str) -> Groups:
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
    return table.assign(category="")[["group", "category", *_NUMBERS, "flag"]]


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
    return table[["group", "category", *_NUMBERS, "flag"]]


# --- as a piece ------------------------------------------------------------------------------------------------------


def crossing(view: View, measure: str, by: str = "", *, where: Where | None = None) -> Exhibit:
    """Return :func:`cross_table` as a piece to read: title, figure with its description, table, notes.

    Parameters
    ----------
    view, measure, by, where
        As in :func:`cross_table`.

    Returns
    -------
    Exhibit
        Where the filter leaves no company, or too few, a sentence.
    """
    about, kept = find_variable(view, measure), kept_by(view, where)
    labels = {"measure": about.label, "by": find_variable(view, by).label if by else view.say("explorer.nobody")}
    if not kept.is_shown:
        return view.exhibit("crossing", *_nothing(view, kept))
    table = cross_table(view, measure, by, where=where)
    groups = _groups(view, by)
    title = view.say("explorer.title" if by else "explorer.title_all", **labels)
    fields = _words(view, about, table, groups)
    figure = _figure(view, about, table, groups)
    return view.exhibit(
        "crossing",
        title,
        level=3,
        subtitle=_axis(view, about),
        paragraphs=[_filter_words(view, where)] if where else [],
        axes=figure,
        alt=view.say("explorer.alt", **labels, **fields) if figure is not None else "",
        table=_rows(view, about, table, groups),
        notes=view.notes(reading=fields["reading"], n=kept.n),
    )


def _nothing(view: View, kept: Kept) -> tuple[str]:
    if not kept.n:
        return (view.say("explorer.empty"),)
    key = "explorer.too_few" if kept.n < view.profile.count else "explorer.too_few_away"
    return (view.say(key, fewest=view.profile.count),)


def _axis(view: View, about: Variable) -> str:
    if not about.is_number:
        return view.say("explorer.share_axis")
    score = next((score for score in view.book.scores if score.id == about.name), None)
    if score is not None:
        return view.say("explorer.mean_axis", name=view.score_words(score))
    if about.name in view.dimensions:
        return view.say("explorer.mean_axis", name=f"{about.label} ({view.scale_words})")
    unit = view.say.get(f"form.unit_{view.book[about.name].unit}")
    return view.say("explorer.mean_axis", name=f"{about.label}{unit}")


def _decimals(view: View, about: Variable) -> int:
    score = next((score for score in view.book.scores if score.id == about.name), None)
    low, high = view.score_range(score) if score else view.scale if about.name in view.dimensions else (0.0, 10.0)
    return 0 if high - low >= 100 else 1


def _filter_words(view: View, where: Where) -> str:
    said = []
    for name, codes in where.items():
        labels = groups_of(view, name).labels
        chosen = [labels[code] for code in ([codes] if isinstance(codes, str) else codes)]
        said.append(f"{find_variable(view, name).label} : {', '.join(chosen)}")
    return view.say("explorer.filter", listed=view.join_parts(said))


def _words(view: View, about: Variable, table: pd.DataFrame, groups: Groups) -> dict[str, str]:
    """Return how to read the first cell that is shown, and how many are hidden."""
    shown, hidden = table[table["estimate"].notna()], int(table["flag"].eq("c").sum())
    if shown.empty:
        return {"reading": view.say("explorer.all_hidden"), "hidden": str(hidden)}
    row: Any = shown.sort_values("estimate", ascending=False, kind="stable").iloc[0]
    share = not about.is_number
    decimals = _decimals(view, about)
    fields = {
        "group": groups.labels[row["group"]],
        "value": view.numbers.share(row["estimate"]) if share else view.numbers.number(row["estimate"], decimals),
        "interval": view.numbers.interval(row["low"], row["high"], share=share, decimals=decimals),
        "answer": groups_of(view, about.name).labels[row["category"]] if share else "",
    }
    return {
        "reading": view.say("explorer.reading_share" if share else "explorer.reading_mean", **fields),
        "hidden": str(hidden),
    }


def _figure(view: View, about: Variable, table: pd.DataFrame, groups: Groups) -> Any:
    """Draw dots for means and for one group, bars for several groups, shaded cells where answers are many."""
    if table["estimate"].isna().all() or len(groups.order) > _MOST_ROWS:
        return None
    axis = _axis(view, about)
    if about.is_number:
        named = table.assign(label=table["group"].map(groups.labels))
        return figures.dots_with_intervals(named, numbers=view.numbers, label=axis)
    return _share_figure(view, axis, table, (groups.labels, groups_of(view, about.name).labels))


def _share_figure(
    view: View, axis: str, table: pd.DataFrame, labels: tuple[Mapping[str, str], Mapping[str, str]]
) -> Any:
    """Draw bars where answers are few, a line an answer where groups are few; nothing where both are many."""
    groups, categories = (_short_names(table[column], own) for column, own in zip(_KEYS, labels, strict=True))
    named = table.assign(group=table["group"].map(groups), category=table["category"].map(categories))
    rows = named.assign(label=named["category"])
    if len(groups) == 1:
        return figures.dots_with_intervals(rows, numbers=view.numbers, label=axis, share=True)
    if len(categories) <= _MOST_BARS:
        return figures.stacked_bars(named, numbers=view.numbers, categories=list(categories.values()), label=axis)
    if len(groups) <= _MOST_BARS:
        names = list(groups.values())
        return figures.dots_by_group(rows, numbers=view.numbers, label=axis, groups=names, share=True)
    return None


def _short_names(codes: pd.Series, labels: Mapping[str, str]) -> dict[str, str]:
    """Return what codes are called in a figure: what stands before an explanation, where that tells them apart."""
    known = list(dict.fromkeys(codes))
    short = {code: shorten(labels[code].split(" : ")[0].split(" (")[0], _LONGEST_NAME) for code in known}
    return short if len(set(short.values())) == len(known) else {code: labels[code] for code in known}


def _rows(view: View, about: Variable, table: pd.DataFrame, groups: Groups) -> TableView:
    """Return the table as text: a row a group, and a column an answer where shares are few enough to stand so."""
    first = view.say("explorer.group")
    if about.is_number:
        named = table.assign(label=table["group"].map(groups.labels))
        return view.estimate_table(named, first, decimals=_decimals(view, about))
    labels = groups_of(view, about.name).labels
    categories = list(dict.fromkeys(table["category"]))
    if len(groups.order) == 1 or len(categories) > _MOST_BARS:
        words = [labels[c] if len(groups.order) == 1 else f"{groups.labels[g]} — {labels[c]}" for g, c in _pairs(table)]
        return view.estimate_table(table.assign(label=words), first, share=True)
    rows = [[groups.labels[group], *(_cell(view, row) for row in rows_of(part))] for group, part in _by_group(table)]
    return TableView([first, *(labels[c] for c in categories)], rows, numeric=(False, *[True] * len(categories)))


def _pairs(table: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(table["group"], table["category"], strict=True))


def _by_group(table: pd.DataFrame) -> Any:
    return table.groupby("group", sort=False)


def _cell(view: View, row: Any) -> str:
    """Write a share with its interval and its number of companies: "45 % (40–50 %), n = 112"."""
    if row.flag == "c":
        return "c"
    if not row.n and not np.isfinite(row.estimate):
        return "-"
    low, high = (view.numbers.number(end * 100) for end in (row.low, row.high))
    mark = " u" if row.flag == "u" else ""
    return (
        f"{view.numbers.share(row.estimate)} [{low}–{high}] {view.say('label.n', n=view.numbers.number(row.n))}{mark}"
    )
