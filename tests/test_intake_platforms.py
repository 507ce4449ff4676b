"""Genuine exports of survey platforms and statistical files, and the long format of open microdata."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cdo_analysis.codebook import read_codebook
from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.intake import read_survey, read_table

HEAD = 'id = "t"\ntitle = "Essai"\n'


@pytest.mark.reference_data
def test_three_header_rows_of_qualtrics_are_one(reference_data: Path) -> None:
    table = read_table(reference_data / "qualtrics-3row" / "sample.csv")
    assert (table.platform, table.cells.shape, table.lines.tolist()) == ("qualtrics", (1, 20), [4])
    assert table.cells["Q2"].tolist() == ["Hello World!"]
    assert table.labels["Q1"] == "This is a multiple choice question."
    assert (table.roles["EndDate"], table.roles["Duration (in seconds)"]) == ("submitted", "duration")


@pytest.mark.reference_data
def test_two_header_rows_of_qualtrics_name_the_old_columns(reference_data: Path) -> None:
    table = read_table(reference_data / "qualtrics-3row" / "sample_legacy.csv")
    assert (table.platform, len(table.cells)) == ("qualtrics", 1)
    assert list(table.cells.columns)[:3] == ["ResponseID", "ResponseSet", "Name"]
    assert table.labels["Q2"] == "This is a free text question."


@pytest.mark.reference_data
@pytest.mark.parametrize(
    ("file", "shape"), [("survey_998192_R_data_file.csv", (7, 71)), ("survey_100001_R_data_file.csv", (3, 646))]
)
def test_a_limesurvey_export_with_wordings_as_headings_is_read(
    reference_data: Path, file: str, shape: tuple[int, int]
) -> None:
    path = reference_data / "limesurvey-export" / file
    wordings = read_table(path, known=["Response ID", "Last page"])
    assert (wordings.platform, wordings.cells.shape[0]) == ("limesurvey", shape[0])
    assert wordings.cells.shape[1] == shape[1]
    assert wordings.marks["unfinished"]  # records without a date of sending


@pytest.mark.reference_data
def test_a_kobo_export_is_known_by_its_columns(reference_data: Path) -> None:
    table = read_table(reference_data / "kobo-cleaningtools" / "cleaningtools_raw_data.csv", platform="kobo")
    assert table.cells.shape == (632, 348)
    assert {"start", "water_sources", "water_sources_piped"} <= set(table.cells.columns)


@pytest.mark.reference_data
@pytest.mark.parametrize(
    ("file", "platform", "shape"),
    [("Employee data.sav", "spss", (474, 10)), ("german.sav", "spss", (1, 6)), ("greetings.sav", "spss", (12, 3)),
     ("iris.sav", "spss", (150, 5)), ("iris.dta", "stata", (150, 5)), ("metadata_copy_test.sav", "spss", (4, 7)),
     ("spssio_test.sav", "spss", (9, 22)), ("test_dates.sav", "spss", (4, 13)),
     ("zlib_compressed.zsav", "spss", (2, 4))],
)  # fmt: skip
def test_statistical_files_keep_their_codes(
    reference_data: Path, file: str, platform: str, shape: tuple[int, int]
) -> None:
    table = read_table(reference_data / "spss-sav" / file)
    assert (table.platform, table.cells.shape) == (platform, shape)


@pytest.mark.reference_data
def test_codes_that_a_statistical_file_declares_missing_are_kept_with_their_reason(reference_data: Path) -> None:
    table = read_table(reference_data / "spss-sav" / "Employee data.sav")
    assert table.cells["MINORITY"].isin(["0", "1", "9"]).all()
    assert table.cells["GENDER"].iloc[0] == "m"
    assert table.labels["SALARY"] == "Current Salary"
    assert read_table(reference_data / "spss-sav" / "iris.dta").cells["sepallength"].iloc[0] == "5.1"


LONG = """code_unifie;libelle_unifie;libelle_reponse;taille_etablissement;poids;id_repondant
740;Avez-vous un site ?;Oui;1-9;2,5;a
740;Avez-vous un site ?;Non;10-49;1;b
741;Vos outils ?;CRM;1-9;2,5;a
741;Vos outils ?;ERP;1-9;2,5;a
"""
LONG_BOOK = read_codebook(
    HEAD
    + """
respondent = "who"
[roles]
weight = "weight"
[[item]]
name = "who"
column = "id_repondant"
kind = "identifier"
question = "Répondant"
[[item]]
name = "weight"
column = "poids"
kind = "number"
question = "Poids"
[[item]]
name = "site"
column = "740"
question = "Avez-vous un site ?"
answers = [ { code = "1", label = "Oui" }, { code = "0", label = "Non" } ]
[[item]]
name = "tools"
column = "741"
question = "Vos outils ?"
select = "any"
rows = [ { name = "crm", label = "CRM" }, { name = "erp", label = "ERP" }, { name = "bi", label = "BI" } ]
""",
    "t.toml",
)


def test_the_long_format_becomes_a_row_a_respondent(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text(LONG, encoding="utf-8")
    survey = read_survey(path, LONG_BOOK)
    assert survey.responses["site"].to_dict() == {"a": "1", "b": "0"}
    assert survey.responses["weight"].to_dict() == {"a": 2.5, "b": 1.0}
    assert survey.responses[["crm", "erp", "bi"]].loc["a"].tolist() == ["1", "1", "0"]
    assert pd.isna(survey.responses.loc["b", "crm"])


def test_a_long_file_without_respondents_says_which_column_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("code_unifie;libelle_reponse\n740;Oui\n", encoding="utf-8")
    with pytest.raises(InputError, match="no column for the respondent"):
        read_table(path, platform="long")


def test_a_platform_that_does_not_exist_gets_the_nearest_name(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text("a;b\n1;2\n", encoding="utf-8")
    with pytest.raises(UsageError, match="did you mean 'qualtrics'"):
        read_table(path, platform="qualtrix")
