"""Figures in two layers: a frame that every company shares, drawn once a process, and the marks of one, drawn over it.

A company's figures differ by a few dots and words from those of the next one. What they have in common (axis, grid,
legend, room for names) costs nearly all of their drawing; it is kept as three strips of pixels: what stands above the
rows, one line of the rows, which are all alike, and what stands below.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import Affine2D, Transform

from cdo_analysis.figures.marks import Dot, Mark, Segment, Word, artist_of, handle_of, lay
from cdo_analysis.figures.parts import legend_above, rows_axes, value_axis, wrap_name
from cdo_analysis.figures.style import WIDTH, figure_of, in_style, pixels_of, png, text_width
from cdo_analysis.messages import Numbers

_RIGHT = 0.45
"""Room on the right for a value written beside the last mark, in inches."""

_PAD = 4.0
"""Points between a row's name and the axis."""


@dataclass(frozen=True)
class Frame:
    """What figures of many companies have in common.

    Attributes
    ----------
    room : str
        Longest line that the name of a row has: the room on the left.
    row : float
        Height of a row, in inches.
    low, high : float
        Ends of the scale.
    numbers : Numbers
    label : str
        What the axis measures, with its unit.
    share : bool
        True where the scale is one of shares (0 to 1).
    legend : tuple of (Dot or Segment, str)
    """

    room: str
    row: float
    low: float
    high: float
    numbers: Numbers
    label: str
    share: bool = False
    legend: tuple[tuple[Dot | Segment, str], ...] = ()

    def axes(self, names: Sequence[str]) -> Axes:
        """Return axes with a row for each name, in this frame."""
        axes = rows_axes(names, row=self.row)
        axes.set_xlim(self.low, self.high)
        value_axis(axes, self.numbers, self.label, share=self.share)
        if self.legend:
            handles = [handle_of(mark) for mark, _ in self.legend]
            legend_above(axes, handles, [word for _, word in self.legend], columns=len(handles))
        return axes


@dataclass(frozen=True)
class Drawing:
    """A figure of one company: a frame, the names of its rows from the top, and its marks in the order to draw."""

    frame: Frame
    names: tuple[str, ...]
    marks: tuple[Mark, ...]

    def axes(self) -> Axes:
        """Return the same figure on Axes of its own, to be changed or drawn otherwise."""
        axes = self.frame.axes(self.names)
        with in_style():
            for mark in self.marks:
                axes.add_artist(artist_of(mark, axes.transData, figure_of(axes).dpi_scale_trans)).set_clip_on(False)
        return axes

    def picture(self, *, dpi: int = 150) -> bytes:
        """Return the figure as the bytes of a PNG; the frame is drawn if this process has not drawn it yet."""
        strips = _strips(self.frame, dpi)
        pixels = strips.stack(len(self.names))
        places = strips.places(self.frame)
        for mark in (*self._names(), *self.marks):
            lay(mark, pixels, places, dpi)
        return png(pixels, dpi)

    def _names(self) -> Iterator[Word]:
        """Return the names of the rows, to the left of the axis."""
        for place, name in enumerate(self.names):
            yield Word(place, self.frame.low, wrap_name(name), right=-_PAD, size=9, align="right")


class _Strips(NamedTuple):
    """A frame as pixels: what is above the rows, a line of them, what is below; and where its scale begins and ends."""

    above: np.ndarray
    line: np.ndarray
    below: np.ndarray
    left: int
    right: int
    top: int
    row: int

    def stack(self, rows: int) -> np.ndarray:
        """Return the frame of so many rows."""
        lines = self.top + rows * self.row - len(self.above) - _SPINE
        return np.concatenate([self.above, np.repeat(self.line, lines, axis=0), self.below])

    def places(self, frame: Frame) -> Transform:
        """Return where a value of a row stands: pixels from the left and from the top."""
        scale = (self.right - self.left) / (frame.high - frame.low)
        return Affine2D().translate(-frame.low, 0.5).scale(scale, self.row).translate(self.left, self.top)


_SPINE = 3
"""Pixels above the end of the rows that the line of the axis may colour."""


@lru_cache(maxsize=64)
def _strips(frame: Frame, dpi: int) -> _Strips:
    """Draw a frame: laid out with one row, then cut."""
    axes = frame.axes([frame.room])
    figure, row = figure_of(axes), round(frame.row * dpi)
    with in_style():
        figure.set_dpi(dpi)
        figure.draw_without_rendering()
        box = axes.get_window_extent()
        width, left = round(WIDTH * dpi), math.ceil(box.x0)
        right = width - round(_RIGHT * dpi)
        above = math.ceil(figure.bbox.height - box.y1)
        below = math.ceil(box.y0)
        height = above + row + below
        figure.set_layout_engine("none")
        figure.set_size_inches(width / dpi, height / dpi)
        axes.set_position((left / width, below / height, (right - left) / width, row / height))
        axes.set_yticks([])
        pixels = pixels_of(figure)
    line = pixels[above + row // 2][None]
    return _Strips(pixels[: above + 1], line, pixels[above + row - _SPINE :], left, right, above, row)


def room_for(names: Iterable[str]) -> tuple[str, int]:
    """Return the longest line of the names of rows, and the lines of the name that has most of them."""
    lines = [wrap_name(name).split("\n") for name in names]
    return max((line for name in lines for line in name), key=text_width, default=""), max(map(len, lines), default=1)


def round_limits(low: float, high: float) -> tuple[float, float]:
    """Return round numbers below and above: few, so that the frames of many companies are the same.

    Examples
    --------
    >>> round_limits(4.1, 7.3), round_limits(0, 0.34)
    ((4.0, 8.0), (0.0, 0.4))
    """
    rough = max(high - low, 1e-9) / 4
    step = 10.0 ** math.floor(math.log10(rough))
    step *= next(times for times in (1, 2, 5, 10) if times * step >= rough * 0.999)
    ends = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    return round(ends[0], 9), round(max(ends[1], ends[0] + step), 9)
