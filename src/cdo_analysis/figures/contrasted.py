"""A figure of two parts: a group beside the rest on each row, and how far they are apart, each with its interval."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cdo_analysis.figures.parts import axis_number, row_names, value_axis, write_gaps
from cdo_analysis.figures.ranked import signed
from cdo_analysis.figures.style import BLUE, GRID, INK, LIGHT, ORANGE, WIDTH, in_style
from cdo_analysis.messages import Numbers

_PANELS = (1.15, 1.0)
_APART = 0.15


def contrast_dots(
    table: pd.DataFrame,
    *,
    numbers: Numbers,
    words: tuple[str, str, str],
    labels: tuple[str, str],
    share: bool = False,
    decimals: int = 0,
) -> Axes:
    """Draw, for each row, a group and the rest with their intervals; beside them, the difference with its own.

    Parameters
    ----------
    table : DataFrame
        label; inside, inside_low, inside_high; outside, outside_low, outside_high; gap, low, high (points); told
        (True where the difference is not put down to chance). In the order to draw, top first; no hidden row.
    numbers : Numbers
    words : tuple of three str
        Legend: the group, the rest, a difference that is not put down to chance.
    labels : tuple of two str
        What both axes measure, with their units.
    share : bool
        True where both sides are shares (0 to 1); differences are in points of percentage.
    decimals : int
        Of the differences that are written.

    Returns
    -------
    Axes
        Of the left part.
    """
    names = row_names(table["label"], width=34)
    lines = max((text.count("\n") + 1 for text in names), default=1)
    figure = Figure(figsize=(WIDTH, 1.05 + max(0.4, 0.16 * lines + 0.06) * len(names)), layout="constrained")
    with in_style():
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=list(_PANELS))
        for axes in (left, right):
            axes.set_yticks(np.arange(len(names)), names)
            axes.set_ylim(len(names) - 0.5, -0.5)
            axes.grid(axis="x", color=GRID, linewidth=0.8)
            axes.set_axisbelow(True)
    _sides(left, table)
    _gaps(right, table, numbers, decimals)
    value_axis(left, numbers, labels[0], share=share)
    value_axis(right, numbers, labels[1])
    right.xaxis.set_major_formatter(lambda value, _: signed_tick(numbers, value))
    _legend(figure, words)
    return left


def signed_tick(numbers: Numbers, value: float) -> str:
    """Write a difference on an axis: with its sign, and the fewest decimals that write it as it is."""
    written = axis_number(numbers)(value)
    return f"+{written}" if value > 0 else written


def _sides(axes: Axes, table: pd.DataFrame) -> None:
    places = np.arange(len(table))
    for name, shift, colour, marker in (("inside", -_APART, BLUE, "o"), ("outside", _APART, ORANGE, "D")):
        rows = places + shift
        axes.hlines(rows, table[f"{name}_low"], table[f"{name}_high"], color=colour, linewidth=1.6, alpha=0.55)
        axes.plot(table[name], rows, marker, color=colour, markersize=6 if marker == "o" else 4.5)


def _gaps(axes: Axes, table: pd.DataFrame, numbers: Numbers, decimals: int) -> None:
    places, gaps = np.arange(len(table)), table["gap"].to_numpy(dtype="float64")
    told = table["told"].to_numpy(dtype=bool)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.hlines(places, table["low"], table["high"], color=LIGHT, linewidth=6, capstyle="butt")
    axes.plot(gaps[told], places[told], "s", color=INK, markersize=6)
    axes.plot(gaps[~told], places[~told], "s", markerfacecolor="white", markeredgecolor=INK, markersize=5)
    write_gaps(axes, gaps, (table["low"], table["high"]), lambda gap: signed(numbers, gap, decimals))
    axes.tick_params(axis="y", labelleft=False)


def _legend(figure: Figure, words: tuple[str, str, str]) -> None:
    handles = [
        Line2D([], [], marker="o", color=BLUE, linewidth=1.6, markersize=6),
        Line2D([], [], marker="D", color=ORANGE, linewidth=1.6, markersize=4.5),
        Line2D([], [], marker="s", color=INK, linestyle="none", markersize=6),
    ]
    with in_style():
        figure.legend(handles, list(words), loc="outside upper left", ncols=3, frameon=False, fontsize=8)
