"""The cleaning log: everything that was done to the answers, as tables from which it can be done again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Codebook
from cdo_analysis.errors import InputError, PublishError

if TYPE_CHECKING:
    from cdo_analysis.intake.coded import ReadColumn

EDIT_COLUMNS = ("respondent", "item", "before", "after", "reason")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class CleaningLog:
    """What was done to the answers of one export.

    Attributes
    ----------
    columns : DataFrame
        A row an item that the export has: item, column, kind.
    records : DataFrame
        A row a record: line, respondent (``""`` where it was left out), left_out (why; ``""`` where it was kept).
    readings : DataFrame
        A row an item and a text that does not stand for itself: item, before, after, missing, rule, n.
    deduced : DataFrame
        A row a cell whose value follows from others ("not ticked", "not asked"): respondent, item, after, missing.
    """

    columns: pd.DataFrame
    records: pd.DataFrame
    readings: pd.DataFrame
    deduced: pd.DataFrame


def list_columns(columns: Mapping[str, ReadColumn]) -> pd.DataFrame:
    """Return the table of columns of a cleaning log."""
    rows = [(name, column.item.column, column.item.kind) for name, column in columns.items()]
    return pd.DataFrame(rows, columns=["item", "column", "kind"])


def name_records(lines: pd.Series, left_out: pd.Series, names: pd.Series, repeated: pd.Series) -> pd.DataFrame:
    """Return the table of records of a cleaning log.

    Parameters
    ----------
    lines, left_out : Series
        Of all records: their line, and why one was left out (NaN where it was not).
    names, repeated : Series
        Of those that were not: their respondent, and whether another record of it was kept instead.
    """
    reason = left_out.copy()
    reason[repeated.index[repeated]] = "same_respondent"
    kept = reason.isna()
    respondent = names.reindex(lines.index).where(kept, "").fillna("")
    return pd.DataFrame(
        {"line": lines.to_numpy(), "respondent": respondent.to_numpy(), "left_out": reason.fillna("").to_numpy()}
    ).astype({"respondent": "str", "left_out": "str"})


def list_deduced(
    coded: pd.DataFrame, settled: tuple[pd.DataFrame, pd.DataFrame], columns: Mapping[str, ReadColumn]
) -> pd.DataFrame:
    """Return the cells whose value is not what their own text was read as."""
    responses, missing = settled
    parts = []
    for name in columns:
        before, after = coded[name], responses[name]
        changed = (before.ne(after) & ~(before.isna() & after.isna())).to_numpy()
        rows = pd.DataFrame({"respondent": responses.index[changed], "item": name})
        rows["after"] = after.to_numpy(dtype=object)[changed]
        rows["missing"] = missing[name].astype(object).to_numpy()[changed]
        parts.append(rows)
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["respondent", "item"])
    return table.assign(after=table["after"].fillna(""), missing=table["missing"].fillna("")).astype("str")


def replay(cells: pd.DataFrame, log: CleaningLog, lines: np.ndarray) -> pd.DataFrame:
    """Make the tidy answers again from the raw cells and the log alone, without the code that read them.

    Parameters
    ----------
    cells : DataFrame of str
        The raw table, its columns under the names that the log gives them.
    log : CleaningLog
    lines : ndarray of int
        Line of each row of `cells`.

    Returns
    -------
    DataFrame
        Index: respondent; a column an item that the export has, with the type of its kind.
    """
    records = log.records.set_index("line")["respondent"]
    names = pd.Series(lines).map(records).fillna("")
    kept = names.ne("").to_numpy()
    index = pd.Index(names[kept], name="respondent", dtype="str")
    tidy = {}
    for row in log.columns.itertuples(index=False):
        texts = pd.Series(cells[row.column].to_numpy(dtype=object)[kept], index=index, dtype=object)
        own = log.readings[log.readings["item"] == row.item].set_index("before")["after"].to_dict()
        deduced = log.deduced[log.deduced["item"] == row.item].set_index("respondent")["after"].to_dict()
        values = texts.map(lambda text, own=own: own.get(text, text))
        values = values.mask(index.isin(list(deduced)), pd.Series(index, index=index).map(deduced))
        tidy[row.item] = _typed(values, str(row.kind))
    return pd.DataFrame(tidy, index=index)


def _typed(values: pd.Series, kind: str) -> pd.Series:
    values = values.where(values.ne(""), None)
    if kind == "number":
        return values.astype(float)
    if kind == "date":
        return pd.to_datetime(values, format="ISO8601").astype("datetime64[us]")
    return values.astype("str")


# --- edits of single respondents ------------------------------------------------------------------------------


def read_edits(table: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Check a table of edits: respondent, item, before, after, reason; raise an InputError for what it lacks."""
    absent = [name for name in EDIT_COLUMNS if name not in table.columns]
    if absent:
        raise InputError(f"the edits lack the column(s) {', '.join(absent)}; they need {', '.join(EDIT_COLUMNS)}.")
    unknown = sorted(set(table["item"]) - {item.name for item in codebook} - {""})
    if unknown:
        raise InputError(f"the edits name the item '{unknown[0]}', which codebook '{codebook.id}' does not declare.")
    return table[list(EDIT_COLUMNS)].fillna("").astype("str")


def edit_cells(
    cells: pd.DataFrame, names: pd.Series, edits: pd.DataFrame, columns: Mapping[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Apply edits of single respondents to raw cells.

    Parameters
    ----------
    cells : DataFrame of str or of category
    names : Series of str
        Respondent of each row of `cells`.
    edits : DataFrame of str
        respondent, item, before (the cell must hold it; empty: whatever it holds), after (``""``: no answer), reason.
        An edit whose item is empty removes the respondent.
    columns : mapping of str to str
        Item -> column of `cells`.

    Returns
    -------
    cells : DataFrame of str
        A new table.
    done : DataFrame
        The edits, with `before` as it was found, and applied (bool).
    """
    edited = cells.copy()
    rows_of: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        rows_of.setdefault(str(name), []).append(place)
    gone: list[int] = []
    done = []
    for respondent, item, before, after, reason in edits[list(EDIT_COLUMNS)].to_numpy(dtype=object):
        rows, column = rows_of.get(str(respondent), []), columns.get(str(item), "")
        if not item:
            gone += rows
            done.append((respondent, "", before, "", reason, bool(rows)))
            continue
        places = rows if column in edited.columns else []
        texts = edited[column].to_numpy(dtype=object, copy=True) if places else np.array([])
        fits = [place for place in places if before in ("", texts[place])]
        found = str(texts[fits[0]]) if fits else str(before)
        if fits:
            texts[fits] = after
            coded = isinstance(edited[column].dtype, pd.CategoricalDtype)
            edited[column] = pd.Series(texts, index=edited.index, dtype="category" if coded else object)
        done.append((respondent, item, found, after, reason, bool(fits)))
    table = pd.DataFrame(done, columns=[*EDIT_COLUMNS, "applied"])
    return edited.drop(index=edited.index[gone]), table


# --- out to spreadsheets --------------------------------------------------------------------------------------


def write_log(log: CleaningLog, folder: Path) -> list[Path]:
    """Write the tables of a cleaning log as CSVs that a spreadsheet can open without harm.

    Raises
    ------
    PublishError
        The folder cannot be written.
    """
    paths = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in vars(log).items():
            path = folder / f"{name}.csv"
            safe = table.map(lambda value: spreadsheet_safe(value) if isinstance(value, str) else value)
            path.write_text(safe.to_csv(index=False, lineterminator="\n"), encoding="utf-8-sig")
            paths.append(path)
    except OSError as error:
        raise PublishError(f"the log cannot be written to {folder}: {error.strerror}; name another folder.") from error
    return paths


def spreadsheet_safe(text: str) -> str:
    r"""Return a text that no spreadsheet takes for a formula: a line that could be one starts with an apostrophe.

    Examples
    --------
    >>> spreadsheet_safe("=cmd|'/c calc'!A1"), spreadsheet_safe("+33 6 12 34 56 78"), spreadsheet_safe("-12,5")
    ("'=cmd|'/c calc'!A1", "'+33 6 12 34 56 78", '-12,5')
    >>> spreadsheet_safe("ok\n\u00a0=1+1")
    "ok\n'\xa0=1+1"
    """
    return "\n".join(_safe_line(line) for line in text.split("\n"))


def _safe_line(line: str) -> str:
    if line[:1] in ("\t", "\r"):
        return f"'{line}"
    start = line.strip()
    if not start.startswith(_FORMULA_STARTS) or _plain_number(start):
        return line
    return f"'{line}"


def _plain_number(text: str) -> bool:
    digits = text[1:].replace(",", "").replace(".", "").replace(" ", "").replace("\u202f", "")
    return text[0] == "-" and digits.isdigit()
