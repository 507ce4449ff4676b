"""The claims of the founding article, put to a survey: what was measured, whether the data contradict it.

:func:`examine_claims` gives the table; :func:`claims` the piece of a report.
"""

from cdo_analysis.exhibits.claims.findings import VERDICTS, examine_claims
from cdo_analysis.exhibits.claims.piece import claims

__all__ = ["VERDICTS", "claims", "examine_claims"]
