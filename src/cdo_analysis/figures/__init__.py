"""One function a figure: a table in, the Axes out; a :class:`Drawing`, which gives them, where figures are many.

Colours, type and sizes are decided here and nowhere else. The palette keeps a contrast of at least 3:1 on white; what
colour says, a shape or a word says too, so that figures survive a grey print. Texts come from respondents and
codebooks: they are drawn literally, never as formulas.
"""

from cdo_analysis.figures.company import company_and_peers, evidence_dots
from cdo_analysis.figures.compared import dots_by_group, dumbbell
from cdo_analysis.figures.contest import contest
from cdo_analysis.figures.contrasted import contrast_dots
from cdo_analysis.figures.curves import calibration_dots
from cdo_analysis.figures.distribution import score_distribution, stacked_bars
from cdo_analysis.figures.layered import Drawing
from cdo_analysis.figures.ranked import bars, difference_dots, dots_with_intervals, signed
from cdo_analysis.figures.shaded import correlation_table, heat_table
from cdo_analysis.figures.style import picture

__all__ = [
    "Drawing",
    "bars",
    "calibration_dots",
    "company_and_peers",
    "contest",
    "contrast_dots",
    "correlation_table",
    "difference_dots",
    "dots_by_group",
    "dots_with_intervals",
    "dumbbell",
    "evidence_dots",
    "heat_table",
    "picture",
    "score_distribution",
    "signed",
    "stacked_bars",
]
