"""From a tidy survey to its weights: what the codebook says of the sample, and the margins that it must meet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from cdo_analysis.codebook import Condition
from cdo_analysis.intake import Survey
from cdo_analysis.reference import load_margins, margin_ids
from cdo_analysis.weighting import (
    Sample,
    Weighting,
    design_weights,
    population_total,
    read_margins,
    weigh_sample,
)


def find_margins(margins: str | Path) -> pd.DataFrame:
    """Read margins: a CSV file, or official counts of the package by id.

    Parameters
    ----------
    margins : str or Path
        A file, ``"insee-2017"``, or some of its categories only: ``"insee-2017:pme,eti"``.

    Returns
    -------
    DataFrame

    Raises
    ------
    InputError, UsageError
        The file cannot be used, or the counts have no such category.

    Examples
    --------
    >>> find_margins("insee-2017:pme,eti")[["category", "population", "unit"]]
      category  population        unit
    0      pme    147767.0  enterprise
    1      eti      5722.0  enterprise
    """
    name, _, chosen = str(margins).partition(":")
    if name not in margin_ids() or Path(margins).exists():
        return read_margins(margins)
    return load_margins(name).table(tuple(chosen.split(",")) if chosen else None)


def name_sources(margins: pd.DataFrame) -> str:
    """Return where the margins come from and of which year they are, as they say it."""
    known = [name for name in ("source", "year") if name in margins.columns]
    told = margins[known].fillna("").drop_duplicates() if known else margins.iloc[:0, :0]
    return "; ".join(", ".join(part for part in map(str, row) if part) for row in told.itertuples(index=False))


def weigh(survey: Survey, margins: pd.DataFrame | None = None) -> Weighting:
    """Weight the sample as the codebook describes it, and calibrate it on the margins if there are some.

    Design weights, where the codebook names them, are the starting point; a unit without one gets their mean.
    Weights of companies that were not drawn at random start from 1 and are scaled to the population.
    """
    book, data = survey.codebook, survey.responses
    block, roles = book.weighting, book.roles
    drawn = book.probability_sample
    strata = data[roles.stratum] if drawn and roles.stratum else None
    sample = Sample(
        design_weight=_design_weight(survey, strata, margins),
        strata=strata,
        clusters=data[block.cluster] if block.cluster else None,
        without_replacement=block.without_replacement,
        in_scope=_meets(data, block.in_scope),
        responded=_meets(data, block.responded),
        response_group=data[block.response_group] if block.response_group else None,
        calibrated=_meets(data, block.calibrated),
        calibrate_on=block.calibrate_on,
        highest=block.highest,
        residuals=block.residuals,
        single="centre",
    )
    return weigh_sample(data, sample, margins, method=block.method, bounds=block.bounds)


def _design_weight(survey: Survey, strata: pd.Series | None, margins: pd.DataFrame | None) -> pd.Series:
    book, data = survey.codebook, survey.responses
    if book.weighting.strata and strata is not None:
        return design_weights(strata, dict(book.weighting.strata))
    base = data[book.roles.weight] if book.roles.weight else pd.Series(1.0, index=data.index)
    base = base.where(base > 0)
    base = base.fillna(base.mean() if base.notna().any() else 1.0)
    total = float("nan") if margins is None else population_total(margins)
    if book.probability_sample or not total > 0:
        return base
    return base * (total / base.sum())


def _meets(data: pd.DataFrame, condition: Condition | None) -> pd.Series | None:
    return None if condition is None else data[condition.item].isin(condition.codes)


def keep_respondents(survey: Survey, weighting: Weighting) -> Survey:
    """Return the survey of those whose answers count, with what was left out in its flow."""
    kept = weighting.weights.index
    if len(kept) == len(survey):
        return survey
    n = weighting.steps.set_index("step")["n"]
    left = {"out_of_scope": n["drawn"] - n["in_scope"], "no_response": n["in_scope"] - n["responded"]}
    rows = [{"step": step, "n": int(count)} for step, count in left.items() if count]
    flow = pd.concat([survey.flow.iloc[:-1], pd.DataFrame([*rows, {"step": "kept", "n": len(kept)}])])
    return replace(
        survey,
        responses=survey.responses.loc[kept],
        missing=survey.missing.loc[kept],
        flags=survey.flags.loc[kept],
        lines=survey.lines.loc[kept],
        flow=flow.reset_index(drop=True),
    )
