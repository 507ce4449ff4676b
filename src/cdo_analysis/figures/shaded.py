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
from cdo_analysis.figures.style import INK, SEQUENTIAL, in_style, new_axes
from cdo_analysis.messages import Numbers

_ROW_NAME = 26
_LINE = 70


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
    _wrap_names(axes, min(16, _LINE // values.shape[1]))
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
    _wrap_names(axes, 13)
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
    return axes


def _wrap_names(axes: Axes, column_width: int) -> None:
    axes.set_xticklabels([wrap(t.get_text(), column_width) for t in axes.get_xticklabels()], rotation=0)
    axes.set_yticklabels([wrap(t.get_text(), _ROW_NAME) for t in axes.get_yticklabels()], rotation=0)
