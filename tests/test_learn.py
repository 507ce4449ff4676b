"""The pages to learn from: what is computed by hand in the text is what the code prints."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path

import nbformat
import papermill
import pytest

from cdo_analysis.exhibits import MIME
from cdo_analysis.reports import template_names
from cdo_analysis.resources import notebooks_dir
from cdo_analysis.workbench import copy_notebooks

PAGES = sorted((notebooks_dir() / "learn").glob("*.ipynb"))
BY_HAND = re.compile(r"^\*\*À retrouver :\*\* (.+)$", re.M)
NOTHING = {"caché", "non mesuré", "aucune"}
FEWEST = {
    "doubting": 4, "first-survey": 0, "from-spss-or-r": 6, "methods": 50, "new-questionnaire": 15, "new-wave": 12,
    "typology": 20, "weights": 11, "worlds": 10,
}  # fmt: skip
"""How many numbers each page has one find again, at least."""

SHOWS_TABLES = {"doubting", "first-survey", "from-spss-or-r", "new-questionnaire", "new-wave", "weights"}
"""Pages that also show tables and texts of the sample, whose numbers the text does not tell."""


def by_hand(text: str) -> list[str]:
    """Return what the text says must be found: numbers with a decimal point, words, nan where nothing is shown."""
    found = BY_HAND.findall(text)
    told = [value.strip() for value in found[0].split(";")] if found else []
    return ["nan" if value in NOTHING else value.replace(",", ".").replace("−", "-") for value in told]


def printed(cell: nbformat.NotebookNode) -> list[str]:
    """Return the numbers and words of the outputs of a cell, in order; exhibits are no computation of the page."""
    computed = [output for output in cell.outputs if "data" in output and MIME not in output["metadata"]]
    text = " ".join(output["data"]["text/plain"] for output in computed)
    return [word.strip("'") for word in re.findall(r"nan|'[^']*'|-?\d+(?:\.\d+)?(?:e-?\d+)?", text)]


def agree(told: str, found: str) -> bool:
    """Tell whether a printed value is the one told, at the decimals told; a whole number is told exactly."""
    if "nan" in (told, found) or not re.fullmatch(r"-?\d+(\.\d+)?", told):
        return told == found
    decimals = len(told.partition(".")[2])
    return abs(float(told) - float(found)) <= (0.5 * 10**-decimals if decimals else 0.0) + 1e-9


def test_each_page_is_known_and_none_is_a_report() -> None:
    assert [page.stem for page in PAGES] == list(FEWEST)
    assert not {page.stem for page in PAGES} & set(template_names())


def test_a_number_is_compared_at_its_own_decimals() -> None:
    assert agree("0.882", "0.88235")
    assert not agree("0.882", "0.8834")
    assert not agree("5", "5.2")
    assert by_hand("du texte\n\n**À retrouver :** −0,5 ; caché ; low") == ["-0.5", "nan", "low"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_thin_and_stripped(page: Path) -> None:
    notebook = nbformat.read(page, as_version=4)
    nbformat.validate(notebook)
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        assert cell.outputs == []
        assert cell.execution_count is None
        assert len(cell.source.splitlines()) <= 6, cell.source
        nodes = list(ast.walk(ast.parse(cell.source)))
        assert not any(
            isinstance(node, ast.FunctionDef | ast.ClassDef | ast.For | ast.While | ast.If) for node in nodes
        )
        modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        modules |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
        assert modules <= {"cdo_analysis", "pandas", "dataclasses", "pathlib"}


def test_the_lab_copies_the_page_and_keeps_what_was_changed(tmp_path: Path) -> None:
    (tmp_path / "quality.ipynb").write_text("mine", encoding="utf-8")
    copy_notebooks(tmp_path)
    assert (tmp_path / "learn" / "doubting.ipynb").read_bytes() == PAGES[0].read_bytes()
    assert (tmp_path / "quality.ipynb").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("page", sorted(SHOWS_TABLES))
def test_a_tutorial_ends_with_what_it_does_not_say(page: str) -> None:
    cells = nbformat.read(notebooks_dir() / "learn" / f"{page}.ipynb", as_version=4).cells
    last = next(cell.source for cell in reversed(cells) if cell.cell_type == "markdown")
    limits = last.partition("## Ce que cela ne dit pas\n")[2]
    assert limits.count("\n- Pas ") + limits.count("\n- Rien ") >= 3


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_code_prints_what_is_computed_by_hand(page: Path, tmp_path: Path) -> None:
    out = tmp_path / page.name
    papermill.execute_notebook(str(page), str(out), kernel_name="python3", cwd=str(tmp_path), progress_bar=False)
    cells = nbformat.read(out, as_version=4).cells
    wrong, compared = [], 0
    for text, cell in pairwise(cells):
        told = by_hand(text.source) if text.cell_type == "markdown" else []
        found = printed(cell) if cell.cell_type == "code" else []
        if not told and page.stem in SHOWS_TABLES:
            continue
        compared += len(told)
        if len(told) != len(found) or not all(map(agree, told, found)):
            wrong.append((told, found))
    assert wrong == []
    assert compared >= FEWEST[page.stem], "a page shows its numbers"
