"""The first page of the sheet: the answer, what it costs, why, what would change it."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from cdo_analysis.cdo import SET_ACCEPTABILITY
from cdo_analysis.exhibits import company
from cdo_analysis.exhibits.options import cost_words
from cdo_analysis.reference import Arrangement
from cdo_analysis.reports.sheet.blocks import Block, Heading, Paragraph, Points, Table
from cdo_analysis.reports.sheet.case import Case
from cdo_analysis.reports.sheet.words import shorten

BUDGET = "cdo_budget_keur"
_LONGEST_NAME = 90
_MOST_OPTIONS = 4
_MOST_COMPARED = 2
_MOST_ASKED = 8
_FULL_TIME_DAYS = 18
_FAR_AHEAD = 0.3  # gap of two close options from which "either one fits" would say too much


def first_page(case: Case) -> Iterator[Block]:
    """Yield the blocks of the first page."""
    yield from _head(case)
    yield Heading(_answer(case), level=1)
    yield from _lead(case)
    if case.open:
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
        yield Paragraph(company.answer_sentences(case.view, case.id)[0], "lead")
    else:
        shares = {
            "share": case.shares[row["first"]],
            "other": case.shares.get(row["second"], 0.0),
            "limit": SET_ACCEPTABILITY,
        }
        ahead = "_ahead" if row["state"] == "close" and row["gap"] > _FAR_AHEAD else ""
        description = case.view.arrangements[row["first"]].description.of(say.language)
        words = {name: case.share(value) for name, value in shares.items()}
        yield Paragraph(say(f"sheet.lead_{row['state']}{ahead}", description=description, **words), "lead")
    sequence = company.sequence_sentences(case.view, case.id)
    if sequence:
        yield Paragraph(" ".join(sequence))
    yield Paragraph(say(f"sheet.sure_{row['grade'] or 'abstained'}", coverage=coverage), label=say("sheet.sure"))


# --- euros, days, months ----------------------------------------------------------------------------------------------


def _figures(case: Case) -> Table:
    header = [case.say(f"sheet.{name}") for name in ("option", "euros", "rhythm", "duration")]
    rows = [
        [case.label(option.id), cost_words(case.say, option, case.view.costs), _days(case, option), _term(case, option)]
        for option in case.open[:_MOST_OPTIONS]
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
    low, high = (case.say.numbers.number(option.limits[f"{end}_term_months"].value) for end in ("minimum", "maximum"))
    return case.say("sheet.term", low=low, high=high)


def _budget_words(case: Case) -> list[str]:
    """Say what the budget of the company pays of the first options that are bought or hired for it."""
    plans = [company.plan_for(case.view, case.id, option.id) for option in case.open[:_MOST_COMPARED]]
    pays = [f"{case.label(plan.option)}, {plan.budget}" for plan in plans if plan.budget]
    budget = case.say.numbers.money(case.amount(BUDGET))
    return [case.say("sheet.budget", budget=budget, pays=" ; ".join(pays))] if pays else []


# --- why --------------------------------------------------------------------------------------------------------------


def _why(case: Case) -> Iterator[Block]:
    """Set reasons for and against side by side: one option in two columns, two options in a column each."""
    found = [company.argument_for(case.view, case.id, option.id) for option in case.open[:_MOST_COMPARED]]
    pro = [list(one.pro) or [case.say("sheet.why_none")] for one in found]
    con = [[*one.con, *(case.say("sheet.risk", text=text) for text in one.risks)] for one in found]
    words, caption = [case.say("sheet.why"), case.say("sheet.why_not")], case.say("sheet.why_caption")
    if len(found) == 1:
        yield Table(caption, words, [[pro[0], con[0]]], (0.56, 0.44))
        return
    labels = [case.label(one.option) for one in found]
    yield Table(caption, ["", *labels], [[words[0], *pro], [words[1], *con]], (0.14, 0.43, 0.43))


# --- what would change it ---------------------------------------------------------------------------------------------


def _what_settles(case: Case) -> Iterator[Block]:
    if case.row["state"] != "recommended":
        yield Heading(case.say("sheet.settle"))
        yield Points([*_deciding(case), *_missing(case)])
    if case.row["reason"] == "low_coverage":
        return
    changes = company.change_sentences(case.view, case.id)
    if changes or case.row["state"] == "recommended":
        yield Heading(case.say("sheet.changes"))
        yield Points(changes or [case.say("sheet.no_change")])


def _deciding(case: Case) -> list[str]:
    """Name the answer that sets the open options furthest apart."""
    criterion = company.settling_criterion(case.view, case.id)
    if not criterion:
        return []
    asked = case.view.rules[criterion]
    answer = company.answer_words(case.view, asked, company.answer_of(case.view, case.id, criterion))
    question = company.name_and_unit(asked, case.say.language)[0]
    return [case.say("sheet.settle_question", question=question, answer=answer)]


def _missing(case: Case) -> list[str]:
    """Return the questions of the form that have no answer, as they are put, and how many more the long form asks."""
    own, book = case.view.advice.answers.loc[case.id], case.firm.codebook
    lacking = [criterion for criterion in case.view.rules.criteria if pd.isna(own[criterion.id])]
    asked = [book[name] for c in lacking for name in (c.count or (c.item,))[:1] if name in book]
    words = [(item.stem or item.question).of(case.say.language) for item in asked[:_MOST_ASKED]]
    said = [case.say("sheet.settle_ask", question=question) for question in words]
    others = len(lacking) - len(asked)
    return [*said, case.say("sheet.settle_long", n=others)] if others else said
