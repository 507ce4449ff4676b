"""Is what was published, taken together, too much? Counts and means, in one call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cdo_analysis.disclosure.counts import Audit, audit_counts
from cdo_analysis.disclosure.facts import Fact
from cdo_analysis.disclosure.means import audit_means
from cdo_analysis.disclosure.rules import DisclosureProfile


def audit(facts: Iterable[Fact], profile: DisclosureProfile) -> Audit:
    """Return the groups of too few companies that published facts open, by their counts or by their means.

    Parameters
    ----------
    facts : iterable of Fact
        All that was published of a wave, and what is to be.
    profile : DisclosureProfile

    Returns
    -------
    Audit

    Raises
    ------
    DisclosureError
        The facts contradict each other.

    Examples
    --------
    >>> from cdo_analysis.disclosure import PROFILES, Cell, count_of, hidden_count
    >>> told = [count_of("a", Cell(), 100), count_of("b", Cell.of(size="pme"), 97)]
    >>> told.append(hidden_count("b", Cell.of(size="eti")))
    >>> [str(opening) for opening in audit(told, PROFILES["prudent"]).openings]
    ['[size = eti] has 0 to 3 companies, by a and b']
    """
    listed = list(facts)
    found = audit_counts(listed, profile)
    return replace(found, openings=(*found.openings, *audit_means(listed, profile)))
