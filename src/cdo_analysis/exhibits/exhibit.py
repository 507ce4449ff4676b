"""One piece of a report: a heading, sentences, a figure with its description, a table; shown in a cell or on a page."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from matplotlib.axes import Axes

from cdo_analysis.disclosure import Fact
from cdo_analysis.exhibits.description import describe
from cdo_analysis.figures import Drawing, picture
from cdo_analysis.messages import printable, space_french
from cdo_analysis.resources import package_dir

Evidence = Literal["", "observed", "advised", "estimated"]
"""Which of the three kinds of evidence a piece shows: constaté, conseillé, estimé sous hypothèses."""

MIME = "cdo_analysis"
"""Key of the metadata by which a page finds its pieces among a notebook's outputs."""

PUBLISHED = "cdo_analysis_published"
"""Key of the metadata that holds what a piece publishes, for the audit; it is no part of what is published."""


_PRINTED_LINE, _TEXT_COLUMN = 105, 22
"""Characters that a line of a table has on A4, and those that a column of texts takes of them."""


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

    @property
    def is_tight(self) -> bool:
        """Tell whether its numbers need more than a printed page gives on one line."""
        columns = range(len(self.header))
        longest = [max((len(row[column]) for row in self.rows), default=0) for column in columns]
        needed = [longest[column] + 2 if self.is_numeric(column) else _TEXT_COLUMN for column in columns]
        return sum(needed) > _PRINTED_LINE

    def to_dict(self) -> dict[str, Any]:
        """Return the table as plain lists, as a notebook keeps it."""
        numeric = [self.is_numeric(column) for column in range(len(self.header))]
        return {
            "header": list(self.header),
            "rows": [list(row) for row in self.rows],
            "numeric": numeric,
            "caption": self.caption,
        }


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
    axes : Axes, Drawing or None
        Figure; drawn to a picture when the piece is shown.
    alt : str
        What the figure shows, in words; its message and its key numbers are added to it.
    table : TableView or None
        The numbers behind the figure (folded), or the table itself where there is no figure.
    folded : bool
        True where the table is to be opened by the reader though there is no figure: a long list of details.
    notes : sequence of (str, str)
        "Lecture", "Champ", "Source" and what they say.
    published : sequence of Fact
        What its numbers say of groups of respondents, for the audit.
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
    axes: Axes | Drawing | None = field(default=None, repr=False, compare=False)
    alt: str = ""
    table: TableView | None = None
    folded: bool = False
    notes: Sequence[tuple[str, str]] = ()
    published: Sequence[Fact] = field(default=(), repr=False)
    imprint: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    language: str = "fr"

    def publishing(self, facts: Iterable[Fact]) -> Exhibit:
        """Return the piece with what its numbers say of groups of respondents, each fact once."""
        told = dict.fromkeys(replace(fact, place=self.id) for fact in (*self.published, *facts))
        return replace(self, published=tuple(told))

    @property
    def description(self) -> str:
        """What stands for the figure where it is not seen: the message, what is drawn, three numbers of its table."""
        table = self.table or TableView((), ())
        numeric = [i for i in range(len(table.header)) if table.is_numeric(i)]
        return describe(self.title, self.alt, (table.header, table.rows, numeric), french=self.language == "fr")

    def to_html(self) -> str:
        """Return the piece as HTML: every text escaped, the picture inside, no style, no script."""
        data = base64.b64encode(self.picture()).decode("ascii")
        return _template(self.language).render(x=self, picture=data).strip()

    def picture(self, *, dpi: int = 150) -> bytes:
        """Return the figure as the bytes of a PNG; none where the piece has no figure."""
        if self.axes is None:
            return b""
        return self.axes.picture(dpi=dpi) if isinstance(self.axes, Drawing) else picture(self.axes, dpi=dpi)

    def to_text(self) -> str:
        """Return the piece as plain text, for a terminal or a screen reader."""
        colon = "\u00a0:" if self.language == "fr" else ":"
        parts = [self.title, self.subtitle, self.alert, *self.paragraphs, *(f"- {line}" for line in self.bullets)]
        parts += [self.imprint]
        parts += [
            f"[{self.description}]" if self.axes is not None else "",
            *(f"{name}{colon} {text}" for name, text in self.notes),
        ]
        return "\n".join(part for part in parts if part)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        about: dict[str, Any] = {"id": self.id, "title": self.title, "level": self.level, "language": self.language}
        about |= {"facts": self.facts} if self.facts else {}
        if self.subtitle:
            about["subtitle"] = self.subtitle
        if self.table is not None:
            about["table"] = self.table.to_dict() | {"notes": [list(note) for note in self.notes]}
        metadata: dict[str, Any] = {MIME: about}
        if self.published:
            metadata[PUBLISHED] = [fact.to_json() for fact in self.published]
        return {"text/html": self.to_html(), "text/plain": self.to_text()}, metadata


@lru_cache
def _template(language: str) -> Template:
    """Return the template of a piece; in French, all that it prints gets the no-break spaces of French typography."""
    environment = html_templates("exhibits")
    space = space_french if language == "fr" else str
    environment.finalize = lambda value: space(printable(value)) if isinstance(value, str) else value
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
