"""Doubts that need the whole questionnaire: near doubles, long runs, answers that exclude each other, drop-off."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdo_analysis.codebook import Codebook, read_codebook
from cdo_analysis.errors import CodebookError
from cdo_analysis.intake import Survey, drop_off, read_survey

HEAD = 'id = "t"\ntitle = "Essai"\n'
SCALE = (
    '[[answers]]\nid = "s"\nanswers = [' + ", ".join(f'{{ code = "{n}", label = "{n}" }}' for n in range(1, 6)) + "]\n"
)


def grid(name: str, rows: int) -> str:
    items = ", ".join(f'{{ name = "{name}{n}", label = "ligne {n}" }}' for n in range(rows))
    return f'[[item]]\nname = "{name}"\nquestion = "Accord {name} ?"\nanswers = "s"\nrows = [ {items} ]\n'


def number(name: str) -> str:
    return f'[[item]]\nname = "{name}"\nkind = "number"\nquestion = "Combien de {name} ?"\n'


def survey(folder: Path, book: Codebook, rows: list[list[str]]) -> Survey:
    columns = [item.column for item in book]
    path = folder / "e.csv"
    path.write_text("\n".join(";".join(row) for row in [columns, *rows]) + "\n", encoding="utf-8")
    return read_survey(path, book)


def test_who_answers_nearly_as_an_earlier_one_is_flagged_with_its_line(tmp_path: Path) -> None:
    book = read_codebook(HEAD + SCALE + grid("a", 20) + grid("b", 20), "t.toml")
    first = [str(1 + (place * 7) % 5) for place in range(40)]
    twin = [*first[:39], "1" if first[39] != "1" else "2"]  # one answer of forty differs: 97.5 %
    other = [str(1 + (place * 3 + place // 7) % 5) for place in range(40)]
    far = [*twin[:37], *("1" if answer != "1" else "2" for answer in twin[37:])]  # three or four differ
    found = survey(tmp_path, book, [first, other, twin, far])
    assert found.flags["near_duplicate"].tolist() == [False, False, True, False]
    told = found.issues.set_index("rule").loc["near_duplicate"]
    assert "line 2 (98% alike)" in told["message"]
    assert len(found) == 4


def test_fifteen_times_the_same_answer_in_a_row_is_a_long_string(tmp_path: Path) -> None:
    book = read_codebook(HEAD + SCALE + grid("a", 10) + grid("b", 10), "t.toml")
    across = ["2", "3", *["4"] * 15, "1", "2", "3"]
    broken = ["2", "3", *["4"] * 14, "", "4", "2", "3"]
    never = ["1"] * 20  # the lowest answer may well be true throughout
    found = survey(tmp_path, book, [across, broken, never])
    assert found.flags["long_string"].tolist() == [True, False, False]


RULES = """
[[consistency]]
id = "team"
label = { fr = "Une équipe, mais personne ne la dirige", en = "A team that nobody leads" }
never = [ { item = "team", above = 0 }, { item = "a0", codes = ["1"] } ]
[[consistency]]
id = "shares"
label = "Des parts de plus de cent"
sum_of = ["x", "y"]
at_most = 100
"""


def test_answers_that_exclude_each_other_are_flagged_with_the_words_of_the_codebook(tmp_path: Path) -> None:
    book = read_codebook(HEAD + SCALE + grid("a", 1) + number("team") + number("x") + number("y") + RULES, "t.toml")
    rows = [["1", "3", "60", "30"], ["1", "0", "60", "50"], ["2", "3", "60", ""], ["1", "", "101", ""]]
    found = survey(tmp_path, book, rows)
    assert found.flags["inconsistent"].tolist() == [True, True, False, True]
    told = found.issues[found.issues["rule"] == "inconsistent"]
    assert told["message"].tolist()[0] == "A team that nobody leads (team = 3.0, a0 = 1)"
    assert told["line"].tolist() == [2, 3, 5]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ('never = [ { item = "tean", above = 0 } ]', "does not declare"),
        ('never = [ { item = "a0", above = 0 } ]', "whose kind is choice"),
        ('never = [ { item = "a0", codes = ["9"] } ]', "that 'a0' lacks"),
        ('sum_of = ["team"]', "no bound"),
        ('never = [ { item = "team" } ]', "says nothing of its item"),
        ("at_most = 3", "neither never nor sum_of"),
        ('sum_of = ["a0"]\nat_most = 3', "whose kind is choice"),
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused(rule: str, words: str) -> None:
    text = HEAD + SCALE + grid("a", 1) + number("team") + f'[[consistency]]\nid = "r"\nlabel = "Règle"\n{rule}\n'
    with pytest.raises(CodebookError, match=words):
        read_codebook(text, "t.toml")


def test_dates_of_the_survey_are_days_in_order() -> None:
    for dates, words in (("opened = 2026-03-02\nclosed = 2026-03-01", "not before opened"), ('opened = "x"', "a day")):
        with pytest.raises(CodebookError, match=words):
            read_codebook(f"{HEAD}[collection]\n{dates}\n{number('team')}", "t.toml")


def test_where_respondents_leave_is_counted_in_the_order_of_the_questions(tmp_path: Path) -> None:
    book = read_codebook(HEAD + SCALE + grid("a", 4), "t.toml")
    found = survey(tmp_path, book, [["1", "2", "3", "4"], ["1", "2", "", ""], ["1", "3", "", ""], ["1", "", "", ""]])
    assert drop_off(found.missing, book).to_dict("list") == {"item": ["a1", "a2"], "n": [1, 2], "share": [0.25, 0.5]}
