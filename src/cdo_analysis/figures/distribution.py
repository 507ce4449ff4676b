"""Figures of how respondents are spread: over the bands of a score, over the categories of each group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from cdo_analysis.figures.parts import axis_number, legend_above, rows_axes, ticks, value_axis
from cdo_analysis.figures.style import (
    BLUE,
    EDGE,
    GRID,
    INK,
    PLUM,
    RUST,
    SEQUENTIAL,
    TEAL,
    WIDTH,
    figure_of,
    in_style,
    new_axes,
    tone_on,
)
from cdo_analysis.messages import Numbers

# In this order, neighbours and the first five differ in a grey print too.
_STACK = (SEQUENTIAL[4], SEQUENTIAL[2], SEQUENTIAL[0], RUST, TEAL, PLUM)
_NARROWEST_WITH_NUMBER = 0.07
_LONG_NAME = 24
_INSIDE: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8}


def score_distribution(
    bands: pd.DataFrame, *, numbers: Numbers, labels: tuple[str, str], scale: tuple[float, float] = (0, 100)
) -> Axes:
    """Draw the weighted distribution of a score, in bands of its scale; a hidden band bears a "c" and no bar.

    Parameters
    ----------
    bands : DataFrame
        estimate (0 to 1; NaN where it is hidden); one row a band of equal width, the lowest first.
    numbers : Numbers
    labels : tuple of two str
        What the two axes measure: the score, the share of the respondents.
    scale : tuple of float
        Lowest and highest value of the score.
    """
    axes = new_axes(2.6)
    edges = np.linspace(*scale, len(bands) + 1)
    heights = bands["estimate"].to_numpy(dtype=float)
    shown, width = np.isfinite(heights), edges[1] - edges[0]
    with in_style():
        axes.bar(edges[:-1][shown], heights[shown], width=width, align="edge", color=BLUE, edgecolor="white")
        for low in edges[:-1][~shown]:
            axes.annotate("c", (low + width / 2, 0), xytext=(0, 2), textcoords="offset points", ha="center", color=INK)
        axes.grid(axis="y", color=GRID)
        axes.set_axisbelow(True)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    axes.set_xlim(*scale)
    axes.yaxis.set_major_formatter(ticks(numbers.share))
    axes.xaxis.set_major_locator(MaxNLocator(10, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(ticks(axis_number(numbers)))
    return axes


def stacked_bars(table: pd.DataFrame, *, numbers: Numbers, categories: Sequence[str], label: str) -> Axes:
    """Draw one 100 % bar a group, cut by category; hidden parts are hatched and bear no number.

    Parameters
    ----------
    table : DataFrame
        group, category (as shown to readers), estimate (0 to 1), flag.
    numbers : Numbers
    categories : sequence of str
        At most six, in the order of the bar.
    label : str
        What the axis measures, with its unit.
    """
    groups = list(dict.fromkeys(table["group"]))
    axes = rows_axes(groups, row=0.44)
    for place, group in enumerate(groups):
        parts = table[table["group"].eq(group)].set_index("category").reindex(list(categories))
        _stack(axes, place, parts, numbers)
    value_axis(axes, numbers, label, share=True)
    axes.set_xlim(0, 1)
    columns = 2 if max(map(len, categories)) > _LONG_NAME else min(3, len(categories))
    handles = [Patch(facecolor=_stack_colour(i), edgecolor=EDGE, linewidth=0.6) for i in range(len(categories))]
    legend_above(axes, handles, categories, columns=columns)
    figure, legend_rows = figure_of(axes), -(-len(categories) // columns)
    figure.set_size_inches(WIDTH, figure.get_size_inches()[1] + 0.22 * legend_rows)
    return axes


def _stack(axes: Axes, place: int, parts: pd.DataFrame, numbers: Numbers) -> None:
    """Draw the bar of one group; what is hidden is at its end, hatched."""
    left = 0.0
    for i, (value, flag) in enumerate(zip(parts["estimate"], parts["flag"], strict=True)):
        if not np.isfinite(value) or flag == "c":
            continue
        colour = _stack_colour(i)
        axes.barh(place, value, left=left, height=0.66, color=colour, edgecolor=EDGE, linewidth=0.6)
        if value >= _NARROWEST_WITH_NUMBER:
            axes.text(left + value / 2, place, numbers.share(value), color=tone_on(colour), **_INSIDE)
        left += value
    if left < 0.995:
        axes.barh(place, 1 - left, left=left, height=0.66, color="white", edgecolor=EDGE, hatch="////", linewidth=0.6)


def _stack_colour(i: int) -> str:
    return _STACK[i % len(_STACK)]
