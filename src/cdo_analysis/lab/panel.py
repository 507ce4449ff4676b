"""What a cell shows: a title, facts, a picture, a table; as HTML that any sanitiser leaves whole, and as plain text."""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

from jinja2 import Template

from cdo_analysis.codebook import Language
from cdo_analysis.exhibits import Exhibit, TableView, html_templates
from cdo_analysis.messages import space_french

WIDTH = 80
"""Columns of a terminal."""

_GAP = "  "
_NARROWEST = 8


@dataclass(frozen=True)
class Panel:
    """One thing shown in a cell. No style sheet, no script, no SVG: an untrusted notebook shows it as well.

    Attributes
    ----------
    title : str
    alert : str
        What must be read before the rest.
    facts : sequence of (str, str)
        What, and how much.
    image : bytes
        A PNG; empty where there is none.
    alt : str
        What the picture shows, in words and numbers.
    table : TableView or None
    code : sequence of int
        Columns of the table that hold code.
    paragraphs : sequence of str
        Sentences under the table.
    language : str
    level : int
        Of the heading.
    """

    title: str
    alert: str = ""
    facts: Sequence[tuple[str, str]] = ()
    image: bytes = b""
    alt: str = ""
    table: TableView | None = None
    code: Sequence[int] = ()
    paragraphs: Sequence[str] = ()
    language: Language = "fr"
    level: int = 3

    def to_html(self) -> str:
        """Return the panel as HTML: every text escaped, the picture inside."""
        data = base64.b64encode(self.image).decode("ascii")
        return _template(self.language).render(x=self, picture=data).strip()

    def to_text(self) -> str:
        """Return the panel as text of 80 columns at most, but for code, which is never cut."""
        blocks = [*_wrapped(self.title), *_wrapped(self.alert, "! ")]
        blocks += [line for name, text in self.facts for line in self._fact(name, text)]
        blocks += _wrapped(f"[{self.alt}]" if self.image else "")
        blocks += ["", *table_text(self.table, code=self.code)] if self.table and self.table.rows else []
        blocks += [line for text in self.paragraphs for line in _wrapped(text)]
        return "\n".join(blocks)

    def _fact(self, name: str, text: str) -> Iterator[str]:
        lines = f"{' — '.join(name.splitlines())}{self._colon} {text}".splitlines() if name else text.splitlines()
        for place, line in enumerate(lines):
            yield from _wrapped(line, "    " if place and name else "  ")

    @property
    def _colon(self) -> str:
        return "\u00a0:" if self.language == "fr" else ":"

    def notice(self) -> dict[str, str]:
        """Return the title alone, as a sentence rather than a heading."""
        return {"text/html": f"<p><em>{escape(self.title)}</em></p>", "text/plain": self.title}

    def bundle(self) -> tuple[dict[str, str], dict[str, Any]]:
        """Return what IPython shows: HTML, text, and the picture by itself for those who show no HTML."""
        data = {"text/html": self.to_html(), "text/plain": self.to_text()}
        if not self.image:
            return data, {}
        png = base64.b64encode(self.image).decode("ascii")
        return data | {"image/png": png}, {"image/png": {"alt": self.alt}}


def panel_of(exhibit: Exhibit) -> Panel:
    """Return a piece of a report with its table open, its notes as facts."""
    colon = "\u00a0:" if exhibit.language == "fr" else ":"
    bullets = [f"— {line}" for line in exhibit.bullets]
    return Panel(
        title=exhibit.title,
        alert=exhibit.alert,
        facts=[("", text) for text in filter(None, [exhibit.subtitle, *exhibit.paragraphs, *bullets])],
        image=exhibit.picture(dpi=110),
        alt=exhibit.alt,
        table=exhibit.table,
        paragraphs=[f"{name}{colon} {text}" for name, text in exhibit.notes],
        language="fr" if exhibit.language == "fr" else "en",
    )


@lru_cache
def _template(language: str) -> Template:
    environment = html_templates("lab")
    if language == "fr":
        environment.finalize = lambda value: space_french(value) if isinstance(value, str) else value
    return environment.get_template("panel.html.j2")


# --- plain text -------------------------------------------------------------------------------------------------------


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent)) if text else []


def table_text(table: TableView, *, code: Sequence[int] = (), most: int = 30) -> list[str]:
    """Return a table as lines of 80 columns; long cells go on under themselves, code stands on a line of its own.

    Examples
    --------
    >>> table_text(TableView(["who", "n"], [["a", "12"], ["b", "7"]], numeric=(False, True)))
    ['who   n', '---  --', 'a    12', 'b     7']
    """
    kept = [place for place in range(len(table.header)) if place not in code]
    header = [table.header[place] for place in kept]
    rows = [[row[place] for place in kept] for row in table.rows[:most]]
    widths = _widths([header, *rows])
    lines = [*_lines(header, widths, table, kept), _GAP.join("-" * width for width in widths)]
    for row, full in zip(rows, table.rows, strict=False):
        lines += _lines(row, widths, table, kept)
        lines += [f"    > {full[place]}" for place in code if full[place]]
    left = len(table.rows) - most
    return [*lines, f"… (+ {left})"] if left > 0 else lines


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    widths = [max(max(map(len, column)), 1) for column in zip(*rows, strict=True)]
    room = WIDTH - len(_GAP) * (len(widths) - 1)
    while sum(widths) > room and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _lines(row: Sequence[str], widths: Sequence[int], table: TableView, kept: Sequence[int]) -> Iterator[str]:
    cells = [textwrap.wrap(text, width) or [""] for text, width in zip(row, widths, strict=True)]
    for place in range(max(map(len, cells))):
        parts = [cell[place] if place < len(cell) else "" for cell in cells]
        aligned = [
            part.rjust(width) if table.is_numeric(column) else part.ljust(width)
            for part, width, column in zip(parts, widths, kept, strict=True)
        ]
        yield _GAP.join(aligned).rstrip()
