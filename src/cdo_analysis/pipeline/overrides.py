"""What an analyst decides otherwise than the rules: read from a small file, checked, and kept with the study.

An override never replaces the recommendation: reports show both, with the note, its author and its date.
"""

from __future__ import annotations

import io
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from cdo_analysis.errors import InputError, did_you_mean
from cdo_analysis.reference import Arrangements

COLUMNS = ("firm", "option", "note", "author", "date")
"""What an override says: all are needed."""


def read_overrides(path: str | Path) -> pd.DataFrame:
    """Read the overrides of analysts.

    Parameters
    ----------
    path : str or Path
        TOML with a table ``[[override]]`` for each, or CSV (comma or semicolon, UTF-8) with a row for each: firm (its
        id in the survey), option (arrangement), note, author, date (2026-11-24).

    Returns
    -------
    DataFrame of str
        The columns of :data:`COLUMNS`, in the order of the dates.

    Raises
    ------
    InputError
        In one sentence: the file, which override, what is wrong there and the way out.
    """
    file = Path(path)
    entries = _toml(file) if file.suffix.lower() == ".toml" else _csv(file)
    rows = [_row(file.name, place, entry) for place, entry in enumerate(entries, 1)]
    table = pd.DataFrame(rows, columns=list(COLUMNS), dtype="str")
    return table.sort_values(["date", "firm"], kind="stable", ignore_index=True)


def check_overrides(overrides: pd.DataFrame, firms: Iterable[str], arrangements: Arrangements) -> None:
    """Refuse an override of a firm that is not a respondent, or for an option that does not exist.

    Raises
    ------
    InputError
    """
    known = list(map(str, firms))
    for firm, option in zip(overrides["firm"], overrides["option"], strict=True):
        if firm not in set(known):
            way_out = did_you_mean(firm, known) or "; write its id as the survey has it."
            raise InputError(f"an override names the firm '{firm}', not one of the {len(known)} respondents{way_out}")
        if option not in arrangements.ids:
            way_out = did_you_mean(option, arrangements.ids) or f"; use one of {', '.join(arrangements.ids)}."
            raise InputError(
                f"the override of firm '{firm}' names the option '{option}', which does not exist{way_out}"
            )


def _toml(file: Path) -> list[Mapping[str, Any]]:
    try:
        table = tomllib.loads(_text(file))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{file.name} is not valid TOML: {error}; mend that line.") from error
    unknown = [name for name in table if name != "override"]
    if unknown or not isinstance(table.get("override"), list):
        found = f"holds '{unknown[0]}'" if unknown else "holds no [[override]]"
        raise InputError(f"{file.name} {found}; write each decision as a table [[override]].")
    return list(table["override"])


def _csv(file: Path) -> list[Mapping[str, Any]]:
    text = _text(file)
    separator = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    lines = text.splitlines()
    if not lines:
        raise InputError(f"{file.name} is empty; write a header {','.join(COLUMNS)} and a row a decision.")
    try:
        table = pd.read_csv(io.StringIO(text), sep=separator, dtype="str", keep_default_na=False)
    except pd.errors.ParserError as error:
        raise InputError(f"{file.name} cannot be read as CSV ({error}); quote cells that hold a separator.") from error
    return [{str(name).strip(): value for name, value in row.items()} for row in table.to_dict("records")]


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{file.name} is not UTF-8 text; save it as UTF-8.") from error
    except OSError as error:
        raise InputError(f"{file.name} cannot be read ({error.strerror}); name a TOML or CSV file.") from error


def _row(file: str, place: int, entry: Any) -> list[str]:
    """Return one override as text; every part must be there, and the date must be one."""
    where = f"override {place} of {file}"
    if not isinstance(entry, Mapping):
        raise InputError(f"{where} is {entry!r}; write a table with {', '.join(COLUMNS)}.")
    for name in entry:
        if name not in COLUMNS:
            way_out = did_you_mean(name, COLUMNS) or f"; use {', '.join(COLUMNS)}."
            raise InputError(f"{where} has '{name}', which does not exist there{way_out}")
    values = [str(entry.get(name, "")).strip() for name in COLUMNS]
    for name, value in zip(COLUMNS, values, strict=True):
        if not value:
            raise InputError(f"{where} has no {name}; write it: a decision without its {name} cannot be shown.")
    try:
        date.fromisoformat(values[-1])
    except ValueError as error:
        raise InputError(f"{where} has the date '{values[-1]}'; write it as 2026-11-24.") from error
    return values
