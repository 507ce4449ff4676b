"""Answers or scores -> groups of companies: whether there are any, how many, who is in which, how sure.

This stage knows neither surveys nor codebooks: it gets a table of answers, a table of scores and weights.
"""

from cdo_analysis.profiles.agreement import compare_partitions
from cdo_analysis.profiles.checklist import smart_lca
from cdo_analysis.profiles.choice import Effort, choose_number, compare_numbers
from cdo_analysis.profiles.concomitant import ClassRegression, regress_classes
from cdo_analysis.profiles.family import Mixture, read_mixture
from cdo_analysis.profiles.find import NAMEABLE, Profiles, find_profiles
from cdo_analysis.profiles.grouping import Grouping, judge_grouping
from cdo_analysis.profiles.latent_class import LatentClasses
from cdo_analysis.profiles.latent_profile import LatentProfiles
from cdo_analysis.profiles.matching import estimate_transitions, match_classes, order_like
from cdo_analysis.profiles.means import ScoreMeans
from cdo_analysis.profiles.portrait import describe_categories
from cdo_analysis.profiles.ratio_test import ratio_tests
from cdo_analysis.profiles.repeated import find_repeated
from cdo_analysis.profiles.residuals import bivariate_residuals
from cdo_analysis.profiles.stability import bootstrap_jaccard
from cdo_analysis.profiles.three_step import classification_errors, relate_outcome

__all__ = [
    "NAMEABLE",
    "ClassRegression",
    "Effort",
    "Grouping",
    "LatentClasses",
    "LatentProfiles",
    "Mixture",
    "Profiles",
    "ScoreMeans",
    "bivariate_residuals",
    "bootstrap_jaccard",
    "choose_number",
    "classification_errors",
    "compare_numbers",
    "compare_partitions",
    "describe_categories",
    "estimate_transitions",
    "find_profiles",
    "find_repeated",
    "judge_grouping",
    "match_classes",
    "order_like",
    "ratio_tests",
    "read_mixture",
    "regress_classes",
    "relate_outcome",
    "smart_lca",
]
