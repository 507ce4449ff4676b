"""What a referee asks of a latent class analysis, filled from what was done (SMART-LCA)."""

from __future__ import annotations

from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.tables import rows_of


def checklist(view: View) -> Exhibit | None:
    """Return the SMART-LCA checklist, folded. None where no groups were sought."""
    if not view.study.has("profile_checklist"):
        return None
    rows = [[row.section, row.item, row.answer] for row in rows_of(view.study.table("profile_checklist"))]
    header = [view.say(f"typology.checklist_{name}") for name in ("section", "item", "answer")]
    return view.exhibit(
        "checklist",
        view.say("typology.checklist_title"),
        level=3,
        paragraphs=[view.say("typology.checklist_words")],
        table=TableView(header, rows),
        folded=True,
    )
