"""A survey whose respondents are named by a keyed hash, and that holds nothing by which they could be named."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from cdo_analysis.intake.personal import pseudonyms
from cdo_analysis.intake.survey import Survey

_HIDDEN = "[identifier]"


def pseudonymise(survey: Survey, key: bytes) -> Survey:
    """Return the survey under pseudonyms.

    Parameters
    ----------
    survey : Survey
    key : bytes
        At least 16 bytes, kept apart from the study: the same key gives the same names from wave to wave.

    Returns
    -------
    Survey
        Respondents are hashes; identifiers, names of companies, personal items and contacts are emptied, the cleaning
        log is dropped, and what the issue table and the recodings quote of them is hidden.

    Raises
    ------
    UsageError
        The key is too short.
    """
    book = survey.codebook
    names = dict(zip(survey.responses.index, pseudonyms(survey.responses.index, key), strict=True))
    index = pd.Index([names[name] for name in survey.responses.index], name="respondent", dtype="str")
    naming = [
        item.name
        for item in book
        if item.personal or item.name in (book.respondent, book.roles.company_name) or item.check == "siren"
    ]
    responses = survey.responses.set_axis(index)
    responses[naming] = responses[naming].mask(responses[naming].notna(), None)
    issues = survey.issues.copy()
    issues["respondent"] = issues["respondent"].map(lambda name: names.get(name, ""))
    quoted = issues["item"].isin(naming) | issues["rule"].isin(["test_answer", "edit_applied", "edit_without_cell"])
    issues.loc[quoted, ["value", "message", "remedy"]] = _HIDDEN
    recodings = survey.recodings[~survey.recodings["item"].isin(naming)].reset_index(drop=True)
    return replace(
        survey,
        responses=responses,
        missing=survey.missing.set_axis(index),
        issues=issues,
        recodings=recodings,
        flags=survey.flags.set_axis(index),
        lines=survey.lines.set_axis(index),
        contacts=pd.DataFrame(index=index),
        log=None,
    )
