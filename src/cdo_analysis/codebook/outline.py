"""A questionnaire as text, as one would read it aloud: questions in order, answers, who is asked."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import groupby

from cdo_analysis.codebook.compared import routing_of
from cdo_analysis.codebook.model import Codebook, Item
from cdo_analysis.wording import Language

WIDTH = 80
_MOST_ANSWERS = 12


def outline(book: Codebook, *, language: Language = "fr") -> str:
    """Return a questionnaire as text of 80 columns, with the name, the column and the routing of each item.

    Parameters
    ----------
    book : Codebook
    language : {'fr', 'en'}

    Examples
    --------
    >>> from cdo_analysis.codebook import load_codebook
    >>> print(outline(load_codebook("cdo-2026-meeting"), language="en").splitlines()[0])
    cdo-2026-meeting 2026.1 - The leading of digital: fifteen questions for a
    """
    head = f"{book.id} {book.version} - {book.title.of(language)}"
    lines = [*_wrapped(head), f"{len(book.items)} items, {len(book.dimensions)} dimensions"]
    for _, members in groupby(book, key=lambda item: (item.block or item.name, bool(item.stem))):
        lines += ["", *_block(list(members), language)]
    return "\n".join(lines)


def _block(members: list[Item], language: Language) -> Iterator[str]:
    first = members[0]
    if first.stem:
        yield from _wrapped(f"{first.block}: {first.stem.of(language)}")
        yield from _routed(first)
        for item in members:
            mark = "[ ] " if item.tick else ""
            yield from _wrapped(f"{mark}{item.question.of(language)} ({_called(item)})", indent=4)
        if not first.tick:
            yield from _answers(first, language)
        return
    yield from _wrapped(f"{_called(first)}: {first.question.of(language)}")
    yield from _routed(first)
    yield from _answers(first, language)


def _called(item: Item) -> str:
    return item.name if item.column == item.name else f"{item.name}, {item.column}"


def _routed(item: Item) -> Iterator[str]:
    if item.asked_if:
        yield from _wrapped(f"-> asked if {routing_of(item)}", indent=4)


def _answers(item: Item, language: Language) -> Iterator[str]:
    if item.kind != "choice":
        low, high = item.bounds
        bounds = f", {low:g} to {high:g}" if high != float("inf") else ""
        yield from _wrapped(f"({item.kind}{f', {item.unit}' if item.unit else ''}{bounds})", indent=4)
        return
    for answer in item.answers[:_MOST_ANSWERS]:
        missing = f" [{answer.missing}]" if answer.missing else ""
        yield from _wrapped(f"{answer.code}: {answer.label.of(language)}{missing}", indent=4)
    if len(item.answers) > _MOST_ANSWERS:
        yield f"    … {len(item.answers) - _MOST_ANSWERS} more"


def _wrapped(text: str, *, indent: int = 0) -> list[str]:
    margin = " " * indent
    return textwrap.wrap(
        " ".join(text.split()), WIDTH, initial_indent=margin, subsequent_indent=f"{margin}  ", break_on_hyphens=False
    )
