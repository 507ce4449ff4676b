"""The tidy survey: answers, why some are missing, and what was wrong with the export."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pandas as pd

from cdo_analysis.codebook import Codebook
from cdo_analysis.errors import InputError
from cdo_analysis.intake.facts import ExportFacts
from cdo_analysis.intake.journal import CleaningLog
from cdo_analysis.showing import Shown


@dataclass(frozen=True)
class Survey(Shown):
    """A survey export, read and coded.

    Attributes
    ----------
    responses : DataFrame
        One row a respondent (index ``respondent``, text, unique), one column an item of the codebook, plus
        ``size_category``. A choice holds its code as text, a number is a float in the item's unit, a date is a
        timestamp; a missing answer is NaN.
    missing : DataFrame
        Same rows and items: why the answer is missing (:data:`cdo_analysis.codebook.MISSING_KINDS`), NaN where there
        is one.
    codebook : Codebook
        The questionnaire.
    issues : DataFrame
        One row a problem, worst first: severity, rule, respondent, line, item, value, message, action, remedy (the
        line of the codebook or the code that mends it). A record that was left out has one row, which says why; what
        was wrong in its cells is not told.
    recodings : DataFrame
        What was read otherwise than as a plain code or number, in the records that were kept: item, before, after,
        rule, n. A list in one cell has the name of its battery.
    flags : DataFrame of bool
        Same rows as `responses`; one column a doubt about the care taken (``straight_liner``, ``speeder``, …).
    flow : DataFrame
        How many records were received, left out and kept: step, n.
    lines : Series of int
        Line of the export each respondent comes from.
    contacts : DataFrame of str
        Same rows: what the export has beside the questionnaire that reaches a person (names, addresses, telephone
        numbers), apart from the answers; never written in a study. Addresses of machines and places are not kept.
    log : CleaningLog or None
        What was done, so that it can be done again from the raw cells; kept only where the caller asks for it.
    file, sha256 : str
        Name and hash of the export.
    facts : ExportFacts
        How the file was read: encoding, separator, decimals, dates, codes that mean no answer.

    Examples
    --------
    >>> from cdo_analysis.intake import read_survey
    >>> from cdo_analysis.resources import sample_dir
    >>> survey = read_survey(sample_dir() / "enquete-cdo-2026.csv", "cdo-2026")
    >>> survey
    <Survey cdo-2026: 450 respondents, 226 items; issues: 0 blocking, ...>
    >>> survey.facts.encoding, survey.facts.separator
    ('cp1252', ';')
    """

    responses: pd.DataFrame
    missing: pd.DataFrame
    codebook: Codebook
    issues: pd.DataFrame
    recodings: pd.DataFrame
    flags: pd.DataFrame
    flow: pd.DataFrame
    lines: pd.Series
    contacts: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    log: CleaningLog | None = field(default=None, repr=False)
    file: str = ""
    sha256: str = ""
    facts: ExportFacts = field(default_factory=ExportFacts, repr=False)

    def __len__(self) -> int:
        return len(self.responses)

    def __repr__(self) -> str:
        counts = self.issues["severity"].value_counts()
        problems = ", ".join(f"{counts.get(s, 0)} {s}" for s in ("blocking", "important", "info"))
        size = f"{len(self)} respondents, {len(self.codebook.items)} items"
        return f"<Survey {self.codebook.id}: {size}; issues: {problems}>"


def leave_out_flagged(survey: Survey) -> Survey:
    """Return the survey of the respondents whom nothing flags, with those left out counted in its flow.

    Raises
    ------
    InputError
        Everybody is flagged.
    """
    kept = survey.flags.index[~survey.flags.any(axis=1)]
    gone = len(survey) - len(kept)
    if not len(kept):
        raise InputError(
            f"{survey.file}: all {gone} respondents are flagged; keep them, and read why in the issue table."
        )
    if not gone:
        return survey
    steps = pd.DataFrame([{"step": "flagged", "n": gone}, {"step": "kept", "n": len(kept)}])
    return replace(
        survey,
        responses=survey.responses.loc[kept],
        missing=survey.missing.loc[kept],
        flags=survey.flags.loc[kept],
        lines=survey.lines.loc[kept],
        contacts=survey.contacts.loc[kept],
        flow=pd.concat([survey.flow.iloc[:-1], steps], ignore_index=True),
    )
