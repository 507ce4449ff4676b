"""One function a figure: a table in, the Axes out. Colours, type and sizes are decided here and nowhere else.

The palette keeps a contrast of at least 3:1 on white; what colour says, a shape or a word says too, so that figures
survive a grey print. Texts come from respondents and codebooks: they are drawn literally, never as formulas.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from cdo_analysis.messages import Numbers

BLUE, TEAL, PLUM, ORANGE, INK, LILAC = "#12436D", "#28A197", "#801650", "#F46A25", "#3D3D3D", "#A285D1"
PALETTE = (BLUE, TEAL, PLUM, ORANGE, INK, LILAC)
MARKERS = ("o", "s", "D", "^", "v", "P")
LIGHT, GRID = "#BFC9D4", "#E3E6EA"
SEQUENTIAL = ("#D9E4EE", "#A9C3D9", "#6F9BC0", "#3A6F9F", "#12436D")

_STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.edgecolor": "#8A949E",
    "axes.linewidth": 0.7,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "ytick.major.size": 0,
    "figure.dpi": 100,
    "svg.hashsalt": "cdo-analysis",
}
_WIDTH, _ROW = 7.2, 0.32


def picture(axes: Axes, *, dpi: int = 150) -> bytes:
    """Return the figure of `axes` as the bytes of a PNG: the same figure gives the same bytes."""
    buffer = io.BytesIO()
    figure = axes.get_figure()
    with mpl.rc_context(_STYLE):
        figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})  # type: ignore[union-attr]
    return buffer.getvalue()


def dots_with_intervals(table: pd.DataFrame, *, numbers: Numbers, label: str, share: bool = False) -> Axes:
    """Draw one dot and its 95 % interval a row, the highest at the top.

    Parameters
    ----------
    table : DataFrame
        label, estimate, low, high, flag; in the order to draw, top first. Hidden rows are written as hidden.
    numbers : Numbers
    label : str
        What the axis measures, with its unit.
    share : bool
        True where the estimate is a share (0 to 1).
    """
    axes = _rows_axes(table["label"])
    places = np.arange(len(table))
    axes.hlines(places, table["low"], table["high"], color=LIGHT, linewidth=6, capstyle="butt")
    axes.plot(table["estimate"], places, "o", color=BLUE, markersize=6)
    for place, (value, high) in enumerate(zip(table["estimate"], table["high"], strict=True)):
        _write_value(axes, place, value, high, numbers, share)
    _value_axis(axes, numbers, label, share)
    return axes


def dots_by_group(table: pd.DataFrame, *, numbers: Numbers, label: str, groups: Sequence[str]) -> Axes:
    """Draw, for each row, one marker a group: table with label, group, estimate (0 to 100), low, high."""
    rows = list(dict.fromkeys(table["label"]))
    axes = _rows_axes(pd.Series(rows), row=0.42)
    shift = np.linspace(-0.24, 0.24, len(groups)) if len(groups) > 1 else [0.0]
    for i, group in enumerate(groups):
        part = table[table["group"].eq(group)].set_index("label").reindex(rows)
        places = np.arange(len(rows)) + shift[i]
        colour = PALETTE[i % len(PALETTE)]
        axes.hlines(places, part["low"], part["high"], color=colour, linewidth=1.2, alpha=0.6)
        axes.plot(part["estimate"], places, MARKERS[i % len(MARKERS)], color=colour, markersize=5, label=group)
    _value_axis(axes, numbers, label, share=False)
    _legend_above(axes, len(groups))
    return axes


def bars(table: pd.DataFrame, *, numbers: Numbers, label: str, share: bool = False) -> Axes:
    """Draw one horizontal bar a row (label, estimate), its value at its end."""
    axes = _rows_axes(table["label"])
    places = np.arange(len(table))
    axes.barh(places, table["estimate"].fillna(0), color=BLUE, height=0.6)
    for place, value in enumerate(table["estimate"]):
        _write_value(axes, place, value, value, numbers, share)
    _value_axis(axes, numbers, label, share)
    axes.set_xlim(left=0)
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
    """
    groups = list(dict.fromkeys(table["group"]))
    axes = _rows_axes(pd.Series(groups), row=0.44)
    for place, group in enumerate(groups):
        _stack(axes, place, table[table["group"].eq(group)].set_index("category").reindex(categories), numbers)
    _value_axis(axes, numbers, label, share=True)
    axes.set_xlim(0, 1)
    handles = [_patch(i) for i in range(len(categories))]
    columns = 2 if max(map(len, categories)) > 24 else min(3, len(categories))
    rows = -(-len(categories) // columns)
    axes.legend(handles, categories, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=columns,
                frameon=False, fontsize=8, borderaxespad=0.2)  # fmt: skip
    figure = axes.get_figure()
    figure.set_size_inches(_WIDTH, figure.get_size_inches()[1] + 0.22 * rows)  # type: ignore[union-attr]
    return axes


def _stack(axes: Axes, place: int, parts: pd.DataFrame, numbers: Numbers) -> None:
    left = 0.0
    for i, (value, flag) in enumerate(zip(parts["estimate"], parts["flag"], strict=True)):
        if not np.isfinite(value) or flag == "c":
            continue
        colour = _stack_colour(i)
        axes.barh(place, value, left=left, height=0.66, color=colour, edgecolor="white", linewidth=0.8)
        if value >= 0.07:
            tone = "white" if _is_dark(colour) else INK
            axes.text(left + value / 2, place, numbers.share(value), ha="center", va="center", color=tone, fontsize=8)
        left += value
    if left < 0.995:
        axes.barh(place, 1 - left, left=left, height=0.66, color="white", edgecolor=LIGHT, hatch="////", linewidth=0)


def _stack_colour(i: int) -> str:
    return (SEQUENTIAL[4], SEQUENTIAL[2], SEQUENTIAL[0], ORANGE, PLUM, TEAL)[i % 6]


def _patch(i: int) -> mpl.patches.Patch:
    return mpl.patches.Patch(facecolor=_stack_colour(i), edgecolor="white")


def score_distribution(
    scores: pd.DataFrame, *, numbers: Numbers, label: str, count_label: str, scale: tuple[float, float] = (0, 100)
) -> Axes:
    """Draw the weighted distribution of a score, in ten bands of its scale.

    Parameters
    ----------
    scores : DataFrame
        score, weight; one row a company.
    numbers : Numbers
    label, count_label : str
        What the two axes measure.
    scale : tuple of float
        Lowest and highest value of the score.
    """
    figure = Figure(figsize=(_WIDTH, 2.6), layout="constrained")
    with mpl.rc_context(_STYLE):
        axes = figure.subplots()
        sns.histplot(data=scores, x="score", weights="weight", bins=np.linspace(*scale, 11).tolist(), stat="proportion",
                     color=BLUE, edgecolor="white", alpha=1, ax=axes)  # fmt: skip
        axes.grid(axis="y", color=GRID)
        axes.set_axisbelow(True)
    axes.set_xlabel(label)
    axes.set_ylabel(count_label)
    axes.set_xlim(*scale)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: numbers.share(v)))
    axes.xaxis.set_major_locator(MaxNLocator(10, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: numbers.number(v, _decimals(v))))
    return axes


def heat_table(values: pd.DataFrame, *, numbers: Numbers, low: float = 0, high: float = 100, decimals: int = 0) -> Axes:
    """Draw numbers in shaded cells: rows and columns as `values` has them, hidden cells marked ``c``."""
    height = 0.9 + 0.42 * len(values)
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    written = values.apply(lambda column: column.map(lambda v: numbers.number(v, decimals) if np.isfinite(v) else "c"))
    with mpl.rc_context(_STYLE):
        axes = figure.subplots()
        sns.heatmap(values, annot=written, fmt="", cmap=mpl.colors.ListedColormap(SEQUENTIAL), vmin=low, vmax=high,
                    cbar=False, linewidths=1.5, linecolor="white", ax=axes, annot_kws={"fontsize": 9})  # fmt: skip
    axes.set(xlabel="", ylabel="")
    axes.tick_params(length=0)
    axes.xaxis.tick_top()
    axes.set_xticklabels([_wrap(t.get_text(), 16) for t in axes.get_xticklabels()], rotation=0)
    axes.set_yticklabels([_wrap(t.get_text(), 26) for t in axes.get_yticklabels()], rotation=0)
    return axes


def correlation_table(values: pd.DataFrame, *, numbers: Numbers) -> Axes:
    """Draw a correlation matrix with its numbers, the lower triangle only."""
    values = values.iloc[1:, :-1]
    height = 0.9 + 0.42 * len(values)
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    upper = np.triu(np.ones(values.shape, dtype=bool), k=1)
    written = values.map(lambda v: numbers.number(v, 2))
    with mpl.rc_context(_STYLE):
        axes = figure.subplots()
        sns.heatmap(values, mask=upper, annot=written, fmt="", cmap=mpl.colors.ListedColormap(SEQUENTIAL), vmin=0,
                    vmax=1, cbar=False, linewidths=1.5, linecolor="white", ax=axes)  # fmt: skip
    axes.set(xlabel="", ylabel="")
    axes.tick_params(length=0)
    axes.set_xticklabels([_wrap(t.get_text(), 13) for t in axes.get_xticklabels()], rotation=0)
    axes.set_yticklabels([_wrap(t.get_text(), 26) for t in axes.get_yticklabels()], rotation=0)
    return axes


def dumbbell(table: pd.DataFrame, *, numbers: Numbers, words: tuple[str, str], label: str) -> Axes:
    """Draw two shares a row (label, sample, population), joined by a line: where the sample is from the population."""
    axes = _rows_axes(table["label"], row=0.28)
    places = np.arange(len(table))
    axes.hlines(places, table["sample"], table["population"], color=LIGHT, linewidth=2.5)
    axes.plot(table["sample"], places, "o", color=ORANGE, markersize=6, label=words[0])
    axes.plot(table["population"], places, "D", color=BLUE, markersize=5, label=words[1])
    _value_axis(axes, numbers, label, share=True)
    axes.set_xlim(left=0)
    _legend_above(axes, 2)
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
        label, company (0 to 100), mean, low, high of the peers (NaN where they may not be shown).
    numbers : Numbers
    words : tuple of three str
        Legend: the company, the peers' mean, the peers' middle half.
    label : str
    scale : tuple of float
        Lowest and highest value.
    """
    axes = _rows_axes(table["label"], row=0.4)
    places = np.arange(len(table))
    axes.hlines(places, table["low"], table["high"], color=LIGHT, linewidth=9)
    axes.plot(table["mean"], places, "|", color=INK, markersize=13, markeredgewidth=2)
    axes.plot(table["company"], places, "o", color=ORANGE, markersize=8, markeredgecolor="white")
    for place, value in enumerate(table["company"]):
        if np.isfinite(value):
            axes.annotate(numbers.number(value, 0 if scale[1] > 10 else 1), (value, place), xytext=(0, 8), textcoords="offset points",
                          ha="center", fontsize=8, fontweight="bold")  # fmt: skip
    _value_axis(axes, numbers, label, share=False)
    margin = (scale[1] - scale[0]) * 0.02
    axes.set_xlim(scale[0] - margin, scale[1] + margin)
    handles = [
        Line2D([], [], marker="o", color=ORANGE, linestyle="none", markersize=8),
        Line2D([], [], marker="|", color=INK, linestyle="none", markersize=12, markeredgewidth=2),
        Line2D([], [], color=LIGHT, linewidth=8),
    ]
    axes.legend(handles, list(words), loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, frameon=False, fontsize=8)
    return axes


def evidence_dots(table: pd.DataFrame, *, numbers: Numbers, label: str, share: bool, highlight: Sequence[str]) -> Axes:
    """Draw one kind of evidence about the options: label, estimate, low, high; the leading ones are filled dark."""
    axes = _rows_axes(table["label"], row=0.3)
    places = np.arange(len(table))
    leads = table["label"].isin(list(highlight)).to_numpy()
    if table[["low", "high"]].notna().to_numpy().any():
        axes.hlines(places, table["low"], table["high"], color=LIGHT, linewidth=5)
    values = table["estimate"].to_numpy()
    axes.hlines(places, 0 if share else np.nanmin(values), values, color=GRID, linewidth=1.2)
    axes.plot(values[leads], places[leads], "o", color=BLUE, markersize=7)
    axes.plot(values[~leads], places[~leads], "o", markerfacecolor="white", markeredgecolor=BLUE, markersize=6)
    ends = table["high"].fillna(table["estimate"])
    for place, (value, end) in enumerate(zip(values, ends, strict=True)):
        _write_value(axes, place, value, end, numbers, share)
    _value_axis(axes, numbers, label, share)
    return axes


# --- parts ----------------------------------------------------------------------------------------------------


def _rows_axes(labels: pd.Series, *, row: float = _ROW) -> Axes:
    """Return axes with one labelled line a row, the first at the top."""
    wrapped = [_wrap(str(text), 38) for text in labels]
    lines = max((text.count("\n") + 1 for text in wrapped), default=1)
    figure = Figure(figsize=(_WIDTH, 0.75 + max(row, 0.16 * lines + 0.06) * len(wrapped)), layout="constrained")
    with mpl.rc_context(_STYLE):
        axes = figure.subplots()
        axes.set_yticks(np.arange(len(wrapped)), wrapped)
        axes.set_ylim(len(wrapped) - 0.5, -0.5)
        axes.grid(axis="x", color=GRID, linewidth=0.8)
        axes.set_axisbelow(True)
    return axes


def _value_axis(axes: Axes, numbers: Numbers, label: str, share: bool) -> None:
    axes.set_xlabel(label, loc="left", fontsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda v, _: numbers.share(v) if share else numbers.number(v, _decimals(v)))
    )
    axes.tick_params(axis="x", labelsize=8)


def _decimals(value: float) -> int:
    """Return the fewest decimals, at most two, that write `value` as it is."""
    return next((d for d in (0, 1) if abs(value - round(value, d)) < 1e-9), 2)


def _write_value(axes: Axes, place: int, value: float, end: float, numbers: Numbers, share: bool) -> None:
    if not np.isfinite(value):
        axes.annotate("c", (0.0, place), xycoords=("axes fraction", "data"), xytext=(4, 0), textcoords="offset points",
                      va="center", fontsize=8, fontstyle="italic")  # fmt: skip
        return
    text = numbers.share(value) if share else numbers.number(value, 0 if abs(value) >= 10 or value == int(value) else 1)
    axes.annotate(text, (end if np.isfinite(end) else value, place), xytext=(6, 0), textcoords="offset points",
                  va="center", fontsize=8, annotation_clip=False)  # fmt: skip


def _legend_above(axes: Axes, columns: int) -> None:
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=columns, frameon=False, fontsize=8, borderaxespad=0.2)


def _wrap(text: str, width: int) -> str:
    lines, line = [], ""
    for mark in "?:;!»":
        text = text.replace(f" {mark}", f"\u00a0{mark}")
    for word in text.split(" "):
        if line and len(line) + len(word) + 1 > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join([*lines, line])


def _is_dark(colour: str) -> bool:
    red, green, blue = mpl.colors.to_rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue < 0.55
