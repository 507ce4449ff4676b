"""Where a codebook says what it says: the lines of its file, so that what is wrong can be mended there."""

from __future__ import annotations

import re
from functools import lru_cache

from cdo_analysis.codebook.model import Codebook

_NAME = re.compile(r'(?:^|[{,])\s*name\s*=\s*["\']([^"\']+)["\']')
_ANSWERS = re.compile(r'^\s*answers\s*=\s*(?:["\']([^"\']+)["\'])?')
_HEADER = re.compile(r"^\s*\[\[?\s*([\w.-]+)\s*\]\]?\s*(?:#.*)?$")
_ID = re.compile(r'^\s*id\s*=\s*["\']([^"\']+)["\']')


@lru_cache(maxsize=8)
def _index(source: str) -> dict[str, int]:
    """Return the line (from 1) of every table, item, list of answers and row that the text of a codebook has.

    Keys are ``[table]``, ``item:name``, ``answers:item`` (those that the item has itself, or the list it names) and
    ``list:id``.
    """
    found: dict[str, int] = {}
    table, owners = "", list[str]()
    shared: dict[str, str] = {}
    for number, line in enumerate(source.splitlines(), start=1):
        if header := _HEADER.match(line):
            table, owners = header[1], []
            found.setdefault(f"[{table}]", number)
        elif table == "answers" and (named := _ID.match(line)):
            found.setdefault(f"list:{named[1]}", number)
        elif table == "item":
            names = _NAME.findall(line)
            owners += names
            for name in names:
                found.setdefault(f"item:{name}", number)
            if answers := _ANSWERS.match(line):
                found[f"answers:{owners[0] if owners else ''}"] = number
                shared[owners[0] if owners else ""] = answers[1] or ""
            for name in names:
                found.setdefault(f"answers:{name}", found.get(f"answers:{owners[0]}", number))
                shared.setdefault(name, shared.get(owners[0], ""))
    lists = {f"answers:{name}": found[f"list:{of}"] for name, of in shared.items() if f"list:{of}" in found}
    return found | lists


def line_of(book: Codebook, what: str) -> int:
    """Return the line of a part of a codebook's file.

    Parameters
    ----------
    book : Codebook
    what : str
        ``[roles]`` for a table, ``item:website`` for an item, ``answers:website`` for the answers that it may have.

    Returns
    -------
    int
        From 1; 0 where the file does not show it.

    Examples
    --------
    >>> from cdo_analysis.codebook import load_codebook
    >>> book = load_codebook("cdo-2026")
    >>> book.source.splitlines()[line_of(book, "item:website") - 1].strip()[:17]
    '{ name = "website'
    """
    return _index(book.source).get(what, 0)


def place_in(book: Codebook, what: str) -> str:
    r"""Return where a part of a codebook stands, in words: ``wave.toml, line 12``; the file alone for want of a line.

    Examples
    --------
    >>> from cdo_analysis.codebook import read_codebook
    >>> text = 'id = "w"\ntitle = "W"\n[[item]]\nname = "a"\ncolumn = "A"\nkind = "text"\nquestion = "?"\n'
    >>> place_in(read_codebook(text, "wave.toml"), "item:a"), place_in(read_codebook(text, "wave.toml"), "[roles]")
    ('wave.toml, line 4', 'wave.toml')
    """
    file, line = book.file or f"{book.id}.toml", line_of(book, what)
    return f"{file}, line {line}" if line else file
