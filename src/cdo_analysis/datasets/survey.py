"""A survey of the synthetic population: who is asked, who answers, which questions they pass over."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Codebook, Item
from cdo_analysis.datasets.planted import planted, planted_codebook
from cdo_analysis.datasets.population import Population, blank_unasked
from cdo_analysis.errors import UsageError

Nonresponse = Literal["design", "maturity"]


def draw_survey(
    population: Population,
    n: int,
    *,
    nonresponse: Nonresponse = "design",
    random_state: int | np.random.Generator | None = 0,
) -> Population:
    """Draw `n` respondents, with the gaps that their answers would have.

    Firms are sampled in strata of headcount; the larger ones are oversampled (allocation to the square root of the
    stratum). Within a stratum, who answers depends on the size and the sector and, where asked for, on maturity.
    ``design_weight`` makes up for the sampling and for the response rate of the size and sector, never for maturity,
    as an institute that knows the response rates of its last waves would do. It sums to the population.

    Parameters
    ----------
    population : Population
        Of :func:`make_population`.
    n : int
        Respondents wanted, at most the size of the population.
    nonresponse : {'design', 'maturity'}
        ``design``: the weights repair the non-response; ``maturity``: digital firms answer more, and no weight
        built from size, sector and region repairs that.
    random_state : int, Generator or None
        Seed; same seed, same survey.

    Returns
    -------
    Population
        The answers of the respondents (in the order of their answers; "don't know", "refused", questions passed
        over, and questionnaires given up before the end), their truth, and the margins of the whole population.

    Raises
    ------
    UsageError
        Where `n` is not between 1 and the size of the population, or `nonresponse` is neither word.

    Examples
    --------
    >>> from cdo_analysis.datasets import make_population
    >>> survey = draw_survey(make_population(2_000, random_state=1), 200, random_state=1)
    >>> len(survey.answers), round(survey.answers["design_weight"].astype(float).sum())
    (200, 2000)
    """
    if nonresponse not in get_args(Nonresponse):
        raise UsageError(f"nonresponse is {nonresponse!r}; use one of {', '.join(get_args(Nonresponse))}.")
    if not 1 <= n <= len(population.answers):
        raise UsageError(f"n is {n}; ask for 1 to {len(population.answers)} respondents, or for a larger population.")
    rng = np.random.default_rng(random_state)
    known = _response_rate(population)
    rate = (
        known * np.exp(planted()["response"]["maturity"] * population.truth["theta"])
        if nonresponse == "maturity"
        else known
    )
    strata = population.answers[planted_codebook().roles.stratum]
    chosen, weights = _sample(strata, n, known=known, rate=rate, rng=rng)
    answers = population.answers.iloc[chosen].assign(**{planted_codebook().roles.weight: weights.round(4)})
    order = np.argsort(answers["started_at"].to_numpy(), kind="stable")
    answers = answers.iloc[order]
    return replace(
        population,
        answers=_leave_gaps(answers, planted_codebook(), rng),
        truth=population.truth.loc[answers.index],
    )


def _response_rate(population: Population) -> pd.Series:
    """Return the response rate that the size and the sector lead one to expect."""
    law = planted()["response"]
    sector = population.answers["sector"].map(law["sector"]).astype(float)
    rate = law["base"] * np.exp(law["size"] * np.log(population.answers["headcount"] / 10) + sector)
    return rate.clip(upper=1.0)


def _sample(
    strata: pd.Series, n: int, *, known: pd.Series, rate: pd.Series, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of `n` respondents and their design weights.

    In a stratum, firms answer in the order of exponential clocks that run at their response rate: the first ones are
    the respondents.
    """
    clocks = rng.exponential(size=len(strata)) / rate.to_numpy()
    wanted = _allocate(strata.value_counts(sort=False), n)
    chosen, weights = [], []
    for stratum, count in wanted.items():
        members = np.flatnonzero((strata == stratum).to_numpy())
        first = members[np.argsort(clocks[members], kind="stable")[:count]]
        weight = 1.0 / known.to_numpy()[first]
        chosen.append(first)
        weights.append(weight / weight.sum() * len(members))
    return np.concatenate(chosen), np.concatenate(weights)


def _allocate(sizes: pd.Series, n: int) -> pd.Series:
    """Share `n` among strata in proportion to the square root of their sizes, none above its size.

    Examples
    --------
    >>> _allocate(pd.Series({"small": 900, "large": 100, "rare": 1}), 41).to_dict()
    {'small': 30, 'large': 10, 'rare': 1}
    """
    wanted = pd.Series(0, index=sizes.index)
    while wanted.sum() < n:
        room = sizes[wanted < sizes] ** 0.5
        ideal = room / room.sum() * (n - wanted.sum())
        more = np.floor(ideal).astype(int)
        if not more.any():
            more.loc[ideal.idxmax()] = 1
        wanted = (wanted + more.reindex(sizes.index, fill_value=0)).clip(upper=sizes)
    return wanted


# --- gaps -----------------------------------------------------------------------------------------------------


def _leave_gaps(answers: pd.DataFrame, book: Codebook, rng: np.random.Generator) -> pd.DataFrame:
    """Replace answers by "don't know", "refused" and blanks, at the rates of ``[gaps]``."""
    rates = planted()["gaps"]
    gappy = answers.copy()
    passed_over: dict[str, np.ndarray] = {}
    for item in book:
        if item.name in rates["never"]:
            continue
        unit = item.block if item.tick else item.name  # a tick list is passed over as a whole
        if unit not in passed_over:
            passed_over[unit] = rng.random(len(answers)) < rates["passed_over"]
        blank = passed_over[unit]
        if item.kind == "number":
            blank = blank | (rng.random(len(answers)) < rates["money" if item.unit == "keur" else "number"])
        column = _say_dont_know(gappy[item.name], item, rng) if item.kind == "choice" else gappy[item.name]
        gappy[item.name] = column.mask(blank)
    return blank_unasked(_give_up(gappy, book, rng), book)


def _say_dont_know(column: pd.Series, item: Item, rng: np.random.Generator) -> pd.Series:
    rates, draw = planted()["gaps"], rng.random(len(column))
    start = 0.0
    for answer in item.answers:
        if answer.missing in ("dont_know", "refused"):
            says = (draw >= start) & (draw < start + rates[answer.missing]) & column.notna().to_numpy()
            column = column.mask(says, answer.code)
            start += rates[answer.missing]
    return column


def _give_up(answers: pd.DataFrame, book: Codebook, rng: np.random.Generator) -> pd.DataFrame:
    """Blank everything from the screen where a few respondents stop; a list of questions is one screen."""
    rates = planted()["gaps"]
    asked = [item for item in book if item.name not in rates["never"]]
    screens = list(dict.fromkeys(item.block for item in asked))
    left = answers.copy()
    for row in np.flatnonzero(rng.random(len(answers)) < rates["given_up"]):
        unseen = screens[int(rng.integers(len(screens) // 8, len(screens))) :]
        gone = [*(item.name for item in asked if item.block in unseen), *rates["of_the_end"]]
        left.iloc[int(row), left.columns.get_indexer(pd.Index(gone))] = None
    return left
