"""What helps to write a questionnaire: a draft's problems at once, two waves compared, unknown columns, an outline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from cdo_analysis.cli import main
from cdo_analysis.codebook import (
    Codebook,
    codebook_ids,
    compare_codebooks,
    find_problems,
    load_codebook,
    outline,
    read_codebook,
    routing_of,
)
from cdo_analysis.intake import suggest_columns
from cdo_analysis.resources import package_dir, sample_dir

HEAD = 'id = "wave"\ntitle = "Une vague"\n'
YES_NO = 'answers = [{ code = "1", label = "Oui" }, { code = "0", label = "Non" }]\n'
SIZE = '[[item]]\nname = "size"\ncolumn = "T1"\nkind = "number"\nquestion = "Combien de salariés ?"\n'
WEB = f'[[item]]\nname = "web"\ncolumn = "W1"\nquestion = "Un site ?"\n{YES_NO}'


def wave(*tables: str) -> Codebook:
    return read_codebook("".join([HEAD, *tables]), "wave.toml")


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["codebook", *words])
    return done.exit_code, done.output


# --- a draft ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", codebook_ids())
def test_a_codebook_that_loads_has_no_problem(name: str) -> None:
    assert find_problems((package_dir("codebooks") / f"{name}.toml").read_text(encoding="utf-8"), name) == []


def test_all_problems_are_told_at_once_each_with_its_line() -> None:
    draft = HEAD + SIZE.replace("number", "nombre") + WEB.replace('question = "Un site ?"\n', "")
    draft += WEB.replace('"web"', '"shop"') + 'asked_if = { item = "wbe", codes = ["1"] }\n'
    draft += "[roles]\nheadcunt = 'size'\n"
    problems = find_problems(draft, "wave.toml")
    told = {draft.splitlines()[problem.line - 1]: problem.message for problem in problems}
    assert "kind = 'nombre'" in told['name = "size"']
    assert "no 'question'" in told['name = "web"']
    assert "'wbe'" in told['name = "shop"']
    assert "headcunt" in told["[roles]"]
    assert len(problems) == 4


def test_what_is_said_only_because_a_table_was_set_aside_is_left_out() -> None:
    draft = HEAD + SIZE.replace("number", "nombre") + '[roles]\nheadcount = "size"\n'
    (problem,) = find_problems(draft, "wave.toml")
    assert "nombre" in problem.message


def test_two_faults_that_do_not_fit_together_are_both_told() -> None:
    draft = HEAD + SIZE + WEB.replace('"W1"', '"T1"') + '[roles]\nsector = "secteur"\nheadcount = "web"\n'
    messages = " ".join(problem.message for problem in find_problems(draft, "wave.toml"))
    assert "is read by two items" in messages
    assert "[roles] headcount" in messages
    assert "'secteur', which the file does not declare" in messages


def test_toml_that_does_not_parse_is_one_problem_with_its_line() -> None:
    (problem,) = find_problems(HEAD + "name = 01.11\n", "wave.toml")
    assert problem.line == 3
    assert "not valid TOML" in problem.message


def test_a_file_without_anything_is_told_what_it_lacks() -> None:
    messages = [problem.message for problem in find_problems("", "wave.toml")]
    assert any("no 'id'" in message for message in messages)
    assert any("no 'title'" in message for message in messages)


def test_the_command_lists_and_exits_by_what_it_found(tmp_path: Path) -> None:
    path = tmp_path / "wave.toml"
    path.write_text(HEAD + SIZE.replace("number", "nombre"), encoding="utf-8")
    code, said = run("check", str(path))
    assert code == 3
    assert said.startswith("line 4: wave.toml")
    path.write_text(HEAD + SIZE, encoding="utf-8")
    code, said = run("check", str(path))
    assert (code, said) == (0, "cdo-analysis: wave.toml: nothing to mend\n")
    assert run("check", str(tmp_path / "absent.toml"))[0] == 3


# --- two waves --------------------------------------------------------------------------------------------------------


def test_a_wave_does_not_differ_from_itself() -> None:
    book = load_codebook("cdo-2026")
    assert compare_codebooks(book, book) == []


def test_each_kind_of_difference_is_named() -> None:
    routed = WEB.replace('"web"', '"shop"').replace("W1", "W2").replace("Un site ?", "Vente en ligne ?")
    after = wave(
        SIZE.replace("T1", "T2"),
        WEB.replace("Un site ?", "Un site web ?").replace('"Oui"', '"Oui, un"').replace('code = "0"', 'code = "2"'),
        routed + 'asked_if = { item = "web", codes = ["1"] }\n',
    )
    found = {(one.item, one.kind) for one in compare_codebooks(wave(SIZE, WEB, routed), after)}
    assert found == {("size", "column"), ("web", "reworded"), ("web", "codes"), ("web", "labels"), ("shop", "routing")}


def test_what_is_added_removed_or_only_renamed_is_told_apart() -> None:
    renamed = SIZE.replace('"size"', '"headcount"')
    added = WEB.replace('"web"', '"cloud"').replace("Un site ?", "Du cloud ?")
    found = [(one.item, one.kind) for one in compare_codebooks(wave(SIZE, WEB), wave(renamed, added))]
    assert found == [("headcount", "renamed"), ("cloud", "added"), ("web", "removed")]


def test_a_column_or_a_name_breaks_no_comparison_and_a_wording_does() -> None:
    found = {one.kind: one.breaks for one in compare_codebooks(wave(SIZE), wave(SIZE.replace("T1", "T2")))}
    assert found == {"column": False}
    (one,) = compare_codebooks(wave(WEB), wave(WEB.replace("site", "site web")))
    assert one.breaks
    assert (one.before, one.after) == ("Un site ?", "Un site web ?")


def test_the_short_forms_ask_to_the_letter_what_the_long_one_asks() -> None:
    long = load_codebook("cdo-2026")
    for name in ("cdo-2026-short", "cdo-2026-meeting"):
        kinds = {one.kind for one in compare_codebooks(long, load_codebook(name))}
        assert not kinds & {"added", "renamed", "reworded", "codes", "labels", "column"}


def test_the_command_marks_what_breaks_a_comparison(tmp_path: Path) -> None:
    for name, question in (("a", "Un site ?"), ("b", "Un site web ?")):
        (tmp_path / f"{name}.toml").write_text(HEAD + WEB.replace("Un site ?", question), encoding="utf-8")
    code, said = run("compare", str(tmp_path / "a.toml"), str(tmp_path / "b.toml"))
    assert code == 0
    assert said.splitlines()[:3] == ["! reworded  web", "      - Un site ?", "      + Un site web ?"]


# --- columns ----------------------------------------------------------------------------------------------------------


def test_renamed_columns_are_matched_with_what_they_are(tmp_path: Path) -> None:
    text = (sample_dir() / "enquete-cdo-2026.csv").read_text(encoding="cp1252")
    head, _, rest = text.partition("\n")
    export = tmp_path / "export.csv"
    renamed = head.replace("EFFECTIF", "Effectif moyen").replace("SECTEUR", "Activité (secteur)")
    export.write_text(f"{renamed}\n{rest}", encoding="cp1252")
    found = suggest_columns(export, "cdo-2026")
    assert set(found.unknown) == {"Effectif moyen", "Activité (secteur)"}
    assert set(found.absent) == {"headcount", "sector"}
    best = {header: next(one for one in found.suggestions if one.header == header) for header in found.unknown}
    assert best["Effectif moyen"].item == "headcount"
    assert best["Activité (secteur)"].item == "sector"
    assert best["Activité (secteur)"].readable > 0.9


def test_the_values_decide_where_names_do_not(tmp_path: Path) -> None:
    book = wave(
        SIZE, WEB, WEB.replace('"web"', '"shop"').replace("W1", "W2").replace("Oui", "Yes").replace("Non", "No")
    )
    export = tmp_path / "export.csv"
    export.write_text("T1;W\n" + "12;Yes\n" * 3 + "40;No\n" * 3, encoding="utf-8")
    suggested = [one.item for one in suggest_columns(export, book).suggestions]
    assert suggested[0] == "shop"


def test_a_column_that_is_like_nothing_gets_no_suggestion(tmp_path: Path) -> None:
    export = tmp_path / "export.csv"
    export.write_text("T1;xyzzy\n12;plugh\n", encoding="utf-8")
    found = suggest_columns(export, replace(wave(SIZE, WEB)))
    assert found.unknown == ("xyzzy",)
    assert found.suggestions == ()


def test_the_lines_that_are_printed_are_toml_to_paste(tmp_path: Path) -> None:
    export, book = tmp_path / "export.csv", tmp_path / "wave.toml"
    export.write_text('"Un ""site""";T1\nOui;12\nNon;40\n', encoding="utf-8")
    book.write_text(HEAD + SIZE + WEB, encoding="utf-8")
    code, said = run("match", str(export), str(book))
    assert code == 0
    (line,) = [line for line in said.splitlines() if line.startswith("[[item]] web: ")]
    pasted = line.partition(": ")[2].partition("   #")[0]
    assert pasted == 'column = "Un \\"site\\""'
    mended = HEAD + SIZE + WEB.replace('column = "W1"', pasted)
    assert read_codebook(mended, "wave.toml")["web"].column == 'Un "site"'


# --- an outline -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", codebook_ids())
def test_an_outline_fits_in_eighty_columns_and_names_every_item(name: str, language: str) -> None:
    book = load_codebook(name)
    text = outline(book, language=language)  # type: ignore[arg-type]
    words = set(text.replace(",", " ").replace(":", " ").replace("(", " ").replace(")", " ").split())
    assert max(map(len, text.splitlines())) <= 80
    assert {item.name for item in book} <= words
    routed = {routing_of(item) for item in book if item.asked_if}
    assert all(" ".join(one.split()) in " ".join(text.split()) for one in routed)


def test_the_command_shows_a_questionnaire() -> None:
    code, said = run("show", "cdo-2026-meeting", "--language", "en")
    assert code == 0
    assert "cdo_budget_keur, I2: To lead digital is to propose" in said
    assert run("show", "cdo-2026", "--language", "de")[0] == 2
