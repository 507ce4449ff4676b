"""What an analyst decided otherwise: shown beside the recommendation, with the note, never in its place."""

from __future__ import annotations

from datetime import date

import pandas as pd

from cdo_analysis.exhibits.company.choice import recommendation_to
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.tables import rows_of

TABLE = "overrides"
"""Table of the study: firm, option, note, author, date."""


def overrides_of(view: View, company: str) -> pd.DataFrame:
    """Return the decisions of analysts on a company, oldest first: firm, option, note, author, date."""
    if not view.study.has(TABLE):
        return pd.DataFrame(columns=["firm", "option", "note", "author", "date"])
    table = view.study.table(TABLE)
    return table[table["firm"] == company]


def override_sentences(view: View, company: str) -> tuple[str, ...]:
    """Return the decisions of analysts on a company with their notes, oldest first; empty where there are none."""
    own, row = overrides_of(view, company), recommendation_to(view, company)
    ours = view.option_label(row["first"]) if row["state"] != "abstained" else view.say("company.override_no_advice")
    return tuple(
        view.say(
            "company.override",
            option=view.option_label(one.option),
            author=one.author,
            date=view.numbers.date(date.fromisoformat(one.date)),
            note=one.note,
            ours=ours,
        )
        for one in rows_of(own)
    )
