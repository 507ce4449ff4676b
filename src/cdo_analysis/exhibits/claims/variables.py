"""A variable of ``claims.toml``, read in the answers of a study."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdo_analysis.exhibits.study_view import View
from cdo_analysis.reference import Variable

_ARRANGEMENT = "arrangement"
_DAYS_A_YEAR = 365.25


def was_asked(view: View, variable: Variable) -> bool:
    """Tell whether the study holds all that a variable is made from."""
    if variable.band:
        return view.study.has("bands") and variable.band in view.study.table("bands")
    return all(_holds(view, name) for name in variable.items)


def _holds(view: View, name: str) -> bool:
    if name == _ARRANGEMENT:
        return view.study.has("arrangements")
    return name in view.responses


def measure(view: View, variable: Variable) -> pd.Series:
    """Return a variable for each respondent.

    Returns
    -------
    Series
        Numbers (1 and 0 for a condition), or text for a variable without codes, bounds or values; missing where the
        answer is.
    """
    if variable.band:
        return view.study.column("bands", variable.band).astype("str")
    if variable.count:
        return _counted(view, variable)
    if variable.since:
        elapsed = pd.to_datetime(view.responses[variable.until]) - pd.to_datetime(view.responses[variable.since])
        years = elapsed.dt.days / _DAYS_A_YEAR
        return years.where(years >= 0)
    answers = _answers(view, variable.item)
    if variable.codes:
        return answers.isin(variable.codes).astype(float).where(answers.notna())
    if variable.groups:
        return answers.map(view.arrangements.parent_of)
    return _numbers(view, variable, answers)


def measure_groups(view: View, variable: Variable) -> pd.Series:
    """Return the category of each respondent, for an association."""
    if variable.codes or variable.groups or variable.band:
        return measure(view, variable).astype("str").where(lambda s: s.ne("nan"))
    return _answers(view, variable.item)


def _answers(view: View, name: str) -> pd.Series:
    return view.study.column("arrangements", "today") if name == _ARRANGEMENT else view.responses[name]


def _numbers(view: View, variable: Variable, answers: pd.Series) -> pd.Series:
    values = _values(view, variable.item, answers)
    if variable.minus:
        return values - _values(view, variable.minus, view.responses[variable.minus])
    if variable.under_need:
        option, need = variable.under_need
        return values.lt(view.arrangements[option].needs[need].value).astype(float).where(values.notna())
    return _reached(values, variable.at_least)


def _values(view: View, name: str, answers: pd.Series) -> pd.Series:
    item = view.book[name]
    return pd.to_numeric(answers) if item.kind == "number" else answers.map(item.values).astype(float)


def _counted(view: View, variable: Variable) -> pd.Series:
    ticked = view.responses[list(variable.count)]
    total = (ticked == "1").sum(axis=1).astype(float).where(ticked.notna().all(axis=1), np.nan)
    return _reached(total, variable.at_least)


def _reached(values: pd.Series, at_least: float | None) -> pd.Series:
    if at_least is None:
        return values
    return values.ge(at_least).astype(float).where(values.notna())
