"""What an analyst decided otherwise: shown beside the recommendation, with the note, never in its place."""

from __future__ import annotations

from datetime import date

from cdo_analysis.exhibits.company.choice import recommendation_to
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.tables import rows_of

TABLE = "overrides"
"""Table of the study: firm, option, note, author, date."""


def override_sentences(view: View, company: str) -> tuple[str, ...]:
    """Return the decisions of analysts on a company with their notes, oldest first; empty where there are none."""
    if not view.study.has(TABLE):
        return ()
    table = view.study.table(TABLE)
    own = table[table["firm"] == company]
    row = recommendation_to(view, company)
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
