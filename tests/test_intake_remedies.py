"""Each problem names what mends it: the line of the codebook, or the code to run."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from cdo_analysis.codebook import line_of, load_codebook, place_in, read_codebook
from cdo_analysis.errors import InputError
from cdo_analysis.intake import RULES, read_survey, read_table
from cdo_analysis.intake.columns import Columns, TextColumn
from cdo_analysis.intake.remedies import REMEDIES

WAVE = """id = "wave"
title = "Vague"
respondent = "siren"
[roles]
headcount = "people"

[[answers]]
id = "yes_no"
answers = [
  { code = "1", label = "Oui" },
  { code = "0", label = "Non" },
]

[[item]]
name = "siren"
column = "SIREN"
kind = "identifier"
question = "SIREN"

[[item]]
name = "site"
column = "Q3"
question = "Un site ?"
answers = "yes_no"

[[item]]
name = "people"
column = "Q4"
kind = "number"
bounds = [0, 1000]
question = "Effectif"

[[item]]
name = "tools"
question = "Outils"
select = "any"
rows = [
  { name = "crm", column = "T_1", label = "CRM" },
  { name = "erp", column = "T_2", label = "ERP" },
]
"""
BOOK = read_codebook(WAVE, "wave.toml")


@pytest.mark.parametrize(
    ("what", "line"),
    [("item:site", 21), ("answers:site", 8), ("item:erp", 39), ("[roles]", 4), ("item:none", 0), ("[collection]", 0)],
)  # fmt: skip
def test_a_part_of_a_codebook_is_found_by_its_line(what: str, line: int) -> None:
    assert line_of(BOOK, what) == line


def test_every_item_of_the_codebooks_that_ship_has_its_line() -> None:
    for name in ("cdo-2026", "itflex-csem"):
        book = load_codebook(name)
        lines = book.source.splitlines()
        for item in book:
            assert f'"{item.name}"' in lines[line_of(book, f"item:{item.name}") - 1]
        assert place_in(book, f"item:{book.items[0].name}").startswith(f"{name}.toml, line ")


def test_each_problem_of_an_export_names_the_line_that_mends_it(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text(
        "SIREN;Q3 bis;Q4;T_1;T_2\n1;Oui;12;1;0\n2;pê;5000;1;\n", encoding="utf-8"
    )  # fmt: skip
    book = read_codebook(WAVE.replace('column = "Q3"', 'column = "Q3"\nrequired = false'), "wave.toml")
    issues = read_survey(tmp_path / "e.csv", book).issues.set_index("rule")["remedy"]
    assert issues["missing_column"] == (
        'wave.toml, line 21: column = "Q3 bis" for "site"; required = false if the wave did not ask it'
    )
    assert issues["unknown_column"] == 'wave.toml: [[item]] name = "…", column = "Q3 bis", if it is a question'
    assert issues["out_of_range"].startswith("wave.toml, line 28: bounds = [lowest, highest]")
    assert issues["out_of_range"].endswith("--edits FILE.csv: RESPONDENT,people,5000,AFTER,REASON")
    (tmp_path / "e.csv").write_text('SIREN;Q3;Q4;T_1;T_2\n1;"peut-être, oui";1;1;\n', encoding="utf-8")
    told = read_survey(tmp_path / "e.csv", BOOK).issues.set_index("rule").loc["unknown_answer", "remedy"]
    assert told == (
        'wave.toml, line 8: { code = "…", label = "peut-être, oui" } among the answers of "site"; or correct it with '
        '--edits FILE.csv: RESPONDENT,site,"peut-être, oui",AFTER,REASON'
    )


def test_remedies_are_of_rules_that_there_are_and_of_all_that_count_as_a_loss() -> None:
    assert set(REMEDIES) <= set(RULES)
    lost = {rule for rule, (_, _, action) in RULES.items() if "invalid" in action or "not asked" in action}
    assert lost <= set(REMEDIES)
    assert all(not re.search(r"\{(?!at_|file|item|value)", text.replace("{{", "")) for text in REMEDIES.values())


# --- columns of distinct texts ----------------------------------------------------------------------------------------


def test_columns_hold_every_cell_whatever_the_number_of_records() -> None:
    """Records are turned 128 at a time and stored 16,384 at a time: the edges lose and repeat nothing."""
    for n in (1, 127, 128, 129, 16_384, 16_385, 16_513):
        columns = Columns()
        rows = [[str(place % 300), f"id{place}"] for place in range(n)]
        for row in rows:
            columns.add(row)
        first, second = columns.finish()
        assert first.cells() == [row[0] for row in rows]
        assert second.cells() == [row[1] for row in rows]
        assert columns.widths == [2] * n
    assert first.places.dtype == np.int16  # three hundred texts need two bytes a cell
    assert len(first.texts) == 300


def test_a_record_that_is_wider_or_shorter_than_the_first_ones_is_known_by_its_width(tmp_path: Path) -> None:
    columns = Columns()
    for row in [["a", "b"]] * 128 + [["c"], ["d", "e", "f"], ["g", "h", " "]]:
        columns.add(list(row))
    first, second = columns.finish()
    assert (first.cells()[-3:], second.cells()[-3:]) == (["c", "d", "g"], ["", "e", "h"])
    assert columns.widths[-3:] == [1, 3, 2]  # a blank beyond the columns is no cell
    (tmp_path / "e.csv").write_text("a;b\n" + "1;2\n" * 500 + "3;4;\n", encoding="utf-8")
    assert read_table(tmp_path / "e.csv").cells.iloc[-1].tolist() == ["3", "4"]


def test_texts_that_become_one_share_a_place() -> None:
    column = TextColumn.of(["Oui", "oui", "non", ""])
    merged = column.map(str.casefold)
    assert (list(merged.texts), merged.places.tolist()) == (["oui", "non", ""], [0, 0, 1, 2])
    kept = merged.take(np.array([True, False, False, True])).to_categorical()
    assert kept.categories.tolist() == ["oui", ""]
    assert column.where(str.strip).tolist() == [True, True, True, False]


@pytest.mark.parametrize("text", ["\u00a0\n", " ;\u00a0\n;;\n", '"\n"\n', ";;;\n;;;\n"])
def test_blanks_of_every_kind_are_no_export(tmp_path: Path, text: str) -> None:
    (tmp_path / "e.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"is empty|no header and no answer"):
        read_table(tmp_path / "e.csv")
