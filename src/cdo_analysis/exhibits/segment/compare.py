"""The segment beside the rest: tables of differences with their own errors, and the pieces that show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from cdo_analysis import figures
from cdo_analysis.disclosure import flag_cross_table, flag_means
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.segment.part import Segment
from cdo_analysis.exhibits.study_view import Groups, View
from cdo_analysis.tables import rows_of
from cdo_analysis.weighting import Contrast, adjust_p, contrast_means, contrast_shares

ERROR = 0.05
"""Above this adjusted p-value, a difference is put down to chance."""

_SIDES = ["inside", "inside_low", "inside_high", "outside", "outside_low", "outside_high", "gap", "low", "high"]
_FEW = 5
_COLUMNS = ["name", "n", "n_rest", *_SIDES, "p", "adjusted", "told", "flag"]


def mean_gaps(view: View, part: Segment, columns: Mapping[str, pd.Series], method: Literal["holm", "bh"]) -> Any:
    """Return the difference of the means of some columns between the segment and the rest.

    Parameters
    ----------
    view : View
    part : Segment
    columns : mapping of str to Series of float
        In any unit; missing where not measured.
    method : {'holm', 'bh'}
        How p-values are adjusted for how many columns there are.

    Returns
    -------
    DataFrame
        A row a column, in their order: name; n, n_rest; inside, outside and their intervals; gap, low, high (unit of
        the values); p, adjusted; told; flag (``c`` where either side has fewer respondents than a mean needs).
    """
    flags, rows = [], []
    for values in columns.values():
        known = np.isfinite(_aligned(view, values))
        smallest = min(int(known[side].sum()) for side in _sides(view, part))
        flags.append(str(flag_means(pd.Series([smallest]), view.profile).iloc[0]))
        rows.append(
            None if flags[-1] == "c" else contrast_means(_series(view, values), _where(view, part), view.design)
        )
    return _table(list(columns), rows, flags, method, scale=1.0)


def share_gaps(view: View, part: Segment, holds: Mapping[str, pd.Series], method: Literal["holm", "bh"]) -> Any:
    """Return the difference of shares for things that hold or not, each on its own.

    Parameters
    ----------
    view : View
    part : Segment
    holds : mapping of str to Series of bool
        Missing where unknown.
    method : {'holm', 'bh'}

    Returns
    -------
    DataFrame
        As :func:`mean_gaps`; shares from 0 to 1, differences in points of percentage. A row is hidden where one of
        its four cells (in the segment or not, holds or not) must be.
    """
    flags, rows = [], []
    for values in holds.values():
        flags.append(_flag_pair(view, _aligned(view, values), _sides(view, part)))
        rows.append(
            None if flags[-1] == "c" else contrast_shares(_series(view, values), _where(view, part), view.design)
        )
    return _table(list(holds), rows, flags, method, scale=100.0)


def answer_gaps(view: View, part: Segment, answers: Groups) -> Any:
    """Return the difference of the shares of each answer to one question, of which each respondent gives one.

    Returns
    -------
    DataFrame
        As :func:`share_gaps`, a row an answer that somebody gives, adjusted by Holm; cells are hidden with the others
        of their row and of their column in mind.
    """
    known = answers.values[part.inside.reindex(answers.values.index).notna() & answers.values.notna()]
    sides = part.inside[known.index].astype(bool)
    counts = pd.crosstab(sides, known).reindex(index=[True, False], fill_value=0)
    order = [code for code in answers.order if code in counts.columns]
    if not sides.any() or sides.all():
        return _table([], [], [], "holm", scale=100.0)
    found = flag_cross_table(counts[order], view.profile)
    flags = ["c" if found[code].eq("c").any() else "u" if found[code].eq("u").any() else "" for code in order]
    if min(int(sides.sum()), int((~sides).sum())) < view.profile.mean:
        flags = ["c"] * len(order)
    rows = [
        None if flag == "c" else contrast_shares(known.eq(code).astype(float), sides, view.design)
        for code, flag in zip(order, flags, strict=True)
    ]
    return _table(order, rows, flags, "holm", scale=100.0)


def _series(view: View, values: pd.Series) -> pd.Series:
    """Return values in the order of the weights, on their very index: nothing needs to be looked up again."""
    return values.astype("float64").reindex(view.design.weights.index)


def _aligned(view: View, values: pd.Series) -> Any:
    return _series(view, values).to_numpy()


def _where(view: View, part: Segment) -> pd.Series:
    return part.inside.reindex(view.design.weights.index)


def _sides(view: View, part: Segment) -> tuple[Any, Any]:
    """Return who is in the segment and who in the rest, as arrays in the order of the weights."""
    where = _where(view, part)
    return where.eq(True).fillna(False).to_numpy(dtype=bool), where.eq(False).fillna(False).to_numpy(dtype=bool)


def _flag_pair(view: View, holds: Any, sides: tuple[Any, Any]) -> str:
    """Return the flag of a row: the four cells of the segment and the rest, where something holds and where not."""
    counts = pd.DataFrame([[int((holds[side] == value).sum()) for value in (0.0, 1.0)] for side in sides])
    if counts.sum(axis=1).min() < view.profile.mean:
        return "c"
    flags = flag_cross_table(counts, view.profile).to_numpy()
    return "c" if (flags == "c").any() else "u" if (flags == "u").any() else ""


def _table(
    names: list[str], rows: Sequence[Contrast | None], flags: list[str], method: Literal["holm", "bh"], *, scale: float
) -> pd.DataFrame:
    found = [_row(name, flag, row, scale) for name, flag, row in zip(names, flags, rows, strict=True)]
    table = pd.DataFrame(found, columns=_COLUMNS)
    table["adjusted"] = adjust_p(table["p"].to_numpy(dtype=float), method)
    return table.assign(told=table["adjusted"].le(ERROR))


def _row(name: str, flag: str, row: Contrast | None, scale: float) -> dict[str, Any]:
    if row is None:
        return {"name": name, "flag": flag, **dict.fromkeys(["n", "n_rest", *_SIDES, "p"], np.nan)}
    one, other, gap = row.inside, row.outside, row.difference
    sides = [one.estimate, one.low, one.high, other.estimate, other.low, other.high]
    values = [*sides, gap.estimate * scale, gap.low * scale, gap.high * scale]
    counts = {"n": one.n, "n_rest": other.n, "p": row.p_value}
    return {"name": name, "flag": flag, **counts, **dict(zip(_SIDES, values, strict=True))}


def named(table: pd.DataFrame, label: Callable[[str], str], *, by: str = "inside") -> pd.DataFrame:
    """Return a table with what its rows are called, sorted: by the segment's value, or by the size of the gap.

    Parameters
    ----------
    table : DataFrame
    label : callable
        Name to words, for the column ``label``.
    by : {'inside', 'gap', 'order'}
    """
    shown = table.assign(label=[label(str(name)) for name in table["name"]])
    if by == "order":
        return shown
    key = shown["gap"].abs() if by == "gap" else shown["inside"]
    order = key.sort_values(ascending=False, kind="stable", na_position="last").index
    return shown.loc[order].reset_index(drop=True)


def comparison(
    view: View,
    table: pd.DataFrame,
    id: str,
    *,
    words: tuple[str, str],
    share: bool,
    drawn: pd.DataFrame | None = None,
    **fields: Any,
) -> Exhibit:
    """Return the piece that shows a table of differences: figure, and the numbers behind it.

    Parameters
    ----------
    view : View
    table : DataFrame
        With labels; all rows, for the table.
    id : str
    words : tuple of two str
        Header of the first column; what is measured, with its unit.
    share : bool
    drawn : DataFrame, optional
        Rows of the figure; all where not given.
    **fields
        Others of the exhibit: title, alt, notes, paragraphs, evidence.
    """
    axes = None
    decimals = 0 if share or view.decimals == 0 else 1
    rows = table if drawn is None else drawn
    rows = rows[rows["flag"].ne("c")].reset_index(drop=True)
    if len(rows):
        axes = figures.contrast_dots(
            rows,
            numbers=view.numbers,
            words=(view.say("segment.here"), view.say("segment.rest"), view.say("segment.told_legend")),
            labels=(words[1], view.say("segment.gap_axis")),
            share=share,
            decimals=decimals,
        )
    shown = gap_table(view, table, words[0], share=share, decimals=decimals)
    return view.exhibit(id, axes=axes, table=shown, folded=axes is None, **fields)


def gap_table(view: View, table: pd.DataFrame, first: str, *, share: bool, decimals: int) -> TableView:
    """Return the numbers: n and value on both sides, the difference with its interval and its adjusted p-value."""
    rows = [[str(row.label), *_cells(view, row, share, decimals)] for row in rows_of(table)]
    names = ("here", "rest", "gap", "interval", "adjusted")
    header = [first, "n", *(view.say(f"segment.column_{name}") for name in names)]
    return TableView(header, rows, numeric=(False, *[True] * 6))


def _cells(view: View, row: Any, share: bool, decimals: int) -> list[str]:
    if row.flag == "c":
        return ["c"] * 6
    write = view.numbers.share if share else (lambda v: view.numbers.number(v, decimals))
    low, high = (figures.signed(view.numbers, end, decimals) for end in (row.low, row.high))
    ends = view.say("label.range", low=low, high=high)
    mark = " (u)" if row.flag == "u" else ""
    sides = [f"{write(row.inside)}{mark}", write(row.outside)]
    star = "\u00a0*" if row.told else ""
    gap = f"{figures.signed(view.numbers, row.gap, decimals)}{star}"
    return [view.numbers.number(row.n), *sides, gap, ends, p_words(view, row.adjusted)]


def p_words(view: View, p: float) -> str:
    """Write a p-value: three decimals, and no zero."""
    if not np.isfinite(p):
        return view.numbers.absent
    return f"<\u00a0{view.numbers.number(0.001, 3)}" if p < 0.001 else view.numbers.number(p, 3)


def gap_words(view: View, row: Any, *, share: bool) -> dict[str, str]:
    """Return a difference in words, as fields of a sentence: both sides, the gap, its interval."""
    decimals = 0 if share or view.decimals == 0 else 1
    write = view.numbers.share if share else (lambda v: view.numbers.number(v, decimals))
    low, high = (figures.signed(view.numbers, end, decimals) for end in (row.low, row.high))
    return {
        "label": str(row.label),
        "here": write(row.inside),
        "there": write(row.outside),
        "gap": points_words(view, row.gap, decimals),
        "interval": view.say("segment.between", low=low, high=high),
    }


def points_words(view: View, gap: float, decimals: int) -> str:
    """Write a difference with its unit: "+6 points", "0 point" in French."""
    one = abs(round(gap, decimals)) < 2 if view.language == "fr" else abs(round(gap, decimals)) == 1
    return view.say("segment.point" if one else "segment.points", n=figures.signed(view.numbers, gap, decimals))


def widest(table: pd.DataFrame) -> Any:
    """Return the row of the widest difference, told ones first; None where all is hidden."""
    shown = table[table["flag"].ne("c")]
    if shown.empty:
        return None
    told = shown[shown["told"]]
    pool = told if len(told) else shown
    return next(rows_of(pool.loc[[pool["gap"].abs().idxmax()]]))


def titled(view: View, key: str, table: pd.DataFrame, *, share: bool) -> str:
    """Return the title of a comparison by what it found: ``segment.<key>_title``, ``…_none``, ``…_hidden``."""
    row = widest(table)
    if row is None:
        return view.say(f"segment.{key}_title_hidden")
    return view.say(f"segment.{key}_title{'' if row.told else '_none'}", **gap_words(view, row, share=share))


def around(view: View, part: Segment, title: str, table: pd.DataFrame, *, share: bool) -> dict[str, Any]:
    """Return title, description and notes of a comparison, as fields of an exhibit."""
    row, n = widest(table), part.n + part.rest
    if row is None:
        return {"title": title, "notes": view.notes(n=n)}
    hidden = table.loc[table["flag"].eq("c"), "label"].tolist()
    reading = view.say("segment.reading_share" if share else "segment.reading", **gap_words(view, row, share=share))
    alt = view.say("segment.alt", title=title, reading=reading, told=int(table["told"].sum()), all=len(table))
    said = " ".join([reading, view.say("segment.rounding"), *_hidden_words(view, hidden)])
    return {"title": title, "alt": alt, "notes": view.notes(reading=said, n=n)}


def _hidden_words(view: View, labels: list[str]) -> list[str]:
    """Name the rows that are hidden, where they are few; a figure does not show them."""
    if not labels:
        return []
    if len(labels) > _FEW:
        return [view.say("segment.hidden_many", n=len(labels))]
    return [view.say("segment.hidden_rows", listed=view.join_parts(labels))]
