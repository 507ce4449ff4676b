"""The file of one company's answers, TOML or XLSX, as text: which question, which answer, where it stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path

from cdo_analysis.errors import InputError
from cdo_analysis.intake.binary import read_binary
from cdo_analysis.intake.sources import content_of, read_source
from cdo_analysis.intake.values import fold
from cdo_analysis.sandbox.workbook import number_text

CODEBOOK_MARK = "questionnaire: "
"""What stands before the id of the codebook in a cell above the questions of a sheet."""

_ANSWERS, _ABOUT = "answers", "about"
_HEADERS = {"code": "code", "question": "question", "reponse": "answer", "answer": "answer"}
_LARGEST = 5_000_000
_WAY_OUT = "write an empty form with: cdo-analysis form CODEBOOK --output FILE"


@dataclass(frozen=True)
class Written:
    """One answer as it stands in a file.

    Attributes
    ----------
    key : str
        What the question is called there: its code, or its wording.
    texts : tuple of str
        What is written; several for a list.
    where : str
        ``row 12`` of a sheet; empty in TOML, where the key is enough.
    is_list : bool
        True where a list was written.
    fault : str
        Why it cannot be read at all; empty where it can.
    """

    key: str
    texts: tuple[str, ...]
    where: str = ""
    is_list: bool = False
    fault: str = ""


@dataclass(frozen=True)
class FirmFile:
    """The answers of one company, as text.

    Attributes
    ----------
    file : str
        Name of the file, without its folder.
    codebook : str
        Id of the questionnaire, as the file says it; empty where it does not.
    answers : list of Written
        Blank ones are left out.
    """

    file: str
    codebook: str
    answers: list[Written] = field(default_factory=list)


def read_firm_file(path: str | Path) -> FirmFile:
    """Read the answers of one company to text; what the file holds decides how it is read, not its name.

    Raises
    ------
    InputError
        The file is absent, is neither TOML nor XLSX, or holds no table of answers.
    """
    data, name = read_source(path)
    if len(data) > _LARGEST:
        raise InputError(f"{name} has {len(data) / 1e6:.0f} MB, too much for the answers of one company; {_WAY_OUT}.")
    content = content_of(data, name)
    if content in ("zip", "text"):
        return _read_sheet(data, name) if content == "zip" else _read_toml(data, name)
    raise InputError(f"{name} is neither TOML nor XLSX; {_WAY_OUT}.")


# --- TOML -------------------------------------------------------------------------------------------------------------


def _read_toml(data: bytes, name: str) -> FirmFile:
    try:
        table = tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is neither an Excel file nor UTF-8 text; save it as UTF-8, or as .xlsx.") from error
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise InputError(f"{name} is not valid TOML: {error}; texts need quotes; {_WAY_OUT}.") from error
    answers, codebook = table.get(_ANSWERS), table.get("codebook", "")
    if not isinstance(answers, Mapping) or not isinstance(codebook, str):
        raise InputError(f'{name} needs codebook = "ID" and a table [answers]; {_WAY_OUT}.')
    strange = sorted(set(table) - {"codebook", _ANSWERS, _ABOUT})
    if strange:
        raise InputError(f"{name} has '{strange[0]}' outside the table [answers]; move it there.")
    written = [_written(str(key), value) for key, value in answers.items()]
    return FirmFile(name, codebook.strip(), [one for one in written if one.fault or any(map(str.strip, one.texts))])


def _written(key: str, value: object) -> Written:
    if isinstance(value, list):
        texts = [_text(one) for one in value]
        fault = "holds a list in a list" if None in texts else ""
        return Written(key, tuple(text for text in texts if text), is_list=True, fault=fault)
    text = _text(value)
    return Written(key, (text or "",), fault="is a table, not an answer" if text is None else "")


def _text(value: object) -> str | None:
    """Return a TOML value as people would write it; None for what is no single value."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return str(value) if isinstance(value, int | date | time) else None


# --- XLSX -------------------------------------------------------------------------------------------------------------


def _read_sheet(data: bytes, name: str) -> FirmFile:
    records = read_binary(data, name, "zip")
    rows = [records.header, *records.rows()]
    numbers = [records.first, *records.numbers.tolist()]
    head = next((place for place, row in enumerate(rows) if "answer" in _columns(row)), None)
    if head is None:
        raise InputError(f"{name}, sheet '{records.sheet}' has no column 'Réponse' or 'Answer'; {_WAY_OUT}.")
    columns = _columns(rows[head])
    if not {"code", "question"} & set(columns):
        raise InputError(f"{name}, sheet '{records.sheet}' has neither a column 'Code' nor 'Question'; {_WAY_OUT}.")
    answers = []
    for row, number in zip(rows[head + 1 :], numbers[head + 1 :], strict=True):
        key, answer = (
            _cell(row, columns.get("code")) or _cell(row, columns.get("question")),
            _cell(row, columns["answer"]),
        )
        if answer:
            answers.append(Written(key, (answer,), where=f"row {number}", fault="" if key else "has no question"))
    return FirmFile(name, _stated_codebook(rows[:head]), answers)


def _columns(row: Sequence[str]) -> dict[str, int]:
    """Return the place of each column that a header names; empty where the row is no header."""
    found: dict[str, int] = {}
    for place, cell in enumerate(row):
        kind = _HEADERS.get(fold(cell))
        if kind:
            found.setdefault(kind, place)
    return found


def _cell(row: Sequence[str], place: int | None) -> str:
    return row[place].strip() if place is not None and place < len(row) else ""


def _stated_codebook(rows: Sequence[Sequence[str]]) -> str:
    for row in rows:
        for cell in row:
            found = re.fullmatch(rf"\s*{CODEBOOK_MARK.strip()}\s*(\S+)\s*", cell, flags=re.IGNORECASE)
            if found:
                return found[1]
    return ""
