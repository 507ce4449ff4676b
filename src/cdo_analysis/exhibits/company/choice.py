"""One company and what is recommended to it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from cdo_analysis.cdo import answer_text
from cdo_analysis.cdo.reasons import measured_weights
from cdo_analysis.errors import UsageError, did_you_mean
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.reference import Criterion, Language

_WITH_UNIT = re.compile(r"^(?P<name>.*) \((?P<unit>[^)]*)\)$")
_THOUSAND = 1_000
_EQUAL = 1e-9
_KEUR = "k€"
_SCALE = re.compile(r"^\d+ (?:à|to) (?P<top>\d+)$")
_SINGULAR = {"fr": ("heures", "heure", 2.0), "en": ("hours", "hour", 1.0 + 1e-9)}


def name_of(view: View, company: str) -> str:
    """Return how a company is called in its own report: its name where it gave one, else its identifier."""
    role = view.book.roles.company_name
    name = view.responses.at[company, role] if role and company in view.responses.index else None
    return str(name) if isinstance(name, str) and name.strip() else company


def recommendation_to(view: View, company: str) -> dict[str, Any]:
    """Return what is recommended to a company: the columns of :class:`~cdo_analysis.cdo.Recommendation`.

    Raises
    ------
    UsageError
        The study has no such company.
    """
    table = view.study.table("recommendation")
    if company not in table.index:
        raise UsageError(f"the study has no company '{company}'{did_you_mean(company, table.index)}")
    return {str(name): value for name, value in table.loc[company].items()}


def options_in_set(view: View, company: str) -> list[str]:
    """Return the arrangements that the recommendation names: one, two, or none."""
    row = recommendation_to(view, company)
    if row["state"] == "abstained":
        return []
    return [name for name in (row["first"], row["second"])[: int(row["n_options"])] if name]


def options_open(view: View, company: str) -> list[str]:
    """Return the arrangements that are worth talking of, the first placed first.

    Those that the recommendation names; where it abstains between several, all of them; none where too little was
    answered or nothing is within reach.
    """
    named = options_in_set(view, company)
    if named or recommendation_to(view, company)["reason"] != "three_or_more_options":
        return named
    table = view.study.table("recommendation_options")
    return table.loc[table["respondent"].eq(company) & table["in_set"], "arrangement"].tolist()


def first_shares(view: View, company: str) -> pd.Series:
    """Return the share of the weights under which each arrangement ranks first, to whole percents that add up to 100.

    What is printed in sentences, figures and tables, so that they agree.
    """
    return whole_percents(pd.Series(view.advice.acceptability.loc[company], dtype="float64"))


def whole_percents(shares: pd.Series) -> pd.Series:
    """Return shares that add up to 1 to whole percents that still do: the largest remainders are rounded up.

    Examples
    --------
    >>> whole_percents(pd.Series({"a": 0.565, "b": 0.435})).tolist()
    [0.57, 0.43]
    """
    hundredths = shares.to_numpy() * 100
    whole = np.floor(hundredths + _EQUAL)
    missing = round(hundredths.sum()) - int(whole.sum())
    whole[np.argsort(np.round(whole - hundredths, 6), kind="stable")[:missing]] += 1
    return pd.Series(whole / 100, index=shares.index)


def settling_criterion(view: View, company: str) -> str:
    """Return the criterion whose answer sets the open options furthest apart, at the central weights; empty where none.

    The one that the recommendation names, where two options are close.
    """
    row, names = recommendation_to(view, company), options_open(view, company)
    if row["deciding"] or len(names) < 2:
        return str(row["deciding"])
    place = view.advice.answers.index.get_loc(company)
    columns = view.advice.feasible.columns.get_indexer(pd.Index(names))
    table = view.advice.suitability[place][:, columns]
    spread = pd.Series(table.max(axis=1) - table.min(axis=1), index=view.rules.ids)
    weighed = (spread * measured_weights(view.advice, view.rules)[place]).fillna(0.0)
    return str(weighed.idxmax()) if weighed.max() > 0 else ""


def answer_of(view: View, company: str, criterion: str) -> float | str | None:
    """Return what a company answered to a criterion; None where it did not, or nothing was asked."""
    if criterion not in view.rules.ids:
        return None
    answer: Any = view.advice.answers.loc[company].to_dict()[criterion]
    if pd.isna(answer):
        return None
    return answer if isinstance(answer, str) else float(answer)


def name_and_unit(criterion: Criterion, language: Language) -> tuple[str, str]:
    """Return what a criterion is called and its unit: ("Équipe web ou numérique", "ETP"); no unit where it has none."""
    label = criterion.label.of(language)
    found = _WITH_UNIT.match(label)
    return (found["name"], found["unit"]) if found else (label, "")


def answer_words(view: View, criterion: Criterion, answer: float | str | None) -> str:
    """Return an answer with its unit: "21 k€ par an", "1 sur 5", "ponctuel"; large numbers with their spaces."""
    _, unit = name_and_unit(criterion, view.language)
    said = amount_words(view, criterion, answer)
    if answer is None or not unit:
        return said
    if view.language == "en" and unit.startswith(_KEUR):
        return f"{said}{unit.removeprefix(_KEUR)}"
    scale = _SCALE.match(unit)
    if scale:
        return view.say("company.of_scale", answer=said, top=scale["top"])
    many, one, limit = _SINGULAR[view.language]
    if isinstance(answer, float) and abs(answer) < limit:
        unit = unit.replace(many, one, 1)
    return f"{said} {unit}"


def amount_words(view: View, criterion: Criterion, answer: float | str | None) -> str:
    """Return an answer without its unit, but for an amount in English, where the currency goes before: "€21k"."""
    said, (_, unit) = number_words(view, criterion, answer), name_and_unit(criterion, view.language)
    return f"€{said}k" if view.language == "en" and unit.startswith(_KEUR) and answer is not None else said


def number_words(view: View, criterion: Criterion, answer: float | str | None) -> str:
    """Return an answer without its unit; thousands are set apart as the language has them."""
    if isinstance(answer, float) and abs(answer) >= _THOUSAND:
        return view.numbers.number(answer)
    return answer_text(criterion, answer, view.language)
