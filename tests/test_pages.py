"""The pages that ``cdo-analysis serve`` shows to those who write no code, in a headless Chromium."""

from __future__ import annotations

import re
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import RunningServer, running_server

from cdo_analysis.intake import read_firm
from cdo_analysis.study import Study

pytestmark = pytest.mark.slow

TOKEN = "a-token-for-the-tests-only"

BENIGN = (
    # Voilà's pages name two style sheets of icons elsewhere, which our policy does not let them ask for.
    "Content Security Policy",
    # Extensions of JupyterLab that are installed beside Voilà look for parts of JupyterLab that it has not.
    "doesn't exist in shared scope",
)
"""Errors of the console that do no harm."""


@pytest.fixture(scope="module")
def pages(sample_study: Study, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The pages, served with a token."""
    pytest.importorskip("voila")
    folder = tmp_path_factory.mktemp("pages")
    (folder / "token").write_text(f"{TOKEN}\n")
    words = ["serve", "--no-browser", "--port", "{port}", "--token-file", "token", "--study", str(sample_study.folder)]
    with running_server(folder, *words) as server:
        yield server


def test_who_has_no_token_sees_nothing(pages: RunningServer) -> None:
    told = {path: _asked(f"{pages.address}{path}") for path in ("/", "/voila/render/meeting.ipynb", "/api/kernels")}
    assert [path for path, answer in told.items() if answer not in {"login", 401, 403, 404}] == []


def _asked(address: str) -> int | str:
    """Return what is answered: ``login`` where one is sent to say who one is, or the code of the refusal."""
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:
            return "login" if "/login" in answer.url else str(answer.url)
    except urllib.error.HTTPError as refused:
        return int(refused.code)


def test_the_token_is_in_no_list_of_processes(pages: RunningServer) -> None:
    line = Path(f"/proc/{pages.process.pid}/cmdline")
    if not line.is_file():
        pytest.skip("this system does not show its processes as files")
    assert TOKEN not in line.read_text(encoding="utf-8")
    assert TOKEN not in pages.said()


def test_the_form_is_answered_without_a_line_of_code(pages: RunningServer, browser: Any, tmp_path: Path) -> None:
    tab, errors = browser.new_page(viewport={"width": 1280, "height": 900}, locale="fr-FR"), list[str]()
    left = list[tuple[str, str]]()
    tab.on("requestfinished", lambda sent: left.append((sent.url, "")))
    tab.on("requestfailed", lambda sent: left.append((sent.url, str(sent.failure))))
    tab.set_default_timeout(90_000)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    tab.goto(f"{pages.address}/voila/render/meeting.ipynb?token={TOKEN}")
    form = tab.locator(".cdo-form")
    form.get_by_label(re.compile("^Quelle est la raison sociale")).fill("Les Ateliers d'Été")
    form.get_by_label(re.compile("^Piloter le numérique, c'est proposer")).fill("1 250,5")
    form.get_by_label("Données et intelligence artificielle").check()
    form.get_by_text(re.compile("Questions répondues.*2 sur 15")).wait_for()
    form.get_by_text("Les Ateliers d'Été", exact=True).wait_for()
    form.get_by_role("button", name="Préparer la fiche Word").click()
    with tab.expect_download() as taken:
        form.get_by_role("link", name="Télécharger les réponses (TOML)").click()
    taken.value.save_as(tmp_path / "reponses.toml")
    assert tab.locator(".jp-CodeCell .cm-editor, .jp-InputArea-editor").count() == 0, "no code is shown"
    tab.close()
    assert [error for error in errors if not any(known in error for known in BENIGN)] == []
    others = [(url, end) for url, end in left if not url.startswith((pages.address, "data:", "blob:"))]
    assert [url for url, end in others if "csp" not in end.casefold()] == [], "nothing is asked of another server"
    told = tomllib.loads((tmp_path / "reponses.toml").read_text(encoding="utf-8"))["answers"]
    assert told["needed_expertise"] == ["need_data"]
    assert read_firm(tmp_path / "reponses.toml").answer("cdo_budget_keur") == 1250.5


def test_on_this_machine_a_token_is_drawn_and_the_browser_is_opened_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("voila")
    opener = tmp_path / "browser"
    opener.write_text(f'#!/bin/sh\ncp "${{1#file://}}" "{tmp_path}/opened.html"\n')
    opener.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(opener))
    with running_server(tmp_path, "serve", "--port", "{port}") as server:
        (printed,) = re.findall(r"\?token=([0-9a-f]{20,})", server.said())
        (opened,) = re.findall(r"url=(\S+)\">", (tmp_path / "opened.html").read_text(encoding="utf-8"))
        assert opened == f"{server.address}/?token={printed}"
        with urllib.request.urlopen(opened, timeout=20) as answer:
            assert "/login" not in answer.url
