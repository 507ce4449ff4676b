"""Answers or scores -> groups of companies: how many, who is in which, how sure.

This stage knows neither surveys nor codebooks: it gets a table of answers, a table of scores and weights.
"""

from cdo_analysis.profiles.choice import choose_number, compare_numbers
from cdo_analysis.profiles.find import Profiles, find_profiles
from cdo_analysis.profiles.latent_class import LatentClasses
from cdo_analysis.profiles.means import ScoreMeans
from cdo_analysis.profiles.stability import bootstrap_jaccard

__all__ = [
    "LatentClasses",
    "Profiles",
    "ScoreMeans",
    "bootstrap_jaccard",
    "choose_number",
    "compare_numbers",
    "find_profiles",
]
