"""One company's answers: read by code or by label, from TOML or XLSX, with every fault told at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from cdo_analysis.codebook import Codebook, load_codebook
from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.intake import Firm, read_firm
from cdo_analysis.reports.form import write_form

EXAMPLES = sorted((Path(__file__).resolve().parents[1] / "data" / "examples").glob("*.toml"))
MEETING = "cdo-2026-meeting"


def read(tmp_path: Path, answers: str, *, head: str = f'codebook = "{MEETING}"') -> Firm:
    path = tmp_path / "firm.toml"
    path.write_text(f"{head}\n[answers]\n{answers}", encoding="utf-8")
    return read_firm(path)


def fault_of(tmp_path: Path, answers: str) -> str:
    with pytest.raises(InputError) as told:
        read(tmp_path, answers)
    return str(told.value)


def fill(path: Path, answers: dict[str, object]) -> None:
    """Write answers beside their codes, as a consultant would in the sheet."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    for row in sheet.iter_rows(min_row=5):
        if row[3].value in answers:
            row[1].value = answers[row[3].value]
    book.save(path)


# --- answers as people write them ---------------------------------------------------------------------------------


def test_codes_labels_and_french_numbers_are_read(tmp_path: Path) -> None:
    firm = read(
        tmp_path,
        'sector = "batiment, TRAVAUX publics"\nheadcount = "45 salariés"\ncdo_budget_keur = "30 k€"\n'
        'leader_hours_week = "3,5"\narrangement = "boss_led"\nprovider_trust = 4\nsubmitted_at = 2026-11-20\n'
        'company_name = "Durand & Fils"\nsiren = "732 829 320"\n',
    )
    read_as = {
        "sector": "construction", "headcount": 45.0, "cdo_budget_keur": 30.0, "leader_hours_week": 3.5,
        "arrangement": "boss_led", "provider_trust": "4",
    }  # fmt: skip
    assert {name: firm.answer(name) for name in read_as} == read_as
    assert (firm.id, firm.name, firm.day) == ("732829320", "Durand & Fils", date(2026, 11, 20))


def test_a_list_ticks_its_options_by_code_or_label_and_unticks_the_others(tmp_path: Path) -> None:
    firm = read(tmp_path, 'needed_expertise = ["need_seo", "donnees et intelligence artificielle"]')
    ticked = [item.name for item in firm.codebook if item.tick and firm.answer(item.name) == "1"]
    assert ticked == ["need_seo", "need_data"]
    assert firm.answer("need_ux") == "0"


@pytest.mark.parametrize("written", ["", "needed_expertise = []", 'goal_first = ""', 'sector = "  "'])
def test_what_is_left_empty_is_missing_and_allowed(tmp_path: Path, written: str) -> None:
    firm = read(tmp_path, written)
    assert firm.responses.drop(columns="size_category").isna().all(axis=None)
    assert set(firm.missing.iloc[0].dropna()) == {"no_answer"}
    assert (firm.id, firm.name, firm.day) == ("outside", "", None)


def test_what_was_refused_is_kept_apart_from_what_was_left_empty(tmp_path: Path) -> None:
    firm = read(tmp_path, 'provider_trust = "Je préfère ne pas répondre"\nentrant_pressure = "98"')
    assert firm.missing[["provider_trust", "entrant_pressure", "roadmap"]].iloc[0].tolist() == [
        "refused",
        "dont_know",
        "no_answer",
    ]


def test_a_hostile_name_is_kept_as_it_was_written(tmp_path: Path) -> None:
    name = "=cmd|'/c calc'!A1 <script>{{7*7}}"
    assert read(tmp_path, f'company_name = "{name}"').name == name


# --- faults -------------------------------------------------------------------------------------------------------


def test_all_faults_are_told_in_one_error_with_the_way_out(tmp_path: Path) -> None:
    said = fault_of(
        tmp_path,
        'sectr = "industry"\nheadcount = "10 à 20"\ngoal_first = "rire"\nweb_team_fte = true\nsiren = "123"\n'
        'needed_expertise = ["need_seo", "cuisine", "need_none"]\ncdo_budget_keur = "1,250"\nroadmap = { a = 1 }\n',
    )
    assert "firm.toml has 9 answers that cannot be used" in said
    for part in (
        "'sectr' is no question of cdo-2026-meeting; did you mean 'sector'",
        "'10 à 20' is a range where a number is asked; write one number",
        "'rire' is no answer of 'goal_first': neither a code nor a label; write one of growth, productivity",
        "'oui' is not a number",
        "'123' is not a SIREN",
        "'cuisine' is none of its options",
        "'need_none' is ticked together with need_seo",
        "'1,250' can be a thousand or a decimal",
        "'roadmap' is a table, not an answer",
    ):
        assert part in said
    assert said.endswith("Mend or empty them, and run again.")


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ("headcount = 12\nEFFECTIF = 13", "'EFFECTIF' is answered twice"),
        ("goal_first = ['growth']", "'goal_first' is a list, and the question takes one answer"),
        ("need_seo = true\nneeded_expertise = ['need_seo']", "'need_seo' is answered twice"),
        ("cdo_budget_keur = 1e9", "is outside 0 to 2000"),
        ("submitted_at = '31/31/2026'", "is not a date"),
    ],
)
def test_a_fault_says_what_came_and_what_was_expected(tmp_path: Path, answers: str, said: str) -> None:
    assert said in fault_of(tmp_path, answers)


def test_answers_to_another_questionnaire_are_said_to_be_so(tmp_path: Path) -> None:
    assert "Is 'cdo-2026-meeting' the questionnaire that was answered?" in fault_of(
        tmp_path, "itcomp1 = 3\nitcomp2 = 4"
    )


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"", InputError, "is empty"),
        (b"[answers]\nheadcount = 3\n", UsageError, "does not say which questionnaire it answers"),
        (b'codebook = "cdo-2026-meeting"\n', InputError, "needs codebook"),
        (b'codebook = "cdo-2026-meeting"\nheadcount = 3\n[answers]\n', InputError, "outside the table [answers]"),
        (b"[answers]\nsector = Industrie\n", InputError, "is not valid TOML"),
        (b"[answers]\nsector = '\xe9'\n", InputError, "neither an Excel file nor UTF-8 text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", InputError, "old or password-protected"),
        (b"PK\x03\x04 truncated", InputError, "truncated or damaged"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(
    tmp_path: Path, content: bytes, error: type[Exception], said: str
) -> None:
    path = tmp_path / "firm.toml"
    path.write_bytes(content)
    with pytest.raises(error, match=said.replace("[", r"\[")):
        read_firm(path)


def test_a_file_that_names_another_codebook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "firm.toml"
    path.write_text('codebook = "cdo-2026"\n[answers]\nheadcount = 3\n', encoding="utf-8")
    with pytest.raises(UsageError, match="says that it answers 'cdo-2026'"):
        read_firm(path, MEETING)


def test_a_file_from_elsewhere_cannot_name_a_file_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "secret.toml").write_text("id = 'secret'", encoding="utf-8")
    with pytest.raises(UsageError, match="does not come with the package; give its file with --codebook PATH"):
        read(tmp_path, "headcount = 3", head=f'codebook = "{(tmp_path / "secret.toml").as_posix()}"')


def test_a_questionnaire_of_your_own_is_given_with_the_file(tmp_path: Path) -> None:
    book = load_codebook("itflex-csem")
    own = tmp_path / "own.toml"
    own.write_text(book.source.replace('id = "itflex-csem"', 'id = "own"', 1), encoding="utf-8")
    form = write_form(own, tmp_path / "form.xlsx")
    fill(form, {book.items[0].name: "4"})
    assert read_firm(form, own).answer(book.items[0].name) == "4"


# --- forms --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codebook", [MEETING, "cdo-2026-short", "cdo-2026"])
@pytest.mark.parametrize("kind", ["xlsx", "toml"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_empty_form_is_read_back_as_empty(tmp_path: Path, codebook: str, kind: str, language: str) -> None:
    firm = read_firm(write_form(codebook, tmp_path / f"form.{kind}", language=language))
    assert firm.codebook.id == codebook
    assert firm.responses.isna().all(axis=None)


def _labels(book: Codebook, firm: Firm, language: str) -> dict[str, object]:
    """Return the answers of a company as the labels of the drop-down lists, numbers as numbers."""
    written: dict[str, object] = {}
    for item in book:
        value = firm.answer(item.name)
        if isinstance(value, pd.Timestamp):
            written[item.name] = value.to_pydatetime()
        elif isinstance(value, str) and item.kind == "choice":
            written[item.name] = item.label_of(value, "en" if language == "en" else "fr")
        elif value is not None:
            written[item.name] = value
    return written


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_sheet_of_a_form_filled_with_labels_says_what_the_toml_says(
    tmp_path: Path, path: Path, language: str
) -> None:
    firm = read_firm(path)
    sheet = write_form(firm.codebook, tmp_path / "form.xlsx", language=language)
    fill(sheet, _labels(firm.codebook, firm, language))
    pd.testing.assert_frame_equal(read_firm(sheet).responses, firm.responses)


def test_a_question_is_found_by_its_wording_where_the_codes_were_removed(tmp_path: Path) -> None:
    sheet = write_form(MEETING, tmp_path / "form.xlsx")
    fill(sheet, {"headcount": 45, "goal_first": "Augmenter les ventes"})
    book = openpyxl.load_workbook(sheet)
    book.worksheets[0].delete_cols(4)
    book.save(sheet)
    firm = read_firm(sheet, MEETING)
    assert (firm.answer("headcount"), firm.answer("goal_first")) == (45.0, "growth")


def test_the_faults_of_a_sheet_name_their_rows(tmp_path: Path) -> None:
    sheet = write_form(MEETING, tmp_path / "form.xlsx")
    fill(sheet, {"headcount": "beaucoup"})
    with pytest.raises(InputError, match=r"'headcount' \(row \d+\): 'beaucoup' is not a number"):
        read_firm(sheet)


def test_a_form_offers_the_answers_of_a_choice_and_explains_itself(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_form(MEETING, tmp_path / "form.xlsx"))
    assert [sheet.title for sheet in book.worksheets] == ["Réponses", "Mode d'emploi", "Listes"]
    assert book["Listes"].sheet_state == "hidden"
    offered = {str(v.sqref): v.formula1 for v in book["Réponses"].data_validations.dataValidation}
    row = next(row[0].row for row in book["Réponses"].iter_rows(min_row=5) if row[3].value == "goal_first")
    letter = offered[f"B{row}"].split("$")[1]
    listed = [cell.value for cell in book["Listes"][letter] if cell.value]
    assert listed == [answer.label.fr for answer in load_codebook(MEETING)["goal_first"].answers]


@pytest.mark.parametrize("kind", ["xlsx", "toml"])
def test_the_same_form_has_the_same_bytes(tmp_path: Path, kind: str) -> None:
    first, second = (write_form(MEETING, tmp_path / f"form.{kind}").read_bytes() for _ in range(2))
    assert first == second


def test_a_form_that_is_neither_a_sheet_nor_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"end --output in \.xlsx or \.toml"):
        write_form(MEETING, tmp_path / "form.pdf")
    assert not list(tmp_path.iterdir())


def test_ten_very_different_companies_are_read(tmp_path: Path) -> None:
    firms = [read_firm(path) for path in EXAMPLES]
    assert len(firms) == 10
    assert len({firm.name for firm in firms}) == 10
    assert {firm.codebook.id for firm in firms} == {MEETING, "cdo-2026-short", "cdo-2026"}
