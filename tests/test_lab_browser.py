"""The card, the explorer and the simulator in JupyterLab itself, by mouse and keyboard, with and without trust."""

from __future__ import annotations

import io
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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cdo_analysis.resources import sample_dir
from cdo_analysis.study import Study

pytestmark = pytest.mark.slow

PICTURES = os.environ.get("CDO_ANALYSIS_PICTURES", "")
"""Folder to which the tests draw what they see, where one is named."""

ALONE = "widget model not found"
"""What ipywidgets writes to the console where a trusted notebook is read without its kernel."""

TOKEN = "for-these-tests"
FILTERED = re.compile(r"Filtre\s: Secteur")


@dataclass
class Opened:
    """A notebook in a tab of JupyterLab, and what the console complained of."""

    page: Any
    errors: list[str] = field(default_factory=list)

    def cell(self, place: int) -> Any:
        """The code cell at a place, in view."""
        found = self.page.locator(".jp-Notebook .jp-CodeCell").nth(place)
        found.scroll_into_view_if_needed()
        return found

    def draw(self, place: int, name: str, *, height: int = 0) -> None:
        """Keep a picture of a cell, where a folder is named for it."""
        if PICTURES:
            cell = self.cell(place)
            self.page.wait_for_timeout(700)
            box = cell.bounding_box()
            clip = {**box, "height": min(box["height"], height or box["height"])}
            drawn = Image.open(io.BytesIO(self.page.screenshot(clip=clip)))
            drawn.quantize(64).save(Path(PICTURES) / f"{name}.png", optimize=True)


@dataclass(frozen=True)
class Server:
    """A JupyterLab that runs, and its folder."""

    url: str
    work: Path


def _environment(folder: Path) -> dict[str, str]:
    own = {f"JUPYTER_{kind}_DIR": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    own |= {f"JUPYTERLAB_{kind}_DIR": str(folder / kind.lower()) for kind in ("SETTINGS", "WORKSPACES")}
    source = str(Path(__file__).resolve().parents[1] / "src")
    return {**os.environ, **own, "IPYTHONDIR": str(folder / "ipython"), "PYTHONPATH": source}


@pytest.fixture(scope="module")
def server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One JupyterLab for all the tests, with folders of its own, which asks for no news."""
    folder = tmp_path_factory.mktemp("lab")
    work, settings = folder / "work", folder / "settings" / "@jupyterlab" / "apputils-extension"
    work.mkdir()
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["--no-browser", "--allow-root", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    words += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={work}"]
    command, log = [sys.executable, "-m", "jupyterlab", *words], folder / "log"
    with (
        log.open("wb") as said,
        subprocess.Popen(command, env=_environment(folder), stdout=said, stderr=said) as process,
    ):
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(f"{url}/api", log)
            yield Server(url, work)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_for(address: str, log: Path) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"JupyterLab does not answer: {log.read_text(errors='replace')[-1500:]}")


@pytest.fixture(scope="module")
def chrome(chromium: str) -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


def _write(path: Path, cells: list[str]) -> None:
    code = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    about = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    listed = [{**code, "id": f"cell-{place}", "source": source} for place, source in enumerate(cells)]
    path.write_text(json.dumps({"cells": listed, "metadata": about, "nbformat": 4, "nbformat_minor": 5}))


def _open(chrome: Any, server: Server, name: str) -> Opened:
    page = chrome.new_page(viewport={"width": 1240, "height": 2400}, locale="fr-FR")
    page.set_default_timeout(90_000)
    opened = Opened(page)
    page.on("pageerror", lambda error: opened.errors.append(f"uncaught: {error}"))
    page.on("console", lambda said: opened.errors.append(said.text) if said.type == "error" else None)
    page.goto(f"{server.url}/lab/tree/{name}?reset&token={TOKEN}")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_timeout(1_500)
    page.keyboard.press("Control+b")
    return opened


@pytest.fixture(scope="module")
def notebook(chrome: Any, server: Server, sample_study: Study) -> Iterator[Opened]:
    """A notebook with a card, an explorer, a simulator and a mistake, run once by the menu; never an error."""
    shutil.copyfile(sample_dir() / "enquete-cdo-2026.csv", server.work / "enquete.csv")
    firm = sample_study.table("responses").index[3]
    _write(
        server.work / "outils.ipynb",
        [
            'import cdo_analysis as cdo\nsurvey = cdo.read_survey("enquete.csv", "cdo-2026")\nsurvey',
            'study = cdo.open_study("sample")\ncdo.lab.explorer(study)',
            f'cdo.lab.simulator(study, company="{firm}")',
            'cdo.open_study("enquete")',
        ],
    )
    opened = _open(chrome, server, "outils.ipynb")
    page = opened.page
    page.wait_for_selector('[data-status="idle"]')
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.locator(".jp-CodeCell").nth(3).locator(".jp-OutputArea-output").wait_for()
    yield opened
    assert opened.errors == [], "no error in the console of the browser"
    page.close()


def test_the_import_card_shows_what_was_found_and_what_mends_it(notebook: Opened) -> None:
    cell = notebook.cell(0)
    assert cell.get_by_role("heading", name=re.compile(r"enquete\.csv\s:\s450 répondants")).count() == 1
    assert cell.get_by_role("row", name=re.compile("Fourchette à la place d'un nombre")).count() == 1
    assert cell.locator("code", has_text="cdo.lab.edits_for(survey").count() > 5
    notebook.draw(0, "import-card")


def test_a_mistake_is_one_sentence(notebook: Opened) -> None:
    said = notebook.cell(3).locator(".jp-OutputArea-output").inner_text()
    assert said.startswith("InputError: enquete is not a study")
    assert "Traceback" not in said
    assert len(said.splitlines()) == 2


def test_the_explorer_follows_the_mouse(notebook: Opened) -> None:
    cell = notebook.cell(1)
    cell.get_by_label("Selon").select_option(value=None, label=_option(cell, "Selon", "Secteur"))
    cell.get_by_role("heading", name=re.compile("selon.*Secteur")).wait_for()
    assert "Industrie" in cell.locator("table").inner_text()
    assert cell.locator("td", has_text=re.compile("^c$")).count() >= 3, "cells of too few companies"
    alt = cell.locator("img").get_attribute("alt")
    assert alt.startswith("Figure")
    assert "Secteur" in alt
    cell.get_by_label("Secteur", exact=True).select_option(index=[1, 3])
    cell.locator("p", has_text=FILTERED).wait_for()
    _holds(cell.get_by_label("Code équivalent"), "where = {'sector': ['industry', 'trade']}")
    notebook.draw(1, "explorer")
    cell.get_by_role("button", name="Effacer les filtres").click()
    cell.locator("p", has_text=FILTERED).wait_for(state="detached")


def _holds(control: Any, words: str) -> None:
    """Wait until a control holds some words."""
    from playwright.sync_api import expect

    expect(control).to_have_value(re.compile(re.escape(words)), timeout=30_000)


def _option(cell: Any, label: str, words: str) -> str:
    options = cell.get_by_label(label).locator("option").all_inner_texts()
    return next(option for option in options if words in option)


def test_the_explorer_follows_the_keyboard(notebook: Opened) -> None:
    cell, keyboard = notebook.cell(1), notebook.page.keyboard
    cell.get_by_label("Mesure").focus()
    named = "(document.activeElement.labels?.[0] ?? document.activeElement).innerText"
    order = []
    for _ in range(8):
        order.append(notebook.page.evaluate(named).split(" (")[0])
        keyboard.press("Tab")
    wanted = ["Mesure", "Chercher", "Selon", "Catégorie d'entreprise", "Secteur", "Région", "Effacer les filtres"]
    assert order == [*wanted, "Code équivalent"]
    cell.get_by_label("Chercher").focus()
    keyboard.type("trésorerie", delay=30)
    cell.get_by_label("Selon").locator("option", has_text="cash_constraint").wait_for(state="attached")
    keyboard.press("Tab")
    keyboard.press("End")
    cell.get_by_role("heading", name=re.compile("selon.*trésorerie")).wait_for()
    cell.get_by_text("Libellé de la question").wait_for()
    _holds(cell.get_by_label("Code équivalent"), "cash_constraint")


def test_the_simulator_follows_an_answer_and_keeps_the_variant(notebook: Opened, server: Server) -> None:
    cell, keyboard = notebook.cell(2), notebook.page.keyboard
    for kind in ("Conseillé — ", "Constaté — ", "Estimé sous hypothèses — "):
        assert cell.get_by_role("heading", name=re.compile(f"^{kind}")).count() == 1
    cell.get_by_role("tab", name="Moyens").click()
    cell.get_by_label("Budget pour piloter le numérique").fill("400")
    keyboard.press("Tab")
    cell.get_by_text(re.compile(r"Réponses changées\s:\s1")).wait_for()
    assert cell.get_by_role("row", name=re.compile("Ce qui changerait l'avis")).count() == 1
    notebook.draw(2, "simulator", height=1500)
    cell.get_by_role("button", name="Enregistrer la variante").click()
    cell.get_by_text("remplissez les deux").wait_for()
    cell.get_by_label("Auteur").fill("Ana")
    cell.get_by_label("Note").fill("un budget de 400 k€")
    keyboard.press("Tab")
    cell.get_by_role("button", name="Enregistrer et écrire la fiche Word").click()
    cell.get_by_text("variante.docx").wait_for()
    assert 'cdo_budget_keur = "400"' in (server.work / "variante.toml").read_text(encoding="utf-8")
    assert (server.work / "variante.docx").stat().st_size > 10_000


def _ask(url: str, *, method: str = "GET") -> bytes:
    request = urllib.request.Request(url, method=method, headers={"Authorization": f"token {TOKEN}"})
    with urllib.request.urlopen(request) as answer:
        return bytes(answer.read())


@pytest.fixture(scope="module")
def saved(notebook: Opened, server: Server) -> Path:
    """The notebook as it was saved after the tests above, and its kernel stopped."""
    path, before = server.work / "outils.ipynb", (server.work / "outils.ipynb").stat().st_mtime_ns
    notebook.page.locator('jp-button[data-command="docmanager:save"]').click()
    for _ in range(50):
        if path.stat().st_mtime_ns > before and "image/png" in path.read_text(encoding="utf-8"):
            break
        time.sleep(0.2)
    notebook.page.goto("about:blank")
    for session in json.loads(_ask(f"{server.url}/api/sessions")):
        _ask(f"{server.url}/api/sessions/{session['id']}", method="DELETE")
    return path


def test_an_untrusted_notebook_still_shows_tables_and_pictures(saved: Path, chrome: Any, server: Server) -> None:
    other = json.loads(saved.read_text(encoding="utf-8"))
    other["cells"][1]["source"] += "\n# changed by hand: no signature fits"
    (server.work / "recu.ipynb").write_text(json.dumps(other))
    opened = _open(chrome, server, "recu.ipynb")
    explorer = opened.cell(1)
    explorer.get_by_text("Dernier tableau affiché").wait_for()
    assert explorer.locator("select").count() == 0, "no control without trust"
    assert opened.page.evaluate("document.querySelector('.jp-CodeCell img').naturalWidth") > 300
    assert explorer.locator("table").count() == 1
    assert opened.cell(0).locator("code", has_text="edits_for").count() > 5
    assert opened.cell(2).locator("img").count() >= 2
    opened.draw(1, "untrusted")
    assert opened.errors == []
    opened.page.close()


def test_a_notebook_read_without_its_kernel_still_shows_tables_and_pictures(
    saved: Path, chrome: Any, server: Server
) -> None:
    opened = _open(chrome, server, saved.name)
    opened.cell(1).locator("img").wait_for()
    assert opened.cell(1).locator("table").count() == 1
    assert opened.cell(2).locator("img").count() >= 2
    assert [error for error in opened.errors if ALONE not in error] == []
    opened.page.close()
