"""Personal data: found, set apart, hidden, hashed with a key, forgotten."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyreadstat
import pytest
from click.testing import CliRunner

from cdo_analysis.cli import main
from cdo_analysis.codebook import load_codebook, read_codebook
from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.intake import forget_in_export, pseudonymise, read_survey, read_table
from cdo_analysis.intake.names import find_names
from cdo_analysis.intake.personal import find_personal, hide_personal
from cdo_analysis.reports.reissue import find_published
from cdo_analysis.resources import sample_dir

BOOK = read_codebook(
    """
id = "t"
title = "Essai"
respondent = "siren"
[roles]
company_name = "name"
[[item]]
name = "siren"
column = "SIREN"
kind = "identifier"
check = "siren"
question = "SIREN"
[[item]]
name = "name"
column = "NOM"
kind = "text"
question = "Raison sociale"
[[item]]
name = "site"
column = "SITE"
question = "Site ?"
answers = [ { code = "1", label = "Oui" }, { code = "0", label = "Non" } ]
""",
    "t.toml",
)
NOTED = read_codebook(
    BOOK.source.replace('column = "NOM"', 'column = "NOM"\nrequired = false')
    + '[[item]]\nname = "note"\ncolumn = "NOTE"\nkind = "text"\nquestion = "Remarque"\n',
    "t.toml",
)
EXPORT = (
    "SIREN;NOM;SITE;IPAddress;LocationLatitude;E-mail du contact;Remarque\n"
    "732829320;Alpha;Oui;192.0.2.1;45,7;a@alpha.example;ok\n"
    "005 520 135;Bêta;peut-être;192.0.2.2;45,8;b@beta.example;x@y.fr\n"
)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_text(EXPORT, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("06 12 34 56 78", ("telephone",)), ("+33612345678", ("telephone",)), ("0612345678", ("telephone",)),
        ("écrire à jean.dupont@exemple.fr.", ("e-mail",)), ("depuis 192.0.2.14", ("IP address",)),
        ("FR7630006000011234567890189", ("IBAN",)), ("1 84 12 76 451 089 46", ("social security number",)),
        ("1 250 000 € et 12,5 %", ()), ("version 1.2.3", ()), ("en 2024, 732829320", ()), ("", ()),
    ],
)  # fmt: skip
def test_personal_data_are_found_in_a_text(text: str, kinds: tuple[str, ...]) -> None:
    assert find_personal(text) == kinds
    assert find_personal(hide_personal(text)) == ()


def test_contacts_are_set_apart_and_places_are_dropped(export: Path) -> None:
    survey = read_survey(export, BOOK)
    assert list(survey.contacts.columns) == ["E-mail du contact"]
    assert list(survey.responses.columns) == ["siren", "name", "site", "size_category"]
    told = survey.issues[survey.issues["rule"] == "personal_column"]
    assert len(told) == 3
    assert "192.0.2" not in survey.issues.to_csv()
    assert "alpha.example" not in survey.issues.to_csv()


def test_a_pseudonymous_survey_names_nobody(export: Path) -> None:
    survey = pseudonymise(read_survey(export, BOOK), b"sixteen bytes or more")
    again = pseudonymise(read_survey(export, BOOK), b"sixteen bytes or more")
    other = pseudonymise(read_survey(export, BOOK), b"another key, as long")
    assert survey.responses.index.tolist() == again.responses.index.tolist()
    assert not set(survey.responses.index) & set(other.responses.index)
    whole = "".join(
        table.to_csv() for table in (survey.responses, survey.missing, survey.issues, survey.recodings, survey.contacts)
    )
    for name in ("732829320", "005520135", "005 520 135", "Alpha", "alpha.example"):
        assert name not in whole
    assert survey.responses["site"].tolist()[0] == "1"


def test_a_short_key_is_refused(export: Path) -> None:
    with pytest.raises(UsageError, match="at least 16"):
        pseudonymise(read_survey(export, BOOK), b"short")


def test_a_forgotten_respondent_leaves_the_export_and_nothing_else_does(export: Path) -> None:
    before = read_survey(export, BOOK)
    assert forget_in_export(export, BOOK, "005520135") == [3]
    after = read_survey(export, BOOK)
    assert after.responses.index.tolist() == ["732829320"]
    assert after.responses.equals(before.responses.loc[["732829320"]])
    assert forget_in_export(export, BOOK, "005520135") == []


RECORDS = [
    ["SIREN", "SITE", "NOTE"],
    ["732829320", "1", "Mme Durand"],
    ["005 520 135", "0", "à oublier"],
    ["356000000", "1", ""],
]


def workbook(path: Path, *, change: Callable[[Any], None] | None = None) -> Path:
    book = openpyxl.Workbook()
    book.active.append(["Enquête 2026"])
    for row in RECORDS:
        book.active.append(row)
    if change:
        change(book)
    book.save(path)
    return path


def test_a_workbook_forgets_and_keeps_no_copy(tmp_path: Path) -> None:
    path = workbook(tmp_path / "e.xlsx")
    assert forget_in_export(path, BOOK, "005520135") == [4]
    assert read_table(path, known=["SIREN", "SITE"]).cells["SIREN"].tolist() == ["732829320", "356000000"]
    with zipfile.ZipFile(path) as archive:
        left = b"".join(archive.read(name) for name in archive.namelist())
    assert b"oublier" not in left
    assert b"Durand" in left
    assert forget_in_export(path, BOOK, "005520135") == []
    assert list(tmp_path.iterdir()) == [path]  # neither a backup nor a file half written


def chart(book: Any) -> None:
    book.active.add_chart(openpyxl.chart.BarChart(), "E5")


def other_sheet(book: Any) -> None:
    book.create_sheet("Relances").append(["005520135", "à rappeler"])


@pytest.mark.parametrize(
    ("change", "words"),
    [(chart, "more than sheets"), (other_sheet, "'Relances' names the respondent too")],
)  # fmt: skip
def test_a_workbook_that_would_keep_or_lose_something_is_left_as_it_is(
    tmp_path: Path, change: Callable[[Any], None], words: str
) -> None:
    path = workbook(tmp_path / "e.xlsx", change=change)
    before = path.read_bytes()
    with pytest.raises(InputError, match=words):
        forget_in_export(path, BOOK, "005520135")
    assert path.read_bytes() == before


def test_a_parquet_file_forgets_with_its_schema(tmp_path: Path) -> None:
    path = tmp_path / "e.parquet"
    frame = pd.DataFrame(RECORDS[1:], columns=RECORDS[0]).assign(age=pd.array([1, 2, 3], dtype="int16"))
    frame.to_parquet(path, compression="zstd")
    schema = pq.read_schema(path)
    assert forget_in_export(path, BOOK, "005520135") == [3]
    assert pq.read_schema(path).equals(schema, check_metadata=False)
    assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"
    pd.testing.assert_frame_equal(
        pd.read_parquet(path).reset_index(drop=True), frame.drop(index=1).reset_index(drop=True)
    )


def test_what_cannot_be_written_again_is_sent_back_to_its_tool(tmp_path: Path) -> None:
    path = tmp_path / "e.sav"
    pyreadstat.write_sav(pd.DataFrame({"SIREN": ["732829320"]}), path)
    with pytest.raises(InputError, match="in the tool that wrote it"):
        forget_in_export(path, BOOK, "732829320")


def test_reports_that_count_a_forgotten_company_are_named(tmp_path: Path) -> None:
    runs = tmp_path / "reports" / ".runs"
    runs.mkdir(parents=True)
    for name, company, study in (("panorama", "", "abc"), ("company-1", "732829320", "abc"), ("old", "", "xyz")):
        told = {"report": name, "study": study, "parameters": {"company": company}}
        (runs / f"{name}.json").write_text(json.dumps(told), encoding="utf-8")
        (tmp_path / "reports" / f"{name}.html").write_text("<html>", encoding="utf-8")
    (runs / "damaged.json").write_text("{", encoding="utf-8")
    found = find_published(tmp_path, {"abc"})
    assert [(one.files[0].name, one.company) for one in found] == [
        ("company-1.html", "732829320"),
        ("panorama.html", ""),
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [("Voir M. Dupont", ["M. Dupont"]), ("Mme Anne Le Goff et M. de La Tour", ["Mme Anne Le Goff", "M. de La Tour"]),
     ("Jean-Luc Petit, notre DSI", ["Jean-Luc Petit"]), ("Cordialement, A. Durand", ["A. Durand"]),
     ("Dr Martin", ["Dr Martin"]),
     ("M. le maire de Lyon", []), ("rue Victor Hugo à Paris", []), ("Nous vendons sur Amazon et Google Ads", []),
     ("Passage à SAP Business One", []), ("La France, l'Europe et la Chine", []), ("CRM Sage, ERP Cegid", []),
     ("Monsieur le Directeur refuse", []), ("mme dupont", [])],
)  # fmt: skip
def test_names_of_people_are_found_after_a_title_a_first_name_or_a_greeting(text: str, names: list[str]) -> None:
    assert find_names(text) == names


def test_a_name_is_hidden_in_the_text_and_counted(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text(
        "SIREN;SITE;NOTE\n732829320;1;Appelez Mme Durand\n356000000;1;Rien\n", encoding="utf-8"
    )
    found = read_survey(tmp_path / "e.csv", NOTED)
    assert found.responses["note"].tolist() == ["Appelez [name]", "Rien"]
    told = found.issues[found.issues["rule"] == "personal_text"]
    assert told["message"].tolist() == ["'note' holds name of a person"]
    assert "personal = true" in told["remedy"].iloc[0]
    assert "Durand" not in found.issues.to_csv()


def test_the_command_forgets_a_company_of_the_sample(tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    path.write_bytes((sample_dir() / "enquete-cdo-2026.csv").read_bytes())
    someone = read_survey(path, load_codebook("cdo-2026")).responses.index[5]
    result = CliRunner().invoke(main, ["forget", someone, str(path), "--codebook", "cdo-2026"])
    assert result.exit_code == 0, result.output
    assert "record(s) removed" in result.output
    assert someone not in read_survey(path, load_codebook("cdo-2026")).responses.index


def test_a_codebook_goes_out_by_the_command_line_and_is_drafted_back(tmp_path: Path) -> None:
    form, draft = tmp_path / "form.lss", tmp_path / "draft.toml"
    run = CliRunner().invoke
    assert run(main, ["codebook", "to-limesurvey", "itflex-csem", "--out", str(form)]).exit_code == 0
    assert run(main, ["codebook", "from-limesurvey", str(form), "--out", str(draft)]).exit_code == 0
    assert len(load_codebook(draft).items) == 16
    assert run(main, ["codebook", "to-xlsform", "itflex-csem", "--out", str(tmp_path / "f.xlsx")]).exit_code == 0
    assert "no-such" in run(main, ["codebook", "to-xlsform", "no-such", "--out", str(form)]).output


def test_the_command_writes_the_cleaning_log(tmp_path: Path, export: Path) -> None:
    book = tmp_path / "t.toml"
    book.write_text(BOOK.source, encoding="utf-8")
    edits = tmp_path / "edits.csv"
    edits.write_text("respondent,item,before,after,reason\n005520135,site,,Non,rappelé\n", encoding="utf-8")
    command = ["check", str(export), "--codebook", str(book), "--log", str(tmp_path / "log"), "--edits", str(edits)]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "log" / "readings.csv").read_text(encoding="utf-8-sig").startswith("item,before,after")
    assert "edit_applied" in result.output
