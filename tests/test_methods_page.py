"""The methods page names modules, files and pages that exist, and hides nothing that is not done."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

from cdo_analysis.cdo import SET_ACCEPTABILITY, SURVEY_ERROR, EstimateSettings

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")


def test_modules_that_are_named_exist() -> None:
    named = set(re.findall(r"`(cdo_analysis(?:\.\w+)+)`", PAGE))
    assert len(named) > 20
    for name in named:
        import_module(name)


def test_files_and_pages_that_are_named_exist() -> None:
    files = re.findall(r"`((?:src|docs|notebooks|benchmarks)/[^`]+)`", PAGE)
    pages = re.findall(r"\]\(([^)]+)\)", PAGE)
    assert files
    assert pages
    assert not [name for name in files if not (ROOT / name).exists()]
    assert not [name for name in pages if not (ROOT / "docs" / name).exists()]


def test_the_settings_that_the_page_states_are_those_of_the_code() -> None:
    rows = {
        cells[1].strip(): cells[3].strip() for cells in (row.split("|") for row in PAGE.splitlines()) if len(cells) > 4
    }
    settings = EstimateSettings()
    assert rows[
        "firms outside overlap that are tolerated (`largest_outside`)"
    ] == f"{settings.largest_outside:.0%}".replace("%", " %")
    assert rows["penalty of the propensities (`penalty`, C)"] == str(settings.penalty)
    compared = f"{settings.smallest_arm} compared, {settings.minimum_arm} to claim"
    assert rows["smallest arm (`smallest_arm`, `minimum_arm`)"] == compared
    assert rows["firms with an outcome (`minimum_firms`)"] == str(settings.minimum_firms)
    assert rows["survey test"] == f"p ≤ {SURVEY_ERROR}"
    assert f"under {SET_ACCEPTABILITY:.0%} of the weights".replace("%", " %") in PAGE


def test_what_is_not_done_is_said() -> None:
    for words in (
        "Negative control | **Not done**",
        "hold-out | **Not done.**",
        "bootstrap | **Not done.**",
        "No PDF, Excel or PowerPoint",
    ):
        assert words in PAGE
