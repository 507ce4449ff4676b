"""Responses and population margins in, weights and their price out: raking, design effect, weighted estimates."""

from cdo_analysis.weighting.estimates import (
    Estimate,
    effective_n,
    kish_design_effect,
    weighted_mean,
    weighted_share,
)
from cdo_analysis.weighting.margins import read_margins
from cdo_analysis.weighting.raking import Raking, rake

__all__ = [
    "Estimate",
    "Raking",
    "effective_n",
    "kish_design_effect",
    "rake",
    "read_margins",
    "weighted_mean",
    "weighted_share",
]
