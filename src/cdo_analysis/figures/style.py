"""What all figures have in common: colours, markers, type, width, and how a figure becomes a picture."""

from __future__ import annotations

import io
from contextlib import AbstractContextManager
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

BLUE, TEAL, PLUM, ORANGE, INK, LILAC = "#12436D", "#28A197", "#801650", "#F46A25", "#3D3D3D", "#A285D1"
PALETTE = (BLUE, TEAL, PLUM, ORANGE, INK, LILAC)
MARKERS = ("o", "s", "D", "^", "v", "P")
RUST, BLACK = "#A8480F", "#1A1A1A"
LIGHT, GRID = "#BFC9D4", "#E3E6EA"
SEQUENTIAL = ("#D9E4EE", "#A9C3D9", "#6F9BC0", "#3A6F9F", "#12436D")

WIDTH = 7.2
"""Width of every figure, in inches: that of the text of a page."""

_STYLE: dict[Any, Any] = {
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


def in_style() -> AbstractContextManager[None]:
    """Return a context in which matplotlib draws in our style; outside of it, the user's own settings stand."""
    return mpl.rc_context(_STYLE)


def new_axes(height: float) -> Axes:
    """Return empty axes as wide as a page and `height` inches high, on a figure that no window will show."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    with in_style():
        return figure.subplots()


def figure_of(axes: Axes) -> Figure:
    """Return the figure that `axes` stand on."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    return figure


def picture(axes: Axes, *, dpi: int = 150) -> bytes:
    """Return the figure of `axes` as the bytes of a PNG: the same figure gives the same bytes.

    It is drawn once: ``savefig`` draws twice, to lay out and then to show. It holds 256 colours at most, the nearest
    to those drawn (apart by 14 of 255 at worst, on the edges of letters): a third of the weight, in half the time.
    """
    figure, buffer = figure_of(axes), io.BytesIO()
    before = figure.get_dpi()
    with in_style():
        figure.set_dpi(dpi)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    figure.set_dpi(before)
    _few_colours(pixels).save(buffer, format="png", dpi=(dpi, dpi))
    return buffer.getvalue()


def _few_colours(pixels: Image.Image) -> Image.Image:
    few = pixels.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    shades = few.getpalette() or []
    few.putpalette([255 if shade >= _NEARLY_WHITE else shade for shade in shades])
    return few


_NEARLY_WHITE = 254
