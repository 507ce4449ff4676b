"""What the report cannot say, and the answers that it rests on."""

from __future__ import annotations

import pandas as pd

from cdo_analysis.exhibits.company.choice import answer_of, number_words
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.study_view import View

_MOST_LISTED = 5
_LIMITS = ("declared", "one_respondent")
_LIMITS_OF_ADVICE = ("rules", "taxonomy", "observed", "estimated", "not_advice")


def limits(view: View, company: str) -> Exhibit:
    """Return what the report cannot say, and which criteria the company left unanswered."""
    keys = (*_LIMITS, *_LIMITS_OF_ADVICE) if view.has_cdo else _LIMITS
    bullets = [view.say(f"limits.{key}") for key in keys]
    bullets += [view.say("disclosure.peers", n=view.profile.quartiles)] if view.dimensions else []
    missing = unanswered(view, company) if view.has_cdo else []
    if missing:
        listed = view.list_words([*missing[:_MOST_LISTED], *_others(view, len(missing) - _MOST_LISTED)])
        bullets.append(view.say("limits.unanswered", n=len(missing), listed=listed))
    return view.exhibit("limits", view.say("limits.title"), bullets=bullets)


def _others(view: View, n: int) -> list[str]:
    return [view.say("limits.others", n=n)] if n > 0 else []


def unanswered(view: View, company: str) -> list[str]:
    """Return the criteria that a company left unanswered, in the order of the rules."""
    own = view.advice.answers.loc[company]
    return [criterion.label.of(view.language) for criterion in view.rules.criteria if pd.isna(own[criterion.id])]


def answers(view: View, company: str) -> Exhibit | None:
    """Return the answers of the company that the rules used, by family of criteria. None where nothing was asked."""
    if not view.has_cdo:
        return None
    families = {family.id: family.label.of(view.language) for family in view.rules.families}
    rows = []
    for criterion in view.rules.criteria:
        said = number_words(view, criterion, answer_of(view, company, criterion.id))
        rows.append([criterion.label.of(view.language), families[criterion.family], said])
    header = [view.say("label.question"), view.say("company.family"), view.say("company.your_answer")]
    words = [view.say("company.answers_words")]
    return view.exhibit("answers", view.say("company.answers_title"), table=TableView(header, rows), paragraphs=words)
