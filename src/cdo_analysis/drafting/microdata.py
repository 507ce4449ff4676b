"""Drafts from the data themselves: the labels of a statistical file, the rows of a long one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cdo_analysis.codebook import Answer, Item, ItemKind, Text
from cdo_analysis.drafting.toml import draft_answers, plain_name, tidy_text, write_draft
from cdo_analysis.errors import InputError
from cdo_analysis.intake.readers import read_table
from cdo_analysis.intake.sources import content_of, read_source
from cdo_analysis.intake.values import read_missing
from cdo_analysis.sandbox import parse

MOST_ANSWERS = 30
"""A column of the long format with more distinct texts is no choice."""


def from_spss(path: str | Path) -> str:
    """Draft a codebook from an SPSS or Stata file: wordings, codes and labels, declared missing codes.

    Raises
    ------
    InputError
        The file is neither, or cannot be read.
    """
    data, name = read_source(path)
    kind = content_of(data, name)
    if kind not in ("sav", "dta"):
        raise InputError(f"{name} is neither an SPSS nor a Stata file; use codebook from-long, or write the codebook.")
    found = parse("statistics", data, name, kind=kind)
    items: list[Item] = []
    for header, texts in zip(found["headers"], found["columns"], strict=True):
        items.append(_variable(header, texts, found, [item.name for item in items]))
    return write_draft(items, id=plain_name(Path(name).stem).replace("_", "-"), title=Path(name).stem, source=name)


def _variable(header: str, texts: Sequence[str], found: Mapping[str, Any], taken: Sequence[str]) -> Item:
    wording = tidy_text(found["labels"].get(header, "")) or header
    declared = {low for low, high in found["missing"].get(header, ()) if low == high}
    labels = {code: Text(tidy_text(label) or code) for code, label in found["answers"].get(header, ()) if code}
    labels |= {code: Text(f"missing {code}") for code in sorted(declared - set(labels)) if code}
    answers = tuple(
        _declared(answer) if answer.code in declared else answer for answer in draft_answers(labels.items())
    )
    if any(answer.missing is None for answer in answers):
        return Item(plain_name(header, taken), header, "choice", Text(wording), answers=answers)
    kind = _kind_of(texts)
    return Item(plain_name(header, taken), header, kind, Text(wording), answers=answers if kind == "number" else ())


def _declared(answer: Answer) -> Answer:
    said = read_missing(answer.label.fr)
    return Answer(answer.code, answer.label, None, said.missing if said else "no_answer")


def _kind_of(texts: Sequence[str]) -> ItemKind:
    written = [text for text in texts if text]
    if written and all(_is_number(text) for text in written):
        return "number"
    dates = [text for text in written if len(text) >= 10 and text[4] == text[7] == "-" and text[:4].isdigit()]
    return "date" if written and len(dates) == len(written) else "text"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text == "0" or not text.startswith("0") or text.startswith("0.")


def from_long(path: str | Path) -> str:
    """Draft a codebook from a file in the long format: a question is a choice of the answers found in it.

    Raises
    ------
    InputError
        The file has no column for the respondent, the question or the answer.
    """
    table = read_table(path, platform="long")
    headers = list(table.cells.columns)
    items = [Item(plain_name(headers[0]), headers[0], "identifier", Text(headers[0]))]
    for header in headers[1:]:
        taken = [item.name for item in items]
        texts = table.cells[header]
        wording = tidy_text(table.labels.get(header, "")) or header
        written = sorted(text for text in texts.unique() if text)
        if header not in table.labels and all(map(_is_number, written)) and written:
            items.append(Item(plain_name(header, taken), header, "number", Text(wording)))
        elif any(";" in text for text in written):
            items += _list(header, wording, written, taken)
        elif written and len(written) <= MOST_ANSWERS:
            answers = draft_answers((text, Text(text)) for text in written)
            items.append(Item(plain_name(header, taken), header, "choice", Text(wording), answers=answers))
        else:
            items.append(Item(plain_name(header, taken), header, "text", Text(wording)))
    stem = Path(table.file).stem
    return write_draft(
        items, id=plain_name(stem).replace("_", "-"), title=stem, source=table.file, respondent=items[0].name
    )


def _list(header: str, wording: str, written: Sequence[str], taken: Sequence[str]) -> list[Item]:
    """Return the options of a question to which somebody gave several answers."""
    options = list(dict.fromkeys(option for text in written for option in text.split(";") if option))
    block = plain_name(header, taken)
    rows: list[Item] = []
    for option in options:
        name = plain_name(f"{block}_{option}", [*taken, block, *(row.name for row in rows)])
        rows.append(
            Item(name, header, "choice", Text(option), stem=Text(wording), block=block, tick=True, separator=";")
        )
    return rows
