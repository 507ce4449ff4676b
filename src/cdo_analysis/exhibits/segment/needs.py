"""What companies of the segment expect, and what stands in their way: the criteria of the rules, one by one."""

from __future__ import annotations

import pandas as pd

from cdo_analysis.disclosure import Cell
from cdo_analysis.exhibits.exhibit import Exhibit
from cdo_analysis.exhibits.segment import declared
from cdo_analysis.exhibits.segment.compare import around, comparison, named, share_gaps, titled
from cdo_analysis.exhibits.segment.part import Segment
from cdo_analysis.exhibits.study_view import View

_EXPECTATIONS = "attentes"


def expectations(view: View, part: Segment) -> Exhibit | None:
    """Return the share of companies for which each objective is important, or each expertise needed.

    These are the answers that criteria of the rules count (*attentes*). None where nothing was asked, or where the
    segment or the rest is too small.
    """
    if not part.is_enough or not view.has_cdo:
        return None
    holds, cells = {}, {}
    for criterion in (view.rules[name] for name in view.rules.ids):
        if criterion.family == _EXPECTATIONS:
            for name in criterion.count:
                answers = view.responses[name]
                holds[name] = answers.isin(list(criterion.codes)).astype(float).where(answers.notna())
                cells[name] = Cell.of({name: tuple(criterion.codes)})
    if not holds:
        return None
    table = named(share_gaps(view, part, holds, "bh"), lambda name: view.book[name].question.of(view.language))
    return comparison(
        view,
        table,
        "expectations",
        words=(view.say("segment.expectation"), view.say("label.respondent_share")),
        share=True,
        subtitle=view.say("segment.expectations_subtitle"),
        published=declared.holding_facts(view, part, table, cells),
        **around(view, part, titled(view, "expectations", table, share=True), table, share=True),
        **view.evidence("observed"),
    )


def obstacles(view: View, part: Segment) -> Exhibit | None:
    """Return the share of companies for which each condition rules out some option, as the rules have it (*conseillé*).

    None where nothing was asked, or where the segment or the rest is too small.
    """
    if not part.is_enough or not view.has_cdo:
        return None
    found = view.advice.obstacles
    holds = {str(rule): _ruled_out(view, rows) for rule, rows in found.groupby("rule", sort=True, observed=True)}
    if not holds:
        return None
    criteria = {rule.id: view.rules[rule.criterion] for rule in view.rules.feasibility}
    table = named(share_gaps(view, part, holds, "bh"), lambda name: criteria[name].label.of(view.language))
    return comparison(
        view,
        table,
        "obstacles",
        words=(view.say("segment.obstacle"), view.say("label.respondent_share")),
        share=True,
        subtitle=view.say("segment.obstacles_subtitle"),
        level=3,
        **around(view, part, titled(view, "obstacles", table, share=True), table, share=True),
        **view.evidence("advised"),
    )


def _ruled_out(view: View, rows: pd.DataFrame) -> pd.Series:
    """Tell which companies a condition rules an option out for; missing where the answer is not known."""
    every = view.advice.answers.index
    fails = every.isin(rows.loc[rows["state"].eq("fails"), "firm"])
    unknown = every.isin(rows.loc[rows["state"].eq("unknown"), "firm"])
    return pd.Series(fails, index=every, dtype="float64").where(fails | ~unknown)
