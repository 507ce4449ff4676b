"""Exhibits on the quality of a survey: can it be used, whom does it represent, what was changed, how it was made.

Each function takes a view of a study and returns one piece of the report.
"""

from cdo_analysis.exhibits.quality.conditions import Gate, GateState, gate_table, gates
from cdo_analysis.exhibits.quality.head import cover, flow
from cdo_analysis.exhibits.quality.instrument import methods
from cdo_analysis.exhibits.quality.reading import care, changes, issue_table
from cdo_analysis.exhibits.quality.respondents import missing_answers, representation
from cdo_analysis.exhibits.quality.robustness import robustness
from cdo_analysis.exhibits.quality.scales import scales

__all__ = [
    "Gate",
    "GateState",
    "care",
    "changes",
    "cover",
    "flow",
    "gate_table",
    "gates",
    "issue_table",
    "methods",
    "missing_answers",
    "representation",
    "robustness",
    "scales",
]
