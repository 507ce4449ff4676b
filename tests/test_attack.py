"""An attacker reads the reports, as HTML, and tries to work out what they hide. Nothing of the audit is used here.

The attacker knows what every reader knows: that the parts of a whole add up to it, which options make which group, that
a count is a whole number, that percentages are rounded. It writes that down as equations over what is hidden, and asks
for the smallest and the largest whole number that each hidden cell may be. It wins where it can prove that a cell holds
somebody but fewer than five companies, or which number it holds.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from cdo_analysis.disclosure import PROFILES
from cdo_analysis.exhibits import View, company, panorama, quality
from cdo_analysis.exhibits.exhibit import Exhibit
from cdo_analysis.messages import catalogue
from cdo_analysis.reference import load_arrangements
from cdo_analysis.study import Study

FEWEST = 5
DASH = " — "


class _Reader(HTMLParser):
    """Reads a page: the rows of its tables as text, and all its words."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.words = ""
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._open = True
        self.words += " ".join(value or "" for name, value in attrs if name == "alt")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            self.rows[-1][-1] += data
        self.words += data


@dataclass
class Attacker:
    """What was read, as equations over counts; every count has a name."""

    names: dict[str, int] = field(default_factory=dict)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    rules: list[tuple[dict[int, float], float, float]] = field(default_factory=list)

    def count(self, name: str) -> int:
        """Return the place of a count, new ones being anything from nobody to ten thousand."""
        if name not in self.names:
            self.names[name] = len(self.names)
            self.low.append(0)
            self.high.append(10_000)
        return self.names[name]

    def read(self, name: str, printed: str) -> None:
        """Take in a printed count, or that it is hidden."""
        place = self.count(name)
        if printed.startswith("c"):
            self.hidden.add(name)
            return
        n = float(re.sub(r"\D", "", printed.partition("(")[0]))
        self.low[place] = self.high[place] = n

    def adds_up(self, parts: Iterable[str], whole: str) -> None:
        """Take in that some counts add up to another."""
        row = {self.count(part): 1.0 for part in parts}
        row[self.count(whole)] = -1.0
        self.rules.append((row, 0.0, 0.0))

    def find(self, name: str) -> tuple[float, float]:
        """Return the smallest and the largest whole number that a count may be."""
        rows = np.zeros((len(self.rules), len(self.names)))
        for place, (row, _, _) in enumerate(self.rules):
            rows[place, list(row)] = list(row.values())
        about = LinearConstraint(rows, [low for _, low, _ in self.rules], [high for _, _, high in self.rules])
        goal = np.zeros(len(self.names))
        goal[self.names[name]] = 1.0
        ends = []
        for sign in (1.0, -1.0):
            found = milp(
                sign * goal, constraints=about, bounds=Bounds(self.low, self.high), integrality=np.ones(len(goal))
            )
            assert found.x is not None, "what was read contradicts itself: the attacker reads it wrongly"
            ends.append(round(sign * float(found.fun)))
        return ends[0], ends[1]

    def wins(self) -> dict[str, tuple[float, float]]:
        """Return the hidden counts that are no longer hidden."""
        found = {name: self.find(name) for name in sorted(self.hidden)}
        return {name: ends for name, ends in found.items() if ends[0] == ends[1] or 1 <= ends[0] <= ends[1] < FEWEST}


def _read(piece: Exhibit | None) -> _Reader:
    assert piece is not None
    reader = _Reader()
    reader.feed(replace(piece, axes=None).to_html())
    return reader


def _total(reader: _Reader) -> str:
    found = re.findall(r"n = ([\d\s\u202f]+)", reader.words)
    assert found
    return str(found[-1])


def _attack(view: View) -> Attacker:
    """Read the public reports on the sample, and write down all that adds up."""
    attacker = Attacker()
    _read_margins(attacker, _read(quality.representation(view)))
    _read_profiles(attacker, _read(panorama.confidence(view)))
    _read_line(attacker, _read(panorama.arrangements_today(view)), "today")
    _read_line(attacker, _read(panorama.advice_overview(view)), "advice")
    _read_line(attacker, _read(panorama.distribution(view)), "band")
    _read_line(attacker, _read(panorama.intensity(view)), "intensity")
    for variable, by in (("size_category", "size"), ("sector", "sector")):
        _read_cross(attacker, _read(panorama.profiles_by(view, variable)), by, "profile")
    _read_cross(attacker, _read(panorama.arrangements_by_profile(view)), "profile", "group")
    _read_groups_of_options(attacker, view)
    for by in ("size", "sector"):
        for margin in [name for name in attacker.names if name.startswith(f"{by}:") and DASH not in name]:
            parts = [name for name in attacker.names if name.startswith(f"{margin}{DASH}profile:")]
            if parts:
                attacker.adds_up(parts, margin)
    return attacker


def _read_margins(attacker: Attacker, reader: _Reader) -> None:
    say = catalogue("fr")
    sizes = {say(f"size.{size}") for size in ("micro", "pme", "eti", "ge")}
    for label, n, *_ in reader.rows[1:]:
        attacker.read(f"{'size' if label in sizes else 'sector'}:{label}", n)


def _read_profiles(attacker: Attacker, reader: _Reader) -> None:
    for label, n, *_ in reader.rows[1:]:
        attacker.read(f"profile:{label}", n)


def _read_line(attacker: Attacker, reader: _Reader, name: str) -> None:
    """Read one distribution; its caption says how many there are in all."""
    attacker.read(f"{name} in all", _total(reader))
    parts = []
    for label, n, *_ in reader.rows[1:]:
        parts.append(f"{name}:{label}")
        attacker.read(parts[-1], n)
    attacker.adds_up(parts, f"{name} in all")


def _read_cross(attacker: Attacker, reader: _Reader, by: str, name: str) -> None:
    """Read a table of groups by categories; the caption gives the total, the groups and categories theirs elsewhere."""
    attacker.read(f"{by} x {name} in all", _total(reader))
    parts = []
    for label, n, *_ in reader.rows[1:]:
        group, category = label.split(DASH)
        parts.append(f"{by}:{group}{DASH}{name}:{category}")
        attacker.read(parts[-1], n)
    attacker.adds_up(parts, f"{by} x {name} in all")


def _read_groups_of_options(attacker: Attacker, view: View) -> None:
    """The options of a group add up to the group over all profiles: everybody has a profile."""
    options = load_arrangements()
    for parent in options.parents:
        inside = [f"today:{view.option_label(name)}" for name in options.ids if options.parent_of[name] == parent.id]
        over_profiles = [n for n in attacker.names if n.endswith(f"{DASH}group:{view.option_label(parent.id)}")]
        whole = f"group {parent.id}"
        attacker.adds_up(inside, whole)
        attacker.adds_up(over_profiles, whole)


def _view(study: Study, **changes: object) -> View:
    return View(study, catalogue("fr"), replace(PROFILES["prudent"], **changes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def truth(sample_study: Study) -> pd.Series:
    return sample_study.column("arrangements", "today").value_counts()


def test_an_attacker_recovers_no_hidden_cell_of_the_public_reports(sample_study: Study) -> None:
    attacker = _attack(_view(sample_study))
    assert len(attacker.hidden) >= 8, "there is something to recover"
    assert attacker.wins() == {}


def test_the_same_attacker_wins_where_only_small_cells_are_hidden(sample_study: Study, truth: pd.Series) -> None:
    """Without secondary suppression, totals give small cells away: so the attack is one that can succeed."""
    view = _view(sample_study, secondary=False, hides_unanimous=False)
    attacker = _attack(view)
    won = attacker.wins()
    assert len(won) >= len(attacker.hidden) - 2
    few = [name for name, n in truth.items() if n < FEWEST]
    assert few
    for name in few:
        assert won[f"today:{view.option_label(str(name))}"] == (truth[name], truth[name])


def test_what_the_attacker_cannot_exclude_holds_the_truth(sample_study: Study, truth: pd.Series) -> None:
    """The attacker reads rightly: what is true is never outside its bounds."""
    view = _view(sample_study)
    attacker = _attack(view)
    for name, n in truth.items():
        low, high = attacker.find(f"today:{view.option_label(str(name))}")
        assert low <= n <= high


def test_a_company_that_reads_its_own_report_recovers_nothing_more(sample_study: Study) -> None:
    """Its peers and itself make a group of a sector and a size; with the public reports, no hidden cell is told."""
    view = _view(sample_study)
    attacker = _attack(view)
    sector = view.groups(view.book.roles.sector)
    own = "001075217"
    code = str(view.responses.at[own, view.book.roles.sector])
    peers = int(_total(_read(company.dimensions(view, own))))
    margin = f"sector:{sector.labels[code]}"
    cell, rest = f"{margin}{DASH}own size", f"{margin}{DASH}other sizes"
    attacker.read(cell, str(peers + 1))
    attacker.adds_up([cell, rest], margin)
    assert attacker.wins() == {}


def test_nobody_is_drawn_as_a_point_that_a_file_could_give_back(sample_study: Study) -> None:
    """Pictures of respondents are pixels: no SVG, which would hold the coordinates of each."""
    view = _view(sample_study)
    pieces = [panorama.distribution(view), panorama.dimensions(view), company.dimensions(view, "001075217")]
    for piece in pieces:
        assert piece is not None
        html = piece.to_html()
        assert "<svg" not in html
        assert "data:image/png;base64," in html


def test_bands_that_are_hidden_are_not_drawn_either(sample_study: Study) -> None:
    """A bar can be measured: the figure shows no bar where the table shows a "c"."""
    shown = panorama.distribution(_view(sample_study))
    assert shown is not None
    assert shown.table is not None
    hidden = [place for place, row in enumerate(shown.table.rows) if row[1] == "c"]
    heights: dict[int, float] = defaultdict(float)
    for bar in shown.axes.patches:  # type: ignore[union-attr]
        heights[int(bar.get_x() // 10)] += bar.get_height()
    assert hidden
    assert all(heights[place] == 0 for place in hidden)
