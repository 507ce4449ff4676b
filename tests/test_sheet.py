"""The meeting sheet: an editable Word document of two pages, honest about what it rests on."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import docx
import pytest
from click.testing import CliRunner, Result
from docx.oxml.ns import qn
from lxml import etree

from cdo_analysis.cli import main
from cdo_analysis.errors import PublishError, UsageError
from cdo_analysis.intake import read_firm
from cdo_analysis.reports.sheet import Sheet, sheet_content, write_sheet
from cdo_analysis.reports.sheet.blocks import Heading, Paragraph, Points, Table
from cdo_analysis.study import Study

EXAMPLES = sorted((Path(__file__).resolve().parents[1] / "data" / "examples").glob("*.toml"))
ABSTAINED, CLOSE, RECOMMENDED = "10-association", "06-besoin-ponctuel", "08-batiment"


def example(name: str) -> Path:
    return next(path for path in EXAMPLES if path.stem == name)


def headings(sheet: Sheet) -> list[str]:
    return [block.text for block in sheet.blocks if isinstance(block, Heading)]


def words(sheet: Sheet) -> str:
    """Return all that a sheet says."""
    said: list[str] = []
    for block in sheet.blocks:
        if isinstance(block, Heading | Paragraph):
            said.append(block.text)
        elif isinstance(block, Points):
            said += block.items
        else:
            said += [cell if isinstance(cell, str) else " ".join(cell) for row in block.rows for cell in row]
    return "\n".join(said)


def table_after(sheet: Sheet, caption: str) -> Table:
    return next(block for block in sheet.blocks if isinstance(block, Table) and block.caption.startswith(caption))


def text_of(path: Path) -> str:
    document = docx.Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def firm_named(tmp_path: Path, name: str) -> Path:
    """Write the answers of a company under a name, in an XLSX-free way that holds any character."""
    path = tmp_path / "firm.toml"
    escaped = "".join(f"\\u{ord(c):04x}" if ord(c) < 32 or c in '"\\' else c for c in name)
    answers = example(RECOMMENDED).read_text(encoding="utf-8")
    path.write_text(re.sub(r'company_name = ".*"', lambda _: f'company_name = "{escaped}"', answers), encoding="utf-8")
    return path


# --- what it says -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_sheet_says_what_it_rests_on(path: Path, language: str) -> None:
    said = words(sheet_content(read_firm(path), language=language)).replace("\u00a0", " ")
    owed = {
        "fr": ("aucun panel d'experts", "fondateur d'une agence qui vend l'option externe", "Aucune étude connue",
               "Rien : aucune enquête n'accompagne cette fiche."),
        "en": ("no panel of experts", "founder of an agency that sells the external option", "No study that we know",
               "Nothing: no survey comes with this sheet."),
    }  # fmt: skip
    assert [sentence for sentence in owed[language] if sentence not in said] == []


def test_one_option_has_its_euros_its_days_its_months_three_reasons_and_two_reservations() -> None:
    """Adviser, 11 months at 900 to 1,314 euros a day: 40,000 euros pay 2.8 to 4.0 days a month (half days down)."""
    sheet = sheet_content(read_firm(example(RECOMMENDED)))
    assert headings(sheet)[0] == "Conseillé : CDO externalisé (temps partagé, conseil)".replace(" :", "\u00a0:")
    figures = table_after(sheet, "Ordres de grandeur")
    assert [cell.replace("\u00a0", " ") for cell in figures.rows[0]] == [
        "CDO externalisé (temps partagé, conseil)", "20 k€ à 72 k€", "2 à 5 jours par mois", "6 à 12 mois",
    ]  # fmt: skip
    said = words(sheet).replace("\u00a0", " ")
    assert (
        "Votre budget, 40 k€ par an, paie : CDO externalisé (temps partagé, conseil), 2,5 à 4 jours par mois." in said
    )
    why, why_not = table_after(sheet, "Raisons").rows[0]
    assert len(why) == 3
    assert len(why_not) == 2


def test_two_close_options_stand_side_by_side_with_the_question_that_decides() -> None:
    sheet = sheet_content(read_firm(example(CLOSE)))
    assert headings(sheet)[0].startswith("Deux options à départager")
    assert "Ce qui trancherait" in headings(sheet)
    assert len(table_after(sheet, "Ordres de grandeur").rows) == 2
    assert len(table_after(sheet, "Raisons").header) == 3
    said = words(sheet).replace("\u00a0", " ")
    assert "« Confiance envers les prestataires » (vous avez répondu : 5 sur 5)" in said


def test_an_abstention_names_no_option_and_asks_what_is_missing() -> None:
    sheet = sheet_content(read_firm(example(ABSTAINED)))
    assert headings(sheet)[0].replace("\u00a0", " ") == "Pas de recommandation : il manque des réponses"
    assert not [b for b in sheet.blocks if isinstance(b, Table) and b.caption.startswith("Ordres de grandeur")]
    assert "Combien de projets numériques sont en cours" in words(sheet)
    shares = [row[1] for row in table_after(sheet, "Part des").rows]
    assert set(shares) == {"à portée", "hors de portée"}, "a share on five answers would look like an answer"


def test_what_is_out_of_reach_is_said_with_what_closes_it() -> None:
    sheet = sheet_content(read_firm(example("05-sans-budget")))
    obstacles = {row[0]: row[2] for row in table_after(sheet, "Part des").rows if row[1] == "hors de portée"}
    assert set(obstacles) >= {"CDO interne", "CDO de transition", "Dirigeant-pilote"}
    assert all(len(words) > 20 for words in obstacles.values())


def test_a_study_adds_what_respondents_have_and_what_outcomes_suggest(sample_study: Study) -> None:
    firm = read_firm(example(RECOMMENDED))
    rows = {row[0]: row[1] for row in table_after(sheet_content(firm, study=sample_study), "Les trois").rows}
    assert "n = 30" in rows["Constaté"].replace("\u00a0", " ")
    assert "n'en fait pas partie et n'y pèse rien" in rows["Constaté"]
    assert "aucune enquête" not in rows["Estimé sous hypothèses"]


def test_a_study_changes_neither_the_advice_nor_its_first_page_reasons(sample_study: Study) -> None:
    """The rules of the study are those of the package, so that what is advised is the same with and without it."""
    firm = read_firm(example(RECOMMENDED))
    alone, beside = (sheet_content(firm, study=study) for study in (None, sample_study))
    assert headings(alone) == headings(beside)
    assert table_after(alone, "Raisons") == table_after(beside, "Raisons")
    assert table_after(alone, "Part des") == table_after(beside, "Part des")


def test_a_sheet_names_no_respondent_of_the_study(sample_study: Study, tmp_path: Path) -> None:
    made = write_sheet(example("03-eti-logistique"), tmp_path / "sheet.docx", study=sample_study)
    said, respondents = text_of(made), sample_study.table("responses")
    assert not [name for name in respondents.index if name in said]
    assert not [name for name in respondents["company_name"].dropna() if len(name) > 5 and name in said]


# --- the document -------------------------------------------------------------------------------------------------


def test_the_document_has_real_styles_and_a4_pages(tmp_path: Path) -> None:
    document = docx.Document(str(write_sheet(example(CLOSE), tmp_path / "sheet.docx")))
    used = {paragraph.style.name for paragraph in document.paragraphs}
    assert {"Title", "Subtitle", "Heading 1", "Heading 2", "List Bullet", "List Number"} <= used
    assert {table.style.name for table in document.tables} == {"Sheet Table"}
    section = document.sections[0]
    assert (section.page_width.mm, section.page_height.mm) == (pytest.approx(210, abs=0.1), pytest.approx(297, abs=0.1))
    assert sum(bool(p.paragraph_format.page_break_before) for p in document.paragraphs) == 1
    assert all(table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None for table in document.tables)


@pytest.mark.parametrize(("language", "tag"), [("fr", "fr-FR"), ("en", "en-GB")])
def test_the_language_of_the_words_is_set(tmp_path: Path, language: str, tag: str) -> None:
    document = docx.Document(str(write_sheet(example(CLOSE), tmp_path / "sheet.docx", language=language)))
    tags = {found.get(qn("w:val")) for found in document.styles.element.iter(qn("w:lang"))}
    assert tags == {tag}


def test_properties_name_the_company_and_neither_a_machine_nor_a_person(tmp_path: Path) -> None:
    properties = docx.Document(str(write_sheet(example(RECOMMENDED), tmp_path / "sheet.docx"))).core_properties
    assert properties.title.endswith("Charpentes Durand & Fils")
    assert (properties.author, properties.last_modified_by, properties.comments) == ("", "", "")
    assert properties.created == properties.modified
    assert properties.created.date().isoformat() == "2026-11-20"


def test_the_same_answers_give_the_same_bytes_at_any_time(tmp_path: Path) -> None:
    first = write_sheet(example(CLOSE), tmp_path / "a.docx").read_bytes()
    code = "import sys; from cdo_analysis.reports.sheet import write_sheet; write_sheet(sys.argv[1], sys.argv[2])"
    command = [sys.executable, "-c", code, str(example(CLOSE)), str(tmp_path / "b.docx")]
    subprocess.run(command, check=True, timeout=120)
    assert (tmp_path / "b.docx").read_bytes() == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not [name for name in archive.namelist() if "thumbnail" in name]


def test_the_parts_of_the_document_hold_no_path_and_no_user(tmp_path: Path) -> None:
    made = write_sheet(example(CLOSE), tmp_path / "sheet.docx")
    with zipfile.ZipFile(made) as archive:
        parts = b"".join(archive.read(name) for name in archive.namelist())
    assert str(tmp_path).encode() not in parts
    assert b"python-docx" not in parts


@pytest.mark.parametrize(
    "name",
    [
        "<b>SARL</b> & Cie",
        "=1+1 ; {{7*7}} {first} %s",
        "Ça alors ! Oui ?",
        "../../etc/passwd",
        "名前 שם 🙂",
    ],
)
def test_a_hostile_name_stands_as_it_was_written(tmp_path: Path, name: str) -> None:
    made = write_sheet(firm_named(tmp_path, name), tmp_path / "sheet.docx")
    document = docx.Document(str(made))
    assert next(p.text for p in document.paragraphs if p.style.name == "Title") == name


def test_characters_that_a_document_cannot_hold_are_marked_and_lines_are_joined(tmp_path: Path) -> None:
    made = write_sheet(firm_named(tmp_path, "A\x00B\x1bC\nD"), tmp_path / "sheet.docx")
    title = next(p.text for p in docx.Document(str(made)).paragraphs if p.style.name == "Title")
    assert title == "A\ufffdB\ufffdC D"


def test_a_very_long_name_is_cut(tmp_path: Path) -> None:
    made = write_sheet(firm_named(tmp_path, "Société " * 60), tmp_path / "sheet.docx")
    title = next(p.text for p in docx.Document(str(made)).paragraphs if p.style.name == "Title")
    assert len(title) == 90
    assert title.endswith("…")


def test_french_typography_keeps_marks_and_units_on_their_line(tmp_path: Path) -> None:
    said = text_of(write_sheet(example(CLOSE), tmp_path / "sheet.docx"))
    assert not re.findall(r"\w [:;?!»%]", said)
    assert not re.findall(r"\d k€", said)
    assert not re.findall("« ", said)


def test_the_parts_follow_the_order_of_the_standard(tmp_path: Path) -> None:
    """Word calls a document damaged where properties are out of order: those that are set by hand are checked."""
    made = write_sheet(example(CLOSE), tmp_path / "sheet.docx")
    with zipfile.ZipFile(made) as archive:
        styles = etree.fromstring(archive.read("word/styles.xml"))
    order = ["rStyle", "rFonts", "b", "bCs", "i", "iCs", "caps", "smallCaps", "strike", "color", "spacing", "w", "kern",
             "position", "sz", "szCs", "u", "lang"]  # fmt: skip
    for properties in styles.iter(qn("w:rPr")):
        places = [order.index(name) for name in (etree.QName(child).localname for child in properties) if name in order]
        assert places == sorted(places)
    order = ["pStyle", "keepNext", "keepLines", "pageBreakBefore", "widowControl", "numPr", "pBdr", "tabs", "spacing",
             "ind", "contextualSpacing", "jc", "outlineLvl"]  # fmt: skip
    for properties in styles.iter(qn("w:pPr")):
        places = [order.index(name) for name in (etree.QName(child).localname for child in properties) if name in order]
        assert places == sorted(places)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice, which counts the pages, is not installed")
@pytest.mark.parametrize("with_study", [False, True])
def test_every_sheet_has_two_pages(tmp_path: Path, sample_study: Study, with_study: bool) -> None:
    for path in EXAMPLES:
        for language in ("fr", "en"):
            study = sample_study if with_study else None
            write_sheet(path, tmp_path / f"{path.stem}-{language}.docx", study=study, language=language)
    write_sheet(firm_named(tmp_path, "Société " * 60), tmp_path / "long-name.docx")
    made = sorted(tmp_path.glob("*.docx"))
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), *map(str, made)]
    subprocess.run(command, check=True, timeout=600, capture_output=True)
    pages = {pdf.stem: len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes())) for pdf in tmp_path.glob("*.pdf")}
    assert pages == {path.stem: 2 for path in made}


# --- the command line ---------------------------------------------------------------------------------------------


def run(*line: str) -> Result:
    return CliRunner().invoke(main, list(line), catch_exceptions=False)


def test_a_form_is_written_filled_and_made_into_a_sheet(tmp_path: Path) -> None:
    form, sheet = tmp_path / "form.toml", tmp_path / "sheet.docx"
    assert run("form", "cdo-2026-meeting", "--output", str(form)).exit_code == 0
    form.write_text(form.read_text(encoding="utf-8").replace('headcount = ""', "headcount = 45"), encoding="utf-8")
    made = run("sheet", "--answers", str(form), "--output", str(sheet))
    assert made.exit_code == 0
    assert "effectif : 45" in text_of(sheet).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        (("form", "cdo-2062", "--output", "{tmp}/f.xlsx"), 3, "did you mean 'cdo-2026'?"),
        (("form", "cdo-2026", "--output", "{tmp}/f.docx"), 2, "end --output in .xlsx or .toml"),
        (("form", "cdo-2026", "--output", "{tmp}/nowhere/f.xlsx"), 8, "cannot be written"),
        (("form", "cdo-2026", "--output", "{tmp}/f.xlsx", "--language", "de"), 2, "no language 'de'"),
        (("sheet", "--answers", "{tmp}/no.toml", "--output", "{tmp}/s.docx"), 3, "does not exist"),
        (("sheet", "--answers", "{tmp}", "--output", "{tmp}/s.docx"), 3, "is a folder"),
        (("sheet", "--answers", "{answers}", "--output", "{tmp}/s.pdf"), 2, "end --output in .docx"),
        (("sheet", "--answers", "{answers}", "--output", "{tmp}/nowhere/s.docx"), 8, "cannot be written"),
        (("sheet", "--answers", "{answers}", "--output", "{tmp}/s.docx", "--language", "de"), 2, "no language 'de'"),
        (("sheet", "--answers", "{answers}", "--output", "{tmp}/s.docx", "--codebook", "cdo-2026"), 2, "says that it"),
        (("sheet", "--answers", "{answers}", "--output", "{tmp}/s.docx", "--study", "{tmp}/no"), 3, "is not a study"),
        (("report", "company", "--answers", "{answers}"), 2, "name one study"),
        (("report", "company", "{study}", "--study", "{study}"), 2, "name one study"),
        (("report", "panorama", "{study}", "--answers", "{answers}", "--out", "{tmp}"), 2, "not about one company"),
        (("report", "company", "{study}", "--answers", "{answers}", "--company", "1"), 2, "name one of them"),
        (("report", "company", "{study}", "--answers", "{tmp}/no.toml", "--out", "{tmp}"), 3, "does not exist"),
        (("report", "company", "{study}", "-p", "answers=x", "--out", "{tmp}"), 2, "answers is set by the call"),
    ],
)  # fmt: skip
def test_an_error_is_one_sentence_with_its_code_and_writes_nothing(
    sample_study: Study, tmp_path: Path, line: tuple[str, ...], code: int, sentence: str
) -> None:
    fields = {"tmp": tmp_path, "answers": example(RECOMMENDED), "study": sample_study.folder}
    result = run(*(word.format(**fields) for word in line))
    assert result.exit_code == code, result.output
    assert result.stderr.startswith("cdo-analysis: ")
    assert result.stderr.count("\n") == 1
    assert sentence in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_or_another_kind_of_file_is_no_place_for_a_sheet(tmp_path: Path) -> None:
    (tmp_path / "folder.docx").mkdir()
    with pytest.raises(PublishError, match="is a folder"):
        write_sheet(example(RECOMMENDED), tmp_path / "folder.docx")
    with pytest.raises(UsageError, match=r"end --output in \.docx"):
        write_sheet(example(RECOMMENDED), tmp_path / "sheet.odt")


def test_the_help_loads_no_word_processor() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from cdo_analysis.cli import main\n"
        "assert CliRunner().invoke(main, ['sheet', '--help']).exit_code == 0\n"
        "assert not {'docx', 'openpyxl', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
