"""The stages in their order, on frames in memory: what :func:`analyse` runs, and nothing else knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from cdo_analysis.cdo import CdoColumns, CdoFit, fit_cdo
from cdo_analysis.codebook import Codebook
from cdo_analysis.intake import Survey
from cdo_analysis.maturity import MaturityScores, item_statistics, reliability, score_correlations, score_maturity
from cdo_analysis.pipeline.diagnostics import diagnose, trimming_cost
from cdo_analysis.pipeline.typology import Typology, TypologyOptions, dimensions_of, find_typology
from cdo_analysis.pipeline.weights import keep_respondents, name_sources, weigh
from cdo_analysis.profiles import Profiles
from cdo_analysis.progress import progress
from cdo_analysis.reference import load_arrangements, load_rules, read_expert_weights
from cdo_analysis.showing import Shown
from cdo_analysis.weighting import Weighting, check_units, margins_unit

SEED = 2026

_RuleFiles = tuple[str | Path | None, str | Path | None]
"""The file of expert rules, and that of the weights of experts; None for those of the package, for no expert."""


@dataclass(frozen=True, repr=False)
class Analysis(Shown):
    """What each stage produced.

    Attributes
    ----------
    survey : Survey
        The respondents in scope.
    weights : Series of float
        Mean 1, indexed like the responses.
    weighting : Weighting
        How the weights came about, and the design that errors need; no calibration where no margins were given.
    scores : MaturityScores
    reliability, items, correlations : DataFrame
        Diagnostics of the scales.
    diagnostics : mapping of str to DataFrame
        How far the scores can be trusted: see :mod:`cdo_analysis.pipeline.diagnostics`.
    typology : Typology or None
        None where the codebook has no score, or too few companies answered.
    cdo : CdoFit or None
        None where the codebook does not ask how digital is led.
    options : mapping
        What was chosen: seed, note, margins, rules.
    """

    survey: Survey
    weights: pd.Series
    weighting: Weighting
    scores: MaturityScores
    reliability: pd.DataFrame
    items: pd.DataFrame
    correlations: pd.DataFrame
    diagnostics: Mapping[str, pd.DataFrame]
    typology: Typology | None
    cdo: CdoFit | None
    options: Mapping[str, Any]

    @property
    def profiles(self) -> Profiles | None:
        """The profiles of the typology."""
        return self.typology.profiles if self.typology else None


def analyse(
    survey: Survey,
    *,
    margins: pd.DataFrame | None = None,
    other_unit: bool = False,
    rules: str | Path | None = None,
    experts: str | Path | None = None,
    typology: TypologyOptions | None = None,
    note: str = "",
    seed: int = SEED,
) -> Analysis:
    """Run every stage once on a tidy survey.

    Parameters
    ----------
    survey : Survey
    margins : DataFrame, optional
        Population totals (variable, category, population) that the weights must meet.
    other_unit : bool
        True: margins that count another unit (enterprises of the LME) than respondents answer for (SIREN) are accepted.
    rules : str or Path, optional
        TOML of expert rules; those of the package by default.
    experts : str or Path, optional
        CSV or TOML of the weights that experts give to their criteria: see
        :func:`~cdo_analysis.reference.read_expert_weights`. By default, all weights are as likely.
    typology : TypologyOptions, optional
        Names of the profiles, reference study, bootstrap likelihood-ratio tests.
    note : str
        A sentence that every report prints at its head.
    seed : int
        Seed of everything random.

    Returns
    -------
    Analysis
    """
    if margins is not None:
        check_units(margins, survey.codebook.weighting.unit, accept_other=other_unit)
    # One thread: the same result whatever the number of cores.
    with threadpool_limits(1), progress("analysing the survey") as step:
        step("weights")
        weighting = weigh(survey, margins)
        weights = (weighting.weights / weighting.weights.mean()).rename("weight")
        drawn, survey = survey, keep_respondents(survey, weighting)
        book, responses = survey.codebook, survey.responses
        step("scores")
        scores = score_maturity(responses, book)
        trimmed = trimming_cost(drawn, scores, weighting, margins)
        diagnostics = diagnose(survey, scores, weighting.design, seed=seed) | trimmed
        step("typology")
        chosen = typology or TypologyOptions()
        found = find_typology(survey, scores, weights, options=chosen, seed=seed, design=weighting.design)
        step("evidence on leading digital")
        cdo = _fit_cdo(survey, scores, weights, rules=(rules, experts), seed=seed)
        return Analysis(
            survey=survey,
            weights=weights,
            weighting=weighting,
            scores=scores,
            reliability=reliability(responses, book),
            items=item_statistics(responses, book, sample_weight=weights),
            correlations=score_correlations(scores.values[dimensions_of(book)], sample_weight=weights),
            diagnostics=diagnostics,
            typology=found,
            cdo=cdo,
            options={"seed": seed, "note": note, **_files_told(rules, experts), **_margins_told(margins)},
        )


def _files_told(rules: str | Path | None, experts: str | Path | None) -> dict[str, str]:
    """Return the files of the advice, as a study keeps them; empty for those of the package."""
    return {"rules": str(rules) if rules else "", "experts": str(experts) if experts else ""}


def _margins_told(margins: pd.DataFrame | None) -> dict[str, str]:
    """Return what the margins count and where they come from, as a study keeps it."""
    if margins is None:
        return {"margins_unit": "", "margins_source": ""}
    return {"margins_unit": margins_unit(margins), "margins_source": name_sources(margins)}


def _fit_cdo(
    survey: Survey, scores: MaturityScores, weights: pd.Series, *, rules: _RuleFiles, seed: int
) -> CdoFit | None:
    """Give the CDO stage plain frames: what comparable companies are known by, what was before, what was asked."""
    book, responses = survey.codebook, survey.responses
    if book.cdo is None:
        return None
    known = pd.concat([responses, scores.values], axis=1)
    means = {a.code: a.arrangement for a in book[book.cdo.arrangement].answers if a.arrangement}
    arrangements = load_arrangements()
    file, panel = rules
    loaded = load_rules(file, arrangements=arrangements)
    return fit_cdo(
        known,
        responses[book.cdo.arrangement].map(means).astype("str"),
        responses[book.cdo.outcome] if book.cdo.outcome else None,
        columns=CdoColumns(book.cdo.observed, book.cdo.covariates, _consequences(book)),
        reference=(arrangements, loaded),
        sample_weight=weights,
        random_state=seed,
        experts=read_expert_weights(panel, loaded) if panel else None,
    )


def _consequences(book: Codebook) -> list[str]:
    """Return the scores that today's arrangement may have caused: no estimate may adjust for them."""
    before = set(book.cdo.covariates) if book.cdo else set()
    return [name for name in (*dimensions_of(book), *(s.id for s in book.scores)) if name not in before]
