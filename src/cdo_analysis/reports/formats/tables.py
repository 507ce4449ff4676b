"""The tables of a report, as its page shows them, with each number and each end of an interval in a cell of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cdo_analysis.codebook import Language
from cdo_analysis.messages import Catalogue, catalogue, printable, space_french
from cdo_analysis.reports.formats.cells import Number, Reading, read_cell
from cdo_analysis.reports.page import pieces_of

Cell = str | Number


@dataclass(frozen=True)
class DataTable:
    """A table of a report.

    Attributes
    ----------
    id : str
        Anchor of its place in the page.
    title, subtitle : str
    notes : sequence of (str, str)
        "Lecture", "Champ" (with n), "Source".
    header : sequence of str
    rows : sequence of sequence of (str or Number)
    """

    id: str
    title: str
    subtitle: str
    notes: Sequence[tuple[str, str]]
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Document:
    """The tables of a report.

    Attributes
    ----------
    title, subtitle : str
        Of the whole report.
    language : {'fr', 'en'}
    tables : sequence of DataTable
    """

    title: str
    subtitle: str
    language: Language
    tables: Sequence[DataTable]

    @property
    def say(self) -> Catalogue:
        """Words of its language."""
        return catalogue(self.language)


def read_document(notebook: Mapping[str, Any]) -> Document:
    """Return the tables that an executed notebook shows, in its order.

    Parameters
    ----------
    notebook : mapping
        A notebook (nbformat 4) whose cells have run and that shows a cover.
    """
    pieces = list(pieces_of(notebook))
    cover = next(piece for piece in pieces if piece["level"] == 1)
    language: Language = cover["language"]
    tables = [_read_table(piece, language) for piece in pieces if piece.get("table")]
    shown = _Words(language)
    return Document(shown(cover["title"]), shown(cover.get("subtitle", "")), language, tables)


@dataclass(frozen=True)
class _Words:
    """How a text is shown in a language."""

    language: Language

    def __call__(self, text: str) -> str:
        plain = printable(text)
        return space_french(plain) if self.language == "fr" else plain


def _read_table(piece: Mapping[str, Any], language: Language) -> DataTable:
    table, shown = piece["table"], _Words(language)
    columns = [[shown(row[place]) for row in table["rows"]] for place in range(len(table["header"]))]
    header: list[str] = []
    parts: list[list[Cell]] = []
    for name, numeric, column in zip(table["header"], table["numeric"], columns, strict=True):
        for heading, cells in _parts(shown(name), numeric, column, language):
            header.append(heading)
            parts.append(cells)
    notes = [(shown(name), shown(text)) for name, text in table["notes"]]
    subtitle = shown(table["caption"] or piece.get("subtitle", ""))
    return DataTable(piece["id"], shown(piece["title"]), subtitle, notes, header, list(zip(*parts, strict=True)))


def _parts(name: str, numeric: bool, column: list[str], language: Language) -> Iterator[tuple[str, list[Cell]]]:
    """Yield the columns that a column of the page becomes: itself, then what else its cells say."""
    if not numeric:
        yield name, list(column)
        return
    say, readings = catalogue(language), [read_cell(text, language) for text in column]
    intervals = any(reading.low for reading in readings)
    if not intervals or any(reading.value for reading in readings):
        yield name, [_or_text(reading, reading.value) for reading in readings]
    if intervals:
        yield say("formats.low", name=name), [_or_text(reading, reading.low) for reading in readings]
        yield say("formats.high", name=name), [_or_text(reading, reading.high, again=True) for reading in readings]
    if any(reading.flag for reading in readings):
        yield say("formats.flag", name=name), [reading.flag for reading in readings]


def _or_text(reading: Reading, number: Number | None, *, again: bool = False) -> Cell:
    """Return a number, or what the cell says instead; words are not said again, the symbols of hidden cells are."""
    if number is not None:
        return number
    return "" if again and len(reading.text) > _SYMBOL else reading.text


_SYMBOL = 3
"""Characters of the longest symbol."""
