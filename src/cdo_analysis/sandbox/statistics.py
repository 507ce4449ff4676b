"""SPSS and Stata files to codes as text, with their labels and the codes that their maker declared missing."""

from __future__ import annotations

import math
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyreadstat

from cdo_analysis.errors import InputError

MOST_CELLS = 20_000_000


def read(path: Path, name: str, *, kind: str) -> dict[str, Any]:
    """Read a statistical file.

    Parameters
    ----------
    path : Path
    name : str
        Name of the file, for the errors.
    kind : {'sav', 'dta'}

    Returns
    -------
    dict
        ``headers``, ``columns`` (a list of texts each; ``""`` for the system-missing value), ``labels`` (wording by
        header), ``answers`` (by header: pairs of code and label), ``missing`` (by header: pairs of lowest and highest
        declared missing code, or letters of Stata).

    Raises
    ------
    InputError
        The file is too large, or has fewer rows than its header says.
    """
    reader = pyreadstat.read_sav if kind == "sav" else pyreadstat.read_dta
    _, promised = reader(str(path), metadataonly=True)
    rows, width = promised.number_rows, promised.number_columns
    if rows is not None and width and rows * width > MOST_CELLS:
        raise InputError(f"{name} says that it has {rows} rows of {width} columns, too many to read; export a CSV.")
    values, meta = reader(str(path), user_missing=True, output_format="dict")
    single = {header for header, kind in meta.readstat_variable_types.items() if kind == "float"}
    columns = {header: [_text(value, short=header in single) for value in column] for header, column in values.items()}
    read_rows = {len(column) for column in columns.values()}
    if len(read_rows) > 1 or (rows is not None and rows >= 0 and read_rows not in ({rows}, set())):
        raise InputError(f"{name} says that it has {rows} rows and holds {max(read_rows)}; copy or save it again.")
    return {
        "headers": list(columns),
        "columns": list(columns.values()),
        "labels": {header: label for header, label in meta.column_names_to_labels.items() if label},
        "answers": {
            header: [[_text(code), str(label)] for code, label in answers.items()]
            for header, answers in meta.variable_value_labels.items()
        },
        "missing": _missing(meta, kind),
    }


def _missing(meta: Any, kind: str) -> dict[str, list[list[str]]]:
    if kind == "sav":
        return {
            header: [[_text(span["lo"]), _text(span["hi"])] for span in spans]
            for header, spans in meta.missing_ranges.items()
        }
    return {header: [[str(v), str(v)] for v in values] for header, values in meta.missing_user_values.items()}


def _text(value: object, *, short: bool = False) -> str:
    """Return a value as its code is written; `short`: it was stored with the seven digits of a single float.

    Examples
    --------
    >>> [_text(value) for value in (98.0, 3.5, float("nan"), None, "2A ", date(2026, 3, 1))]
    ['98', '3.5', '', '', '2A', '2026-03-01']
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        moment = value.replace(tzinfo=None, microsecond=0)
        return moment.strftime("%Y-%m-%d" if moment.time() == time() else "%Y-%m-%d %H:%M:%S")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, str):
        return value.rstrip()  # SPSS pads its texts
    number = float(value)  # type: ignore[arg-type]
    if math.isnan(number):
        return ""
    written = str(np.float32(number)) if short else repr(number)
    return format(Decimal(written), "f").removesuffix(".0") if math.isfinite(number) else str(number)
