"""The options side by side: what each calls for, what it gives, what it costs at which intensity, from the data files.

:func:`arrangements_table` is the table of the panorama and of the documentation; nothing here comes from a survey.
"""

from __future__ import annotations

import pandas as pd

from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.messages import Catalogue, catalogue
from cdo_analysis.reference import (
    Arrangement,
    Arrangements,
    Costs,
    load_arrangements,
    load_costs,
    yearly_cost,
)

COLUMNS = ("option", "budget", "rhythm", "needs", "gives", "risks", "cautions")
"""Columns of :func:`arrangements_table`."""


def arrangements_table(
    language: str = "fr", *, arrangements: Arrangements | None = None, costs: Costs | None = None
) -> pd.DataFrame:
    """Return the options side by side, in words.

    Parameters
    ----------
    language : {'fr', 'en'}
    arrangements, costs : optional
        Those of the package by default.

    Returns
    -------
    DataFrame of str
        A row an arrangement (index ``arrangement``), the columns of :data:`COLUMNS`.

    Examples
    --------
    >>> table = arrangements_table("en")
    >>> table.loc["external_adviser", ["budget", "rhythm"]].tolist()
    ['€20k to €72k', '2 to 5 days a month, for 6 to 12 months']
    """
    say, options = catalogue(language), arrangements or load_arrangements()
    prices = costs or load_costs()
    rows = {option.id: _row(say, option, prices) for option in options}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS)).rename_axis("arrangement")


def _row(say: Catalogue, option: Arrangement, costs: Costs) -> list[str]:
    lists = [[text.of(say.language) for text in texts] for texts in (option.gives, option.risks, option.cautions)]
    words = [". ".join(texts) + "." if texts else say("options.none") for texts in lists]
    return [
        option.label.of(say.language),
        cost_words(say, option, costs),
        rhythm_words(say, option),
        needs_words(say, option),
        *words,
    ]


def cost_words(say: Catalogue, option: Arrangement, costs: Costs) -> str:
    """Return the cost of a year as a range: "20 k€ à 72 k€"; what is already paid, or costs nothing, says so."""
    cost = yearly_cost(option, costs)
    if cost.high_keur == 0:
        return say("options.cost_none")
    low, high = say.numbers.money(cost.low_keur), say.numbers.money(cost.high_keur)
    return say("options.cost_paid" if cost.already_paid else "options.cost", low=low, high=high)


def rhythm_words(say: Catalogue, option: Arrangement) -> str:
    """Return the scope in time: days a month and months, "2 à 5 jours par mois, pendant 6 à 12 mois"."""
    low, high = option.cost.days_month
    if high == 0:
        return say("options.rhythm_none")
    days = _range_words(say, low, high)
    if "minimum_term_months" not in option.limits:
        return say("options.rhythm_lasting", days=days)
    ends = (option.limits[f"{end}_term_months"].value for end in ("minimum", "maximum"))
    return say("options.rhythm_term", days=days, months=_range_words(say, *ends))


def needs_words(say: Catalogue, option: Arrangement) -> str:
    """Return what must be there: budget, internal team, leader's time, how many sites one person can follow."""
    needs, number = option.needs, say.numbers.number
    said = []
    if needs["minimum_budget_keur"].value:
        said.append(say("options.need_budget", minimum=say.numbers.money(needs["minimum_budget_keur"].value)))
    if needs["minimum_web_team_fte"].value:
        said.append(say("options.need_team", minimum=number(needs["minimum_web_team_fte"].value)))
    if needs["minimum_leader_hours_week"].value:
        said.append(say("options.need_leader", minimum=number(needs["minimum_leader_hours_week"].value)))
    if "maximum_sites" in option.limits:
        said.append(say("options.need_sites", maximum=number(option.limits["maximum_sites"].value)))
    return " ".join(said) or say("options.none")


def _range_words(say: Catalogue, low: float, high: float) -> str:
    if low == high:
        return say("options.about", value=say.numbers.number(low))
    return say("label.range", low=say.numbers.number(low), high=say.numbers.number(high))


def options(view: View) -> Exhibit | None:
    """Return the options side by side as a piece of a report. None where nobody was asked how digital is led."""
    if not view.has_cdo:
        return None
    table = arrangements_table(view.language, arrangements=view.arrangements, costs=view.costs)
    shown = ["option", "budget", "rhythm", "needs"]
    header = [view.say(f"options.column_{name}") for name in shown]
    rows = table[shown].to_numpy().tolist()
    return view.exhibit(
        "options",
        view.say("options.title"),
        table=TableView(header, rows),
        paragraphs=[view.say("options.words")],
        notes=[(view.say("notes.source"), view.say("company.costs_source"))],
    )
