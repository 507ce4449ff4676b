"""The first page of the sheet: the answer, what it costs, why, what would change it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from cdo_analysis.cdo import answer_text, reason_table, reasons, what_would_change
from cdo_analysis.cdo.reasons import AGAINST
from cdo_analysis.exhibits.options import cost_words
from cdo_analysis.reference import Arrangement
from cdo_analysis.reports.sheet.blocks import Block, Heading, Paragraph, Points, Table
from cdo_analysis.reports.sheet.case import Case
from cdo_analysis.reports.sheet.words import shorten

_LONGEST_NAME = 90
_MOST_OPTIONS = 4
_MOST_COMPARED = 2
_MOST_CHANGES = 3
_MOST_ASKED = 8
_FULL_TIME_DAYS = 18


def first_page(case: Case) -> Iterator[Block]:
    """Yield the blocks of the first page."""
    yield from _head(case)
    yield Heading(_answer(case), level=1)
    yield from _lead(case)
    if case.named:
        yield _figures(case)
        yield Paragraph(" ".join([*_budget_words(case), case.say("sheet.figures_note")]), "small")
        yield from _why(case)
    yield from _what_settles(case)


def company_name(case: Case) -> str:
    """Return the name that the company gave, cut where it is very long."""
    name = " ".join(case.firm.name.split())
    cut = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
    return cut or case.say("sheet.unnamed")


def _head(case: Case) -> Iterator[Block]:
    say, firm = case.say, case.firm
    roles = firm.codebook.roles
    sector, headcount, facts = firm.answer(roles.sector), case.amount(roles.headcount), []
    if isinstance(sector, str):
        facts.append(shorten(firm.codebook[roles.sector].label_of(sector, say.language)))
    if headcount is not None:
        facts.append(say("sheet.headcount", n=say.numbers.number(headcount)))
    facts.append(say("sheet.met", day=say.numbers.date(firm.day)) if firm.day else say("sheet.undated"))
    yield Paragraph(say("sheet.kicker"), "kicker")
    yield Paragraph(company_name(case), "title")
    yield Paragraph(" · ".join(facts), "subtitle")


def _answer(case: Case) -> str:
    row = case.row
    if row["state"] == "abstained":
        return case.say(f"sheet.answer_abstained_{row['reason']}", n=int(row["n_options"]))
    second = case.label(row["second"]) if row["second"] else ""
    return case.say(f"sheet.answer_{row['state']}", first=case.label(row["first"]), second=second)


def _lead(case: Case) -> Iterator[Block]:
    """Say the answer in a sentence or two, the sequence where there is one, and how sure it is."""
    row, say = case.row, case.say
    coverage = case.share(row["coverage"])
    if row["state"] == "abstained":
        yield Paragraph(say(f"company.abstained_{row['reason']}", coverage=coverage, n=int(row["n_options"])), "lead")
    else:
        shares = {"share": case.share(row["first_share"]), "other": case.share(row["second_share"])}
        description = case.arrangements[row["first"]].description.of(say.language)
        yield Paragraph(say(f"sheet.lead_{row['state']}", description=description, **shares), "lead")
    for sequence in case.rules.sequences:
        if sequence.id == row["sequence"]:
            yield Paragraph(f"{sequence.text.of(say.language)} {sequence.handover.of(say.language)}")
    yield Paragraph(say(f"sheet.sure_{row['grade'] or 'abstained'}", coverage=coverage), label=say("sheet.sure"))


# --- euros, days, months ----------------------------------------------------------------------------------------------


def _figures(case: Case) -> Table:
    header = [case.say(f"sheet.{name}") for name in ("option", "euros", "rhythm", "duration")]
    rows = [
        [
            option.label.of(case.say.language),
            cost_words(case.say, option, case.costs),
            _days(case, option),
            _term(case, option),
        ]
        for option in case.named[:_MOST_OPTIONS]
    ]
    return Table(case.say("sheet.figures_caption"), header, rows, (0.36, 0.23, 0.23, 0.18), look="figures")


def _days(case: Case, option: Arrangement) -> str:
    low, high = option.cost.days_month
    if low >= _FULL_TIME_DAYS:
        return case.say("sheet.days_full")
    if high <= 0:
        return case.say("sheet.days_none")
    ends = [case.say.numbers.number(end) for end in dict.fromkeys((low, high))]
    return case.say("sheet.days", days=case.say("label.range", low=ends[0], high=ends[1]) if len(ends) > 1 else ends[0])


def _term(case: Case, option: Arrangement) -> str:
    if "minimum_term_months" not in option.limits:
        return case.say("sheet.term_open" if option.cost.days_month[1] > 0 else "sheet.term_none")
    ends = {end: case.say.numbers.number(option.limits[f"{name}_term_months"].value) for end, name in _ENDS}
    return case.say("sheet.term", **ends)


_ENDS = (("low", "minimum"), ("high", "maximum"))


def _budget_words(case: Case) -> list[str]:
    """Say what the budget of the company pays of the first options that are bought or hired for it."""
    budget = case.amount("cdo_budget_keur")
    if not budget:
        return []
    said = (_budget_pays(case, option, budget) for option in case.named[:_MOST_COMPARED])
    return [words for words in said if words]


def _budget_pays(case: Case, option: Arrangement, budget: float) -> str:
    recipe, number = option.cost, case.say.numbers.number
    fields = {"budget": case.say.numbers.money(budget), "option": option.label.of(case.say.language)}
    if recipe.rate == "management":
        low_rate, high_rate = case.costs.rate_range("management")
        days = [min(budget * 1000 / rate, recipe.days_year[1]) for rate in (high_rate, low_rate)]
        full_time = recipe.days_month[0] >= _FULL_TIME_DAYS
        # Days bought full time last for so many months; days bought now and then are spread over the year.
        spread = recipe.days_month[1] if full_time else recipe.days_year[1] / recipe.days_month[1]
        low, high = (number(day / spread) for day in days)
        unit = "months" if full_time else "days"
        key = f"sheet.budget_{unit}_same" if low == high else f"sheet.budget_{unit}"
        return case.say(key, low=low, high=high, **fields)
    if recipe.post_share[1] >= 1 and not recipe.already_paid:
        experts = recipe.days_year[0] * case.costs.rate_range("expert")[0] / 1000 if recipe.rate == "expert" else 0.0
        salary = (budget - experts) / case.costs.charges
        return case.say("sheet.budget_salary", salary=case.say.numbers.money(salary), **fields)
    return ""


# --- why --------------------------------------------------------------------------------------------------------------


def _why(case: Case) -> Iterator[Block]:
    """Set reasons for and against side by side: one option in two columns, two options in a column each."""
    options = case.named[:_MOST_COMPARED]
    found = [reasons(case.advice, case.rules, case.id, option.id, language=case.say.language) for option in options]
    pro = [list(one.pro) or [case.say("sheet.why_none")] for one in found]
    con = [_with_risks(case, option, one.con) for option, one in zip(options, found, strict=True)]
    words = [case.say("sheet.why"), case.say("sheet.why_not")]
    caption = case.say("sheet.why_caption")
    if len(options) == 1:
        yield Table(caption, words, [[pro[0], con[0]]], (0.56, 0.44))
        return
    labels = [option.label.of(case.say.language) for option in options]
    rows = [[words[0], *pro], [words[1], *con]]
    yield Table(caption, ["", *labels], rows, (0.14, 0.43, 0.43))


def _with_risks(case: Case, option: Arrangement, con: tuple[str, ...]) -> list[str]:
    """Return the reasons against; where the answers give fewer than two, known risks of the option, said to be so."""
    risks = [case.say("sheet.risk", text=text.of(case.say.language)) for text in option.risks]
    return [*con, *risks[: max(0, AGAINST - len(con))]]


# --- what would change it ---------------------------------------------------------------------------------------------


def _what_settles(case: Case) -> Iterator[Block]:
    if case.row["state"] != "recommended":
        yield Heading(case.say("sheet.settle"))
        yield Points([*_deciding(case), *_missing(case)])
    if case.row["reason"] == "low_coverage":
        return
    changes = _changes(case)
    if changes or case.row["state"] == "recommended":
        yield Heading(case.say("sheet.changes"))
        yield Points(changes or [case.say("sheet.no_change")])


def _deciding(case: Case) -> list[str]:
    """Name the answer that sets the two leading options furthest apart."""
    if len(case.ranked) < 2 or not case.named:
        return []
    first, second = case.ranked[:2]
    tables = [reason_table(case.advice, case.rules, case.id, name)["contribution"] for name in (first, second)]
    apart = (tables[0] - tables[1]).abs()
    if not len(apart) or not np.isfinite(apart.max()) or apart.max() <= 0:
        return []
    criterion = case.row["deciding"] or str(apart.idxmax())
    labels = {"first": case.label(first), "second": case.label(second)}
    return [case.say("sheet.settle_question", question=case.rules[criterion].label.of(case.say.language), **labels)]


def _missing(case: Case) -> list[str]:
    """Return the questions of the form that have no answer, as they are put, and how many more the long form asks."""
    own, book = case.advice.answers.loc[case.id], case.firm.codebook
    lacking = [criterion for criterion in case.rules.criteria if pd.isna(own[criterion.id])]
    asked = [book[name] for c in lacking for name in (c.count or (c.item,))[:1] if name in book]
    words = [(item.stem or item.question).of(case.say.language) for item in asked[:_MOST_ASKED]]
    said = [case.say("sheet.settle_ask", question=question) for question in words]
    others = len(lacking) - len(asked)
    return [*said, case.say("sheet.settle_long", n=others)] if others else said


def _changes(case: Case) -> list[str]:
    found = what_would_change(case.advice, case.rules, case.arrangements, case.id)[:_MOST_CHANGES]
    return [
        case.say(
            "company.change",
            question=case.rules[change.criterion].label.of(case.say.language),
            before=answer_text(case.rules[change.criterion], change.before, case.say.language),
            after=answer_text(case.rules[change.criterion], change.after, case.say.language),
            option=case.label(change.arrangement),
        )
        for change in found
    ]
