"""Why: what speaks for and against each option in the company's own answers, and what would change the advice."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cdo_analysis.cdo import Change, obstacle_sentences, what_would_change
from cdo_analysis.cdo import reasons as reasons_for
from cdo_analysis.cdo.reasons import AGAINST
from cdo_analysis.exhibits.company.choice import (
    amount_words,
    answer_of,
    answer_words,
    first_shares,
    name_and_unit,
    number_words,
    options_in_set,
    options_open,
    recommendation_to,
)
from cdo_analysis.exhibits.company.overridden import overrides_of
from cdo_analysis.exhibits.company.record import unanswered
from cdo_analysis.exhibits.exhibit import Card, Exhibit
from cdo_analysis.exhibits.study_view import View

_MOST_CHANGES = 3
_DEEPEST_FALL = 0.5
_MOST_QUESTIONS = 6


@dataclass(frozen=True)
class Argument:
    """What is said for and against one option, as sentences.

    Attributes
    ----------
    option : str
        Arrangement.
    pro, con : tuple of str
        From the company's own answers, strongest first: three and two at most.
    risks : tuple of str
        Risks of the option in general, as many as the answers lack sentences against it.
    unknown : tuple of str
        What could not be checked, for want of an answer.
    cautions : tuple of str
        Points to check with counsel.
    """

    option: str
    pro: tuple[str, ...]
    con: tuple[str, ...]
    risks: tuple[str, ...]
    unknown: tuple[str, ...]
    cautions: tuple[str, ...]


def argument_for(view: View, company: str, option: str) -> Argument:
    """Return what speaks for and against an option for a company."""
    language, about = view.language, view.arrangements[option]
    answers = {c.id: number_words(view, c, answer_of(view, company, c.id)) for c in view.rules.criteria if c.numeric}
    others = [name for name in options_open(view, company) if name != option]
    found = reasons_for(
        view.advice, view.rules, company, option, language=language, answers_text=answers, rivals=others
    )
    return Argument(
        option=option,
        pro=found.pro,
        con=found.con,
        risks=tuple(text.of(language) for text in about.risks[: AGAINST - len(found.con)]),
        unknown=obstacle_sentences(view.advice, view.rules, company, option, language=language),
        cautions=tuple(text.of(language) for text in about.cautions),
    )


def reasons(view: View, company: str) -> Exhibit | None:
    """Return three reasons for and two against each option that is open, or that an analyst prefers.

    Where too little was answered, the questions to answer first. None where nothing was asked.
    """
    if not view.has_cdo:
        return None
    if recommendation_to(view, company)["reason"] == "low_coverage":
        return _questions_to_answer(view, company)
    names = options_open(view, company) or list(filter(None, [recommendation_to(view, company)["first"]]))
    title = view.say("company.reasons_title" if options_in_set(view, company) else "company.reasons_title_abstained")
    names += [name for name in dict.fromkeys(overrides_of(view, company)["option"]) if name not in names]
    cards = [_reason_card(view, company, name) for name in names]
    words = [view.say("company.reasons_words")]
    return view.exhibit("reasons", title, cards=cards, paragraphs=words, **view.evidence("advised"))


def _questions_to_answer(view: View, company: str) -> Exhibit:
    missing = unanswered(view, company)
    bullets = [view.say("label.quoted", text=question) for question in missing[:_MOST_QUESTIONS]]
    words = [view.say("company.missing_words", n=len(missing), total=len(view.rules.criteria))]
    title = view.say("company.missing_title")
    return view.exhibit("reasons", title, bullets=bullets, paragraphs=words, **view.evidence("advised"))


def _reason_card(view: View, company: str, name: str) -> Card:
    found = argument_for(view, company, name)
    said = [("pro", found.pro), ("con", found.con), ("risk", found.risks)]
    lines = [view.arrangements[name].description.of(view.language)]
    lines += [view.say(f"company.{side}", reason=text) for side, texts in said for text in texts]
    lines += [*found.unknown, *(view.say("company.caution", text=text) for text in found.cautions)]
    share = view.numbers.share(first_shares(view, company)[name])
    return Card(view.option_label(name), view.say("company.first_in", share=share), lines)


def changes(view: View, company: str) -> Exhibit | None:
    """Return the smallest changes within reach after which another option leads. None where nothing was asked.

    None either where too little was answered for a leader to mean anything.
    """
    if not view.has_cdo or recommendation_to(view, company)["reason"] == "low_coverage":
        return None
    bullets = list(change_sentences(view, company))
    paragraphs = [] if bullets else [view.say("company.no_change")]
    title = view.say("company.changes_title")
    return view.exhibit("changes", title, bullets=bullets, paragraphs=paragraphs, **view.evidence("advised"))


def change_sentences(view: View, company: str) -> tuple[str, ...]:
    """Return the smallest changes of one answer after which another option leads, as sentences; three at most.

    A fall by more than half is left out: nobody decides to have so much less.
    """
    found = what_would_change(view.advice, view.rules, view.arrangements, company)
    likely = [change for change in found if change.after >= change.before * _DEEPEST_FALL]
    return tuple(_change_words(view, change) for change in likely[:_MOST_CHANGES])


def _change_words(view: View, change: Change) -> str:
    """Say a change with its unit; a minimum that is no whole number is rounded to the safe side."""
    criterion = view.rules[change.criterion]
    after = math.ceil(change.after) if change.after > change.before else math.floor(change.after)
    return view.say(
        "company.change" if math.isclose(after, change.after) else "company.change_about",
        question=name_and_unit(criterion, view.language)[0],
        before=amount_words(view, criterion, change.before),
        after=answer_words(view, criterion, float(after)),
        option=view.option_label(change.arrangement),
    )
