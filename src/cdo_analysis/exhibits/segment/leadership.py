"""How digital is led in the segment: constaté, conseillé, estimé sous hypothèses; never mixed."""

from __future__ import annotations

import pandas as pd

from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.exhibit import Exhibit
from cdo_analysis.exhibits.outcome import gate_sentence
from cdo_analysis.exhibits.panorama.estimates import survey_test_words
from cdo_analysis.exhibits.segment import declared
from cdo_analysis.exhibits.segment.compare import answer_gaps, around, comparison, named, share_gaps, titled
from cdo_analysis.exhibits.segment.part import Segment
from cdo_analysis.exhibits.study_view import Groups, View

NONE = "no_recommendation"
_TOO_MANY_HIDDEN = 0.5


def arrangement_gaps(view: View, part: Segment) -> tuple[pd.DataFrame, bool]:
    """Return the share of each way of leading digital in the segment and in the rest, and whether they are gathered."""
    return _option_gaps(view, part, view.study.column("arrangements", "today"))


def _option_gaps(view: View, part: Segment, options: pd.Series) -> tuple[pd.DataFrame, bool]:
    """Return the shares of options; of their groups where most options would be hidden."""
    parents = options.map(
        lambda name: name if name == NONE else view.arrangements.parent_of.get(name), na_action="ignore"
    )
    groups = [parent.id for parent in view.arrangements.parents]
    for answers, names in ((options, list(view.arrangements.ids)), (parents, groups)):
        order = [name for name in (*names, NONE) if answers.eq(name).any()]
        labels = {name: view.say("segment.no_advice") if name == NONE else view.option_label(name) for name in order}
        table = named(answer_gaps(view, part, Groups(answers, order, labels)), labels.__getitem__)
        if table["flag"].eq("c").mean() <= _TOO_MANY_HIDDEN:
            return table, answers is parents
    return table, True


def _options(view: View, name: str, gathered: bool) -> Groups:
    """Return the name of the variable, and the options that each row gathers."""
    parts = {**published.parts_of(view), NONE: (NONE,)} if gathered else {}
    return Groups(pd.Series(dtype="str"), [], {}, name, parts)


def arrangements(view: View, part: Segment) -> Exhibit | None:
    """Return how digital is led in the segment and in the rest: what companies have, which is no advice.

    None where it was not asked, or where the segment or the rest is too small.
    """
    if not part.is_enough or view.book.cdo is None:
        return None
    table, gathered = arrangement_gaps(view, part)
    groups = _options(view, "today", gathered)
    return comparison(
        view,
        table,
        "arrangements",
        words=(view.say("label.arrangement"), view.say("label.respondent_share")),
        share=True,
        subtitle=view.say("panorama.today_subtitle"),
        paragraphs=[view.say("segment.arrangements_words"), *_gathered(view, gathered)],
        published=declared.answer_facts(view, part, table, groups),
        **around(view, part, titled(view, "arrangements", table, share=True), table, share=True),
        **view.evidence("observed"),
    )


def advised(view: View, part: Segment) -> Exhibit | None:
    """Return which options the rules put first in the segment and in the rest, and how often they abstain.

    None where nothing was asked, or where the segment or the rest is too small.
    """
    if not part.is_enough or not view.has_cdo:
        return None
    found = view.study.table("recommendation")
    first = found["first"].where(found["state"].ne("abstained") & found["first"].ne(""), NONE)
    table, gathered = _option_gaps(view, part, first)
    return comparison(
        view,
        table,
        "advised",
        words=(view.say("label.option"), view.say("label.respondent_share")),
        share=True,
        subtitle=view.say("segment.advised_subtitle"),
        paragraphs=[view.rules.notice.of(view.language), *_gathered(view, gathered)],
        published=declared.answer_facts(view, part, table, _options(view, "advice", gathered)),
        **around(view, part, titled(view, "advised", table, share=True), table, share=True),
        **view.evidence("advised"),
    )


def _gathered(view: View, gathered: bool) -> list[str]:
    return [view.say("portfolio.gathered")] if gathered else []


def estimated(view: View, part: Segment) -> Exhibit | None:
    """Return what declared outcomes allow to say of the segment: the gate that forbids it, or how many it concerns.

    Nothing is estimated on the segment alone: what is estimated on all respondents is read for its companies. None
    where nothing was asked, or where the segment or the rest is too small.
    """
    if not part.is_enough or not view.has_cdo:
        return None
    if view.estimates.gate is not None:
        title, words = view.say("segment.estimated_title_gate"), [gate_sentence(view)]
        return view.exhibit("estimated", title, paragraphs=words, **view.evidence("estimated"))
    claims = view.study.column("recommendation", "estimated_claim").astype(float)
    table = named(share_gaps(view, part, {"claim": claims}, "holm"), lambda _: view.say("segment.estimated_claim"))
    row = table.iloc[0]
    if row["flag"] == "c":
        title, words = view.say("segment.estimated_title_hidden"), survey_test_words(view)
    else:
        share = view.numbers.share(row["inside"])
        title = view.say("segment.estimated_title", share=share)
        words = [view.say("segment.estimated_words", share=share), *survey_test_words(view)]
    notes = view.notes(n=part.n + part.rest)
    return view.exhibit("estimated", title, paragraphs=words, notes=notes, **view.evidence("estimated"))
