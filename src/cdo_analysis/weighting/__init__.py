"""Responses and population margins in, weights and their price out: calibration, design, estimates."""

from cdo_analysis.weighting.association import Association, rao_scott
from cdo_analysis.weighting.calibration import Calibration, calibrate
from cdo_analysis.weighting.chain import Sample, Weighting, design_weights, weigh_sample
from cdo_analysis.weighting.contrasts import Contrast, adjust_p, contrast_means, contrast_shares
from cdo_analysis.weighting.design import Design, Replicates, as_design
from cdo_analysis.weighting.estimates import (
    Estimate,
    estimate_by,
    weighted_mean,
    weighted_ratio,
    weighted_share,
    weighted_total,
)
from cdo_analysis.weighting.kish import Trimming, effective_n, kish_design_effect, trim_weights
from cdo_analysis.weighting.margins import check_units, margins_unit, population_total, read_margins
from cdo_analysis.weighting.quantiles import weighted_quantile
from cdo_analysis.weighting.regression import weighted_slope
from cdo_analysis.weighting.replicates import bootstrap, jackknife
from cdo_analysis.weighting.saved import design_from_tables, design_tables

__all__ = [
    "Association",
    "Calibration",
    "Contrast",
    "Design",
    "Estimate",
    "Replicates",
    "Sample",
    "Trimming",
    "Weighting",
    "adjust_p",
    "as_design",
    "bootstrap",
    "calibrate",
    "check_units",
    "contrast_means",
    "contrast_shares",
    "design_from_tables",
    "design_tables",
    "design_weights",
    "effective_n",
    "estimate_by",
    "jackknife",
    "kish_design_effect",
    "margins_unit",
    "population_total",
    "rao_scott",
    "read_margins",
    "trim_weights",
    "weigh_sample",
    "weighted_mean",
    "weighted_quantile",
    "weighted_ratio",
    "weighted_share",
    "weighted_slope",
    "weighted_total",
]
