"""Marks of figures that are made by the hundred: as what matplotlib draws, and as small pictures that are kept."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Affine2DBase, ScaledTranslation, Transform

from cdo_analysis.figures.style import in_style


@dataclass(frozen=True)
class Segment:
    """A line along a row, from one value to another; its width in points."""

    row: float
    low: float
    high: float
    colour: str
    width: float


@dataclass(frozen=True)
class Dot:
    """A marker at a value of a row; its size and the width of its edge in points."""

    row: float
    value: float
    colour: str
    size: float
    marker: str = "o"
    edge: str = ""
    edge_width: float = 1.0


@dataclass(frozen=True)
class Word:
    """A text beside a value of a row, moved by so many points to the right and up; its size in points."""

    row: float
    value: float
    text: str
    right: float = 6.0
    up: float = 0.0
    size: float = 8.0
    align: str = "left"
    style: str = "normal"
    weight: str = "normal"


Mark = Segment | Dot | Word


def artist_of(mark: Mark, places: Transform, inches: Affine2DBase) -> Artist:
    """Return what matplotlib draws for a mark.

    Parameters
    ----------
    mark : Segment, Dot or Word
    places, inches : Transform, Affine2DBase
        From values and rows, and from inches, to where they are drawn.
    """
    if isinstance(mark, Segment):
        return Line2D([mark.low, mark.high], [mark.row, mark.row], transform=places, **_look(mark))
    if isinstance(mark, Dot):
        return Line2D([mark.value], [mark.row], transform=places, **_look(mark))
    moved = places + ScaledTranslation(mark.right / 72, mark.up / 72, inches)
    look: dict[str, Any] = {"fontsize": mark.size, "fontstyle": mark.style, "fontweight": mark.weight}
    vertical = "bottom" if mark.up else "center_baseline"
    return Text(mark.value, mark.row, mark.text, ha=mark.align, va=vertical, transform=moved, **look)


def handle_of(mark: Dot | Segment) -> Artist:
    """Return what stands for a mark in the legend."""
    return Line2D([], [], **_look(mark))


def _look(mark: Dot | Segment) -> dict[str, Any]:
    if isinstance(mark, Segment):
        return {"color": mark.colour, "linewidth": mark.width, "solid_capstyle": "butt"}
    edge = {"markeredgecolor": mark.edge or mark.colour, "markeredgewidth": mark.edge_width}
    return {"color": mark.colour, "marker": mark.marker, "markersize": mark.size, "linestyle": "none", **edge}


def lay(mark: Mark, pixels: np.ndarray, places: Transform, dpi: int) -> None:
    """Draw a mark over a picture, to the nearest pixel.

    Parameters
    ----------
    mark : Segment, Dot or Word
    pixels : ndarray of uint8, height × width × 4
        Is changed.
    places : Transform
        From values and rows to pixels, counted from the left and the top.
    dpi : int
    """
    if isinstance(mark, Segment):
        _lay_segment(mark, pixels, places, dpi)
        return
    x, y = (math.floor(place + 0.5) for place in places.transform((mark.value, mark.row)))
    sprite = _sprite(replace(mark, row=0.0, value=0.0), dpi)
    _blend(pixels, sprite.pixels, y - sprite.above, x - sprite.before)


def _lay_segment(mark: Segment, pixels: np.ndarray, places: Transform, dpi: int) -> None:
    (left, middle), (right, _) = places.transform([(mark.low, mark.row), (mark.high, mark.row)])
    thick = max(1, round(mark.width * dpi / 72))
    top = math.floor(middle - thick / 2 + 0.5)
    ends = sorted(math.floor(end + 0.5) for end in (left, right))
    pixels[top : top + thick, max(ends[0], 0) : ends[1], :3] = np.rint(np.multiply(to_rgb(mark.colour), 255))


class _Sprite(NamedTuple):
    """A mark as a small picture, and how far its place is from its left and its top."""

    pixels: np.ndarray
    before: int
    above: int


@lru_cache(maxsize=4096)
def _sprite(mark: Dot | Word, dpi: int) -> _Sprite:
    """Draw a mark alone on nothing, and cut what is around it."""
    with in_style():
        figure = Figure(dpi=dpi)
        artist = artist_of(mark, Affine2D(), Affine2D().scale(dpi))
        artist.set_figure(figure)
        box = artist.get_window_extent(RendererAgg(8, 8, dpi))
        around = math.ceil(dpi * 0.12)
        width, height = (2 * (math.ceil(max(abs(a), abs(b))) + around) for a, b in (box.intervalx, box.intervaly))
        renderer = RendererAgg(width, height, dpi)
        drawn = artist_of(mark, Affine2D().translate(width / 2, height / 2), Affine2D().scale(dpi))
        drawn.set_figure(figure)
        drawn.draw(renderer)
    pixels = np.asarray(renderer.buffer_rgba())
    rows, columns = (np.flatnonzero(pixels[..., 3].any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return _Sprite(pixels[:0, :0].copy(), 0, 0)
    cut = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
    return _Sprite(cut, width // 2 - int(columns[0]), height // 2 - int(rows[0]))


def _blend(pixels: np.ndarray, sprite: np.ndarray, top: int, left: int) -> None:
    """Lay a sprite on a picture; what would be outside of it is cut."""
    above, before = max(0, -top), max(0, -left)
    part = pixels[top + above : top + len(sprite), left + before : left + sprite.shape[1], :3]
    cut = sprite[above : above + len(part), before : before + part.shape[1]]
    opacity = cut[..., 3:].astype(np.int32)
    under = part.astype(np.int32)
    part[:] = (under * 255 + (cut[..., :3].astype(np.int32) - under) * opacity + 127) // 255
