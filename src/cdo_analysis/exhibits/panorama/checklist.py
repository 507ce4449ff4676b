"""What a referee asks of a latent class analysis, filled from what was done (SMART-LCA)."""

from __future__ import annotations

import json
from typing import Any

from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.tables import rows_of


def checklist(view: View) -> Exhibit | None:
    """Return the SMART-LCA checklist, folded. None where no groups were sought, or by an earlier version in English."""
    if not view.study.has("profile_checklist"):
        return None
    table = view.study.table("profile_checklist")
    if "facts" not in table:
        return None
    rows = [
        [view.say(f"smart.part_{row.section}"), view.say(f"smart.point_{row.item}"), _answer(view, row)]
        for row in rows_of(table)
    ]
    header = [view.say(f"smart.{name}") for name in ("part", "point", "answer")]
    return view.exhibit(
        "checklist",
        view.say("smart.title"),
        level=3,
        paragraphs=[view.say("smart.words")],
        table=TableView(header, rows),
        folded=True,
    )


def _answer(view: View, row: Any) -> str:
    facts = {name: _fact(view, name, value) for name, value in json.loads(row.facts).items()}
    if row.item == "sizes" and json.loads(row.facts)["n"] < view.profile.count:
        facts["n"] = "c"
    return view.say(f"smart.answer_{row.answer}", **facts)


def _fact(view: View, name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if name == "share":
        return view.numbers.share(value)
    return view.numbers.number(value, 0 if isinstance(value, int) else 1 if name in ("continuum", "classes") else 2)
