"""Files to text: what a CSV or an XLSX holds comes out unchanged, and what would lose or shift a cell is refused."""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdo_analysis.errors import InputError
from cdo_analysis.intake import RawTable, read_table


def saved(folder: Path, content: bytes | str, name: str = "export.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def workbook(*rows: list[object], sheet: str = "Réponses") -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    return book


def workbook_bytes(book: openpyxl.Workbook) -> bytes:
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def refusal(path: Path, **options: str) -> str:
    """Return the sentence of the refusal; it must be one line and name the file."""
    with pytest.raises(InputError) as caught:
        read_table(path, **options)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert path.name in sentence
    return sentence


# --- CSV: encodings and containers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("SIREN;Région\n005520135;Île — 80 €\n".encode(), "utf-8"),
        ("SIREN;Région\n005520135;Île — 80 €\n".encode("cp1252"), "cp1252"),
        ("SIREN;Région\n005520135;Île — 80 €\n".encode("utf-8-sig"), "utf-8-sig"),
        ('"SIREN";"Région"\n005520135;"Île — 80 €"\n'.encode("utf-8-sig"), "utf-8-sig"),
        ("SIREN;Région\n005520135;Île — 80 €\n".encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + "SIREN\tRégion\n005520135\tÎle — 80 €\n".encode("utf-16-be"), "utf-16"),
    ],
)
def test_each_encoding_of_french_exports_gives_the_same_text(tmp_path: Path, data: bytes, encoding: str) -> None:
    table = read_table(saved(tmp_path, data))
    assert table.cells.to_dict("list") == {"SIREN": ["005520135"], "Région": ["Île — 80 €"]}
    assert table.encoding == encoding


def test_a_file_taken_for_windows_1252_says_so(tmp_path: Path) -> None:
    table = read_table(saved(tmp_path, "a;b\né;1\n".encode("cp1252")))
    assert "cp1252" in " ".join(table.notes)


def test_a_named_encoding_passes_over_the_byte_order_mark(tmp_path: Path) -> None:
    path = saved(tmp_path, '\ufeff"SIREN";"A"\n1;2\n')
    assert list(read_table(path, encoding="utf-8").cells.columns) == ["SIREN", "A"]


def test_a_file_decoded_wrongly_before_is_noted(tmp_path: Path) -> None:
    table = read_table(saved(tmp_path, "a;b\nrÃ©gion;1\n"))
    assert "'Ã©'" in table.notes[0]


def test_bytes_that_are_not_of_the_named_encoding_are_refused_with_their_line(tmp_path: Path) -> None:
    path = saved(tmp_path, b"a;b\n1;2\n\xe9;3\n")
    assert "line 3" in refusal(path, encoding="utf-8")


def test_an_encoding_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no text encoding called 'latin-99'"):
        read_table(saved(tmp_path, "a;b\n1;2\n"), encoding="latin-99")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \r\n \n",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\x00\x00\x00\x00",
        b";;;\r\n;;;\r\n",
        b"sep=;\r\n",
        b"\xef\xbb\xbf\r\n",
    ],
)
def test_a_file_without_any_text_is_refused(tmp_path: Path, data: bytes) -> None:
    assert "no answer" in (sentence := refusal(saved(tmp_path, data))) or "0 answers" in sentence


def test_a_header_without_answers_is_refused(tmp_path: Path) -> None:
    assert "0 rows" in refusal(saved(tmp_path, "SIREN;A1\r\n\r\n"))


def test_filler_at_the_end_of_a_copy_is_dropped_and_noted(tmp_path: Path) -> None:
    table = read_table(saved(tmp_path, b"a;b\r\n1;2\r\n" + b"\x00" * 512 + b"\x1a"))
    assert table.cells.to_dict("list") == {"a": ["1"], "b": ["2"]}
    assert "513 filler characters" in table.notes[0]


def test_a_nul_inside_the_answers_is_refused(tmp_path: Path) -> None:
    assert "NUL" in refusal(saved(tmp_path, b"a;b\n1\x00;2\n"))


def test_a_web_page_saved_as_a_table_is_refused(tmp_path: Path) -> None:
    assert "web page" in refusal(saved(tmp_path, "<html><table><tr><td>a;b</td></tr></table></html>", "export.xls"))


# --- CSV: separators, quotes, widths --------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_the_separator_is_found(tmp_path: Path, separator: str) -> None:
    table = read_table(saved(tmp_path, f"a{separator}b{separator}c\n1{separator}2{separator}3\n"))
    assert table.separator == separator
    assert table.cells.to_numpy().tolist() == [["1", "2", "3"]]


def test_commas_in_the_headers_do_not_hide_the_semicolons(tmp_path: Path) -> None:
    text = "Avez-vous un site, une appli, un blog, ou rien ?;Effectif\noui;12,5\nnon;3\n"
    table = read_table(saved(tmp_path, text))
    assert table.separator == ";"
    assert table.cells["Effectif"].tolist() == ["12,5", "3"]


@pytest.mark.parametrize(
    ("declared", "separator"), [("sep=;", ";"), ('"sep=,"', ","), ("SEP=|", "|"), ("sep=\t", "\t")]
)
def test_the_line_sep_of_excel_is_honoured_and_not_counted(tmp_path: Path, declared: str, separator: str) -> None:
    table = read_table(saved(tmp_path, f"{declared}\r\na{separator}b\r\n1{separator}2\r\n"))
    assert table.cells.to_dict("list") == {"a": ["1"], "b": ["2"]}
    assert table.lines.tolist() == [2]


def test_quoted_separators_newlines_and_quotes_stay_in_the_answer(tmp_path: Path) -> None:
    text = 'a;comment\r\n1;"trois lignes ;\r\net des ""guillemets""\n"\r\n2;fin\r\n'
    table = read_table(saved(tmp_path, text))
    assert table.cells["comment"].tolist() == ['trois lignes ;\r\net des "guillemets"\n', "fin"]
    assert table.lines.tolist() == [2, 3]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_read(tmp_path: Path, newline: str) -> None:
    table = read_table(saved(tmp_path, newline.join(["a;b", "1;2", "", "3;4", ""])))
    assert table.cells["b"].tolist() == ["2", "4"]
    assert table.lines.tolist() == [2, 4]


def test_cells_keep_their_zeros_spaces_and_odd_characters(tmp_path: Path) -> None:
    written = ["005520135", " x ", "2A", "NA", "1 250,00", "=1+1", "café\u0301", "\u200b", "1e5"]
    table = read_table(saved(tmp_path, "a;b\n" + "".join(f"{text};.\n" for text in written)))
    assert table.cells["a"].tolist() == written


def test_an_unclosed_quote_is_refused_with_the_line_where_it_opens(tmp_path: Path) -> None:
    assert "line 3" in refusal(saved(tmp_path, 'a;b\n1;2\n3;"4\n5;6\n7;8\n'))


def test_an_unclosed_quote_after_sep_is_counted_as_an_editor_counts(tmp_path: Path) -> None:
    assert "line 3" in refusal(saved(tmp_path, 'sep=;\na;b\n1;"2\n3;4\n'))


def test_a_quote_that_swallows_the_next_record_is_refused(tmp_path: Path) -> None:
    header = ";".join(f"c{i}" for i in range(12))
    plain = ";".join("1" * 12)
    opened = '1;2;3;4;5;6;7;8;9;10;11;"douze'
    closed = '1;2;3;4;5;6;7;8;9;10;11;douze"'
    path = saved(tmp_path, "\n".join([header, plain, opened, closed, plain]) + "\n")
    assert "line 3" in refusal(path)


def test_records_longer_than_the_header_are_refused_and_named(tmp_path: Path) -> None:
    sentence = refusal(saved(tmp_path, "a;b\n1;2\n1;2;3\n1;2\n4;5;6\n"))
    assert "record 3, 5" in sentence
    assert "2 record(s)" in sentence


def test_a_shift_of_every_record_is_refused(tmp_path: Path) -> None:
    assert "3 record(s)" in refusal(saved(tmp_path, "a;b\n1;2;3\n4;5;6\n7;8;9\n"))


def test_empty_cells_after_the_last_header_are_no_answers(tmp_path: Path) -> None:
    assert read_table(saved(tmp_path, "a;b\n1;2;;\n3;4; \n")).cells["b"].tolist() == ["2", "4"]


def test_short_records_are_completed_and_counted(tmp_path: Path) -> None:
    table = read_table(saved(tmp_path, "a;b;c\n1;2;3\n4\n5;6\n"))
    assert table.cells["c"].tolist() == ["3", "", ""]
    assert table.notes[0].startswith("2 record(s)")


@pytest.mark.parametrize(
    "header",
    ["A1;A1", "A1; A1 ", "A1;A1\u200b", "A1;\ufeffA1", "A 1;A\u00a01", "E\u0301;\u00c9", "\u202aA1\u202c;A1"],
)
def test_headers_that_look_the_same_are_refused(tmp_path: Path, header: str) -> None:
    assert "2 columns" in refusal(saved(tmp_path, f"{header};b\n1;2;3\n"))


def test_a_blank_header_is_dropped_over_nothing_and_refused_over_answers(tmp_path: Path) -> None:
    assert list(read_table(saved(tmp_path, "a;;b\n1;;2\n")).cells.columns) == ["a", "b"]
    assert "column 2" in refusal(saved(tmp_path, "a; ;b\n1;x;2\n"))


def test_one_column_is_read_but_a_line_of_prose_is_no_header(tmp_path: Path) -> None:
    assert read_table(saved(tmp_path, "SIREN\n005520135\n")).cells["SIREN"].tolist() == ["005520135"]
    assert "no ';'" in refusal(saved(tmp_path, "Rapport annuel 2026\nPremier chapitre\n"))


def test_a_cell_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    assert "70000 characters" in refusal(saved(tmp_path, f"a;b\n1;{'x' * 70_000}\n"))


def test_reading_leaves_the_field_limit_of_csv_as_it_was(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    read_table(saved(tmp_path, "a;b\n1;2\n"))
    with pytest.raises(InputError):
        read_table(saved(tmp_path, 'a;b\n1;"2\n'))
    assert csv.field_size_limit() == before


_CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00\x1a\ufeff"), max_size=12)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    rows=st.lists(st.tuples(_CELL, _CELL, _CELL).filter(lambda row: any(map(str.strip, row))), min_size=1, max_size=6),
    separator=st.sampled_from(";,\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_any_table_of_text_comes_back_unchanged(rows: list[tuple[str, ...]], separator: str, encoding: str) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerows([("q1", "q2", "q3"), *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = saved(Path(folder), text.getvalue().encode(encoding))
        table = read_table(path, encoding=encoding)
    assert [tuple(row) for row in table.cells.to_numpy().tolist()] == rows


def read_or_refuse(path: Path) -> RawTable | str:
    """Return the table, or the sentence that refuses it."""
    try:
        return read_table(path, encoding="utf-8")
    except InputError as error:
        return str(error)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    body=st.text(st.sampled_from('ab1é;;;"\n\r\t, '), max_size=40),
    rows=st.integers(1, 3),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_any_text_is_read_as_csv_says_or_refused_in_a_sentence(body: str, rows: int, end: str) -> None:
    """No cell is lost, moved or guessed, whatever quotes and lines do; `csv` itself is the judge."""
    text = end.join(["q1;q2;q3", *["1;2;3"] * rows, body])
    with tempfile.TemporaryDirectory() as folder:
        table = read_or_refuse(saved(Path(folder), text.encode()))
    if isinstance(table, str):
        assert "\n" not in table
        assert table.endswith((".", "?"))
        return
    records = list(csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True))
    whole = [(n, row) for n, row in enumerate(records, 1) if any(map(str.strip, row)) and (n == 1 or row != records[0])]
    assert table.lines.tolist() == [n for n, _ in whole[1:]]
    assert table.cells.to_numpy().tolist() == [(row + [""] * 3)[:3] for _, row in whole[1:]]
    assert not any(cell.strip() for _, row in whole for cell in row[3:])


# --- XLSX -----------------------------------------------------------------------------------------------------


def test_cells_of_a_sheet_become_the_text_a_person_reads(tmp_path: Path) -> None:
    cells = {
        "text": ("005520135", "005520135"),
        "whole": (5520135, "5520135"),
        "decimal": (12.5, "12.5"),
        "tiny": (0.0000001, "0.0000001"),
        "large": (1e16, "10000000000000000"),
        "yes": (True, "TRUE"),
        "no": (False, "FALSE"),
        "day": (date(2024, 3, 2), "2024-03-02"),
        "moment": (datetime(2024, 3, 1, 8, 15), "2024-03-01 08:15:00"),
        "clock": (time(8, 30), "08:30:00"),
        "blank": (None, ""),
        "spaces": (" x ", " x "),
    }
    book = workbook(list(cells), [value for value, _ in cells.values()])
    table = read_table(saved(tmp_path, workbook_bytes(book), "export.xlsx"))
    assert table.cells.iloc[0].to_dict() == {header: text for header, (_, text) in cells.items()}
    assert table.sheet == "Réponses"


def test_three_decimals_of_a_number_cell_cannot_be_taken_for_thousands(tmp_path: Path) -> None:
    table = read_table(saved(tmp_path, workbook_bytes(workbook(["w"], [1.125], [0.125], [1234.125])), "w.xlsx"))
    assert table.cells["w"].tolist() == ["1.1250", "0.125", "1234.125"]


def test_rows_are_numbered_as_in_the_sheet(tmp_path: Path) -> None:
    book = workbook(["a", "b"], ["1", "2"], [None, "  "], ["3", "4"])
    assert read_table(saved(tmp_path, workbook_bytes(book), "e.xlsx")).lines.tolist() == [2, 4]


def test_an_error_of_the_spreadsheet_is_kept_by_its_name(tmp_path: Path) -> None:
    book = workbook(["a", "b"], ["1", "2"])
    for cell, name in (("A3", "#N/A"), ("B3", "#REF!"), ("B4", "#DIV/0!")):
        book.active[cell] = name
        book.active[cell].data_type = "e"
    cells = read_table(saved(tmp_path, workbook_bytes(book), "e.xlsx")).cells
    assert cells.to_numpy().tolist() == [["1", "2"], ["#N/A", "#REF!"], ["", "#DIV/0!"]]


def test_a_formula_that_was_never_worked_out_is_refused_with_its_cell(tmp_path: Path) -> None:
    book = workbook(["a", "b"], ["1", "=1+1"])
    assert "(B2)" in refusal(saved(tmp_path, workbook_bytes(book), "e.xlsx"))


def test_a_formula_with_its_value_is_read_even_where_the_value_is_an_empty_text(tmp_path: Path) -> None:
    data = workbook_bytes(workbook(["a", "b"], ["1", "=1+1"], ["2", '=""']))
    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()
    sheet = re.sub("<v ?/>|<v></v>", "<v />", sheet)  # openpyxl writes either, as lxml is there or not
    mended = sheet.replace("<f>1+1</f><v />", "<f>1+1</f><v>2</v>").replace(
        '<c r="B3"><f>""</f><v />', '<c r="B3" t="str"><f>""</f><v></v>'
    )
    assert mended.count("<v />") == 0
    path = saved(tmp_path, replaced(data, "xl/worksheets/sheet1.xml", mended.encode()), "e.xlsx")
    assert read_table(path).cells["b"].tolist() == ["2", ""]


def test_cells_that_do_not_say_where_they_stand_are_counted(tmp_path: Path) -> None:
    book = workbook(["a", "b", "c"], ["1", "#N/A", "3"])
    book.active["B2"].data_type = "e"
    data = workbook_bytes(book)
    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()
    anonymous = re.sub(r'(<(?:c|row)) r="[A-Z0-9]+"', r"\1", sheet)
    path = saved(tmp_path, replaced(data, "xl/worksheets/sheet1.xml", anonymous.encode()), "e.xlsx")
    assert read_table(path).cells.to_numpy().tolist() == [["1", "#N/A", "3"]]


def test_a_time_stored_a_hair_before_the_minute_is_that_minute(tmp_path: Path) -> None:
    data = workbook_bytes(workbook(["a"], [datetime(2024, 3, 1, 8, 15)]))
    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")
    early = sheet.replace(b"<v>45352.34375</v>", b"<v>45352.34374999</v>")
    assert early != sheet
    path = saved(tmp_path, replaced(data, "xl/worksheets/sheet1.xml", early), "e.xlsx")
    assert read_table(path).cells["a"].tolist() == ["2024-03-01 08:15:00"]


def replaced(data: bytes, member: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, content if name == member else old.read(name))
    return out.getvalue()


def test_the_first_visible_sheet_is_read_and_the_others_are_told(tmp_path: Path) -> None:
    book = workbook(["x"], ["brouillon"], sheet="Caché")
    book.active.sheet_state = "hidden"
    book.create_sheet("Réponses").append(["a"])
    book["Réponses"].append(["1"])
    book.create_sheet("Lisez-moi").append(["note"])
    path = saved(tmp_path, workbook_bytes(book), "e.xlsx")
    table = read_table(path)
    assert table.sheet == "Réponses"
    assert table.cells.to_dict("list") == {"a": ["1"]}
    assert "hidden" in table.notes[0]
    assert "2 visible sheets" in table.notes[1]
    assert read_table(path, sheet="Caché").cells.to_dict("list") == {"x": ["brouillon"]}


def test_a_sheet_that_does_not_exist_gets_the_nearest_name(tmp_path: Path) -> None:
    path = saved(tmp_path, workbook_bytes(workbook(["a"], ["1"])), "e.xlsx")
    assert "did you mean 'Réponses'" in refusal(path, sheet="Reponse")


def test_an_empty_sheet_is_refused(tmp_path: Path) -> None:
    assert "empty" in refusal(saved(tmp_path, workbook_bytes(openpyxl.Workbook()), "e.xlsx"))


def test_what_a_file_holds_decides_and_not_its_name(tmp_path: Path) -> None:
    book = saved(tmp_path, workbook_bytes(workbook(["a"], ["1"])), "book.csv")
    text = saved(tmp_path, "a;b\n1;2\n", "text.xlsx")
    assert read_table(book).cells.to_dict("list") == {"a": ["1"]}
    assert read_table(text).cells.to_dict("list") == {"a": ["1"], "b": ["2"]}


def test_an_old_or_protected_workbook_is_refused(tmp_path: Path) -> None:
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504
    assert "password" in refusal(saved(tmp_path, data, "e.xlsx"))


def test_a_workbook_cut_anywhere_is_refused(tmp_path: Path) -> None:
    data = workbook_bytes(workbook(["a", "b"], ["1", "2"]))
    for length in (30, len(data) // 3, len(data) // 2, len(data) - 1):
        assert "save" in refusal(saved(tmp_path, data[:length], "e.xlsx"))


def test_a_workbook_with_a_damaged_sheet_is_refused(tmp_path: Path) -> None:
    data = workbook_bytes(workbook(["a", "b"], ["1", "2"]))
    path = saved(tmp_path, replaced(data, "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row"), "e.xlsx")
    assert "damaged" in refusal(path)


def test_a_workbook_without_sheets_is_refused(tmp_path: Path) -> None:
    data = workbook_bytes(workbook(["a"], ["1"]))
    xml = zipfile.ZipFile(io.BytesIO(data)).read("xl/workbook.xml").decode()
    emptied = xml[: xml.index("<sheets>")] + "<sheets></sheets>" + xml[xml.index("</sheets>") + 9 :]
    refusal(saved(tmp_path, replaced(data, "xl/workbook.xml", emptied.encode()), "e.xlsx"))


def test_an_archive_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("export.csv", "a;b\n1;2\n")
    assert "archive" in refusal(saved(tmp_path, data.getvalue(), "export.zip"))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdo_analysis.sandbox.preflight.LARGEST_UNPACKED", 1_000)
    assert "unpacks to" in refusal(saved(tmp_path, workbook_bytes(workbook(["a"], ["1"])), "e.xlsx"))


# --- files that are not there or cannot be read ---------------------------------------------------------------


def test_a_missing_file_gets_the_nearest_name(tmp_path: Path) -> None:
    saved(tmp_path, "a;b\n1;2\n", "enquete-2026.csv")
    assert "did you mean 'enquete-2026.csv'?" in refusal(tmp_path / "enquette-2026.csv")
    assert "check its name" in refusal(tmp_path / "nowhere" / "zzz.csv")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path)


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    assert "not a regular file" in refusal(tmp_path / "pipe.csv")


def test_a_name_too_long_for_the_system_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / f"{'x' * 300}.csv")


@contextmanager
def as_nobody() -> Iterator[None]:
    """Run without the rights of root, which reads everything."""
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(65_534)
    try:
        yield
    finally:
        if was_root:
            os.seteuid(0)


@pytest.mark.parametrize("name", ["locked.csv", "closed/inside.csv"])
def test_a_file_without_permission_is_refused(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.parent.mkdir(exist_ok=True)
        saved(path.parent, "a;b\n1;2\n", path.name).chmod(0)
        Path(folder).chmod(0o755)
        path.parent.chmod(0o755 if name == "locked.csv" else 0)
        with as_nobody():
            sentence = refusal(path)
        path.parent.chmod(0o755)
    assert "permissions" in sentence
