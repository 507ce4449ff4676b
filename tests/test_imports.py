"""What is loaded, and when: a package that is imported must not load what nobody has asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[1] / "src"
HEAVY = {
    "IPython", "docx", "ipykernel", "ipywidgets", "jupyterlab", "matplotlib", "numba", "numpy", "openpyxl", "pandas",
    "papermill", "playwright", "pyarrow", "pyreadstat", "scipy", "seaborn", "sklearn", "voila", "weasyprint",
}  # fmt: skip


def loaded(code: str) -> set[str]:
    """Return the packages that a fresh process has loaded once it has run `code`."""
    told = f"{code}\nimport json, sys; print(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    env = {**os.environ, "PYTHONPATH": str(SOURCES)}
    done = subprocess.run([sys.executable, "-c", told], env=env, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import cdo_analysis",
        "import cdo_analysis; dir(cdo_analysis)",
        "import cdo_analysis.cli",
        "from cdo_analysis.cli import main; main(['--help'], standalone_mode=False)",
        "from cdo_analysis.cli import main; main(['doctor', '--help'], standalone_mode=False)",
        "import cdo_analysis.workbench",
        "from cdo_analysis.workbench.doctor import CHECKS",
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code: str) -> None:
    assert loaded(code) & HEAVY == set()


def test_what_is_heavy_is_seen_where_it_is_loaded() -> None:
    assert {"pandas", "numpy"} <= loaded("import cdo_analysis; cdo_analysis.read_survey") & HEAVY


def test_analysis_loads_neither_jupyter_nor_a_browser() -> None:
    code = "import cdo_analysis as cdo; [getattr(cdo, name) for name in cdo.__all__]"
    assert loaded(code) & {"jupyterlab", "voila", "playwright", "papermill", "weasyprint", "ipykernel"} == set()
