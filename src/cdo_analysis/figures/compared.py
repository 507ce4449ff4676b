"""Figures that set values side by side on each row: groups, the sample and the population, a company and its peers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from cdo_analysis.figures.parts import legend_above, rows_axes, value_axis
from cdo_analysis.figures.style import BLUE, GRID, INK, LIGHT, MARKERS, ORANGE, PALETTE
from cdo_analysis.messages import Numbers

_APART = 0.26
"""Between the marks of two groups, as a part of a row: less than between two rows."""


def dots_by_group(
    table: pd.DataFrame, *, numbers: Numbers, label: str, groups: Sequence[str], share: bool = False
) -> Axes:
    """Draw, for each row, one marker a group and its 95 % interval.

    Parameters
    ----------
    table : DataFrame
        label, group, estimate, low, high; a row a marker.
    numbers : Numbers
    label : str
        What the axis measures, with its unit.
    groups : sequence of str
        The groups to draw, in the order of the legend.
    share : bool
        True where the estimate is a share (0 to 1).
    """
    rows = list(dict.fromkeys(table["label"]))
    axes = rows_axes(rows, row=max(0.42, 0.15 * len(groups)))
    reach = min(0.28, _APART * (len(groups) - 1) / 2)
    shifts = np.linspace(-reach, reach, len(groups)) if len(groups) > 1 else [0.0]
    for place in range(1, len(rows)):
        axes.axhline(place - 0.5, color=GRID, linewidth=0.6)
    for i, (group, shift) in enumerate(zip(groups, shifts, strict=True)):
        part = table[table["group"].eq(group)].set_index("label").reindex(rows)
        places = np.arange(len(rows)) + shift
        colour, marker = PALETTE[i % len(PALETTE)], MARKERS[i % len(MARKERS)]
        axes.hlines(places, part["low"], part["high"], color=colour, linewidth=1.2, alpha=0.6)
        axes.plot(part["estimate"], places, marker, color=colour, markersize=5, label=group)
    value_axis(axes, numbers, label, share=share)
    legend_above(axes, columns=len(groups))
    return axes


def dumbbell(table: pd.DataFrame, *, numbers: Numbers, words: tuple[str, str], label: str) -> Axes:
    """Draw two shares a row, joined by a line: where the sample is from the population.

    Parameters
    ----------
    table : DataFrame
        label, sample, population (0 to 1).
    numbers : Numbers
    words : tuple of two str
        Legend: the sample, the population.
    label : str
        What the axis measures, with its unit.
    """
    axes = rows_axes(table["label"], row=0.28)
    places = np.arange(len(table))
    axes.hlines(places, table["sample"], table["population"], color=LIGHT, linewidth=2.5)
    axes.plot(table["sample"], places, "o", color=ORANGE, markersize=6, label=words[0])
    axes.plot(table["population"], places, "D", color=BLUE, markersize=5, label=words[1])
    value_axis(axes, numbers, label, share=True)
    axes.set_xlim(left=0)
    legend_above(axes, columns=2)
    return axes


def company_and_peers(
    table: pd.DataFrame,
    *,
    numbers: Numbers,
    words: tuple[str, str, str],
    label: str,
    scale: tuple[float, float] = (0, 100),
) -> Axes:
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
    axes = rows_axes(table["label"], row=0.4)
    places = np.arange(len(table))
    axes.hlines(places, table["low"], table["high"], color=LIGHT, linewidth=9)
    axes.plot(table["mean"], places, "|", color=INK, markersize=13, markeredgewidth=2)
    axes.plot(table["company"], places, "o", color=ORANGE, markersize=8, markeredgecolor="white")
    _write_above(axes, table["company"], numbers, decimals=0 if scale[1] > 10 else 1)
    value_axis(axes, numbers, label)
    margin = (scale[1] - scale[0]) * 0.02
    axes.set_xlim(scale[0] - margin, scale[1] + margin)
    handles = [
        Line2D([], [], marker="o", color=ORANGE, linestyle="none", markersize=8),
        Line2D([], [], marker="|", color=INK, linestyle="none", markersize=12, markeredgewidth=2),
        Line2D([], [], color=LIGHT, linewidth=8),
    ]
    legend_above(axes, handles, list(words), columns=3)
    return axes


def _write_above(axes: Axes, values: pd.Series, numbers: Numbers, *, decimals: int) -> None:
    """Write each row's value above its mark."""
    how: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "fontsize": 8, "fontweight": "bold"}
    for place, value in enumerate(values):
        if np.isfinite(value):
            axes.annotate(numbers.number(value, decimals), (value, place), xytext=(0, 8), **how)
