"""Workbooks, statistical files and Parquet to records, by way of a child process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from cdo_analysis.errors import InputError
from cdo_analysis.intake.columns import Columns, TextColumn
from cdo_analysis.intake.records import Records, as_records
from cdo_analysis.intake.sources import Content
from cdo_analysis.sandbox import check_archive, parse

_PLATFORMS = {"sav": "spss", "dta": "stata", "parquet": "parquet"}


def read_binary(data: bytes, name: str, content: Content, *, sheet: str | None = None) -> Records:
    """Read the bytes of a binary file.

    Parameters
    ----------
    data : bytes
    name : str
        Name of the file, for the errors.
    content : {'zip', 'page', 'sav', 'dta', 'parquet'}
        See :func:`~cdo_analysis.intake.sources.content_of`.
    sheet : str, optional
        Sheet of a workbook; by default the first visible one.

    Returns
    -------
    Records

    Raises
    ------
    InputError
        The file was refused, or its parser died or went beyond its limits.
    """
    if content == "zip":
        return _from_sheet(parse("workbook", data, name, kind=check_archive(data, name), sheet=sheet))
    if content == "page":
        return _from_sheet(parse("page", data, name))
    if content == "parquet":
        return _from_columns(parse("columnar", data, name), name, "parquet")
    return _from_columns(parse("statistics", data, name, kind=content), name, _PLATFORMS[content])


def _from_sheet(found: Mapping[str, Any]) -> Records:
    columns, numbers = Columns(), list[int]()
    for number, row in enumerate(found["rows"], start=1):
        if any(map(str.strip, row)):
            columns.add(row)
            numbers.append(number)
    return replace(
        as_records(columns, numbers),
        sheet=found["sheet"],
        notes=tuple(found["notes"]),
        merges=tuple((top + 1, left, bottom + 1, right) for top, left, bottom, right in found["merges"]),
    )


def _from_columns(found: Mapping[str, Any], name: str, platform: str) -> Records:
    headers, columns = found["headers"], found["columns"]
    if not headers or not columns[0]:
        raise InputError(f"{name} has no answer (0 rows); export the answers too.")
    rows, read = len(columns[0]), tuple(map(TextColumn.of, columns))
    return Records(
        list(headers),
        read,
        np.arange(2, rows + 2),
        np.full(rows, len(read), dtype=np.int32),
        platform=platform,
        labels=found.get("labels", {}),
        declared=_declared(found.get("missing", {}), found.get("answers", {}), headers, read),
    )


def _declared(
    spans: Mapping[str, Sequence[Sequence[str]]],
    answers: Mapping[str, Sequence[tuple[str, str]]],
    headers: Sequence[str],
    columns: Sequence[TextColumn],
) -> dict[str, dict[str, str]]:
    """Return, by header, the codes found that the file declares missing, each with its label (``""`` for none)."""
    declared: dict[str, dict[str, str]] = {}
    for header, column in zip(headers, columns, strict=True):
        labels = dict(answers.get(header, ()))
        found = {text for text in column.texts if text and _within(text, spans.get(header, ()))}
        if found:
            declared[header] = {text: labels.get(text, "") for text in sorted(found)}
    return declared


def _within(text: str, spans: Sequence[Sequence[str]]) -> bool:
    for low, high in spans:
        if text in (low, high):
            return True
        try:
            if float(low) <= float(text) <= float(high):
                return True
        except ValueError:
            continue
    return False
