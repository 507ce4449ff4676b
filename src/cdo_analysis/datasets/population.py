"""A synthetic population of French PME and ETI, with what is true of each firm beside what it would answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Codebook, Item
from cdo_analysis.datasets.agreement import settle_after, settle_before
from cdo_analysis.datasets.answers import AnswerSheet
from cdo_analysis.datasets.field import field_work
from cdo_analysis.datasets.firms import draw_firms
from cdo_analysis.datasets.leadership import (
    choose_arrangements,
    expected_outcomes,
    fit_features,
    lead_digital,
    planted_benefits,
)
from cdo_analysis.datasets.planted import planted, planted_codebook, text_of
from cdo_analysis.datasets.traits import draw_traits
from cdo_analysis.errors import UsageError

MARGIN_VARIABLES = ("size_category", "sector", "region")


@dataclass(frozen=True, eq=False, repr=False)
class Population:
    """Synthetic firms: what they answer, what is true of them, how many they are.

    Attributes
    ----------
    answers : DataFrame
        Index: respondent (SIREN, as text). A column an item of the codebook: a choice as its code, a number as a
        float in the unit of the item, a date as a datetime, the rest as text; NaN where the item was not asked.
    truth : DataFrame
        Same index. ``profile`` (0, the least mature, to 3), ``theta`` (general factor), ``front`` (customer-facing
        against process-oriented), ``trait_<dimension>``, ``size_category`` (``pme`` or ``eti``),
        ``arrangement`` (in place), ``best_arrangement``, ``benefit_<arrangement>`` (points of objectives reached),
        ``outcome_<arrangement>`` (mean of objectives_reached, 0 to 10, under each arrangement).
    margins : DataFrame
        Columns variable, category, population (number of firms), source, year, unit: totals of the whole population.
    """

    answers: pd.DataFrame
    truth: pd.DataFrame
    margins: pd.DataFrame

    def __repr__(self) -> str:
        return f"<Population of {len(self.answers)} synthetic firms, {self.answers.shape[1]} items>"


def make_population(n: int = 100_000, *, random_state: int | np.random.Generator | None = 0) -> Population:
    """Make a population of `n` synthetic firms of 10 to 4,999 persons, and its truth.

    Sizes follow the published headcount bands; a few uses of digital follow published shares; all else is
    assumption or made up, and ``planted.toml`` says which is which. Four profiles are planted on one dominant factor
    of maturity, the two in the middle crossing. The arrangement in place was chosen for reasons of means and
    imitation; the best one follows a law of our own making (:mod:`cdo_analysis.datasets.leadership`). Nothing here
    is evidence about real firms.

    Parameters
    ----------
    n : int
        Number of firms, from 100 to 5,000,000.
    random_state : int, Generator or None
        Seed; same seed, same population.

    Returns
    -------
    Population
        Everybody answers everything that is asked; :func:`draw_survey` makes respondents of them.

    Raises
    ------
    UsageError
        Where `n` is out of range.

    Examples
    --------
    >>> population = make_population(500, random_state=1)
    >>> population
    <Population of 500 synthetic firms, 226 items>
    >>> sorted(population.truth["profile"].unique().tolist())
    [0, 1, 2, 3]
    """
    if not 100 <= n <= 5_000_000:
        raise UsageError(f"n is {n}; ask for 100 to 5,000,000 firms.")
    book = planted_codebook()
    of_firms, of_traits, of_answers, of_choice, of_field = np.random.default_rng(random_state).spawn(5)
    firms = draw_firms(n, of_firms)
    traits = draw_traits(firms, (d.id for d in book.dimensions), of_traits)
    known = traits.assign(size_class=firms["size_class"], age=firms["age"])
    sheet = AnswerSheet(book, known, of_answers)
    sheet.draw(after=False)
    settle_before(sheet, of_answers)
    sheet.know(fit_features(sheet))
    benefits = planted_benefits(sheet)
    outcomes = expected_outcomes(sheet, benefits)
    chosen = choose_arrangements(sheet, firms["sector"].to_numpy(), of_choice)
    lead_digital(sheet, chosen, benefits, outcomes, rng=of_choice)
    sheet.draw(after=True)
    settle_after(sheet, of_choice)
    sheet.close_batteries()
    answers = _answer_frame(sheet, firms, of_field)
    return Population(answers, _truth(firms, traits, benefits, outcomes, chosen), _count_margins(firms))


def blank_unasked(answers: pd.DataFrame, book: Codebook) -> pd.DataFrame:
    """Return `answers` without those to questions that the routing did not ask."""
    asked = answers.copy()
    for item in book:
        for condition in item.asked_if:
            asked[item.name] = asked[item.name].where(asked[condition.item].isin(condition.codes))
    return asked


def _answer_frame(sheet: AnswerSheet, firms: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    columns = {name: firms[name] for name in firms.columns if name in sheet.book}
    columns |= {name: _coded(sheet.book[name], drawn, firms.index) for name, drawn in sheet.columns.items()}
    columns |= field_work(pd.DataFrame(columns, index=firms.index), rng)
    answers = pd.DataFrame({item.name: columns[item.name] for item in sheet.book}, index=firms.index)
    return blank_unasked(_without_past(answers, sheet.book), sheet.book)


def _coded(item: Item, drawn: np.ndarray, index: pd.Index) -> pd.Series:
    if item.kind == "choice":
        return text_of(item.codes, drawn).set_axis(index)
    return pd.Series(drawn, index=index)


def _without_past(answers: pd.DataFrame, book: Codebook) -> pd.DataFrame:
    """Firms founded since 2024 had no state of digital then, and no turnover in 2023."""
    young = answers["founding_year"] >= 2024
    past = [item for item in book if item.name.startswith("then_")]
    codes = {item.name: next((a.code for a in item.answers if a.missing == "not_applicable"), np.nan) for item in past}
    changes = {name: answers[name].mask(young, code) for name, code in codes.items()}
    return answers.assign(**changes, web_share_before=answers["web_share_before"].mask(young))


def _truth(
    firms: pd.DataFrame, traits: pd.DataFrame, benefits: pd.DataFrame, outcomes: pd.DataFrame, chosen: np.ndarray
) -> pd.DataFrame:
    dimensions = [d.id for d in planted_codebook().dimensions]
    ids = list(benefits.columns)
    truth = traits[["profile", "theta", "front"]].join(traits[dimensions].add_prefix("trait_"))
    truth["size_category"] = firms["size_category"]
    truth["arrangement"] = text_of(ids, chosen).to_numpy()
    truth["best_arrangement"] = text_of(ids, benefits.to_numpy().argmax(axis=1)).to_numpy()
    numbers = [benefits.add_prefix("benefit_"), outcomes.add_prefix("outcome_")]
    return truth.join([frame.set_axis(firms.index) for frame in numbers])


def _count_margins(firms: pd.DataFrame) -> pd.DataFrame:
    """Return the totals of the population by the variables that a tidy survey has too, rare categories merged."""
    parts = []
    merged = {code: group for group in planted()["margins"]["merged_regions"] for code in group.split("+")}
    for variable in MARGIN_VARIABLES:
        categories = firms[variable].replace(merged) if variable == "region" else firms[variable]
        counts = categories.value_counts().sort_index()
        parts.append(pd.DataFrame({"variable": variable, "category": counts.index, "population": counts.to_numpy()}))
    return pd.concat(parts, ignore_index=True).assign(source="synthetic population", year=2026, unit="legal_unit")
