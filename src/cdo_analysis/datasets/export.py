"""A survey as the file that a platform would give: raw headers, codes as text, clean or as dirty as real ones."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Codebook, Item
from cdo_analysis.datasets.dirt import soil
from cdo_analysis.datasets.mess import DIRT_COLUMNS
from cdo_analysis.datasets.planted import planted_codebook
from cdo_analysis.datasets.population import Population
from cdo_analysis.errors import PublishError, UsageError

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the date of every member of a workbook, so that the same cells make the same bytes


def write_export(
    population: Population, path: str | Path, *, dirty: bool = True, random_state: int | np.random.Generator | None = 0
) -> pd.DataFrame:
    """Write the answers as an export with the raw headers of the questionnaire.

    Parameters
    ----------
    population : Population
        Of :func:`draw_survey` (or :func:`make_population`).
    path : str or Path
        A name that ends in ``.csv`` or ``.xlsx``; the folder must exist.
    dirty : bool
        True: as survey files are. Windows-1252 and ``;`` (CSV), decimal commas, day-first dates, ticks as "Oui" or
        nothing, amounts in €, k€ and M€, labels for codes, doubles, careless respondents, wrong SIRENs, answers
        out of range, hostile text. False: UTF-8 and ``,``, codes, ISO dates, ticks as 1 or 0.
    random_state : int, Generator or None
        Seed of the dirt; same seed, same bytes.

    Returns
    -------
    DataFrame
        What was spoilt, a row a change: line (record number in the file, the header being 1; 0 for the whole file),
        respondent (true SIREN), item, kind (see ``[dirt]`` of ``planted.toml``), before, after. Empty when clean.

    Raises
    ------
    UsageError
        Where `path` ends in neither ``.csv`` nor ``.xlsx``.
    PublishError
        Where the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in (".csv", ".xlsx"):
        raise UsageError(f"{path.name} ends in '{path.suffix}'; write a .csv or an .xlsx file.")
    book = planted_codebook()
    cells, log = write_cells(population.answers, book), pd.DataFrame(columns=list(DIRT_COLUMNS))
    if dirty:
        cells, log = soil(cells, book, np.random.default_rng(random_state))
    headed = cells.rename(columns={item.name: item.column for item in book})
    data = _workbook_bytes(headed) if path.suffix.lower() == ".xlsx" else _csv_bytes(headed, dirty=dirty)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise PublishError(f"{path} cannot be written: {error.strerror}; name a folder that exists.") from error
    return log


def write_cells(answers: pd.DataFrame, book: Codebook) -> pd.DataFrame:
    """Return the answers as text, in the order of the questionnaire: codes, plain numbers, ISO dates, ``""`` for none.

    Examples
    --------
    >>> from cdo_analysis.datasets import make_population
    >>> cells = write_cells(make_population(100).answers, planted_codebook())
    >>> cells.loc["001000017", ["siren", "design_weight"]].tolist()
    ['001000017', '1']
    """
    return pd.DataFrame({item.name: _texts(answers[item.name], item) for item in book}, index=answers.index)


def _texts(column: pd.Series, item: Item) -> pd.Series:
    if item.kind == "number":
        texts = [format(value, ".10g") for value in column]
    elif item.kind == "date":
        texts = column.dt.strftime("%Y-%m-%d %H:%M:%S").str.removesuffix(" 00:00:00").tolist()
    else:
        texts = column.tolist()
    return pd.Series(texts, index=column.index, dtype=object).where(column.notna(), "")


def _csv_bytes(cells: pd.DataFrame, *, dirty: bool) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if dirty else ",", lineterminator="\r\n" if dirty else "\n")
    writer.writerow(cells.columns)
    writer.writerows(cells.itertuples(index=False, name=None))
    return text.getvalue().encode("cp1252" if dirty else "utf-8", errors="replace")


def _workbook_bytes(cells: pd.DataFrame) -> bytes:
    """Return a workbook of text cells (a text that starts with ``=`` stays a text)."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Réponses")
    for row in (tuple(cells.columns), *cells.itertuples(index=False, name=None)):
        written = [WriteOnlyCell(sheet, value=text) for text in row]
        for cell in written:
            if cell.data_type == "f":
                cell.data_type = "s"
        sheet.append(written)
    data = io.BytesIO()
    book.save(data)
    return _without_clock(data)


def _without_clock(data: io.BytesIO) -> bytes:
    """Take the hour of writing out of a workbook."""
    still = io.BytesIO()
    with zipfile.ZipFile(data) as source, zipfile.ZipFile(still, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            content = source.read(member)
            if member.filename == "docProps/core.xml":
                content = re.sub(rb">\d{4}-\d\d-\d\dT[\d:]+Z<", b">2026-01-01T00:00:00Z<", content)
            target.writestr(zipfile.ZipInfo(member.filename, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return still.getvalue()
