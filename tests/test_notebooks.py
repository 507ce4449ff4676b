"""The report templates: thin, stripped, and executed as they are."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from cdo_analysis.reports import report, template_names
from cdo_analysis.resources import notebooks_dir
from cdo_analysis.study import Study

TEMPLATES = sorted(notebooks_dir().glob("*.ipynb"))
COMPANY_SIZE_LIMIT, SIZE_LIMIT = 600_000, 1_500_000


def _code_cells(path: Path) -> list[dict]:
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


def test_the_four_reports_are_there() -> None:
    assert template_names() == ["company", "panorama", "quality", "segment"]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_is_thin_and_stripped(path: Path) -> None:
    nbformat.validate(nbformat.read(path, as_version=4))
    tagged = 0
    for cell in _code_cells(path):
        source = "".join(cell["source"])
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
        tags = cell["metadata"].get("tags", [])
        assert len(source.splitlines()) <= (8 if "parameters" in tags else 6), source
        tree = ast.parse(source)
        assert not any(
            isinstance(n, ast.FunctionDef | ast.ClassDef | ast.For | ast.While | ast.If) for n in ast.walk(tree)
        )
        modules = {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
        modules |= {str(n.module) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        assert modules <= {"cdo_analysis", "typing"}
        assert "raises-exception" not in tags
        tagged += "parameters" in tags
    assert tagged == 1


class _Page(HTMLParser):
    """What a reader of the page meets: headings, images, links, ids."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.alts: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.lang = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.ids += [found["id"]] if "id" in found else []
        if tag in {"h1", "h2", "h3", "h4"}:
            self.headings.append(int(tag[1]))
        if tag == "img":
            self.alts.append(found.get("alt", ""))
            assert found["src"].startswith("data:image/png;base64,")
        if tag == "a":
            self.links.append(found["href"])
        if tag == "html":
            self.lang = found["lang"]


@pytest.mark.slow
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", ["quality", "panorama", "company", "segment"])
def test_a_report_is_one_accessible_page_without_code(
    sample_study: Study, tmp_path: Path, name: str, language: str
) -> None:
    company = sample_study.table("scores").index[3] if name == "company" else None
    parameters = {"language": language, **({"sector": "trade"} if name == "segment" else {})}
    made = report(sample_study, name, company=company, out=tmp_path, parameters=parameters)
    html = made.html.read_text(encoding="utf-8")
    _check_accessible(_Page(html), language)
    _check_closed(html, tmp_path)
    assert len(html) < (COMPANY_SIZE_LIMIT if name == "company" else SIZE_LIMIT)
    notebook = nbformat.read(made.notebook, as_version=4)
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")


def _check_accessible(page: _Page, language: str) -> None:
    assert page.lang == language
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(page.headings, page.headings[1:], strict=False)), "headings do not jump"
    assert all(len(alt) > 20 for alt in page.alts), "each picture is described in words"
    assert len(set(page.ids)) == len(page.ids)
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links), "no request leaves the page"
    assert "script" not in page.tags


def _check_closed(html: str, folder: Path) -> None:
    assert "default-src 'none'" in html
    assert "cdo.view(" not in html, "no code in the page"
    assert str(Path.home()) not in html
    assert str(folder) not in html
    words = re.sub(r"base64,[^\"]+|<style>.*?</style>", "", html, flags=re.S)
    left = re.findall(r"\bnan\b|\bNaN\b|\bNone\b|\{[a-z_]+\}", words)
    assert left == [], "no unfilled field and no raw missing value"


@pytest.mark.slow
def test_the_plain_papermill_command_gives_the_same_figures(sample_study: Study, tmp_path: Path) -> None:
    template, out = notebooks_dir() / "quality.ipynb", tmp_path / "plain.ipynb"
    words = [str(template), str(out), "--kernel", "python3", "--no-progress-bar"]
    subprocess.run([sys.executable, "-m", "papermill", *words], check=True, capture_output=True, timeout=180)
    made = report(sample_study, "quality", out=tmp_path)
    assert _shown(out) == _shown(made.notebook)


def _shown(path: Path) -> list[str]:
    notebook = nbformat.read(path, as_version=4)
    return [
        output["data"]["text/html"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
    ]


@pytest.mark.slow
def test_the_same_study_gives_the_same_bytes(sample_study: Study, tmp_path: Path) -> None:
    first = report(sample_study, "company", company=sample_study.table("scores").index[0], out=tmp_path / "a")
    again = report(sample_study, "company", company=sample_study.table("scores").index[0], out=tmp_path / "b")
    assert first.html.read_bytes() == again.html.read_bytes()
    assert sorted(p.name for p in (tmp_path / "a").glob("[!.]*")) == sorted(
        [first.html.name, first.notebook.name, "index.html"]
    )
