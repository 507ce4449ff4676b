"""From columns to coded answers: why an answer is missing, tick lists, routing, and a row for each thing unread."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.codebook import MISSING_KINDS, Codebook, read_codebook
from cdo_analysis.errors import InputError
from cdo_analysis.intake import Survey, read_survey

SCALE = (
    '[{ code = "1", label = "Jamais" }, { code = "2", label = "Souvent" },'
    ' { code = "98", label = "Ne sait pas", missing = "dont_know" }]'
)
YES_NO = '[{ code = "1", label = "Oui" }, { code = "0", label = "Non" }]'


def book(*items: str, head: str = "") -> Codebook:
    """Return a codebook of these [[item]] tables."""
    return read_codebook(
        'id = "t"\ntitle = "Essai"\n' + head + "".join(f"\n[[item]]\n{item}\n" for item in items), "t.toml"
    )


def choice(name: str, answers: str = SCALE, **more: str) -> str:
    extra = "".join(f"{key} = {value}\n" for key, value in more.items())
    return f'name = "{name}"\nquestion = "?"\nanswers = {answers}\n{extra}'


def ticks(name: str, *rows: str, **more: str) -> str:
    listed = ", ".join(f'{{ name = "{row}", label = "Option {row}" }}' for row in rows)
    extra = "".join(f"{key} = {value}\n" for key, value in more.items())
    return f'name = "{name}"\nquestion = "?"\nselect = "any"\nrows = [{listed}]\n{extra}'


def survey(folder: Path, codebook: Codebook, *lines: str) -> Survey:
    path = folder / "export.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_survey(path, codebook)


def kinds(found: Survey, item: str) -> list[str | None]:
    return [None if pd.isna(kind) else str(kind) for kind in found.missing[item]]


def values(found: Survey, item: str) -> list[object]:
    return [None if pd.isna(value) else value for value in found.responses[item]]


# --- types and kinds ------------------------------------------------------------------------------------------


def test_each_kind_of_item_has_its_type_and_a_missing_answer_its_reason(tmp_path: Path) -> None:
    codebook = book(
        choice("opinion"),
        'name = "people"\nkind = "number"\nunit = "uta"\nquestion = "?"',
        'name = "start"\nkind = "date"\nquestion = "?"',
        'name = "words"\nkind = "text"\nquestion = "?"',
        choice("last"),
    )
    found = survey(
        tmp_path, codebook, "opinion;people;start;words;last",
        "1;40;03/04/2026; dit ;1", "98;NSP;sans objet;NSP;1", "5;beaucoup;31/02/2026;;1", ";;;;1",
    )  # fmt: skip
    assert [str(t) for t in found.responses.dtypes[:4]] == ["str", "float64", "datetime64[us]", "str"]
    assert values(found, "opinion") == ["1", None, None, None]
    assert kinds(found, "opinion") == [None, "dont_know", "invalid", "no_answer"]
    assert kinds(found, "people") == [None, "dont_know", "invalid", "no_answer"]
    assert kinds(found, "start") == [None, "not_applicable", "invalid", "no_answer"]
    assert values(found, "words") == [" dit ", "NSP", None, None]
    assert found.responses["start"].iloc[0] == pd.Timestamp(2026, 4, 3)


def test_an_answer_is_there_or_has_a_reason_never_both(tmp_path: Path) -> None:
    codebook = book(choice("a"), ticks("t", "t1", "t2"), 'name = "n"\nkind = "number"\nquestion = "?"')
    found = survey(tmp_path, codebook, "a;t1;t2;n", "1;x;;5", ";;;", "9;1;0;NSP", "98;?;;trois", "2;;;")
    answered = found.responses[found.missing.columns].notna()
    assert (answered == found.missing.isna()).all(axis=None)
    assert [str(dtype) for dtype in found.missing.dtypes] == ["category"] * 4
    assert found.missing["a"].cat.categories.tolist() == list(MISSING_KINDS)


def test_every_cell_that_cannot_be_read_has_a_row_with_its_line_and_text(tmp_path: Path) -> None:
    codebook = book(
        choice("a"),
        'name = "n"\nkind = "number"\nbounds = [0, 10]\nquestion = "?"',
        'name = "d"\nkind = "date"\nquestion = "?"',
    )
    found = survey(tmp_path, codebook, "a;n;d", "9;11;x", "1;1,5;", "9;10-49;1/1/2026", "#N/A;1,250;2/2/2026")
    cells = found.issues[found.issues["item"].ne("")].reset_index(drop=True)
    rows = cells[["rule", "line", "item", "value", "respondent"]].to_numpy().tolist()
    assert rows == [
        ["interval_for_number", 4, "n", "10-49", "line-4"],
        ["not_a_date", 2, "d", "x", "line-2"],
        ["out_of_range", 2, "n", "11", "line-2"],
        ["unknown_answer", 2, "a", "9", "line-2"],
        ["unknown_answer", 4, "a", "9", "line-4"],
        ["unknown_answer", 5, "a", "#N/A", "line-5"],
    ]
    assert "0 to 10" in cells.loc[2, "message"]
    assert (found.missing == "invalid").sum().sum() == len(rows)


def test_an_error_of_the_spreadsheet_is_not_the_text_of_an_answer(tmp_path: Path) -> None:
    found = survey(
        tmp_path, book('name = "words"\nkind = "text"\nquestion = "?"', choice("a")), "words;a", "#N/A;1", "n/a;1"
    )
    assert values(found, "words") == [None, "n/a"]
    assert kinds(found, "words") == ["invalid", None]
    assert found.issues["value"].tolist() == ["#N/A"]


def test_the_comma_is_read_as_the_whole_column_shows(tmp_path: Path) -> None:
    codebook = book(*(f'name = "{name}"\nkind = "number"\nquestion = "?"' for name in ("sure", "unsure")))
    found = survey(tmp_path, codebook, "sure;unsure", "1,250;1,250", "3,5;3", "4;4")
    assert values(found, "sure") == [1.25, 3.5, 4.0]
    assert kinds(found, "unsure") == ["invalid", None, None]


def test_what_was_read_otherwise_than_it_stands_is_listed_with_its_count(tmp_path: Path) -> None:
    found = survey(
        tmp_path, book(choice("a"), choice("b", YES_NO)), "a;b", "souvent;O", "Souvent;1", "souvent;oui", "2;NSP"
    )
    assert found.recodings.to_numpy().tolist() == [
        ["a", "souvent", "2", "label", 2],
        ["a", "Souvent", "2", "label", 1],
        ["b", "O", "1", "synonym", 1],
        ["b", "oui", "1", "label", 1],
        ["b", "NSP", "", "missing_word", 1],
    ]


# --- tick lists -----------------------------------------------------------------------------------------------

WITH_NONE = ticks("t", "t1", "t2", none='{ name = "t0", label = "Aucun" }')


@pytest.mark.parametrize(
    ("cells", "answers", "missing"),
    [
        ("x;;;1", ["1", "0", "0"], None),
        (";;x;1", ["0", "0", "1"], None),
        (";;;1", [None] * 3, "no_answer"),  # it has a "none of these": passing over says nothing
        (";;;", [None] * 3, "abandoned"),
        ("NR;;;1", [None] * 3, "no_answer"),
        ("0;;;1", ["0", None, None], "no_answer"),  # the platform writes 0: a blank is none
    ],
)
def test_a_blank_is_not_ticked_only_if_the_list_was_answered(
    tmp_path: Path, cells: str, answers: list[str | None], missing: str | None
) -> None:
    codebook = book(choice("before"), WITH_NONE, choice("after"))
    found = survey(tmp_path, codebook, "before;t1;t2;t0;after", f"1;{cells}", "1;x;;;1")
    read = [values(found, name)[0] for name in ("t1", "t2", "t0")]
    assert read == answers
    assert {
        kinds(found, name)[0] for name, value in zip(("t1", "t2", "t0"), answers, strict=True) if value is None
    } == ({missing} if missing else set())


def test_a_list_without_none_was_seen_by_those_who_answered_later(tmp_path: Path) -> None:
    found = survey(
        tmp_path,
        book(choice("before"), ticks("t", "t1", "t2"), choice("after"), choice("end")),
        "before;t1;t2;after;end",
        "1;;;1;",
        "1;;;;",
        "1;;;;98",
    )
    assert values(found, "t1") == ["0", None, "0"]
    assert kinds(found, "t2") == [None, "abandoned", None]


def test_a_blank_beside_a_written_zero_is_no_zero(tmp_path: Path) -> None:
    found = survey(tmp_path, book(ticks("t", "t1", "t2"), choice("after")), "t1;t2;after", "0;;1", "0;1;1")
    assert values(found, "t2") == [None, "1"]
    assert kinds(found, "t2") == ["no_answer", None]


def test_an_option_may_be_ticked_by_its_own_wording_in_its_column(tmp_path: Path) -> None:
    found = survey(
        tmp_path, book(ticks("t", "t1", "t2"), choice("after")), "t1;t2;after", "Option t1;;1", "Option t2;;1"
    )
    assert values(found, "t1") == ["1", None]
    assert found.issues["rule"].tolist() == ["unknown_answer"]


def test_a_written_refusal_to_tick_is_kept_apart_from_not_ticked(tmp_path: Path) -> None:
    found = survey(tmp_path, book(ticks("t", "t1", "t2"), choice("after")), "t1;t2;after", "Refus;x;1")
    assert values(found, "t1") == [None]
    assert kinds(found, "t1") == ["refused"]


ONE_CELL = (
    'name = "t"\nquestion = "?"\nselect = "any"\ncolumn = "T"\nseparator = ","\n'
    'rows = [{ name = "t1", code = "a", label = "CRM, ERP" }, { name = "t2", code = "b", label = "Site" }]\n'
    'none = { name = "t0", code = "z", label = "Aucun" }'
)


def test_a_list_in_one_cell_is_split_by_the_codebook(tmp_path: Path) -> None:
    lines = ["CRM, ERP;1", "site,a;1", "Aucun;1", ";1", "Refus;1", "Site, Fax;1", ";"]
    codebook = book(choice("before"), ONE_CELL, choice("after"))
    found = survey(tmp_path, codebook, "before;T;after", *(f"1;{line}" for line in lines))
    assert values(found, "t1") == ["1", "1", "0", None, None, None, None]
    assert values(found, "t2") == ["0", "1", "0", None, None, "1", None]
    assert values(found, "t0") == ["0", "0", "1", None, None, None, None]
    assert kinds(found, "t1") == [None, None, None, "no_answer", "refused", "invalid", "abandoned"]
    unread = found.issues[found.issues["rule"].eq("unknown_answer")]
    assert unread[["line", "item", "value"]].to_numpy().tolist() == [[7, "t", "Site, Fax"]]
    assert found.recodings[["item", "before", "n"]].to_numpy().tolist() == [["t", "Refus", 1]]


# --- abandonment and routing ----------------------------------------------------------------------------------


def test_blanks_after_the_last_answer_are_abandoned_and_those_before_passed_over(tmp_path: Path) -> None:
    codebook = book(*(choice(name) for name in "abcd"))
    found = survey(tmp_path, codebook, "a;b;c;d", "1;;2;", "1;;98;", "1;;;", "1;;;1", "1;;;9")
    assert kinds(found, "b") == ["no_answer", "no_answer", "abandoned", "no_answer", "no_answer"]
    assert kinds(found, "d") == ["abandoned", "abandoned", "abandoned", None, "invalid"]


def test_the_order_of_the_questions_is_that_of_the_export(tmp_path: Path) -> None:
    found = survey(tmp_path, book(*(choice(name) for name in "abc")), "c;a;b", ";1;")
    assert [kinds(found, name)[0] for name in "cab"] == ["no_answer", None, "abandoned"]


def test_a_comment_shows_that_the_respondent_went_on_but_its_absence_shows_nothing(tmp_path: Path) -> None:
    codebook = book(choice("a"), choice("b"), 'name = "comment"\nkind = "text"\nrequired = false\nquestion = "?"')
    found = survey(tmp_path, codebook, "a;b;comment", "1;;merci", "1;1;")
    assert kinds(found, "b") == ["no_answer", None]
    assert kinds(found, "comment") == [None, "no_answer"]


def test_what_the_platform_writes_at_the_end_is_not_an_answer(tmp_path: Path) -> None:
    codebook = book(
        choice("a"), choice("b"), 'name = "seconds"\nkind = "number"\nquestion = "?"',
        'name = "w"\nkind = "number"\nquestion = "?"',
        head='[roles]\nduration = "seconds"\nweight = "w"\n',
    )  # fmt: skip
    found = survey(tmp_path, codebook, "a;b;seconds;w", "1;;300;1.5")
    assert kinds(found, "b") == ["abandoned"]


def test_an_identifier_at_the_end_is_not_an_answer(tmp_path: Path) -> None:
    codebook = book(choice("a"), choice("b"), 'name = "key"\nkind = "identifier"\nquestion = "?"')
    assert kinds(survey(tmp_path, codebook, "a;b;key", "1;;x1"), "b") == ["abandoned"]


ROUTED = (
    choice("has", YES_NO),
    choice("which", asked_if='{ item = "has", codes = ["1"] }'),
    choice("why", asked_if='{ item = "which", codes = ["2"] }'),
    choice("after"),
)


def test_what_the_routing_skips_was_not_asked_also_down_a_chain(tmp_path: Path) -> None:
    lines = ["has;which;why;after", "0;;;1", "1;2;1;1", "1;1;;1", "1;;;1", ";;;1", "0;;;", "NSP;;;1", "9;;;1"]
    found = survey(tmp_path, book(*ROUTED), *lines)
    assert kinds(found, "which") == [
        "not_asked", None, None, "no_answer", "no_answer", "not_asked", "not_asked", "no_answer"
    ]  # fmt: skip
    assert kinds(found, "why") == [
        "not_asked", None, "not_asked", "no_answer", "no_answer", "not_asked", "not_asked", "no_answer"
    ]  # fmt: skip


def test_a_word_for_no_answer_to_a_question_that_was_not_shown_is_not_asked(tmp_path: Path) -> None:
    found = survey(tmp_path, book(*ROUTED), "has;which;why;after", "0;-;NR;1", "1;-;;1")
    assert kinds(found, "which") == ["not_asked", "no_answer"]
    assert kinds(found, "why") == ["not_asked", "no_answer"]


def test_an_option_that_was_not_ticked_routes_like_an_answer(tmp_path: Path) -> None:
    codebook = book(WITH_NONE, choice("detail", asked_if='{ item = "t0", codes = ["0"] }'), choice("after"))
    found = survey(tmp_path, codebook, "t1;t2;t0;detail;after", "x;;;2;1", ";;x;;1", "x;;;;1")
    assert kinds(found, "detail") == [None, "not_asked", "no_answer"]


def test_options_written_as_not_ticked_in_a_list_that_was_not_shown_are_not_asked(tmp_path: Path) -> None:
    codebook = book(
        choice("has", YES_NO), ticks("t", "t1", "t2", asked_if='{ item = "has", codes = ["1"] }'), choice("after")
    )
    found = survey(tmp_path, codebook, "has;t1;t2;after", "0;0;0;1", "1;0;0;1", "0;;;1", "0;1;0;1")
    assert kinds(found, "t1") == ["not_asked", None, "not_asked", None]
    assert values(found, "t1") == [None, "0", None, "1"]
    assert kinds(found, "t2") == ["not_asked", None, "not_asked", None]
    unasked = found.issues[found.issues["rule"].eq("answered_though_not_asked")]
    assert unasked[["line", "item", "value"]].to_numpy().tolist() == [[5, "t1", "1"]]


def test_an_answer_that_the_routing_skips_is_kept_and_has_a_row(tmp_path: Path) -> None:
    found = survey(tmp_path, book(*ROUTED), "has;which;why;after", "0;2;;1", "1;2;1;1", ";2;1;1", "0;98;;1")
    assert values(found, "which") == ["2", "2", "2", None]
    assert kinds(found, "why")[0] == "no_answer", "its own router was answered"
    rows = found.issues[found.issues["rule"] == "answered_though_not_asked"]
    assert rows[["line", "item", "value", "respondent", "action"]].to_numpy().tolist() == [
        [2, "which", "2", "line-2", "kept as answered"]
    ]


def test_a_router_that_the_export_lacks_skips_nothing(tmp_path: Path) -> None:
    optional = choice("has", YES_NO, required="false")
    found = survey(tmp_path, book(optional, *ROUTED[1:]), "which;why;after", "2;1;1", ";;1")
    assert kinds(found, "has") == ["not_asked", "not_asked"]
    assert kinds(found, "which") == [None, "no_answer"]
    assert "answered_though_not_asked" not in set(found.issues["rule"])


# --- columns --------------------------------------------------------------------------------------------------

THREE = book(choice("a", column='"A1"'), choice("b", column='"A2"'), choice("c", column='"A3"', required="false"))


def test_a_required_column_that_is_missing_is_an_error_that_names_it(tmp_path: Path) -> None:
    wide = book(*(choice(name) for name in "abcde"))
    with pytest.raises(InputError, match=r"lacks 2 column\(s\) that codebook 't' requires: b, d; add them"):
        survey(tmp_path, wide, "a;c;e", "1;1;1")


def test_a_file_of_another_survey_is_an_error_that_asks_for_its_codebook(tmp_path: Path) -> None:
    wide = book(*(choice(name) for name in "abcde"))
    with pytest.raises(InputError, match=r"has 1 of the 5 columns .* is it the codebook of this survey"):
        survey(tmp_path, wide, "a;x;y", "1;1;1")
    with pytest.raises(InputError, match="none of the columns of codebook 't'"):
        survey(tmp_path, book(choice("a", required="false")), "x;y", "1;1")


def test_an_optional_column_that_is_missing_is_noted_and_not_asked(tmp_path: Path) -> None:
    found = survey(tmp_path, THREE, "A1;A2", "1;2", "2;")
    assert kinds(found, "c") == ["not_asked", "not_asked"]
    assert found.issues[["severity", "rule", "item", "line"]].to_numpy().tolist() == [
        ["info", "missing_column", "c", 0]
    ]
    assert str(found.responses["c"].dtype) == "str"


def test_an_unknown_column_is_noted_and_left_aside(tmp_path: Path) -> None:
    found = survey(tmp_path, THREE, "A1;A2;A3;Commentaire {0}", "1;2;1;x")
    assert found.issues[["severity", "rule"]].to_numpy().tolist() == [["info", "unknown_column"]]
    assert "Commentaire {0}" in found.issues["message"].iloc[0]
    assert found.responses.columns.tolist() == ["a", "b", "c", "size_category"]


def test_headers_are_found_in_another_case_but_the_very_name_comes_first(tmp_path: Path) -> None:
    assert values(survey(tmp_path, THREE, "a1;A2", "1;2"), "a") == ["1"]
    found = survey(tmp_path, THREE, "a1;A2;A1", "1;2;2")
    assert values(found, "a") == ["2"]
    assert found.issues["message"].str.contains("'a1' is not in the codebook").any()


def test_two_headers_that_could_be_one_column_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'été' and 'Été' where the codebook has 'ÉTÉ'"):
        survey(tmp_path, book(choice("a", column='"ÉTÉ"'), choice("b")), "été;Été;b", "1;2;1")


def test_a_header_matches_whatever_its_spaces_and_invisible_characters(tmp_path: Path) -> None:
    codebook = book(choice("a", column='"Taille de l\'entreprise"'), choice("b"))
    assert values(survey(tmp_path, codebook, "\ufeffTaille\u00a0de l'entreprise\u200b;b", "2;1"), "a") == ["2"]


def test_settled_answers_do_not_depend_on_the_order_of_the_records(tmp_path: Path) -> None:
    lines = ["0;;;1", "1;2;1;1", ";;;", "98;;;1", "0;2;;1"]
    there = survey(tmp_path, book(*ROUTED), "has;which;why;after", *lines)
    back = survey(tmp_path, book(*ROUTED), "has;which;why;after", *reversed(lines))
    for table in ("responses", "missing"):
        first, second = getattr(there, table).astype(object), getattr(back, table).astype(object)[::-1]
        assert np.array_equal(first.fillna("").to_numpy(), second.fillna("").to_numpy())
