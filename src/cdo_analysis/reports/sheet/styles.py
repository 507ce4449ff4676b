"""The typography of the sheet: one family, one scale of sizes, two colours, and styles that Word users can change."""

from __future__ import annotations

from typing import Any

from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

FONT = "Arial"
TABLE_STYLE = "Sheet Table"
MARGIN_MM, PAGE_MM = 17.0, (210.0, 297.0)
TEXT_WIDTH_MM = PAGE_MM[0] - 2 * MARGIN_MM

_INK, _ACCENT, _QUIET = "1D1D1D", "12436D", "55606B"
_RULE = "B8C4CE"

# name: (base, size in points, bold, colour, space before, space after, line spacing)
_PARAGRAPHS = {
    "Normal": ("", 9.5, False, _INK, 0, 4, 1.12),
    "Sheet Kicker": ("Normal", 8, True, _QUIET, 0, 2, 1.0),
    "Title": ("Normal", 22, True, _ACCENT, 0, 2, 1.0),
    "Subtitle": ("Normal", 9.5, False, _QUIET, 0, 14, 1.0),
    "Heading 1": ("Normal", 15, True, _ACCENT, 0, 5, 1.05),
    "Heading 2": ("Normal", 10.5, True, _ACCENT, 9, 3, 1.0),
    "Sheet Lead": ("Normal", 10.5, False, _INK, 0, 5, 1.15),
    "Sheet Note": ("Normal", 9.5, False, _INK, 4, 4, 1.12),
    "Sheet Small": ("Normal", 8, False, _QUIET, 2, 3, 1.08),
    "Sheet Cell": ("Normal", 9, False, _INK, 0, 0, 1.08),
    "Sheet Cell Bullet": ("Sheet Cell", 9, False, _INK, 0, 3, 1.08),
    "Sheet Figure": ("Normal", 11, True, _INK, 1, 1, 1.0),
    "Sheet Dense": ("Normal", 8, False, _INK, 0, 0, 1.0),
    "Sheet Table Head": ("Normal", 8, True, _ACCENT, 0, 0, 1.0),
    "Sheet Gap": ("Normal", 3, False, _INK, 0, 0, 1.0),
    "List Bullet": ("Normal", 9.5, False, _INK, 0, 2, 1.1),
    "List Number": ("Normal", 9.5, False, _INK, 0, 2, 1.1),
    "Footer": ("Normal", 7.5, False, _QUIET, 0, 0, 1.0),
}

_TABLE_XML = f"""
<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="SheetTable">
  <w:name w:val="{TABLE_STYLE}"/><w:basedOn w:val="TableNormal"/><w:uiPriority w:val="59"/><w:qFormat/>
  <w:tblPr>
    <w:tblBorders>
      <w:top w:val="single" w:sz="8" w:space="0" w:color="{_ACCENT}"/>
      <w:bottom w:val="single" w:sz="4" w:space="0" w:color="{_RULE}"/>
      <w:insideH w:val="single" w:sz="4" w:space="0" w:color="{_RULE}"/>
    </w:tblBorders>
    <w:tblCellMar>
      <w:top w:w="40" w:type="dxa"/><w:left w:w="0" w:type="dxa"/>
      <w:bottom w:w="40" w:type="dxa"/><w:right w:w="160" w:type="dxa"/>
    </w:tblCellMar>
  </w:tblPr>
  <w:tblStylePr w:type="firstRow">
    <w:rPr><w:b/></w:rPr>
  </w:tblStylePr>
</w:style>
"""


def set_page(section: Any) -> None:
    """Set an A4 page with its margins."""
    section.page_width, section.page_height = Mm(PAGE_MM[0]), Mm(PAGE_MM[1])
    section.left_margin = section.right_margin = Mm(MARGIN_MM)
    section.top_margin, section.bottom_margin = Mm(15), Mm(15)
    section.header_distance, section.footer_distance = Mm(8), Mm(8)


def set_styles(document: Any, language: str) -> None:
    """Set every style that the sheet uses, and the language of its words."""
    for name, look in _PARAGRAPHS.items():
        _set_paragraph(document, name, look)
    document.styles.element.append(parse_xml(_TABLE_XML))
    _add_bullets(document)
    _space_letters(document.styles["Sheet Kicker"])
    for name in ("Heading 1", "Heading 2"):
        document.styles[name].paragraph_format.keep_with_next = True
    _set_language(document, {"fr": "fr-FR", "en": "en-GB"}[language])


def _set_paragraph(document: Any, name: str, look: tuple[str, float, bool, str, float, float, float]) -> None:
    base, size, bold, colour, before, after, line = look
    known = name in document.styles
    style = document.styles[name] if known else document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    if base and not name.startswith("List"):
        style.base_style = document.styles[base]
    _set_font(style)
    style.font.size, style.font.bold, style.font.italic = Pt(size), bold, False
    style.font.color.rgb = RGBColor.from_string(colour)
    shape = style.paragraph_format
    shape.space_before, shape.space_after, shape.line_spacing = Pt(before), Pt(after), line
    shape.widow_control = True
    if name == "Footer":
        _drop(style.element, "w:pPr", "w:tabs")
    if name == "Title":
        _drop(style.element, "w:pPr", "w:pBdr")
        _drop(style.element, "w:rPr", "w:spacing")
    if name == "Subtitle":
        _drop(style.element, "w:rPr", "w:spacing")


def _set_font(style: Any) -> None:
    """Name the font for every script, and forget the fonts of the template's theme."""
    style.font.name = FONT
    fonts = style.element.rPr.rFonts
    for script in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{script}"), FONT)
        fonts.attrib.pop(qn(f"w:{script}Theme"), None)
    fonts.attrib.pop(qn("w:cstheme"), None)


def _drop(element: Any, parent: str, child: str) -> None:
    for holder in element.iterchildren(qn(parent)):
        for found in list(holder.iterchildren(qn(child))):
            holder.remove(found)


def _space_letters(style: Any) -> None:
    style.font.all_caps = True
    spacing = parse_xml(f'<w:spacing {nsdecls("w")} w:val="20"/>')
    style.element.rPr.find(qn("w:sz")).addprevious(spacing)  # Word wants properties in the order of the standard


def _add_bullets(document: Any) -> None:
    """Give the bullets of cells the numbering of the bullets of the page, with a smaller indent."""
    numbering = document.styles["List Bullet"].element.pPr.numPr.numId.val
    properties = document.styles["Sheet Cell Bullet"].element.get_or_add_pPr()
    properties.get_or_add_numPr().get_or_add_numId().val = numbering
    for name, indent in (("Sheet Cell Bullet", 3.2), ("List Bullet", 4.5), ("List Number", 4.5)):
        shape = document.styles[name].paragraph_format
        shape.left_indent, shape.first_line_indent = Mm(indent), -Mm(indent)


def _set_language(document: Any, tag: str) -> None:
    """Set the language of the words in the defaults of the document: spelling is then checked in it."""
    defaults = document.styles.element.find(qn("w:docDefaults"))
    for found in defaults.iter(qn("w:lang")):
        found.set(qn("w:val"), tag)
        found.set(qn("w:eastAsia"), tag)
