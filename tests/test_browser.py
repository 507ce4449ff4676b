"""What a reader sees: the pages and JupyterLab itself, in a headless Chromium."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdo_analysis.reports import report
from cdo_analysis.resources import notebooks_dir
from cdo_analysis.study import Study

pytestmark = pytest.mark.slow

_QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-quic",
)  # fmt: skip


def _chromium(browser: str, profile: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [browser, *_QUIET, f"--user-data-dir={profile}", *words],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_page_is_drawn_and_asks_for_nothing(sample_study: Study, tmp_path: Path, chromium: str) -> None:
    made = report(sample_study, "panorama", out=tmp_path)
    shot, log = tmp_path / "page.png", tmp_path / "net.json"
    _chromium(chromium, tmp_path / "p", f"--screenshot={shot}", "--window-size=900,1400", f"--log-net-log={log}", made.html.as_uri())
    assert shot.stat().st_size > 40_000, "a blank page weighs far less"
    asked = {
        event["params"]["url"]
        for event in json.loads(log.read_text(encoding="utf-8"))["events"]
        if isinstance(event.get("params"), dict) and str(event["params"].get("url", "")).startswith(("http:", "https:"))
    }
    assert asked == set()


def test_what_a_company_wrote_is_shown_and_not_obeyed(sample_study: Study, tmp_path: Path, chromium: str) -> None:
    names = sample_study.column("responses", "company_name")
    hostile = names[names.str.contains("<", na=False)].index[0]
    made = report(sample_study, "company", company=str(hostile), out=tmp_path)
    dom = _chromium(chromium, tmp_path / "p", "--dump-dom", made.html.as_uri()).stdout
    assert names[hostile].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in dom


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """A JupyterLab on a copy of the templates; its address."""
    for path in notebooks_dir().glob("*.ipynb"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [f"--ServerApp.port={port}", "--ServerApp.token=", "--ServerApp.password=", "--ServerApp.ip=127.0.0.1"]
    command = [sys.executable, "-m", "jupyterlab", str(tmp_path), "--no-browser", "--allow-root", *words]
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(tmp_path / "config"), "JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "s")}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as server:
        try:
            yield _wait_for(f"http://127.0.0.1:{port}")
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait_for(address: str) -> str:
    for _ in range(120):
        try:
            with urllib.request.urlopen(f"{address}/api", timeout=2):
                return address
        except OSError:
            time.sleep(0.5)
    raise TimeoutError(f"JupyterLab does not answer at {address}")


def test_a_template_opens_in_jupyterlab(lab: str, tmp_path: Path, chromium: str) -> None:
    page = _chromium(chromium, tmp_path / "p", "--virtual-time-budget=30000", "--dump-dom", f"{lab}/lab/tree/quality.ipynb?reset")
    assert "cdo.quality.cover" in page.stdout.replace("</span>", "").replace("<span class=\"ͼv\">", "") or "quality.ipynb" in page.stdout
    assert "jp-Notebook" in page.stdout
