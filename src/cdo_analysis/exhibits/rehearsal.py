"""A report on one company that nobody reads: what all of them share is then there, in this process and its forks."""

from __future__ import annotations

from cdo_analysis.disclosure import DEFAULT
from cdo_analysis.exhibits import company
from cdo_analysis.exhibits.study_view import View, warm_up
from cdo_analysis.study import Study

_PIECES = ("cover", "reasons", "costs", "steps", "changes", "observed", "advised", "estimated", "dimensions", "profile")


def rehearse(study: Study, *, language: str = "fr", disclosure: str = DEFAULT) -> View:
    """Read what reports of a study need, and make the pieces of a company's report once.

    Frames of figures, percentiles of all respondents and templates of pages are kept by this process, and by those
    that are forked from it. The figures of every company are drawn over such frames, kept or not: the same bytes.

    Parameters
    ----------
    study : Study
    language, disclosure : str
        Of the reports to come.
    """
    seen = warm_up(study, language=language, disclosure=disclosure)
    for name in _PIECES:
        piece = getattr(company, name)(seen, str(seen.scores.index[0]))
        if piece is not None:
            piece.to_html()
    return seen
