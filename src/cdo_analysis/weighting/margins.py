"""Population margins: how many companies of each category exist, or what a number adds up to, read and checked."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from cdo_analysis.errors import InputError
from cdo_analysis.units import UNITS

MARGIN_COLUMNS = ("variable", "category", "population")

MEASURES = ("count", "percent", "total")
"""What ``population`` holds: companies of a category (the default), their percentage, or the total of a number."""

LARGEST_CONTRADICTION = 0.005
"""Two margins count the same population: beyond this share, the gap between their totals is no rounding."""


def read_margins(path: str | Path) -> pd.DataFrame:
    r"""Read population margins from a CSV file.

    Parameters
    ----------
    path : str or Path
        UTF-8 text, a row a category, separated by commas or by semicolons. Spaces in numbers are ignored; the
        decimal comma is read where the separator is the semicolon.

    Returns
    -------
    DataFrame
        Columns ``variable`` (name of an item, or ``size_category``), ``category`` (code, as text), ``population``
        (float, above 0); any other column (``source``, ``year``, ``unit``) is kept as text. Where there is a column
        ``measure``, it says what ``population`` holds: ``count`` companies (also where it is empty), ``percent`` of
        the companies, or the ``total`` of a number over the population (``turnover_keur;;143831883;total``), which
        has no category and may have any sign.

    Raises
    ------
    InputError
        The file cannot be read, lacks a column, gives a category twice or a population that is not above 0, or two
        variables count populations that differ by more than 0.5 %, or percentages do not add up to 100 (within 0.5).

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "margins.csv"
    ...     _ = path.write_text("variable;category;population\nsize;pme;159 000\nsize;eti;6 200\n")
    ...     read_margins(path)
      variable category  population
    0     size      pme    159000.0
    1     size      eti      6200.0
    """
    path = Path(path)
    text = _read_text(path)
    separator = ";" if ";" in text.partition("\n")[0] else ","
    table = _read_table(text, separator, path.name)
    if "population" in table:
        table["population"] = _to_number(table["population"], decimal="," if separator == ";" else ".")
    check_margins(table, where=path.name)
    return table[[*MARGIN_COLUMNS, *(name for name in table.columns if name not in MARGIN_COLUMNS)]]


def check_margins(margins: pd.DataFrame, *, where: str = "the margins") -> None:
    """Raise an :class:`~cdo_analysis.errors.InputError` that names what is wrong with margins, if anything is.

    Parameters
    ----------
    margins : DataFrame
        As returned by :func:`read_margins`.
    where : str
        What the error calls them.
    """
    for name in MARGIN_COLUMNS:
        if name not in margins.columns:
            has = ", ".join(str(column) for column in margins.columns)
            raise InputError(f"{where} has no column '{name}' (it has: {has}); name it so on the first line.")
    if margins.empty:
        raise InputError(f"{where} has no category; write a line for each category and its population.")
    kinds = measures(margins)
    wrong = margins[~kinds.isin(MEASURES)]
    if len(wrong):
        raise InputError(
            f"{where}: {_name(wrong)} has the measure {kinds[wrong.index[0]]!r}; write one of {', '.join(MEASURES)}."
        )
    _check_rows(margins, kinds, where)
    _check_numbers(margins, kinds, where)
    twice = margins[margins.duplicated(["variable", "category"])]
    if len(twice):
        raise InputError(f"{where} gives {_name(twice)} twice; keep one of the two lines.")
    mixed = kinds.groupby(margins["variable"], sort=False).nunique()
    if (mixed > 1).any():
        raise InputError(f"{where} measures '{mixed.index[mixed > 1][0]}' in two ways; keep one measure a variable.")
    _check_percentages(margins[kinds.eq("percent")], where)
    _check_totals(margins[kinds.eq("count")], where)


def measures(margins: pd.DataFrame) -> pd.Series:
    """Return what each row of the margins measures: one of :data:`MEASURES`."""
    if "measure" not in margins.columns:
        return pd.Series("count", index=margins.index, dtype="str")
    return margins["measure"].astype("str").fillna("").replace("", "count")


def margins_unit(margins: pd.DataFrame) -> str:
    """Return what the margins count (their column ``unit``); empty where they do not say.

    Raises
    ------
    InputError
        They count two units, or one that has no name here.
    """
    if "unit" not in margins.columns:
        return ""
    units = sorted({str(unit) for unit in margins["unit"].dropna()} - {""})
    for unit in units:
        if unit not in UNITS:
            raise InputError(
                f"the margins count '{unit}', which is no unit known here; write one of {', '.join(UNITS)}."
            )
    if len(units) > 1:
        raise InputError(f"the margins count {' and '.join(units)}; calibrate on margins of one unit.")
    return units[0] if units else ""


def check_units(margins: pd.DataFrame, unit: str, *, accept_other: bool = False) -> None:
    """Refuse margins that count another unit than the one that respondents answer for.

    A legal unit (SIREN) is not an enterprise in the sense of the LME, which may hold several: counted so, there are
    twice as many PME.

    Parameters
    ----------
    margins : DataFrame
        With a column ``unit`` where they say what they count.
    unit : str
        What respondents answer for; empty where it is not said.
    accept_other : bool
        True: another unit is accepted.

    Raises
    ------
    InputError
        The units differ.

    Examples
    --------
    >>> check_units(pd.DataFrame({"unit": ["enterprise"]}), "legal_unit", accept_other=True)
    """
    counted = margins_unit(margins)
    if counted and unit and counted != unit and not accept_other:
        raise InputError(
            f"respondents answer for a {unit} and the margins count {counted}s; bring margins of that unit, or accept "
            "the difference with --other-unit (other_unit=True): reports will say so."
        )


def population_total(margins: pd.DataFrame) -> float:
    """Return the population that the first variable counted adds up to; NaN where none is counted."""
    counts = margins[measures(margins).eq("count")]
    if counts.empty:
        return float("nan")
    return float(counts.loc[counts["variable"] == counts["variable"].iloc[0], "population"].sum())


def _check_rows(margins: pd.DataFrame, kinds: pd.Series, where: str) -> None:
    for row, kind in zip(margins.itertuples(), kinds, strict=True):
        if not str(row.variable) or (kind != "total" and not str(row.category)):
            raise InputError(f"{where}: a line lacks its variable or its category; fill it in or remove the line.")
        if kind == "total" and str(row.category) not in {"", "nan"}:
            raise InputError(
                f"{where}: the total of {row.variable} has the category '{row.category}'; leave that cell empty."
            )


def _check_numbers(margins: pd.DataFrame, kinds: pd.Series, where: str) -> None:
    population = pd.to_numeric(margins["population"], errors="coerce")
    wrong = margins[~(np.isfinite(population) & ((population > 0) | kinds.eq("total")))]
    if len(wrong):
        raise InputError(
            f"{where}: the population of {_name(wrong)} is not a number above 0; write a number, or merge an "
            "empty category with its neighbour."
        )


def _check_percentages(margins: pd.DataFrame, where: str) -> None:
    for variable, part in margins.groupby("variable", sort=False)["population"]:
        if abs(part.sum() - 100.0) > 100 * LARGEST_CONTRADICTION:
            raise InputError(
                f"{where}: the percentages of '{variable}' add up to {part.sum():.6g}; make them add up to 100."
            )


def _check_totals(margins: pd.DataFrame, where: str) -> None:
    if margins.empty:
        return
    parts = margins.groupby("variable", sort=False)["population"]
    totals = sorted((float(part.sum()), str(variable)) for variable, part in parts)
    (low, small), (high, large) = totals[0], totals[-1]
    if high - low > LARGEST_CONTRADICTION * high:
        raise InputError(
            f"{where} contradicts itself: '{small}' adds up to {low:.12g} and '{large}' to {high:.12g}; give every "
            "variable the total of one and the same population (0.5 % of rounding is accepted)."
        )


def _name(rows: pd.DataFrame) -> str:
    return f"{rows['variable'].iloc[0]} '{rows['category'].iloc[0]}'"


def _read_table(text: str, separator: str, file: str) -> pd.DataFrame:
    """Return the cells as stripped text; a line may end early, but not hold more than the header."""
    rows = [[cell.strip() for cell in row] for row in csv.reader(StringIO(text), delimiter=separator)]
    rows = [row for row in rows if any(row)]
    if not rows:
        raise InputError(f"{file} is empty; write a first line {separator.join(MARGIN_COLUMNS)} and a line a category.")
    header = rows[0]
    for row in rows[1:]:
        if any(row[len(header) :]):
            raise InputError(
                f"{file}: the line {separator.join(row)!r} has more cells than the first line has names; quote a cell "
                f"that holds {separator!r}, or name the column."
            )
    cells = [(row + [""] * len(header))[: len(header)] for row in rows[1:]]
    return pd.DataFrame(cells, columns=header, dtype="str")


def _to_number(written: pd.Series, *, decimal: str) -> pd.Series:
    plain = written.str.replace(r"\s", "", regex=True)
    if decimal == ",":
        plain = plain.str.replace(",", ".", regex=False)
    return pd.to_numeric(plain, errors="coerce").astype("float64")


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not UTF-8 text; save the margins as UTF-8 CSV.") from error
    except IsADirectoryError as error:
        raise InputError(f"{path.name} is a folder, not a file of margins; name a CSV file.") from error
    except OSError as error:
        raise InputError(f"{path.name} cannot be read ({error.strerror}); name a CSV file of margins.") from error
