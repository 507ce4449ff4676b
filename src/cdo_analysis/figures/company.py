"""The figures of one company, made by the hundred: drawn over a frame that all of them share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cdo_analysis.figures.layered import Drawing, Frame, room_for, round_limits
from cdo_analysis.figures.marks import Dot, Mark, Segment, Word
from cdo_analysis.figures.parts import Write, mark_number, row_height
from cdo_analysis.figures.style import BLUE, GRID, INK, LIGHT, ORANGE
from cdo_analysis.messages import Numbers


def evidence_dots(
    table: pd.DataFrame,
    *,
    numbers: Numbers,
    label: str,
    share: bool,
    highlight: Sequence[str],
    scale: tuple[float, float] | None = None,
    names: Sequence[str] = (),
) -> Drawing:
    """Draw one kind of evidence about the options.

    Parameters
    ----------
    table : DataFrame
        label, estimate, low, high (NaN where there is no interval); in the order to draw, top first.
    numbers : Numbers
    label : str
        What the axis measures, with its unit.
    share : bool
        True where the estimate is a share (0 to 1).
    highlight : sequence of str
        Labels of the options whose dot is filled.
    scale : tuple of float, optional
        Lowest and highest value that there can be: every company is then drawn on the same scale; shares have theirs.
    names : sequence of str
        All the labels that a company can have here: the room on the left is then that of every company.
    """
    low, high = _limits(table, (0.0, 1.0) if share else scale)
    room, lines = room_for([*names, *table["label"]])
    frame = Frame(room, row_height(0.3, lines), low, high, numbers, label, share)
    write = numbers.share if share else mark_number(numbers)
    marks: list[Mark] = []
    for place, row in enumerate(_rows(table)):
        filled = row.label in set(highlight)
        if np.isfinite([row.low, row.high]).all():
            marks.append(Segment(place, row.low, row.high, LIGHT, 5))
        if share and np.isfinite(row.estimate):  # a share has a zero to start from
            marks.append(Segment(place, 0, row.estimate, GRID, 1.2))
        if np.isfinite(row.estimate):
            marks.append(Dot(place, row.estimate, BLUE if filled else "white", 7 if filled else 6, edge=BLUE))
        marks.append(_value(place, row.estimate, row.high, write, frame))
    return Drawing(frame, tuple(table["label"]), tuple(marks))


def _limits(table: pd.DataFrame, scale: tuple[float, float] | None) -> tuple[float, float]:
    """Return the ends of a scale that holds every estimate and interval, with room for a dot at either end."""
    known = table[["estimate", "low", "high"]].to_numpy(dtype=float)
    ends = np.append(known[np.isfinite(known)], scale or ())
    if not len(ends):
        return 0.0, 1.0
    low, high = scale if scale == (ends.min(), ends.max()) else round_limits(ends.min(), ends.max())
    return low - 0.02 * (high - low), high + 0.01 * (high - low)


def _value(place: int, value: float, end: float, write: Write, frame: Frame) -> Word:
    """Return the value of a row, to the right of its mark; ``c`` where it is hidden."""
    if not np.isfinite(value):
        return Word(place, frame.low, "c", right=4, style="italic")
    return Word(place, end if np.isfinite(end) else value, write(value))


def company_and_peers(
    table: pd.DataFrame,
    *,
    numbers: Numbers,
    words: tuple[str, str, str],
    label: str,
    scale: tuple[float, float] = (0, 100),
) -> Drawing:
    """Draw one company on each dimension beside its peers.

    Parameters
    ----------
    table : DataFrame
        label, company, mean, low, high of the peers, in the unit of the scale (NaN where they may not be shown).
    numbers : Numbers
    words : tuple of three str
        Legend: the company, the peers' mean, the peers' middle half.
    label : str
        What the axis measures, with its unit.
    scale : tuple of float
        Lowest and highest value.
    """
    margin, (room, lines) = (scale[1] - scale[0]) * 0.02, room_for(table["label"])
    signs: tuple[Dot | Segment, ...] = (_company_dot(0, 0.0), _peers_mean(0, 0.0), Segment(0, 0.0, 0.0, LIGHT, 8))
    legend = tuple(zip(signs, words, strict=True))
    ends = (scale[0] - margin, scale[1] + margin)
    frame = Frame(room, row_height(0.4, lines), *ends, numbers, label, legend=legend)
    marks = _beside_peers(table, numbers, decimals=0 if scale[1] > 10 else 1)
    return Drawing(frame, tuple(table["label"]), tuple(marks))


def _beside_peers(table: pd.DataFrame, numbers: Numbers, *, decimals: int) -> Iterator[Mark]:
    for place, row in enumerate(_rows(table)):
        if np.isfinite([row.low, row.high]).all():
            yield Segment(place, row.low, row.high, LIGHT, 9)
        if np.isfinite(row.mean):
            yield _peers_mean(place, row.mean)
        if np.isfinite(row.company):
            yield _company_dot(place, row.company)
            written = numbers.number(row.company, decimals)
            yield Word(place, row.company, written, right=0, up=4.5, align="center", weight="bold")


def _company_dot(place: int, value: float) -> Dot:
    return Dot(place, value, ORANGE, 8, edge="white")


def _peers_mean(place: int, value: float) -> Dot:
    return Dot(place, value, INK, 13, marker="|", edge_width=2)


def _rows(table: pd.DataFrame) -> Iterator[Any]:
    return iter(table.itertuples(index=False))
