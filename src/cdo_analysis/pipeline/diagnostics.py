"""What tells how far the scores can be trusted: one table a question, kept with the study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from cdo_analysis.intake import Survey
from cdo_analysis.maturity import (
    MaturityScores,
    compare_variants,
    compensation,
    graded_scores,
    impute_answers,
    pool,
    rank_correlations,
    score_maturity,
    score_variants,
    sensitivity,
    structure,
)
from cdo_analysis.pipeline.weights import weigh
from cdo_analysis.weighting import Design, Weighting, kish_design_effect, weighted_mean

SIZE = "size_category"
ALL = "all"
_FEWEST = 30


def diagnose(survey: Survey, scores: MaturityScores, design: Design, *, seed: int) -> dict[str, pd.DataFrame]:
    """Return the diagnostics of the scores of a survey, by the name of their table in the study.

    Returns
    -------
    dict of str to DataFrame
        ``structure``: see :func:`~cdo_analysis.maturity.structure`. Where the codebook has a score: ``sensitivity``
        (see :func:`~cdo_analysis.maturity.sensitivity`), ``alternatives`` (other ways to reach the score or a
        dimension: ``kind``, ``n``, ``mean``, ``rank_correlation``) and, where 30 companies or more answered,
        ``imputed`` (mean of the main score as measured and by multiple imputation, for all and by size).
    """
    responses, book = survey.responses, survey.codebook
    weights = design.weights.reindex(responses.index)
    tables = {"structure": structure(responses, book, random_state=seed)}
    if book.main_score is not None:
        tables["sensitivity"] = sensitivity(responses, book, random_state=seed)
        tables["alternatives"] = _alternatives(survey, scores, weights)
        if scores.values[book.main_score.id].notna().sum() >= _FEWEST:
            tables["imputed"] = _imputed(survey, scores, design, seed=seed)
    return tables


def trimming_cost(
    drawn: Survey, scores: MaturityScores, weighting: Weighting, margins: pd.DataFrame | None
) -> dict[str, pd.DataFrame]:
    """Return what cutting high weights changed: a table ``trimming`` with a row, or nothing where none was cut.

    Columns: ``n`` (weights brought to the limit), ``moved`` (share of the total weight moved), ``effect_without`` and
    ``effect_with`` (Kish's design effect of the final weights), ``mean_without``, ``mean_with`` (of the main score).
    """
    book = drawn.codebook
    if weighting.trimming is None:
        return {}
    plain = replace(book, weighting=replace(book.weighting, highest=None))
    without = weigh(replace(drawn, codebook=plain), margins)
    score = scores.values[book.main_score.id] if book.main_score else pd.Series(np.nan, index=weighting.weights.index)
    row = {
        "n": weighting.trimming.n,
        "moved": weighting.trimming.moved,
        "effect_without": kish_design_effect(without.weights),
        "effect_with": kish_design_effect(weighting.weights),
        "mean_without": weighted_mean(score, without.design).estimate,
        "mean_with": weighted_mean(score, weighting.design).estimate,
    }
    return {"trimming": pd.DataFrame([row])}


def _alternatives(survey: Survey, scores: MaturityScores, weights: pd.Series) -> pd.DataFrame:
    """Return a row for each other way to reach the score (variants, compensation) or a dimension (graded model)."""
    book, responses, values = survey.codebook, survey.responses, scores.values
    variants = compare_variants(values, score_variants(responses, book), book, sample_weight=weights)
    parts = [variants.drop(columns="difference").assign(kind="variant")]
    main = book.main_score
    if main is not None and len(main.dimensions) > 1:
        others = compensation(values[list(main.dimensions)]).drop(columns="arithmetic")
        parts.append(
            _beside(others, dict.fromkeys(map(str, others), values[main.id]), weights).assign(kind="compensation")
        )
    graded = graded_scores(responses, book, sample_weight=weights)
    parts.append(_beside(graded, {str(name): values[name] for name in graded}, weights).assign(kind="graded"))
    return pd.concat(parts).rename_axis("name")


def _beside(others: pd.DataFrame, scores: Mapping[str, pd.Series], weights: pd.Series) -> pd.DataFrame:
    rows = []
    for name in others:
        pair = pd.DataFrame({"score": scores[str(name)], "other": others[name]}).dropna()
        share = weights[pair.index] / weights[pair.index].sum()
        ranks = rank_correlations(pair, sample_weight=weights[pair.index])
        rows.append((len(pair), float((share * pair["other"]).sum()), ranks.iloc[0, 1]))
    return pd.DataFrame(rows, index=others.columns, columns=["n", "mean", "rank_correlation"])


def _imputed(survey: Survey, scores: MaturityScores, design: Design, *, seed: int) -> pd.DataFrame:
    """Return the mean of the main score by group, as measured and by multiple imputation pooled by Rubin's rules."""
    book, responses = survey.codebook, survey.responses
    assert book.main_score is not None
    measured, sector = scores.values[book.main_score.id], book.roles.sector
    groups = {ALL: pd.Series(True, index=responses.index)}
    groups |= {str(size): responses[SIZE].eq(size) for size in responses[SIZE].dropna().unique()}
    classes = [name for name in (SIZE, sector) if name]
    drawn = [
        score_maturity(completed, book).values[book.main_score.id]
        for completed in impute_answers(responses, book, classes=classes, random_state=seed)
    ]
    rows = {}
    for name, members in groups.items():
        found = [weighted_mean(values[members], design) for values in drawn]
        pooled = pool(
            np.array([one.estimate for one in found]),
            np.array([one.se**2 for one in found]),
            complete_df=max(int(members.sum()) - 1, 1),
        )
        plain = weighted_mean(measured[members], design)
        rows[name] = {
            "n": int(members.sum()), "measured": int(measured[members].notna().sum()),
            "as_measured": plain.estimate, "as_measured_se": plain.se,
            "estimate": pooled.estimate, "se": pooled.se, "low": pooled.low, "high": pooled.high,
            "missing_information": pooled.missing_information, "imputations": len(drawn),
        }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("group")
