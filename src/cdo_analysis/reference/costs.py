"""What leading digital costs: salaries, day rates, break-even days, cost of a year of each arrangement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cdo_analysis.errors import UsageError, did_you_mean
from cdo_analysis.reference.arrangements import Arrangement, Arrangements
from cdo_analysis.reference.reading import Figure, Table, TomlFile
from cdo_analysis.resources import package_dir
from cdo_analysis.wording import Text

_REQUIRED = (
    "charges",
    "management_rate_low",
    "management_rate",
    "management_rate_high",
    "expert_rate_low",
    "expert_rate_high",
)


@dataclass(frozen=True)
class Cost:
    """One figure of ``costs.toml``: what it is called, and the figure."""

    id: str
    label: Text
    figure: Figure


@dataclass(frozen=True)
class Costs:
    """Salaries and day rates.

    Attributes
    ----------
    version, date : str
        Of the file.
    entries : tuple of Cost
        Every figure, in the order of the file.
    salary_grid : tuple of float
        Gross salaries (k€ a year) for which costs are printed, so that no single one decides the comparison.
    """

    version: str
    date: str
    entries: tuple[Cost, ...]
    salary_grid: tuple[float, ...]

    def __getitem__(self, name: str) -> Figure:
        for entry in self.entries:
            if entry.id == name:
                return entry.figure
        raise UsageError(f"no cost is called '{name}'{did_you_mean(name, [entry.id for entry in self.entries])}")

    @property
    def charges(self) -> float:
        """Cost to the employer of one euro of gross salary."""
        return self["charges"].value

    @property
    def day_rates(self) -> tuple[float, ...]:
        """Day rates (€ a day, excluding VAT) of a manager from outside: low, central, high."""
        return tuple(self[f"management_rate{end}"].value for end in ("_low", "", "_high"))

    def rate_range(self, kind: str) -> tuple[float, float]:
        """Return the lowest and highest day rate of a kind (``management`` or ``expert``), in € a day."""
        return self[f"{kind}_rate_low"].value, self[f"{kind}_rate_high"].value


@dataclass(frozen=True)
class CostRange:
    """Cost of a year, in k€: an order of magnitude, excluding VAT, recruitment, ramp-up and the leader's own time.

    Attributes
    ----------
    low_keur, high_keur : float
        Lightest form at the lowest prices, fullest form at the highest.
    already_paid : bool
        True where the cost is time that the company pays for today.
    """

    low_keur: float
    high_keur: float
    already_paid: bool


def load_costs(path: str | Path | None = None) -> Costs:
    """Load the salaries and day rates.

    Parameters
    ----------
    path : str or Path, optional
        A TOML file in the format of ``reference/costs.toml``, which is the default.

    Returns
    -------
    Costs

    Raises
    ------
    InputError
        In one sentence: the file, the table, what is wrong there and how to mend it.

    Examples
    --------
    >>> costs = load_costs()
    >>> costs.day_rates, costs.charges
    ((900.0, 1150.0, 1314.0), 1.45)
    """
    file = TomlFile(Path(path) if path else package_dir("reference") / "costs.toml")
    file.only(file.table, ("version", "date", "salary_grid", "cost"), "the file")
    entries = tuple(_entry(file, entry) for entry in file.need(file.table, "cost", "the file"))
    file.unique((entry.id for entry in entries), "[[cost]]")
    for name in _REQUIRED:
        if name not in [entry.id for entry in entries]:
            raise file.error("the file", f"has no [[cost]] '{name}'", "add it: costs are computed from it")
    return Costs(
        version=str(file.need(file.table, "version", "the file")),
        date=str(file.need(file.table, "date", "the file")),
        entries=entries,
        salary_grid=file.numbers(file.need(file.table, "salary_grid", "the file"), "salary_grid"),
    )


def loaded_cost(salary_keur: float, charges: float) -> float:
    """Return what a gross salary costs its employer (k€ a year).

    Examples
    --------
    >>> round(loaded_cost(120, 1.45), 1)
    174.0
    """
    return salary_keur * charges


def break_even_days(salary_keur: float, day_rate_eur: float, charges: float) -> float:
    """Return how many days a year bought outside cost as much as a post.

    Below that number of days, the days cost less than the post; above it, the post costs less. Recruitment, ramp-up
    and the failure of either are not counted.

    Parameters
    ----------
    salary_keur : float
        Gross salary, k€ a year.
    day_rate_eur : float
        Price of a day, €, excluding VAT.
    charges : float
        Cost to the employer of one euro of gross salary.

    Returns
    -------
    float
        Days a year.

    Examples
    --------
    >>> round(break_even_days(120, 1150, 1.45))
    151
    """
    return loaded_cost(salary_keur, charges) * 1000 / day_rate_eur


def break_even_table(costs: Costs) -> pd.DataFrame:
    """Return break-even days for every salary of the grid and every day rate.

    Returns
    -------
    DataFrame
        A row a gross salary (index ``salary_keur``), a column a day rate (€ a day, columns ``day_rate_eur``); days a
        year, not rounded.
    """
    days = {
        rate: [break_even_days(salary, rate, costs.charges) for salary in costs.salary_grid] for rate in costs.day_rates
    }
    table = pd.DataFrame(days, index=pd.Index(costs.salary_grid, name="salary_keur"))
    return table.rename_axis(columns="day_rate_eur")


DAYS_A_MONTH = (2, 4, 5, 8, 10)
"""Intensities for which the cost of days bought outside is printed."""


def intensity_table(costs: Costs, days_a_month: Sequence[float] = DAYS_A_MONTH) -> pd.DataFrame:
    """Return what days bought outside cost in a year, for several intensities and every day rate.

    Parameters
    ----------
    costs : Costs
    days_a_month : sequence of float
        Days bought in each month that is billed.

    Returns
    -------
    DataFrame
        A row an intensity (index ``days_month``), a column a day rate (€ a day, columns ``day_rate_eur``); k€ a year,
        excluding VAT, not rounded.

    Examples
    --------
    >>> intensity_table(load_costs(), [2, 10])[1150.0].tolist()
    [25.3, 126.5]
    """
    months = costs["months_worked"].value
    table = {rate: [days * months * rate / 1000 for days in days_a_month] for rate in costs.day_rates}
    index = pd.Index(days_a_month, name="days_month")
    return pd.DataFrame(table, index=index).rename_axis(columns="day_rate_eur")


def yearly_cost(
    arrangement: Arrangement, costs: Costs, *, salary_keur: float | None = None, days_year: float | None = None
) -> CostRange:
    """Return what a year of an arrangement costs, as a range.

    Parameters
    ----------
    arrangement : Arrangement
    costs : Costs
    salary_keur : float, optional
        Gross salary of the post (k€ a year); the ends of the grid by default.
    days_year : float, optional
        Days bought outside in the year; the lightest and the fullest form of the arrangement by default.

    Returns
    -------
    CostRange

    Examples
    --------
    >>> from cdo_analysis.reference import load_arrangements
    >>> adviser = load_arrangements()["external_adviser"]
    >>> cost = yearly_cost(adviser, load_costs(), days_year=44)
    >>> round(cost.low_keur, 1), round(cost.high_keur, 1)
    (39.6, 57.8)
    """
    recipe = arrangement.cost
    salaries = (
        (salary_keur, salary_keur) if salary_keur is not None else (min(costs.salary_grid), max(costs.salary_grid))
    )
    days = recipe.days_year if days_year is None else (days_year, days_year)
    rates = costs.rate_range(recipe.rate) if recipe.rate else (0.0, 0.0)
    low, high = (
        share * loaded_cost(salary, costs.charges) + day * rate / 1000
        for share, salary, day, rate in zip(recipe.post_share, salaries, days, rates, strict=True)
    )
    return CostRange(low, high, recipe.already_paid)


def cost_table(arrangements: Arrangements, costs: Costs) -> pd.DataFrame:
    """Return the cost of a year of every arrangement, for every salary of the grid where a salary is paid.

    Returns
    -------
    DataFrame
        A row an arrangement and a salary. Columns ``arrangement``, ``salary_keur`` (gross; NaN where no salary is
        paid), ``days_year_low``, ``days_year_high``, ``cost_low_keur``, ``cost_high_keur``, ``already_paid``.
    """
    rows = []
    for option in arrangements:
        for salary in costs.salary_grid if max(option.cost.post_share) > 0 else (None,):
            cost = yearly_cost(option, costs, salary_keur=salary)
            rows.append(
                {
                    "arrangement": option.id,
                    "salary_keur": float("nan") if salary is None else salary,
                    "days_year_low": option.cost.days_year[0],
                    "days_year_high": option.cost.days_year[1],
                    "cost_low_keur": cost.low_keur,
                    "cost_high_keur": cost.high_keur,
                    "already_paid": cost.already_paid,
                }
            )
    return pd.DataFrame(rows)


def _entry(file: TomlFile, entry: Table) -> Cost:
    where = f"[[cost]] '{entry.get('id', '?')}'"
    file.only(entry, ("id", "label", "value", "unit", "date", "source", "status", "primary"), where)
    figure = {key: value for key, value in entry.items() if key not in ("id", "label")}
    label = file.wording(file.need(entry, "label", where), where)
    return Cost(str(file.need(entry, "id", where)), label, file.figure(figure, where))
