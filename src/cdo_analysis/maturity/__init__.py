"""Answers in, maturity scores out, with how much of each was measured and how far it can be trusted."""

from cdo_analysis.maturity.reliability import (
    TOO_CLOSE,
    UNRELIABLE,
    close_dimensions,
    item_statistics,
    reliability,
    score_correlations,
)
from cdo_analysis.maturity.scores import MaturityScores, dimension_without_block, score_maturity
from cdo_analysis.maturity.structure import bootstrap_alpha, structure

__all__ = [
    "TOO_CLOSE",
    "UNRELIABLE",
    "MaturityScores",
    "bootstrap_alpha",
    "close_dimensions",
    "dimension_without_block",
    "item_statistics",
    "reliability",
    "score_correlations",
    "score_maturity",
    "structure",
]
