"""Answers in, maturity scores out, with how much of each was measured and how far it can be trusted."""

from cdo_analysis.maturity.bootstrap import AlphaInterval, alpha_bootstrap
from cdo_analysis.maturity.reliability import item_statistics, reliability, score_correlations
from cdo_analysis.maturity.scores import MaturityScores, dimension_without_block, score_maturity

__all__ = [
    "AlphaInterval",
    "MaturityScores",
    "alpha_bootstrap",
    "dimension_without_block",
    "item_statistics",
    "reliability",
    "score_correlations",
    "score_maturity",
]
