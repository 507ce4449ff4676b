"""The head of a company's report: the answer in one sentence, how sure it is, what the other evidence says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdo_analysis.exhibits.company.choice import name_of, recommendation_to
from cdo_analysis.exhibits.exhibit import Exhibit
from cdo_analysis.exhibits.study_view import View


def cover(view: View, company: str) -> Exhibit:
    """Return the head of the report: the answer or the abstention, its grade, what the other kinds of evidence say."""
    subtitle = view.say("company.for", name=name_of(view, company))
    if not view.has_cdo:
        return view.cover(view.say("company.title_no_cdo"), subtitle, [view.say("company.no_cdo")])
    row = recommendation_to(view, company)
    said = _abstention(view, row) if row["state"] == "abstained" else [*_answer(view, row), *_agreement(view, row)]
    based_on = view.say(
        "company.based_on_form" if view.study.outsider else "company.based_on",
        answered=view.numbers.share(row["coverage"]),
    )
    return view.cover(_title(view, row), subtitle, [*said, based_on])


def _title(view: View, row: Mapping[str, Any]) -> str:
    names = {place: view.option_label(row[place]) if row[place] else "" for place in ("first", "second")}
    return view.say(f"company.title_{row['state']}", **names)


def _abstention(view: View, row: Mapping[str, Any]) -> list[str]:
    coverage = view.numbers.share(row["coverage"])
    return [view.say(f"company.abstained_{row['reason']}", coverage=coverage, n=int(row["n_options"]))]


def _answer(view: View, row: Mapping[str, Any]) -> list[str]:
    """Say the answer with its grade, the deciding question, the sequence and its hand-over."""
    first, share = view.option_label(row["first"]), view.numbers.share(row["first_share"])
    words = [view.say(f"company.answer_{row['state']}", first=first, share=share)]
    words.append(view.say(f"company.grade_{row['grade']}"))
    if row["deciding"]:
        words.append(view.say("company.deciding", question=view.rules[row["deciding"]].label.of(view.language)))
    for sequence in view.rules.sequences:
        if sequence.id == row["sequence"]:
            words += [sequence.text.of(view.language), sequence.handover.of(view.language)]
    return words


def _agreement(view: View, row: Mapping[str, Any]) -> list[str]:
    return [view.say(f"company.{kind}_{row[f'{kind}_agreement']}") for kind in ("observed", "estimated")]
