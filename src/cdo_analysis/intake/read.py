"""From an export to a tidy survey, in the order in which things must happen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from cdo_analysis.codebook import Codebook, load_codebook
from cdo_analysis.errors import InputError
from cdo_analysis.intake.assemble import Source, assemble, find_identified
from cdo_analysis.intake.coding import identifier_of
from cdo_analysis.intake.columns import texts_of
from cdo_analysis.intake.issues import IssueLog
from cdo_analysis.intake.journal import edit_cells, read_edits
from cdo_analysis.intake.matching import Matched, expected_headers, match_columns
from cdo_analysis.intake.quality import exact_duplicates, looks_like_test
from cdo_analysis.intake.readers import ExportOptions, RawTable, read_table
from cdo_analysis.intake.survey import Survey
from cdo_analysis.progress import progress

_LEFT_OUT_BY_PLATFORM = ("preview", "spam")


def read_survey(
    path: str | Path,
    codebook: str | Path | Codebook,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    options: ExportOptions | None = None,
    edits: pd.DataFrame | None = None,
    keep_log: bool = False,
) -> Survey:
    """Read a survey export and code it with its codebook.

    Parameters
    ----------
    path : str or Path
        An export: CSV, XLSX, ODS, SPSS, Stata or Parquet.
    codebook : str, Path or Codebook
        Id of a codebook of the package, path of a TOML file, or a loaded codebook.
    sheet, encoding : str, optional
    options : ExportOptions, optional
        How to read the file where it does not say it: see :func:`~cdo_analysis.intake.readers.read_table`.
    edits : DataFrame, optional
        Corrections of single respondents: see :func:`~cdo_analysis.intake.journal.edit_cells`.
    keep_log : bool
        True: the survey keeps its cleaning log (it has a row a distinct text, and one a cell that was deduced).

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
    with progress(f"reading {Path(path).name}") as step:
        step("file")
        raw = read_table(path, sheet=sheet, encoding=encoding, options=options, known=expected_headers(book))
        log = IssueLog()
        for note in raw.notes:
            log.add("reading_note", note=note)
        step("columns")
        matched = match_columns(raw, book, log)
        lines = pd.Series(raw.lines, index=matched.cells.index)
        if edits is not None:
            matched = replace(matched, cells=_edit(matched, read_edits(edits, book), lines, log))
            lines = lines[matched.cells.index]
        left_out = _left_out(matched, raw, lines, log)
        step("answers")
        return assemble(Source(raw, book, matched, lines, left_out), log, keep_log=keep_log)


def _edit(matched: Matched, edits: pd.DataFrame, lines: pd.Series, log: IssueLog) -> pd.DataFrame:
    """Apply the corrections of single respondents to the cells, which are then read like the others."""
    book, cells = matched.codebook, matched.cells
    names = lines.map("line-{}".format).astype("str")
    if book.respondent and (column := book[book.respondent].column) in cells.columns:
        known = texts_of(cells[column]).map(lambda text: identifier_of(text, book[book.respondent]))
        names = names.mask(known.where(bool), pd.Series(known.cells(), index=cells.index, dtype="str"))
    edited, done = edit_cells(cells, names, edits, {item.name: item.column for item in book})
    for respondent, item, before, after, reason, applied in done.itertuples(index=False, name=None):
        rule = "edit_applied" if applied else "edit_without_cell"
        log.add(rule, respondent=respondent, item=item, value=before, after=after, reason=reason)
    if edited.empty:
        raise InputError("the edits remove every record of the export; check their respondents.")
    return edited


def _left_out(matched: Matched, raw: RawTable, lines: pd.Series, log: IssueLog) -> pd.Series:
    """Return why a record is left out (``preview``, ``exact_duplicate``, ``test_answer``), NaN where it is kept."""
    cells, book = matched.cells, matched.codebook
    reason = pd.Series(None, index=cells.index, dtype=object)
    for mark in _LEFT_OUT_BY_PLATFORM:
        marked = lines.isin(raw.marks.get(mark, ())) & reason.isna()
        for row in cells.index[marked]:
            log.add(f"{mark}_record", line=int(lines[row]))
        reason[marked] = mark
    reason = reason.fillna(_doubles(cells if reason.isna().all() else cells[reason.isna()], book, lines, log))
    open_rows = reason.index[reason.isna()]
    found = _tests(cells, book)[open_rows]
    for row in open_rows[found.ne("")]:
        log.add("test_answer", line=int(lines[row]), value=found[row])
    reason[open_rows[found.ne("")]] = "test_answer"
    return reason


def _doubles(cells: pd.DataFrame, book: Codebook, lines: pd.Series, log: IssueLog) -> pd.Series:
    """Return ``exact_duplicate`` where a record repeats an earlier one; without identifier both are kept."""
    first = exact_duplicates(cells)
    identified = find_identified(cells, book)
    own = lines[cells.index]
    for row in first.dropna().index:
        # Without an identifier two firms may well give the same answers: say so, and keep both.
        rule = "exact_duplicate" if identified[row] else "same_answers"
        log.add(rule, line=int(own[row]), kept=int(own.iloc[int(first[row])]))
    doubled = first.index[first.notna() & identified]
    return pd.Series("exact_duplicate", index=doubled, dtype=object)


def _tests(cells: pd.DataFrame, book: Codebook) -> pd.Series:
    names = [book[name].column for name in (book.roles.company_name,) if name]
    emails = [item.column for item in book if item.personal]
    return looks_like_test(
        cells,
        [name for name in names if name in cells.columns],
        emails=[name for name in emails if name in cells.columns],
        domains=book.collection.test_domains,
    )
