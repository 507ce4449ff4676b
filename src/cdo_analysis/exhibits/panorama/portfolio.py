"""The portfolio: what the respondents would call for, option by option, by size, sector and profile.

Demand is what the rules put first (*conseillé*) for those who get a recommendation; the others are a column of their
own, so that each row adds up to all the respondents of the group. It is no forecast of what companies will buy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cdo_analysis import figures
from cdo_analysis.disclosure import Cell, Fact
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.panorama.profiles import group_words, has_profiles, profile_groups
from cdo_analysis.exhibits.study_view import Groups, View
from cdo_analysis.tables import shares_by_group

PROFILE = "profile"
NONE = published.NO_ADVICE
_TOO_MANY_HIDDEN = 0.5
_LONGEST = 100
_LONG_LABEL = 26


def portfolio(view: View, variable: str) -> Exhibit | None:
    """Return the demand for each option in the groups of a variable: weighted shares, intervals, n.

    Options are gathered in their groups (in-house, external, …) where more than half of the cells that hold somebody
    would be hidden; where that is not enough either, nothing is shown. Cells are hidden with their row and their column
    in mind; groups of fewer respondents than a mean needs are left out.

    Parameters
    ----------
    view : View
    variable : str
        ``size_category``, ``sector``, ``region`` or ``profile``.

    Returns
    -------
    Exhibit or None
        None where nothing was asked, or without that variable.
    """
    groups = _groups(view, variable) if view.has_cdo else None
    if groups is None or not groups.order:
        return None
    what = view.say(f"portfolio.by_{variable}", **group_words(view))
    table, gathered = demand_by(view, groups)
    if table.empty:
        title, words = view.say("portfolio.none_title", what=what), [view.say("portfolio.none_words")]
        piece = f"portfolio-{variable.replace('_', '-')}"
        return view.exhibit(piece, title, level=3, paragraphs=words, **view.evidence("advised"))
    label = _label(view)
    shown = table.assign(option=[label(name) for name in table["category"]], label=table["group"].map(groups.labels))
    wide = shown.pivot(index="label", columns="option", values="estimate")
    wide = wide.reindex(index=list(dict.fromkeys(shown["label"])), columns=list(dict.fromkeys(shown["option"])))
    words = _override_words(view)
    words += [view.say("portfolio.gathered")] if gathered else []
    return view.exhibit(
        f"portfolio-{variable.replace('_', '-')}",
        level=3,
        subtitle=view.say("portfolio.subtitle"),
        axes=figures.heat_table(wide.rename(index=_short) * 100, numbers=view.numbers, scale=(0, _LONGEST)),
        table=_table(view, shown),
        paragraphs=words,
        published=_published(view, table, groups, gathered),
        **_caption(view, what, shown),
        **view.evidence("advised"),
    )


def _published(view: View, table: pd.DataFrame, groups: Groups, gathered: bool) -> list[Fact]:
    """Return what the table tells: the n of each group, and what the shares of its options tell of theirs."""
    parts = {**published.parts_of(view), NONE: (NONE,)} if gathered else None
    facts: list[Fact] = []
    for group, part in table.groupby("group", sort=False):
        inside = Cell.of({groups.name: str(group)})
        cells, flags = published.divided_by(view, part, "advice", groups.name, parts=parts)
        facts += [*published.told(view, cells, inside, flags), *published.counted(view, [inside])]
    return facts + published.counted(view, [Cell.of({groups.name: set(table["group"].astype(str))})])


def _override_words(view: View) -> list[str]:
    """Say that analysts decided otherwise for some respondents, which does not change the shares."""
    if not view.study.has("overrides"):
        return []
    n = view.study.column("overrides", "firm").nunique()
    return [view.say("portfolio.overrides", n=n if n >= view.profile.count else "c")]


def demand_by(view: View, groups: Groups) -> tuple[pd.DataFrame, bool]:
    """Return the weighted share of each option first advised in each group, and whether options were gathered.

    Returns
    -------
    table : DataFrame
        See :func:`~cdo_analysis.tables.shares_by_group`; :data:`NONE` is the category of those who get no
        recommendation. Empty where too much would be hidden.
    gathered : bool
        True where options stand in their groups.
    """
    found = view.study.table("recommendation")
    first = found["first"].where(found["state"].ne("abstained"), NONE)
    options = list(view.arrangements.ids)
    parents = [parent.id for parent in view.arrangements.parents]
    gathered = first.map(view.arrangements.parent_of).where(first.ne(NONE), NONE)
    for answers, names in ((first, options), (gathered, parents)):
        parts = {**published.parts_of(view), NONE: (NONE,)} if answers is gathered else None
        table = _shares(view, answers, groups, names)
        table = published.withhold(view, table, "advice", groups.name, parts=parts)
        table = table[table["group_n"] >= view.profile.mean]
        held = table[table["flag"].eq("c") | table["estimate"].gt(0)]
        if table["group"].nunique() > 1 and held["flag"].eq("c").mean() <= _TOO_MANY_HIDDEN:
            return table, answers is gathered
    return table.head(0), True


def _shares(view: View, first: pd.Series, groups: Groups, options: list[str]) -> pd.DataFrame:
    """Return the shares of the options that somebody is advised, in the order of the list."""
    there = [*(name for name in options if first.eq(name).any()), NONE]
    known = groups.values.dropna().index.intersection(first.index)
    order = (there, groups.order)
    return shares_by_group(first[known], groups.values[known], view.design, order=order, profile=view.profile)


def _groups(view: View, variable: str) -> Groups | None:
    if variable == PROFILE:
        return profile_groups(view) if has_profiles(view) else None
    name = variable if variable == "size_category" else getattr(view.book.roles, variable, None)
    return view.groups(name) if name else None


def _label(view: View) -> Any:
    return lambda name: view.say("portfolio.none") if name == NONE else view.option_label(name)


def _short(label: str) -> str:
    """Return a label that a row of a figure has room for: without its list in brackets."""
    return label.partition(" (")[0] if len(label) > _LONG_LABEL else label


def _table(view: View, shown: pd.DataFrame) -> TableView:
    """Return a row a group: its n, then the share of each option with its interval."""
    options = list(dict.fromkeys(shown["option"]))
    rows = []
    for group, part in shown.groupby("label", sort=False):
        cells = part.set_index("option").reindex(options)
        n = view.count(float(part["group_n"].iloc[0]))
        rows.append([str(group), n, *(_cell(view, cell) for cell in cells.itertuples(index=False))])
    header = [view.say("portfolio.group"), "n", *options]
    return TableView(header, rows, numeric=(False, *[True] * (len(header) - 1)))


def _cell(view: View, cell: Any) -> str:
    if cell.flag == "c":
        return "c"
    mark = " (u)" if cell.flag == "u" else ""
    ends = view.say("label.range", low=view.numbers.share(cell.low), high=view.numbers.share(cell.high))
    return view.say("portfolio.cell", share=view.numbers.share(cell.estimate), ends=ends) + mark


def _caption(view: View, what: str, shown: pd.DataFrame) -> dict[str, Any]:
    """Return title, description and notes: the option whose shares differ most between groups, where there is one."""
    n = int(shown.drop_duplicates("label")["group_n"].sum())
    widest = _widest(shown)
    if widest is None:
        return view.caption("portfolio.demand", {"what": what}, n=n, variant="plain")
    high, low = widest
    fields = {
        "what": what,
        "option": high["option"],
        "group": high["label"],
        "share": view.numbers.share(high["estimate"]),
        "other": low["label"],
        "other_share": view.numbers.share(low["estimate"]),
        "interval": view.numbers.interval(high["low"], high["high"], share=True),
    }
    return view.caption("portfolio.demand", fields, n=n)


def _widest(shown: pd.DataFrame) -> tuple[pd.Series, pd.Series] | None:
    """Return the two cells of one option that lie furthest apart, their intervals not touching; None without any."""
    best, found = 0.0, None
    visible = shown[shown["flag"].ne("c") & np.isfinite(shown["estimate"])]
    for _, part in visible.groupby("option", sort=False):
        high, low = part.loc[part["estimate"].idxmax()], part.loc[part["estimate"].idxmin()]
        if high["low"] > low["high"] and high["estimate"] - low["estimate"] > best:
            best, found = high["estimate"] - low["estimate"], (high, low)
    return found
