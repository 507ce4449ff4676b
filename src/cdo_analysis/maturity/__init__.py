"""Answers in, maturity scores out, with how much of each was measured and how far it can be trusted."""

from cdo_analysis.maturity.reliability import item_statistics, reliability, score_correlations
from cdo_analysis.maturity.scores import MaturityScores, dimension_without_block, score_maturity

__all__ = [
    "MaturityScores",
    "dimension_without_block",
    "item_statistics",
    "reliability",
    "score_correlations",
    "score_maturity",
]
