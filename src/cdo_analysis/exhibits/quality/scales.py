"""The scales: whether the items of a dimension go together, and how dimensions are related."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdo_analysis import figures
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.maturity import TOO_CLOSE, UNRELIABLE, close_dimensions

_COLUMNS = (
    "dimension",
    "items",
    "n",
    "alpha",
    "omega",
    "ordinal",
    "item_rest",
    "kmo",
    "components",
    "floor",
    "ceiling",
)


def scales(view: View) -> Exhibit:
    """Return whether the items of a dimension go together, and how dimensions are related."""
    table = view.study.table("reliability")
    if table.empty:
        return view.exhibit("scales", view.say("quality.no_scales_title"), paragraphs=[view.say("quality.no_scales")])
    table = table.join(view.study.table("structure"))
    header = [view.say(f"quality.scale_{name}") for name in _COLUMNS]
    shown = TableView(header, [_row(view, row) for _, row in table.iterrows()], numeric=(False, *[True] * 10))
    words = [view.say("quality.scales_lead"), view.say("quality.scales_structure")]
    facts = [f for i, row in table.iterrows() for f in published.plain(f"scale:{i}@{view.study.id}", int(row["n"]))]
    alert = " ".join(_warnings(view, table))
    correlations = view.study.table("correlations")
    below = correlations.to_numpy(dtype=float)[np.tril_indices(len(correlations), -1)]
    if not np.isfinite(below).any():  # a single dimension is related to nothing
        title, notes = view.say("quality.scales_title"), view.notes(n=len(view.scores))
        return view.exhibit("scales", title, table=shown, alert=alert, paragraphs=words, notes=notes, published=facts)
    low, high = view.numbers.number(float(np.nanmin(below)), 2), view.numbers.number(float(np.nanmax(below)), 2)
    fields = {"low": low, "high": high}
    labels = [view.dimension_label(name) for name in correlations.columns]
    named = correlations.set_axis(labels).set_axis(labels, axis=1)
    return view.exhibit(
        "scales",
        subtitle=view.say("quality.scales_subtitle"),
        axes=figures.correlation_table(named, numbers=view.numbers),
        table=shown,
        alert=alert,
        published=facts,
        paragraphs=[*words, view.say("quality.scales_correlations", **fields), _close(view, correlations)],
        **view.caption("quality.scales", fields, n=len(view.scores)),
    )


def _row(view: View, row: pd.Series) -> list[str]:
    number, share = view.numbers.number, view.numbers.share
    return [
        view.dimension_label(str(row.name)),
        number(row["items"]),
        view.count(row["n"]),
        *(_with_interval(view, row, name) for name in ("alpha", "omega", "ordinal_alpha")),
        number(row["lowest_item_rest"], 2),
        number(row["kmo"], 2),
        number(row["components"]),
        share(row["floor_share"]),
        share(row["ceiling_share"]),
    ]


def _with_interval(view: View, row: pd.Series, name: str) -> str:
    estimate, low, high = (view.numbers.number(row[f"{name}{end}"], 2) for end in ("", "_low", "_high"))
    return f"{estimate} ({low} – {high})" if np.isfinite(row[f"{name}_low"]) else estimate


def _warnings(view: View, table: pd.DataFrame) -> list[str]:
    """Say which scales do not hold together, and which item is apart."""
    said = []
    for name, row in table[table["warning"].ne("")].iterrows():
        fields = {
            "dimension": view.dimension_label(str(name)),
            "alpha": view.numbers.number(row["alpha"], 2),
            "limit": view.numbers.number(UNRELIABLE, 2),
        }
        if row["warning"] == "item":
            fields["item"] = view.book[row["weakest_item"]].wording(view.language)
            fields["without"] = view.numbers.number(row["alpha_without"], 2)
        said.append(view.say(f"quality.scales_warning_{row['warning']}", **fields))
    return said


def _close(view: View, correlations: pd.DataFrame) -> str:
    """Say which dimensions are too close to be told apart."""
    limit = view.numbers.number(TOO_CLOSE, 2)
    pairs = [f"{view.dimension_label(a)} / {view.dimension_label(b)}" for a, b in close_dimensions(correlations)]
    if not pairs:
        return view.say("quality.scales_apart", limit=limit)
    return view.say("quality.scales_close", limit=limit, listed=view.list_words(pairs))
