"""What the README shows works as it is written."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from cdo_analysis.resources import sample_dir

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_lines_of_python_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = re.findall(r"```python\n(.*?)```", README, re.S)
    assert len([line for line in first.splitlines() if line.strip()]) <= 10, "ten lines do all of it"
    shutil.copyfile(sample_dir() / "enquete-cdo-2026.csv", tmp_path / "export.csv")
    shutil.copyfile(sample_dir() / "margins.csv", tmp_path / "margins.csv")
    monkeypatch.chdir(tmp_path)
    exec(compile("\n".join([first, *others]), "README.md", "exec"), {})
    assert list((tmp_path / "reports").glob("company-*.html"))


def test_pictures_and_files_that_are_named_exist() -> None:
    named = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README) + re.findall(r"`((?:src|data|docs|notebooks)/[^`]*)`", README)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
