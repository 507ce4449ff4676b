"""One piece of a report: a heading, sentences, a figure with its description, a table; shown in a cell or on a page."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from matplotlib.axes import Axes

from cdo_analysis.figures import picture
from cdo_analysis.messages import space_french
from cdo_analysis.resources import package_dir

Evidence = Literal["", "observed", "advised", "estimated"]
"""Which of the three kinds of evidence a piece shows: constaté, conseillé, estimé sous hypothèses."""

MIME = "cdo_analysis"
"""Key of the metadata by which a page finds its pieces among a notebook's outputs."""


@dataclass(frozen=True)
class TableView:
    """A table as text: header, rows, and which columns are numbers."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: Sequence[bool] = ()
    caption: str = ""

    def is_numeric(self, column: int) -> bool:
        """Tell whether a column is set to the right."""
        return bool(self.numeric) and self.numeric[column]


@dataclass(frozen=True)
class Card:
    """A small framed piece: a title, a large figure, a few lines."""

    title: str
    headline: str
    lines: Sequence[str] = ()


@dataclass(frozen=True)
class Exhibit:
    """One piece of a report.

    Attributes
    ----------
    id : str
        Anchor of the piece; letters, digits and dashes.
    title : str
        The message, as a heading; for the cover, the title of the whole page.
    level : int
        1 for the cover, 2 for a section, 3 for a piece of a section.
    subtitle : str
        What is measured, with its unit.
    evidence : {'', 'observed', 'advised', 'estimated'}
        Kind of evidence, written beside the title.
    evidence_label : str
        How that kind is named in the language of the report.
    paragraphs, bullets : sequence of str
        Sentences.
    cards : sequence of Card
    alert : str
        What must be read before the rest.
    axes : Axes or None
        Figure; drawn to a picture when the piece is shown.
    alt : str
        What the figure shows, in words and numbers.
    table : TableView or None
        The numbers behind the figure (folded), or the table itself where there is no figure.
    folded : bool
        True where the table is to be opened by the reader though there is no figure: a long list of details.
    notes : sequence of (str, str)
        "Lecture", "Champ", "Source" and what they say.
    imprint : str
        Under the sentences of a cover, in small: when the data were collected, which study, which version.
    facts : mapping of str to str
        What a page says of itself to programs: the state of its answer, its study, the date of its data.
    words : mapping
        Words of the page: ``data`` (the title of the folded table), ``enlarge`` (what a tap on the figure does).
    language : str
    """

    id: str
    title: str
    level: int = 2
    subtitle: str = ""
    evidence: Evidence = ""
    evidence_label: str = ""
    paragraphs: Sequence[str] = ()
    bullets: Sequence[str] = ()
    cards: Sequence[Card] = ()
    alert: str = ""
    axes: Axes | None = field(default=None, repr=False, compare=False)
    alt: str = ""
    table: TableView | None = None
    folded: bool = False
    notes: Sequence[tuple[str, str]] = ()
    imprint: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    language: str = "fr"

    def to_html(self) -> str:
        """Return the piece as HTML: every text escaped, the picture inside, no style, no script."""
        data = base64.b64encode(picture(self.axes)).decode("ascii") if self.axes is not None else ""
        return _template(self.language).render(x=self, picture=data).strip()

    def to_text(self) -> str:
        """Return the piece as plain text, for a terminal or a screen reader."""
        colon = "\u00a0:" if self.language == "fr" else ":"
        parts = [self.title, self.subtitle, self.alert, *self.paragraphs, *(f"- {line}" for line in self.bullets)]
        parts += [self.imprint]
        parts += [
            f"[{self.alt}]" if self.axes is not None else "",
            *(f"{name}{colon} {text}" for name, text in self.notes),
        ]
        return "\n".join(part for part in parts if part)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        about: dict[str, Any] = {"id": self.id, "title": self.title, "level": self.level, "language": self.language}
        about |= {"facts": self.facts} if self.facts else {}
        return {"text/html": self.to_html(), "text/plain": self.to_text()}, {MIME: about}


@lru_cache
def _template(language: str) -> Template:
    """Return the template of a piece; in French, all that it prints gets the no-break spaces of French typography."""
    environment = html_templates("exhibits")
    if language == "fr":
        environment.finalize = lambda value: space_french(value) if isinstance(value, str) else value
    return environment.get_template("exhibit.html.j2")


def html_templates(folder: str) -> Environment:
    """Return the HTML templates of a folder of the package: every text that they print is escaped."""
    return Environment(
        loader=FileSystemLoader(package_dir(folder)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
