"""What is wrong with an export, as a table: one row a problem, worst first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args

import pandas as pd

from cdo_analysis.codebook import Codebook
from cdo_analysis.intake.remedies import find_remedies

Severity = Literal["blocking", "important", "info"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)

COLUMNS = ["severity", "rule", "respondent", "line", "item", "value", "message", "action", "remedy"]
_LONGEST_VALUE = 60

RULES: dict[str, tuple[Severity, str, str]] = {
    # rule: (severity, message, action)
    "missing_column": (
        "info",
        "the export has no column '{column}' for the item '{item}'{near}",
        "treated as not asked",
    ),
    "column_by_wording": ("info", "the column '{column}' was read for '{item}'", "read by its wording or its place"),
    "unknown_column": ("info", "the column '{column}' is not in the codebook", "left aside"),
    "unknown_answer": (
        "important",
        "{value!r} is no answer of '{item}': neither a code nor a label",
        "counted as missing (invalid)",
    ),
    "not_a_number": ("important", "{value!r} is not a number", "counted as missing (invalid)"),
    "ambiguous_number": (
        "important",
        "{value!r} can be a thousand or a decimal",
        "counted as missing (invalid)",
    ),
    "interval_for_number": (
        "important",
        "{value!r} is a range where a number is asked",
        "counted as missing (invalid)",
    ),
    "out_of_range": (
        "important",
        "{value!r} is outside {bounds} for '{item}'",
        "counted as missing (invalid)",
    ),
    "date_for_number": (
        "important",
        "{value!r} is a date where a number is asked: a spreadsheet makes one of a range such as 10-49",
        "counted as missing (invalid)",
    ),
    "share_or_percent": (
        "important",
        "{value!r} may be a share or a percentage: the column has both",
        "counted as missing (invalid)",
    ),
    "naf_wrong_form": (
        "info",
        "{value!r} has not the form of a NAF code (four digits and a letter)",
        "counted as missing (invalid)",
    ),
    "not_a_date": ("important", "{value!r} is not a date that can be read day first", "counted as missing (invalid)"),
    "siren_wrong_key": ("important", "the SIREN {value!r} fails its key", "identified by its line instead"),
    "siren_wrong_length": (
        "important",
        "{value!r} is not a SIREN of nine digits",
        "identified by its line instead",
    ),
    "siren_refused": ("important", "{value!r} is a made-up SIREN", "identified by its line instead"),
    "no_identifier": ("info", "there is no identifier", "identified by its line instead"),
    "siren_padded": (
        "info",
        "the SIREN {value!r} had lost its zeros; the key holds with them",
        "zeros restored",
    ),
    "siren_from_wrong_siret": (
        "important",
        "{value!r} is a SIRET whose key fails; that of its SIREN holds",
        "SIREN kept",
    ),
    "siren_from_vat": ("info", "{value!r} is a VAT number; its SIREN was kept", "SIREN kept"),
    "siren_from_siret": ("info", "{value!r} is a SIRET; its SIREN was kept", "SIREN kept"),
    "exact_duplicate": (
        "important",
        "the record repeats the record of line {kept}, cell by cell",
        "left out",
    ),
    "same_answers": (
        "info",
        "the answers are those of line {kept}, and no identifier tells the two apart",
        "kept",
    ),
    "same_respondent": (
        "important",
        "the respondent also answered on line {kept}, more completely or later",
        "left out",
    ),
    "test_answer": ("important", "the record looks like a test ({value!r})", "left out"),
    "exclusive_with_others": (
        "important",
        "'{item}' was ticked together with other options of its list",
        "kept as answered",
    ),
    "answered_though_not_asked": (
        "info",
        "'{item}' has an answer where the routing skips it",
        "kept as answered",
    ),
    "preview_record": ("important", "the platform says that the record is a test of the form", "left out"),
    "spam_record": ("important", "the platform says that the record is spam or a robot's", "left out"),
    "unfinished_record": ("important", "the platform says that the record was not sent", "kept and flagged"),
    "straight_liner": ("important", "the same answer on every row of {value}", "kept and flagged"),
    "speeder": ("important", "answered in {value} s, under a third of the median", "kept and flagged"),
    "attention_failed": ("important", "the attention question was answered {value!r}", "kept and flagged"),
    "mostly_unanswered": ("important", "{value} of the questions asked have an answer", "kept and flagged"),
    "near_duplicate": (
        "important",
        "nearly all the answers are those of line {kept} ({value} alike)",
        "kept and flagged",
    ),
    "long_string": ("important", "the same answer {value} times in a row", "kept and flagged"),
    "inconsistent": ("important", "{label} ({value})", "kept and flagged"),
    "outside_dates": ("important", "answered on {value}, when the survey was not open", "kept and flagged"),
    "same_address": ("important", "{value} records came from one machine", "kept and flagged"),
    "personal_column": (
        "info",
        "the column '{column}' holds {what}, which the questionnaire does not ask",
        "set apart from the answers",
    ),
    "personal_text": ("important", "'{item}' holds {what}", "hidden in the text"),
    "sensitive_text": (
        "important",
        "'{item}' may say something of a person's health ({value!r})",
        "kept: write personal = true in the codebook to withhold it",
    ),
    "edit_applied": ("info", "{value!r} was corrected to {after!r}: {reason}", "read as corrected"),
    "edit_without_cell": (
        "important",
        "a correction to {after!r} names a respondent, an item or an earlier value that is not there: {reason}",
        "not applied",
    ),
    "size_contradiction": (
        "important",
        "{value}: the turnover per head is out of the ordinary",
        "kept and flagged",
    ),
    "unit_slip": (
        "important",
        "{value}, a thousand times the others': was '{item}' answered in another unit?",
        "kept and flagged",
    ),
    "size_declared_otherwise": ("important", "{value} (décret 2008-1354)", "the numbers decide; flagged"),
    "duration_contradiction": ("info", "{value}", "kept as told"),
    "naf_unknown": (
        "info",
        "{value!r} has a division that {version} does not have: is it of another version?",
        "counted as missing (invalid)",
    ),
    "sent_at_once": ("important", "{value} records came from one browser within a minute", "kept and flagged"),
    "platform_doubt": ("important", "the platform takes the record for a repeat or a fraud", "kept and flagged"),
    "reading_note": ("info", "{note}", "for information"),
}


@dataclass
class IssueLog:
    """Collects problems; :meth:`table` sorts them.

    Examples
    --------
    >>> log = IssueLog()
    >>> log.add("not_a_date", respondent="a", line=2, item="start", value="31/31/2024")
    >>> log.table()[["severity", "rule", "line"]].to_dict("records")
    [{'severity': 'important', 'rule': 'not_a_date', 'line': 2}]
    """

    rows: list[tuple[str, str, str, int, str, str, str, str]] = field(default_factory=list)

    def add(
        self,
        rule: str,
        *,
        respondent: str = "",
        line: int = 0,
        item: str = "",
        value: str = "",
        **words: object,
    ) -> None:
        """Add one problem; `words` fill the rule's sentence."""
        severity, message, action = RULES[rule]
        shown = _shorten(value)
        text = message.format(item=item, value=shown, **words)
        self.rows.append((severity, rule, respondent, line, item, shown, text, action))

    def add_cells(self, rule: str, cells: pd.Series, *, lines: pd.Series, item: str, **words: object) -> None:
        """Add one problem a cell of `cells` (Series of written text); `cells` and `lines` are indexed by respondent."""
        severity, message, action = RULES[rule]
        own = lines if lines.index is cells.index or lines.index.equals(cells.index) else lines.loc[cells.index]
        shown = {value: _shorten(str(value)) for value in cells.unique()}
        texts = {value: message.format(item=item, value=short, **words) for value, short in shown.items()}
        self.rows += [
            (severity, rule, str(respondent), line, item, shown[value], texts[value], action)
            for respondent, line, value in zip(cells.index, own.tolist(), cells.tolist(), strict=True)
        ]

    def name_respondents(self, lines: pd.Series) -> None:
        """Write the respondents' names into the problems that were added by their line alone."""
        unnamed = {row[3] for row in self.rows if not row[2]}
        if not unnamed:
            return
        known = lines[lines.isin(unnamed)]
        names = dict(zip(known.tolist(), known.index, strict=True))
        self.rows = [row if row[2] else (*row[:2], names.get(row[3], ""), *row[3:]) for row in self.rows]

    def table(self, book: Codebook | None = None) -> pd.DataFrame:
        """Return the problems, worst first, then by rule, item and line; with a codebook, what mends each."""
        table = pd.DataFrame(self.rows, columns=COLUMNS[:-1]).astype({"line": "int64"})
        table["remedy"] = find_remedies(table, book) if book else ""
        table["severity"] = pd.Categorical(table["severity"], SEVERITIES, ordered=True)
        table = table.sort_values(["severity", "rule", "item", "line"], kind="stable", ignore_index=True)
        return table.astype({name: "str" for name in COLUMNS if name not in {"severity", "line"}})


def _shorten(value: str) -> str:
    return value if len(value) <= _LONGEST_VALUE else value[: _LONGEST_VALUE - 1] + "…"


def count_issues(issues: pd.DataFrame, by: Iterable[str] = ("severity", "rule")) -> pd.DataFrame:
    """Return how many rows the issue table has for each combination of `by`, most first within a severity."""
    keys = list(by)
    counts = issues.groupby(keys, observed=True).size().rename("n").reset_index()
    return counts.sort_values([keys[0], "n"], ascending=[True, False], kind="stable", ignore_index=True)
