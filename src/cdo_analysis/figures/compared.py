"""Figures that set values side by side on each row: groups, the sample and the population."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cdo_analysis.figures.parts import legend_above, rows_axes, value_axis
from cdo_analysis.figures.style import BLUE, GRID, LIGHT, MARKERS, ORANGE, PALETTE
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
