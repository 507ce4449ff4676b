"""One variable against another as a piece to read: the figure, the table, how to read them. The explorer shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cdo_analysis import figures
from cdo_analysis.exhibits.cross_table import Kept, Where, cross_table, groups_by, kept_by
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.study_view import Groups, View
from cdo_analysis.exhibits.variables import Variable, find_variable, groups_of, shorten
from cdo_analysis.tables import rows_of

_MOST_BARS = 6
_MOST_ROWS = 40
_LONGEST_NAME = 44
_KEYS = ("group", "category")


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
    groups = groups_by(view, by)
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
