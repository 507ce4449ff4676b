"""What a reader sees: the pages, in a headless Chromium."""

from __future__ import annotations

import html
import json
import subprocess
from pathlib import Path

import pytest

from cdo_analysis.reports import report
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
