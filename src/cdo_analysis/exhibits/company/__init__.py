"""Exhibits of the report for one company: three kinds of evidence side by side, why, what would change the answer.

Each function takes a view of a study and the id of a respondent, and returns one piece of the report; None where the
study has nothing to show.
"""

from cdo_analysis.exhibits.company.argument import changes, reasons
from cdo_analysis.exhibits.company.choice import name_of, options_in_set
from cdo_analysis.exhibits.company.evidence import NEAREST, advised, estimated, observed, peers_words
from cdo_analysis.exhibits.company.head import cover
from cdo_analysis.exhibits.company.peers import dimensions
from cdo_analysis.exhibits.company.profile import profile
from cdo_analysis.exhibits.company.record import answers, limits
from cdo_analysis.exhibits.company.spending import costs

__all__ = [
    "NEAREST",
    "advised",
    "answers",
    "changes",
    "costs",
    "cover",
    "dimensions",
    "estimated",
    "limits",
    "name_of",
    "observed",
    "options_in_set",
    "peers_words",
    "profile",
    "reasons",
]
