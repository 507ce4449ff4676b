"""In practice: what each open option costs a year, at which rhythm, what the company's budget pays, how to begin."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from cdo_analysis.exhibits.company.choice import answer_of, options_in_set, options_open, recommendation_to
from cdo_analysis.exhibits.company.expertise import expertise_sentences
from cdo_analysis.exhibits.exhibit import Card, Exhibit, TableView
from cdo_analysis.exhibits.options import cost_words, rhythm_words
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.reference import break_even_table

BUDGET = "cdo_budget_keur"
"""The criterion that holds what the company could devote to leading digital, in k€ a year."""


_MONTHS = 12.0


@dataclass(frozen=True)
class Plan:
    """One option in practice, as words.

    Attributes
    ----------
    option : str
        Arrangement.
    cost, rhythm : str
        Of a year, as a range; days a month and months.
    budget : str
        What the company's own budget pays of it; empty where that says nothing.
    steps : tuple of str
        First steps.
    """

    option: str
    cost: str
    rhythm: str
    budget: str
    steps: tuple[str, ...]


def plan_for(view: View, company: str, option: str) -> Plan:
    """Return an option in practice for a company."""
    about = view.arrangements[option]
    return Plan(
        option=option,
        cost=cost_words(view.say, about, view.costs),
        rhythm=rhythm_words(view.say, about),
        budget=_budget_words(view, company, option),
        steps=tuple(text.of(view.language) for text in about.first_steps),
    )


def plan_sentences(view: View, company: str) -> tuple[str, ...]:
    """Return what each named option costs a year, how many days a month and how long, a sentence an option."""
    said = []
    for name in options_in_set(view, company):
        plan = plan_for(view, company, name)
        fields = {"option": view.option_label(name), "cost": plan.cost, "rhythm": plan.rhythm, "budget": plan.budget}
        said.append(view.say("company.plan_none" if plan.rhythm == "-" else "company.plan", **fields))
        if plan.budget:
            said[-1] += " " + view.say("company.plan_budget", budget=plan.budget)
    return tuple(said)


def costs(view: View, company: str) -> Exhibit | None:
    """Return what each open option costs a year, its rhythm, and what the company's budget pays of it.

    All options, where none is open. None where nothing was asked.
    """
    if not view.has_cdo:
        return None
    names = options_open(view, company) or list(view.arrangements.ids)
    plans = [plan_for(view, company, name) for name in names]
    rows = [[view.option_label(plan.option), plan.cost, plan.rhythm, plan.budget or "-"] for plan in plans]
    header = [view.say("label.option"), *(view.say(f"company.cost_{name}") for name in ("year", "rhythm", "budget"))]
    return view.exhibit(
        "costs",
        view.say("company.costs_title"),
        table=TableView(header, rows),
        paragraphs=[view.say("company.costs_words"), *_break_even(view, names)],
        notes=[(view.say("notes.source"), view.say("company.costs_source"))],
    )


def steps(view: View, company: str) -> Exhibit | None:
    """Return how to begin: scope, first steps of each open option, missing expertise.

    None where nothing was asked, or no option is open.
    """
    names = options_open(view, company) if view.has_cdo else []
    if not names:
        return None
    cards = [
        Card(view.option_label(plan.option), plan.rhythm if plan.rhythm != "-" else plan.cost, plan.steps)
        for plan in (plan_for(view, company, name) for name in names)
    ]
    bullets = [*scope_sentences(view, company), *expertise_sentences(view, company)]
    return view.exhibit("steps", view.say("company.steps_title"), cards=cards, bullets=bullets)


def scope_sentences(view: View, company: str) -> tuple[str, ...]:
    """Return what the mission would cover, from the company's own answers: first goal, departments, projects."""
    said = []
    goal = _answer_label(view, "goal_first", answer_of(view, company, "goal_first"))
    if goal:
        said.append(view.say("company.scope_goal", goal=goal))
    counts = {name: answer_of(view, company, name) for name in ("departments_involved", "projects_count")}
    numbers = {name: view.numbers.number(count) for name, count in counts.items() if isinstance(count, float)}
    if len(numbers) == len(counts):
        said.append(view.say("company.scope_counts", **numbers))
    return tuple(said)


def sequence_sentences(view: View, company: str) -> tuple[str, ...]:
    """Return the two options one after the other, with the condition of the hand-over; empty where none follows."""
    row = recommendation_to(view, company)
    for sequence in view.rules.sequences:
        if sequence.id == row["sequence"]:
            order = {name: view.option_label(row[f"sequence_{name}"]) for name in ("first", "then")}
            order["months"] = view.numbers.number(sequence.months)
            return (view.say("company.sequence", **order), sequence.handover.of(view.language))
    return ()


def _answer_label(view: View, criterion: str, answer: object) -> str:
    if not isinstance(answer, str):
        return ""
    asked = view.rules[criterion]
    labels = {str(point): label for point, label in zip(asked.points, asked.labels, strict=False)}
    return labels[answer].of(view.language) if answer in labels else ""


def _budget_words(view: View, company: str, option: str) -> str:
    """Say what the company's budget pays of an option: days a month, months, or a salary; at most its fullest form."""
    recipe, budget = view.arrangements[option].cost, answer_of(view, company, BUDGET)
    needed = view.arrangements[option].needs["minimum_budget_keur"].value
    if not isinstance(budget, float) or needed == 0 or budget < needed:
        return ""
    if recipe.post_share[0] > 0:
        return _salary_words(view, option, budget)
    if recipe.days_month[1] == 0:  # a study that an earlier version fitted does not say
        return ""
    low_rate, high_rate = view.costs.rate_range(recipe.rate)
    if recipe.days_month[0] == recipe.days_month[1]:  # full time: a budget pays months
        days = recipe.days_month[0]
        ends = [min(budget * 1000 / rate / days, _MONTHS) for rate in (high_rate, low_rate)]
        return view.say("company.budget_months", **_whole_range(view, ends))
    months = view.costs["months_worked"].value
    ends = [min(budget * 1000 / rate / months, recipe.days_month[1]) for rate in (high_rate, low_rate)]
    return view.say("company.budget_days", **_whole_range(view, ends))


def _salary_words(view: View, option: str, budget: float) -> str:
    """Say which gross salary a budget pays, once the fewest expert days are bought; at most the highest of the grid."""
    recipe = view.arrangements[option].cost
    experts = recipe.days_year[0] * view.costs.rate_range(recipe.rate)[0] / 1000 if recipe.rate else 0.0
    salary, highest = (budget - experts) / view.costs.charges, max(view.costs.salary_grid)
    key = "company.budget_salary" if salary <= highest else "company.budget_salary_all"
    return view.say(key, salary=view.numbers.money(floor(min(salary, highest))))


def _whole_range(view: View, ends: list[float]) -> dict[str, str]:
    """Return a range of days or months in words, to half a unit at the low end and rounded down."""
    low, high = (floor(end * 2) / 2 for end in ends)
    written = [view.numbers.number(end, 0 if end == int(end) else 1) for end in dict.fromkeys((low, high))]
    words = written[0] if len(written) == 1 else view.say("label.range", low=written[0], high=written[1])
    return {"range": words}


def _break_even(view: View, names: list[str]) -> list[str]:
    """Say from how many bought days on a post costs less, where a post and bought days are both in question."""
    recipes = [view.arrangements[name].cost for name in names]
    posts = any(recipe.post_share[0] > 0 and not recipe.already_paid for recipe in recipes)
    if not posts or not any(recipe.rate == "management" for recipe in recipes):
        return []
    table = break_even_table(view.costs)
    rates = list(table.columns)
    rate = rates[len(rates) // 2]
    days = view.list_words([view.numbers.number(float(value)) for value in table[rate]])
    salaries = view.list_words([view.numbers.number(float(salary)) for salary in table.index])
    return [view.say("company.break_even", rate=view.numbers.number(float(rate)), days=days, salaries=salaries)]
