"""A figure that sets several ways of doing on each row, one of them ours: who does best where, and by how much."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cdo_analysis.figures.parts import legend_above, rows_axes, value_axis
from cdo_analysis.figures.style import BLUE, GRID, INK, LILAC, MARKERS, ORANGE, PLUM, TEAL
from cdo_analysis.messages import Numbers

_OTHERS = (TEAL, PLUM, LILAC, INK, BLUE)


def contest(table: pd.DataFrame, *, numbers: Numbers, label: str, groups: Sequence[str], ours: str) -> Axes:
    """Draw, for each row, one marker a way of doing and its 95 % interval; ours is larger, at the bottom of its row.

    Parameters
    ----------
    table : DataFrame
        label, group, estimate, low, high; a row a marker.
    numbers : Numbers
    label : str
        What the axis measures, with its unit.
    groups : sequence of str
        The ways to draw, in the order of the legend.
    ours : str
        The one that stands out.
    """
    rows = list(dict.fromkeys(table["label"]))
    axes = rows_axes(rows, row=0.5)
    order = [*(group for group in groups if group != ours), ours]
    for i, (group, shift) in enumerate(zip(order, np.linspace(-0.3, 0.3, len(order)), strict=True)):
        part = table[table["group"].eq(group)].set_index("label").reindex(rows)
        places = np.arange(len(rows)) + shift
        colour, size = (ORANGE, 8) if group == ours else (_OTHERS[i % len(_OTHERS)], 5)
        axes.hlines(places, part["low"], part["high"], color=colour, linewidth=1.4, alpha=0.6)
        axes.plot(part["estimate"], places, MARKERS[i % len(MARKERS)], color=colour, markersize=size, label=group)
    for place in range(1, len(rows)):
        axes.axhline(place - 0.5, color=GRID, linewidth=0.6)
    value_axis(axes, numbers, label)
    axes.set_xlim(left=min(0.0, axes.get_xlim()[0]))
    legend_above(axes, columns=3)
    return axes
