"""The end of the first page: first steps, the expertise that is needed, what counsel must see."""

from __future__ import annotations

from collections.abc import Iterator

from cdo_analysis.reports.sheet.blocks import Block, Heading, Paragraph, Points
from cdo_analysis.reports.sheet.case import Case
from cdo_analysis.reports.sheet.words import lower, shorten

_MOST_STEPS = 4
_NEEDED, _TICK = "needed_expertise", "1"


def first_steps(case: Case) -> Iterator[Block]:
    """Yield what to do first, with which expertise, and what to check before signing."""
    yield Heading(case.say("sheet.steps"))
    yield Points(_steps(case), ordered=True)
    yield Paragraph(_expertise(case), label=case.say("sheet.expertise"))
    if case.row["state"] != "abstained":
        yield Paragraph(_cautions(case), label=case.say("sheet.cautions"))


def _steps(case: Case) -> list[str]:
    say, reason = case.say, case.row["reason"]
    if case.row["state"] == "abstained":
        wanted = {"low_coverage": "answers", "nothing_feasible": "means"}.get(reason, "weigh")
        return [say(f"sheet.step_abstained_{wanted}")]
    if len(case.open) == 1:
        return [step.of(say.language) for step in case.open[0].first_steps[:_MOST_STEPS]]
    return _steps_of_each(case)


def _steps_of_each(case: Case) -> list[str]:
    """Return the first steps of two options: those that they share once, then those of each."""
    language, options = case.say.language, case.open
    steps = [[step.of(language) for step in option.first_steps] for option in options]
    shared = [step for step in steps[0] if all(step in other for other in steps[1:])]
    each = (_MOST_STEPS - len(shared)) // len(options) or 1
    own = [
        case.say("sheet.steps_of", option=option.label.of(language), step=lower(step))
        for option, named in zip(options, steps, strict=True)
        for step in [step for step in named if step not in shared][:each]
    ]
    return [*shared, *own]


def _expertise(case: Case) -> str:
    """Say which expertise is needed, and what there is inside to hold against it."""
    book, say = case.firm.codebook, case.say
    options = [item for item in book if item.block == _NEEDED and not item.exclusive]
    ticked = [item.question.of(say.language) for item in options if case.firm.answer(item.name) == _TICK]
    if not ticked:
        known = any(case.firm.answer(item.name) is not None for item in options)
        return say("sheet.expertise_none" if known else "sheet.expertise_unknown")
    listed = say("sheet.expertise_listed", listed=case.listed([lower(shorten(text)) for text in ticked]))
    return f"{listed} {_inside(case)}"


def _inside(case: Case) -> str:
    ict, web = case.amount("ict_specialists_fte"), case.amount("web_team_fte")
    if ict is None or web is None:
        return case.say("sheet.expertise_check")
    if ict == web == 0:
        return case.say("sheet.expertise_absent")
    number = case.say.numbers.number
    fields = {"ict": number(ict, int(ict % 1 > 0)), "web": number(web, int(web % 1 > 0))}
    return case.say("sheet.expertise_inside", **fields)


def _cautions(case: Case) -> str:
    found = dict.fromkeys(text.of(case.say.language) for option in case.open[:2] for text in option.cautions)
    return ". ".join(found) + "." if found else case.say("sheet.cautions_none")
