"""From an export to a tidy survey, in the order in which things must happen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from cdo_analysis.codebook import Codebook, load_codebook
from cdo_analysis.errors import InputError
from cdo_analysis.intake.coding import code_answers, list_recodings, log_unreadable
from cdo_analysis.intake.company import role_numbers, size_category
from cdo_analysis.intake.issues import IssueLog
from cdo_analysis.intake.matching import Matched, expected_headers, match_columns
from cdo_analysis.intake.missing import log_unasked_answers, settle_missing
from cdo_analysis.intake.quality import exact_duplicates, flag_answers, looks_like_test
from cdo_analysis.intake.readers import RawTable, Reading, read_table
from cdo_analysis.intake.survey import Survey
from cdo_analysis.intake.values import is_spreadsheet_error, read_missing

_LEFT_OUT_BY_PLATFORM = ("preview", "spam")


def read_survey(
    path: str | Path,
    codebook: str | Path | Codebook,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    platform: str | None = None,
    reading: Reading | None = None,
) -> Survey:
    """Read a survey export and code it with its codebook.

    Parameters
    ----------
    path : str or Path
        An export: CSV, XLSX, ODS, SPSS, Stata or Parquet.
    codebook : str, Path or Codebook
        Id of a codebook of the package, path of a TOML file, or a loaded codebook.
    sheet, encoding, platform : str, optional
    reading : Reading, optional
        How to read the file where it does not say it: see :func:`~cdo_analysis.intake.readers.read_table`.

    Returns
    -------
    Survey
        Tidy answers, why others are missing, the issue table. Records are left out only for the reasons that
        :attr:`Survey.flow` counts and the issue table names.

    Raises
    ------
    InputError
        The file cannot be read, or lacks columns that the codebook requires.
    CodebookError
        The codebook does not load.
    """
    book = codebook if isinstance(codebook, Codebook) else load_codebook(codebook)
    raw = read_table(
        path, sheet=sheet, encoding=encoding, platform=platform, reading=reading, known=expected_headers(book)
    )
    log = IssueLog()
    for note in raw.notes:
        log.add("reading_note", note=note)
    matched = match_columns(raw, book, log)
    lines = pd.Series(raw.lines, index=matched.cells.index)
    left_out = _left_out(matched.cells, (matched.codebook, raw.marks), lines, log)
    return _code(matched, lines, log, (raw, left_out, book))


def _left_out(
    cells: pd.DataFrame, told: tuple[Codebook, Mapping[str, tuple[int, ...]]], lines: pd.Series, log: IssueLog
) -> pd.Series:
    """Return why a record is left out (``preview``, ``exact_duplicate``, ``test_answer``), NaN where it is kept."""
    book, marks = told
    reason = pd.Series(None, index=cells.index, dtype=object)
    for mark in _LEFT_OUT_BY_PLATFORM:
        marked = lines.isin(marks.get(mark, ())) & reason.isna()
        for row in cells.index[marked]:
            log.add(f"{mark}_record", line=int(lines[row]))
        reason[marked] = mark
    first = exact_duplicates(cells)
    identified = _identified(cells, book)
    first = first[reason.isna()].reindex(cells.index)
    for row in first.dropna().index:
        # Without an identifier two firms may well give the same answers: say so, and keep both.
        rule = "exact_duplicate" if identified[row] else "same_answers"
        log.add(rule, line=int(lines[row]), kept=int(lines.iloc[int(first[row])]))
    reason[first.notna() & identified] = "exact_duplicate"
    names = [book[name].column for name in (book.roles.company_name,) if name]
    found = looks_like_test(cells, [name for name in names if name in cells.columns])
    tests = found.ne("") & reason.isna()
    for row in cells.index[tests]:
        log.add("test_answer", line=int(lines[row]), value=found[row])
    reason[tests] = "test_answer"
    return reason


def _identified(cells: pd.DataFrame, book: Codebook) -> pd.Series:
    """Tell which records have an identifier, valid or not."""
    column = book[book.respondent].column if book.respondent else ""
    if column not in cells.columns:
        return pd.Series(False, index=cells.index)
    return cells[column].map(lambda text: read_missing(text) is None and not is_spreadsheet_error(text)).astype(bool)


def _code(matched: Matched, lines: pd.Series, log: IssueLog, came: tuple[RawTable, pd.Series, Codebook]) -> Survey:
    raw, left_out, declared_book = came
    cells, book = matched.cells[left_out.isna()], matched.codebook
    if cells.empty:
        raise InputError(f"{raw.file} has no answer left (tests and duplicates apart); check the export.")
    coded = code_answers(cells, book, declared=matched.declared)
    answers, missing = settle_missing(coded, cells, book)
    own = lines[cells.index]
    names = _name_respondents(answers, cells, book, own, log)
    repeated = _repeated(answers, names, book, own, log)
    kept = ~repeated.to_numpy()
    index = pd.Index(names[kept], name="respondent", dtype="str")
    responses, missing, own = answers[kept].set_axis(index), missing[kept].set_axis(index), own[kept].set_axis(index)
    responses = responses.assign(size_category=_size(responses, book))
    _name_issues(log, own)
    log_unreadable(coded.columns, own, kept, log)
    log_unasked_answers(responses, missing, [column.item for column in coded.columns.values()], own, log)
    flags = flag_answers(responses, missing, book, own, log)
    flags["unfinished"] = _unfinished(raw.marks, own, log)
    return Survey(
        responses=responses,
        missing=missing,
        codebook=declared_book,
        issues=log.table(),
        recodings=list_recodings(coded.columns, kept),
        flags=flags,
        flow=_flow(len(raw.cells), left_out, int(repeated.sum())),
        lines=own,
        file=raw.file,
        sha256=raw.sha256,
    )


def _name_respondents(
    responses: pd.DataFrame, cells: pd.DataFrame, book: Codebook, lines: pd.Series, log: IssueLog
) -> pd.Series:
    """Return each respondent's identifier; the line stands in where there is no valid one."""
    by_line = lines.map("line-{}".format).astype("str")
    if not book.respondent or book[book.respondent].column not in cells.columns:
        return by_line
    identified = _identified(cells, book)
    for row in cells.index[~identified]:
        log.add("no_identifier", line=int(lines[row]), item=book.respondent)
    return responses[book.respondent].str.strip().where(identified).fillna(by_line)


def _repeated(responses: pd.DataFrame, names: pd.Series, book: Codebook, lines: pd.Series, log: IssueLog) -> pd.Series:
    """Keep the most complete record of a respondent, the latest of equals; tell which records that leaves out."""
    rank = pd.DataFrame({"name": names, "answers": responses.notna().sum(axis=1), "line": lines})
    submitted = book.roles.submitted
    rank["when"] = responses[submitted] if submitted else pd.NaT
    best = rank.sort_values(["answers", "when", "line"], na_position="first").groupby("name").tail(1)
    repeated = pd.Series(~rank.index.isin(best.index), index=rank.index)
    kept_line = best.set_index("name")["line"]
    for row in rank.index[repeated]:
        name = names[row]
        log.add("same_respondent", respondent=str(name), line=int(lines[row]), kept=int(kept_line[name]))
    return repeated


def _name_issues(log: IssueLog, lines: pd.Series) -> None:
    """Write respondents' identifiers into the rows that were logged by line."""
    by_line = {int(line): name for name, line in lines.items()}
    for row in log.rows:
        row["respondent"] = row["respondent"] or by_line.get(int(str(row["line"])), "")


def _unfinished(marks: Mapping[str, tuple[int, ...]], lines: pd.Series, log: IssueLog) -> pd.Series:
    flagged = lines.isin(marks.get("unfinished", ()))
    for respondent, line in lines[flagged].items():
        log.add("unfinished_record", respondent=str(respondent), line=int(line))
    return flagged


def _size(responses: pd.DataFrame, book: Codebook) -> pd.Series:
    roles = ("headcount", "turnover", "balance_sheet")
    return size_category(*(role_numbers(responses, book, role) for role in roles))


def _flow(received: int, left_out: pd.Series, repeated: int) -> pd.DataFrame:
    counts = left_out.value_counts()
    steps = [
        ("received", received),
        *((mark, int(counts[mark])) for mark in _LEFT_OUT_BY_PLATFORM if mark in counts),
        ("exact_duplicate", int(counts.get("exact_duplicate", 0))),
        ("test_answer", int(counts.get("test_answer", 0))),
        ("same_respondent", repeated),
    ]
    kept = received - sum(n for _, n in steps[1:])
    return pd.DataFrame([*steps, ("kept", kept)], columns=["step", "n"])
