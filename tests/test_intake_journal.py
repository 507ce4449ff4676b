"""The cleaning log: the raw cells and the log alone make the tidy answers again; edits of single respondents."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdo_analysis.codebook import load_codebook, read_codebook
from cdo_analysis.errors import InputError
from cdo_analysis.intake import ExportOptions, read_survey, read_table, replay
from cdo_analysis.intake.journal import edit_cells
from cdo_analysis.resources import sample_dir

SIRENS = ["732829320", "005520135", "356000000", "552081317", "542051180"]
BOOK = read_codebook(
    """
id = "t"
title = "Essai"
respondent = "siren"
[[item]]
name = "siren"
column = "SIREN"
kind = "identifier"
check = "siren"
question = "SIREN"
[[item]]
name = "site"
column = "SITE"
question = "Site ?"
answers = [ { code = "1", label = "Oui" }, { code = "0", label = "Non" } ]
""",
    "t.toml",
)


def test_the_raw_sample_and_its_log_make_the_tidy_survey_again() -> None:
    path = sample_dir() / "enquete-cdo-2026.csv"
    survey = read_survey(path, load_codebook("cdo-2026"), keep_log=True)
    raw = read_table(path)
    assert survey.log is not None
    made = replay(raw.cells, survey.log, raw.lines)
    tidy = survey.responses[made.columns]
    text = [
        name for name in made.columns if survey.codebook[name].kind == "text" and not survey.codebook[name].personal
    ]
    pd.testing.assert_frame_equal(made.drop(columns=text), tidy.drop(columns=text))
    assert len(survey.log.records) == survey.flow["n"].iloc[0]


def test_a_log_without_a_reading_does_not_make_the_survey(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("SIREN;SITE\n732829320;Oui\n", encoding="utf-8")
    survey = read_survey(tmp_path / "e.csv", BOOK, keep_log=True)
    raw = read_table(tmp_path / "e.csv")
    assert survey.log is not None
    assert replay(raw.cells, survey.log, raw.lines)["site"].tolist() == ["1"]
    poorer = type(survey.log)(survey.log.columns, survey.log.records, survey.log.readings.iloc[:0], survey.log.deduced)
    assert replay(raw.cells, poorer, raw.lines)["site"].tolist() == ["Oui"]


WRITTEN = st.one_of(
    st.sampled_from(
        ["Oui", "non", "1", "0", "NSP", "", " ", "n.c.", "12", "1 250", "1,250", "12 k€", "05/03/2026", "#N/A"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00\x1a\ufeff\r\n"), max_size=12),
)
MIXED = read_codebook(
    BOOK.source
    + """
[[item]]
name = "sales"
kind = "number"
unit = "keur"
question = "Chiffre d'affaires"
[[item]]
name = "sent"
kind = "date"
question = "Date"
[[item]]
name = "note"
kind = "text"
personal = true
question = "Remarque"
[[item]]
name = "tools"
question = "Outils"
select = "any"
rows = [ { name = "crm", label = "CRM" }, { name = "erp", label = "ERP" } ]
""",
    "t.toml",
)


@pytest.mark.slow
@settings(max_examples=120, deadline=None, derandomize=True)
@given(rows=st.lists(st.lists(WRITTEN, min_size=6, max_size=6), min_size=1, max_size=5))
def test_any_table_comes_back_as_it_is_or_with_its_log_or_is_refused(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(["SIREN", "SITE", "sales", "sent", "note", "crm", "erp"])
    writer.writerows([siren, *row] for siren, row in zip(SIRENS, rows, strict=False))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "e.csv"
        path.write_bytes(text.getvalue().encode())
        options = ExportOptions(encoding="utf-8")
        try:
            survey, raw = read_survey(path, MIXED, options=options, keep_log=True), read_table(path, encoding="utf-8")
        except InputError:
            return
    assert survey.log is not None
    made = replay(raw.cells, survey.log, raw.lines)
    pd.testing.assert_frame_equal(made, survey.responses[made.columns])
    told = survey.log.readings[survey.log.readings["missing"] == "invalid"]
    important = survey.issues[survey.issues["severity"] == "important"]
    assert set(told["item"]) <= set(important["item"])  # what could not be read has its row in the issue table
    assert len(survey) + survey.flow["n"].iloc[1:-1].sum() == len(rows)


def edits(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)


def test_an_edit_of_one_respondent_is_read_like_an_answer_and_told(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("SIREN;SITE\n732829320;Oui\n5520135;Oui\n356000000;Oui\n", encoding="utf-8")
    table = edits(
        "respondent,item,before,after,reason\n"
        "005520135,site,Oui,non,rappelé le 12 mars\n"
        "732829320,site,Non,Oui,se trompe de valeur\n"
        "356000000,,,,a demandé à être retiré\n"
    )
    survey = read_survey(tmp_path / "e.csv", BOOK, edits=table)
    assert survey.responses["site"].to_dict() == {"732829320": "1", "005520135": "0"}
    told = survey.issues.set_index("rule")
    assert told.loc["edit_applied", "message"].str.contains("rappelé le 12 mars").any()
    assert told.loc["edit_without_cell", "respondent"] == "732829320"
    assert survey.flow.set_index("step")["n"]["removed_by_edit"] == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [("respondent,item\n1,site\n", "before, after, reason"),
     ("respondent,item,before,after,reason\n1,sitte,,1,x\n", "does not declare")],
)  # fmt: skip
def test_edits_that_say_too_little_are_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "e.csv").write_text("SIREN;SITE\n732829320;Oui\n", encoding="utf-8")
    with pytest.raises(InputError, match=words):
        read_survey(tmp_path / "e.csv", BOOK, edits=edits(text))


@pytest.mark.reference_data
def test_the_raw_file_and_the_log_of_a_real_survey_make_its_clean_file(reference_data: Path) -> None:
    """632 raw records, 726 rows of log, 578 clean records, as their authors published them."""
    folder = reference_data / "kobo-cleaningtools"
    raw = read_table(folder / "cleaningtools_raw_data.csv").cells
    clean = read_table(folder / "cleaningtools_clean_data.csv").cells.set_index("X_uuid")
    log = read_table(folder / "cleaningtools_cleaning_log.csv").cells
    kinds = log["change_type"]
    table = pd.DataFrame(
        {
            "respondent": log["X_uuid"],
            "item": log["questions"].where(kinds.ne("remove_survey"), ""),
            "before": "",
            "after": log["new_value"].where(kinds.eq("change_response"), ""),
            "reason": log["issue"],
        }
    )[kinds.isin(["change_response", "blank_response", "remove_survey"])]
    made, done = edit_cells(raw, raw["X_uuid"], table, {name: name for name in raw.columns})
    made = made.set_index("X_uuid")
    assert (len(raw), len(made), len(clean)) == (632, 578, 578)
    assert set(made.index) == set(clean.index)
    changed = done[done["applied"] & done["item"].ne("") & done["respondent"].isin(clean.index)]
    assert len(changed) == 49  # of 51 in the log, two are of surveys that were removed
    last = changed.drop_duplicates(["respondent", "item"], keep="last")
    wrong = [
        (row.respondent, row.item)
        for row in last.itertuples(index=False)
        if row.item in clean.columns and not same(made.at[row.respondent, row.item], clean.at[row.respondent, row.item])
    ]
    assert wrong == []


def same(made: str, clean: str) -> bool:
    """Tell whether two texts are one value, as R wrote it: TRUE is 1, 5e+05 is 500000."""
    if made == clean:
        return True
    numbers = {"TRUE": "1", "FALSE": "0"}
    try:
        return bool(np.isclose(float(numbers.get(made, made)), float(numbers.get(clean, clean))))
    except ValueError:
        return False
