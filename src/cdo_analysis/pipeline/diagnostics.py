"""What tells how far the scores can be trusted: one table a question, kept with the study."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from cdo_analysis.intake import Survey
from cdo_analysis.maturity import sensitivity, structure


def diagnose(survey: Survey, *, seed: int) -> Mapping[str, pd.DataFrame]:
    """Return the diagnostics of the scores of a survey, by the name of their table in the study.

    Returns
    -------
    mapping of str to DataFrame
        ``structure``: see :func:`~cdo_analysis.maturity.structure`; ``sensitivity``: see
        :func:`~cdo_analysis.maturity.sensitivity` (only where the codebook has a score).
    """
    responses, book = survey.responses, survey.codebook
    tables = {"structure": structure(responses, book, random_state=seed)}
    if book.main_score is not None:
        tables["sensitivity"] = sensitivity(responses, book, random_state=seed)
    return tables
