"""Answers in, maturity scores out, with how much of each was measured and how far it can be trusted."""

from cdo_analysis.maturity.bootstrap import AlphaInterval, alpha_bootstrap
from cdo_analysis.maturity.change import Change, Wave, compare_waves
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

__all__ = [
    "TOO_CLOSE",
    "UNRELIABLE",
    "AlphaInterval",
    "Change",
    "MaturityScores",
    "Wave",
    "alpha_bootstrap",
    "close_dimensions",
    "compare_waves",
    "compensation",
    "dimension_without_block",
    "item_statistics",
    "peer_percentiles",
    "rank_correlations",
    "reliability",
    "score_correlations",
    "score_maturity",
    "sensitivity",
    "structure",
    "weight_sensitivity",
]
