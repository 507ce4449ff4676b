"""The same survey in every format that is read gives the same tidy survey; what a format loses is listed here."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

from cdo_analysis.codebook import Item, load_codebook, read_codebook
from cdo_analysis.datasets import draw_survey, make_population
from cdo_analysis.datasets.export import write_cells
from cdo_analysis.intake import Survey, read_survey

FIRMS = 40
BOOK = load_codebook("cdo-2026")


@pytest.fixture(scope="module")
def cells() -> pd.DataFrame:
    """The answers as text, a column an item; the same in every format."""
    survey = draw_survey(make_population(2_000, random_state=3), FIRMS, random_state=3)
    return write_cells(survey.answers, BOOK).reset_index(drop=True)


@pytest.fixture(scope="module")
def plain(cells: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Survey:
    """The survey as its own CSV gives it."""
    path = tmp_path_factory.mktemp("plain") / "export.csv"
    write_csv(under_columns(cells), path)
    return read_survey(path, BOOK)


# --- writing ----------------------------------------------------------------------------------------------------


def under_columns(cells: pd.DataFrame) -> pd.DataFrame:
    return cells.rename(columns={item.name: item.column for item in BOOK})


def write_csv(table: pd.DataFrame, path: Path, above: list[list[str]] | None = None) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(table.columns)
    writer.writerows(above or [])
    writer.writerows(table.itertuples(index=False, name=None))
    path.write_text(text.getvalue(), encoding="utf-8", newline="")


def as_csv(cells: pd.DataFrame, path: Path) -> None:
    write_csv(under_columns(cells), path)


def as_xlsx(cells: pd.DataFrame, path: Path) -> None:
    write_sheet(under_columns(cells), path)


def write_sheet(table: pd.DataFrame, path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (tuple(table.columns), *table.itertuples(index=False, name=None)):
        book.active.append(row)
    book.save(path)


def as_ods(cells: pd.DataFrame, path: Path) -> None:
    table = under_columns(cells)
    rows = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(text)}</text:p></table:table-cell>'
            if text
            else "<table:table-cell/>"
            for text in row
        )
        + "</table:table-row>"
        for row in (tuple(table.columns), *table.itertuples(index=False, name=None))
    )
    namespaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {namespaces} office:version="1.2">'
        f'<office:body><office:spreadsheet><table:table table:name="Réponses">{rows}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")


def limesurvey_code(item: Item) -> str:
    code, mark, row = item.column.partition("_")
    return f"{code}[{row}]" if mark and item.stem else item.column.replace("_", "")


def as_limesurvey(cells: pd.DataFrame, path: Path) -> None:
    """Codes as headings, "Y" or nothing for ticks, the platform's own columns at the left."""
    table = pd.DataFrame({"id": [str(n) for n in range(1, len(cells) + 1)]})
    table = table.assign(submitdate=cells[BOOK.roles.submitted], lastpage="12", startlanguage="fr", seed="1")
    for item in BOOK:
        if item.name != BOOK.roles.submitted:
            texts = cells[item.name]
            table[limesurvey_code(item)] = texts.map({"1": "Y", "0": "", "": ""}) if item.tick else texts
    write_csv(table, path)


def as_qualtrics(cells: pd.DataFrame, path: Path) -> None:
    """Three rows of headers; the time of sending under the platform's own name."""
    table = under_columns(cells).rename(columns={BOOK[BOOK.roles.submitted].column: "EndDate"})
    table.insert(0, "Finished", "1")
    table.insert(0, "Status", "0")
    wordings = {item.column: item.wording() for item in BOOK}
    above = [
        [wordings.get(header, header) for header in table.columns],
        [f'{{"ImportId":"QID{place}"}}' for place in range(table.shape[1])],
    ]
    write_csv(table, path, above)


def as_kobo(cells: pd.DataFrame, path: Path) -> None:
    """Names under their group; a select_multiple in one column, and in one an option."""
    table = pd.DataFrame({"start": cells["started_at"], "end": cells[BOOK.roles.submitted]})
    for items in blocks():
        if items[0].tick:
            code = items[0].column.rpartition("_")[0]
            options = cells[[item.name for item in items]]
            short = [item.column.rpartition("_")[2] for item in items]
            table[f"outils/{code}"] = [" ".join(np.array(short)[row == "1"]) for row in options.to_numpy()]
            for item, option in zip(items, short, strict=True):
                table[f"outils/{code}/{option}"] = cells[item.name]
        else:
            for item in items:
                if item.name != BOOK.roles.submitted:
                    table[f"bloc/{item.column}"] = cells[item.name]
    table["_uuid"] = [f"u{n}" for n in range(len(cells))]
    table["_submission_time"] = cells[BOOK.roles.submitted]
    write_csv(table, path)


def blocks() -> list[list[Item]]:
    found: dict[str, list[Item]] = {}
    for item in BOOK:
        found.setdefault(item.block, []).append(item)
    return list(found.values())


def as_form(cells: pd.DataFrame, between: str) -> pd.DataFrame:
    """Wordings as headings, labels as answers, tick lists in one cell."""
    columns: dict[str, list[str]] = {}
    for items in blocks():
        if items[0].tick:
            given = cells[[item.name for item in items]].to_numpy()
            labels = [item.question.fr for item in items]
            columns[items[0].stem.fr] = [
                between.join(label for label, text in zip(labels, row, strict=True) if text == "1") for row in given
            ]
            continue
        for item in items:
            head = f"{item.stem.fr} [{item.question.fr}]" if item.stem else item.question.fr
            columns[head] = [
                item.label_of(text) if item.kind == "choice" and text else text for text in cells[item.name]
            ]
    return pd.DataFrame(columns)


def as_google_forms(cells: pd.DataFrame, path: Path) -> None:
    table = as_form(cells, ", ").drop(columns=BOOK[BOOK.roles.submitted].question.fr)
    stamps = pd.to_datetime(cells[BOOK.roles.submitted]).dt.strftime("%d/%m/%Y %H:%M:%S").fillna("")
    table.insert(0, "Horodateur", stamps)
    write_csv(table, path)


def as_microsoft_forms(cells: pd.DataFrame, path: Path) -> None:
    table = as_form(cells, ";").drop(columns=BOOK[BOOK.roles.submitted].question.fr)
    table.insert(0, "Heure de fin", cells[BOOK.roles.submitted])
    table.insert(0, "Heure de début", cells["started_at"])
    table.insert(0, "ID", [str(n) for n in range(1, len(table) + 1)])
    write_sheet(table, path)


def typed(cells: pd.DataFrame) -> pd.DataFrame:
    """Numbers and codes as numbers where every text of a column is one; codes such as ``01`` stay text.

    Stored as the number 1, the region 01 would be refused at reading: a zero that was lost is never guessed.
    """
    table = under_columns(cells)
    for item in BOOK:
        texts = table[item.column]
        if (
            item.kind in ("number", "choice")
            and texts[texts.ne("")].str.fullmatch(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?").all()
        ):
            table[item.column] = pd.to_numeric(texts.replace("", np.nan))
    return table


def as_spss(cells: pd.DataFrame, path: Path) -> None:
    labels = [item.wording()[:250] for item in BOOK]
    pyreadstat.write_sav(typed(cells), path, column_labels=labels)


def as_stata(cells: pd.DataFrame, path: Path) -> None:
    pyreadstat.write_dta(typed(cells), path)


def as_parquet(cells: pd.DataFrame, path: Path) -> None:
    under_columns(cells).to_parquet(path)


def as_long(cells: pd.DataFrame, path: Path) -> None:
    """A row a company and question that it answered."""
    table = under_columns(cells).melt(id_vars="SIREN", var_name="code_unifie", value_name="libelle_reponse")
    write_csv(table[table["libelle_reponse"].ne("")], path)


# --- comparing --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Format:
    """A format: how it is written, its file, and the items that it cannot give back, with the reason."""

    write: Callable[[pd.DataFrame, Path], None]
    file: str
    platform: str
    loses: tuple[str, ...] = ()
    why: str = ""


FORMATS = {
    "csv": Format(as_csv, "e.csv", "table"),
    "xlsx": Format(as_xlsx, "e.xlsx", "table"),
    "ods": Format(as_ods, "e.ods", "table"),
    "limesurvey": Format(as_limesurvey, "e.csv", "limesurvey"),
    "qualtrics": Format(as_qualtrics, "e.csv", "qualtrics"),
    "kobo": Format(as_kobo, "e.csv", "kobo"),
    "google-forms": Format(as_google_forms, "e.csv", "google-forms"),
    "microsoft-forms": Format(as_microsoft_forms, "e.xlsx", "microsoft-forms"),
    "spss": Format(as_spss, "e.sav", "spss"),
    "stata": Format(as_stata, "e.dta", "stata"),
    "parquet": Format(as_parquet, "e.parquet", "parquet"),
    "long": Format(as_long, "e.csv", "long", ("comment",), "a question that nobody answered has no row"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_tidy_survey(name: str, cells: pd.DataFrame, plain: Survey, tmp_path: Path) -> None:
    made = FORMATS[name]
    made.write(cells, tmp_path / made.file)
    found = read_survey(tmp_path / made.file, BOOK)
    kept = [item.name for item in BOOK if item.name not in made.loses]
    assert found.responses.index.tolist() == plain.responses.index.tolist()
    differing = [column for column in kept if not found.responses[column].equals(plain.responses[column])]
    assert differing == []
    reasons = [column for column in kept if not found.missing[column].equals(plain.missing[column])]
    assert reasons == []


def rows_of_the_docs() -> dict[str, list[str]]:
    """Return the cells of the table of formats in docs/formats.md, by the first word of the format."""
    text = (Path(__file__).resolve().parents[1] / "docs" / "formats.md").read_text(encoding="utf-8")
    rows = [line.strip("| \n").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {cells[0].split(",")[0].split(" ")[0].casefold(): cells for cells in rows[2:] if len(cells) == 4}


def test_the_docs_list_every_format_and_what_it_loses() -> None:
    rows = rows_of_the_docs()
    for name in FORMATS:
        first = {"google-forms": "google", "microsoft-forms": "microsoft", "kobo": "kobotoolbox"}.get(name, name)
        assert rows[first][3].strip(), name
    assert "has no row" in rows["long"][3]


def with_region(write: Callable[[pd.DataFrame, Path], None], path: Path, region: object) -> Survey:
    table = pd.DataFrame({"SIREN": ["732829320", "356000000"], "REGION": [region, region]})
    write(table, path)
    book = read_codebook(
        'id = "t"\ntitle = "T"\nrespondent = "siren"\n[[item]]\nname = "siren"\ncolumn = "SIREN"\nkind = "identifier"\n'
        'check = "siren"\nquestion = "SIREN"\n[[item]]\nname = "region"\ncolumn = "REGION"\nquestion = "Région"\n'
        'answers = [ { code = "01", label = "Guadeloupe" }, { code = "11", label = "Île-de-France" } ]\n',
        "t.toml",
    )
    return read_survey(path, book)


WRITERS: dict[str, tuple[Callable[[pd.DataFrame, Path], None], str]] = {
    "xlsx": (write_sheet, "e.xlsx"),
    "spss": (lambda table, path: pyreadstat.write_sav(table, path), "e.sav"),
    "stata": (lambda table, path: pyreadstat.write_dta(table, path), "e.dta"),
    "parquet": (lambda table, path: table.to_parquet(path), "e.parquet"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_zero_that_a_format_lost_is_told_and_never_guessed(name: str, tmp_path: Path) -> None:
    """The loss that docs/formats.md lists: the code 01 stored as the number 1 is no code of the questionnaire."""
    write, file = WRITERS[name]
    lost = with_region(write, tmp_path / file, 1)
    assert lost.missing["region"].tolist() == ["invalid", "invalid"]
    assert (lost.issues["rule"] == "unknown_answer").sum() == 2
    whole = with_region(write, tmp_path / file, "01")
    assert whole.responses["region"].tolist() == ["01", "01"]


def test_an_answer_code_that_limesurvey_cut_is_told(tmp_path: Path) -> None:
    """It keeps five letters of a code: such a code is read by its label, or told."""
    (tmp_path / "e.csv").write_text("SIREN;REGION\n732829320;Guadeloupe\n356000000;Guade\n", encoding="utf-8")
    found = with_region(lambda table, path: None, tmp_path / "e.csv", "")
    assert found.responses["region"].tolist()[0] == "01"
    assert found.missing["region"].tolist()[1] == "invalid"
