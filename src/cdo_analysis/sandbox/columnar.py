"""Parquet files to text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cdo_analysis.errors import InputError

MOST_CELLS = 20_000_000


def read(path: Path, name: str) -> dict[str, Any]:
    """Read a Parquet file.

    Parameters
    ----------
    path : Path
    name : str
        Name of the file, for the errors.

    Returns
    -------
    dict
        ``headers`` and ``columns`` (a list of texts each, ``""`` for null); the index that pandas stored is left out
        unless it has a name.

    Raises
    ------
    InputError
        The file is too large, or has a column that is not text, number, date or boolean.
    """
    file = pq.ParquetFile(path)
    rows, width = file.metadata.num_rows, file.metadata.num_columns
    if rows * width > MOST_CELLS:
        raise InputError(f"{name} has {rows} rows of {width} columns, too many to read; export a part of it.")
    table = file.read(use_threads=False)
    headers = [header for header in table.column_names if not header.startswith("__index_level_")]
    return {"headers": headers, "columns": [_texts(table.column(header), header, name) for header in headers]}


def _texts(column: pa.ChunkedArray, header: str, name: str) -> list[str]:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        raise InputError(f"{name}: the column '{header}' holds {kind}, not an answer; write it as text.")
    return [_text(value) for value in column.to_pylist()]


def _text(value: object) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return format(value, ".15g") if not value.is_integer() else format(value, ".0f")
    if hasattr(value, "strftime"):
        return str(value).removesuffix(" 00:00:00")
    return str(value)
