"""The published examples: what the code makes now, of nobody, without a path."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from cdo_analysis.exhibits import Exhibit, company, panorama, quality, segment, view
from cdo_analysis.reports import report
from cdo_analysis.study import Study

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES, PICTURES = ROOT / "reports" / "example", ROOT / "docs" / "pictures"
COMPANY = "001075217"
PAGES = ("quality", "panorama", "segment-eti", f"company-{COMPANY}")


def plain(text: str) -> str:
    """Return the words of a page or of a sentence, without its pictures, its style and the id of the study."""
    text = re.sub(r"<style>.*?</style>|<head>.*?</head>", " ", text, flags=re.S)
    text = html.unescape(re.sub(r"<[^>]+>", " ", text))
    return re.sub(r"[\s\u00a0\u202f]+", " ", re.sub(r"Étude [0-9a-f]{12}|étude [0-9a-f]{12}", "", text)).strip()


def covers(study: Study) -> dict[str, Exhibit]:
    seen = view(study)
    return {
        "quality": quality.cover(seen),
        "panorama": panorama.cover(seen),
        "segment-eti": segment.cover(seen, segment.choose(seen, size="eti")),
        f"company-{COMPANY}": company.cover(seen, COMPANY),
    }


def test_the_head_of_each_example_says_what_the_code_says_now(sample_study: Study) -> None:
    """A failure here asks for `make example` (and `make pictures`)."""
    for name, cover in covers(sample_study).items():
        page = plain((EXAMPLES / f"{name}.html").read_text(encoding="utf-8"))
        missing = [text for text in (cover.title, *cover.paragraphs) if plain(html.escape(text)) not in page]
        assert missing == [], f"{name}.html is not what the code makes: run make example"


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_each_example_has_the_words_and_numbers_that_the_code_makes_now(
    sample_study: Study, tmp_path: Path, name: str
) -> None:
    about = {"segment-eti": {"parameters": {"size": "eti"}}, f"company-{COMPANY}": {"company": COMPANY}}.get(name, {})
    made = report(sample_study, name.partition("-")[0], out=tmp_path, **about).html.read_text(encoding="utf-8")
    assert plain((EXAMPLES / f"{name}.html").read_text(encoding="utf-8")) == plain(made), "run make example"


@pytest.mark.parametrize("name", PAGES)
def test_an_example_says_that_it_is_synthetic_and_holds_no_path(name: str) -> None:
    page = (EXAMPLES / f"{name}.html").read_text(encoding="utf-8")
    assert "Données synthétiques" in page
    assert len(page) < (600_000 if name.startswith("company") else 1_500_000)
    assert re.findall(r"/(?:home|root|work|tmp|Users)/[\w-]+", re.sub(r"base64,[^\"]+", "", page)) == []


def test_the_readme_names_every_example_and_the_documentation_every_picture() -> None:
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    there = sorted(path.name for path in EXAMPLES.iterdir() if path.name != "README.md")
    assert [name for name in there if f"`{name}`" not in listed] == []
    assert {f"{name}.html" for name in PAGES} | {"fiche-entretien.docx"} <= set(there)
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")]
    shown = {name for page in pages for name in re.findall(r"\(pictures/([\w-]+\.png)\)", page)}
    assert sorted(shown) == sorted(path.name for path in PICTURES.iterdir())
    assert all(path.stat().st_size <= 150_000 for path in PICTURES.iterdir())
