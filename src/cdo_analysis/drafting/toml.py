"""Items to the TOML of a codebook, which the reader of codebooks has accepted before it is given back."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence

from cdo_analysis.codebook import Answer, Item, Text, read_codebook
from cdo_analysis.errors import InputError
from cdo_analysis.intake.values import read_missing

_HEAD = """# Drafted from {source}: read every line before use. What the file does not say is yours to write: roles,
# dimensions, values, scores, routing, who was asked. `cdo-analysis check EXPORT --codebook THIS-FILE` tells what does
# not fit.
id = {id}
version = "draft"
title = {title}
"""


def write_draft(items: Sequence[Item], *, id: str, title: str, source: str, respondent: str = "") -> str:
    """Return the TOML of a codebook with these items.

    Parameters
    ----------
    items : sequence of Item
        The rows of a battery follow one another.
    id, title : str
    source : str
        Name of the file that the draft was made from.
    respondent : str
        Item that identifies a respondent; empty where none does.

    Returns
    -------
    str
        A text that :func:`~cdo_analysis.codebook.read_codebook` reads.

    Raises
    ------
    InputError
        There is no item.
    """
    if not items:
        raise InputError(f"{source} holds no question; name a file with the structure of a questionnaire.")
    parts = [_HEAD.format(source=source, id=_quoted(id), title=_quoted(title))]
    if respondent:
        parts.append(f"respondent = {_quoted(respondent)}\n")
    blocks: dict[str, list[Item]] = {}
    for item in items:
        blocks.setdefault(item.block or item.name, []).append(item)
    parts += [_battery(block) if block[0].stem else _single(block[0]) for block in blocks.values()]
    text = "\n".join(parts)
    read_codebook(text, f"the draft of {source}")
    return text


def plain_name(code: str, taken: Iterable[str] = ()) -> str:
    """Return a name that an item may have, and none of those taken.

    Examples
    --------
    >>> plain_name("G01Q02"), plain_name("740"), plain_name("Chiffre d'affaires"), plain_name("site", ["site"])
    ('g01q02', 'q740', 'chiffre_d_affaires', 'site_2')
    """
    letters = unicodedata.normalize("NFKD", code).encode("ascii", "ignore").decode("ascii").lower()
    name = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")[:40] or "q"
    name = name if name[0].isalpha() else f"q{name}"
    known, number, free = set(taken), 2, name
    while free in known:
        free, number = f"{name}_{number}", number + 1
    return free


def draft_answers(pairs: Iterable[tuple[str, Text]]) -> tuple[Answer, ...]:
    """Return answers whose value is their code where it is a number, and whose label may say that there is none."""
    answers = []
    for code, label in pairs:
        said = read_missing(label.fr) or (read_missing(label.en) if label.en else None)
        value = float(code) if re.fullmatch(r"-?[0-9]{1,3}(?:\.[0-9]{1,2})?", code) and not said else None
        answers.append(Answer(code, label, value, said.missing if said else None))
    return tuple(answers)


def tidy_text(html: str) -> str:
    """Return the words of a wording, without its tags."""
    plain = re.sub(r"<[^>]*>", " ", html)
    for entity, character in (("&nbsp;", " "), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"')):
        plain = plain.replace(entity, character)
    return " ".join("".join(c for c in plain if c.isprintable() or c.isspace()).split())


# --- items to tables ------------------------------------------------------------------------------------------


def _single(item: Item) -> str:
    lines = ["[[item]]", f"name = {_quoted(item.name)}"]
    if item.column != item.name:
        lines.append(f"column = {_quoted(item.column)}")
    if item.kind != "choice":
        lines.append(f'kind = "{item.kind}"')
    lines.append(f"question = {_text(item.question)}")
    lines += _shared(item)
    if item.unit:
        lines.append(f"unit = {_quoted(item.unit)}")
    if math.isfinite(item.bounds[0]) and math.isfinite(item.bounds[1]):
        lines.append(f"bounds = [{item.bounds[0]:g}, {item.bounds[1]:g}]")
    if item.check:
        lines.append(f"check = {_quoted(item.check)}")
    if item.personal:
        lines.append("personal = true")
    return "\n".join(lines) + "\n"


def _battery(items: Sequence[Item]) -> str:
    first = items[0]
    lines = ["[[item]]", f"name = {_quoted(first.block)}", f"question = {_text(first.stem)}"]
    if first.tick:
        lines.append('select = "any"')
    if first.separator:
        lines += [f"column = {_quoted(first.column)}", f"separator = {_quoted(first.separator)}"]
    lines += _shared(first) if not first.tick else _shared(first, answers=False)
    rows = [_row(item) for item in items if not item.exclusive]
    lines += ["rows = [", *(f"  {row}," for row in rows), "]"]
    lines += [f"none = {_row(item)}" for item in items if item.exclusive]
    return "\n".join(lines) + "\n"


def _row(item: Item) -> str:
    parts = [f"name = {_quoted(item.name)}"]
    if not item.separator and item.column != item.name:
        parts.append(f"column = {_quoted(item.column)}")
    if item.code:
        parts.append(f"code = {_quoted(item.code)}")
    parts.append(f"label = {_text(item.question)}")
    parts += ["other = true"] if item.other else []
    return f"{{ {', '.join(parts)} }}"


def _shared(item: Item, *, answers: bool = True) -> list[str]:
    lines = []
    if item.answers and answers:
        lines += ["answers = [", *(f"  {_answer(answer)}," for answer in item.answers), "]"]
    for condition in item.asked_if:
        codes = ", ".join(map(_quoted, condition.codes))
        lines.append(f"asked_if = [{{ item = {_quoted(condition.item)}, codes = [{codes}] }}]")
    if not item.required:
        lines.append("required = false")
    return lines


def _answer(answer: Answer) -> str:
    parts = [f"code = {_quoted(answer.code)}", f"label = {_text(answer.label)}"]
    if answer.missing:
        parts.append(f"missing = {_quoted(answer.missing)}")
    elif answer.value is not None:
        parts.append(f"value = {answer.value:g}")
    return f"{{ {', '.join(parts)} }}"


def _text(text: Text) -> str:
    return f"{{ fr = {_quoted(text.fr)}, en = {_quoted(text.en)} }}" if text.en else _quoted(text.fr)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
