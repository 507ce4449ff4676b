"""Files to text: an export of any kind becomes a table of text, cell by cell, and nothing is lost or guessed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cdo_analysis.errors import InputError
from cdo_analysis.intake.binary import read_binary
from cdo_analysis.intake.clock import find_zone
from cdo_analysis.intake.delimited import read_delimited
from cdo_analysis.intake.header import find_header
from cdo_analysis.intake.platforms import arrange, find_platform
from cdo_analysis.intake.records import Records, tabulate
from cdo_analysis.intake.sources import content_of, is_page, open_elsewhere, read_source


@dataclass(frozen=True)
class RawTable:
    """A table of text as it stands in a file.

    Attributes
    ----------
    columns : DataFrame of category
        One row an answer sheet, one column a header; the categories of a column are its distinct texts, an empty
        cell is ``""``.
    lines : ndarray of int
        Line (CSV: number of the record, header included; XLSX: row of the sheet) of each row.
    file : str
        Name of the file, without its folder.
    sha256 : str
        Hash of the file's bytes.
    encoding, separator, sheet : str
        What was found; empty where it does not apply.
    notes : tuple of str
        What a reader should know of the reading, a sentence each.
    platform : str
        One of :data:`~cdo_analysis.intake.platforms.PLATFORMS`.
    labels, declared, roles, marks : mapping
        What the platform says of columns and records: see :class:`~cdo_analysis.intake.records.Records`.
    zone : str
        Zone of the times that say none; empty where it is not known.
    """

    columns: pd.DataFrame = field(repr=False)
    lines: np.ndarray
    file: str
    sha256: str
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    notes: tuple[str, ...] = ()
    platform: str = "table"
    labels: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    zone: str = ""

    @property
    def cells(self) -> pd.DataFrame:
        """The table spelled out, one Python text a cell: for small tables, and to look at."""
        return self.columns.astype(object)


@dataclass(frozen=True)
class ExportOptions:
    """How a file is to be read, where the file itself does not say it or says it wrongly.

    Attributes
    ----------
    sheet : str or None
        Sheet of a workbook; by default the first visible one.
    encoding : str or None
        Encoding of a CSV; by default its BOM, else UTF-8 if every byte fits, else cp1252.
    platform : str or None
        What wrote the file; by default what its content shows.
    repair : bool
        True: text that was decoded wrongly before (``rÃ©gion``) is put right.
    footer : int
        How many records at the end are totals or notes, and are left out.
    zone : str
        Time zone of the times that say none (``Europe/Paris``); where it is empty they are kept as written.
    """

    sheet: str | None = None
    encoding: str | None = None
    platform: str | None = None
    repair: bool = False
    footer: int = 0
    zone: str = ""


def read_table(
    path: str | Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    platform: str | None = None,
    options: ExportOptions | None = None,
    known: Collection[str] = (),
) -> RawTable:
    """Read an export to text.

    Parameters
    ----------
    path : str or Path
        A file on this machine; what it holds decides how it is read, not its name: CSV, XLSX, ODS, SPSS, Stata,
        Parquet.
    sheet, encoding, platform : optional
        As in :class:`ExportOptions`.
    options : ExportOptions, optional
        All of the ways at once; what is given beside it wins.
    known : collection of str
        Headers that the codebook expects, by which titles above the table are told from its header.

    Returns
    -------
    RawTable

    Raises
    ------
    InputError
        In one sentence: the file, the line, what is wrong and the way out.
    UsageError
        There is no such platform.
    """
    how = options or ExportOptions()
    how = replace(how, sheet=sheet or how.sheet, encoding=encoding or how.encoding, platform=platform or how.platform)
    data, name = read_source(path)
    find_zone(how.zone)
    sha256 = hashlib.sha256(data).hexdigest()
    records = _without_footer(_read_records(data, name, how), how.footer, name)
    del data  # as large as all that is made of it
    wanted = {header.casefold() for header in known}
    if find_platform(records, how.platform) != "qualtrics":
        records = find_header(records, wanted, name)
    found = find_platform(records, how.platform)
    records = arrange(records, found, name)
    columns, lines, notes = tabulate(records, name, wanted=wanted or None)
    return RawTable(
        columns=columns,
        lines=lines,
        file=name,
        sha256=sha256,
        encoding=records.encoding,
        separator=records.separator,
        sheet=records.sheet,
        notes=(*notes, *open_elsewhere(Path(path))),
        platform=found,
        labels=records.labels,
        declared=records.declared,
        roles=records.roles,
        marks=records.marks,
        zone=how.zone,
    )


def _read_records(data: bytes, name: str, how: ExportOptions) -> Records:
    content = content_of(data, name)
    if content == "text" and not is_page(data):
        return read_delimited(data, name, encoding=how.encoding, repair=how.repair)
    return read_binary(data, name, "page" if content == "text" else content, sheet=how.sheet)


def _without_footer(records: Records, footer: int, name: str) -> Records:
    if footer < 0 or (footer and footer >= len(records)):
        raise InputError(f"{name} has {len(records) + 1} records, of which footer = {footer} would leave no answer.")
    return records.take(slice(None, -footer)) if footer else records
