"""The right to be forgotten: the records of one respondent taken out of an export, and nothing else changed."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from cdo_analysis.codebook import Codebook
from cdo_analysis.errors import InputError
from cdo_analysis.intake.binary import read_binary
from cdo_analysis.intake.coding import identifier_of
from cdo_analysis.intake.delimited import read_delimited
from cdo_analysis.intake.header import find_header
from cdo_analysis.intake.matching import expected_headers
from cdo_analysis.intake.records import Records, clean_header
from cdo_analysis.intake.rewriting import write_csv, write_parquet, write_workbook
from cdo_analysis.intake.sources import content_of, is_page, read_source
from cdo_analysis.sandbox import check_archive


def forget_in_export(path: str | Path, codebook: Codebook, respondent: str, *, sheet: str | None = None) -> list[int]:
    """Remove the records of a respondent from a CSV, XLSX or Parquet file, in place; no copy is kept.

    Parameters
    ----------
    path : str or Path
    codebook : Codebook
        Says which column identifies, and how its cells are read (a SIREN with spaces is the same SIREN).
    respondent : str
        Its identifier, as the tidy survey has it; or ``line-12`` for the record 12 of an export without identifier.
    sheet : str, optional
        Sheet of a workbook; by default the first visible one.

    Returns
    -------
    list of int
        Numbers of the records that were removed (rows that were emptied, in a workbook), the header being 1; empty
        where there was none.

    Raises
    ------
    InputError
        The file is of another kind, or a workbook with more than plain sheets: the records must then be removed in
        the tool that wrote it.
    PublishError
        The file cannot be written; it is then as it was.
    """
    data, name = read_source(path)
    content = content_of(data, name)
    kind = check_archive(data, name) if content == "zip" else "page" if content == "text" and is_page(data) else content
    if kind not in ("text", "xlsx", "parquet"):
        raise InputError(
            f"{name} is neither CSV, XLSX nor Parquet, and cannot be written again without loss; remove the respondent "
            "in the tool that wrote it, and export again."
        )
    records = read_delimited(data, name) if content == "text" else read_binary(data, name, content, sheet=sheet)
    answers = find_header(records, expected_headers(codebook), name)
    gone = answers.numbers[_named(answers, codebook, respondent)].tolist()
    if gone and kind == "text":
        kept = records.take(~np.isin(records.numbers, gone))
        write_csv(Path(path), [records.header, *kept.rows()], records.separator, records.encoding)
    elif gone and kind == "xlsx":
        write_workbook(Path(path), records.sheet, gone, lambda text: _identifier(text, codebook) == respondent)
    elif gone:
        write_parquet(Path(path), frozenset(gone))
    return [int(number) for number in gone]


def _named(records: Records, codebook: Codebook, respondent: str) -> np.ndarray:
    """Tell which records are the respondent's."""
    line = re.fullmatch("line-([0-9]{1,12})", respondent)
    named = records.numbers == (int(line[1]) if line else 0)
    if codebook.respondent:
        wanted = clean_header(codebook[codebook.respondent].column).casefold()
        for cell, column in zip(records.header, records.columns, strict=False):
            if clean_header(cell).casefold() == wanted:
                named = named | column.where(lambda text: _identifier(text, codebook) == respondent)
    return named


def _identifier(text: str, codebook: Codebook) -> str:
    return identifier_of(text, codebook[codebook.respondent]) if codebook.respondent else ""
