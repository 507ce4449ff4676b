"""What is published, as a reader meets it: in a browser, on a phone, on paper, by ear, in a spreadsheet."""

from __future__ import annotations

import io
import os
import re
import shutil
import socket
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pypdf
import pytest
from conftest import skip_or_fail
from lxml import html as lxml_html

from cdo_analysis.reports import Ledger, plan_batch, report
from cdo_analysis.reports.formats.cells import Number
from cdo_analysis.reports.formats.tables import Document, read_document
from cdo_analysis.study import Study

pytestmark = pytest.mark.slow

CLI = [sys.executable, "-c", "from cdo_analysis.cli import main; main()"]
COMPANY = "001075217"
STEMS = {"quality": "quality", "panorama": "panorama", "company": f"company-{COMPANY}"}
PAGES = [(language, name) for language in ("fr", "en") for name in STEMS]
SECRET, USER = "s3cr3t-7f3a91", "prenom-nom-9d1c"
MOST_KB = {"quality": 1_500, "panorama": 1_500, "company": 600}


def _make(study: Study, out: Path, name: str, language: str, *before: str, cwd: Path) -> None:
    """Make a report in all formats by the command line, as a user with a name, a home and a secret."""
    home = cwd / "home" / USER
    home.mkdir(parents=True, exist_ok=True)
    about = ["--company", COMPANY] if name == "company" else []
    command = [*before, *CLI, "report", name, str(study.folder), "--out", str(out), "--format", "pdf,xlsx,csv", *about]
    own = {"HOME": str(home), "USER": USER, "LOGNAME": USER, "API_TOKEN": SECRET, "PYTHONHASHSEED": "random"}
    path = os.pathsep.join(filter(None, sys.path))
    command += ["-p", f"language={language}"]
    environment = {**os.environ, **own, "PYTHONPATH": path}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def published(sample_study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three reports in both languages and all formats; a folder a language."""
    out = tmp_path_factory.mktemp("published")
    for language, name in PAGES:
        _make(sample_study, out / language, name, language, cwd=out)
    return out


def document_of(published: Path, language: str, name: str) -> Document:
    return read_document(nbformat.read(published / language / f"{STEMS[name]}.ipynb", as_version=4))


def page_of(published: Path, language: str, name: str) -> Path:
    return published / language / f"{STEMS[name]}.html"


def files_of(published: Path) -> list[Path]:
    return [path for path in sorted(published.glob("??/*")) if path.suffix in (".html", ".pdf", ".xlsx", ".zip")]


# --- numbers, sizes, bytes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STEMS)
def test_both_languages_say_the_same_numbers(published: Path, name: str) -> None:
    french, english = (document_of(published, language, name) for language in ("fr", "en"))
    assert [table.id for table in french.tables] == [table.id for table in english.tables]
    read = 0
    for one, other in zip(french.tables, english.tables, strict=True):
        rows, others = (
            sorted(tuple(str(cell.value) if isinstance(cell, Number) else "" for cell in row) for row in table.rows)
            for table in (one, other)
        )
        assert rows == others, one.id
        read += sum(1 for row in rows for cell in row if cell)
    assert read > 40
    said, also = (_numbers_said(page_of(published, language, name), language) for language in ("fr", "en"))
    assert said == also


def _numbers_said(page: Path, language: str) -> dict[str, Counter[str]]:
    """Return the numbers of the sentences of each piece of a page, written the English way without separators."""
    found = {}
    for section in lxml_html.fromstring(page.read_bytes()).iter("section"):
        for table in list(section.iter("table")):
            table.drop_tree()
        text = section.text_content()
        if language == "fr":
            text = re.sub(r"(?<=\d)\u202f(?=\d{3})", "", text)
            text = re.sub(r"(?<=\d),(?=\d)", ".", text)
        else:
            text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
        found[section.get("id", "")] = Counter(re.findall(r"\d+(?:\.\d+)?", text))
    return found


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_pages_are_light_and_the_workbook_has_each_table(published: Path, language: str, name: str) -> None:
    page = page_of(published, language, name)
    assert page.stat().st_size < MOST_KB[name] * 1000
    tables = len(lxml_html.fromstring(page.read_bytes()).findall(".//table"))
    with zipfile.ZipFile(page.with_suffix(".xlsx")) as book, zipfile.ZipFile(page.with_suffix(".csv.zip")) as files:
        sheets = [part for part in book.namelist() if part.startswith("xl/worksheets/sheet")]
        assert len(sheets) - 1 == len(files.namelist()) - 1 == tables


def test_the_same_study_gives_the_same_bytes_on_another_day_from_another_folder(
    published: Path, sample_study: Study, tmp_path: Path
) -> None:
    faketime = shutil.which("faketime")
    if faketime is None:
        skip_or_fail("faketime is not on this machine")
    for name in ("company", "quality"):
        _make(sample_study, tmp_path / "again", name, "fr", str(faketime), "2031-03-04 05:06:07", cwd=tmp_path)
        for suffix in ("html", "pdf", "xlsx", "csv.zip"):
            first, second = (folder / f"{STEMS[name]}.{suffix}" for folder in (published / "fr", tmp_path / "again"))
            assert first.read_bytes() == second.read_bytes(), suffix


# --- nothing of the machine ---------------------------------------------------------------------------------------


def _everything_in(path: Path) -> bytes:
    """Return all the bytes of a file, those of its compressed parts too."""
    data = path.read_bytes()
    if path.suffix in (".xlsx", ".zip", ".docx"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return b"\n".join([data, *(archive.read(part) for part in archive.namelist())])
    if path.suffix == ".pdf":
        reader = pypdf.PdfReader(io.BytesIO(data))
        count = int(reader.trailer["/Size"])  # type: ignore[call-overload]
        found = [reader.get_object(pypdf.generic.IndirectObject(n, 0, reader)) for n in range(1, count)]
        parts = [each.get_data() for each in found if isinstance(each, pypdf.generic.StreamObject)]
        texts = [page.extract_text().encode("utf-8", "replace") for page in reader.pages]
        return b"\n".join([data, str(found).encode("utf-8", "replace"), *parts, *texts])
    return data


def test_no_file_says_where_or_by_whom_it_was_made(published: Path, sample_study: Study) -> None:
    sheet = published / "fr" / "sheet.docx"
    answers = Path(__file__).resolve().parents[1] / "data" / "examples" / "08-batiment.toml"
    command = [*CLI, "sheet", "--answers", str(answers), "--output", str(sheet), "--study", str(sample_study.folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=300, env={**os.environ, "USER": USER})
    words = [USER, SECRET, str(published), str(sample_study.folder), str(Path(__file__).parents[1]), sys.prefix]
    words += ["/home/", "C:\\Users", f"{Path.home()}/", "site-packages"]
    words += [name for name in [socket.gethostname()] if len(name) > 5]  # a shorter one stands in any picture
    files = [*files_of(published), sheet]
    assert len(files) == 27
    for path in files:
        held = _everything_in(path)
        assert [word for word in words if word.encode() in held] == [], path.name


def test_what_was_searched_would_have_been_found(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("part", SECRET * 9)
    assert SECRET.encode() in _everything_in(tmp_path / "x.zip")


# --- PDF ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_a_pdf_says_all_that_its_page_says_and_holds_no_file(published: Path, language: str, name: str) -> None:
    page = page_of(published, language, name)
    reader = pypdf.PdfReader(page.with_suffix(".pdf"))
    root: Any = reader.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"], dict(reader.attachments)) == (language, True, {})
    read = _bare(_pdftotext(page.with_suffix(".pdf")))
    dom = lxml_html.fromstring(page.read_bytes())
    said = [node.text_content() for node in dom.xpath("//h1|//h2|//h3|//main//p[not(@class)]|//td|//tbody//th|//li")]
    lost = [text for text in said if _bare(text) not in read and not _is_cut(text, read)]
    assert lost == []


def _is_cut(text: str, read: str) -> bool:
    """Tell whether a text stands in parts: a page ends in it, or a badge stands between its lines."""
    words = [_bare(word) for word in text.split()]
    return all(word in read for word in words)


def _bare(text: str) -> str:
    return "".join(text.replace("\u200b", "").replace("-", "").split())  # pdftotext joins words cut at a hyphen


def _pdftotext(path: Path) -> str:
    program = shutil.which("pdftotext")
    if program is None:
        skip_or_fail("pdftotext (poppler-utils) is not on this machine")
    return subprocess.run([str(program), str(path), "-"], capture_output=True, check=True).stdout.decode("utf-8")


# --- runs ---------------------------------------------------------------------------------------------------------


def test_a_batch_makes_formats_in_forked_processes_as_in_plain_ones(sample_study: Study, tmp_path: Path) -> None:
    listed = tmp_path / "companies.txt"
    listed.write_text("\n".join(list(sample_study.table("responses").index)[:2]))
    planned = plan_batch(sample_study, "company", out=tmp_path / "out", companies=listed, formats="pdf,csv")
    summary = planned.run(verify=1)
    assert (summary.made, summary.verified, summary.differing, summary.failed) == (2, 1, (), ())
    assert {path.name.partition(".")[2] for path in (tmp_path / "out").glob("company-*")} == {
        "html", "ipynb", "pdf", "csv.zip",
    }  # fmt: skip
    assert planned.waiting() == []
    more = plan_batch(sample_study, "company", out=tmp_path / "out", companies=listed, formats="xlsx")
    assert len(more.waiting()) == 2, "a format that is not there is a reason to make a report again"
    pdf = next((tmp_path / "out").glob("*.pdf"))
    pdf.write_bytes(pdf.read_bytes() + b" ")
    assert [f"{task.report}.pdf" for task in planned.waiting()] == [pdf.name], "one changed by hand is made again"


def test_a_format_that_is_not_asked_for_again_does_not_stay_beside_a_newer_page(
    sample_study: Study, tmp_path: Path
) -> None:
    made = report(sample_study, "company", company=COMPANY, out=tmp_path, formats="xlsx")
    assert made.others["xlsx"].exists()
    (tmp_path / f"{STEMS['company']}.pdf").write_text("the reader's own print")
    report(sample_study, "company", company=COMPANY, out=tmp_path)
    assert not made.others["xlsx"].exists()
    assert (tmp_path / f"{STEMS['company']}.pdf").exists(), "what no run published is the reader's"


def test_a_ledger_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path) -> None:
    import sqlite3

    ledger = Ledger(tmp_path)
    with sqlite3.connect(ledger.path) as connection:
        connection.execute("ALTER TABLE runs DROP COLUMN others")
    assert Ledger(tmp_path).last() == {}


# --- a browser ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        opened = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


OPEN_ALL = "document.querySelectorAll('details').forEach(each => each.open = true)"


@pytest.mark.parametrize("width", [1200, 360])
@pytest.mark.parametrize(("language", "name"), PAGES)
def test_axe_finds_nothing_serious(published: Path, browser: Any, language: str, name: str, width: int) -> None:
    from axe_playwright_python.base import AXE_SCRIPT

    context = browser.new_context(bypass_csp=True, viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(page_of(published, language, name).as_uri())
    page.evaluate(OPEN_ALL)
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    context.close()
    assert len(found["passes"]) > 20, "the rules ran"
    assert [(each["id"], each["impact"], each["nodes"][0]["html"]) for each in found["violations"]] == []


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_a_page_asks_for_nothing_and_needs_no_script(published: Path, browser: Any, language: str, name: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    uri = page_of(published, language, name).as_uri()
    page.goto(uri, wait_until="networkidle")
    assert [url for url in asked if url != uri and not url.startswith("data:image/png;base64,")] == []
    folded = page.locator("details table").first
    assert not folded.is_visible()
    page.locator("summary").first.click()
    assert folded.is_visible(), "the table opens without script"
    context.close()


@pytest.mark.parametrize("name", STEMS)
def test_a_script_that_got_into_a_page_would_not_run(published: Path, browser: Any, name: str, tmp_path: Path) -> None:
    text = page_of(published, "fr", name).read_text(encoding="utf-8")
    evil = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\">"
    evil += '<img src="http://127.0.0.1:9/seen.png"><a id="go" href="javascript:document.title = \'owned\'">x</a>'
    path = tmp_path / "page.html"
    path.write_text(text.replace("<footer>", f"{evil}<footer>"), encoding="utf-8")
    page = browser.new_page()
    asked: list[str] = []
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.goto(path.as_uri(), wait_until="networkidle")
    page.evaluate("document.getElementById('go').click()")
    assert page.title() != "owned"
    assert [url for url in asked if url.startswith("http")] == []
    page.close()


@pytest.mark.parametrize("width", [360, 320])
@pytest.mark.parametrize(("language", "name"), PAGES)
def test_a_page_fits_a_phone(published: Path, browser: Any, language: str, name: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 740})
    page.goto(page_of(published, language, name).as_uri())
    page.evaluate(OPEN_ALL)
    widths = "[document.documentElement.scrollWidth, document.body.scrollWidth]"
    assert max(page.evaluate(widths)) <= width
    page.close()


STRUCTURE = """() => ({
  levels: [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(each => Number(each.tagName[1])),
  lang: document.documentElement.lang,
  title: document.title,
  first: document.querySelector('h1').innerText,
  landmarks: ['main', 'nav[aria-label]', 'body > footer'].map(each => document.querySelectorAll(each).length),
  skip: document.querySelector('a[href]').getAttribute('href'),
  dead: [...document.querySelectorAll('a[href^="#"]')].filter(a => !document.getElementById(a.hash.slice(1))).length,
  code: document.querySelectorAll('script, code, iframe, object, embed, form, link').length,
  ids: [...document.querySelectorAll('[id]')].map(each => each.id),
  figures: [...document.querySelectorAll('img')].map(each => ({
    alt: each.alt, table: Boolean(each.closest('section').querySelector('details table')),
    notes: each.closest('section').querySelectorAll('.notes b').length,
    title: each.closest('section').querySelector('h2, h3').innerText})),
  tables: [...document.querySelectorAll('table')].map(each => [
    each.querySelectorAll('thead th[scope=col]').length, each.querySelectorAll('tbody tr').length,
    each.querySelectorAll('tbody th[scope=row]').length])
})"""


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_a_screen_reader_finds_its_way(published: Path, browser: Any, language: str, name: str) -> None:
    page = browser.new_page()
    page.goto(page_of(published, language, name).as_uri())
    found = page.evaluate(STRUCTURE)
    page.close()
    levels = found["levels"]
    assert (levels[0], levels.count(1)) == (1, 1)
    assert [pair for pair in pairwise(levels) if pair[1] - pair[0] > 1] == []
    assert (found["lang"], found["landmarks"], found["dead"], found["code"]) == (language, [1, 1, 1], 0, 0)
    assert found["skip"] == "#main"
    assert len(set(found["ids"])) == len(found["ids"])
    assert found["title"] == found["first"].replace("\n", " ")
    for figure in found["figures"]:
        assert len(re.findall(r"\d+", figure["alt"])) >= 3, figure["alt"]
        assert _bare(figure["title"])[:20] in _bare(figure["alt"]), "the message stands in the description"
        assert figure["table"], "the numbers are there to be opened"
        assert figure["notes"] >= 2
    assert len(found["figures"]) >= 4
    assert all(columns > 0 and rows == named for columns, rows, named in found["tables"])


def test_paper_shows_what_a_screen_folds(published: Path, browser: Any) -> None:
    page = browser.new_page()
    page.goto(page_of(published, "fr", "company").as_uri())
    page.emulate_media(media="print")
    assert not page.locator(".skip").is_visible()
    printed = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    page.close()
    text = "".join(each.extract_text() for each in printed.pages)
    assert "Moitiécentraledespairs" in _bare(text), "the header of a folded table"
    assert [float(side) for side in printed.pages[0].mediabox[2:]] == pytest.approx([595, 842], abs=1)
