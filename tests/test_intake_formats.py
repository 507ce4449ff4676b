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

from cdo_analysis.codebook import Item, load_codebook
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
    stamps = pd.to_datetime(cells[BOOK.roles.submitted]).dt.strftime("%d/%m/%Y %H:%M:%S")
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
    "long": Format(as_long, "e.csv", "long"),
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
