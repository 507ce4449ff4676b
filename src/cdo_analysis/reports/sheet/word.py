"""Blocks to a Word document: real styles, one typographic system, A4, and the same bytes for the same blocks."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from docx import Document
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm

from cdo_analysis.messages import printable, space_french
from cdo_analysis.reports.archive import settle_archive
from cdo_analysis.reports.sheet.blocks import Block, Heading, Paragraph, Points, Sheet, Table
from cdo_analysis.reports.sheet.styles import TABLE_STYLE, TEXT_WIDTH_MM, set_page, set_styles

_NO_DAY = date(2026, 1, 1)
_NUMBER_AND_UNIT = re.compile(
    r"(?<=\d) (?=k€|€|%|h\b|ETP\b|FTE\b|mois\b|months\b|jours\b|days\b|sur \d|of \d|à \d|to \d)"
)
_PARAGRAPHS = {"body": "Normal", "kicker": "Sheet Kicker", "title": "Title", "subtitle": "Subtitle",
               "lead": "Sheet Lead", "small": "Sheet Small"}  # fmt: skip


def to_docx(sheet: Sheet, *, day: date | None = None) -> bytes:
    """Return a sheet as the bytes of a Word document.

    Parameters
    ----------
    sheet : Sheet
    day : date, optional
        Written as the day of its creation; a fixed one by default, never the day of the run.

    Returns
    -------
    bytes
    """
    document = Document()
    set_page(document.sections[0])
    set_styles(document, sheet.language)
    _set_properties(document, sheet, day or _NO_DAY)
    _drop_thumbnail(document)
    typeset = _Typesetter(document, french=sheet.language == "fr")
    for block in sheet.blocks:
        typeset.add(block)
    typeset.add_footer(sheet.footer, sheet.page)
    buffer = io.BytesIO()
    document.save(buffer)
    return settle_archive(buffer.getvalue())


class _Typesetter:
    """Adds blocks to a document, in its styles."""

    def __init__(self, document: Any, *, french: bool) -> None:
        self.document, self.french = document, french

    def add(self, block: Block) -> None:
        """Add one block."""
        if isinstance(block, Heading):
            heading = self.document.add_heading(self._text(block.text), level=block.level)
            heading.paragraph_format.page_break_before = block.new_page or None
        elif isinstance(block, Paragraph):
            self._paragraph(block)
        elif isinstance(block, Points):
            for item in block.items:
                self.document.add_paragraph(self._text(item), style=f"List {'Number' if block.ordered else 'Bullet'}")
        else:
            self._table(block)

    def _text(self, text: str) -> str:
        """Return a text as it is printed; in French, with the no-break spaces of French typography."""
        spaced = space_french(text) if self.french else text
        return printable(_NUMBER_AND_UNIT.sub("\u00a0", spaced))

    def _paragraph(self, block: Paragraph) -> None:
        paragraph = self.document.add_paragraph(style="Sheet Note" if block.label else _PARAGRAPHS[block.look])
        if block.label:
            stop = "" if block.label.endswith("?") else "\u00a0:" if self.french else ":"
            paragraph.add_run(f"{self._text(block.label)}{stop} ", style="Strong")
        # A name stands as it was written: no space is added to it.
        paragraph.add_run(printable(block.text) if block.look == "title" else self._text(block.text))

    def _table(self, block: Table) -> None:
        table = self.document.add_table(rows=0, cols=len(block.header), style=TABLE_STYLE)
        table.autofit = False
        _describe(table, block.caption)
        self._row(table, block.header, "Sheet Table Head")
        _repeat_header(table.rows[0])
        style = {"dense": "Sheet Dense", "figures": "Sheet Figure", "text": "Sheet Cell"}[block.look]
        for row in block.rows:
            self._row(table, row, style)
        for column, share in zip(table.columns, block.widths, strict=True):
            column.width = Mm(TEXT_WIDTH_MM * share)
            for cell in column.cells:
                cell.width = column.width
        self.document.add_paragraph(style="Sheet Gap")

    def _row(self, table: Any, cells: Sequence[str | Sequence[str]], style: str) -> None:
        row = table.add_row()
        _keep_whole(row)
        for cell, content in zip(row.cells, cells, strict=True):
            lines = [content] if isinstance(content, str) else list(content)
            bullets = not isinstance(content, str)
            for place, line in enumerate(lines):
                paragraph = cell.paragraphs[0] if place == 0 else cell.add_paragraph()
                paragraph.style = self.document.styles["Sheet Cell Bullet" if bullets else style]
                paragraph.add_run(self._text(line))

    def add_footer(self, text: str, page: str) -> None:
        """Write the footer: what made the sheet, and the page with the number of pages."""
        paragraph = self.document.sections[0].footer.paragraphs[0]
        paragraph.style = self.document.styles["Footer"]
        paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(TEXT_WIDTH_MM), WD_TAB_ALIGNMENT.RIGHT)
        paragraph.add_run(f"{self._text(text)}\t")
        for part in re.split(r"(\{pages?\})", page):
            if part in ("{page}", "{pages}"):
                _add_field(paragraph, "PAGE" if part == "{page}" else "NUMPAGES")
            elif part:
                paragraph.add_run(self._text(part))


# --- what python-docx has no words for ----------------------------------------------------------------------------


def _element(tag: str, **attributes: str) -> Any:
    element = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), value)
    return element


def _add_field(paragraph: Any, instruction: str) -> None:
    run = paragraph.add_run()
    for kind in ("begin", "separate", "end"):
        if kind == "separate":
            code = _element("w:instrText")
            code.text = f" {instruction} "
            run._r.append(code)
        run._r.append(_element("w:fldChar", fldCharType=kind))
        if kind == "separate":
            shown = _element("w:t")
            shown.text = "1" if instruction == "PAGE" else "2"
            run._r.append(shown)


def _describe(table: Any, caption: str) -> None:
    table._tbl.tblPr.append(_element("w:tblCaption", val=printable(caption)))


def _repeat_header(row: Any) -> None:
    row._tr.get_or_add_trPr().append(_element("w:tblHeader"))


def _keep_whole(row: Any) -> None:
    row._tr.get_or_add_trPr().append(_element("w:cantSplit"))


def _set_properties(document: Any, sheet: Sheet, day: date) -> None:
    """Say what the document is, and neither who made it nor where or when the command ran."""
    moment = datetime.combine(day, time(), UTC).replace(tzinfo=None)
    properties = document.core_properties
    properties.title, properties.language = printable(sheet.title)[:255], f"{sheet.language}-{_COUNTRY[sheet.language]}"
    properties.author = properties.last_modified_by = properties.comments = properties.keywords = ""
    properties.subject = properties.category = ""
    properties.created = properties.modified = moment
    properties.revision = 1


_COUNTRY = {"fr": "FR", "en": "GB"}


def _drop_thumbnail(document: Any) -> None:
    """Remove the picture of the template's first page, which is not that of this document."""
    relations = document.part.package.rels
    for name in [key for key, relation in relations.items() if relation.reltype.endswith("/thumbnail")]:
        del relations[name]
