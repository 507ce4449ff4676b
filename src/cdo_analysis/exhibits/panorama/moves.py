"""From an earlier wave to this one: who moved from which group to which, corrected for doubtful assignments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from cdo_analysis.disclosure import KNOWN, Cell, Fact, count_of, flag_cross_table, hidden_count
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.panorama.profiles import group_words, has_profiles, profile_name
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.exhibits.study_view import view as view_of
from cdo_analysis.pipeline import open_study
from cdo_analysis.profiles import estimate_transitions
from cdo_analysis.tables import rows_of

_LINE = "line-"
_REPLICATES = 100


def transitions(view: View, previous: str | Path) -> Exhibit | None:
    """Return the moves between groups of the companies that answered both waves, with the errors of assignment.

    None without an earlier wave, without groups in both, or with fewer companies in both than a mean needs.

    Parameters
    ----------
    view : View
    previous : str or Path
        Study of the earlier wave; empty where there is none.
    """
    if not str(previous) or not has_profiles(view):
        return None
    before = view_of(open_study(previous), language=view.language, disclosure=view.profile.id)
    if not has_profiles(before):
        return None
    posteriors = [_identified(seen.study.table("profile_posterior")) for seen in (before, view)]
    shared = posteriors[0].index.intersection(posteriors[1].index)
    if len(shared) < view.profile.mean:
        return None
    weights = view.weights[posteriors[1].index]
    table = estimate_transitions(*posteriors, sample_weight=weights, replicates=_REPLICATES)
    table = table.assign(hidden=_hidden(view, table))
    stay = _stay_words(view, before)
    words = group_words(view)
    return view.exhibit(
        "transitions",
        view.say("typology.moves_title", n=view.count(len(shared)), **words),
        level=3,
        paragraphs=[view.say("typology.moves_words", **words), stay],
        table=_rows(view, before, table),
        notes=view.notes(reading=view.say("typology.moves_reading", **words), n=len(shared)),
        published=_published(view, before, table, len(shared)),
    )


def _published(view: View, before: View, table: pd.DataFrame, shared: int) -> list[Fact]:
    """Return the moves between the profiles of both waves: a variable of their own, that both studies name."""
    name, facts = f"moves@{before.study.id}@{view.study.id}", []
    for row in rows_of(table[table["hidden"] | table["n"].gt(0)]):
        cell = Cell.of({name: f"{row.before} to {row.after}"})
        facts.append(hidden_count("", cell) if row.hidden else count_of("", cell, *view.profile.told_by(int(row.n))))
    return [*facts, count_of("", Cell.of({name: KNOWN}), *view.profile.told_by(shared))]


def _identified(posterior: pd.DataFrame) -> pd.DataFrame:
    """Return the companies that have an id; a line number in a file identifies nobody."""
    return posterior[~posterior.index.astype("str").str.startswith(_LINE)]


def _hidden(view: View, table: pd.DataFrame) -> list[bool]:
    counts = table.pivot(index="before", columns="after", values="n")
    flags = flag_cross_table(counts, view.profile)
    return [bool(flags.at[row.before, row.after] == "c") for row in rows_of(table)]


def _stay_words(view: View, before: View) -> str:
    """Say whether the groups of both waves are the same ones: only a reference makes their numbers comparable."""
    same = view.study.info["profiles"].get("reference") == before.study.id
    if not same:
        return view.say("typology.moves_other", **group_words(view))
    matches = view.study.table("profile_matches")
    kept = [
        view.say(
            "typology.moves_match", name=profile_name(view, int(row.profile)), share=view.numbers.share(row.similarity)
        )
        for row in rows_of(matches[matches["reference"] >= 0])
    ]
    return view.say("typology.moves_same", listed=view.list_words(kept), **group_words(view))


def _rows(view: View, before: View, table: pd.DataFrame) -> TableView:
    rows = []
    for row in rows_of(table[table["hidden"] | table["n"].gt(0)]):
        pair = f"{profile_name(before, int(row.before))} → {profile_name(view, int(row.after))}"
        rows.append([pair, *(["c"] * 3 if row.hidden else _cells(view, row))])
    header = [
        view.say("typology.moves_pair"),
        "n",
        view.say("typology.moves_modal"),
        view.say("typology.moves_estimate"),
    ]
    return TableView(header, rows, numeric=(False, True, True, True))


def _cells(view: View, row: Any) -> list[str]:
    share = view.numbers.share
    ends = f" ({share(row.low)} – {share(row.high)})" if row.low < row.high else ""
    return [view.count(row.n), share(row.modal), f"{share(row.estimate)}{ends}"]
