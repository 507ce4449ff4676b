"""Doubts about how a questionnaire was answered: who is flagged, who is not, and the row that says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdo_analysis.codebook import Codebook, read_codebook
from cdo_analysis.intake import FLAGS, Survey, read_survey

FIVE = "[" + ", ".join(f'{{ code = "{code}", label = "{code}" }}' for code in range(1, 6)) + "]"
TWO = '[{ code = "1", label = "Oui" }, { code = "0", label = "Non" }]'


def grid(name: str, rows: int, answers: str = FIVE) -> str:
    listed = ", ".join(f'{{ name = "{name}{row}", label = "{name}{row}" }}' for row in range(1, rows + 1))
    return f'name = "{name}"\nquestion = "?"\nanswers = {answers}\nrows = [{listed}]\n'


def number(name: str, unit: str = "") -> str:
    return f'name = "{name}"\nkind = "number"\nunit = "{unit}"\nquestion = "?"\n'


def book(*items: str, head: str = "") -> Codebook:
    return read_codebook(
        'id = "t"\ntitle = "Essai"\n' + head + "".join(f"\n[[item]]\n{item}" for item in items), "t.toml"
    )


def survey(folder: Path, codebook: Codebook, *records: list[object]) -> Survey:
    header = ";".join(dict.fromkeys(item.column for item in codebook))
    lines = [header, *(";".join(map(str, record)) for record in records)]
    (folder / "export.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_survey(folder / "export.csv", codebook)


def flagged(found: Survey, flag: str) -> list[int]:
    """Return the lines of those who have a flag; each must have a row in the issue table, and nobody else."""
    lines = found.lines[found.flags[flag]].tolist()
    rule = "exclusive_with_others" if flag == "contradictory" else flag
    assert sorted(set(found.issues.loc[found.issues["rule"] == rule, "line"])) == lines
    return lines


def test_a_questionnaire_without_roles_nor_grids_flags_nobody(tmp_path: Path) -> None:
    found = survey(tmp_path, book(f'name = "a"\nquestion = "?"\nanswers = {FIVE}'), [1], [2])
    assert found.flags.columns.tolist() == list(FLAGS)
    assert not found.flags.any(axis=None)
    assert found.flags.dtypes.eq(bool).all()
    assert found.flags.index.equals(found.responses.index)


# --- straight lines -------------------------------------------------------------------------------------------


def test_the_same_answer_down_every_long_grid_is_flagged(tmp_path: Path) -> None:
    found = survey(
        tmp_path,
        book(grid("g", 5), grid("h", 6)),
        [3] * 11,  # flagged
        [3] * 10 + [2],
        [3] * 5 + [4] * 6,  # flagged: one answer down each
        [1] * 11,  # the lowest answer everywhere is a state of affairs
        [3] * 5 + [""] * 6,  # only one grid answered
    )
    assert flagged(found, "straight_liner") == [2, 4]


@pytest.mark.parametrize(
    ("grids", "answers"),
    [
        ((grid("g", 5),), ["3"] * 5),
        ((grid("g", 5), grid("h", 4)), ["3"] * 9),
        ((grid("g", 5), grid("h", 12, TWO)), ["3"] * 5 + ["0"] * 12),
    ],
    ids=["one grid", "a short grid", "a list of facts"],
)
def test_a_straight_line_needs_two_long_grids_of_a_scale(
    tmp_path: Path, grids: tuple[str, ...], answers: list[object]
) -> None:
    assert flagged(survey(tmp_path, book(*grids), answers), "straight_liner") == []


def test_a_list_of_facts_does_not_hide_a_straight_line(tmp_path: Path) -> None:
    found = survey(tmp_path, book(grid("g", 5), grid("h", 5), grid("f", 5, TWO)), [3] * 10 + [1, 0, 1, 1, 0])
    assert flagged(found, "straight_liner") == [2]


# --- speed, attention, blanks ---------------------------------------------------------------------------------


def test_under_a_third_of_the_median_time_is_flagged(tmp_path: Path) -> None:
    codebook = book(number("seconds"), head='[roles]\nduration = "seconds"\n')
    found = survey(tmp_path, codebook, [900], [600], [199], [200], [600], ["NSP"])
    assert flagged(found, "speeder") == [4]


def test_times_that_nobody_has_flag_nobody(tmp_path: Path) -> None:
    codebook = book(
        f'name = "a"\nquestion = "?"\nanswers = {FIVE}', number("seconds"), head='[roles]\nduration = "seconds"\n'
    )
    assert flagged(survey(tmp_path, codebook, [1, ""], [2, ""]), "speeder") == []


def test_another_answer_than_the_one_asked_for_fails_attention(tmp_path: Path) -> None:
    head = '[roles]\nattention = "a"\nattention_code = "4"\n'
    codebook = book(f'name = "a"\nquestion = "?"\nanswers = {FIVE}', number("n"), head=head)
    found = survey(tmp_path, codebook, [4, 1], [3, 1], ["", 1], ["NSP", 1])
    assert flagged(found, "attention_failed") == [3]


def test_less_than_half_of_what_was_asked_is_flagged(tmp_path: Path) -> None:
    codebook = book(
        f'name = "has"\nquestion = "?"\nanswers = {TWO}',
        f'name = "a"\nquestion = "?"\nanswers = {FIVE}\nasked_if = {{ item = "has", codes = ["1"] }}',
        f'name = "b"\nquestion = "?"\nanswers = {FIVE}\nasked_if = {{ item = "has", codes = ["1"] }}',
        f'name = "c"\nquestion = "?"\nanswers = {FIVE}\nrequired = false',
    )
    found = survey(tmp_path, codebook, [1, "", "", 5], [1, "NSP", 1, ""], [0, "", "", ""], [1, 2, 3, ""])
    assert flagged(found, "mostly_unanswered") == [2]


def test_nobody_is_mostly_unanswered_where_nothing_had_to_be_answered(tmp_path: Path) -> None:
    codebook = book('name = "words"\nkind = "text"\nquestion = "?"')
    assert flagged(survey(tmp_path, codebook, ["a"], ["b"]), "mostly_unanswered") == []


# --- contradictions -------------------------------------------------------------------------------------------


def test_an_exclusive_option_with_another_is_kept_and_flagged(tmp_path: Path) -> None:
    ticks = (
        'name = "t"\nquestion = "?"\nselect = "any"\nrows = [{ name = "t1", label = "CRM" },'
        ' { name = "t2", label = "Rien de numérique", exclusive = true }]\nnone = { name = "t0", label = "Aucun" }\n'
    )
    found = survey(tmp_path, book(ticks), ["x", "", ""], ["x", "", "x"], ["", "x", "x"], ["", "", "x"], ["x", "x", ""])
    assert flagged(found, "contradictory") == [3, 4, 6]
    assert found.responses["t1"].tolist() == ["1", "1", "0", "0", "1"]


def test_a_turnover_per_head_out_of_the_ordinary_is_flagged(tmp_path: Path) -> None:
    codebook = book(
        number("people", "uta"), number("sales", "keur"), head='[roles]\nheadcount = "people"\nturnover = "sales"\n'
    )
    found = survey(
        tmp_path, codebook, [10, 2_000], [9, "900 M€"], [1_000, 500], [0, 100], ["", 100], [10, 50_000], [10, 50_001]
    )
    assert flagged(found, "size_contradiction") == [3, 4, 8]


def test_turnover_without_headcount_flags_nobody(tmp_path: Path) -> None:
    found = survey(tmp_path, book(number("sales", "keur"), head='[roles]\nturnover = "sales"\n'), [10**7], [1])
    assert flagged(found, "size_contradiction") == []
