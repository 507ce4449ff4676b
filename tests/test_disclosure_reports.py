"""Reports one after the other: what one hides, no other may open, and what was published stays in the ledger."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from cdo_analysis.disclosure import EVERYBODY, Cell, Fact, count_of, hidden_count
from cdo_analysis.errors import DisclosureError
from cdo_analysis.exhibits import exhibit, study_view
from cdo_analysis.reports import Ledger, disclosed, report
from cdo_analysis.reports.disclosed import Published, Release
from cdo_analysis.reports.ledger import FOLDER
from cdo_analysis.study import Study

TRADE = Cell.of(sector="trade")
LED = {name: Cell.of(sector="trade", led=name) for name in ("boss", "adviser", "interim")}
PANORAMA = (
    count_of("panorama/led", EVERYBODY, 90),
    count_of("panorama/led", TRADE, 40),
    count_of("panorama/led", LED["boss"], 30),
    hidden_count("panorama/led", LED["adviser"]),
    hidden_count("panorama/led", LED["interim"]),
)
SEGMENT = (
    count_of("segment/led", Cell.of(sector="trade", led=("boss", "adviser", "interim")), 40),
    count_of("segment/led", LED["adviser"], 7),
)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    Ledger(tmp_path / "out")
    return tmp_path / "out"


def _release(report: str, facts: tuple[Fact, ...], *, wave: str = "w1", reader: str = "") -> Release:
    return Release(wave, report, f"run-{report}", reader, "prudent", facts)


def test_a_report_that_opens_what_another_hides_is_refused_and_both_are_named(out: Path) -> None:
    published = Published(out)
    published.admit(_release("panorama", PANORAMA))
    with pytest.raises(DisclosureError) as refused:
        published.admit(_release("segment", SEGMENT))
    said = str(refused.value)
    assert "[led = interim, sector = trade] has 3 companies" in said
    assert "panorama/led" in said
    assert "segment/led" in said


def test_whichever_comes_first_is_published(out: Path) -> None:
    published = Published(out)
    published.admit(_release("segment", SEGMENT))
    with pytest.raises(DisclosureError, match="panorama would show"):
        published.admit(_release("panorama", PANORAMA))


def test_what_is_refused_does_not_count_as_published(out: Path) -> None:
    published = Published(out)
    published.admit(_release("panorama", PANORAMA))
    with pytest.raises(DisclosureError):
        published.admit(_release("segment", SEGMENT))
    other = (count_of("segment/led", LED["interim"], 3 + 2),)
    with pytest.raises(DisclosureError, match=r"contradict|interim"):
        published.admit(_release("segment", (*SEGMENT, *other)))
    assert published.admit(_release("panorama", PANORAMA))["new"] == 0, "the same cells need no second audit"


def test_another_wave_is_another_matter(out: Path) -> None:
    published = Published(out)
    published.admit(_release("panorama", PANORAMA))
    assert published.admit(_release("segment", SEGMENT, wave="w2"))["facts"] == 2


def test_a_company_report_is_audited_with_what_is_public_and_not_with_those_of_others(out: Path) -> None:
    published = Published(out)
    published.admit(_release("company-1", SEGMENT[1:], reader="company-1"))
    published.admit(_release("panorama", PANORAMA))
    with pytest.raises(DisclosureError, match="company-2"):
        published.admit(_release("company-2", SEGMENT, reader="company-2"))


def test_reports_of_earlier_periods_count(out: Path) -> None:
    for period in ("2026-W47", "2026-W48"):
        Ledger(out / period)
    Published(out / "2026-W47").admit(_release("panorama", PANORAMA))
    with pytest.raises(DisclosureError, match="panorama/led"):
        Published(out / "2026-W48").admit(_release("segment", SEGMENT))


def _template(folder: Path, name: str, *cells: str) -> str:
    top = 'study: str = "sample"\ndisclosure: str = "prudent"'
    opened = "view = cdo.view(cdo.open_study(study), disclosure=disclosure)"
    code = ["import cdo_analysis as cdo", top, opened, "view.cover('Un titre', '', ['Des mots.'])", *cells]
    made = [new_code_cell(text) for text in code]
    made[1]["metadata"] = {"tags": ["parameters"]}
    path = folder / f"{name}.ipynb"
    spec = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    nbformat.write(new_notebook(cells=made, metadata=spec), path)
    return str(path)


@pytest.mark.slow
def test_a_blocked_run_exits_with_4_and_leaves_the_last_good_report(sample_study: Study, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = _template(tmp_path, "first", "cdo.panorama.arrangements_today(view)")
    second = _template(tmp_path, "second", "1 + 1")
    report(sample_study, first, out=out)
    good = report(sample_study, second, out=out).html.read_bytes()
    opening = (
        "from cdo_analysis.disclosure import Cell\n"
        "from cdo_analysis.exhibits import published\n"
        "options = [Cell.of(today=name) for name in ('internal',)]\n"
        "view.exhibit('more', 'Une option', paragraphs=['14'], published=published.counted(view, options))"
    )
    _template(tmp_path, "second", opening)
    with pytest.raises(DisclosureError, match=r"today = internal_with_experts\] has 3 companies") as refused:
        report(sample_study, second, out=out)
    assert refused.value.exit_code == 4
    assert "first/arrangements" in str(refused.value)
    assert (out / "second.html").read_bytes() == good
    run = Ledger(out).last("second")["second"]
    assert run.state == "blocked_by_disclosure"
    manifest = json.loads((out / FOLDER / "first.json").read_text(encoding="utf-8"))
    assert manifest["result"]["disclosure"]["hidden"] == 2


@pytest.mark.slow
def test_what_is_published_holds_no_trace_of_the_audit(sample_study: Study, tmp_path: Path) -> None:
    made = report(
        sample_study, _template(tmp_path, "one", "cdo.panorama.arrangements_today(view)"), out=tmp_path / "out"
    )
    for path in (made.html, made.notebook):
        assert "cdo_analysis_published" not in path.read_text(encoding="utf-8")


@pytest.mark.slow
def test_tables_that_open_a_cell_together_hide_more_until_they_do_not(sample_study: Study, tmp_path: Path) -> None:
    """The profiles of the options of one size, by size and by option: a cell too few is hidden on a second pass."""
    cells = (
        "from cdo_analysis.exhibits import published\nfrom cdo_analysis.exhibits.panorama.profiles import divided\n"
        "from cdo_analysis.tables import share_by_category",
        "table = share_by_category(view.study.column('arrangements', 'today'), view.design,"
        " order=view.arrangements.ids, profile=view.profile)\n"
        "table = published.withhold(view, table, 'today')\n"
        "facts = published.counted(view, *published.divided_by(view, table, 'today'))\n"
        "facts += published.counted(view, [published.known(view, 'today')])\n"
        "view.exhibit('options', 'Options', published=facts)",
        "cdo.panorama.arrangements_by_profile(view)",
    )
    made = report(sample_study, _template(tmp_path, "twice", *cells), out=tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / FOLDER / "twice.json").read_text(encoding="utf-8"))
    assert manifest["state"] == "succeeded"
    page = made.html.read_text(encoding="utf-8")
    assert '<td class="number">c</td>' in page


def test_both_sides_of_a_run_call_things_by_the_same_names() -> None:
    assert disclosed.WITHHELD == study_view.WITHHELD
    assert disclosed.PUBLISHED == exhibit.PUBLISHED
