"""Exhibits of the panorama: which profiles of maturity there are, how sure they are, and how digital is led in each.

Each function takes a view of a study and returns one piece of the report; None where the study has nothing to show.
"""

from cdo_analysis.exhibits.claims import claims
from cdo_analysis.exhibits.options import options
from cdo_analysis.exhibits.panorama.cards import distinctive_practices, profile_cards
from cdo_analysis.exhibits.panorama.change import change
from cdo_analysis.exhibits.panorama.checklist import checklist
from cdo_analysis.exhibits.panorama.confidence import confidence, methods_agreement, residuals
from cdo_analysis.exhibits.panorama.estimates import (
    balance,
    data_and_experts,
    policy_difference,
    policy_value,
    robustness,
)
from cdo_analysis.exhibits.panorama.experts import experts_overview
from cdo_analysis.exhibits.panorama.habits import choice_effects, choice_quality
from cdo_analysis.exhibits.panorama.head import cover
from cdo_analysis.exhibits.panorama.leadership import (
    advice_overview,
    arrangements_by_profile,
    arrangements_today,
    estimates_overview,
)
from cdo_analysis.exhibits.panorama.maturity import dimensions, dimensions_by_size, distribution, intensity
from cdo_analysis.exhibits.panorama.measures import marked_numbers
from cdo_analysis.exhibits.panorama.moves import transitions
from cdo_analysis.exhibits.panorama.portfolio import demand_by, portfolio
from cdo_analysis.exhibits.panorama.portrait import (
    marked_answers,
    practice_shares,
    separating_practices,
    typical_member,
    variables,
)
from cdo_analysis.exhibits.panorama.profiles import STABLE, has_profiles, profile_groups, profile_name, verdict_of
from cdo_analysis.exhibits.panorama.relations import relations
from cdo_analysis.exhibits.panorama.solutions import solutions
from cdo_analysis.exhibits.panorama.typology import profiles_by, profiles_by_dimension
from cdo_analysis.exhibits.panorama.verdict import grouping

__all__ = [
    "STABLE",
    "advice_overview",
    "arrangements_by_profile",
    "arrangements_today",
    "balance",
    "change",
    "checklist",
    "choice_effects",
    "choice_quality",
    "claims",
    "confidence",
    "cover",
    "data_and_experts",
    "demand_by",
    "dimensions",
    "dimensions_by_size",
    "distinctive_practices",
    "distribution",
    "estimates_overview",
    "experts_overview",
    "grouping",
    "has_profiles",
    "intensity",
    "marked_answers",
    "marked_numbers",
    "methods_agreement",
    "options",
    "policy_difference",
    "policy_value",
    "portfolio",
    "practice_shares",
    "profile_cards",
    "profile_groups",
    "profile_name",
    "profiles_by",
    "profiles_by_dimension",
    "relations",
    "residuals",
    "robustness",
    "separating_practices",
    "solutions",
    "transitions",
    "typical_member",
    "variables",
    "verdict_of",
]
