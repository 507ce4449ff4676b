"""The instrument and the method: whether items go together, and how the survey was made and read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cdo_analysis import figures
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.tables import rows_of

_SCALE_COLUMNS = ("dimension", "items", "n", "alpha", "interval", "item_rest", "floor", "ceiling")


def scales(view: View) -> Exhibit:
    """Return whether the items of a dimension go together (n, alpha, its interval), and how dimensions are related."""
    table = view.study.table("reliability")
    if table.empty:
        return view.exhibit("scales", view.say("quality.no_scales_title"), paragraphs=[view.say("quality.no_scales")])
    correlations = view.study.table("correlations")
    labels = [view.dimension_label(name) for name in correlations.columns]
    named = correlations.set_axis(labels).set_axis(labels, axis=1)
    below = correlations.to_numpy()[np.tril_indices(len(labels), -1)]
    low, high = view.numbers.number(float(np.nanmin(below)), 2), view.numbers.number(float(np.nanmax(below)), 2)
    fields = {"low": low, "high": high}
    return view.exhibit(
        "scales",
        subtitle=view.say("quality.scales_subtitle"),
        axes=figures.correlation_table(named, numbers=view.numbers),
        table=_scales_table(view, table),
        paragraphs=[view.say("quality.scales_lead"), view.say("quality.scales_correlations", **fields)],
        **view.caption("quality.scales", fields, n=len(view.scores)),
    )


def _scales_table(view: View, table: pd.DataFrame) -> TableView:
    header = [view.say(f"quality.scale_{name}") for name in _SCALE_COLUMNS]
    rows = [_scale_row(view, name, row) for name, row in zip(table.index, rows_of(table), strict=True)]
    return TableView(header, rows, numeric=(False, *[True] * (len(header) - 1)))


def _scale_row(view: View, name: str, row: Any) -> list[str]:
    number, share = view.numbers.number, view.numbers.share
    size = [number(row.items), number(row.n)]
    alpha = [number(row.alpha, 2), f"{number(row.alpha_low, 2)} – {number(row.alpha_high, 2)}"]
    spread = [number(row.lowest_item_rest, 2), share(row.floor_share), share(row.ceiling_share)]
    return [view.dimension_label(name), *size, *alpha, *spread]


def methods(view: View) -> Exhibit:
    """Return how the survey was made and read: what a reviewer asks first."""
    return view.exhibit("methods", view.say("methods.title"), bullets=[*_survey_words(view), *_study_words(view)])


def _survey_words(view: View) -> list[str]:
    population = view.book.population.of(view.language) or view.say("notes.respondents")
    return [
        view.say("methods.instrument", codebook=view.book_words, origin=view.book.origin.of(view.language)),
        view.say("methods.population", population=population),
        view.say("methods.recruitment"),
        _weighting_words(view),
        view.say("methods.precision"),
        view.say("methods.missing"),
    ]


def _weighting_words(view: View) -> str:
    if not view.study.has("margins"):
        return view.say("methods.no_weighting")
    facts = view.study.info["weighting"]
    source = facts["margins_source"] or view.numbers.absent
    return view.say("methods.weighting", method=view.say(f"methods.method_{facts['method']}"), source=source)


def _study_words(view: View) -> list[str]:
    info, limits = view.study.info, view.profile
    version, sha = info["versions"]["cdo-analysis"], info["data"]["sha256"][:12]
    return [
        view.say("methods.disclosure", profile=limits.id, count=limits.count, mean=limits.mean),
        view.say("methods.personal"),
        view.say("methods.versions", version=version, id=view.study.id, sha=sha),
        view.say("methods.command", command=_command(view)),
    ]


def _command(view: View) -> str:
    file, seed = view.study.info["data"]["file"], view.study.info["options"]["seed"]
    margins = " --margins …" if view.study.has("margins") else ""
    unit = " --other-unit" if view.other_unit else ""
    return f"cdo-analysis fit {file} --codebook {view.book.id} --seed {seed}{margins}{unit}"
