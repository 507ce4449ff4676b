"""The long format: a row a respondent and question, as open survey microdata are published."""

from __future__ import annotations

from dataclasses import replace

from cdo_analysis.errors import InputError
from cdo_analysis.intake.records import Records, clean_header

_QUESTIONS = ("code_unifie", "question_code", "code_question", "variable", "question", "item")
_WORDINGS = ("libelle_unifie", "descriptif_de_question", "question_label", "libelle_question")
_ANSWERS = ("libelle_reponse", "reponse", "answer", "value", "valeur", "modalite")
_RESPONDENTS = (
    "id_repondant", "identifiant_repondant", "id_entreprise", "identifiant", "respondent", "respondent_id", "repondant",
    "siren", "id", "num", "numero",
)  # fmt: skip
_WEIGHTS = frozenset({"poids", "weight", "poids_reponse"})
BETWEEN_ANSWERS = ";"


def wrote(records: Records) -> bool:
    """Tell whether the records are in the long format: columns for the respondent, the question and the answer."""
    headers = {clean_header(cell).casefold() for cell in records.rows[0]}
    return bool(headers & set(_QUESTIONS[:4])) and bool(headers & set(_ANSWERS)) and bool(headers & set(_RESPONDENTS))


def arrange(records: Records, name: str) -> Records:
    """Turn to a record a respondent and a column a question.

    What is the same in all rows of a respondent (its size, its weight) becomes a column; what varies with the
    question is left out. Several answers to one question stand in one cell, between semicolons.

    Raises
    ------
    InputError
        A column is lacking, or a respondent has two values in a column that should describe it.
    """
    headers = [clean_header(cell) for cell in records.rows[0]]
    who, question, answer = (_find(headers, names, name, what) for names, what in (
        (_RESPONDENTS, "the respondent"), (_QUESTIONS, "the question"), (_ANSWERS, "the answer")))  # fmt: skip
    wording = next((headers.index(h) for h in headers if h.casefold() in _WORDINGS), None)
    people = _people(records, who)
    questions = list(dict.fromkeys(_cell(row, question) for row in records.rows[1:]))
    constant = _constant(headers, people, {who, question, answer, wording})
    out = [[headers[who], *(headers[place] for place in constant), *questions]]
    for key, rows in people.items():
        given: dict[str, list[str]] = {}
        for _, row in rows:
            given.setdefault(_cell(row, question), []).append(_cell(row, answer))
        answers = [BETWEEN_ANSWERS.join(dict.fromkeys(given.get(code, [""]))) for code in questions]
        out.append([key, *(_cell(rows[0][1], place) for place in constant), *answers])
    labels = {} if wording is None else {_cell(r, question): _cell(r, wording) for r in records.rows[1:]}
    return replace(
        records,
        rows=out,
        numbers=[records.numbers[0], *(rows[0][0] for rows in people.values())],
        platform="long",
        labels=labels,
        roles={headers[place]: "weight" for place in constant if headers[place].casefold() in _WEIGHTS},
    )


def _find(headers: list[str], names: tuple[str, ...], name: str, what: str) -> int:
    folded = [header.casefold() for header in headers]
    found = next((folded.index(known) for known in names if known in folded), None)
    if found is None:
        raise InputError(f"{name} has no column for {what} (one of {', '.join(names)}); rename the one that it has.")
    return found


def _people(records: Records, who: int) -> dict[str, list[tuple[int, list[str]]]]:
    people: dict[str, list[tuple[int, list[str]]]] = {}
    for number, row in zip(records.numbers[1:], records.rows[1:], strict=True):
        people.setdefault(_cell(row, who), []).append((number, row))
    return people


def _constant(headers: list[str], people: dict[str, list[tuple[int, list[str]]]], taken: set[int | None]) -> list[int]:
    """Return the places of the columns that describe respondents: one value each, for all of them."""
    return [
        place
        for place in range(len(headers))
        if place not in taken and all(len({_cell(row, place) for _, row in rows}) == 1 for rows in people.values())
    ]


def _cell(row: list[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""
