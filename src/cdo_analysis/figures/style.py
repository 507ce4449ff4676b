"""What all figures have in common: colours, markers, type, width, and how a figure becomes a picture."""

from __future__ import annotations

import io
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from PIL import Image

BLUE, TEAL, PLUM, ORANGE, INK, LILAC = "#12436D", "#28A197", "#801650", "#F46A25", "#3D3D3D", "#A285D1"
PALETTE = (BLUE, TEAL, PLUM, ORANGE, INK, LILAC)
MARKERS = ("o", "s", "D", "^", "v", "P")
RUST = "#A8480F"
LIGHT, GRID = "#BFC9D4", "#E3E6EA"
SEQUENTIAL = ("#D9E4EE", "#A9C3D9", "#6F9BC0", "#3A6F9F", "#12436D")

BLACK, EDGE = "#1A1A1A", "#5B6670"
"""Text on a colour, where white would be too faint; the outline that tells light areas from the page."""

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


def tone_on(colour: str) -> str:
    """Return the tone, white or black, that has the higher contrast on a colour (WCAG 2); at least 4.5:1.

    Examples
    --------
    >>> tone_on(BLUE), tone_on(SEQUENTIAL[2]), tone_on(ORANGE)
    ('white', '#1A1A1A', '#1A1A1A')
    """
    return "white" if contrast(colour, "white") >= contrast(colour, BLACK) else BLACK


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.2).

    Examples
    --------
    >>> round(contrast("#12436D", "white"), 1), round(contrast("black", "white"), 1)
    (10.2, 21.0)
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = np.array(mpl.colors.to_rgb(colour))
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


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
    """Return the figure of `axes` as the bytes of a PNG: the same figure gives the same bytes."""
    figure = figure_of(axes)
    before = figure.get_dpi()
    with in_style():
        figure.set_dpi(dpi)
        pixels = pixels_of(figure)
    figure.set_dpi(before)
    return png(pixels, dpi)


def pixels_of(figure: Figure) -> np.ndarray:
    """Return a figure as pixels (height × width × 4), drawn once: ``savefig`` draws twice, to lay out and to show."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


def png(pixels: np.ndarray, dpi: int) -> bytes:
    """Return pixels as the bytes of a PNG, without the transparency that no figure has.

    It holds 256 colours at most, the nearest to those drawn (apart by 14 of 255 at worst, on the edges of letters): a
    third of the weight, in half the time.
    """
    buffer = io.BytesIO()
    _few_colours(Image.fromarray(pixels).convert("RGB")).save(buffer, format="png", dpi=(dpi, dpi))
    return buffer.getvalue()


def _few_colours(pixels: Image.Image) -> Image.Image:
    few = pixels.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    shades = few.getpalette() or []
    few.putpalette([255 if shade >= _NEARLY_WHITE else shade for shade in shades])
    return few


_NEARLY_WHITE = 254


@lru_cache(maxsize=4096)
def text_width(text: str) -> float:
    """Return how wide a text is in our type, in units that only compare."""
    with in_style():
        font = get_font(findfont(FontProperties()))
    font.set_size(_STYLE["font.size"], 72)
    font.set_text(text)
    return float(font.get_width_height()[0])
