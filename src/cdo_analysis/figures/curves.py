"""Figures of one value against another: what was predicted and what came true."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from cdo_analysis.figures.parts import legend_above, ticks
from cdo_analysis.figures.style import BLUE, GRID, INK, LIGHT, in_style, new_axes
from cdo_analysis.messages import Numbers


def calibration_dots(table: pd.DataFrame, *, numbers: Numbers, labels: tuple[str, str], words: tuple[str, str]) -> Axes:
    """Draw the share that came true against the share that was predicted, beside the line where both are equal.

    Parameters
    ----------
    table : DataFrame
        predicted, observed, low, high (0 to 1); a row a bin. Hidden bins (NaN) are not drawn.
    numbers : Numbers
    labels : tuple of two str
        What the axes measure: predicted, observed.
    words : tuple of two str
        Legend: the predictions, the line.
    """
    axes = new_axes(3.4)
    shown = table[table["observed"].notna()]
    top = float(max(shown[["predicted", "high"]].max().max(), 0.1)) * 1.05
    with in_style():
        axes.plot([0, top], [0, top], "--", color=INK, linewidth=0.9, label=words[1])
        axes.vlines(shown["predicted"], shown["low"], shown["high"], color=LIGHT, linewidth=5)
        axes.plot(shown["predicted"], shown["observed"], "o", color=BLUE, markersize=6, label=words[0])
        axes.grid(color=GRID, linewidth=0.8)
        axes.set_axisbelow(True)
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)
    axes.set_xlabel(labels[0], loc="left", fontsize=8)
    axes.set_ylabel(labels[1], fontsize=8)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(ticks(numbers.share))
    axes.tick_params(labelsize=8)
    legend_above(axes, columns=2)
    return axes
