"""One company and what is recommended to it."""

from __future__ import annotations

from typing import Any

from cdo_analysis.errors import UsageError, did_you_mean
from cdo_analysis.exhibits.study_view import View


def name_of(view: View, company: str) -> str:
    """Return how a company is called in its own report: its name where it gave one, else its identifier."""
    role = view.book.roles.company_name
    name = view.responses.at[company, role] if role and company in view.responses.index else None
    return str(name) if isinstance(name, str) and name.strip() else company


def recommendation_to(view: View, company: str) -> dict[str, Any]:
    """Return what is recommended to a company: the columns of :class:`~cdo_analysis.cdo.Recommendation`.

    Raises
    ------
    UsageError
        The study has no such company.
    """
    table = view.study.table("recommendation")
    if company not in table.index:
        raise UsageError(f"the study has no company '{company}'{did_you_mean(company, table.index)}")
    return {str(name): value for name, value in table.loc[company].items()}


def options_in_set(view: View, company: str) -> list[str]:
    """Return the arrangements that the recommendation names: one, two, or none."""
    row = recommendation_to(view, company)
    if row["state"] == "abstained":
        return []
    return [name for name in (row["first"], row["second"])[: int(row["n_options"])] if name]
