"""Exhibits of the segment report: a sector, a size, a region, or where they meet, against the rest of the respondents.

:func:`choose` says which respondents are in the segment; each other function takes a view and that segment, and returns
one piece of the report; None where there is nothing to show, or where too few answered for anything to be shown.
"""

from cdo_analysis.exhibits.segment.change import change
from cdo_analysis.exhibits.segment.compare import answer_gaps, mean_gaps, share_gaps
from cdo_analysis.exhibits.segment.head import cover
from cdo_analysis.exhibits.segment.leadership import advised, arrangements, estimated
from cdo_analysis.exhibits.segment.maturity import dimension_gaps, dimensions, levels, practice_gaps, practices
from cdo_analysis.exhibits.segment.methods import methods
from cdo_analysis.exhibits.segment.needs import expectations, obstacles
from cdo_analysis.exhibits.segment.part import Segment, choose
from cdo_analysis.exhibits.segment.respondents import composition, respondents

__all__ = [
    "Segment",
    "advised",
    "answer_gaps",
    "arrangements",
    "change",
    "choose",
    "composition",
    "cover",
    "dimension_gaps",
    "dimensions",
    "estimated",
    "expectations",
    "levels",
    "mean_gaps",
    "methods",
    "obstacles",
    "practice_gaps",
    "practices",
    "respondents",
    "share_gaps",
]
