"""Figures drawn over a kept frame: the same bytes kept or not, marks where their values are, names never cut."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cdo_analysis.figures import Drawing, company_and_peers, evidence_dots, layered, marks
from cdo_analysis.messages import Numbers

FR = Numbers("fr")
ORANGE = (0xF4, 0x6A, 0x25)
LONG = "CDO interne, avec ou sans experts externes, à $x_1$ et à temps plein dans l'entreprise"


def beside_peers(values: list[float]) -> Drawing:
    """A company on as many dimensions as there are values."""
    names = [f"Dimension {i}" for i in range(len(values))]
    table = pd.DataFrame({"label": names, "company": values, "mean": 40.0, "low": 30.0, "high": 55.0})
    return company_and_peers(table, numbers=FR, words=("Vous", "Moyenne", "Moitié"), label="0 à 100")


def options(labels: list[str], **about: object) -> Drawing:
    """Options with a share each."""
    table = pd.DataFrame({"label": labels, "estimate": 0.25, "low": np.nan, "high": np.nan})
    return evidence_dots(table, numbers=FR, label="Part", share=True, highlight=labels[:1], **about)


def pixels(drawing: Drawing) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(drawing.picture())).convert("RGB"))


def test_a_kept_frame_and_a_new_one_give_the_same_bytes() -> None:
    first = beside_peers([12, 50, 73.4]).picture()
    kept = beside_peers([12, 50, 73.4]).picture()
    layered._strips.cache_clear()
    marks._sprite.cache_clear()
    assert first == kept == beside_peers([12, 50, 73.4]).picture()


def test_another_process_draws_the_same_bytes() -> None:
    code = (
        "import hashlib, pandas as pd; from cdo_analysis.figures import evidence_dots\n"
        "from cdo_analysis.messages import Numbers\n"
        "table = pd.DataFrame({'label': ['a', 'b'], 'estimate': 0.25, 'low': float('nan'), 'high': float('nan')})\n"
        "drawn = evidence_dots(table, numbers=Numbers('fr'), label='Part', share=True, highlight=['a'])\n"
        "print(hashlib.sha256(drawn.picture()).hexdigest())"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert said == hashlib.sha256(options(["a", "b"]).picture()).hexdigest()


def test_marks_stand_where_their_values_are() -> None:
    """Zero, fifty and a hundred: as far from each other, to the pixel; each row as far below the one above."""
    picture = pixels(beside_peers([0, 50, 100]))
    y, x = np.nonzero((picture == ORANGE).all(axis=2))
    legend = y < 40
    rows = np.digitize(y[~legend], np.quantile(y[~legend], [1 / 3, 2 / 3]))
    places = [(x[~legend][rows == row].mean(), y[~legend][rows == row].mean()) for row in range(3)]
    (x0, y0), (x1, y1), (x2, y2) = places
    assert x2 - x1 == pytest.approx(x1 - x0, abs=1.0)
    assert x2 - x0 > 500
    assert (y1 - y0, y2 - y1) == pytest.approx((60, 60), abs=0.5), "0.4 inches at 150 points an inch"


def test_marks_stand_where_matplotlib_puts_them_on_the_grid() -> None:
    """A dot at 20 is centred on the grid line of 20, which matplotlib drew."""
    picture = pixels(beside_peers([20]))
    y, x = np.nonzero((picture == ORANGE).all(axis=2))
    middle = x[y > 40].mean()
    line = picture[y.max() + 12].astype(int).sum(axis=1)
    near = np.flatnonzero(line[int(middle) - 6 : int(middle) + 7] < 3 * 250) + int(middle) - 6
    assert near.mean() == pytest.approx(middle, abs=1.0)


def test_a_row_more_makes_the_figure_higher_by_a_row_and_changes_nothing_above() -> None:
    two, three = pixels(beside_peers([10, 20])), pixels(beside_peers([10, 20, 30]))
    assert len(three) - len(two) == 60
    above = 40 + 2 * 60 - 10
    assert np.abs(three[:above].astype(int) - two[:above]).max() <= 16, "but for the nearest of 256 colours"


def test_the_longest_name_is_not_cut_and_formulas_are_drawn_literally() -> None:
    picture = pixels(options([LONG, "b"]))
    assert (picture[:, :2] == 255).all(), "ink at the left edge: the name is cut"
    assert (picture[:60, 40:300] < 128).any(), "the name is drawn"


def test_room_is_made_for_names_that_other_companies_have() -> None:
    with_room, without = options(["a", "b"], names=[LONG]), options(["a", "b"])
    assert with_room.frame.room != without.frame.room
    assert with_room.frame == options(["b"], names=[LONG]).frame, "one frame for every company"


def test_the_same_figure_on_axes_has_the_same_rows_and_scale() -> None:
    drawing = beside_peers([12, 50])
    axes = drawing.axes()
    assert [text.get_text() for text in axes.get_yticklabels()] == ["Dimension 0", "Dimension 1"]
    assert axes.get_xlim() == (-2, 102)
    assert sum(line.get_marker() == "o" for line in axes.get_lines()) == 2


def test_what_is_hidden_is_written_as_hidden() -> None:
    def drawn(estimate: float) -> Drawing:
        table = pd.DataFrame({"label": ["a"], "estimate": [estimate], "low": [np.nan], "high": [np.nan]})
        return evidence_dots(table, numbers=FR, label="Part", share=True, highlight=[])

    assert [mark.text for mark in drawn(np.nan).marks if isinstance(mark, marks.Word)] == ["c"]
    assert drawn(np.nan).picture() != drawn(0.0).picture()


def test_an_interval_beyond_the_scale_widens_it() -> None:
    table = pd.DataFrame({"label": ["a"], "estimate": [9.0], "low": [7.5], "high": [11.2]})
    drawing = evidence_dots(table, numbers=FR, label="Résultat", share=False, highlight=[], scale=(0, 10))
    assert drawing.frame.high >= 11.2
    assert drawing.frame.low <= 0
