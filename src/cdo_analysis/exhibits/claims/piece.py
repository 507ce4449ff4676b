"""The claims as a piece of a report: one short table, the author's interest, how many tests were made."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from cdo_analysis.disclosure import Fact
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.claims.findings import ERROR, examine_claims
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.reference import Claim, ClaimTest, load_claims
from cdo_analysis.tables import rows_of


def claims(view: View) -> Exhibit | None:
    """Return what the survey says of each claim of the founding article. None where nobody was asked who leads digital.

    Numbers of fewer companies than a mean may show are hidden; the verdict then says so.
    """
    if view.book.cdo is None:
        return None
    article = load_claims()
    table = examine_claims(view, article)
    tests = {(claim.number, place): (claim, test) for claim in article.claims for place, test in _numbered(claim)}
    rows = [_row(view, *tests[row.claim, row.test], row) for row in rows_of(table)]
    header = [view.say(f"claims.column_{name}") for name in ("claim", "estimand")]
    header += ["n", view.say("claims.column_estimate"), view.say("label.interval"), view.say("claims.column_verdict")]
    said = {verdict: int(table["verdict"].eq(verdict).sum()) for verdict in ("supported", "contradicted")}
    made = int((~table["verdict"].isin(["not_asked", "too_few"])).sum())
    said["open"] = len(table) - sum(said.values())
    return view.exhibit(
        "claims",
        view.say("claims.title", **said),
        table=TableView(header, rows, numeric=(False, False, True, True, True, False)),
        paragraphs=[article.conflict.of(view.language), view.say("claims.words")],
        notes=view.notes(reading=view.say("claims.reading", tests=made, error=view.numbers.share(ERROR))),
        published=_published(view, table),
        **view.evidence("observed"),
    )


def _published(view: View, table: pd.DataFrame) -> list[Fact]:
    """Return the n of each test: a group of its own, made of those who count and answered all that it needs."""
    shown = table[table["flag"].ne("c") & table["n"].gt(0)]
    return [f for r in rows_of(shown) for f in published.plain(f"claim:{r.claim}.{r.test}@{view.study.id}", int(r.n))]


def _numbered(claim: Claim) -> Iterator[tuple[int, ClaimTest]]:
    return iter(enumerate(claim.tests, 1))


def _row(view: View, claim: Claim, test: ClaimTest, row: Any) -> list[str]:
    words = claim.text.of(view.language) if row.test == 1 else view.say("claims.other_test")
    text = view.say("claims.numbered", number=claim.number, text=words)
    verdict = view.say(f"claims.verdict_{row.verdict}")
    if row.flag == "c":
        return [text, test.estimand.of(view.language), "c", "c", "c", verdict]
    few = " (u)" if row.n < view.profile.reliable else ""
    n = f"{view.count(row.n)}{few}" if row.n else view.numbers.absent
    return [text, test.estimand.of(view.language), n, *_numbers(view, test, row), verdict]


def _numbers(view: View, test: ClaimTest, row: Any) -> list[str]:
    """Return the estimate and its interval in the unit of the test."""
    if not math.isfinite(row.estimate):
        return [view.numbers.absent] * 2
    if test.kind == "association":
        strength = view.say("claims.strength", v=view.numbers.number(row.estimate, 2))
        return [strength, _p_words(view, row.p_value)]
    if test.kind == "share":
        return [view.numbers.share(row.estimate), f"{view.numbers.share(row.low)} – {view.numbers.share(row.high)}"]
    scale, decimals = (100, 0) if test.points else (1, 2)
    written = [view.numbers.number(value * scale, decimals) for value in (row.estimate, row.low, row.high)]
    if test.points:
        written = [view.say("claims.points", value=value) for value in written]
    return [written[0], f"{written[1]} – {written[2]}"]


def _p_words(view: View, p: float) -> str:
    smallest = 0.001
    key = "claims.p_below" if p < smallest else "claims.p"
    return view.say(key, p=view.numbers.number(max(p, smallest), 3))
