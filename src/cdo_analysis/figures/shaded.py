"""Figures of a table whose cells are shaded by their number: means by profile, correlations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from numpy.typing import NDArray

from cdo_analysis.figures.parts import wrap
from cdo_analysis.figures.style import INK, SEQUENTIAL, WIDTH, figure_of, in_style, new_axes, tone_on
from cdo_analysis.messages import Numbers

_ROW_NAME = 26
_LINE = 76
_MANY = 6


def heat_table(values: pd.DataFrame, *, numbers: Numbers, scale: tuple[float, float], decimals: int = 0) -> Axes:
    """Draw numbers in shaded cells: rows and columns as `values` has them, hidden cells (NaN) marked ``c``.

    Parameters
    ----------
    values : DataFrame
        Numbers in the unit of the scale; its labels are shown.
    numbers : Numbers
    scale : tuple of float
        Values of the lightest and of the darkest shade.
    decimals : int
    """
    written = values.map(lambda value: numbers.number(value, decimals) if np.isfinite(value) else "c")
    axes = _shade(values, written, scale=scale)
    axes.xaxis.tick_top()
    _mark_hidden(axes, values)
    _wrap_names(axes, values, min(16, _LINE // values.shape[1]))
    return axes


def _mark_hidden(axes: Axes, values: pd.DataFrame) -> None:
    """Write ``c`` in hidden cells, which seaborn leaves blank."""
    for row, column in np.argwhere(~np.isfinite(values.to_numpy(dtype=float))):
        axes.text(column + 0.5, row + 0.5, "c", ha="center", va="center", fontsize=8, color=INK)


def correlation_table(values: pd.DataFrame, *, numbers: Numbers) -> Axes:
    """Draw a correlation matrix with its numbers: the lower triangle, without its diagonal of ones."""
    values = values.iloc[1:, :-1]
    upper = np.triu(np.ones(values.shape, dtype=bool), k=1)
    axes = _shade(values, values.map(lambda value: numbers.number(value, 2)), scale=(0, 1), hidden=upper)
    _wrap_names(axes, values, 13)
    return axes


def _shade(
    values: pd.DataFrame, written: pd.DataFrame, *, scale: tuple[float, float], hidden: NDArray[np.bool_] | None = None
) -> Axes:
    axes = new_axes(0.9 + 0.42 * len(values))
    how: dict[str, Any] = {
        "cmap": ListedColormap(SEQUENTIAL),
        "cbar": False,
        "linewidths": 1.5,
        "linecolor": "white",
        "fmt": "",
    }
    with in_style():
        sns.heatmap(values, mask=hidden, annot=written, vmin=scale[0], vmax=scale[1], ax=axes, **how)
    axes.set(xlabel="", ylabel="")
    axes.tick_params(length=0)
    for text in axes.texts:  # what stands in a shaded cell, in the tone that is read best on it
        column, row = map(int, text.get_position())
        value = float(values.to_numpy(dtype="float64")[row, column])
        place = int(np.clip((value - scale[0]) / (scale[1] - scale[0]) * len(SEQUENTIAL), 0, len(SEQUENTIAL) - 1))
        text.set_color(tone_on(SEQUENTIAL[place]))
    return axes


def _wrap_names(axes: Axes, values: pd.DataFrame, column_width: int) -> None:
    """Cut the names of rows and columns into lines, and give the figure the height that they take."""
    columns = [_cut(str(name), column_width) for name in values.columns]
    rows = [wrap(str(name), _ROW_NAME) for name in values.index]
    size = 7.5 if len(columns) > _MANY else 9
    axes.set_xticklabels(columns, rotation=0, fontsize=size)
    axes.set_yticklabels(rows, rotation=0)
    head, lines = (max(name.count("\n") + 1 for name in names) for names in (columns, rows))
    figure_of(axes).set_size_inches(WIDTH, 0.45 + 0.15 * head + max(0.42, 0.16 * lines + 0.06) * len(rows))


def _cut(name: str, width: int) -> str:
    """Cut a name into lines, at a hyphen too where a word is wider than the column."""
    return wrap(" ".join(w.replace("-", "-\n", 1) if len(w) > width else w for w in name.split(" ")), width)
