"""The right to be forgotten: the records of one respondent taken out of an export, and nothing else changed."""

from __future__ import annotations

import csv
import io
import os
import re
import tempfile
from pathlib import Path

import numpy as np

from cdo_analysis.codebook import Codebook
from cdo_analysis.errors import InputError, PublishError
from cdo_analysis.intake.coding import identifier_of
from cdo_analysis.intake.delimited import read_delimited
from cdo_analysis.intake.records import Records, clean_header
from cdo_analysis.intake.sources import content_of, read_source


def forget_in_export(path: str | Path, codebook: Codebook, respondent: str) -> list[int]:
    """Remove the records of a respondent from a CSV, in place.

    Parameters
    ----------
    path : str or Path
    codebook : Codebook
        Says which column identifies, and how its cells are read (a SIREN with spaces is the same SIREN).
    respondent : str
        Its identifier, as the tidy survey has it; or ``line-12`` for the record 12 of an export without identifier.

    Returns
    -------
    list of int
        Numbers of the records that were removed, the header being 1; empty where there was none.

    Raises
    ------
    InputError
        The file is no CSV (records must then be removed in the tool that wrote it).
    PublishError
        The file cannot be written; it is then as it was.
    """
    data, name = read_source(path)
    if content_of(data, name) != "text":
        raise InputError(f"{name} is no CSV; remove the respondent in the tool that wrote it, and export again.")
    records = read_delimited(data, name)
    gone = _is_named(records, codebook, respondent) | (records.numbers == _line_named(respondent))
    if gone.any():
        rows = [records.header, *records.take(~gone).rows()]
        _replace(Path(path), rows, records.separator, records.encoding)
    return [int(number) for number in records.numbers[gone]]


def _line_named(respondent: str) -> int:
    found = re.fullmatch("line-([0-9]{1,12})", respondent)
    return int(found[1]) if found else 0


def _is_named(records: Records, codebook: Codebook, respondent: str) -> np.ndarray:
    """Tell which records the respondent identifies."""
    if codebook.respondent:
        item = codebook[codebook.respondent]
        wanted = clean_header(item.column).casefold()
        for cell, column in zip(records.header, records.columns, strict=False):
            if clean_header(cell).casefold() == wanted:
                return column.where(lambda text: identifier_of(text, item) == respondent)
    return np.zeros(len(records), dtype=bool)


def _replace(path: Path, rows: list[list[str]], separator: str, encoding: str) -> None:
    """Write the records beside the file, then put them in its place, so that it is whole at every moment."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(rows)
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
            file.write(text.getvalue().encode(encoding))
        os.replace(file.name, path)
    except OSError as error:
        raise PublishError(f"{path} cannot be written: {error.strerror}; check its permissions.") from error
