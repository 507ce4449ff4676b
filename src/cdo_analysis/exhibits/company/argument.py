"""Why: what speaks for and against each option in the company's own answers, and what would change the advice."""

from __future__ import annotations

import pandas as pd

from cdo_analysis.cdo import Change, answer_text, what_would_change
from cdo_analysis.cdo import reasons as reasons_for
from cdo_analysis.exhibits.company.choice import options_in_set, recommendation_to
from cdo_analysis.exhibits.exhibit import Card, Exhibit
from cdo_analysis.exhibits.study_view import View

_MOST_CHANGES = 3


def reasons(view: View, company: str) -> Exhibit | None:
    """Return three reasons for and two against each option that is named, from the company's own answers.

    The best placed option, where the recommendation abstains. None where nothing was asked.
    """
    if not view.has_cdo:
        return None
    named = options_in_set(view, company)
    title = view.say("company.reasons_title" if named else "company.reasons_title_abstained")
    best = recommendation_to(view, company)["first"]
    cards = [_reason_card(view, company, name) for name in named or filter(None, [best])]
    words = [view.say("company.reasons_words")]
    return view.exhibit("reasons", title, cards=cards, paragraphs=words, **view.evidence("advised"))


def _reason_card(view: View, company: str, name: str) -> Card:
    option = view.arrangements[name]
    found = reasons_for(view.advice, view.rules, company, name, language=view.language)
    lines = [
        option.description.of(view.language),
        *(view.say("company.pro", reason=text) for text in found.pro),
        *(view.say("company.con", reason=text) for text in found.con),
        *(view.say("company.caution", text=text.of(view.language)) for text in option.cautions),
    ]
    share = view.numbers.share(pd.Series(view.advice.acceptability.loc[company])[name])
    return Card(view.option_label(name), view.say("company.first_in", share=share), lines)


def changes(view: View, company: str) -> Exhibit | None:
    """Return the smallest changes within reach after which another option leads. None where nothing was asked."""
    if not view.has_cdo:
        return None
    found = what_would_change(view.advice, view.rules, view.arrangements, company)[:_MOST_CHANGES]
    bullets = [_change_words(view, change) for change in found]
    paragraphs = [] if bullets else [view.say("company.no_change")]
    title = view.say("company.changes_title")
    return view.exhibit("changes", title, bullets=bullets, paragraphs=paragraphs, **view.evidence("advised"))


def _change_words(view: View, change: Change) -> str:
    criterion = view.rules[change.criterion]
    return view.say(
        "company.change",
        question=criterion.label.of(view.language),
        before=answer_text(criterion, change.before, view.language),
        after=answer_text(criterion, change.after, view.language),
        option=view.option_label(change.arrangement),
    )
