"""Responses and population margins in, weights and their price out: calibration, design effect, estimates."""

from cdo_analysis.weighting.calibration import Calibration, calibrate
from cdo_analysis.weighting.estimates import (
    Estimate,
    effective_n,
    kish_design_effect,
    weighted_mean,
    weighted_share,
)
from cdo_analysis.weighting.margins import read_margins

__all__ = [
    "Calibration",
    "Estimate",
    "calibrate",
    "effective_n",
    "kish_design_effect",
    "read_margins",
    "weighted_mean",
    "weighted_share",
]
