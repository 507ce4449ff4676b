"""Answers in, maturity scores out, with how much of each was measured and how far it can be trusted."""

from cdo_analysis.graded import GradedModel, fit_graded
from cdo_analysis.maturity.bootstrap import AlphaInterval, alpha_bootstrap
from cdo_analysis.maturity.change import Change, Comparable, Wave, compare_waves, score_alike
from cdo_analysis.maturity.graded import graded_scores
from cdo_analysis.maturity.imputation import Pooled, impute_answers, pool
from cdo_analysis.maturity.peers import peer_percentiles
from cdo_analysis.maturity.reliability import (
    TOO_CLOSE,
    UNRELIABLE,
    close_dimensions,
    item_statistics,
    reliability,
    score_correlations,
)
from cdo_analysis.maturity.scores import MaturityScores, dimension_without_block, score_maturity
from cdo_analysis.maturity.sensitivity import compensation, rank_correlations, sensitivity, weight_sensitivity
from cdo_analysis.maturity.structure import structure
from cdo_analysis.maturity.variants import compare_variants, score_variants

__all__ = [
    "TOO_CLOSE",
    "UNRELIABLE",
    "AlphaInterval",
    "Change",
    "Comparable",
    "GradedModel",
    "MaturityScores",
    "Pooled",
    "Wave",
    "alpha_bootstrap",
    "close_dimensions",
    "compare_variants",
    "compare_waves",
    "compensation",
    "dimension_without_block",
    "fit_graded",
    "graded_scores",
    "impute_answers",
    "item_statistics",
    "peer_percentiles",
    "pool",
    "rank_correlations",
    "reliability",
    "score_alike",
    "score_correlations",
    "score_maturity",
    "score_variants",
    "sensitivity",
    "structure",
    "weight_sensitivity",
]
