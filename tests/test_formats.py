"""PDF, XLSX and CSV: they hold what the page shows, obey nothing that a respondent wrote, and reach for no file."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pypdf
import pytest
from conftest import skip_or_fail
from lxml import html as lxml_html
from PIL import Image

from cdo_analysis.errors import UsageError
from cdo_analysis.exhibits import Card, Exhibit, TableView
from cdo_analysis.exhibits.description import describe
from cdo_analysis.figures import dots_with_intervals
from cdo_analysis.figures.parts import wrap
from cdo_analysis.messages import printable
from cdo_analysis.reports.formats import make_format, read_formats
from cdo_analysis.reports.formats.cells import Number, read_cell
from cdo_analysis.reports.formats.comma import safe_text
from cdo_analysis.reports.formats.pdf import to_pdf
from cdo_analysis.reports.formats.tables import read_document
from cdo_analysis.reports.page import render_page
from cdo_analysis.reports.sheet.blocks import Heading, Paragraph, Points, Sheet, Table
from cdo_analysis.reports.sheet.word import to_docx

MARK = "\ufffd"


def notebook_of(*exhibits: Exhibit) -> dict[str, Any]:
    """Return a notebook whose cells have shown these exhibits."""
    outputs = []
    for exhibit in exhibits:
        data, about = exhibit._repr_mimebundle_()
        outputs.append({"output_type": "execute_result", "data": data, "metadata": about})
    return {"cells": [{"cell_type": "code", "source": "", "outputs": [output]} for output in outputs]}


def report_that_says(text: str, *, language: str = "fr") -> dict[str, Any]:
    """Return a notebook that says a text wherever a report can."""
    words = {"data": "Les chiffres", "language": language}
    cover = Exhibit("cover", text, level=1, subtitle=text, alert=text, paragraphs=[text], language=language)
    table = TableView(["Nom", text], [["a", text], [text, "1"]], numeric=(False, False), caption=text)
    piece = Exhibit(
        "piece", text, bullets=[text], cards=[Card(text, text, [text])], table=table, language=language, words=words,
        notes=[("Source", text)],
    )  # fmt: skip
    return notebook_of(cover, piece)


def table_report(header: Sequence[str], *rows: Sequence[str], language: str = "fr") -> dict[str, Any]:
    view = TableView(header, rows, numeric=[False, *[True] * (len(header) - 1)])
    notes = [("Lecture", "lire ainsi"), ("Champ", "tous (n = 9)"), ("Source", "enquête")]
    cover = Exhibit("cover", "Titre", level=1, subtitle="Sous-titre", language=language)
    return notebook_of(cover, Exhibit("shares", "Un message", table=view, notes=notes, language=language))


def page_of(notebook: dict[str, Any]) -> str:
    return render_page(notebook, template="test")[1]


def workbook_of(notebook: dict[str, Any]) -> Any:
    return openpyxl.load_workbook(io.BytesIO(make_format("xlsx", notebook, "")))


def files_of(notebook: dict[str, Any]) -> dict[str, list[list[str]]]:
    """Return the lines of each CSV file of a report."""
    document = read_document(notebook)
    with zipfile.ZipFile(io.BytesIO(make_format("csv", notebook, ""))) as archive:
        texts = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    delimiter = ";" if document.language == "fr" else ","
    return {name: list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)) for name, text in texts.items()}


def text_of_pdf(data: bytes) -> str:
    """Return what pdftotext reads, without spaces and line ends: where lines are cut is the layout's affair."""
    program = shutil.which("pdftotext")
    if program is None:
        skip_or_fail("pdftotext (poppler-utils) is not on this machine")
    assert program is not None
    read = subprocess.run([program, "-raw", "-", "-"], input=data, capture_output=True, check=True).stdout
    return bare(read.decode("utf-8"))


def bare(text: str) -> str:
    return "".join(text.replace("\u200b", "").split())


# --- what a cell says ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language", "value", "low", "high", "flag"),
    [
        ("12,5\u202f%", "fr", "12.5%", None, None, ""),
        ("1\u202f250\u202f000,5", "fr", "1250000.5", None, None, ""),
        ("1,250,000.5", "en", "1250000.5", None, None, ""),
        ("2\u202f% (u)", "fr", "2%", None, None, "u"),
        ("13 – 16", "fr", None, "13", "16", ""),
        ("−0,70 – 0,15", "fr", None, "-0.70", "0.15", ""),
        ("46 (44 – 48)", "en", "46", "44", "48", ""),
        ("+8 [−5\xa0; +22]", "fr", "8", "-5", "22", ""),
        ("+8 [−5, +22]", "en", "8", "-5", "22", ""),
        ("3\u202f% (2\u202f% à 6\u202f%) (u)", "fr", "3%", "2%", "6%", "u"),
        ("−4 pts – 11 pts", "en", None, "-4pts", "11pts", ""),
    ],
)
def test_a_shown_number_is_read_with_its_interval_and_flag(
    text: str, language: Any, value: str | None, low: str | None, high: str | None, flag: str
) -> None:
    def said(number: Number | None) -> str | None:
        return None if number is None else f"{number.value}{number.unit}"

    reading = read_cell(text, language)
    assert (said(reading.value), said(reading.low), said(reading.high), reading.flag) == (value, low, high, flag)


@pytest.mark.parametrize("text", ["c", "nd", "-", "", "p < 0,001", "V = 0,15", "7 sur 9", "2026.1.3", "1 2", "12%34"])
def test_what_is_not_a_number_stays_as_it_is_shown(text: str) -> None:
    reading = read_cell(text, "fr")
    assert (reading.value, reading.low, reading.text) == (None, None, text)


def test_a_workbook_has_numbers_as_numbers_and_the_symbols_of_hidden_cells() -> None:
    rows = ["PME", "374", "68\u202f% (u)", "61\u202f% – 88\u202f%"], ["ETI", "c", "c", "c"]
    book = workbook_of(table_report(["Taille", "n", "Part", "Intervalle"], *rows))
    sheet = book["01 shares"]
    lines = [[cell.value for cell in line] for line in sheet.iter_rows(min_row=7)]
    names = ["Taille", "n", "Part", "Part (signe)", "Intervalle (borne basse)", "Intervalle (borne haute)"]
    assert lines == [names, ["PME", 374, 0.68, "u", 0.61, 0.88], ["ETI", "c", "c", None, "c", "c"]]
    assert sheet["C8"].number_format == "0%"
    assert [sheet[f"A{row}"].value for row in (1, 3, 4)] == [
        "Un message",
        "Lecture — lire ainsi",
        "Champ — tous (n = 9)",
    ]


def test_a_workbook_has_no_more_decimals_than_the_page() -> None:
    sheet = workbook_of(table_report(["", "x"], ["a", "0,98"], ["b", "12,5\u202f%"], ["c", "+3 pts"]))["01 shares"]
    cells = [sheet[f"B{row}"] for row in (8, 9, 10)]
    assert [cell.value for cell in cells] == [0.98, 0.125, 3]
    assert [cell.number_format for cell in cells] == ["#,##0.00", "0.0%", '+#,##0" pts";-#,##0" pts";#,##0" pts"']


def test_csv_is_what_a_spreadsheet_of_the_language_expects() -> None:
    french = files_of(table_report(["Taille", "Part"], ["PME", "12,5\u202f%"], ["ETI", "c"]))
    assert french["01-shares.csv"] == [["Taille", "Part (%)"], ["PME", "12,5"], ["ETI", "c"]]
    english = files_of(table_report(["Size", "Mean"], ["Small", "1,250.5"], ["Mid", "−3"], language="en"))
    assert english["01-shares.csv"] == [["Size", "Mean"], ["Small", "1250.5"], ["Mid", "-3"]]
    assert english["contents.csv"][1][:2] == ["01-shares.csv", "Un message"]


def test_an_identifier_stays_text() -> None:
    view = TableView(["SIREN", "n"], [["005520135", "3"]], numeric=(False, True))
    notebook = notebook_of(Exhibit("cover", "T", level=1), Exhibit("x", "T", table=view))
    assert workbook_of(notebook)["01 x"]["A5"].value == "005520135"
    assert files_of(notebook)["01-x.csv"][1] == ["005520135", "3"]


# --- hostile text -------------------------------------------------------------------------------------------------

HOSTILE = {
    "a script": "<script>document.title='owned'</script>",
    "a broken attribute": '"><img src=x onerror=alert(1)>',
    "an end of the page": "</style></title></section></table><details>",
    "a template": "{{7*7}} {x} %s ${y} {% raw %}",
    "a link of a spreadsheet": '=HYPERLINK("http://x.invalid","y")',
    "a command": "=cmd|' /C calc'!A0",
    "a plus": "+1+1",
    "a minus": "-2+3",
    "an at": "@SUM(1)",
    "a tab": "\t=1+1",
    "markdown": "[a](javascript:alert(1)) **b** ![](x)",
    "a formula": "$x$ \\frac{1}{2} \\x",
    "entities": "&lt;b&gt; &amp; &#x202e; %3Cb%3E",
    "other scripts": "Ça œuvre… Ελλάδα Ёлка",
    "a code of a spreadsheet": "_x0041_ _x005F_",
    "a long word": "x" * 10_000,
}
FOREIGN = {"emoji and other writing": "Café 🦊👩\u200d💻 名前 שם"}
BLIND = {
    "an override": ("abc\u202egnp.exe", f"abc{MARK}gnp.exe"),
    "isolates": ("a\u2066b\u2069c", f"a{MARK}b{MARK}c"),
    "controls": ("a\x00b\x1bc\x7fd\x9be", f"a{MARK}b{MARK}c{MARK}d{MARK}e"),
    "half a character": ("a\ud83eb", f"a{MARK}b"),
}
CASES = [
    *(pytest.param(text, text, id=name) for name, text in HOSTILE.items()),
    *(pytest.param(text, shown, id=name) for name, (text, shown) in BLIND.items()),
]
ALL_CASES = [*CASES, *(pytest.param(text, text, id=name) for name, text in FOREIGN.items())]


@pytest.mark.parametrize(("text", "shown"), ALL_CASES)
def test_hostile_text_stands_in_the_page_and_makes_no_element(text: str, shown: str) -> None:
    page = page_of(report_that_says(text))
    found = lxml_html.document_fromstring(page.encode("utf-8"), parser=lxml_html.HTMLParser(encoding="utf-8"))
    harmless = lxml_html.document_fromstring(page_of(report_that_says("a")).encode("utf-8"))
    assert [e.tag for e in found.iter()] == [e.tag for e in harmless.iter()]
    assert bare(found.findtext(".//title") or "") == bare(shown)
    said = bare(found.text_content())
    assert said.count(bare(shown)) >= 14, "everywhere it was said"


@pytest.mark.parametrize(("text", "shown"), ALL_CASES)
def test_hostile_text_stands_in_a_workbook_and_is_no_formula(text: str, shown: str) -> None:
    book = workbook_of(report_that_says(text))
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}, "no formula, no error"
    texts = [spaced(_unescaped(str(cell.value))) for cell in cells]
    assert texts.count(spaced(shown)) == 9, "each place of the list and of the sheet where it was said"
    assert [cell for cell in cells if cell.hyperlink and not cell.hyperlink.location] == []


def _unescaped(text: str) -> str:
    """Read the one escape of the format that openpyxl leaves to its caller."""
    return text.replace("_x005F_", "_")


def spaced(text: str) -> str:
    return text.replace("\xa0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(("text", "shown"), ALL_CASES)
def test_hostile_text_stands_in_csv_and_begins_no_formula(text: str, shown: str) -> None:
    files = files_of(report_that_says(text))
    cells = [cell for lines in files.values() for line in lines for cell in line]
    assert [cell for cell in cells if cell[:1] in tuple("=+-@\t\r") and cell != "-"] == []
    head, *rows = files["01-piece.csv"]
    assert {spaced(cell).removeprefix("'") for cell in (head[1], rows[0][1], rows[1][0])} == {spaced(shown)}


@pytest.mark.parametrize(("text", "shown"), CASES)
def test_hostile_text_stands_in_a_pdf(text: str, shown: str) -> None:
    data = to_pdf(page_of(report_that_says(text)))
    assert bare(shown)[:2_000] in text_of_pdf(data)
    reader = pypdf.PdfReader(io.BytesIO(data))
    assert not reader.attachments
    assert not [page for page in reader.pages if any(_opens(link) for link in page.get("/Annots") or [])]


def _opens(link: Any) -> bool:
    action = link.get_object().get("/A")
    return action is not None and "/URI" in action.get_object()


def test_a_pdf_has_the_letters_that_its_fonts_have_and_is_made_without_the_others() -> None:
    [text] = FOREIGN.values()
    assert "Café" in text_of_pdf(to_pdf(page_of(report_that_says(text))))


@pytest.mark.parametrize(("text", "shown"), ALL_CASES)
def test_hostile_text_stands_in_a_word_document(text: str, shown: str) -> None:
    table = Table(text, ["a", text], [[text, [text, text]]], (0.5, 0.5))
    looks = [Paragraph(text), Paragraph(text, look="title"), Paragraph(text, label=text)]
    blocks = [Heading(text), *looks, Points([text]), Points([text], ordered=True), table]
    data = to_docx(Sheet(text, "fr", blocks, footer=text, page="{page}"))
    document = docx.Document(io.BytesIO(data))
    said = [paragraph.text for paragraph in document.paragraphs]
    said += [paragraph.text for row in document.tables[0].rows for cell in row.cells for paragraph in cell.paragraphs]
    assert sum(bare(shown) in bare(text) for text in said) == 10
    assert bare(document.core_properties.title) == bare(shown[:255])
    assert document.core_properties.author == ""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        fields = re.findall(r"<w:instrText[^>]*>([^<]*)", archive.read("word/document.xml").decode("utf-8"))
        assert fields == [], "the body has no field, whatever it says"
        assert "TargetMode" not in archive.read("word/_rels/document.xml.rels").decode("utf-8")


def test_the_same_hostile_texts_are_drawn_in_figures(tmp_path: Path) -> None:
    for name in (*HOSTILE.values(), *(text for text, _ in BLIND.values())):
        lines = wrap(name, 38).split("\n")
        assert len(lines) <= 6
        assert max(map(len, lines)) <= 77
        assert printable(name) == printable(printable(name))


@pytest.mark.parametrize(
    ("text", "safe"), [("a = b", "a = b"), ("−3", "−3"), ("-", "-"), (" =1", "' =1"), ("\n=1", "'\n=1"), ("", "")]
)
def test_only_what_could_begin_a_formula_gets_an_apostrophe(text: str, safe: str) -> None:
    assert safe_text(text) == safe


# --- PDF ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A text and a picture of this machine."""
    (tmp_path / "secret.txt").write_text("CANARY-7f3a")
    Image.new("RGB", (7, 11), "red").save(tmp_path / "secret.png")
    (tmp_path / "secret.css").write_text("body::before { content: 'CANARY-7f3a' }")
    return tmp_path


LEAKS = {
    "an attachment": '<link rel="attachment" href="{uri}/secret.txt">',
    "a linked attachment": '<a rel="attachment" href="{uri}/secret.txt">x</a>',
    "a picture": '<img src="{uri}/secret.png" alt="x">',
    "a frame": '<iframe src="{uri}/secret.txt"></iframe>',
    "an object": '<object data="{uri}/secret.png"></object><embed src="{uri}/secret.png">',
    "a style sheet": '<link rel="stylesheet" href="{uri}/secret.css">',
    "an import": '<style>@import url("{uri}/secret.css");</style>',
    "a background": '<p style="background: url({uri}/secret.png); height: 3cm">x</p>',
    "a content": '<p style="content: url({uri}/secret.png)">x</p>',
    "a font": '<style>@font-face {{ font-family: x; src: url("{uri}/secret.png") }} p {{ font-family: x }}</style>',
    "a base": '<base href="{uri}/"><img src="secret.png" alt="x">',
    "a drawing": '<svg><image href="{uri}/secret.png" width="9" height="9"/></svg>',
    "a drawing inside": '<img alt="x" src="data:image/svg+xml,<svg xmlns=%27http://www.w3.org/2000/svg%27>'
    '<image href=%27{uri}/secret.png%27 width=%279%27 height=%279%27/></svg>">',
    "an address": '<img src="http://127.0.0.1:9/x.png" alt="x">',
}


def _holds(data: bytes) -> list[str]:
    """Return what a PDF holds beside its text: files, pictures, the canary."""
    reader = pypdf.PdfReader(io.BytesIO(data))
    held = [*reader.attachments]
    held += [image.name for page in reader.pages for image in page.images]
    held += ["canary" for page in reader.pages if "CANARY" in page.extract_text()]
    raw = b"".join(value.get_data() for value in _streams(reader))
    return [*held, *(["canary"] if b"CANARY-7f3a" in raw else [])]


def _streams(reader: pypdf.PdfReader) -> list[Any]:
    numbers = range(1, len(reader.xref_objStm) + sum(len(t) for t in reader.xref.values()) + 1)
    objects = [reader.get_object(pypdf.generic.IndirectObject(number, 0, reader)) for number in numbers]
    return [found for found in objects if isinstance(found, pypdf.generic.StreamObject)]


@pytest.mark.parametrize("leak", LEAKS)
def test_a_pdf_takes_nothing_from_this_machine(secret: Path, leak: str) -> None:
    page = f"<!DOCTYPE html><html lang='fr'><title>t</title><body>{LEAKS[leak].format(uri=secret.as_uri())}<p>x</p>"
    assert _holds(to_pdf(page)) == []


def test_the_canary_would_be_seen_if_it_leaked(secret: Path) -> None:
    """The same page, laid out with what fetches any address, holds the file and the picture."""
    import weasyprint

    body = (LEAKS["an attachment"] + LEAKS["a picture"]).format(uri=secret.as_uri())
    found = _holds(weasyprint.HTML(string=f"<!DOCTYPE html><html lang='fr'><body>{body}<p>x</p>").write_pdf())
    assert "secret.txt" in found
    assert len(found) >= 3


def test_a_pdf_is_tagged_named_in_its_language_with_bookmarks_and_numbered_pages() -> None:
    sections = [Exhibit(f"s{i}", f"Partie {i}", paragraphs=["Des mots. " * 400]) for i in range(4)]
    notebook = notebook_of(Exhibit("cover", "Le titre", level=1), *sections)
    reader = pypdf.PdfReader(io.BytesIO(to_pdf(page_of(notebook))))
    root: Any = reader.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("fr", True)
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author, reader.metadata.creation_date) == ("Le titre", None, None)
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    names = [entry.title for entry in _flat(reader.outline)]
    assert names == ["Le titre", "Sommaire", *(f"Partie {i}" for i in range(4))]
    count = len(reader.pages)
    assert count > 2
    for number, page in enumerate(reader.pages, start=1):
        assert f"{number}/{count}" in bare(page.extract_text())
        assert "Letitre" in bare(page.extract_text()), "the running title, on the first page the title itself"
        assert [float(side) for side in page.mediabox[2:]] == pytest.approx([595.28, 841.89], abs=0.1)
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            [descendant] = font.get_object()["/DescendantFonts"]
            assert "/FontFile2" in descendant.get_object()["/FontDescriptor"] or (
                "/FontFile3" in descendant.get_object()["/FontDescriptor"]
            )


def _flat(outline: Any) -> list[Any]:
    found: list[Any] = []
    for entry in outline:
        found += _flat(entry) if isinstance(entry, list) else [entry]
    return found


def test_what_is_folded_on_a_screen_is_open_on_paper_and_headers_are_repeated() -> None:
    rows = [[f"ligne {i}", f"{i}"] for i in range(120)]
    view = TableView(["Entête", "Valeur"], rows, numeric=(False, True))
    piece = Exhibit("x", "Partie", table=view, folded=True, words={"data": "La liste"})
    reader = pypdf.PdfReader(io.BytesIO(to_pdf(page_of(notebook_of(Exhibit("cover", "T", level=1), piece)))))
    texts = [page.extract_text() for page in reader.pages]
    assert "ligne 119" in texts[-1]
    assert all("Entête" in text for text in texts if "ligne" in text)
    assert len(texts) > 2


def test_figures_of_a_pdf_carry_their_description(numbers: Any) -> None:
    import pandas as pd

    table = pd.DataFrame(
        {"label": ["a", "b"], "estimate": [1.0, 2.0], "low": [0.0, 1.0], "high": [2.0, 3.0], "n": 9, "flag": ""}
    )
    view = TableView(["Nom", "Moyenne"], [["a", "1"], ["b", "2"]], numeric=(False, True))
    axes = dots_with_intervals(table, numbers=numbers, label="x")
    figure = Exhibit("x", "Le message", axes=axes, alt="Des points.", table=view, words={"data": "Les chiffres"})
    reader = pypdf.PdfReader(io.BytesIO(to_pdf(page_of(notebook_of(Exhibit("cover", "T", level=1), figure)))))
    said = [str(found["/Alt"]) for found in _objects(reader) if isinstance(found, dict) and "/Alt" in found]
    assert said == ["Le message. Des points. Moyenne\xa0: a 1\xa0; b 2."]


@pytest.fixture
def numbers() -> Any:
    from cdo_analysis.messages import catalogue

    return catalogue("fr").numbers


def _objects(reader: pypdf.PdfReader) -> list[Any]:
    count = int(reader.trailer["/Size"])  # type: ignore[call-overload]
    return [reader.get_object(pypdf.generic.IndirectObject(number, 0, reader)) for number in range(1, count)]


@pytest.mark.slow
def test_without_pango_a_pdf_is_refused_in_one_sentence_and_the_rest_is_made(tmp_path: Path) -> None:
    """A module that fails as WeasyPrint does where its library of the system is absent stands before it."""
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library libpango-1.0-0')")
    code = """
from cdo_analysis.errors import UsageError
from cdo_analysis.reports.formats import make_format
from test_formats import report_that_says, page_of
notebook = report_that_says("x")
print(len(make_format("xlsx", notebook, "")) > 0, len(make_format("csv", notebook, "")) > 0)
try:
    make_format("pdf", notebook, page_of(notebook))
except UsageError as error:
    print(error)
"""
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parent), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, check=True
    )
    made, said = done.stdout.splitlines()
    assert made == "True True"
    assert said.startswith("PDF needs WeasyPrint and the system's Pango, which are not there")
    assert "leave pdf out" in said


# --- the same bytes -----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_same_notebook_gives_the_same_bytes_on_another_day_and_in_another_folder(tmp_path: Path) -> None:
    code = """
import hashlib
from cdo_analysis.reports.formats import make_format
from test_formats import report_that_says, page_of
notebook = report_that_says("Été 2026 = 12,5 %")
for name in ("pdf", "xlsx", "csv"):
    print(name, hashlib.sha256(make_format(name, notebook, page_of(notebook))).hexdigest())
"""
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    command = [sys.executable, "-c", code]
    faketime = shutil.which("faketime")
    if faketime is None:
        skip_or_fail("faketime is not on this machine")
    options: dict[str, Any] = {"capture_output": True, "check": True, "env": {**os.environ, "PYTHONPATH": path}}
    first = subprocess.run(command, cwd=tmp_path, **options).stdout
    options["env"] |= {"PYTHONHASHSEED": "7", "USER": "someone", "TZ": "Pacific/Auckland"}
    second = subprocess.run([str(faketime), "2031-03-04 05:06:07", *command], cwd="/", **options).stdout
    assert len(first.split()) == 6
    assert first == second


def test_a_workbook_names_neither_maker_nor_date() -> None:
    data = make_format("xlsx", report_that_says("x"), "")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        core = archive.read("docProps/core.xml").decode("utf-8")
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert "creator" not in core
    assert "dcterms" not in core


# --- what is asked for --------------------------------------------------------------------------------------------


def test_a_misspelt_format_is_guessed() -> None:
    with pytest.raises(UsageError, match="there is no format 'xslx'; did you mean 'xlsx'"):
        read_formats("html,xslx")


def test_a_description_says_three_numbers_and_no_hidden_one() -> None:
    data = (["Taille", "n", "Part"], [["a", "9", "5"], ["b", "c", "c"], ["d", "9", "4"], ["e", "9", "1"]], [1, 2])
    assert describe("Un message ?", "Des barres.", data, french=True) == (
        "Un message ? Des barres. Part\xa0: a 5\xa0; d 4\xa0; e 1."
    )


def test_numbers_of_a_cell_are_exact() -> None:
    found = read_cell("0,10", "fr").value
    assert found == Number(Decimal("0.10"))
    assert found is not None
    assert found.decimals == 2
