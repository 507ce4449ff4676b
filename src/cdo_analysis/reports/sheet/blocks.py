"""What a sheet is made of before it is a document: headings, paragraphs, lists, tables, all of them plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Look = Literal["body", "kicker", "title", "subtitle", "lead", "small"]
"""Which paragraph style of the document a paragraph takes."""


@dataclass(frozen=True)
class Heading:
    """A heading; `new_page` starts a page with it."""

    text: str
    level: int = 2
    new_page: bool = False


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; what stands before it in bold, if anything, is `label`."""

    text: str
    look: Look = "body"
    label: str = ""


@dataclass(frozen=True)
class Points:
    """A list; `ordered` numbers it."""

    items: Sequence[str]
    ordered: bool = False


@dataclass(frozen=True)
class Table:
    """A table with a header row.

    Attributes
    ----------
    caption : str
        What it is, for those who do not see it.
    header : sequence of str
    rows : sequence of sequences of cells
        A cell is a text, or a list of points.
    widths : sequence of float
        Shares of the width of the page.
    look : {'text', 'figures', 'dense'}
        Sentences; a few figures, set larger; a table to look things up in, set smaller.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str | Sequence[str]]]
    widths: Sequence[float]
    look: Literal["text", "figures", "dense"] = "text"


Block = Heading | Paragraph | Points | Table


@dataclass(frozen=True)
class Sheet:
    """The content of a meeting sheet.

    Attributes
    ----------
    title : str
        Title of the document, for its properties.
    language : {'fr', 'en'}
    blocks : sequence of Block
        In the order of the page.
    footer : str
    page : str
        Words of the page number, with the fields ``{page}`` and ``{pages}``.
    """

    title: str
    language: Literal["fr", "en"]
    blocks: Sequence[Block]
    footer: str
    page: str
