"""Codebooks drafted from structure files, and forms of a codebook: what goes out comes back."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from defusedxml import ElementTree
from openpyxl import Workbook

from cdo_analysis.codebook import Codebook, Item, load_codebook, read_codebook
from cdo_analysis.drafting import from_limesurvey, from_long, from_spss, from_xlsform, to_limesurvey, to_xlsform
from cdo_analysis.errors import InputError
from cdo_analysis.intake import read_survey

BOOK = load_codebook("cdo-2026")
BY_PLATFORM = {getattr(BOOK.roles, role) for role in ("weight", "stratum", "submitted", "duration")}


def drafted(text: str) -> Codebook:
    return read_codebook(text, "draft.toml")


def asked(item: Item) -> tuple[object, ...]:
    """Return what a structure file says of an item."""
    answers = () if item.tick else tuple(answer.label for answer in item.answers)
    return item.kind == "choice", item.tick, bool(item.stem), item.question, item.stem, answers


def bare(column: str) -> str:
    return column.replace("_", "").casefold()


def test_our_questionnaire_comes_back_from_limesurvey(tmp_path: Path) -> None:
    path = tmp_path / "cdo-2026.lss"
    path.write_bytes(to_limesurvey(BOOK))
    back = {bare(item.column): item for item in drafted(from_limesurvey(path))}
    sent = {bare(item.column): item for item in BOOK if item.name not in BY_PLATFORM}
    assert set(back) == set(sent)
    assert [column for column in sent if asked(back[column]) != asked(sent[column])] == []
    for column, item in sent.items():  # codes of five letters or digits come back too; the others are numbered
        codes = {(there.code, here.code) for there, here in zip(back[column].answers, item.answers, strict=True)}
        assert all(there == here or not (len(here) <= 5 and here.isalnum()) for there, here in codes)


def test_our_questionnaire_comes_back_from_an_xlsform(tmp_path: Path) -> None:
    path = tmp_path / "cdo-2026.xlsx"
    path.write_bytes(to_xlsform(BOOK))
    back = {item.column: item for item in drafted(from_xlsform(path))}
    sent = {item.column: item for item in BOOK if item.name not in BY_PLATFORM}
    assert set(back) - {"start", "end"} == set(sent)
    routed = [item for item in sent.values() if len(item.asked_if) == 1 and not BOOK[item.asked_if[0].item].tick]
    assert routed
    for item in routed:
        there = back[item.column].asked_if
        assert [condition.codes for condition in there] == [condition.codes for condition in item.asked_if]
    choices = [column for column, item in sent.items() if item.kind == "choice"]
    assert [c for c in choices if [a.code for a in back[c].answers] != [a.code for a in sent[c].answers]] == []


def test_the_xlsform_of_our_questionnaire_compiles() -> None:
    pyxform = pytest.importorskip("pyxform.xls2xform")
    warnings: list[str] = []
    made = pyxform.convert(io.BytesIO(to_xlsform(BOOK)), warnings=warnings, file_type=".xlsx")
    form = ElementTree.fromstring(made.xform)
    assert len(list(form.iter("{http://www.w3.org/2002/xforms}select1"))) > 50
    assert "A1" in made.xform


@pytest.mark.reference_data
@pytest.mark.parametrize(
    "file", ["survey.lss", "answers.lss", "limesurvey_survey_432535.lss", "limesurvey_group_1370.lsg"]
)
def test_the_sections_and_fields_of_our_structure_file_are_those_of_genuine_ones(
    reference_data: Path, file: str
) -> None:
    genuine = ElementTree.fromstring((reference_data / "limesurvey-export" / file).read_bytes())
    ours = ElementTree.fromstring(to_limesurvey(BOOK))
    sections = {
        node.tag: {f.text for f in node.iter("fieldname")} for node in genuine if node.find("fields") is not None
    }
    for node in ours:
        if node.find("fields") is None or node.tag not in sections:
            continue
        missing = {f.text for f in node.iter("fieldname")} - sections[node.tag]
        assert missing <= {"question_theme_name", "modulename", "same_script", "encrypted", "script", "aid"}, node.tag
    assert [node.tag for node in ours][:3] == [node.tag for node in genuine][:3]


@pytest.mark.reference_data
@pytest.mark.parametrize(
    ("file", "columns"),
    [("survey.lss", ["G01Q01", "G01Q02", "G02Q04"]), ("limesurvey_survey_432535.lss", None), ("answers.lss", None),
     ("limesurvey_group_1370.lsg", None), ("group.lsg", None), ("free_text.lsq", None)],
)  # fmt: skip
def test_genuine_limesurvey_structures_are_drafted(reference_data: Path, file: str, columns: list[str] | None) -> None:
    book = drafted(from_limesurvey(reference_data / "limesurvey-export" / file))
    assert book.items
    if columns:
        assert [item.column for item in book] == columns
        assert book["g01q02"].codes == ("1", "2", "3", "4", "5")
        assert book["g01q01"].question.fr == "Text for first question"


@pytest.mark.reference_data
def test_a_genuine_xlsform_is_drafted_and_reads_its_export(reference_data: Path) -> None:
    folder = reference_data / "kobo-cleaningtools"
    text = from_xlsform(folder / "cleaningtools_survey.csv", folder / "cleaningtools_choices.csv")
    book = drafted(text)
    survey = read_survey(folder / "cleaningtools_raw_data.csv", optional(book))
    assert len(survey) == 632
    ticks = [item.name for item in book if item.tick and item.column.startswith("water_sources_")]
    assert survey.responses[ticks].eq("1").any().any()


def optional(book: Codebook) -> Codebook:
    return replace(book, items=tuple(replace(item, required=False) for item in book))


@pytest.mark.reference_data
def test_a_statistical_file_is_drafted_and_read_with_its_draft(reference_data: Path) -> None:
    path = reference_data / "spss-sav" / "Employee data.sav"
    book = drafted(from_spss(path))
    assert [answer.label.fr for answer in book["gender"].answers] == ["Female", "Male"]
    assert book["minority"].answers[-1].missing == "no_answer"
    assert book["salary"].kind == "number"
    survey = read_survey(path, book)
    assert len(survey) == 474
    assert survey.responses["gender"].value_counts().to_dict() == {"m": 258, "f": 216}  # as SPSS documents the file


def test_a_long_file_is_drafted_and_read_with_its_draft(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text(
        "id_repondant;code_unifie;libelle_unifie;libelle_reponse;poids\n"
        "a;740;Site ?;Oui;2,5\nb;740;Site ?;Non;1\na;741;Outils ?;CRM;2,5\na;741;Outils ?;ERP;2,5\n",
        encoding="utf-8",
    )
    book = drafted(from_long(path))
    assert book["q740"].codes == ("Non", "Oui")
    survey = read_survey(path, book)
    assert survey.responses["q740"].to_dict() == {"a": "Oui", "b": "Non"}
    assert survey.responses[["q741_crm", "q741_erp"]].loc["a"].tolist() == ["1", "1"]


@pytest.mark.parametrize("text", ["not xml", "<a/>", "<!DOCTYPE a [<!ENTITY b 'c'>]><document>&b;</document>"])
def test_what_is_no_structure_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "s.lss"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"s\.lss"):
        from_limesurvey(path)


def test_a_workbook_that_is_no_xlsform_is_refused(tmp_path: Path) -> None:
    book = Workbook()
    book.active.title = "survey"
    book.active.append(["a", "b"])
    book.active.append(["1", "2"])
    book.create_sheet("choices").append(["list_name", "name"])
    book["choices"].append(["x", "y"])
    book.save(tmp_path / "f.xlsx")
    with pytest.raises(InputError, match="no column 'type'"):
        from_xlsform(tmp_path / "f.xlsx")
