"""Parts of figures: axes with a labelled line a row, axes of values, values beside their marks, legends, long names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from cdo_analysis.figures.style import GRID, in_style, new_axes
from cdo_analysis.messages import Numbers, printable

Write = Callable[[float], str]

_LABEL_WIDTH = 38
_ROOM = 0.13
_MOST_LINES = 6
_ROUND_STEPS = [1, 2, 5, 10]
_BESIDE: dict[str, Any] = {"textcoords": "offset points", "va": "center", "fontsize": 8}


def rows_axes(labels: Iterable[object], *, row: float = 0.32) -> Axes:
    """Return axes with one labelled line a row, the first at the top.

    Parameters
    ----------
    labels : iterable
        What each line is called; long names are cut into lines.
    row : float
        Height of a line, in inches; more where its name needs more.
    """
    wrapped = row_names(labels)
    lines = max((text.count("\n") + 1 for text in wrapped), default=1)
    axes = new_axes(0.75 + row_height(row, lines) * len(wrapped))
    with in_style():
        axes.set_yticks(np.arange(len(wrapped)), wrapped)
        axes.set_ylim(len(wrapped) - 0.5, -0.5)
        axes.grid(axis="x", color=GRID, linewidth=0.8)
        axes.set_axisbelow(True)
    return axes


def row_names(labels: Iterable[object], *, width: int = _LABEL_WIDTH) -> list[str]:
    """Return what the lines of a figure are called, long names cut into lines of about `width` characters."""
    return [wrap(str(text), width) for text in labels]


def value_axis(axes: Axes, numbers: Numbers, label: str, *, share: bool = False) -> None:
    """Name the horizontal axis and write its values as readers of the language expect them."""
    axes.set_xlabel(label, loc="left", fontsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=_ROUND_STEPS))
    axes.xaxis.set_major_formatter(ticks(numbers.share if share else axis_number(numbers)))
    axes.tick_params(axis="x", labelsize=8)


def ticks(write: Write) -> FuncFormatter:
    """Return a formatter of ticks that writes their values with `write`."""
    return FuncFormatter(lambda value, _: write(value))


def axis_number(numbers: Numbers) -> Write:
    """Return how a number is written on an axis: with the fewest decimals, at most two, that write it as it is."""
    return lambda value: numbers.number(value, next((d for d in (0, 1) if abs(value - round(value, d)) < 1e-9), 2))


def mark_number(numbers: Numbers) -> Write:
    """Return how a number is written beside its mark: one decimal under ten, unless it is whole."""
    return lambda value: numbers.number(value, 0 if abs(value) >= 10 or value == int(value) else 1)


def write_values(axes: Axes, values: Iterable[float], ends: Iterable[float], write: Write) -> None:
    """Write each row's value to the right of the end of its mark; ``c`` where it is hidden.

    Parameters
    ----------
    axes : Axes
        From :func:`rows_axes`.
    values, ends : iterable of float
        A value a row, NaN where hidden; and where its mark ends, NaN where that is the value itself.
    write : callable
    """
    for place, (value, end) in enumerate(zip(values, ends, strict=True)):
        if np.isfinite(value):
            right = (end if np.isfinite(end) else value, place)
            axes.annotate(write(value), right, annotation_clip=False, xytext=(6, 0), **_BESIDE)
        else:
            left = (0.0, place)
            axes.annotate("c", left, xycoords=("axes fraction", "data"), fontstyle="italic", xytext=(4, 0), **_BESIDE)


def write_gaps(axes: Axes, gaps: Iterable[float], ends: tuple[Iterable[float], Iterable[float]], write: Write) -> None:
    """Write each row's difference beside its interval, on the side away from zero: never across the line of zero.

    Parameters
    ----------
    axes : Axes
    gaps : iterable of float
    ends : tuple of two iterables of float
        Lower and upper ends of the intervals.
    write : callable
    """
    gaps = list(gaps)
    for place, (gap, low, high) in enumerate(zip(gaps, *ends, strict=True)):
        end, shift, side = (high, 6, "left") if gap >= 0 else (low, -6, "right")
        axes.annotate(write(gap), (end, place), xytext=(shift, 0), annotation_clip=False, ha=side, **_BESIDE)
    low, high = axes.get_xlim()
    room = _ROOM * (high - low)
    axes.set_xlim(low - room * any(gap < 0 for gap in gaps), high + room * any(gap >= 0 for gap in gaps))


def legend_above(axes: Axes, *entries: Any, columns: int) -> None:
    """Put the legend above the axes, in `columns` columns; `entries` are handles and names, where marks have none."""
    axes.legend(
        *entries,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=columns,
        frameon=False,
        fontsize=8,
        borderaxespad=0.2,
    )


def wrap_name(text: str) -> str:
    """Cut the name of a row into lines."""
    return wrap(text, _LABEL_WIDTH)


def row_height(row: float, lines: int) -> float:
    """Return the height of a row in inches: `row`, or more where a name has so many lines."""
    return max(row, 0.16 * lines + 0.06)


def wrap(text: str, width: int) -> str:
    r"""Cut `text` into lines of about `width` characters, never before a French punctuation mark.

    A word that is longer than two lines is cut too, and what goes beyond six lines is left out (…).

    Examples
    --------
    >>> wrap("Qui pilote le numérique ?", 12).splitlines()
    ['Qui pilote', 'le', 'numérique\xa0?']
    """
    lines, line = [], ""
    text = printable(text)
    for mark in "?:;!»":
        text = text.replace(f" {mark}", f"\u00a0{mark}")
    for word in text.split(" "):
        if line and len(line) + len(word) + 1 > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
        while len(line) > 2 * width:
            lines.append(line[:width])
            line = line[width:]
    lines.append(line)
    return "\n".join(lines if len(lines) <= _MOST_LINES else [*lines[: _MOST_LINES - 1], f"{lines[_MOST_LINES - 1]}…"])
