"""What is known outside any survey: the arrangements, what they cost, the expert rules, official counts of companies.

Data in TOML files beside this module. No number there stands without its unit, its date and its source.
"""

from cdo_analysis.reference.arrangements import (
    LIMITS,
    NEEDS,
    Arrangement,
    Arrangements,
    CostRecipe,
    Parent,
    load_arrangements,
)
from cdo_analysis.reference.claims import Claim, Claims, ClaimTest, Variable, load_claims
from cdo_analysis.reference.costs import (
    DAYS_A_MONTH,
    Cost,
    CostRange,
    Costs,
    break_even_days,
    break_even_table,
    cost_table,
    intensity_table,
    load_costs,
    loaded_cost,
    yearly_cost,
)
from cdo_analysis.reference.experts import CERTAINTY, Expert, ExpertWeights, read_expert_weights
from cdo_analysis.reference.margins import Margins, load_margins, margin_ids
from cdo_analysis.reference.reading import Figure
from cdo_analysis.reference.rules import (
    QUOTED,
    Band,
    Criterion,
    Family,
    FeasibilityRule,
    Rules,
    Sequence,
    Signal,
)
from cdo_analysis.reference.rules_file import load_rules
from cdo_analysis.reference.sizes import SizeCategory, load_size_categories
from cdo_analysis.wording import Language, Text

__all__ = [
    "CERTAINTY",
    "DAYS_A_MONTH",
    "LIMITS",
    "NEEDS",
    "QUOTED",
    "Arrangement",
    "Arrangements",
    "Band",
    "Claim",
    "ClaimTest",
    "Claims",
    "Cost",
    "CostRange",
    "CostRecipe",
    "Costs",
    "Criterion",
    "Expert",
    "ExpertWeights",
    "Family",
    "FeasibilityRule",
    "Figure",
    "Language",
    "Margins",
    "Parent",
    "Rules",
    "Sequence",
    "Signal",
    "SizeCategory",
    "Text",
    "Variable",
    "break_even_days",
    "break_even_table",
    "cost_table",
    "intensity_table",
    "load_arrangements",
    "load_claims",
    "load_costs",
    "load_margins",
    "load_rules",
    "load_size_categories",
    "loaded_cost",
    "margin_ids",
    "read_expert_weights",
    "yearly_cost",
]
