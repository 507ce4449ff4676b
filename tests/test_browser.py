"""What a reader sees: the pages and JupyterLab itself, in a headless Chromium."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
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
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
)


def _chromium(browser: str, profile: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [browser, *_QUIET, f"--user-data-dir={profile}", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def _asked(browser: str, page: Path, folder: Path) -> set[str]:
    """Draw a page to ``page.png`` in `folder`, and return what the page asked the network for."""
    shot, log = folder / "page.png", folder / "net.json"
    words = [f"--screenshot={shot}", "--window-size=900,1400", f"--log-net-log={log}"]
    _chromium(browser, folder / "profile", *words, page.as_uri())
    events = [event.get("params") or {} for event in json.loads(log.read_text(encoding="utf-8"))["events"]]
    # What the browser asks for itself (updates, the time) has no origin; a page on disk has the origin "null".
    urls = {str(event["url"]) for event in events if event.get("initiator", "not an origin") != "not an origin"}
    return {url for url in urls if not url.startswith(("file:", "data:"))}


def test_a_page_is_drawn_and_asks_for_nothing(sample_study: Study, tmp_path: Path, chromium: str) -> None:
    page = report(sample_study, "panorama", out=tmp_path).html
    assert _asked(chromium, page, tmp_path) == set()
    assert (tmp_path / "page.png").stat().st_size > 40_000, "a blank page weighs far less"
    witness = tmp_path / "witness.html"
    witness.write_text('<img src="http://127.0.0.1:9/seen.png">')
    assert _asked(chromium, witness, tmp_path) == {"http://127.0.0.1:9/seen.png"}, "a request would have been seen"


def test_what_a_company_wrote_is_shown_and_not_obeyed(sample_study: Study, tmp_path: Path, chromium: str) -> None:
    names = sample_study.column("responses", "company_name")
    hostile = names[names.str.contains("<", na=False)].index[0]
    made = report(sample_study, "company", company=str(hostile), out=tmp_path)
    dom = _chromium(chromium, tmp_path / "p", "--dump-dom", made.html.as_uri()).stdout
    assert html.escape(str(names[hostile]), quote=False) in dom


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """A JupyterLab on a copy of the templates, which keeps to itself what it writes; its address."""
    folder = tmp_path / "notebooks"
    shutil.copytree(notebooks_dir(), folder)
    address = f"http://127.0.0.1:{_free_port()}"
    kinds = ("CONFIG", "DATA", "RUNTIME")
    own = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind.lower()) for kind in kinds}
    own |= {f"JUPYTERLAB_{kind}_DIR": str(tmp_path / kind.lower()) for kind in ("SETTINGS", "WORKSPACES")}
    command = [sys.executable, "-m", "jupyterlab", str(folder), "--no-browser", "--allow-root", *_LAB]
    command.append(f"--ServerApp.port={address.rpartition(':')[2]}")
    log = tmp_path / "lab.log"
    with (
        log.open("wb") as written,
        subprocess.Popen(command, stdout=written, stderr=subprocess.STDOUT, env={**os.environ, **own}) as server,
    ):
        try:
            _wait_for(address, server, log)
            yield address
        finally:
            server.terminate()
            server.wait(timeout=30)


# No token, as the browser has none; on the loopback only, on that port or not at all; no news, no updates.
_LAB = (
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port_retries=0",
    "--IdentityProvider.token=",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path, *, seconds: float = 40) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/api", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"JupyterLab does not answer at {address}:\n{log.read_text(encoding='utf-8')[-2000:]}")


def test_a_template_opens_in_jupyterlab(lab: str, tmp_path: Path, chromium: str) -> None:
    opened = f"{lab}/lab/tree/quality.ipynb?reset"
    page = _chromium(chromium, tmp_path / "p", "--virtual-time-budget=15000", "--dump-dom", opened).stdout
    drawn = html.unescape(re.sub(r"<(?!/?h1)[^>]*>", "", page))
    headings = re.findall(r"<h1[^>]*>([^<]*)", drawn)
    assert any(text.startswith("Qualité de l'enquête et méthodes") for text in headings), "the first cell is drawn"
    assert page.count("jp-CodeCell") > 5, "its code cells are there to be run"
