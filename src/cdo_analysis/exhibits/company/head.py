"""The head of a company's report: the answer in one sentence, how sure it is, what the other evidence says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdo_analysis.cdo import CLEAR_COVERAGE, SET_ACCEPTABILITY
from cdo_analysis.exhibits.company.choice import (
    answer_of,
    answer_words,
    first_shares,
    name_and_unit,
    name_of,
    options_in_set,
    options_open,
    recommendation_to,
    settling_criterion,
)
from cdo_analysis.exhibits.company.overridden import override_sentences
from cdo_analysis.exhibits.company.spending import plan_sentences, sequence_sentences
from cdo_analysis.exhibits.exhibit import Exhibit
from cdo_analysis.exhibits.study_view import View


def cover(view: View, company: str) -> Exhibit:
    """Return the head of the report: the answer or the abstention, how sure, what the other kinds of evidence say."""
    subtitle = view.say("company.for", name=name_of(view, company))
    if not view.has_cdo:
        return view.cover(view.say("company.title_no_cdo"), subtitle, [view.say("company.no_cdo")])
    row = recommendation_to(view, company)
    said = [*answer_sentences(view, company), *plan_sentences(view, company), *override_sentences(view, company)]
    said += [*exclusion_sentences(view, company), *sureness_sentences(view, company)]
    rests_on = "company.based_on_form" if view.study.outsider else "company.based_on"
    based_on = view.say(rests_on, answered=view.numbers.share(row["coverage"]))
    paragraphs = [*said, *_agreement(view, row), based_on]
    state = "abstained" if row["state"] == "abstained" else "answered"
    return view.cover(title_of(view, company), subtitle, paragraphs, state=state)


def title_of(view: View, company: str) -> str:
    """Return the answer as a title."""
    row = recommendation_to(view, company)
    names = {place: view.option_label(row[place]) if row[place] else "" for place in ("first", "second")}
    reason = row["reason"] if row["reason"] in {"low_coverage", "nothing_feasible"} else ""
    return view.say(f"company.title_{row['state']}{f'_{reason}' if reason else ''}", **names)


def answer_sentences(view: View, company: str) -> tuple[str, ...]:
    """Return the answer or the abstention, the question that would settle it, and the sequence with its hand-over."""
    row = recommendation_to(view, company)
    words = [_abstention(view, company, row) if row["state"] == "abstained" else _answer(view, company, row)]
    settling = settling_criterion(view, company)
    if settling:
        criterion = view.rules[settling]
        answer = answer_words(view, criterion, answer_of(view, company, settling))
        words.append(view.say("company.deciding", question=name_and_unit(criterion, view.language)[0], answer=answer))
    return (*words, *sequence_sentences(view, company))


def _answer(view: View, company: str, row: Mapping[str, Any]) -> str:
    shares = first_shares(view, company)
    fields = {
        "draws": view.numbers.number(view.advice.draws),
        "first": view.option_label(row["first"]),
        "share": view.numbers.share(shares[row["first"]]),
        "second": view.option_label(row["second"]) if row["second"] else "",
        "second_share": view.numbers.share(shares.get(row["second"])),
        "limit": view.numbers.share(SET_ACCEPTABILITY),
    }
    return view.say(f"company.answer_{row['state']}", **fields)


def _abstention(view: View, company: str, row: Mapping[str, Any]) -> str:
    listed = view.list_words([view.say("label.quoted", text=view.option_label(n)) for n in options_open(view, company)])
    coverage = view.numbers.share(row["coverage"])
    return view.say(f"company.abstained_{row['reason']}", coverage=coverage, n=int(row["n_options"]), listed=listed)


def exclusion_sentences(view: View, company: str) -> tuple[str, ...]:
    """Return what rules options out for the company, answer by answer, and what could not be checked."""
    if recommendation_to(view, company)["reason"] == "low_coverage":
        return ()
    found = view.advice.obstacles
    own, total, said = found[found["firm"] == company], len(view.arrangements), []
    out = set(own.loc[own["state"] == "fails", "arrangement"])
    for rule in view.rules.feasibility:
        criterion = view.rules[rule.criterion]
        question = name_and_unit(criterion, view.language)[0]
        answer = answer_words(view, criterion, answer_of(view, company, rule.criterion))
        for state in ("fails", "unknown"):
            options = own.loc[(own["rule"] == rule.id) & (own["state"] == state), "arrangement"].tolist()
            options = [name for name in options if state == "fails" or name not in out]
            if options:
                listed = view.list_words([view.say("label.quoted", text=view.option_label(n)) for n in options])
                fields = {"question": question, "answer": answer, "total": total}
                said.append(view.say(f"company.excluded_{state}", listed=listed, **fields))
    return tuple(said)


def sureness_sentences(view: View, company: str) -> tuple[str, ...]:
    """Return how sure the advice is, and why it is not surer; empty where it abstains."""
    row = recommendation_to(view, company)
    if row["state"] == "abstained":
        return ()
    if row["grade"] == "clear":
        return (view.say("company.grade_clear"),)
    if row["coverage"] < CLEAR_COVERAGE:
        return (view.say("company.grade_coverage", answered=view.numbers.share(row["coverage"])),)
    several = len(options_in_set(view, company)) > 1
    return (view.say("company.grade_close" if several else "company.grade_gap"),)


def _agreement(view: View, row: Mapping[str, Any]) -> list[str]:
    if row["state"] == "abstained":
        return []
    return [view.say(f"company.{kind}_{row[f'{kind}_agreement']}") for kind in ("observed", "estimated")]
