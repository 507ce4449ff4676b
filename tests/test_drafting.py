"""Codebooks drafted from structure files, and forms of a codebook: what goes out comes back."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from defusedxml import ElementTree
from openpyxl import Workbook

from cdo_analysis.cli import main
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


def lss(**tables: list[dict[str, str]]) -> str:
    """Return the text of a structure file, as LimeSurvey 3 writes one."""
    parts = [
        f"<{name}><rows>"
        + "".join("<row>" + "".join(f"<{k}>{v}</{k}>" for k, v in row.items()) + "</row>" for row in rows)
        + f"</rows></{name}>"
        for name, rows in tables.items()
    ]
    return "<document>" + "".join(parts) + "</document>"


def question(qid: str, code: str, kind: str, text: str, parent: str = "0", scale: str = "0") -> dict[str, str]:
    return {"qid": qid, "parent_qid": parent, "gid": "1", "type": kind, "title": code, "question": text,
            "question_order": qid, "language": "fr", "scale_id": scale}  # fmt: skip


def answer(qid: str, code: str, text: str, scale: str = "0") -> dict[str, str]:
    return {"qid": qid, "code": code, "answer": text, "sortorder": code[-1], "language": "fr", "scale_id": scale}


RANKED_AND_DOUBLE = lss(
    groups=[{"gid": "1"}],
    questions=[question("1", "R1", "R", "Classez"), question("2", "D1", "1", "Aujourd'hui et demain"),
               question("3", "N1", ":", "Effectifs")],
    subquestions=[question("21", "SQ001", "T", "Site", "2"), question("22", "SQ002", "T", "Données", "2"),
                  question("31", "L1", "T", "Cadres", "3"), question("32", "C1", "T", "2025", "3", "1")],
    answers=[answer("1", "A1", "Croissance"), answer("1", "A2", "Marge"), answer("1", "A3", "Emploi"),
             answer("2", "1", "Non"), answer("2", "2", "Oui"),
             answer("2", "1", "Peu", "1"), answer("2", "2", "Fort", "1")],
    question_attributes=[{"qid": "2", "attribute": "dualscale_headerA", "value": "en 2026", "language": "fr"},
                         {"qid": "1", "attribute": "max_answers", "value": "2", "language": ""}],
)  # fmt: skip


def test_rankings_and_dual_scales_of_limesurvey_are_drafted_and_their_export_is_read(tmp_path: Path) -> None:
    (tmp_path / "s.lss").write_text(RANKED_AND_DOUBLE, encoding="utf-8")
    book = drafted(from_limesurvey(tmp_path / "s.lss"))
    columns = ["R1_1", "R1_2", "D1_SQ001_1", "D1_SQ002_1", "D1_SQ001_2", "D1_SQ002_2", "N1_L1_C1"]
    assert [item.column for item in book] == columns
    assert book["r1_1"].codes == ("A1", "A2", "A3")
    assert [a.label.fr for a in book["d1_sq001_2"].answers] == ["Peu", "Fort"]  # the second scale has its own answers
    assert book["d1_sq001_1"].stem.fr == "Aujourd'hui et demain — en 2026"
    head = ["id", "lastpage", "startlanguage", "R1[1]", "R1[2]", "D1[SQ001][1]", "D1[SQ002][1]", "D1[SQ001][2]",
            "D1[SQ002][2]", "N1[L1_C1]"]  # fmt: skip
    rows = ["1,2,fr,A3,Croissance,2,Non,Fort,1,12", "2,2,fr,A1,,1,2,,Peu,3"]
    (tmp_path / "e.csv").write_text("\n".join([",".join(head), *rows]) + "\n", encoding="utf-8")
    found = read_survey(tmp_path / "e.csv", book).responses
    assert found["r1_1"].tolist() == ["A3", "A1"]
    assert found["r1_2"].iloc[0] == "A1"
    assert found[["d1_sq001_1", "d1_sq002_1", "d1_sq001_2", "d1_sq002_2"]].iloc[0].tolist() == ["2", "1", "2", "1"]
    assert found["n1_l1_c1"].tolist() == [12.0, 3.0]


def test_the_sheets_of_an_xlsform_may_be_two_files_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "survey.csv").write_text("type,name,label\nselect_one yn,site,Un site ?\n", encoding="utf-8")
    (tmp_path / "choices.csv").write_text("list_name,name,label\nyn,1,Oui\nyn,0,Non\n", encoding="utf-8")
    command = ["codebook", "from-xlsform", str(tmp_path / "survey.csv"), "--choices", str(tmp_path / "choices.csv")]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    assert drafted(result.output)["site"].codes == ("1", "0")
