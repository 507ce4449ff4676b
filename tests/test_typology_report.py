"""What the panorama says of the typology: the verdict first, then how sure, what, and what it goes with."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from cdo_analysis.datasets import draw_survey, make_population, write_export
from cdo_analysis.errors import InputError
from cdo_analysis.exhibits import company, panorama, view
from cdo_analysis.exhibits.panorama.portrait import active_items
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.pipeline import fit, read_names
from cdo_analysis.pipeline.names import COLUMNS, judge_names
from cdo_analysis.study import Study

NAMES = Path(__file__).resolve().parents[1] / "data" / "names" / "wirs.toml"
BOOK = Path(__file__).with_name("wirs.toml")


@pytest.fixture(scope="session")
def wirs(reference_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The study of 1,005 real establishments, by a codebook alone, with names for two of its profiles."""
    export = reference_data / "wirs-firms-ltm" / "WIRS.csv"
    return fit(export, BOOK, tmp_path_factory.mktemp("wirs") / "study", names=NAMES)


def everything(seen: View) -> str:
    """Return all that the pieces on the typology say, tables and cards included."""
    makers = (
        panorama.cover,
        panorama.profile_cards,
        panorama.grouping,
        panorama.solutions,
        panorama.confidence,
        panorama.methods_agreement,
        panorama.residuals,
        panorama.profiles_by_dimension,
        panorama.variables,
        panorama.marked_answers,
        panorama.separating_practices,
        panorama.typical_member,
    )
    pieces = [piece for piece in (make(seen) for make in makers) if piece is not None]
    return "\n".join(piece.to_html() for piece in pieces)


@pytest.mark.parametrize(
    ("language", "verdict", "slices"),
    [("fr", "ne pas nommer de profils", "tranches commodes"), ("en", "do not name", "slices")],
)
def test_a_continuum_is_said_on_the_cover_on_the_cards_and_at_the_head_of_the_section(
    sample_study: Study, language: str, verdict: str, slices: str
) -> None:
    seen = view(sample_study, language=language)
    assert sample_study.info["profiles"]["verdict"] == "continuum"
    for piece in (panorama.cover(seen), panorama.profile_cards(seen), panorama.grouping(seen)):
        assert piece is not None
        assert verdict in " ".join(piece.paragraphs)
        assert slices in " ".join(piece.paragraphs)
        assert "continuum" in piece.title


def test_the_levels_of_a_continuum_are_never_called_profiles(sample_study: Study) -> None:
    seen = view(sample_study)
    one = str(sample_study.table("scores").index[0])
    shown = [panorama.arrangements_by_profile(seen), panorama.portfolio(seen, "profile"), company.profile(seen, one)]
    shown += [panorama.profiles_by(seen, "size_category"), panorama.relations(seen, "arrangement")]
    for piece in shown:
        assert piece is not None
        assert "niveau" in piece.title.lower()
        assert "Profil" not in piece.to_html()
    assert "Profil\u00a0" not in everything(seen)


def test_the_table_of_numbers_has_a_column_each_from_one_to_seven(sample_study: Study) -> None:
    piece = panorama.solutions(view(sample_study))
    assert piece is not None
    assert piece.table is not None
    assert [number[0] for number in piece.table.header[1:]] == list("1234567")
    measures = {row[0] for row in piece.table.rows}
    assert {"AIC", "BIC", "saBIC", "CAIC", "Entropie relative", "Moitiés (Rand ajusté)", "Gap"} <= measures
    assert any("k classes contre k − 1, pour chaque k" in text for text in piece.paragraphs)
    assert any("sans les poids" in text for text in piece.paragraphs)
    filled = {row[0]: row[1:] for row in piece.table.rows}
    assert filled["p du test (sans poids)"][:2] == ["-", "0,025"]
    for name in ("p du test (sans poids)", "Jaccard moyen", "Jaccard de la moins stable"):
        assert "-" not in filled[name][1:], "each number of classes is tested, and its stability measured"


def test_small_cells_of_the_portrait_are_hidden(sample_study: Study) -> None:
    seen = view(sample_study)
    labels = sample_study.column("profile_assignment", "profile")
    piece = panorama.marked_answers(seen)
    assert piece is not None
    assert piece.table is not None
    counts = [int(row[2].removesuffix(" (u)")) for row in piece.table.rows]
    assert min(count for count in counts if count) >= seen.profile.count
    smallest = min(pd.crosstab(labels, seen.responses[name]).min().min() for name in active_items(seen))
    assert smallest < seen.profile.count, "there is something to hide"


def test_nobody_or_enough_companies_give_all_the_typical_answers(sample_study: Study) -> None:
    seen = view(sample_study)
    piece = panorama.typical_member(seen)
    assert piece is not None
    assert piece.table is not None
    labels = sample_study.column("profile_assignment", "profile")
    questions = {seen.book[name].question.fr: name for name in active_items(seen)}
    for place in range(len(piece.table.header) - 1):
        alike = labels.eq(place)
        for row in piece.table.rows:
            if row[place + 1] != "c":
                item = seen.book[questions[row[0]]]
                label = row[place + 1].rpartition(" (")[0]
                code = next(answer.code for answer in item.answers if answer.label.fr == label)
                alike &= seen.responses[item.name].eq(code)
        assert alike.sum() == 0 or alike.sum() >= seen.profile.count


def test_the_outcome_is_shown_with_and_without_correction(sample_study: Study) -> None:
    piece = panorama.relations(view(sample_study, language="en"), "outcome")
    assert piece is not None
    assert piece.table is not None
    assert list(piece.table.header[1:]) == ["Most probable placement", "BCH", "Maximum likelihood"]
    modal, bch = ([float(row[c].split(" ")[0]) for row in piece.table.rows] for c in (1, 2))
    assert bch[-1] - bch[0] > modal[-1] - modal[0], "modal assignment brings the means together"


def test_the_checklist_has_no_english_in_french_and_the_same_points_in_both(sample_study: Study) -> None:
    tables = {}
    for language in ("fr", "en"):
        piece = panorama.checklist(view(sample_study, language=language))
        assert piece is not None
        assert piece.table is not None
        tables[language] = piece.table.rows
    assert len(tables["fr"]) == len(tables["en"])
    english = re.compile(r"\b(the|of|none|yes|no|asked|classes? compared|respondents|weights|samples?|lowest)\b", re.I)
    french = [" ".join(row) for row in tables["fr"]]
    assert [row for row in french if english.search(row)] == []
    assert sum(bool(english.search(" ".join(row))) for row in tables["en"]) > 10, "the words sought are English ones"
    answers = {row[1]: row[2] for row in tables["fr"]}
    assert answers["Préenregistrement"] == "À remplir par l'analyste"
    assert answers["Poids de sondage"].startswith("Pseudo-maximum de vraisemblance")
    assert "39" in answers["Test du rapport de vraisemblance par bootstrap"]


def test_the_checklist_is_there_and_folded(sample_study: Study) -> None:
    piece = panorama.checklist(view(sample_study))
    assert piece is not None
    assert piece.table is not None
    assert len(piece.table.rows) > 20
    assert "<details>" in piece.to_html()


@pytest.mark.reference_data
def test_real_establishments_have_three_profiles_by_a_codebook_alone(wirs: Study) -> None:
    # R, poLCA: k = 3, log-likelihood -3300.5225, BIC 6739.300, shares 0.5527, 0.2605, 0.1867.
    table = wirs.table("profile_table").set_index("k")
    assert wirs.info["profiles"]["verdict"] == "profiles"
    assert table["bic"].idxmin() == 3
    assert table.loc[3, "log_likelihood"] == pytest.approx(-3300.5225, abs=5e-4)
    assert wirs.table("profile_shares")["share_weighted"].round(3).tolist() == [0.553, 0.261, 0.187]


@pytest.mark.reference_data
@pytest.mark.parametrize(("language", "name"), [("fr", "Consultation directe"), ("en", "Direct consultation")])
def test_names_are_carried_everywhere_and_the_profile_without_one_keeps_its_number(
    wirs: Study, language: str, name: str
) -> None:
    seen = view(wirs, language=language)
    number = "Profil" if language == "fr" else "Profile"
    for piece in (panorama.confidence(seen), panorama.profiles_by_dimension(seen), panorama.typical_member(seen)):
        assert piece is not None
        assert name in piece.to_html()
        assert f"{number}\u00a03" in piece.to_html()
        assert f"{number}\u00a02" not in piece.to_html()
    assert any(card.title.startswith(name) for card in panorama.profile_cards(seen).cards)
    shown = company.profile(seen, str(wirs.table("scores").index[0]))
    assert shown is not None
    assert ("Peu de consultation" if language == "fr" else "Little consultation") in shown.to_html()


@pytest.mark.reference_data
def test_a_survey_without_arrangement_relates_its_profiles_to_nothing_and_still_shows_the_rest(wirs: Study) -> None:
    seen = view(wirs, language="en")
    assert panorama.relations(seen, "outcome") is None
    assert "Test value" in everything(seen)
    assert "adjusted Rand" in everything(seen) or "Adjusted Rand" in everything(seen)


@pytest.mark.reference_data
def test_a_new_wave_keeps_the_numbers_and_the_names_of_its_reference(
    wirs: Study, reference_data: Path, tmp_path: Path
) -> None:
    table = pd.read_csv(reference_data / "wirs-firms-ltm" / "WIRS.csv")
    table.sample(900, random_state=1).to_csv(tmp_path / "wave.csv", index=False)
    wave = fit(tmp_path / "wave.csv", BOOK, tmp_path / "study", reference=wirs.folder)
    assert wave.info["profiles"]["reference"] == wirs.id
    assert wave.table("profile_matches")["reference"].tolist() == [0, 1, 2]
    assert wave.table("profile_names")[["en", "state"]].values.tolist() == [
        ["Little consultation", "shown"],
        ["Direct consultation", "shown"],
    ]


def test_names_given_to_a_continuum_are_kept_not_shown_and_said(sample_study: Study) -> None:
    names = pd.DataFrame([(0, "Prudents", "Cautious", "no_profiles")], columns=list(COLUMNS))
    seen = view(_with_names(sample_study, names))
    for piece in (panorama.profile_cards(seen), panorama.grouping(seen), panorama.confidence(seen)):
        assert piece is not None
        assert "non montrés, faute de profils\xa0: «\xa0Prudents\xa0»" in " ".join(piece.paragraphs)
    assert panorama.profile_name(seen, 0) == "Niveau\u00a01"


def test_an_unstable_profile_is_not_named_and_a_name_too_many_is_an_error() -> None:
    given = pd.DataFrame({"profile": [0, 1], "fr": ["Prudents", "Outillés"], "en": ["Cautious", "Equipped"]})
    stability = pd.DataFrame({"profile": [0, 1], "jaccard": [0.59, 0.6]})
    assert judge_names(given, stability, "profiles")["state"].tolist() == ["unstable", "shown"]
    assert judge_names(given, stability, "continuum")["state"].tolist() == ["no_profiles", "no_profiles"]
    with pytest.raises(InputError, match="a name is given to profile 3, and there are 2"):
        judge_names(given.assign(profile=[0, 2]), stability, "profiles")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("profile = 3", "holds no list of names"),
        ("[[profile]]\nnumber = 1", 'write number = 1 and name = "…"'),
        ('[[profile]]\nnumber = 0\nname = "A"', "the number that the report shows, from 1"),
        ('[[profile]]\nnumber = 1\nname = { de = "A" }', "write text, or"),
        ('[[profile]]\nnumber = 1\nname = "A"\n[[profile]]\nnumber = 1\nname = "B"', "one number twice"),
        ('[[profile]]\nnumber = 1\nname = "A"\n[[profile]]\nnumber = 2\nname = "A"', "one name twice"),
        ("[[profile", "is not valid TOML"),
    ],
)
def test_a_file_of_names_that_cannot_be_used_says_why(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "names.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_names(tmp_path / "names.toml")


def _with_names(study: Study, names: pd.DataFrame) -> Study:
    """Return the study as it would be with these names."""
    again = Study(study.folder, study.info)
    again._tables["profile_names"] = names
    return again


@pytest.mark.slow
def test_moves_between_waves_are_corrected_and_small_ones_hidden(tmp_path: Path) -> None:
    population = make_population(20_000, random_state=1)
    for wave in ("before", "after"):
        write_export(draw_survey(population, 400, random_state=1), tmp_path / f"{wave}.csv", dirty=False)
    before = fit(tmp_path / "before.csv", "cdo-2026", tmp_path / "first")
    after = fit(tmp_path / "after.csv", "cdo-2026", tmp_path / "second", reference=before.folder)
    seen = view(after, language="en", disclosure="insee")  # under prudent, a row of one answer is hidden
    piece = panorama.transitions(seen, before.folder)
    assert piece is not None
    assert piece.table is not None
    assert "keep the numbers of the earlier wave" in " ".join(piece.paragraphs)
    moves = {row[0]: row[3] for row in piece.table.rows}
    assert all(share.startswith("100%") for share in moves.values()), "the same answers: nobody moved"
    assert panorama.transitions(view(after), "") is None
