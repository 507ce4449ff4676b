"""The long format: a row a respondent and question, as open survey microdata are published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from cdo_analysis.errors import InputError
from cdo_analysis.intake.columns import TextColumn
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
    headers = {clean_header(cell).casefold() for cell in records.header}
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
    headers = [clean_header(cell) for cell in records.header]
    who, question, answer = (_find(headers, names, name, what) for names, what in (
        (_RESPONDENTS, "the respondent"), (_QUESTIONS, "the question"), (_ANSWERS, "the answer")))  # fmt: skip
    columns = [_stripped(column) for column in records.columns]
    wording = next((headers.index(h) for h in headers if h.casefold() in _WORDINGS), None)
    people = columns[who]
    first = np.unique(people.places, return_index=True)[1]  # row of the first record of each respondent
    constant = _constant(columns[: len(headers)], people, {who, question, answer, wording})
    wide = _widen(people, columns[question], columns[answer])
    questions = list(columns[question].texts)
    labels = {} if wording is None else dict(zip(columns[question].cells(), columns[wording].cells(), strict=True))
    return replace(
        records,
        header=[headers[who], *(headers[place] for place in constant), *questions],
        columns=(*(columns[place].take(first) for place in (who, *constant)), *wide),
        numbers=records.numbers[first],
        widths=np.full(len(first), 1 + len(constant) + len(wide), dtype=np.int32),
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


def _stripped(column: TextColumn) -> TextColumn:
    """Return the column without spaces around its texts, and without the texts that it had above the records."""
    return TextColumn.of(map(str.strip, column.cells()))


def _constant(columns: Sequence[TextColumn], people: TextColumn, taken: set[int | None]) -> list[int]:
    """Return the places of the columns that describe respondents: one value each, for all of them."""
    first = np.unique(people.places, return_index=True)[1]
    same = (bool((column.places == column.places[first][people.places]).all()) for column in columns)
    return [place for place, constant in enumerate(same) if constant and place not in taken]


def _widen(people: TextColumn, questions: TextColumn, answers: TextColumn) -> list[TextColumn]:
    """Return a column a question and a row a respondent; what stands several times is said once."""
    order = np.argsort(questions.places, kind="stable")
    starts = np.searchsorted(questions.places[order], np.arange(len(questions.texts) + 1))
    wide = []
    for start, end in pairwise(starts):
        rows = order[start:end]
        given: dict[int, list[str]] = {}
        for person, row in zip(people.places[rows].tolist(), rows.tolist(), strict=True):
            given.setdefault(person, []).append(answers.cell(row))
        joined = {person: BETWEEN_ANSWERS.join(dict.fromkeys(texts)) for person, texts in given.items()}
        wide.append(TextColumn.of(joined.get(person, "") for person in range(len(people.texts))))
    return wide
