"""Who answered in the segment: how many, which share of the population, of which sectors, sizes and regions."""

from __future__ import annotations

import pandas as pd

from cdo_analysis.codebook import SEGMENT_VARIABLES, segment_column
from cdo_analysis.exhibits.exhibit import Exhibit
from cdo_analysis.exhibits.segment import declared
from cdo_analysis.exhibits.segment.compare import answer_gaps, around, gap_table, named
from cdo_analysis.exhibits.segment.part import Segment
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.weighting import weighted_share


def respondents(view: View, part: Segment) -> Exhibit | None:
    """Return how many answered, on which side, and what the segment weighs. None where it is too small."""
    if not part.is_enough:
        return None
    share = weighted_share(part.inside.dropna().astype(float), view.design)
    fields = {
        "segment": part.name,
        "n": view.numbers.number(part.n),
        "rest": view.numbers.number(part.rest),
        "share": view.numbers.share(share.estimate),
        "interval": view.numbers.interval(share.low, share.high, share=True),
        "raw": view.numbers.share(part.n / (part.n + part.rest)),
        "worth": view.numbers.number(share.n_effective),
    }
    words = [view.say("segment.who_words", **fields), *_unknown(view, part)]
    title, facts = view.say("segment.who_title", **fields), declared.size_facts(view, part)
    return view.exhibit("respondents", title, paragraphs=words, notes=view.notes(), published=facts)


def _unknown(view: View, part: Segment) -> list[str]:
    if not part.unknown:
        return []
    few = part.unknown < view.profile.count
    key = "segment.who_unknown_few" if few else "segment.who_unknown"
    return [view.say(key, n=view.profile.count if few else view.numbers.number(part.unknown))]


def composition(view: View, part: Segment) -> Exhibit | None:
    """Return how the variables that do not cut the segment are spread in it and in the rest, as a list to open.

    None where nothing else was asked, or where the segment or the rest is too small.
    """
    spread = {name: found for name in SEGMENT_VARIABLES if (found := _spread(view, part, name)) is not None}
    tables = list(spread.values())
    if not part.is_enough or not tables:
        return None
    table = pd.concat(tables, ignore_index=True)
    visible = table[table["flag"].ne("c")]
    shown = gap_table(view, visible, view.say("segment.trait"), share=True, decimals=0)
    title = view.say("segment.composition_title")
    about = around(view, part, title, table, share=True)
    facts = [
        fact
        for name, found in spread.items()
        for fact in declared.answer_facts(view, part, found, view.groups(segment_column(view.book, name)))
    ]
    piece = {"title": title, "notes": about["notes"], "published": facts}
    return view.exhibit("composition", level=3, table=shown, folded=True, **piece)


def _spread(view: View, part: Segment, variable: str) -> pd.DataFrame | None:
    """Return the shares of one variable on both sides. None where it cuts the segment, or was not asked."""
    asked = variable == "size" or bool(getattr(view.book.roles, variable))
    if variable in part.codes or not asked:
        return None
    groups = view.groups(segment_column(view.book, variable))
    if len(groups.order) < 2:
        return None
    what = view.say("size.word") if variable == "size" else view.say(f"variable.{variable}")
    return named(answer_gaps(view, part, groups), lambda name: f"{what.capitalize()} — {groups.labels[name]}")
