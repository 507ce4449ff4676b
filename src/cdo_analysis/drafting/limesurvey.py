"""LimeSurvey structure files (``.lss``): the draft of a codebook from one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, ElementTree

from cdo_analysis.codebook import Answer, Item, Text
from cdo_analysis.drafting.toml import draft_answers, plain_name, tidy_text, write_draft
from cdo_analysis.errors import InputError
from cdo_analysis.intake.sources import read_source

Row = dict[str, str]

_LARGEST = 50_000_000
_LISTS = frozenset("L!O")
_FIXED: dict[str, tuple[tuple[str, Text], ...]] = {
    "Y": (("Y", Text("Oui", "Yes")), ("N", Text("Non", "No"))),
    "G": (("F", Text("Femme", "Female")), ("M", Text("Homme", "Male"))),
    "5": tuple((str(n), Text(str(n))) for n in range(1, 6)),
    "A": tuple((str(n), Text(str(n))) for n in range(1, 6)),
    "B": tuple((str(n), Text(str(n))) for n in range(1, 11)),
    "C": (("Y", Text("Oui", "Yes")), ("U", Text("Incertain", "Uncertain")), ("N", Text("Non", "No"))),
    "E": (("I", Text("Augmente", "Increase")), ("S", Text("Stable", "Same")), ("D", Text("Diminue", "Decrease"))),
}
_ARRAYS = frozenset("FHABCE")
_RANKING, _DUAL, _GRIDS = "R", "1", {":": "number", ";": "text"}
_SECOND = "#1"  # after the id of a question whose answers have two scales
_SKIPPED = frozenset("X*|")


@dataclass
class _Structure:
    """The tables of a structure file that matter, by question."""

    questions: list[Row]
    rows: dict[str, list[Row]] = field(default_factory=dict)
    answers: dict[str, list[tuple[str, Text]]] = field(default_factory=dict)
    wordings: dict[str, Text] = field(default_factory=dict)
    attributes: dict[tuple[str, str], Text] = field(default_factory=dict)


def from_limesurvey(path: str | Path) -> str:
    """Draft a codebook from a structure file of LimeSurvey (``.lss``, ``.lsg`` or ``.lsq``).

    Returns
    -------
    str
        TOML: columns are named as an export with question codes names them (``A1_SQ001``). Texts and equations that
        are no question are left out. A ranking has an item a rank, whose answers are what is ranked; an array with two
        scales is two batteries; an array of numbers or texts has an item a cell.

    Raises
    ------
    InputError
        The file is no structure file of LimeSurvey.
    """
    data, name = read_source(path)
    structure = _read(data, name)
    items: list[Item] = []
    for question in structure.questions:
        items += _items_of(question, structure, [item.name for item in items])
    stem = Path(name).stem
    return write_draft(items, id=plain_name(stem).replace("_", "-"), title=stem, source=name)


def _read(data: bytes, name: str) -> _Structure:
    if len(data) > _LARGEST:
        raise InputError(f"{name} has {len(data) / 1e6:.0f} MB, too many for a structure file; name the .lss itself.")
    try:
        root = ElementTree.fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise InputError(
            f"{name} is not a structure file of LimeSurvey ({error}); export the survey as .lss."
        ) from error
    if root.find("questions") is None:
        raise InputError(f"{name} holds no questions; export the survey as .lss.")
    every = [*_rows(root, "questions"), *_rows(root, "subquestions")]
    order = {row.get("gid", ""): place for place, row in enumerate(_rows(root, "groups"))}
    main = [row for row in every if row.get("parent_qid", "0") == "0"]
    main.sort(key=lambda row: (order.get(row.get("gid", ""), 0), _order(row, "question_order")))
    structure = _Structure(main, wordings=_wordings(root, every))
    for row in sorted(every, key=lambda row: _order(row, "question_order")):
        if row.get("parent_qid", "0") != "0":
            structure.rows.setdefault(row["parent_qid"], []).append(row)
    structure.answers = _answers(root)
    structure.attributes = _attributes(root)
    return structure


def _order(row: Row, key: str) -> float:
    """Return the place that a row says it has; 0 where it says none."""
    written = row.get(key, "")
    return float(written) if written.removeprefix("-").isdigit() else 0.0


def _rows(root: Element, section: str) -> list[Row]:
    return [{cell.tag: cell.text or "" for cell in row} for row in root.iterfind(f"{section}/rows/row")]


def _wordings(root: Element, questions: list[Row]) -> dict[str, Text]:
    """Return the wording of each question; files of before LimeSurvey 4 have it in the question itself."""
    texts: dict[str, dict[str, str]] = {}
    for row in _rows(root, "question_l10ns") or questions:
        texts.setdefault(row["qid"], {})[row.get("language", "")] = tidy_text(row.get("question", ""))
    return {qid: _both(found) for qid, found in texts.items()}


def _both(texts: Mapping[str, str]) -> Text:
    french = next((text for language, text in texts.items() if language.startswith("fr") and text), "")
    english = next((text for language, text in texts.items() if language.startswith("en") and text), "")
    first = next((text for text in texts.values() if text), "")
    return Text(french or english or first, english if french else "")


def _attributes(root: Element) -> dict[tuple[str, str], Text]:
    """Return what is set of each question: (its id, the name of the setting) -> the setting, by language."""
    texts: dict[tuple[str, str], dict[str, str]] = {}
    for row in _rows(root, "question_attributes"):
        key = row.get("qid", ""), row.get("attribute", "")
        texts.setdefault(key, {})[row.get("language", "")] = tidy_text(row.get("value", ""))
    return {key: _both(found) for key, found in texts.items()}


def _answers(root: Element) -> dict[str, list[tuple[str, Text]]]:
    labels: dict[str, dict[str, str]] = {}
    for row in _rows(root, "answer_l10ns"):
        labels.setdefault(row["aid"], {})[row.get("language", "")] = tidy_text(row.get("answer", ""))
    old: dict[tuple[str, str], dict[str, str]] = {}
    found: dict[str, list[tuple[str, Text]]] = {}
    for row in sorted(_rows(root, "answers"), key=lambda row: _order(row, "sortorder")):
        texts = labels.get(row.get("aid", ""))
        owner = row["qid"] if row.get("scale_id", "0") in ("", "0") else f"{row['qid']}{_SECOND}"
        if texts is None:
            texts = old.setdefault((owner, row["code"]), {})
            texts[row.get("language", "")] = tidy_text(row.get("answer", ""))
        label = _both(texts)
        pairs = found.setdefault(owner, [])
        pairs[:] = [pair for pair in pairs if pair[0] != row["code"]]
        pairs.append((row["code"], label if label.fr else Text(row["code"])))
    return found


def _items_of(question: Row, structure: _Structure, taken: list[str]) -> list[Item]:
    kind, code, qid = question.get("type", ""), question.get("title", ""), question["qid"]
    wording = structure.wordings.get(qid) or Text(code)
    wording = wording if wording.fr else Text(code)
    if kind in _SKIPPED or not code:
        return []
    rows = structure.rows.get(qid, [])
    pairs = structure.answers.get(qid, []) or list(_FIXED.get(kind, ()))
    if kind in ("M", "P") or (kind in _ARRAYS and rows and pairs):
        return list(_battery(question, structure, (wording, draft_answers(pairs)), taken))
    if kind in _GRIDS and rows:
        return list(_grid(question, structure, wording, taken))
    if kind == _DUAL and rows and pairs:
        return list(_dual(question, structure, wording, taken))
    if kind == _RANKING and (pairs or rows):
        return list(_ranking(question, structure, wording, taken))
    if kind in ("K", "Q") and rows:
        return list(_several(question, structure, wording, taken))
    name = plain_name(code, taken)
    if (kind in _LISTS or kind in _FIXED) and any(not answer.missing for answer in draft_answers(pairs)):
        return [Item(name, code, "choice", wording, answers=draft_answers(pairs))]
    if kind == "N":
        return [Item(name, code, "number", wording)]
    return [Item(name, code, "date" if kind == "D" else "text", wording, required=False)]


def _battery(
    question: Row, structure: _Structure, shared: tuple[Text, tuple[Answer, ...]], taken: list[str]
) -> Iterator[Item]:
    code, tick = question["title"], question["type"] in "MP"
    stem, answers = shared
    block, names = plain_name(code, taken), [*taken, plain_name(code, taken)]
    rows = structure.rows.get(question["qid"], [])
    pairs = [(row["title"], structure.wordings.get(row["qid"]) or Text(row["title"])) for row in rows]
    if question.get("other") == "Y" and tick:
        pairs.append(("other", Text("Autre", "Other")))
    for row, wording in pairs:
        name = plain_name(f"{code}_{row}", names)
        names.append(name)
        yield Item(
            name, f"{code}_{row}", "choice", wording if wording.fr else Text(row), stem=stem, block=block,
            answers=() if tick else answers, tick=tick, other=row == "other",
        )  # fmt: skip


def _several(question: Row, structure: _Structure, stem: Text, taken: list[str]) -> Iterator[Item]:
    names = list(taken)
    for row in structure.rows[question["qid"]]:
        wording = structure.wordings.get(row["qid"]) or Text(row["title"])
        name = plain_name(f"{question['title']}_{row['title']}", names)
        names.append(name)
        text = Text(f"{stem.fr} — {wording.fr}", f"{stem.en} — {wording.en}" if stem.en and wording.en else "")
        kind = "number" if question["type"] == "K" else "text"
        yield Item(name, f"{question['title']}_{row['title']}", kind, text, required=False)  # type: ignore[arg-type]


def _ranking(question: Row, structure: _Structure, stem: Text, taken: list[str]) -> Iterator[Item]:
    """Yield an item a rank: exports head it ``code[1]``, ``code[2]``… and write the code of what has that rank."""
    code, qid = question["title"], question["qid"]
    wordings = structure.wordings
    pairs = structure.answers.get(qid) or [
        (row["title"], wordings.get(row["qid"]) or Text(row["title"])) for row in structure.rows[qid]
    ]
    most = structure.attributes.get((qid, "max_answers"), Text("")).fr
    ranks = min(int(most), len(pairs)) if most.isdigit() and int(most) else len(pairs)
    answers, names = draft_answers(pairs), [*taken, block := plain_name(code, taken)]
    for rank in range(1, ranks + 1):
        names.append(name := plain_name(f"{code}_{rank}", names))
        label = Text(f"Rang {rank}", f"Rank {rank}")
        unordered = tuple(replace(answer, value=None) for answer in answers)  # a code of what is ranked is no value
        yield Item(
            name, f"{code}_{rank}", "choice", label, stem=stem, block=block, answers=unordered, required=rank == 1
        )


def _dual(question: Row, structure: _Structure, stem: Text, taken: list[str]) -> Iterator[Item]:
    """Yield two batteries: exports head them ``code[row][1]`` and ``code[row][2]``."""
    code, qid, names = question["title"], question["qid"], list(taken)
    for scale, (owner, header) in enumerate(((qid, "dualscale_headerA"), (f"{qid}{_SECOND}", "dualscale_headerB")), 1):
        answers = draft_answers(structure.answers.get(owner) or structure.answers[qid])
        of = structure.attributes.get((qid, header), Text(""))
        said = Text(f"{stem.fr} — {of.fr or scale}", f"{stem.en} — {of.en or of.fr or scale}" if stem.en else "")
        names.append(block := plain_name(f"{code}_{scale}", names))
        for row in structure.rows[qid]:
            names.append(name := plain_name(f"{code}_{row['title']}_{scale}", names))
            wording = structure.wordings.get(row["qid"]) or Text(row["title"])
            column = f"{code}_{row['title']}_{scale}"
            yield Item(name, column, "choice", wording, stem=said, block=block, answers=answers)


def _grid(question: Row, structure: _Structure, stem: Text, taken: list[str]) -> Iterator[Item]:
    """Yield an item a cell of an array of numbers or texts: exports head it ``code[row_column]``."""
    kind, names = _GRIDS[question["type"]], list(taken)
    every = structure.rows[question["qid"]]
    rows = [row for row in every if row.get("scale_id", "0") in ("", "0")]
    for row in rows:
        for column in (other for other in every if other not in rows):
            code = f"{question['title']}_{row['title']}_{column['title']}"
            names.append(name := plain_name(code, names))
            parts = (stem, *(structure.wordings.get(part["qid"]) or Text(part["title"]) for part in (row, column)))
            french = " — ".join(part.fr for part in parts)
            english = " — ".join(part.en for part in parts) if all(part.en for part in parts) else ""
            yield Item(name, code, kind, Text(french, english), required=False)  # type: ignore[arg-type]
