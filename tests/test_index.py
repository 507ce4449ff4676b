"""The page of a folder of reports: what it lists, what it says is out of date, what it keeps to itself."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

import pytest
from click.testing import CliRunner

from cdo_analysis.cli import main
from cdo_analysis.errors import InputError
from cdo_analysis.reports import Settings, write_index
from cdo_analysis.reports.ledger import Ledger, Run

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def publish(
    out: Path, report: str, *, title: str = "Un titre", study: str = "aaa", days: float = 0, state: str = "answered"
) -> Run:
    """Leave a page and its run as the factory does."""
    out.mkdir(parents=True, exist_ok=True)
    facts = {"state": state, "study": study, "data": "2026-04-10"}
    metas = "".join(f'<meta name="cdo-analysis-{name}" content="{value}">' for name, value in facts.items())
    page = f'<!DOCTYPE html><html lang="fr"><head>{metas}<title>{escape(title)}</title></head><body></body></html>'
    (out / f"{report}.html").write_text(page, encoding="utf-8")
    ledger = Ledger(out)
    run = ledger.begin(Run(id=f"{report}-{days}-{study}", report=report, template=report.partition("-")[0], key="k"))
    ended = (NOW - timedelta(days=days)).isoformat().replace("+00:00", "Z")
    run = replace(run, state="succeeded", ended=ended, html=hashlib.sha256(page.encode()).hexdigest())
    ledger.end(run)
    return run


def fail(out: Path, report: str, state: str = "failed", message: str = "") -> None:
    ledger = Ledger(out)
    run = ledger.begin(Run(id=f"{report}-failed", report=report, template=report.partition("-")[0], key="k"))
    ledger.end(replace(run, state=state, message=message, ended=NOW.isoformat().replace("+00:00", "Z")))


def words(out: Path, **about: object) -> str:
    page = write_index(out, now=NOW, **about).read_text(encoding="utf-8")  # type: ignore[arg-type]
    text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.S)
    return re.sub(r"[\s\u00a0\u202f]+", " ", text)


def test_a_report_is_listed_with_its_age_its_data_and_the_formats_that_are_there(tmp_path: Path) -> None:
    publish(tmp_path, "panorama", title="Un continuum", days=3.5)
    (tmp_path / "panorama.pdf").write_bytes(b"%PDF")
    said = words(tmp_path)
    assert "Un continuum" in said
    assert "Panorama · produit le 21 novembre 2026 (3 jours avant cette page) · données au 10 avril 2026" in said
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'href="(panorama[^"]*)"', html) == ["panorama.html", "panorama.html", "panorama.pdf"]
    assert "Rapports publiés : 1 ; à refaire ou à vérifier : 0 ; dernières exécutions en échec : 0." in said


def test_what_is_out_of_date_says_why(tmp_path: Path) -> None:
    publish(tmp_path, "quality", study="old", days=40)
    publish(tmp_path, "panorama", study="new", days=1)
    publish(tmp_path, "company-1", study="new", days=2)
    (tmp_path / "company-1.html").write_text("<title>Autre chose</title>", encoding="utf-8")
    said = words(tmp_path, settings=Settings(max_age_days=30))
    assert "il repose sur une autre étude (old) que le rapport le plus récent" in said
    assert "il a 40 jours, plus que les 30 admis" in said
    assert "le fichier n'est plus celui qui a été publié" in said.replace("&#39;", "'")
    assert "à refaire ou à vérifier : 2" in said
    assert "plus que les 30 admis" in words(tmp_path), "settings are kept for the next time"
    assert "une autre étude (new)" in words(tmp_path, study="newer")


def test_a_run_that_failed_is_named_and_its_message_is_not(tmp_path: Path) -> None:
    publish(tmp_path, "panorama", title="Un continuum", days=1)
    fail(tmp_path, "panorama", "timeout", "panorama in /home/jeanne/secret took more than 900 s")
    fail(tmp_path, "quality", "failed", "quality.ipynb stopped in cell 4: /home/jeanne")
    said = words(tmp_path)
    assert "panorama : durée maximale dépassée, le 24 novembre 2026. La page publiée avant" in said
    assert "quality : le rapport n" in said
    assert "Aucune page n" in said
    assert "Un continuum" in said, "the last good page stays listed"
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "jeanne" not in html
    assert str(tmp_path) not in html


def test_a_report_that_abstains_says_so_and_a_hostile_title_stays_text(tmp_path: Path) -> None:
    publish(tmp_path, "segment-x", title="<script>alert(1)</script> & co", state="abstained")
    write_index(tmp_path, now=NOW)
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "abstient" in html
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; co" in html


def test_periods_are_listed_the_newest_first_with_links_into_their_folders(tmp_path: Path) -> None:
    for week in ("2026-W46", "2026-W47"):
        publish(tmp_path / week, "panorama", title=f"Semaine {week}")
    html = write_index(tmp_path, Settings("en"), now=NOW).read_text(encoding="utf-8")
    links = re.findall(r'<h3 lang="fr"><a href="([^"]+)"', html)
    assert links == ["2026-W47/panorama.html", "2026-W46/panorama.html"]


def test_the_page_is_whole_accessible_and_asks_for_nothing(tmp_path: Path) -> None:
    publish(tmp_path, "quality")
    html = write_index(tmp_path, now=NOW).read_text(encoding="utf-8")
    assert html.startswith('<!DOCTYPE html>\n<html lang="fr">')
    assert "default-src 'none'" in html
    assert re.findall(r"<h([1-6])", html) == ["1", "2", "3"]
    assert sorted(path.name for path in tmp_path.glob("[!.]*")) == ["index.html", "quality.html"], "nothing is left"


def test_a_folder_where_nothing_was_made_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no report was ever made"):
        write_index(tmp_path)


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    publish(tmp_path, "quality", days=2)
    result = CliRunner().invoke(main, ["index", str(tmp_path), "--language", "en", "--max-age", "1"])
    assert result.exit_code == 0, result.output
    assert "The reports of this folder" in (tmp_path / "index.html").read_text(encoding="utf-8")
