"""No number of respondents reaches a page without a fact that says whose number it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdo_analysis.disclosure import Fact, audit, disclosure_profile
from cdo_analysis.exhibits import View, company, panorama, quality, view
from cdo_analysis.exhibits.exhibit import Exhibit
from cdo_analysis.intake import read_firm
from cdo_analysis.pipeline import with_firm
from cdo_analysis.study import Study

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
FIRM = "001075217"

NOT_RESPONDENTS = {
    "solutions": "each column is another number of classes, fitted for the choice of one",
    "choice-quality": "a row counts predictions, one an option and a respondent",
    "issues": "problems of the file, not respondents",
    "observed": "the nearest thirty are those of one company, and no group",
}


def _pieces(seen: View, template: str) -> Iterator[Exhibit]:
    """Yield the pieces of a report, in the order of its notebook."""
    names = {"panorama": panorama, "quality": quality, "company": company}
    for cell in json.loads((NOTEBOOKS / f"{template}.ipynb").read_text(encoding="utf-8"))["cells"]:
        call = re.fullmatch(r"cdo\.(\w+)\.(\w+)\(view(?:, (.+))?\)", "".join(cell["source"]).strip())
        if call is None or call[2] in ("change", "transitions"):
            continue
        given = {None: (), "company": (FIRM,)}.get(call[3]) if call[3] in (None, "company") else (eval(call[3]),)
        piece = getattr(names[call[1]], call[2])(seen, *(given or ()))
        if piece is not None:
            yield piece


def _printed(piece: Exhibit) -> Iterator[int]:
    """Yield the numbers of respondents that a piece prints: under "n", and as "n = …" in captions and sentences."""
    words = " ".join([*piece.paragraphs, *piece.bullets, piece.alt, *(text for _, text in piece.notes)])
    words += " ".join(line for card in piece.cards for line in card.lines)
    for found in re.findall(r"n = ([\d\u202f]+)", words):
        yield int(found.replace("\u202f", ""))
    if piece.table is None or "n" not in piece.table.header:
        return
    column = list(piece.table.header).index("n")
    for row in piece.table.rows:
        digits = re.sub(r"\D", "", row[column].partition("(")[0])
        if digits:
            yield int(digits)


@pytest.mark.parametrize("template", ["panorama", "quality", "company"])
def test_every_printed_number_of_respondents_is_a_fact(sample_study: Study, template: str) -> None:
    checked = 0
    for piece in _pieces(view(sample_study), template):
        if piece.id in NOT_RESPONDENTS:
            continue
        known = {fact.low for fact in piece.published if fact.measure == "count"}
        # Peers leave the company out; its fact puts it back.
        known |= {low - 1 for low in known if low is not None} if template == "company" else set()
        missing = [n for n in _printed(piece) if n not in known and n != len(sample_study.table("scores"))]
        assert not missing, f"{template}/{piece.id} prints {missing} and no fact says of whom"
        checked += len(list(_printed(piece)))
    assert checked > 5


@pytest.mark.parametrize("profile", ["insee", "opensafely"])
def test_the_public_reports_open_nothing_under_the_other_profiles_either(sample_study: Study, profile: str) -> None:
    seen = view(sample_study, disclosure=profile)
    facts: list[Fact] = [f for name in ("panorama", "quality") for p in _pieces(seen, name) for f in p.published]
    assert audit(facts, disclosure_profile(profile)).openings == ()


def test_opensafely_prints_multiples_of_five_alone(sample_study: Study) -> None:
    seen = view(sample_study, disclosure="opensafely")
    printed = [n for p in _pieces(seen, "panorama") if p.id not in NOT_RESPONDENTS for n in _printed(p)]
    assert printed
    assert {n % 5 for n in printed} == {0}


def test_a_company_from_outside_is_not_counted_among_the_respondents(sample_study: Study) -> None:
    """Its report goes with the public ones: were it counted, the two would contradict each other."""
    firm = read_firm(NOTEBOOKS.parent / "data" / "examples" / "03-eti-logistique.toml")
    seen = view(with_firm(sample_study, firm))
    own = company.dimensions(seen, seen.study.outsider)
    assert own is not None
    public = quality.representation(view(sample_study))
    assert audit([*own.published, *public.published], disclosure_profile("prudent")).openings == ()
