"""Maturity in the segment: score and dimensions, profiles or bands, the practices that differ the most."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cdo_analysis.exhibits.exhibit import Exhibit
from cdo_analysis.exhibits.panorama.portrait import upper_half
from cdo_analysis.exhibits.panorama.profiles import has_profiles, profile_groups, verdict_of
from cdo_analysis.exhibits.segment import declared
from cdo_analysis.exhibits.segment.compare import (
    answer_gaps,
    around,
    comparison,
    mean_gaps,
    named,
    share_gaps,
    titled,
)
from cdo_analysis.exhibits.segment.part import Segment
from cdo_analysis.exhibits.study_view import Groups, View

_DRAWN, _LISTED = 8, 20
_UPPER_HALF = 0.5


def dimension_gaps(view: View, part: Segment) -> pd.DataFrame:
    """Return the main score and its dimensions in the segment and in the rest; p-values adjusted by Holm."""
    key = ("dimension gaps", view.language, view.profile.id, tuple(part.codes.items()))
    if key not in view.study.derived:
        assert view.main is not None
        columns = {name: view.scores[name] for name in (view.main.id, *view.dimensions)}
        table = mean_gaps(view, part, columns, "holm")
        view.study.derived[key] = named(table, lambda name: _label(view, name), by="order")
    found: pd.DataFrame = view.study.derived[key]
    return found


def _label(view: View, name: str) -> str:
    return view.say("segment.score") if view.main and name == view.main.id else view.dimension_label(name)


def dimensions(view: View, part: Segment) -> Exhibit | None:
    """Return the score and the dimensions of the segment beside those of the rest, the highest first.

    None without a score, or where the segment or the rest is too small.
    """
    if not part.is_enough or view.main is None or not view.dimensions:
        return None
    table = dimension_gaps(view, part)
    score, rest = table.head(1), named(table.iloc[1:], lambda name: _label(view, name))
    axis = view.say("panorama.dimensions_axis", scale=view.scale_words)
    about = around(view, part, titled(view, "dimensions", rest, share=False), rest, share=False)
    return comparison(
        view,
        pd.concat([score, rest], ignore_index=True),
        "dimensions",
        words=(view.say("label.dimension"), axis),
        share=False,
        subtitle=view.say("segment.dimensions_subtitle", scale=view.scale_words),
        published=declared.mean_facts(view, part, table),
        **about,
    )


def levels(view: View, part: Segment) -> Exhibit | None:
    """Return how the profiles share the segment and the rest; bands of the score where there are no profiles.

    None without a score, or where the segment or the rest is too small.
    """
    if not part.is_enough or view.main is None:
        return None
    profiled = has_profiles(view) and verdict_of(view) == "profiles"
    groups = profile_groups(view) if profiled else _bands(view)
    if groups is None:
        return None
    table = named(answer_gaps(view, part, groups), lambda name: groups.labels[name], by="order")
    key = "profiles" if profiled else "bands"
    return comparison(
        view,
        table,
        "levels",
        words=(view.say("label.profile" if profiled else "label.level"), view.say("label.respondent_share")),
        share=True,
        paragraphs=[view.say(f"segment.{key}_words")],
        published=declared.answer_facts(view, part, table, groups),
        **around(view, part, titled(view, key, table, share=True), table, share=True),
    )


def _bands(view: View) -> Groups | None:
    """Return the bands of the main score as groups. None where it has none."""
    if view.main is None or not view.main.bands:
        return None
    values = view.study.column("bands", view.main.id).astype("str")
    order = [band.id for band in view.main.bands]
    labels = {band.id: band.label.of(view.language) for band in view.main.bands}
    return Groups(values.where(values.isin(order)), order, labels, f"band:{view.main.id}")


def practice_gaps(view: View, part: Segment) -> pd.DataFrame:
    """Return the share of the upper half of the answers to each item of a dimension; adjusted by Benjamini-Hochberg."""
    key = ("practice gaps", view.language, view.profile.id, tuple(part.codes.items()))
    if key not in view.study.derived:
        holds = {}
        for name in (item.name for dimension in view.dimensions for item in view.book.items_of(dimension)):
            points = view.responses[name].map(view.book[name].points).astype(float)
            holds[name] = points.ge(_UPPER_HALF).astype(float).where(points.notna())
        table = share_gaps(view, part, holds, "bh")
        view.study.derived[key] = named(table, lambda name: view.book[name].question.of(view.language), by="gap")
    found: pd.DataFrame = view.study.derived[key]
    return found


def practices(view: View, part: Segment) -> Exhibit | None:
    """Return the practices that differ the most between the segment and the rest; more of them in the table.

    None without dimensions, or where the segment or the rest is too small.
    """
    if not part.is_enough or view.main is None or not view.dimensions:
        return None
    table = practice_gaps(view, part)
    told = int(table["told"].sum())
    pool = table[table["told"]] if told else table[table["flag"].ne("c")].sort_values("p", kind="stable")
    drawn = pool.head(_DRAWN)
    fields: dict[str, Any] = {"told": told, "all": len(table), "hidden": int(table["flag"].eq("c").sum())}
    listed = pd.concat([pool, table[table["flag"].ne("c") & ~table.index.isin(pool.index)]]).head(_LISTED)
    words = [view.say("segment.practices_words", drawn=len(drawn), listed=len(listed), **fields)]
    return comparison(
        view,
        listed,
        "practices",
        words=(view.say("segment.practice"), view.say("label.respondent_share")),
        share=True,
        drawn=drawn,
        subtitle=view.say("segment.practices_subtitle"),
        published=declared.holding_facts(view, part, listed, {name: upper_half(view, name) for name in listed["name"]}),
        paragraphs=words,
        **around(view, part, titled(view, "practices", table, share=True), table, share=True),
    )
