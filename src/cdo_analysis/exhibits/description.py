"""What stands for a figure where it is not seen: its message, what is drawn, and three numbers of its table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_NUMBER = re.compile(r"[+−-]?\d")
_MOST = 3
_LONGEST_NAME = 80

Data = tuple[Sequence[str], Sequence[Sequence[str]], Sequence[int]]
"""Header, rows, and the places of the columns of numbers."""


def describe(title: str, drawn: str, data: Data, *, french: bool) -> str:
    """Return the description of a figure.

    Parameters
    ----------
    title, drawn : str
        The message, and what is drawn.
    data : tuple
        The table behind the figure; hidden cells are no numbers, and are never named.
    french : bool
        True for French punctuation.

    Examples
    --------
    >>> data = (["Size", "n", "Mean"], [["Small", "62", "51"], ["Mid", "9", "44"], ["Large", "c", "c"]], [1, 2])
    >>> describe("Large ones lead", "Sorted dots.", data, french=False)
    'Large ones lead. Sorted dots. Mean: Small 51; Mid 44.'
    """
    colon, semicolon = ("\u00a0: ", "\u00a0; ") if french else (": ", "; ")
    header, _, _ = data
    column, cells = _key_numbers(data)
    several = column is None
    said = [f"{_short(name)}{f', {header[place]}' if several else ''} {value}" for name, place, value in cells]
    numbers = semicolon.join(said)
    if numbers and column is not None:
        numbers = f"{header[column]}{colon}{numbers}"
    return " ".join(_sentence(part.strip()) for part in (title, drawn, numbers) if part.strip())


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."


def _key_numbers(data: Data) -> tuple[int | None, list[tuple[str, int, str]]]:
    """Return three cells: the first two and the last of one column, or else the first ones of all columns."""
    header, _, numeric = data
    columns = [place for place in numeric if place and header[place] != "n"]
    for place in columns[:1]:
        cells = list(_cells(data, [place]))
        if len(cells) >= _MOST or len(columns) == 1:
            return place, [*cells[:2], cells[-1]] if len(cells) > _MOST else cells
    return None, list(_cells(data, columns))[:_MOST]


def _cells(data: Data, columns: Sequence[int]) -> Iterator[tuple[str, int, str]]:
    _, rows, _ = data
    for row in rows:
        for place in columns:
            if _NUMBER.match(row[place]):
                yield row[0], place, row[place]


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
