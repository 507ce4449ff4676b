"""Figures of one value a row, in the order of the table: dots with their interval, bars, differences."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cdo_analysis.figures.parts import mark_number, rows_axes, value_axis, write_gaps, write_values
from cdo_analysis.figures.style import BLUE, INK, LIGHT
from cdo_analysis.messages import Numbers


def dots_with_intervals(table: pd.DataFrame, *, numbers: Numbers, label: str, share: bool = False) -> Axes:
    """Draw one dot and its 95 % interval a row, the first at the top.

    Parameters
    ----------
    table : DataFrame
        label, estimate, low, high; in the order to draw, top first. Hidden rows (NaN) are written as hidden.
    numbers : Numbers
    label : str
        What the axis measures, with its unit.
    share : bool
        True where the estimate is a share (0 to 1).
    """
    axes = rows_axes(table["label"])
    places = np.arange(len(table))
    axes.hlines(places, table["low"], table["high"], color=LIGHT, linewidth=6, capstyle="butt")
    axes.plot(table["estimate"], places, "o", color=BLUE, markersize=6)
    write_values(axes, table["estimate"], table["high"], numbers.share if share else mark_number(numbers))
    value_axis(axes, numbers, label, share=share)
    return axes


def bars(table: pd.DataFrame, *, numbers: Numbers, label: str, share: bool = False) -> Axes:
    """Draw one horizontal bar a row (label, estimate), its value at its end."""
    axes = rows_axes(table["label"])
    axes.barh(np.arange(len(table)), table["estimate"].fillna(0), color=BLUE, height=0.6)
    write_values(axes, table["estimate"], table["estimate"], numbers.share if share else mark_number(numbers))
    value_axis(axes, numbers, label, share=share)
    axes.set_xlim(left=0)
    return axes


def difference_dots(table: pd.DataFrame, *, numbers: Numbers, label: str, decimals: int = 0) -> Axes:
    """Draw differences with their 95 % interval on both sides of zero; filled where positive, hollow where negative.

    Parameters
    ----------
    table : DataFrame
        label, estimate, low, high; in the order to draw, top first.
    numbers : Numbers
    label : str
        What the axis measures, with its unit.
    decimals : int
        Of the differences that are written.
    """
    axes = rows_axes(table["label"])
    places, values = np.arange(len(table)), table["estimate"].to_numpy()
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.hlines(places, table["low"], table["high"], color=LIGHT, linewidth=6, capstyle="butt")
    up = values > 0
    axes.plot(values[up], places[up], "o", color=BLUE, markersize=6)
    axes.plot(values[~up], places[~up], "o", markerfacecolor="white", markeredgecolor=BLUE, markersize=6)
    write_gaps(axes, values, (table["low"], table["high"]), lambda value: signed(numbers, value, decimals))
    value_axis(axes, numbers, label)
    return axes


def signed(numbers: Numbers, value: float, decimals: int = 0) -> str:
    """Write a difference with its sign: "+4", "−12", "0".

    Examples
    --------
    >>> signed(Numbers("fr"), 3.6), signed(Numbers("fr"), -12.2), signed(Numbers("en"), 0.2)
    ('+4', '−12', '0')
    """
    written = numbers.number(value, decimals)
    return f"+{written}" if value > 0 and any(mark in written for mark in "123456789") else written
