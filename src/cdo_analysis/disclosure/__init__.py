"""Which cells may be shown: the one place that knows how few companies are too few.

A cell is tested on the number of distinct companies behind it, never on weighted numbers. The rules are those of
the French official statistical service (not fewer than three units, no unit above 85 % of a total; Cocoes, 7 July
1960), made stricter in the default profile. They are taken as good practice: a private survey is not bound by them.

``rules`` holds the thresholds, ``suppression`` hides the cells of one table, ``facts`` says what reports publish,
``joint`` and ``knowledge`` bound what can be worked out from it, ``audit`` and ``means`` say whether that is too much.
"""

from cdo_analysis.disclosure.audit import audit
from cdo_analysis.disclosure.counts import Audit, Opening, audit_counts
from cdo_analysis.disclosure.facts import EVERYBODY, KNOWN, Cell, Fact, count_of, hidden_count
from cdo_analysis.disclosure.knowledge import Knowledge
from cdo_analysis.disclosure.means import audit_means
from cdo_analysis.disclosure.rules import (
    DEFAULT,
    PROFILES,
    DisclosureProfile,
    Flag,
    disclosure_profile,
    is_dominated,
)
from cdo_analysis.disclosure.suppression import (
    count_hidden,
    flag_counts,
    flag_cross_table,
    flag_differences,
    flag_means,
    hide,
)

__all__ = [
    "DEFAULT",
    "EVERYBODY",
    "KNOWN",
    "PROFILES",
    "Audit",
    "Cell",
    "DisclosureProfile",
    "Fact",
    "Flag",
    "Knowledge",
    "Opening",
    "audit",
    "audit_counts",
    "audit_means",
    "count_hidden",
    "count_of",
    "disclosure_profile",
    "flag_counts",
    "flag_cross_table",
    "flag_differences",
    "flag_means",
    "hidden_count",
    "hide",
    "is_dominated",
]
