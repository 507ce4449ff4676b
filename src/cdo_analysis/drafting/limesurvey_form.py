"""The structure file of LimeSurvey (``.lss``) that asks the questions of a codebook.

It has the sections and fields of genuine files; it was not tried on a live server.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

from cdo_analysis.codebook import Answer, Codebook, Item, Text

Row = dict[str, str]

_SID = "260000"
_VERSION = "641"
_TYPES = {"number": "N", "date": "D"}
_LANGUAGES = ("fr", "en")


@dataclass
class _Tables:
    """The rows of each section, as they are written."""

    groups: list[Row] = field(default_factory=list)
    group_l10ns: list[Row] = field(default_factory=list)
    questions: list[Row] = field(default_factory=list)
    subquestions: list[Row] = field(default_factory=list)
    question_l10ns: list[Row] = field(default_factory=list)
    answers: list[Row] = field(default_factory=list)
    answer_l10ns: list[Row] = field(default_factory=list)
    question_attributes: list[Row] = field(default_factory=list)

    def next_question(self) -> str:
        return str(len(self.questions) + len(self.subquestions) + 1)


def to_limesurvey(book: Codebook) -> bytes:
    """Return a structure file of LimeSurvey that asks the questions of a codebook.

    Question codes are the columns of the codebook without their marks (LimeSurvey allows none), so that an export with
    codes is read with the same codebook. Answer codes of more than five letters or digits are numbered: the export of
    such a question must be made with full answers, which are read by label. What the survey team or the platform fills
    in is not asked. The file was compared with genuine ones, and not tried on a live server.
    """
    tables = _Tables()
    by_platform = {getattr(book.roles, role) for role in ("weight", "stratum", "submitted", "duration")}
    blocks: dict[str, list[Item]] = {}
    for item in book:
        if item.name not in by_platform:
            blocks.setdefault(item.block or item.name, []).append(item)
    for items in blocks.values():
        _write_question(items, tables, book)
    return _document(tables, book)


def _write_question(items: list[Item], tables: _Tables, book: Codebook) -> None:
    first = items[0]
    code = _code(first.column.rpartition("_")[0] or first.block if first.stem else first.column)
    gid = _group_of(code, tables)
    kind = "M" if first.tick else "F" if first.stem else "L" if first.kind == "choice" else _TYPES.get(first.kind, "S")
    qid = tables.next_question()
    relevance = _relevance(first, book)
    tables.questions.append(_question_row(qid, "0", gid, kind, code) | {"relevance": relevance})
    _write_wording(qid, first.stem or first.question, tables)
    if first.stem:
        for place, item in enumerate(items, start=1):
            sub = tables.next_question()
            title = _code(item.column.rpartition("_")[2]) if "_" in item.column else f"SQ{place:03}"
            row = _question_row(sub, qid, gid, "T", title) | {"question_order": str(place)}
            tables.subquestions.append(row)
            _write_wording(sub, item.question, tables)
        exclusive = ";".join(_code(item.column.rpartition("_")[2]) for item in items if item.exclusive)
        if exclusive:
            attribute = {"qid": qid, "attribute": "exclude_all_others", "value": exclusive, "language": ""}
            tables.question_attributes.append(attribute)
    if first.answers and not first.tick and first.kind == "choice":
        _write_answers(qid, first.answers, tables)


def _code(column: str) -> str:
    code = re.sub(r"[^A-Za-z0-9]", "", column)[:20]
    return code if code[:1].isalpha() else f"Q{code}"[:20]


def _group_of(code: str, tables: _Tables) -> str:
    """Return the group of a question: its letter, for codes such as ``A1``; the first group for the others."""
    title = code[0] if re.fullmatch(r"[A-Z][0-9].*", code) else "0"
    known = {row["group_name"]: row["gid"] for row in tables.group_l10ns}
    if title not in known:
        gid = str(len(tables.groups) + 1)
        tables.groups.append(
            {"gid": gid, "sid": _SID, "group_order": gid, "randomization_group": "", "grelevance": "1"}
        )
        for language in _LANGUAGES:
            tables.group_l10ns.append(
                {"id": str(len(tables.group_l10ns) + 1), "gid": gid, "group_name": title, "description": "",
                 "language": language}
            )  # fmt: skip
        return gid
    return known[title]


def _question_row(qid: str, parent: str, gid: str, kind: str, title: str) -> Row:
    return {
        "qid": qid, "parent_qid": parent, "sid": _SID, "gid": gid, "type": kind, "title": title, "preg": "",
        "other": "N", "mandatory": "N", "encrypted": "N", "question_order": qid, "scale_id": "0", "same_default": "0",
        "relevance": "1", "question_theme_name": "", "modulename": "", "same_script": "0",
    }  # fmt: skip


def _write_wording(qid: str, text: Text, tables: _Tables) -> None:
    for language in _LANGUAGES:
        number = str(len(tables.question_l10ns) + 1)
        wording = text.of(language)  # type: ignore[arg-type]
        tables.question_l10ns.append(
            {"id": number, "qid": qid, "question": wording, "help": "", "script": "", "language": language}
        )


def _write_answers(qid: str, answers: tuple[Answer, ...], tables: _Tables) -> None:
    short = answer_codes(answers)
    for place, answer in enumerate(answers, start=1):
        aid = str(len(tables.answers) + 1)
        row = {"aid": aid, "qid": qid, "code": short[answer.code], "sortorder": str(place), "assessment_value": "0"}
        tables.answers.append(row | {"scale_id": "0"})
        for language in _LANGUAGES:
            number, label = str(len(tables.answer_l10ns) + 1), answer.label.of(language)  # type: ignore[arg-type]
            tables.answer_l10ns.append({"id": number, "aid": aid, "answer": label, "language": language})


def answer_codes(answers: tuple[Answer, ...]) -> dict[str, str]:
    """Return the codes that LimeSurvey allows: five letters or digits; the others are numbered, and read by label.

    Examples
    --------
    >>> answer_codes((Answer("1", Text("Oui")), Answer("0.5", Text("En partie")), Answer("harmoniser", Text("?"))))
    {'1': '1', '0.5': 'A2', 'harmoniser': 'A3'}
    """
    kept = {answer.code for answer in answers if re.fullmatch(r"[A-Za-z0-9]{1,5}", answer.code)}
    codes = {}
    for place, answer in enumerate(answers, start=1):
        free = next(code for code in (f"{mark}{place}" for mark in "ABCDEFG") if code not in kept)
        codes[answer.code] = answer.code if answer.code in kept else free
    return codes


def _relevance(item: Item, book: Codebook) -> str:
    parts = []
    for condition in item.asked_if:
        other = book[condition.item]
        code = _code(other.column)
        if other.stem:
            code = f"{_code(other.column.rpartition('_')[0])}_{_code(other.column.rpartition('_')[2])}"
        written = {"1": "Y", "0": ""} if other.tick else answer_codes(other.answers)
        parts.append("(" + " or ".join(f'{code}.NAOK == "{written[c]}"' for c in condition.codes) + ")")
    return " and ".join(parts) or "1"


def _document(tables: _Tables, book: Codebook) -> bytes:
    root = Element("document")
    for tag, text in (("LimeSurveyDocType", "Survey"), ("DBVersion", _VERSION)):
        _child(root, tag, text)
    languages = _child(root, "languages", "")
    for language in _LANGUAGES:
        _child(languages, "language", language)
    for section, rows in vars(tables).items():
        _section(root, section, rows)
    _section(root, "surveys", [{"sid": _SID, "gsid": "1", "language": "fr", "additional_languages": "en",
                                "anonymized": "N", "format": "G", "datestamp": "Y", "savetimings": "Y"}])  # fmt: skip
    _section(root, "surveys_languagesettings", [
        {"surveyls_survey_id": _SID, "surveyls_language": language, "surveyls_title": book.title.of(language)}
        for language in ("fr", "en")
    ])  # fmt: skip
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="utf-8")


def _section(root: Element, name: str, rows: list[Row]) -> None:
    if not rows:
        return
    section = _child(root, name, "")
    fields = _child(section, "fields", "")
    for key in rows[0]:
        _child(fields, "fieldname", key)
    written = _child(section, "rows", "")
    for row in rows:
        node = _child(written, "row", "")
        for key, value in row.items():
            _child(node, key, value)


def _child(parent: Element, tag: str, text: str) -> Element:
    node = Element(tag)
    node.text = text or None
    parent.append(node)
    return node
