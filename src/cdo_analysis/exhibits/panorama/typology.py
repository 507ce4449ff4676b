"""What the groups are on each dimension, and where they are."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cdo_analysis import figures
from cdo_analysis.disclosure import EVERYBODY, Cell, Fact
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.panorama.profiles import divided, group_words, has_profiles, profile_groups
from cdo_analysis.exhibits.study_view import Groups, View
from cdo_analysis.tables import mean_by_group, rows_of


def profiles_by_dimension(view: View) -> Exhibit | None:
    """Return the weighted mean of each dimension in each group, as shaded numbers; with intervals in the table.

    None without groups.
    """
    if not view.dimensions or not has_profiles(view):
        return None
    groups = profile_groups(view)
    tables = {name: _means(view, name, groups) for name in view.dimensions}
    values = pd.DataFrame(
        {view.dimension_label(name): table["estimate"].to_numpy() for name, table in tables.items()},
        index=[groups.labels[group] for group in groups.order],
    )
    gaps = values.max() - values.min()
    words = group_words(view)
    fields = {"dimension": gaps.idxmax(), "gap": view.numbers.number(gaps.max(), view.decimals), **words}
    return view.exhibit(
        "profiles-dimensions",
        subtitle=view.say("panorama.dimensions_axis", scale=view.scale_words),
        axes=figures.heat_table(values, numbers=view.numbers, scale=view.scale, decimals=view.decimals),
        table=_interval_table(view, tables, values),
        published=_published(view, tables),
        **view.caption("panorama.heat", fields, n=len(view.study.table("profile_assignment"))),
    )


def _published(view: View, tables: dict[str, pd.DataFrame]) -> list[Fact]:
    facts = published.counted(view, [EVERYBODY])
    for name, table in tables.items():
        scored = published.known(view, f"score:{name}")
        cells = [Cell.of(profile=str(row.category)) & scored for row in rows_of(table)]
        facts += published.averaged(view, view.scores[name], cells, table["flag"], decimals=view.decimals)
    return facts


def _means(view: View, name: str, groups: Groups) -> pd.DataFrame:
    return mean_by_group(view.scores[name], groups.values, view.design, order=groups.order, profile=view.profile)


def _interval_table(view: View, tables: dict[str, pd.DataFrame], values: pd.DataFrame) -> TableView:
    """Return a row a group: the mean of each dimension with its interval."""
    columns = [[_mean_cell(view, row) for row in rows_of(table)] for table in tables.values()]
    rows = [[name, *cells] for name, cells in zip(values.index, zip(*columns, strict=True), strict=True)]
    numeric = (False, *[True] * len(columns))
    return TableView([group_words(view)["One"], *values.columns], rows, numeric=numeric)


def _mean_cell(view: View, row: Any) -> str:
    if row.flag == "c":
        return "c"
    mean, low, high = (view.numbers.number(value, view.decimals) for value in (row.estimate, row.low, row.high))
    return f"{mean} ({low} – {high})"


def profiles_by(view: View, variable: str) -> Exhibit | None:
    """Return how the profiles divide the groups of a variable: weighted shares, with n and interval in the table.

    None without profiles or without that variable.

    Parameters
    ----------
    view : View
    variable : str
        ``size_category``, or a role of the codebook: ``sector``, ``region``.
    """
    name = variable if variable == "size_category" else getattr(view.book.roles, variable)
    if not has_profiles(view) or not name:
        return None
    groups = view.groups(name)
    if not groups.order:
        return None
    what = view.say("size.word") if variable == "size_category" else view.say(f"variable.{variable}")
    shown = divided(view, profile_groups(view), groups, what)
    shown["published"] += published.counted(view, [published.known(view, name)])
    return view.exhibit(
        f"profiles-{variable.replace('_', '-')}",
        level=3,
        **shown,
        **view.caption("panorama.by", {"variable": what, **group_words(view)}, n=int(groups.values.notna().sum())),
    )
