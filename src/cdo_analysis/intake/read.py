"""From an export to a tidy survey, in the order in which things must happen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from cdo_analysis.codebook import Codebook, Item, load_codebook
from cdo_analysis.errors import InputError
from cdo_analysis.intake.coding import code_answers, list_recodings, log_unreadable
from cdo_analysis.intake.company import role_numbers, size_category
from cdo_analysis.intake.issues import IssueLog
from cdo_analysis.intake.missing import log_unasked_answers, settle_missing
from cdo_analysis.intake.quality import exact_duplicates, flag_answers, looks_like_test
from cdo_analysis.intake.readers import RawTable, read_table
from cdo_analysis.intake.records import clean_header
from cdo_analysis.intake.survey import Survey
from cdo_analysis.intake.values import is_spreadsheet_error, read_missing

WRONG_CODEBOOK_SHARE = 0.5
MOST_COLUMNS_NAMED = 5


def read_survey(
    path: str | Path,
    codebook: str | Path | Codebook,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
) -> Survey:
    """Read a survey export and code it with its codebook.

    Parameters
    ----------
    path : str or Path
        CSV or XLSX export.
    codebook : str, Path or Codebook
        Id of a codebook of the package, path of a TOML file, or a loaded codebook.
    sheet, encoding : str, optional
        See :func:`~cdo_analysis.intake.readers.read_table`.

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
    raw = read_table(path, sheet=sheet, encoding=encoding)
    log = IssueLog()
    for note in raw.notes:
        log.add("reading_note", note=note)
    cells = _match_columns(raw, book, log)
    lines = pd.Series(raw.lines, index=cells.index)
    left_out = _left_out(cells, book, lines, log)
    kept = cells[left_out.isna()]
    return _code(kept, book, lines, log, (raw, left_out))


def _match_columns(raw: RawTable, book: Codebook, log: IssueLog) -> pd.DataFrame:
    """Give columns the codebook's headers (whatever their case), and refuse a file that lacks what is required."""
    wanted: dict[str, Item] = {}
    for item in book:
        wanted.setdefault(item.column, item)
    found = _find_headers(list(raw.cells.columns), list(wanted), raw.file)
    absent = {column: item for column, item in wanted.items() if column not in found.values()}
    _check_absent(absent, wanted, raw.file, book.id)
    for column, item in absent.items():
        log.add("missing_column", item=item.name, column=column)
    for header in raw.cells.columns:
        if header not in found:
            log.add("unknown_column", column=header)
    return raw.cells.rename(columns=found)


def _find_headers(headers: list[str], columns: list[str], file: str) -> dict[str, str]:
    """Return header -> column of the codebook; another case will do where no header is the very name."""
    other_case: dict[str, list[str]] = {}
    for header in headers:
        other_case.setdefault(header.casefold(), []).append(header)
    found: dict[str, str] = {}
    for column in columns:
        name = clean_header(column)
        near = [name] if name in headers else other_case.get(name.casefold(), [])
        if len(near) > 1:
            raise InputError(
                f"{file} has the headers '{near[0]}' and '{near[1]}' where the codebook has '{column}'; keep one."
            )
        found |= dict.fromkeys(near, column)
    return found


def _check_absent(absent: Mapping[str, Item], wanted: Mapping[str, Item], file: str, codebook: str) -> None:
    lacking = [column for column, item in absent.items() if item.required]
    shown = ", ".join(lacking[:MOST_COLUMNS_NAMED]) + (", …" if len(lacking) > MOST_COLUMNS_NAMED else "")
    required = sum(item.required for item in wanted.values())
    if len(absent) == len(wanted):
        raise InputError(f"{file} has none of the columns of codebook '{codebook}': is it the codebook of this survey?")
    if len(lacking) > WRONG_CODEBOOK_SHARE * required:
        raise InputError(
            f"{file} has {required - len(lacking)} of the {required} columns that codebook '{codebook}' requires (it "
            f"lacks {shown}): is it the codebook of this survey?"
        )
    if lacking:
        raise InputError(
            f"{file} lacks {len(lacking)} column(s) that codebook '{codebook}' requires: {shown}; add them, or mark "
            "their items required = false in a codebook of your own."
        )


def _left_out(cells: pd.DataFrame, book: Codebook, lines: pd.Series, log: IssueLog) -> pd.Series:
    """Return why a record is left out (``exact_duplicate``, ``test_answer``), NaN where it is kept."""
    reason = pd.Series(None, index=cells.index, dtype=object)
    first = exact_duplicates(cells)
    identified = _identified(cells, book)
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


def _code(
    cells: pd.DataFrame, book: Codebook, lines: pd.Series, log: IssueLog, came: tuple[RawTable, pd.Series]
) -> Survey:
    raw, left_out = came
    if cells.empty:
        raise InputError(f"{raw.file} has no answer left (tests and duplicates apart); check the export.")
    coded = code_answers(cells, book)
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
    return Survey(
        responses=responses,
        missing=missing,
        codebook=book,
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


def _size(responses: pd.DataFrame, book: Codebook) -> pd.Series:
    roles = ("headcount", "turnover", "balance_sheet")
    return size_category(*(role_numbers(responses, book, role) for role in roles))


def _flow(received: int, left_out: pd.Series, repeated: int) -> pd.DataFrame:
    counts = left_out.value_counts()
    steps = [
        ("received", received),
        ("exact_duplicate", int(counts.get("exact_duplicate", 0))),
        ("test_answer", int(counts.get("test_answer", 0))),
        ("same_respondent", repeated),
    ]
    kept = received - sum(n for _, n in steps[1:])
    return pd.DataFrame([*steps, ("kept", kept)], columns=["step", "n"])
