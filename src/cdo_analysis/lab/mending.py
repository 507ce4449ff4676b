"""What mends a problem of an export: a line of Python, or a line of the codebook."""

from __future__ import annotations

import json
from typing import Literal, NamedTuple

import pandas as pd

from cdo_analysis.errors import UsageError, did_you_mean
from cdo_analysis.intake import Survey

Where = Literal["python", "codebook", "nothing"]

_OFTEN = 3
"""A text that so many wrote as an answer is an answer that the codebook lacks."""

CELLS = (
    "not_a_number",
    "ambiguous_number",
    "interval_for_number",
    "out_of_range",
    "date_for_number",
    "share_or_percent",
    "naf_wrong_form",
    "not_a_date",
    "siren_wrong_key",
    "siren_wrong_length",
    "siren_refused",
    "siren_from_wrong_siret",
    "no_identifier",
    "unknown_answer",
    "exclusive_with_others",
    "answered_though_not_asked",
    "edit_without_cell",
)
"""Rules about one cell: it can be corrected."""

RECORDS = (
    "same_answers",
    "unfinished_record",
    "straight_liner",
    "speeder",
    "attention_failed",
    "mostly_unanswered",
    "near_duplicate",
    "long_string",
    "inconsistent",
    "outside_dates",
    "same_address",
    "size_contradiction",
)
"""Rules about a whole answer sheet: it can be left out."""

_CODEBOOK = {
    "missing_column": "column = {header}  # item {item}",
    "column_by_wording": "column = {value}  # item {item}",
    "unknown_column": "column = {value}  # in the [[item]] that asks it, or in a new one",
    "personal_text": "personal = true  # item {item}",
    "sensitive_text": "personal = true  # item {item}",
}


class Mend(NamedTuple):
    """Where a problem is mended, and the line that does it; an empty line where there is nothing to do."""

    where: Where
    line: str


def mend_for(survey: Survey, rule: str) -> Mend:
    """Return what mends the problems of one rule, written for the first of them.

    Parameters
    ----------
    survey : Survey
    rule : str
        A rule of the issue table.

    Returns
    -------
    Mend
    """
    rows = survey.issues[survey.issues["rule"].eq(rule)]
    if rows.empty:
        return Mend("nothing", "")
    first = rows.iloc[0]
    if rule == "unknown_answer" and (often := _often_written(rows)):
        item, value = often
        line = f'{{ code = {_quoted(value)}, label = {{ fr = "…", en = "…" }} }}  # answers of {item}'
        return Mend("codebook", line)
    if rule in _CODEBOOK:
        fields = {"item": first["item"], "value": _quoted(first["value"]), "header": _header_of(survey, first["item"])}
        return Mend("codebook", _CODEBOOK[rule].format_map(fields))
    if rule in CELLS or rule in RECORDS:
        return Mend("python", f'edits = cdo.lab.edits_for(survey, "{rule}")')
    if rule == "reading_note" and rows["message"].str.contains("--repair-text", regex=False).any():
        return Mend("python", "options = cdo.lab.ExportOptions(repair=True)")
    return Mend("nothing", "")


def _often_written(rows: pd.DataFrame) -> tuple[str, str] | None:
    """Return an item and a text that several respondents wrote as its answer."""
    counts = rows.groupby(["item", "value"], sort=False).size().sort_values(ascending=False, kind="stable")
    if counts.empty or counts.iloc[0] < _OFTEN:
        return None
    item, value = counts.index[0]
    return str(item), str(value)


def _header_of(survey: Survey, item: str) -> str:
    return _quoted(survey.codebook[item].column if item in survey.codebook else item)


def _quoted(text: str) -> str:
    """Return a text as TOML writes it: JSON's strings are TOML's."""
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")


def edits_for(survey: Survey, rule: str) -> pd.DataFrame:
    """Return the corrections that the problems of one rule call for, to be filled in and read again.

    Parameters
    ----------
    survey : Survey
    rule : str
        A rule of ``survey.issues``: of a cell (``siren_wrong_key``), or of a whole answer sheet (``speeder``).

    Returns
    -------
    DataFrame
        respondent, item, before, after, reason: a row a cell, whose `after` is to be filled in (left empty, the answer
        counts as missing); or a row a respondent without an item, who is then left out. Drop the rows that you do not
        want, write a reason, and read the export again with ``read_survey(…, edits=edits)``.

    Raises
    ------
    UsageError
        The rule has no row in the table, or is not mended so.

    Examples
    --------
    >>> from cdo_analysis.intake import read_survey
    >>> from cdo_analysis.resources import sample_dir
    >>> survey = read_survey(sample_dir() / "enquete-cdo-2026.csv", "cdo-2026")
    >>> edits_for(survey, "interval_for_number").head(1).to_dict("records")
    [{'respondent': ..., 'item': 'headcount', 'before': '', 'after': '', 'reason': 'interval_for_number'}]
    """
    known = sorted(set(survey.issues["rule"]) & {*CELLS, *RECORDS})
    if rule not in known:
        raise UsageError(f"this survey has no problem '{rule}' that edits mend{did_you_mean(rule, known)}")
    rows = survey.issues[survey.issues["rule"].eq(rule)]
    edits = rows[["respondent", "item"]].copy()
    if rule in RECORDS:
        edits["item"] = ""
    edits = edits[edits["respondent"].ne("")].drop_duplicates(ignore_index=True)
    return edits.assign(before="", after="", reason=rule)
