"""From an earlier wave to this one: how far the scores moved, on the questions that both waves ask alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from cdo_analysis import figures
from cdo_analysis.disclosure import Fact
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.exhibits.study_view import view as view_of
from cdo_analysis.maturity import Comparable, Wave, score_alike
from cdo_analysis.pipeline import open_study
from cdo_analysis.tables import rows_of
from cdo_analysis.weighting import Estimate, weighted_mean

_LINE = "line-"


def change(view: View, previous: str | Path) -> Exhibit | None:
    """Return how far the main score and its dimensions moved since an earlier wave, with the error of the change.

    Companies that answered both waves are compared with themselves, with the weights of this wave; where the waves
    share none, the two samples are compared. None without an earlier wave, or without a score.

    Parameters
    ----------
    view : View
    previous : str or Path
        Study of the earlier wave; empty where there is none.

    Raises
    ------
    InputError, UsageError
        There is no such study, or the two waves have no score in common.
    """
    return change_within(view, previous, lambda wave: wave.responses.index)


def change_within(view: View, previous: str | Path, within: Callable[[View], pd.Index]) -> Exhibit | None:
    """Return how far the score moved for part of the respondents, which `within` names in each wave; see `change`.

    None also where too few are in either wave for a mean.
    """
    if not str(previous) or view.main is None:
        return None
    before = view_of(open_study(previous), language=view.language, disclosure=view.profile.id)
    alike = score_alike(_wave(before), _wave(view), score=view.main.id)
    kept = within(before), within(view)
    if min(map(len, kept)) < view.profile.mean:
        return None
    alike = replace(alike, before=alike.before.loc[kept[0]], after=alike.after.loc[kept[1]])
    shared = _shared(*kept)
    table = _compare(alike, before, view, shared)
    kind = "paired" if len(shared) else "unpaired"
    fields = _fields(view, before, table, n=len(shared) or len(kept[1]))
    shown = table.rename(columns={"change": "estimate"})
    words = [
        view.say(f"panorama.change_{kind}", **fields),
        view.say("panorama.change_items", **fields | _counted(view, alike)),
    ]
    return view.exhibit(
        "change",
        subtitle=view.say("panorama.change_subtitle", **fields),
        axes=figures.dots_with_intervals(shown, numbers=view.numbers, label=view.say("panorama.change_axis")),
        table=_rows(view, table),
        paragraphs=words,
        published=_published(view, before, table, len(shared)),
        **view.caption("panorama.change", fields, n=len(shared) or None, variant=_direction(table)),
    )


def _published(view: View, before: View, table: pd.DataFrame, shared: int) -> list[Fact]:
    """Return how many companies each change rests on."""
    facts = published.plain(f"both@{before.study.id}", shared) if shared else []
    rows = [row for row in rows_of(table) if not row.hidden]
    return facts + [f for row in rows for f in published.plain(f"both@{before.study.id}: {row.label}", int(row.n))]


def _wave(view: View) -> Wave:
    return Wave(view.responses, view.book, view.weights)


def _shared(before: pd.Index, after: pd.Index) -> pd.Index:
    """Return the companies that both waves identify; a line number in a file identifies nobody."""
    shared = after.intersection(before)
    return shared[~shared.astype("str").str.startswith(_LINE)]


def _compare(alike: Comparable, before: View, after: View, shared: pd.Index) -> pd.DataFrame:
    """Return a row a dimension and, last, the score: label, n, before, after, change, low, high, flag."""
    rows = []
    for name in map(str, alike.after):
        if len(shared):
            old, new = alike.before.loc[shared, name], alike.after.loc[shared, name]
            both = old.notna() & new.notna()
            first, second = (weighted_mean(wave[both], after.design) for wave in (old, new))
            moved = weighted_mean((new - old)[both], after.design)
        else:
            first = weighted_mean(alike.before[name], before.design)
            second = weighted_mean(alike.after[name], after.design)
            moved = _difference(first, second)
        hidden = min(first.n, second.n) < after.profile.mean
        values = (first.estimate, second.estimate, moved.estimate, moved.low, moved.high)
        rows.append((_label(after, name), moved.n, *(np.full(5, np.nan) if hidden else values), hidden))
    table = pd.DataFrame(rows, columns=["label", "n", "before", "after", "change", "low", "high", "hidden"])
    return pd.concat([table.tail(1), table.iloc[:-1]], ignore_index=True)


def _difference(first: Estimate, second: Estimate) -> Estimate:
    """Return the difference of the means of two samples that share nobody, with the reach of each combined."""
    moved, se = second.estimate - first.estimate, float(np.hypot(first.se, second.se))
    reach = float(np.hypot(first.high - first.estimate, second.high - second.estimate))
    return Estimate(moved, se, moved - reach, moved + reach, first.n + second.n, float("nan"))


def _label(view: View, name: str) -> str:
    return view.score_words(view.main) if view.main and name == view.main.id else view.dimension_label(name)


def _direction(table: pd.DataFrame) -> str:
    """Return whether the score surely rose, surely fell, or neither (empty)."""
    low, high = (float(table[end].iloc[0]) for end in ("low", "high"))
    return "up" if low > 0 else "down" if high < 0 else ""


def _fields(view: View, before: View, table: pd.DataFrame, *, n: int) -> dict[str, object]:
    head, decimals = table.iloc[0], max(view.decimals, 1)
    return {
        "previous": before.book.title.of(view.language),
        "study": before.study.id,
        "score": head["label"],
        "n": view.numbers.number(n),
        "before": view.numbers.number(head["before"], decimals),
        "after": view.numbers.number(head["after"], decimals),
        "change": view.numbers.number(head["change"], decimals),
        "interval": view.numbers.interval(head["low"], head["high"], decimals=decimals),
    }


def _counted(view: View, alike: Comparable) -> dict[str, str]:
    return {name: view.numbers.number(len(getattr(alike, name))) for name in ("items", "left_out")}


def _rows(view: View, table: pd.DataFrame) -> TableView:
    decimals, rows = max(view.decimals, 1), []
    for row in rows_of(table):
        values = [view.numbers.number(value, decimals) for value in (row.before, row.after, row.change)]
        interval = f"{view.numbers.number(row.low, decimals)} – {view.numbers.number(row.high, decimals)}"
        rows.append([row.label, *(["c"] * 5 if row.hidden else [view.count(row.n), *values, interval])])
    names = ("before", "after", "change")
    header = [view.say("label.dimension"), "n", *(view.say(f"panorama.change_{name}") for name in names)]
    return TableView([*header, view.say("label.interval")], rows, numeric=(False, *[True] * 5))
