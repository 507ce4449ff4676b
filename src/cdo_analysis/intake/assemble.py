"""From cells under the codebook's columns to a survey: coded, named, settled, flagged, and told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Codebook
from cdo_analysis.errors import InputError
from cdo_analysis.intake.clock import Clock, find_zone
from cdo_analysis.intake.coded import Coded
from cdo_analysis.intake.coding import code_answers
from cdo_analysis.intake.columns import texts_of
from cdo_analysis.intake.company import role_numbers, size_category
from cdo_analysis.intake.facts import ExportFacts, dates_of, decimals_of, missing_codes_of
from cdo_analysis.intake.findings import list_readings, list_recodings, log_unreadable
from cdo_analysis.intake.issues import IssueLog
from cdo_analysis.intake.journal import CleaningLog, list_columns, list_deduced, name_records
from cdo_analysis.intake.matching import Matched
from cdo_analysis.intake.missing import Settled, settle_missing
from cdo_analysis.intake.personal import contacts_of, flag_bursts, flag_same_address, mask_texts, set_apart
from cdo_analysis.intake.quality import flag_answers
from cdo_analysis.intake.readers import RawTable
from cdo_analysis.intake.survey import Survey
from cdo_analysis.intake.values import is_spreadsheet_error, read_missing

_STEPS = ("preview", "spam", "exact_duplicate", "test_answer")
_ALWAYS_TOLD = ("exact_duplicate", "test_answer")


@dataclass(frozen=True)
class Source:
    """An export before it is coded.

    Attributes
    ----------
    raw : RawTable
    book : Codebook
        As it was declared.
    matched : Matched
        Cells under the columns of the codebook, and the codebook as this export needs it.
    lines, left_out : Series
        Of each record of `matched`: its line, and why it is left out (NaN where it is not).
    """

    raw: RawTable
    book: Codebook
    matched: Matched
    lines: pd.Series
    left_out: pd.Series


@dataclass(frozen=True)
class _Kept:
    """Records that count: where they stand among those coded, and their names."""

    index: pd.Index
    places: np.ndarray
    lines: pd.Series


def assemble(source: Source, log: IssueLog, *, keep_log: bool) -> Survey:
    """Make the survey of an export.

    Parameters
    ----------
    source : Source
    log : IssueLog
        Has what was told of the reading; receives the rest.
    keep_log : bool
        True: the survey keeps its cleaning log.

    Returns
    -------
    Survey

    Raises
    ------
    InputError
        No record is left.
    """
    matched, book = source.matched, source.matched.codebook
    cells = _take(matched.cells, source.left_out.isna())
    if cells.empty:
        raise InputError(f"{source.raw.file} has no answer left (tests and duplicates apart); check the export.")
    apart = set_apart(cells, book, log)
    clock = Clock(find_zone(source.raw.zone), find_zone(book.collection.zone))
    coded = code_answers(cells, book, declared=matched.declared, clock=clock)
    settled = settle_missing(coded, cells, book)
    own = source.lines[cells.index]
    names = _name_respondents(settled, cells, own, log)
    repeated = _repeated(settled, names, own, log)
    kept = _keep(names, repeated, own)
    responses, missing = settled.tables(kept.places, kept.index)
    apart = apart[kept.places].set_axis(kept.index)
    _tell(settled, kept, log)
    written = _write_log(source, coded, (responses, missing), (names, repeated, kept)) if keep_log else None
    responses = mask_texts(responses, book, kept.lines, log).assign(size_category=_size(responses, book))
    flags = flag_answers(responses, missing, book, kept.lines, log)
    flags["unfinished"] = _unfinished(source.raw.marks, kept.lines, log)
    flags["same_address"] = flag_same_address(apart, kept.lines, log)
    flags["doubtful_origin"] = _doubted(source.raw.marks, kept.lines, log)
    if book.roles.submitted:
        flags["doubtful_origin"] |= flag_bursts(apart, responses[book.roles.submitted], kept.lines, log)
    return Survey(
        responses=responses,
        missing=missing,
        codebook=source.book,
        issues=log.table(source.book),
        recodings=list_recodings(coded.columns, kept.places),
        flags=flags,
        flow=_flow(len(source.raw.columns), source.left_out, int(repeated.sum())),
        lines=kept.lines,
        contacts=contacts_of(apart),
        log=written,
        file=source.raw.file,
        sha256=source.raw.sha256,
        facts=_facts(source, coded, kept),
    )


# --- who counts -----------------------------------------------------------------------------------------------


def _take(cells: pd.DataFrame, rows: pd.Series) -> pd.DataFrame:
    """Return some rows, without the texts that are in none of them: what is left out is no evidence."""
    if rows.all():
        return cells
    kept = cells[rows]
    columns = {header: kept[header].cat.remove_unused_categories() for header in kept.columns}
    return pd.DataFrame(columns, index=kept.index, copy=False)


def _name_respondents(settled: Settled, cells: pd.DataFrame, lines: pd.Series, log: IssueLog) -> pd.Series:
    """Return each respondent's identifier; the line stands in where there is no valid one."""
    book = settled.codebook
    by_line = lines.map("line-{}".format).astype("str")
    if not book.respondent or book[book.respondent].column not in cells.columns:
        return by_line
    identified = find_identified(cells, book)
    for row in cells.index[~identified]:
        log.add("no_identifier", line=int(lines[row]), item=book.respondent)
    return settled.answers(book.respondent).str.strip().where(identified).fillna(by_line)


def find_identified(cells: pd.DataFrame, book: Codebook) -> pd.Series:
    """Tell which records have an identifier, valid or not."""
    column = book[book.respondent].column if book.respondent else ""
    if column not in cells.columns:
        return pd.Series(False, index=cells.index)
    return pd.Series(texts_of(cells[column]).where(_identifies), index=cells.index)


def _identifies(text: str) -> bool:
    return text[:1].isdigit() or (read_missing(text) is None and not is_spreadsheet_error(text))


def _repeated(settled: Settled, names: pd.Series, lines: pd.Series, log: IssueLog) -> pd.Series:
    """Keep the most complete record of a respondent, the latest of equals; tell which records that leaves out."""
    again = names.duplicated(keep=False)
    if not again.any():
        return pd.Series(False, index=names.index)
    rank = pd.DataFrame({"name": names, "answers": settled.count_answers(), "line": lines})
    submitted = settled.codebook.roles.submitted
    rank["when"] = settled.answers(submitted) if submitted else pd.NaT
    best = rank.sort_values(["answers", "when", "line"], na_position="first").groupby("name").tail(1)
    repeated = pd.Series(~rank.index.isin(best.index), index=rank.index)
    kept_line = best.set_index("name")["line"]
    for row in rank.index[repeated]:
        name = names[row]
        log.add("same_respondent", respondent=str(name), line=int(lines[row]), kept=int(kept_line[name]))
    return repeated


def _keep(names: pd.Series, repeated: pd.Series, lines: pd.Series) -> _Kept:
    places = ~repeated.to_numpy()
    index = pd.Index(names[places], name="respondent", dtype="str")
    return _Kept(index, places, lines[places].set_axis(index))


def _flow(received: int, left_out: pd.Series, repeated: int) -> pd.DataFrame:
    counts = left_out.value_counts()
    edited = received - len(left_out)
    steps = [("received", received)]
    steps += [("removed_by_edit", edited)] if edited else []
    steps += [(step, int(counts.get(step, 0))) for step in _STEPS if step in counts or step in _ALWAYS_TOLD]
    steps.append(("same_respondent", repeated))
    kept = received - sum(n for _, n in steps[1:])
    return pd.DataFrame([*steps, ("kept", kept)], columns=["step", "n"])


def _facts(source: Source, coded: Coded, kept: _Kept) -> ExportFacts:
    raw, columns = source.raw, list(coded.columns.values())
    wanted = {column.item.column for column in columns}
    return ExportFacts(
        platform=raw.platform,
        encoding=raw.encoding,
        separator=raw.separator,
        sheet=raw.sheet,
        columns=raw.cells.shape[1],
        recognised=sum(header in wanted for header in source.matched.cells.columns),
        decimals=decimals_of(columns),
        dates=dates_of(columns),
        missing_codes=missing_codes_of(columns, kept.places),
    )


# --- what is told ---------------------------------------------------------------------------------------------


def _tell(settled: Settled, kept: _Kept, log: IssueLog) -> None:
    """Write respondents' names into the rows logged by line, then an issue for each cell that calls for one."""
    log.name_respondents(kept.lines)
    log_unreadable(settled.coded.columns, kept.lines, kept.places, log)
    settled.log_unasked(kept.places, kept.lines, log)


def _write_log(
    source: Source,
    coded: Coded,
    settled: tuple[pd.DataFrame, pd.DataFrame],
    records: tuple[pd.Series, pd.Series, _Kept],
) -> CleaningLog:
    names, repeated, kept = records
    own = pd.DataFrame(
        {name: coded.answers(column.item, kept.places) for name, column in coded.columns.items()}, index=kept.index
    )
    return CleaningLog(
        columns=list_columns(coded.columns),
        records=name_records(source.lines, source.left_out, names, repeated),
        readings=list_readings(coded.columns, kept.places),
        deduced=list_deduced(own, settled, coded.columns),
    )


def _unfinished(marks: Mapping[str, tuple[int, ...]], lines: pd.Series, log: IssueLog) -> pd.Series:
    flagged = lines.isin(marks.get("unfinished", ()))
    for respondent, line in lines[flagged].items():
        log.add("unfinished_record", respondent=str(respondent), line=int(line))
    return flagged


def _doubted(marks: Mapping[str, tuple[int, ...]], lines: pd.Series, log: IssueLog) -> pd.Series:
    flagged = lines.isin(marks.get("doubtful", ()))
    for respondent, line in lines[flagged].items():
        log.add("platform_doubt", respondent=str(respondent), line=int(line))
    return flagged


def _size(responses: pd.DataFrame, book: Codebook) -> pd.Series:
    roles = ("headcount", "turnover", "balance_sheet")
    return size_category(*(role_numbers(responses, book, role) for role in roles))
