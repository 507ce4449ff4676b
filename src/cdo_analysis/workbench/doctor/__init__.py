"""What a machine lacks for the workbench: a line and a remedy each.

``software`` looks at Python and its packages, ``rendering`` at what pages are drawn with, ``machine`` at the rest; a
check returns a :class:`Finding`, and never raises. ``telling`` writes findings in French or English.
"""

from cdo_analysis.workbench.doctor.checks import CHECKS, examine
from cdo_analysis.workbench.doctor.finding import Finding, State
from cdo_analysis.workbench.doctor.telling import tell_findings

__all__ = ["CHECKS", "Finding", "State", "examine", "tell_findings"]
