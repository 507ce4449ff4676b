"""What the report cannot say, and the answers that it rests on."""

from __future__ import annotations

import pandas as pd

from cdo_analysis.cdo import answer_text
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.study_view import View

_LIMITS = ("declared", "one_respondent")
_LIMITS_OF_ADVICE = ("rules", "taxonomy", "observed", "estimated", "not_advice")


def limits(view: View, company: str) -> Exhibit:
    """Return what the report cannot say, and which criteria the company left unanswered."""
    keys = (*_LIMITS, *_LIMITS_OF_ADVICE) if view.has_cdo else _LIMITS
    bullets = [view.say(f"limits.{key}") for key in keys]
    unanswered = _unanswered(view, company) if view.has_cdo else []
    if unanswered:
        bullets.append(view.say("limits.unanswered", n=len(unanswered), listed=view.list_words(unanswered)))
    return view.exhibit("limits", view.say("limits.title"), bullets=bullets)


def _unanswered(view: View, company: str) -> list[str]:
    own = view.advice.answers.loc[company]
    return [criterion.label.of(view.language) for criterion in view.rules.criteria if pd.isna(own[criterion.id])]


def answers(view: View, company: str) -> Exhibit | None:
    """Return the answers of the company that the rules used, by family of criteria. None where nothing was asked."""
    if not view.has_cdo:
        return None
    families = {family.id: family.label.of(view.language) for family in view.rules.families}
    own = view.advice.answers.loc[company].to_dict()
    rows = []
    for criterion in view.rules.criteria:
        answer = own[criterion.id] if pd.notna(own[criterion.id]) else None
        said = answer_text(criterion, answer, view.language)
        rows.append([criterion.label.of(view.language), families[criterion.family], said])
    header = [view.say("label.question"), view.say("company.family"), view.say("company.your_answer")]
    words = [view.say("company.answers_words")]
    return view.exhibit("answers", view.say("company.answers_title"), table=TableView(header, rows), paragraphs=words)
