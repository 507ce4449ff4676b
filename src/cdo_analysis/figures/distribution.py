"""Figures of how respondents are spread: over the bands of a score, over the categories of each group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from cdo_analysis.figures.parts import axis_number, legend_above, rows_axes, ticks, value_axis
from cdo_analysis.figures.style import (
    BLACK,
    BLUE,
    GRID,
    LIGHT,
    PLUM,
    RUST,
    SEQUENTIAL,
    TEAL,
    WIDTH,
    figure_of,
    in_style,
    new_axes,
)
from cdo_analysis.messages import Numbers

# In this order, neighbours and the first five differ in a grey print too.
_STACK = (SEQUENTIAL[4], SEQUENTIAL[2], SEQUENTIAL[0], RUST, TEAL, PLUM)
_NARROWEST_WITH_NUMBER = 0.07
_LONG_NAME = 24


def score_distribution(
    scores: pd.DataFrame, *, numbers: Numbers, labels: tuple[str, str], scale: tuple[float, float] = (0, 100)
) -> Axes:
    """Draw the weighted distribution of a score, in ten bands of its scale.

    Parameters
    ----------
    scores : DataFrame
        score, weight; one row a company.
    numbers : Numbers
    labels : tuple of two str
        What the two axes measure: the score, the share of the respondents.
    scale : tuple of float
        Lowest and highest value of the score.
    """
    axes = new_axes(2.6)
    how: dict[str, Any] = {"stat": "proportion", "color": BLUE, "edgecolor": "white", "alpha": 1}
    with in_style():
        sns.histplot(scores, x="score", weights="weight", bins=np.linspace(*scale, 11).tolist(), ax=axes, **how)
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
    handles = [Patch(facecolor=_stack_colour(i), edgecolor="white") for i in range(len(categories))]
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
        axes.barh(place, value, left=left, height=0.66, color=colour, edgecolor="white", linewidth=0.8)
        if value >= _NARROWEST_WITH_NUMBER:
            tone = "white" if _is_dark(colour) else BLACK
            axes.text(left + value / 2, place, numbers.share(value), ha="center", va="center", color=tone, fontsize=8)
        left += value
    if left < 0.995:
        axes.barh(place, 1 - left, left=left, height=0.66, color="white", edgecolor=LIGHT, hatch="////", linewidth=0)


def _stack_colour(i: int) -> str:
    return _STACK[i % len(_STACK)]


def _is_dark(colour: str) -> bool:
    """Tell whether white is easier to read on a colour than black, by their contrast (WCAG 2)."""
    return 1.05 / (_luminance(colour) + 0.05) > (_luminance(colour) + 0.05) / (_luminance(BLACK) + 0.05)


def _luminance(colour: str) -> float:
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in mpl.colors.to_rgb(colour)]
    return float(0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2])
