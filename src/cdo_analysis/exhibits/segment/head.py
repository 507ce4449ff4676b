"""The head of a segment report: what distinguishes the segment from the rest, in five lines, or that nothing does."""

from __future__ import annotations

import pandas as pd

from cdo_analysis.exhibits.exhibit import Exhibit
from cdo_analysis.exhibits.segment import declared
from cdo_analysis.exhibits.segment.compare import ERROR, gap_words, widest
from cdo_analysis.exhibits.segment.leadership import arrangement_gaps
from cdo_analysis.exhibits.segment.maturity import dimension_gaps, practice_gaps
from cdo_analysis.exhibits.segment.part import Segment
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.tables import rows_of
from cdo_analysis.weighting import weighted_share

_PRACTICES = 2


def cover(view: View, part: Segment) -> Exhibit:
    """Return the head: the finding, then each difference that is not put down to chance, with its interval.

    Where the segment or the rest has fewer respondents than a mean needs, nothing else is published.
    """
    subtitle = view.say("segment.subtitle", title=view.book.title.of(view.language))
    if not part.is_enough:
        title = view.say("segment.title_abstained", segment=part.name)
        words = [view.say("segment.abstained", fewest=part.fewest)]
        return view.cover(title, subtitle, words, state="abstained")  # no number of the segment is given
    paragraphs = [_size_words(view, part), *_findings(view, part)]
    return view.cover(_title(view, part), subtitle, paragraphs).publishing(declared.size_facts(view, part))


def _title(view: View, part: Segment) -> str:
    """Return the finding: the score, else a dimension, else a practice, else the way digital is led, else nothing."""
    if not _differs(view, part):
        return view.say("segment.title_none", segment=part.name)
    score, dimensions, practices, led = _tables(view, part)
    for table, key, share in (
        (score, "score", False),
        (dimensions, "dimension", False),
        (practices, "practice", True),
        (led, "led", True),
    ):
        row = widest(table) if table is not None else None
        if row is not None and row.told:
            side = "up" if row.gap > 0 else "down"
            return view.say(f"segment.title_{key}_{side}", segment=part.name, **gap_words(view, row, share=share))
    return view.say("segment.title_none", segment=part.name)


def _differs(view: View, part: Segment) -> bool:
    """Tell whether anything distinguishes the segment, all families of comparisons taken together (Bonferroni).

    Each family (scores, practices, ways of leading) holds its own error; the headline must hold it for all of them.
    """
    score, dimensions, practices, led = _tables(view, part)
    scores = None if score is None or dimensions is None else pd.concat([score, dimensions])
    families = [table for table in (scores, practices, led) if table is not None]
    return any(table["adjusted"].min() <= ERROR / len(families) for table in families)


def _tables(view: View, part: Segment) -> tuple[pd.DataFrame | None, ...]:
    """Return the differences: the score, the dimensions, the practices, how digital is led; None where not asked."""
    led = arrangement_gaps(view, part)[0] if view.book.cdo else None
    if view.main is None or not view.dimensions:
        return None, None, None, led
    scores = dimension_gaps(view, part)
    return scores.head(1), scores.iloc[1:], practice_gaps(view, part), led


def _size_words(view: View, part: Segment) -> str:
    share = weighted_share(part.inside.dropna().astype(float), view.design)
    fields = {
        "n": view.numbers.number(part.n),
        "rest": view.numbers.number(part.rest),
        "share": view.numbers.share(share.estimate),
        "interval": view.numbers.interval(share.low, share.high, share=True),
    }
    key = "segment.lead_small" if part.n < view.profile.reliable else "segment.lead"
    return view.say(key, reliable=view.profile.reliable, **fields)


def _findings(view: View, part: Segment) -> list[str]:
    """Return a sentence a difference that stands out: score, widest dimension, practices, how digital is led."""
    score, dimensions, practices, led = _tables(view, part)
    words = []
    if score is not None and dimensions is not None and practices is not None:
        words.append(_score_words(view, score))
        words += _dimension_words(view, dimensions)
        words += _practice_words(view, practices)
    if led is not None:
        words += _led_words(view, led)
    told = any(table is not None and table["told"].any() for table in (score, dimensions, practices, led))
    end = "beyond_chance" if _differs(view, part) else "isolated" if told else "nothing"
    return [*words, view.say(f"segment.{end}")]


def _score_words(view: View, score: pd.DataFrame) -> str:
    row = next(rows_of(score))
    if row.flag == "c":
        return view.say("segment.score_hidden")
    assert view.main is not None
    fields = gap_words(view, row, share=False) | {"score": view.score_words(view.main)}
    return view.say("segment.score_told" if row.told else "segment.score_none", **fields)


def _dimension_words(view: View, table: pd.DataFrame) -> list[str]:
    row, told = widest(table), int(table["told"].sum())
    if row is None:
        return []
    fields = gap_words(view, row, share=False) | {"told": told, "all": len(table)}
    return [view.say("segment.dimension_told" if told else "segment.dimension_none", **fields)]


def _practice_words(view: View, table: pd.DataFrame) -> list[str]:
    told = table[table["told"]]
    if told.empty:
        return [view.say("segment.practice_none", all=len(table))]
    said = [
        view.say("segment.practice_one", **gap_words(view, row, share=True)) for row in rows_of(told.head(_PRACTICES))
    ]
    return [view.say("segment.practice_told", told=len(told), all=len(table), listed=view.join_parts(said))]


def _led_words(view: View, table: pd.DataFrame) -> list[str]:
    row = widest(table)
    if row is None:
        return []
    return [view.say("segment.led_told" if row.told else "segment.led_none", **gap_words(view, row, share=True))]
