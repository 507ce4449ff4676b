"""JupyterLab as ``cdo-analysis lab`` opens it, in a headless Chromium: launcher, copies, execution, form, end."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import RunningServer

from cdo_analysis.workbench import load_tiles

pytestmark = pytest.mark.slow

PICTURES = os.environ.get("CDO_ANALYSIS_PICTURES", "")
"""Folder to which the tests draw what they see, where one is named."""

BENIGN: tuple[str, ...] = ()
"""Errors of the console that are none of ours and do no harm; there is none."""

RUN_IN = {"importer-un-fichier": 300, "panorama": 240, "exemple": 240}


class Page:
    """A tab on JupyterLab, and what its console complained of."""

    def __init__(self, page: Any, server: RunningServer) -> None:
        self.page, self.server, self.errors = page, server, list[str]()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)

    def open_launcher(self) -> None:
        """Open a clean workspace: the launcher alone."""
        self.page.goto(f"{self.server.address}/lab?reset")
        self.page.wait_for_selector(".jp-LauncherCard")

    def click_tile(self, title: str) -> Path:
        """Click on a tile; return the copy that opens."""
        work, before = self.server.folder / "work", self.files()
        self.page.locator(".jp-LauncherCard", has_text=re.compile(f"^{re.escape(title)}$")).click()
        self.page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell")
        (made,) = self.files() - before
        return work / made

    def files(self) -> set[str]:
        """Return the notebooks of the folder."""
        return {path.name for path in (self.server.folder / "work").glob("*.ipynb")}

    def run_all(self, copy: Path, *, seconds: float = 180) -> list[dict[str, Any]]:
        """Run every cell by the menu, save, and return the code cells as they are on disk."""
        shown = self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        for _ in range(4):  # JupyterLab drops what is asked of a kernel that is not quite there yet
            self.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
            self.page.wait_for_timeout(1_500)
            self.page.get_by_role("menuitem", name="Run", exact=True).click()
            self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
            self.page.wait_for_timeout(1_500)
            if shown.locator(".jp-InputPrompt", has_text=re.compile(r"\[(\*|\d+)\]")).count():
                break
        until, cells = time.monotonic() + seconds, list[dict[str, Any]]()
        while time.monotonic() < until:
            self.page.wait_for_timeout(1_000)
            self.page.keyboard.press("Control+s")
            self.page.wait_for_timeout(500)
            cells = [c for c in json.loads(copy.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
            if all(cell["execution_count"] for cell in cells) or _errors_of(cells):
                return cells
        self.page.screenshot(path=str(self.server.folder / "failed.png"))
        pytest.fail(f"{copy.name} was not run in {seconds} s; {self.server.said()[-1500:]}")

    def shut_down(self) -> None:
        """Stop the kernels, as each keeps its memory."""
        self.page.evaluate(
            """async () => {
              const headers = { "X-XSRFToken": (document.cookie.match(/_xsrf=([^;]*)/) || [])[1] || "" };
              const sessions = await (await fetch("/api/sessions")).json();
              await Promise.all(sessions.map(one => fetch(`/api/sessions/${one.id}`, { method: "DELETE", headers })));
            }"""
        )

    def draw(self, name: str) -> None:
        """Keep a picture of what is seen, where a folder is named for it."""
        if PICTURES:
            self.page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))


def _errors_of(cells: list[dict[str, Any]]) -> list[str]:
    outputs = [output for cell in cells for output in cell["outputs"]]
    return [f"{output['ename']}: {output['evalue']}" for output in outputs if output["output_type"] == "error"]


@pytest.fixture
def lab(jupyterlab: RunningServer, browser: Any) -> Iterator[Page]:
    """A clean tab; at its end, the console must have complained of nothing."""
    tab = browser.new_page(viewport={"width": 1280, "height": 860}, locale="fr-FR")
    opened = Page(tab, jupyterlab)
    opened.open_launcher()
    yield opened
    opened.shut_down()
    tab.close()
    left = [error for error in opened.errors if not any(known in error for known in BENIGN)]
    assert left == [], "no error in the console of the browser"


def test_our_section_comes_first_and_no_question_covers_it(lab: Page) -> None:
    lab.page.wait_for_timeout(2_000)  # what asks about news comes after the page
    titles = lab.page.locator(".jp-Launcher-sectionTitle").all_inner_texts()
    assert titles[:2] == ["Enquête numérique", "Enquête numérique : apprendre"]
    shown = [re.sub("\u00ad", "", text) for text in lab.page.locator(".jp-LauncherCard-label").all_inner_texts()]
    wanted = [tile.title.replace("\u00ad", "") for tile in load_tiles()]
    assert [text for text in shown if text in wanted] == wanted
    assert lab.page.locator(".Toastify__toast").count() == 0
    lab.draw("launcher")


def test_a_click_opens_a_copy_and_a_second_click_another(lab: Page) -> None:
    first = lab.click_tile("Qualité")
    assert first.name == "qualite.ipynb"
    first.write_text(first.read_text(encoding="utf-8").replace("Peut-on utiliser", "PEUT-ON UTILISER"), "utf-8")
    lab.open_launcher()
    second = lab.click_tile("Qualité")
    assert second.name == "qualite-2.ipynb"
    assert "PEUT-ON UTILISER" in first.read_text(encoding="utf-8"), "the first copy stays as it was changed"
    assert "PEUT-ON UTILISER" not in second.read_text(encoding="utf-8"), "the copy is made of what is installed"
    assert str(lab.server.folder) not in second.read_text(encoding="utf-8")


@pytest.mark.parametrize("tile", [t for t in load_tiles() if t.section == "Enquête numérique"], ids=lambda t: t.name)
def test_a_copy_runs_without_an_error(lab: Page, tile: Any) -> None:
    copy = lab.click_tile(tile.title)
    cells = lab.run_all(copy, seconds=RUN_IN.get(tile.name, 180))
    assert _errors_of(cells) == []
    assert sum(bool(cell["outputs"]) for cell in cells) > 0
    if tile.name in {"importer-un-fichier", "panorama"}:
        lab.page.locator(".jp-WindowedPanel-outer").first.evaluate("element => element.scrollTo(0, 0)")
        lab.draw(tile.name)


def test_the_palette_offers_the_same(lab: Page) -> None:
    before = lab.files()
    lab.page.keyboard.press("Control+Shift+C")
    lab.page.wait_for_selector(".lm-CommandPalette-input")
    lab.page.keyboard.type("ce qui est constaté, conseillé")
    lab.page.locator(".lm-CommandPalette-item", has_text="Recommandation CDO").first.click()
    lab.page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
    (made,) = lab.files() - before
    assert made.startswith("recommandation-cdo")


def test_the_meeting_form_follows_each_answer_and_gives_the_sheet(lab: Page, tmp_path: Path) -> None:
    lab.run_all(lab.click_tile("Entretien"))
    form = lab.page.locator(".cdo-form")
    budget = form.get_by_label(re.compile("^Piloter le numérique, c'est proposer"))
    budget.fill("75")
    budget.press("Tab")
    form.get_by_label(re.compile("^Lequel de ces objectifs")).select_option(label="Augmenter les ventes")
    form.get_by_text(re.compile("Questions répondues.*2 sur 15")).wait_for()
    form.locator(".cdo-sheet h2").first.wait_for()
    form.get_by_role("button", name="Préparer la fiche Word").click()
    with lab.page.expect_download() as taken:
        form.get_by_role("link", name="Télécharger la fiche (Word)").click()
    taken.value.save_as(tmp_path / "fiche.docx")
    assert shutil.which("unzip") is None or (tmp_path / "fiche.docx").read_bytes()[:2] == b"PK"
    lab.draw("entretien")


def test_it_stops_when_told_and_leaves_nothing_behind(
    chromium: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from conftest import running_server

    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    options = ["--no-browser", "--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    options += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with running_server(tmp_path, "lab", "--", *options, path="/api") as server:
        assert list((tmp_path / "tmp").glob("cdo-analysis-lab-*"))
        server.process.terminate()
        assert server.process.wait(timeout=30) == 0
    assert not list((tmp_path / "tmp").glob("cdo-analysis-lab-*"))
    assert "Traceback" not in server.said()
