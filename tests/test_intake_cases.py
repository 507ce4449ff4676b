"""The 84 bad inputs that surveys arrive as, one by one: refused in a sentence, read and told, or kept as they are.

Each number is a case of the project's list of inputs. Few mechanisms: a file is refused; a file is read to text, with
notes; a text is coded, with its rule or its kind of missing; records are flagged or left out.
"""

from __future__ import annotations

import io
import os
import re
import threading
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from cdo_analysis.codebook import Codebook, read_codebook
from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.intake import ExportOptions, Survey, leave_out_flagged, read_survey, read_table
from cdo_analysis.intake.company import read_naf
from cdo_analysis.intake.issues import IssueLog
from cdo_analysis.intake.journal import spreadsheet_safe
from cdo_analysis.intake.plausibility import flag_sizes
from cdo_analysis.reference.activities import load_naf
from cdo_analysis.reports.run import file_stem

Bytes = Callable[[], bytes]
SOURCE = Path(__file__).resolve().parents[1] / "src" / "cdo_analysis"

# --- files ----------------------------------------------------------------------------------------------------


def saved(folder: Path, data: bytes | str, name: str = "export.csv") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def xlsx(
    *rows: list[object], change: Callable[[Any], None] | None = None, members: dict[str, bytes] | None = None
) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book)
    data = io.BytesIO()
    book.save(data)
    return rezipped(data.getvalue(), members or {})


def rezipped(data: bytes, members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in dict.fromkeys([*old.namelist(), *members]):
            new.writestr(name, members[name] if name in members else old.read(name))
    return out.getvalue()


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return out.getvalue()


def sav(folder: Path, frame: pd.DataFrame, **options: Any) -> bytes:
    path = folder / "made.sav"
    pyreadstat.write_sav(frame, path, **options)
    data = path.read_bytes()
    path.unlink()
    return data


def hidden_first(book: Any) -> None:
    book.active.sheet_state = "hidden"
    sheet = book.create_sheet("Réponses")
    sheet.append(["a"])
    sheet.append(["1"])


def hidden_row(book: Any) -> None:
    book.active.row_dimensions[3].hidden = True
    book.active.column_dimensions["B"].hidden = True


def far_format(book: Any) -> None:
    book.active.cell(1_048_576, 2).font = openpyxl.styles.Font(bold=True)


def merged_header(book: Any) -> None:
    book.active.merge_cells("B1:C1")


def merged_body(book: Any) -> None:
    book.active.merge_cells("A2:A3")


def mac_dates(book: Any) -> None:
    book.epoch = CALENDAR_MAC_1904
    book.active["A2"] = datetime(2026, 3, 5)


def error_cell(book: Any) -> None:
    book.active["A2"] = "#N/A"
    book.active["A2"].data_type = "e"


ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&b;</t></si></sst>'
)
HEADER_12 = ";".join(f"c{place}" for place in range(12))
LINE_12 = ";".join("1" * 12)

# --- 1. refused, in one sentence ------------------------------------------------------------------------------

REFUSED: dict[int, tuple[str, bytes | Bytes, str]] = {
    7: ("export.csv", b"a;b\n1\x00;2\n", "NUL"),
    9: ("export.csv", b"SIREN;A1\r\n", "0 rows"),
    12: (
        "e.xlsx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") * 9,
        "protected by a password",
    ),
    13: ("e.xlsx", lambda: xlsx(["a"], ["1"])[:-300], "truncated or damaged"),
    15: ("e.xlsx", lambda: xlsx(["a"], ["1"], members={"xl/worksheets/sheet9.xml": b"0" * 60_000_000}), "unpacks to"),
    16: (
        "e.xlsx",
        lambda: xlsx(["a"], ["1"], change=lambda book: book.active.__setitem__("XFD60000", "x")),
        "reaches column 16384",
    ),
    18: ("e.xlsx", lambda: xlsx(["a"], ["1"], members={"xl/sharedStrings.xml": ENTITIES}), "declares entities"),
    19: ("export.csv.zip", lambda: zipped(export_dot_csv=b"a;b\n" + b"1;2\n" * 20_000_000), "unpacks to"),
    20: (
        "export.zip",
        lambda: zipped(**{"..__..__evil_dot_csv": b"a;b\n1;2\n", "b_dot_csv": b"a\n1\n"}),
        "is an archive",
    ),
    21: ("export.csv", lambda: b"a;b\n1;" + b"x" * 3_000_000 + b"\n", "3000000 characters"),
    22: ("export.csv", lambda: b'a;b\n1;"' + b"x" * 140_000 + b'"\n', "140000 characters"),
    24: ("export.pkl", b"\x80\x04\x95\x10\x00\x00\x00cposix\nsystem\n", "pickle"),
    29: ("export.csv", b"a;b\n1;2;3\n4;5;6\n", "more cells than the header"),
    30: ("export.csv", b"a;b\n1;2\n1;2;3\n", "record 3"),
    32: ("export.csv", f'{HEADER_12}\n{LINE_12}\n{LINE_12[:-1]}"1\n{LINE_12[:-1]}1"\n{LINE_12}\n'.encode(), "line 3"),
    36: ("export.csv", b"a;;b\n1;x;2\n", "no header"),
    49: ("e.xlsx", lambda: xlsx(["a"], ["=1+1"]), "formula(s) have no value"),
}


def content(made: bytes | Bytes) -> bytes:
    return made if isinstance(made, bytes) else made()


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused_in_one_sentence(tmp_path: Path, case: int) -> None:
    name, made, words = REFUSED[case]
    path = saved(tmp_path, content(made), name)
    with pytest.raises(InputError) as caught:
        read_table(path)
    sentence = str(caught.value)
    assert words in sentence
    assert name in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize("case", [23, 25, 26])
def test_what_is_no_finished_file_of_this_machine_is_refused(tmp_path: Path, case: int) -> None:
    export = saved(tmp_path, "a;b\n1;2\n")
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "link.csv").symlink_to(export)
    saved(tmp_path, b"\x05Anne", "~$export.xlsx")
    paths: dict[int, list[tuple[object, str]]] = {
        23: [("https://example.org/export.csv", "is an address"), ("s3://bucket/e.csv", "is an address")],
        25: [(tmp_path / "link.csv", "symbolic link"), (tmp_path / "pipe.csv", "not a regular file")],
        26: [(tmp_path / "~$export.xlsx", "lock file")],
    }
    for path, words in paths[case]:
        with pytest.raises(InputError, match=words):
            read_table(path)  # type: ignore[arg-type]


# --- 2. read, and told ----------------------------------------------------------------------------------------

Cells = dict[str, list[str]]
READ: dict[int, tuple[bytes | Bytes, Cells, str]] = {
    1: ("Région;b\nÎle;1\n".encode("cp1252"), {"Région": ["Île"], "b": ["1"]}, "cp1252"),
    2: ("rÃ©gion;b\nlâ€™Ã®le;1\n".encode(), {"rÃ©gion": ["lâ€™Ã®le"], "b": ["1"]}, "--repair-text"),
    3: (b"CA;b\n\x80 500;1\n", {"CA": ["€ 500"], "b": ["1"]}, "cp1252"),
    4: ('\ufeff"SIREN";"b"\n005520135;1\n'.encode(), {"SIREN": ["005520135"], "b": ["1"]}, ""),
    5: ("a\tb\né\t1\n".encode("utf-16"), {"a": ["é"], "b": ["1"]}, ""),
    6: (b"sep=;\r\na;b\r\n1;2\r\n", {"a": ["1"], "b": ["2"]}, ""),
    8: (b"a;b\n1;2\n" + b"\x00" * 90 + b"\x1a", {"a": ["1"], "b": ["2"]}, "filler characters"),
    11: (lambda: xlsx(["a"], ["1"]), {"a": ["1"]}, ""),
    17: (lambda: xlsx(["a", "b"], ["1", "2"], change=far_format), {"a": ["1"], "b": ["2"]}, ""),
    27: (b"a;b\n1,5;2,5\n3,0;4,0\n", {"a": ["1,5", "3,0"], "b": ["2,5", "4,0"]}, ""),
    28: (b"Remarque\nbien\nmieux\n", {"Remarque": ["bien", "mieux"]}, ""),
    31: (b"a;b;c\n1;2;3\n4\n", {"a": ["1", "4"], "b": ["2", ""], "c": ["3", ""]}, "shorter than the header"),
    33: (b'a;b\n"deux\nlignes";2\n3;4\n', {"a": ["deux\nlignes", "3"], "b": ["2", "4"]}, ""),
    34: (b"a;b\r\n1;2\n3;4\r5;6\r\n", {"a": ["1", "3", "5"], "b": ["2", "4", "6"]}, ""),
    38: (
        b'Q1,IPAddress\nVotre site ?,IP\n"{""ImportId"":""QID1""}","{""ImportId"":""ipAddress""}"\n1,192.0.2.1\n',
        {"Q1": ["1"], "IPAddress": ["192.0.2.1"]},
        "",
    ),
    40: (
        b"id,submitdate,lastpage,startlanguage,A1[SQ001]. Site web\n1,2026-03-01 10:00:00,4,fr,Y\n",
        {
            "id": ["1"],
            "submitdate": ["2026-03-01 10:00:00"],
            "lastpage": ["4"],
            "startlanguage": ["fr"],
            "A1_SQ001": ["Y"],
        },
        "",
    ),
    46: (
        lambda: xlsx(["SIREN", "Outils", None], [None, "CRM", "ERP"], ["1", "x", ""], change=merged_header),
        {"SIREN": ["1"], "Outils [CRM]": ["x"], "Outils [ERP]": [""]},
        "2 levels",
    ),
    47: (lambda: xlsx(["brouillon"], ["x"], change=hidden_first), {"a": ["1"]}, "is hidden"),
    48: (
        lambda: xlsx(["a", "b"], ["1", "2"], ["3", "4"], change=hidden_row),
        {"a": ["1", "3"], "b": ["2", "4"]},
        "hidden row(s)",
    ),
    50: (lambda: xlsx(["a", "b"], ["x", "1"], change=error_cell), {"a": ["#N/A"], "b": ["1"]}, ""),
}


@pytest.mark.parametrize("case", READ)
def test_what_can_be_read_is_read_whole_and_told(tmp_path: Path, case: int) -> None:
    made, cells, note = READ[case]
    table = read_table(saved(tmp_path, content(made)))
    assert table.cells.to_dict("list") == cells
    assert note in " ".join(table.notes)


def test_mojibake_is_put_right_where_it_is_asked_for(tmp_path: Path) -> None:
    path = saved(tmp_path, READ[2][0])  # type: ignore[arg-type]
    assert read_table(path, options=ExportOptions(repair=True)).cells.to_dict("list") == {
        "région": ["l’île"],
        "b": ["1"],
    }


def test_answers_merged_in_a_sheet_are_refused(tmp_path: Path) -> None:
    data = xlsx(["a", "b"], ["1", "2"], [None, "3"], change=merged_body)
    with pytest.raises(InputError, match="merged among the answers"):
        read_table(saved(tmp_path, data, "e.xlsx"))


# --- 3. coded with a codebook ---------------------------------------------------------------------------------

BOOK = read_codebook(
    """
id = "t"
title = "Essai"
respondent = "siren"
[roles]
headcount = "people"
turnover = "sales"
company_name = "name"
submitted = "sent"
duration = "took"
[collection]
opened = 2026-02-01
test_domains = ["jetpulp.example"]
[[answers]]
id = "scale"
answers = [ { code = "1", label = "1" }, { code = "2", label = "2" }, { code = "3", label = "3" },
  { code = "4", label = "4" }, { code = "5", label = "5" },
  { code = "98", label = "Ne sait pas", missing = "dont_know" } ]
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
name = "naf"
column = "NAF"
kind = "identifier"
check = "naf"
question = "Code NAF"
[[item]]
name = "people"
column = "EFFECTIF"
kind = "number"
bounds = [0, 100000]
question = "Effectif de l'entreprise"
[[item]]
name = "band"
column = "TRANCHE"
question = "Tranche d'effectif"
answers = [ { code = "1", label = "1 à 9 salariés" }, { code = "2", label = "10 à 49 salariés" },
  { code = "3", label = "250 et plus" } ]
[[item]]
name = "sales"
column = "CA"
kind = "number"
unit = "keur"
question = "Chiffre d'affaires"
[[item]]
name = "web"
column = "WEB"
kind = "number"
unit = "percent"
question = "Part du web"
[[item]]
name = "sent"
column = "ENVOI"
kind = "date"
question = "Date d'envoi"
[[item]]
name = "took"
column = "DUREE"
kind = "number"
unit = "seconds"
question = "Durée"
[[item]]
name = "site"
column = "SITE"
question = { fr = "Avez-vous un site web ?", en = "Do you have a website?" }
answers = [ { code = "1", label = { fr = "Oui", en = "Yes" } }, { code = "0", label = { fr = "Non", en = "No" } } ]
[[item]]
name = "view"
column = "AVIS"
question = "Votre avis sur le numérique"
answers = "scale"
[[item]]
name = "tools"
question = "Quels outils utilisez-vous ?"
select = "any"
rows = [ { name = "crm", column = "A1_CRM", label = "CRM, relation client" },
  { name = "erp", column = "A1_ERP", label = "ERP" },
  { name = "other_tool", column = "A1_other", label = "Autre", other = true } ]
[[item]]
name = "grid"
question = "Êtes-vous d'accord ?"
answers = "scale"
rows = [ { name = "g1", column = "G1", label = "a" }, { name = "g2", column = "G2", label = "b" },
  { name = "g3", column = "G3", label = "c" },
  { name = "g4", column = "G4", label = "d" }, { name = "g5", column = "G5", label = "e" } ]
[[item]]
name = "grid_two"
question = "Et demain ?"
answers = "scale"
rows = [ { name = "h1", column = "H1", label = "a" }, { name = "h2", column = "H2", label = "b" },
  { name = "h3", column = "H3", label = "c" },
  { name = "h4", column = "H4", label = "d" }, { name = "h5", column = "H5", label = "e" } ]
[[item]]
name = "note"
column = "NOTE"
kind = "text"
question = "Remarque"
""",
    "t.toml",
)
SIRENS = ["732829320", "005520135", "356000000", "552081317", "542051180", "552100554"]
COLUMNS = list(dict.fromkeys(item.column for item in BOOK))
PLAIN = {
    "EFFECTIF": "20",
    "TRANCHE": "2",
    "CA": "3000",
    "SITE": "1",
    "AVIS": "3",
    "A1_CRM": "Y",
    "ENVOI": "05/03/2026",
    "DUREE": "600",
}


def lines(*records: dict[str, str], columns: list[str] | None = None) -> str:
    """Return a CSV of records; a SIREN of its own and plain answers stand where a record says nothing."""
    columns = columns or COLUMNS
    rows = []
    for siren, record in zip(SIRENS, records, strict=False):
        cells = {"SIREN": siren, **PLAIN, **record}
        rows.append(";".join('"' + cells.get(column, "").replace('"', '""') + '"' for column in columns))
    return "\n".join([";".join(columns), *rows]) + "\n"


def survey(folder: Path, *records: dict[str, str], codebook: Codebook = BOOK) -> Survey:
    return read_survey(saved(folder, lines(*records)), codebook)


# case: (column, item, {text written: value, or "!rule" for an issue, or "?kind" for a missing answer})
CODED: dict[int, tuple[str, str, dict[str, object]]] = {
    55: ("SIREN", "siren", {"005520135": "005520135", "5520135": "005520135"}),
    58: (
        "CA",
        "sales",
        {"1 250 000,00 EUR": 1250.0, "1\u00a0250\u202f000 €": 1250.0, "1\u2009250\u2007000,00€": 1250.0},
    ),
    59: (
        "CA",
        "sales",
        {"50 k€": 50.0, "2 M€": 2000.0, "1,2 Md€": 1.2e6, "2 millions": 2000.0, "50 KE": 50.0, "50K EUR": 50.0},
    ),
    60: ("CA", "sales", {"1,250": "!ambiguous_number"}),
    61: ("CA", "sales", {"1.250.000": 1_250_000.0, "1'250": 1250.0}),
    63: (
        "CA",
        "sales",
        {"(1 200)": -1200.0, "-": "?no_answer", "n.c.": "?no_answer", "ns": "?dont_know", "s": "?refused"},
    ),
    64: (
        "TRANCHE",
        "band",
        {"10-49": "2", "de 10 à 49": "2", ">= 250": "3", "250+": "3", "une dizaine": "!unknown_answer"},
    ),
    65: (
        "TRANCHE",
        "band",
        {"2049-10-01 00:00:00": "2", "oct-49": "2", "01/09/2026": "1", "5-mars": "!unknown_answer"},
    ),
    66: ("WEB", "web", {"12": 12.0, "12 %": 12.0, "0,12": "!share_or_percent"}),
    67: (
        "AVIS",
        "view",
        {
            "0": "!unknown_answer",
            "6": "!unknown_answer",
            "-99": "!unknown_answer",
            "3,5": "!unknown_answer",
            "98": "?dont_know",
            "3": "3",
        },
    ),
    68: (
        "AVIS",
        "view",
        {"NSP": "?dont_know", "refus": "?refused", "NR": "?no_answer", "SO": "?not_applicable", ".": "?no_answer"},
    ),
    70: ("SITE", "site", {"Oui": "1", " OUI ": "1", "O": "1", "Y": "1", "Vrai": "1", "Non": "0"}),
    71: ("NOM", "name", {"NA": "NA", "None": "None", "null": "null", "nan": "nan", "01": "01", "2A": "2A"}),
    73: ("ENVOI", "sent", {"45678": datetime(2025, 1, 21), "05/03/26": "!not_a_date"}),
    74: (
        "NAF",
        "naf",
        {"62.01Z": "62.01Z", "6201Z": "62.01Z", "6201z": "62.01Z", "722C": "!naf_wrong_form", "44.10Z": "!naf_unknown"},
    ),
    80: ("CA", "sales", {"inf": "!not_a_number", "1e309": "!not_a_number", "9" * 400: "!not_a_number"}),
}


@pytest.mark.parametrize("case", CODED)
def test_what_is_written_has_one_value_or_a_reason(tmp_path: Path, case: int) -> None:
    column, item, texts = CODED[case]
    if column == "SIREN":  # each record has its own file, or they would be one respondent
        found = [survey(tmp_path, {column: text}) for text in texts]
    else:
        found = [survey(tmp_path, *({column: text} for text in texts))] * len(texts)
    for place, (text, expected) in enumerate(texts.items()):
        one = found[place]
        row = 0 if column == "SIREN" else place
        value, kind = one.responses[item].iloc[row], one.missing[item].iloc[row]
        rules = set(one.issues.loc[(one.issues["item"] == item) & (one.issues["line"] == row + 2), "rule"])
        if isinstance(expected, str) and expected[:1] == "!":
            assert (kind, expected[1:]) == ("invalid", (rules & {expected[1:]} or {""}).pop()), text
        elif isinstance(expected, str) and expected[:1] == "?":
            assert kind == expected[1:], text
        else:
            assert value == expected, text


# --- 4. the rest, each by what it does ------------------------------------------------------------------------


def rules(found: Survey, item: str | None = None) -> set[str]:
    issues = found.issues if item is None else found.issues[found.issues["item"] == item]
    return set(issues["rule"])


def case_10(folder: Path) -> None:
    rows = "<tr><th>SIREN</th><th>Région&nbsp;:</th></tr>"
    rows += "<tr><td>005520135</td><td>Île<br>d&#39;Yeu<script>x</script></td></tr>"
    page = f"<html><meta charset=windows-1252><body><p>Export</p><table>{rows}</table></html>"
    table = read_table(saved(folder, page.encode("cp1252"), "export.xls"))
    assert table.cells.to_dict("list") == {"SIREN": ["005520135"], "Région :": ["Île\nd'Yeu"]}
    assert "web page" in " ".join(table.notes)
    for wrong in (
        "<html>Veuillez vous connecter</html>",
        f"<table>{rows}</table><table>{rows}</table>",
        "<table><tr><td>a",
    ):
        with pytest.raises(InputError, match="web page"):
            read_table(saved(folder, wrong, "export.xls"))
    with pytest.raises(InputError, match="merged among the answers"):
        read_table(saved(folder, "<table><tr><td>a</td><td>b</td></tr><tr><td rowspan=2>1</td><td>2</td></tr>"
                                 "<tr><td>3</td></tr></table>", "export.xls"))  # fmt: skip


def case_14(folder: Path) -> None:
    data = bytearray(sav(folder, pd.DataFrame({"SIREN": [1.0, 2.0, 3.0], "b": ["x", "y", "z"]})))
    at = data.index((3).to_bytes(4, "little"), 60)  # the number of rows that the header says
    data[at : at + 4] = (9).to_bytes(4, "little")
    with pytest.raises(InputError, match="save or copy it again"):
        read_table(saved(folder, bytes(data), "e.sav"))


def case_35(folder: Path) -> None:
    text = "SIREN;Autre;Autre;" + ";".join(COLUMNS[1:]) + "\n732829320;x;y" + ";" * len(COLUMNS[1:]) + "\n"
    found = read_survey(saved(folder, text), BOOK)
    told = " ".join(found.issues["message"])
    assert "'Autre (column 2)'" in told
    assert "'Autre (column 3)'" in told
    with pytest.raises(InputError, match="'SITE' stands in 2 columns"):
        read_survey(saved(folder, lines({}, columns=[*COLUMNS, "SITE"])), BOOK)


def case_37(folder: Path) -> None:
    with pytest.raises(InputError, match="2 columns"):
        read_table(saved(folder, "E\u0301tat;\u00c9tat \u200b\n1;2\n"))


def case_39(folder: Path) -> None:
    head = ["Status", "Finished", *COLUMNS]
    ids = ",".join(f'"{{""ImportId"":""Q{place}""}}"' for place in range(len(head)))
    rows = [
        [s, f, siren] for (s, f), siren in zip([("0", "1"), ("1", "1"), ("0", "0"), ("8", "1")], SIRENS, strict=False)
    ]
    text = "\n".join([",".join(head), ",".join(head), ids, *(",".join(row + [""] * (len(head) - 3)) for row in rows)])
    found = read_survey(saved(folder, text + "\n"), BOOK)
    assert found.flow.set_index("step")["n"][["received", "preview", "spam", "kept"]].tolist() == [4, 1, 1, 2]
    assert found.flags["unfinished"].tolist() == [False, True]


def case_41(folder: Path) -> None:
    found = survey(
        folder, {"A1_CRM": "Y"}, {"A1_CRM": "", "NOTE": "", "ENVOI": "", "G1": "3"}, {"A1_CRM": "", "AVIS": ""}
    )
    assert found.responses["erp"].tolist()[0] == "0"  # another option is ticked: this one was seen
    assert found.responses["crm"].tolist()[1] == "0"  # nothing ticked, but the next question is answered
    assert found.missing["crm"].tolist()[2] == "abandoned"  # nothing after it


def case_42(folder: Path) -> None:
    found = survey(folder, {"A1_other": "un outil maison"}, {"A1_other": ""})
    assert found.responses["other_tool"].tolist() == ["1", "0"]
    told = found.recodings.set_index("rule").loc["other_text"]
    assert (told["before"], told["after"]) == ("un outil maison", "1")


def case_43(folder: Path) -> None:
    columns = [c for c in COLUMNS if not c.startswith("A1_")] + ["Quels outils utilisez-vous ?"]
    cells = ["CRM, relation client;ERP;", "ERP", "CRM, relation client;tableur"]
    found = read_survey(saved(folder, lines(*({columns[-1]: cell} for cell in cells), columns=columns)), BOOK)
    assert found.responses["crm"].tolist() == ["1", "0", "1"]
    assert found.responses["erp"].tolist() == ["1", "1", "0"]
    assert found.responses["other_tool"].tolist() == ["0", "0", "1"]  # what is left over


def case_44(folder: Path) -> None:
    columns = ["Horodateur", *(c for c in COLUMNS if c != "ENVOI")]
    stamps = [{"Horodateur": "2026/03/05 2:35:12 PM UTC+1"}, {"Horodateur": "05/03/2026 14:35:12"}]
    found = read_survey(saved(folder, lines(*stamps, columns=columns)), BOOK)
    assert found.responses["sent"].tolist() == [datetime(2026, 3, 5, 13, 35, 12), datetime(2026, 3, 5, 14, 35, 12)]
    assert "--zone" in " ".join(found.issues["message"])
    book = read_codebook(BOOK.source.replace("[collection]", '[collection]\nzone = "Europe/Paris"'), "t.toml")
    path, told = saved(folder, lines(*stamps, columns=columns)), ExportOptions(zone="UTC")
    paris = read_survey(path, book, options=told).responses["sent"]  # an hour ahead of UTC in March
    assert paris.tolist() == [datetime(2026, 3, 5, 14, 35, 12), datetime(2026, 3, 5, 15, 35, 12)]
    with pytest.raises(UsageError, match="Europe/Paris"):
        read_survey(path, book, options=ExportOptions(zone="Paris"))
    started = BOOK.source.replace("[collection]", 'started = "began"\n[collection]') + (
        '[[item]]\nname = "began"\ncolumn = "DEBUT"\nkind = "date"\nquestion = "Début"\n'
    )
    times = [
        {"DEBUT": "05/03/2026 10:00", "ENVOI": f"05/03/2026 {end}", "DUREE": "600"}
        for end in ("10:10", "10:45", "9:59")
    ]
    text = lines(*times, columns=[*COLUMNS, "DEBUT"])
    issues = read_survey(saved(folder, text), read_codebook(started, "t.toml")).issues
    wrong = issues[issues["rule"] == "duration_contradiction"]
    assert wrong["line"].tolist() == [3, 4]
    assert wrong["value"].tolist() == ["2700 s from start to end, 600 s told", "-60 s from start to end, 600 s told"]


def case_45(folder: Path) -> None:
    columns = [c for c in COLUMNS if not c.startswith("A1_")] + ["A1"]
    found = read_survey(saved(folder, lines({"A1": "CRM;ERP"}, {"A1": "ERP"}, columns=columns)), BOOK)
    assert found.responses[["crm", "erp"]].to_numpy().tolist() == [["1", "1"], ["0", "1"]]


def case_51(folder: Path) -> None:
    text = "Enquête numérique 2026;;\nExtraction du 05/03;;\n\n" + lines({}, {}) + "Total;2;\n"
    found = read_survey(saved(folder, text), BOOK, options=ExportOptions(footer=1))
    assert found.responses.index.tolist() == SIRENS[:2]
    assert "stands above the header" in " ".join(found.issues["message"])
    assert "footer = 1" in " ".join(read_survey(saved(folder, text), BOOK).issues["message"])


def case_52(folder: Path) -> None:
    text = lines({}, {"SITE": "0"}).replace("SITE", "Do you have a website?", 1)
    assert read_survey(saved(folder, text), BOOK).responses["site"].tolist() == ["1", "0"]


def case_53(folder: Path) -> None:
    book = read_codebook(BOOK.source.replace('name = "note"', 'name = "note"\nrequired = false'), "t.toml")
    columns = ["NOUVEAU", *reversed([c for c in COLUMNS if c != "NOTE"]), "NOTES"]
    found = read_survey(saved(folder, lines({"NOTE": "x"}, columns=columns)), book)
    assert found.responses["site"].tolist() == ["1"]
    told = " ".join(found.issues["message"])
    assert "no column 'NOTE' for the item 'note' (is it 'NOTES'?)" in told
    assert "'NOUVEAU' is not in the codebook" in told


def case_54(folder: Path) -> None:
    text = lines({}, {})
    found = read_survey(saved(folder, text + text), BOOK)
    assert len(found) == 2
    assert found.flow.set_index("step")["n"]["exact_duplicate"] == 2
    assert "pasted under another" in " ".join(found.issues["message"])


def case_56(folder: Path) -> None:
    texts = {
        "732829321": "siren_wrong_key", "000000000": "siren_refused", "123456789": "siren_refused",
        "73282932000074": "siren_from_siret", "73282932000075": "siren_from_wrong_siret",
        "35600000049837": "siren_from_siret", "NSP": "no_identifier",
    }  # fmt: skip
    for text, rule in texts.items():
        assert rule in rules(survey(folder, {"SIREN": text})), text
    assert survey(folder, {"SIREN": "732\u00a0829\u202f320"}).responses.index.tolist() == ["732829320"]


def case_57(folder: Path) -> None:
    found = survey(folder, {"SIREN": SIRENS[0], "SITE": ""}, {"SIREN": SIRENS[0], "SITE": "0"})
    assert found.responses["site"].tolist() == ["0"]
    assert "same_respondent" in rules(found)


def case_62(folder: Path) -> None:
    found = survey(folder, {"CA": "3000000", "EFFECTIF": "20"}, {})
    assert found.flags["size_contradiction"].tolist() == [True, False]
    assert found.responses["sales"].tolist()[0] == 3_000_000
    people, amounts = (
        [5, 8, 10, 12, 15, 20, 30, 50, 80, 40, 25],
        [500, 900, 1_500, 1_400, 2_000, 3_500, 4_000, 9_000, 16_000, 5_000],
    )
    firms = pd.DataFrame(
        {"people": people, "sales": [*map(float, amounts), 3_000_000.0]}, dtype=float
    )  # 3 M€ for 25 people
    log = IssueLog()
    flagged = flag_sizes(firms, BOOK, pd.Series(range(2, 13)), log)
    assert flagged.tolist() == [False] * 10 + [True]
    assert log.table()["rule"].tolist() == ["unit_slip"]
    assert firms["sales"].iloc[-1] == 3_000_000.0  # never corrected
    plain = firms.assign(sales=[*map(float, amounts), 60_000.0])  # 2.4 M€ a head: unusual, no slip
    assert not flag_sizes(plain, BOOK, pd.Series(range(2, 13)), IssueLog()).any()


def case_69(folder: Path) -> None:
    frame = pd.DataFrame({column: ["", ""] for column in COLUMNS})
    frame["SIREN"] = SIRENS[:2]
    frame["AVIS"] = np.array([99.0, 3.0])
    labels, spans = {"AVIS": {99.0: "Refus", 3.0: "Moyen"}}, {"AVIS": [{"lo": 98, "hi": 99}]}
    data = sav(folder, frame, variable_value_labels=labels, missing_ranges=spans)
    found = read_survey(saved(folder, data, "e.sav"), BOOK)
    assert found.missing["view"].tolist()[0] == "refused"
    assert found.responses["view"].tolist()[1] == "3"


def case_72(folder: Path) -> None:
    assert survey(folder, {"ENVOI": "05/03/2026"}).responses["sent"].iloc[0] == datetime(2026, 3, 5)
    mixed = survey(folder, {"ENVOI": "05/03/2026"}, {"ENVOI": "03/25/2026"})
    assert mixed.missing["sent"].tolist() == ["invalid", "invalid"]
    table = read_table(saved(folder, xlsx(["d"], ["x"], change=mac_dates), "e.xlsx"))
    assert table.cells["d"].tolist() == ["2026-03-05"]  # the 1904 system of case 73


def case_75(folder: Path) -> None:
    found = survey(folder, {"EFFECTIF": "9", "CA": "900 M€"})
    assert found.flags["size_contradiction"].all()
    assert found.responses["size_category"].isna().all()  # without a balance sheet the decree cannot tell
    book = read_codebook(
        BOOK.source.replace("[collection]", 'declared_size = "size"\n[collection]')
        + '[[item]]\nname = "size"\ncolumn = "TAILLE"\nquestion = "Catégorie"\n'
        'answers = [ { code = "1", label = "PME" }, { code = "2", label = "ETI" } ]\n',
        "t.toml",
    )
    ticked = [
        {"EFFECTIF": "300", "TAILLE": "PME"},
        {"EFFECTIF": "20", "TAILLE": "1"},
        {"EFFECTIF": "5", "CA": "900", "TAILLE": "PME"},
    ]
    found = read_survey(saved(folder, lines(*ticked, columns=[*COLUMNS, "TAILLE"])), book)
    assert found.responses["size_category"].tolist() == ["eti", "pme", "micro"]
    told = found.issues.set_index("rule").loc["size_declared_otherwise"]
    assert (told["line"], told["value"]) == (2, "pme declared, eti by its numbers")
    assert found.flags["size_contradiction"].tolist() == [True, False, False]


def case_76(folder: Path) -> None:
    grid = dict.fromkeys(("G1", "G2", "G3", "G4", "G5", "H1", "H2", "H3", "H4", "H5"), "3")
    found = survey(
        folder, {**grid, "DUREE": "60"}, {"DUREE": "600"}, {"DUREE": "650"}, dict.fromkeys(PLAIN, "") | {"SITE": "1"}
    )
    assert found.flags["straight_liner"].tolist() == [True, False, False, False]
    assert found.flags["speeder"].tolist() == [True, False, False, False]
    assert found.flags["mostly_unanswered"].tolist()[3]
    assert len(found) == 4  # flagged, never dropped
    varied = dict(zip(("G1", "G2", "G3", "G4", "G5"), "12345", strict=True))
    found = survey(folder, {**grid, "DUREE": "60"}, varied, {**varied, "DUREE": "650"})
    careful = leave_out_flagged(found)  # unless all results are asked for without them
    assert careful.responses.index.tolist() == SIRENS[1:3]
    assert careful.flow.set_index("step")["n"][["flagged", "kept"]].tolist() == [1, 2]


def case_77(folder: Path) -> None:
    columns = [*COLUMNS, "IPAddress"]
    records = [{"IPAddress": "192.0.2.7"}] * 3 + [{"IPAddress": "192.0.2.8"}]
    found = read_survey(saved(folder, lines(*records, columns=columns)), BOOK)
    assert found.flags["same_address"].tolist() == [True, True, True, False]
    assert found.contacts.empty
    assert "192.0.2" not in found.issues.to_csv()  # the address served the check, and is gone
    burst = [{"ENVOI": f"05/03/2026 10:00:{second}", "User agent": "Mozilla/5.0"} for second in ("05", "20", "40")]
    late = {"ENVOI": "05/03/2026 11:00:00", "User agent": "Mozilla/5.0"}
    found = read_survey(saved(folder, lines(*burst, late, columns=[*COLUMNS, "User agent"])), BOOK)
    assert found.flags["doubtful_origin"].tolist() == [True, True, True, False]
    assert "Mozilla" not in found.issues.to_csv()
    assert found.contacts.empty
    scores = ["Q_RecaptchaScore", "Q_RelevantIDDuplicateScore", "Q_RelevantIDFraudScore", "Q_BallotBoxStuffing"]
    head = [*scores, *COLUMNS]
    ids = ",".join(f'"{{""ImportId"":""Q{place}""}}"' for place in range(len(head)))
    told = [
        ["0.3", "", "", ""],
        ["0.9", "80", "0", "false"],
        ["0.9", "0", "30", ""],
        ["", "", "", "true"],
        ["1", "9", "0", "0"],
    ]
    rows = [",".join([*own, siren, *[""] * (len(COLUMNS) - 1)]) for own, siren in zip(told, SIRENS, strict=False)]
    found = read_survey(saved(folder, "\n".join([",".join(head), ",".join(head), ids, *rows]) + "\n"), BOOK)
    assert found.responses.index.tolist() == SIRENS[1:5]  # the robot is left out, the doubtful are flagged
    assert found.flags["doubtful_origin"].tolist() == [True, True, True, False]


def case_78(folder: Path) -> None:
    found = survey(folder, {"NOM": "azerty"}, {"ENVOI": "15/01/2026"}, {})
    assert found.flow.set_index("step")["n"]["test_answer"] == 1
    assert found.flags["outside_dates"].tolist() == [True, False]


def case_79(folder: Path) -> None:
    found = survey(folder, {"SIREN": "73282932000074"}, {"SIREN": "732829320", "NOTE": "deuxième site"})
    assert len(found) == 1  # two establishments are one legal unit
    assert found.flow.set_index("step")["n"]["same_respondent"] == 1


def case_81(folder: Path) -> None:
    hostile = ["=cmd|'/c calc'!A1", "@SUM(A1)", "\t=1+1", "\u00a0=1+1", "ok\n=1+1"]
    found = survey(folder, *({"NOTE": text} for text in hostile))
    assert found.responses["note"].tolist() == hostile  # in: as they stand
    for text in hostile:  # out: no line that a spreadsheet takes for a formula
        assert not re.search(r"^[\s\u00a0]*[=@+\t\r]", spreadsheet_safe(text), re.MULTILINE)
    assert spreadsheet_safe("+33 6 12") == "'+33 6 12"


def case_82(folder: Path) -> None:
    hostile = ["<script>alert(1)</script>", "$\\unknown$", "{{7*7}}", "{0.__class__}", "\x1b[31mrouge"]
    found = survey(folder, *({"AVIS": text} for text in hostile))
    assert found.issues.loc[found.issues["item"] == "view", "value"].tolist() == hostile
    log = IssueLog()
    log.add("unknown_answer", item="a", value="{item.__class__}")
    assert "{item.__class__}" in log.table()["message"].iloc[0]  # user text is never a format


def case_83(folder: Path) -> None:
    hostile = ["../../x", "a/b", "CON", "-rf", "x" * 300, "é" * 130, "a\x00b", "a\nb", "nom.", "FOO", "foo", "{siren}"]
    stems = [file_stem(text) for text in hostile]
    assert len({stem.casefold() for stem in stems}) == len(hostile)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,60}", stem) for stem in stems)


def case_84(folder: Path) -> None:
    texts = ["Appelez le 06 12 34 56 78", "FR76 3000 6000 0112 3456 7890 189", "j.martin@exemple.fr svp", "un burn-out"]
    found = survey(folder, *({"NOTE": text} for text in texts))
    assert found.responses["note"].tolist() == ["Appelez le [telephone]", "[IBAN]", "[e-mail] svp", "un burn-out"]
    assert "sensitive_text" in rules(found)
    assert "exemple.fr" not in found.issues.to_csv()
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    assert not re.search(r"\.(?:query|eval)\(", code)  # no filter is ever run as code


OTHERS = {int(name[5:]): check for name, check in list(globals().items()) if name.startswith("case_")}


@pytest.mark.parametrize("case", OTHERS)
def test_the_rest_is_flagged_left_out_or_kept(tmp_path: Path, case: int) -> None:
    OTHERS[case](tmp_path)


def test_a_naf_code_is_read_in_the_version_of_its_questionnaire(tmp_path: Path) -> None:
    """NAF 2025 has no division 45 any more: the trade in cars went to 46, 47 and 95."""
    older, newer = BOOK, read_codebook(BOOK.source.replace('check = "naf"', 'check = "naf-2025"'), "t.toml")
    assert survey(tmp_path, {"NAF": "45.11Z"}, codebook=older).responses["naf"].tolist() == ["45.11Z"]
    found = survey(tmp_path, {"NAF": "45.11Z"}, codebook=newer)
    assert "NAF 2025 does not have" in found.issues.set_index("rule").loc["naf_unknown", "message"]


@pytest.mark.reference_data
def test_every_code_of_naf_rev_2_has_a_division_that_is_known(reference_data: Path) -> None:
    table = read_table(reference_data / "naf-ape" / "naf_rev2_732_sous_classes.csv").cells
    assert {read_naf(code)[1] for code in table["code_ape"]} == {"naf"}
    assert set(table["division"]) == load_naf()["naf"].divisions


def test_a_workbook_that_is_open_or_growing_is_told_or_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, xlsx(["a"], ["1"]), "export.xlsx")
    saved(tmp_path, b"\x05Anne", "~$export.xlsx")
    assert "is open in a spreadsheet" in " ".join(read_table(path).notes)
    growing, stop = saved(tmp_path, "a;b\n" * 10, "growing.csv"), threading.Event()

    def write() -> None:
        with growing.open("a") as file:
            while not stop.is_set():
                file.write("1;2\n")
                file.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with pytest.raises(InputError, match="still being written"):
            read_table(growing)
    finally:
        stop.set()
        writer.join()


def test_every_case_of_the_list_has_its_test() -> None:
    numbers = [*REFUSED, 23, 25, 26, *READ, *CODED, *OTHERS]
    assert sorted(numbers) == list(range(1, 85))
    assert date(2026, 2, 1) == BOOK.collection.opened
