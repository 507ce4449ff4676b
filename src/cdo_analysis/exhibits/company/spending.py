"""What options cost: orders of magnitude a year, and from how many bought days on a post costs less."""

from __future__ import annotations

from cdo_analysis.exhibits.company.choice import options_in_set
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.reference import break_even_table, yearly_cost


def costs(view: View, company: str) -> Exhibit | None:
    """Return what each named option costs a year, as a range, and the break-even days of a post.

    All options, where the recommendation names none. None where nothing was asked.
    """
    if not view.has_cdo:
        return None
    named = options_in_set(view, company) or list(view.arrangements.ids)
    header = [view.say("label.option"), view.say("company.cost_year"), view.say("company.cost_paid")]
    return view.exhibit(
        "costs",
        view.say("company.costs_title"),
        table=TableView(header, [_cost_row(view, name) for name in named]),
        paragraphs=[view.say("company.costs_words"), _break_even(view)],
        notes=[(view.say("notes.source"), view.say("company.costs_source"))],
    )


def _cost_row(view: View, name: str) -> list[str]:
    cost = yearly_cost(view.arrangements[name], view.costs)
    low, high = view.numbers.money(cost.low_keur), view.numbers.money(cost.high_keur)
    nothing = cost.high_keur == 0
    amount = view.say("company.cost_nothing") if nothing else view.say("company.cost_range", low=low, high=high)
    return [view.option_label(name), amount, view.say("label.yes" if cost.already_paid else "label.no")]


def _break_even(view: View) -> str:
    table = break_even_table(view.costs)
    rates = list(table.columns)
    rate = rates[len(rates) // 2]
    said = []
    for salary, days in zip(table.index, table[rate], strict=True):
        fields = {"salary": view.numbers.money(float(salary)), "days": view.numbers.number(float(days))}
        said.append(view.say("company.break_even_part", **fields))
    return view.say("company.break_even", rate=view.numbers.number(float(rate)), listed=view.list_words(said))
