"""The wheel carries all that the package reads, and works from anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cdo_analysis.codebook import codebook_ids
from cdo_analysis.reports import template_names

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The content of a wheel built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(command, check=True, timeout=300)
    wheel = next(folder.glob("*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_has_templates_codebooks_reference_and_sample(unpacked: Path) -> None:
    package = unpacked / "cdo_analysis"
    expected = [
        *(f"_bundle/notebooks/{name}.ipynb" for name in template_names()),
        "_bundle/notebooks/learn/methods.ipynb",
        *(f"codebooks/{name}.toml" for name in codebook_ids()),
        "_bundle/sample/enquete-cdo-2026.csv", "_bundle/sample/margins.csv", "_bundle/sample/README.md",
        "reference/arrangements.toml", "reference/rules.toml", "reference/costs.toml",
        "messages/fr.toml", "messages/en.toml", "reports/page.css", "reports/page.html.j2", "exhibits/exhibit.html.j2",
    ]  # fmt: skip
    assert [name for name in expected if not (package / name).is_file()] == []


def test_the_main_job_runs_from_the_wheel_alone(unpacked: Path, tmp_path: Path) -> None:
    code = (
        "import cdo_analysis, sys; assert 'site' in cdo_analysis.__file__, cdo_analysis.__file__\n"
        "from cdo_analysis.cli import main; main(sys.argv[1:])"
    )
    environment = {**os.environ, "PYTHONPATH": str(unpacked), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def run(*words: str) -> str:
        command = [sys.executable, "-c", code, *words]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True, timeout=180
        )
        return done.stdout

    run("sample", "essai")
    run(
        "fit",
        "essai/enquete-cdo-2026.csv",
        "--codebook",
        "cdo-2026",
        "--margins",
        "essai/margins.csv",
        "--out",
        "study",
    )
    said = run("report", "quality", "study", "--out", "out")
    assert (tmp_path / "out" / "quality.html").is_file()
    assert "quality.html" in said
