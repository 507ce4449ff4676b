"""From an export to a tidy survey: who is kept, who is left out and why, how respondents are named."""

from __future__ import annotations

import random
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from cdo_analysis.codebook import Codebook, read_codebook
from cdo_analysis.errors import InputError
from cdo_analysis.intake import Survey, count_issues, read_survey
from cdo_analysis.intake.issues import COLUMNS, RULES, IssueLog
from cdo_analysis.messages import catalogue

A, B, C = "732829320", "005520135", "356000000"  # three SIREN whose key holds

HEAD = 'id = "t"\ntitle = "Essai"\n'
OPINION = (
    '\n[[item]]\nname = "{}"\nquestion = "?"\n'
    'answers = [{{ code = "1", label = "Oui" }}, {{ code = "2", label = "Non" }}]\n'
)
SIREN = '\n[[item]]\nname = "siren"\ncolumn = "SIREN"\nkind = "identifier"\ncheck = "siren"\nquestion = "?"\n'
NAME = '\n[[item]]\nname = "company"\nkind = "text"\nquestion = "?"\nrequired = false\n'
SENT = '\n[[item]]\nname = "sent"\nkind = "date"\nquestion = "?"\n'
ANSWERS = OPINION.format("a") + OPINION.format("b")

ANONYMOUS = read_codebook(HEAD + ANSWERS, "t.toml")
NAMED = read_codebook(HEAD + 'respondent = "siren"\n' + SIREN + ANSWERS, "t.toml")
DATED = read_codebook(
    HEAD
    + 'respondent = "siren"\n[roles]\nsubmitted = "sent"\ncompany_name = "company"\n'
    + SIREN
    + NAME
    + SENT
    + ANSWERS,
    "t.toml",
)


def survey(folder: Path, codebook: Codebook, *lines: str) -> Survey:
    path = folder / "export.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_survey(path, codebook)


def left_out(found: Survey) -> dict[str, list[int]]:
    """Return rule -> lines left out; the flow must add up and each record must be either kept or named."""
    flow = found.flow.set_index("step")["n"]
    assert flow["received"] - flow.drop(["received", "kept"]).sum() == flow["kept"] == len(found)
    rows = found.issues[found.issues["action"] == "left out"]
    assert len(rows) == flow["received"] - flow["kept"]
    assert not set(rows["line"]) & set(found.lines)
    assert rows["rule"].value_counts().to_dict() == {
        step: n for step, n in flow.drop(["received", "kept"]).items() if n
    }
    return {str(rule): sorted(lines["line"]) for rule, lines in rows.groupby("rule")}


# --- names ----------------------------------------------------------------------------------------------------


def test_a_respondent_without_valid_identifier_is_named_by_its_line(tmp_path: Path) -> None:
    found = survey(
        tmp_path,
        NAMED,
        "SIREN;a;b",
        f"{A};1;1",
        "732829321;1;2",
        ";2;1",
        "NSP;2;2",
        "000000000;1;1",
        "#N/A;1;1",
        "5520135;1;1",
    )
    assert found.responses.index.tolist() == [A, "line-3", "line-4", "line-5", "line-6", "line-7", B]
    assert found.responses.index.name == "respondent"
    assert str(found.responses.index.dtype) == "str"
    rules = found.issues.set_index("line")["rule"]
    assert rules[3] == "siren_wrong_key"
    assert rules[4] == rules[5] == "no_identifier"
    assert rules[6] == "siren_refused"
    assert set(rules[[7]]) == {"no_identifier", "unknown_answer"}
    assert found.issues.set_index("line")["respondent"][8] == B
    assert left_out(found) == {}


def test_any_identifier_will_do_and_words_for_none_name_nobody(tmp_path: Path) -> None:
    for kind in ("identifier", "text"):
        key = f'\n[[item]]\nname = "key"\nkind = "{kind}"\nquestion = "?"\n'
        codebook = read_codebook(HEAD + 'respondent = "key"\n' + key + ANSWERS, "t.toml")
        found = survey(tmp_path, codebook, "key;a;b", " n°1 ;1;1", "n.c.;1;2", "n.c.;2;1", "01;2;2", "1;2;2")
        assert found.responses.index.tolist() == ["n°1", "line-3", "line-4", "01", "1"]


def test_an_export_without_identifier_names_by_line(tmp_path: Path) -> None:
    found = survey(tmp_path, ANONYMOUS, "a;b", "1;2", "", "2;2")
    assert found.responses.index.tolist() == ["line-2", "line-4"]


def test_an_optional_identifier_may_be_missing_from_the_export(tmp_path: Path) -> None:
    codebook = read_codebook(HEAD + 'respondent = "siren"\n' + SIREN + "required = false\n" + ANSWERS, "t.toml")
    found = survey(tmp_path, codebook, "a;b", "1;2", "1;2")
    assert found.responses.index.tolist() == ["line-2", "line-3"]
    assert set(found.issues["rule"]) == {"missing_column", "same_answers"}


# --- doubles --------------------------------------------------------------------------------------------------


def test_a_record_that_repeats_another_is_left_out(tmp_path: Path) -> None:
    found = survey(tmp_path, NAMED, "SIREN;a;b", f"{A};1;2", f"{B};1;2", f"{A};1;2", f"{A};1;2")
    assert left_out(found) == {"exact_duplicate": [4, 5]}
    assert found.issues["message"].str.contains("of line 2, cell by cell").all()


def test_without_identifier_the_same_answers_are_kept_and_noted(tmp_path: Path) -> None:
    found = survey(tmp_path, ANONYMOUS, "a;b", "1;2", "1;2", "2;2")
    assert left_out(found) == {}
    assert found.issues[["severity", "rule", "line", "respondent"]].to_numpy().tolist() == [
        ["info", "same_answers", 3, "line-3"]
    ]


def test_in_a_file_with_identifiers_those_who_have_none_are_not_doubles(tmp_path: Path) -> None:
    found = survey(tmp_path, NAMED, "SIREN;a;b", ";1;2", ";1;2", "732829321;1;2", "732829321;1;2")
    assert left_out(found) == {"exact_duplicate": [5]}
    assert found.responses.index.tolist() == ["line-2", "line-3", "line-4"]


def test_of_one_respondent_the_most_complete_record_is_kept_then_the_latest(tmp_path: Path) -> None:
    header = "SIREN;sent;a;b"
    found = survey(
        tmp_path, DATED, header,
        f"{A};01/03/2026;1;1", f"{A};05/03/2026;2;",  # complete beats late
        f"{B};01/04/2026;2;2", f"{B};05/03/2026;1;1", f"{B};;1;2",  # then the latest day, not the greatest text
        f"{C};01/03/2026;1;1", f"{C};01/03/2026;2;2",  # then the last of the file
    )  # fmt: skip
    assert found.lines.to_dict() == {A: 2, B: 4, C: 8}
    assert left_out(found) == {"same_respondent": [3, 5, 6, 7]}
    rows = found.issues[found.issues["rule"] == "same_respondent"]
    assert rows["respondent"].tolist() == [A, B, B, C]
    assert "line 4" in rows["message"].iloc[1]


def test_one_company_written_in_several_ways_is_one_respondent(tmp_path: Path) -> None:
    found = survey(tmp_path, NAMED, "SIREN;a;b", "732 829 320;1;", "73282932000074;1;2")
    assert found.lines.to_dict() == {A: 3}
    assert left_out(found) == {"same_respondent": [2]}


def test_a_test_is_left_out_by_the_name_of_the_company(tmp_path: Path) -> None:
    found = survey(tmp_path, DATED, "SIREN;company;sent;a;b", f"{A};TEST ;;1;2", f"{B};Testut SA;;1;2", f"{C};;;1;2")
    assert left_out(found) == {"test_answer": [2]}


def test_what_is_wrong_in_a_record_left_out_is_neither_told_nor_counted(tmp_path: Path) -> None:
    found = survey(
        tmp_path, DATED, "SIREN;company;sent;a;b",
        f"{A};;;oui;7", f"{A};;;oui;2", f"{B};test;;oui;8", "732 829 320;;;9;",
    )  # fmt: skip
    assert left_out(found) == {"test_answer": [4], "same_respondent": [2, 5]}
    assert set(found.issues["rule"]) == {"test_answer", "same_respondent"}
    assert found.recodings.to_numpy().tolist() == [["a", "oui", "1", "label", 1]]


def test_an_export_of_tests_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no answer left"):
        survey(tmp_path, DATED, "SIREN;company;sent;a;b", f"{A};test;;1;2")


def test_everybody_is_kept_or_named_in_any_mess(tmp_path: Path) -> None:
    rng = random.Random(7)
    cells = [
        [A, B, C, "", "NSP", "732829321"],
        ["", "test", "SA"],
        ["", "01/03/2026", "x"],
        ["1", "", "9"],
        ["2", "", "NSP"],
    ]
    for _ in range(20):
        lines = [";".join(rng.choice(options) for options in cells) for _ in range(rng.randint(3, 40))]
        found = survey(tmp_path, DATED, "SIREN;company;sent;a;b", f"{A};SA;;1;2", *lines)
        left_out(found)
        assert found.responses.index.is_unique
        assert found.missing.index.equals(found.responses.index)
        assert found.lines.index.equals(found.responses.index)
        assert found.flags.index.equals(found.responses.index)


# --- the issue table ------------------------------------------------------------------------------------------


def test_the_issue_table_is_typed_and_sorted_even_when_empty(tmp_path: Path) -> None:
    empty = survey(tmp_path, ANONYMOUS, "a;b", "1;2").issues
    assert empty.columns.tolist() == COLUMNS
    assert len(empty) == 0
    full = survey(tmp_path, ANONYMOUS, "a;b;z", "9;8", "1;7;x", "1;2;y").issues
    assert empty.dtypes.equals(full.dtypes)
    assert [str(full[name].dtype) for name in ("severity", "line", "rule")] == ["category", "int64", "str"]
    assert full["severity"].is_monotonic_increasing
    assert full[["rule", "item", "line"]].to_numpy().tolist()[:3] == [
        ["mostly_unanswered", "", 2],
        ["unknown_answer", "a", 2],
        ["unknown_answer", "b", 2],
    ]
    assert set(full.loc[full["severity"] == "info", "rule"]) == {"unknown_column", "reading_note"}


def test_issues_are_counted_worst_first(tmp_path: Path) -> None:
    counts = count_issues(survey(tmp_path, ANONYMOUS, "a;b;z", "9;2;", "8;2;", "1;1;").issues)
    assert counts[["rule", "n"]].to_numpy().tolist() == [["unknown_answer", 2], ["unknown_column", 1]]
    assert len(count_issues(IssueLog().table())) == 0


def test_a_note_of_the_reading_is_told_whole(tmp_path: Path) -> None:
    found = survey(tmp_path, ANONYMOUS, "a;b", "1", "1;2")
    note = found.issues.loc[found.issues["rule"] == "reading_note", "message"].item()
    assert note.startswith("1 record(s) of export.csv")
    assert note.endswith("count as empty.")


def test_a_long_answer_is_shortened_in_its_row(tmp_path: Path) -> None:
    found = survey(tmp_path, ANONYMOUS, "a;b", f"{'x' * 500};{{0}}")
    shown = found.issues.set_index("item")["value"]
    assert shown["a"] == "x" * 59 + "…"
    assert shown["b"] == "{0}"


def test_each_rule_has_its_words_in_both_languages() -> None:
    for language in ("fr", "en"):
        say = catalogue(language)
        assert [rule for rule in RULES if f"issue.{rule}" not in say or f"issue_action.{rule}" not in say] == []


# --- the whole ------------------------------------------------------------------------------------------------


def test_a_workbook_and_a_csv_of_the_same_cells_give_the_same_survey(tmp_path: Path) -> None:
    rows = [["SIREN", "company", "sent", "a", "b"], [A, "Éts Œuvre", "01/03/2026", "1", "non"], [B, "", "", "98", ""]]
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "export.xlsx")
    from_book = read_survey(tmp_path / "export.xlsx", DATED)
    from_text = survey(tmp_path, DATED, *(";".join(row) for row in rows))
    for table in ("responses", "missing", "issues", "recodings", "flags", "flow"):
        pd.testing.assert_frame_equal(getattr(from_book, table), getattr(from_text, table))


def test_numbers_of_a_workbook_find_back_the_zeros_of_a_siren(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["SIREN", "a", "b"], [5520135, 1, 2], [732829320, 2.0, True]):
        book.active.append(row)
    book.save(tmp_path / "export.xlsx")
    found = read_survey(tmp_path / "export.xlsx", NAMED)
    assert found.responses.index.tolist() == [B, A]
    assert found.responses["a"].tolist() == ["1", "2"]
    assert found.responses["b"].tolist() == ["2", "1"], "TRUE is another way of writing Oui"


def test_the_size_of_a_company_is_derived_from_its_roles(tmp_path: Path) -> None:
    items = "".join(
        f'\n[[item]]\nname = "{name}"\nkind = "number"\nunit = "{unit}"\nquestion = "?"\n'
        for name, unit in (("people", "uta"), ("sales", "keur"), ("sheet", "keur"))
    )
    roles = '[roles]\nheadcount = "people"\nturnover = "sales"\nbalance_sheet = "sheet"\n'
    lines = ["people;sales;sheet", "249;60 M€;40 000", "249;60 M€;50 M€", "9;3000;1,9 M€", "5000;;", "20;;"]
    found = survey(tmp_path, read_codebook(HEAD + roles + items, "t.toml"), *lines)
    sizes = found.responses["size_category"]
    assert sizes.tolist()[:4] == ["pme", "eti", "micro", "ge"]
    assert pd.isna(sizes.iloc[4])
    assert str(sizes.dtype) == "str"
    heads = survey(tmp_path, read_codebook(HEAD + '[roles]\nheadcount = "people"\n' + items, "t.toml"), *lines)
    assert heads.responses["size_category"].isna().tolist() == [True, True, True, False, True]


def test_the_same_file_gives_the_same_survey(tmp_path: Path) -> None:
    lines = ["SIREN;a;b", f"{A};oui;7", "x;;2", f"{B};1;1", f"{A};;"]
    first, second = survey(tmp_path, NAMED, *lines), survey(tmp_path, NAMED, *lines)
    for table in ("responses", "missing", "issues", "recodings", "flags", "flow"):
        pd.testing.assert_frame_equal(getattr(first, table), getattr(second, table))
    assert first.sha256 == second.sha256
    assert repr(first) == repr(second)
