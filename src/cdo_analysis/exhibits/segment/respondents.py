"""Who answered in the segment: how many, which share of the population, of which sectors, sizes and regions."""

from __future__ import annotations

from cdo_analysis.codebook import SEGMENT_VARIABLES, segment_column
from cdo_analysis.exhibits.exhibit import Exhibit
from cdo_analysis.exhibits.segment.compare import answer_gaps, around, comparison, named
from cdo_analysis.exhibits.segment.part import Segment
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.weighting import weighted_share

_DRAWN = 8


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
    return view.exhibit("respondents", view.say("segment.who_title", **fields), paragraphs=words, notes=view.notes())


def _unknown(view: View, part: Segment) -> list[str]:
    if not part.unknown:
        return []
    n = view.numbers.number(part.unknown) if part.unknown >= view.profile.count else "c"
    return [view.say("segment.who_unknown", n=n)]


def composition(view: View, part: Segment, variable: str) -> Exhibit | None:
    """Return how a variable that does not cut the segment is spread in it and in the rest.

    None where it cuts it, where it was not asked, or where the segment or the rest is too small.

    Parameters
    ----------
    view : View
    part : Segment
    variable : str
        ``sector``, ``size`` or ``region``.
    """
    asked = variable == "size" or bool(getattr(view.book.roles, variable))
    if not part.is_enough or variable in part.codes or variable not in SEGMENT_VARIABLES or not asked:
        return None
    groups = view.groups(segment_column(view.book, variable))
    if len(groups.order) < 2:
        return None
    table = named(answer_gaps(view, part, groups), lambda name: str(groups.labels[name]))
    what = view.say("size.word") if variable == "size" else view.say(f"variable.{variable}")
    about = around(view, part, view.say("segment.composition_title", variable=what), table, share=True)
    return comparison(
        view,
        table,
        f"composition-{variable}",
        words=(what.capitalize(), view.say("label.respondent_share")),
        share=True,
        drawn=table.head(_DRAWN),
        level=3,
        **about,
    )
