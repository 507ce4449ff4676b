"""The table of a web page, as Forms and old exports save under the name .xls, to rows of text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from cdo_analysis.errors import InputError

LARGEST = 100_000_000
MOST_CELLS = 20_000_000
WIDEST_SPAN = 1_000
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_WAY_OUT = "open it in Excel, keep the sheet with the answers and save it as .xlsx"


def read(path: Path, name: str) -> dict[str, Any]:
    """Read the only table of a page.

    Parameters
    ----------
    path : Path
    name : str
        Name of the file, for the errors.

    Returns
    -------
    dict
        As :func:`cdo_analysis.sandbox.workbook.read` returns it: ``rows``, ``sheet``, ``notes``, ``merges``.

    Raises
    ------
    InputError
        The page is too large, or has no table with answers, or several, or one within another.
    """
    data = path.read_bytes()
    if len(data) > LARGEST:
        raise InputError(f"{name} is a web page of {len(data) / 1e6:.0f} MB, too large to read; {_WAY_OUT}.")
    tables = _Tables(name)
    tables.feed(_decode(data))
    tables.close()
    filled = [table for table in tables.found if len(table.rows) > 1]
    if len(filled) != 1:
        what = f"{len(filled)} tables" if filled else "no table of answers"
        raise InputError(f"{name} is a web page with {what}; {_WAY_OUT}.")
    table = filled[0]
    return {
        "rows": table.rows,
        "sheet": "",
        "notes": [f"{name} is a web page saved under the name of a workbook; its table was read."],
        "merges": table.merges,
    }


def _decode(data: bytes) -> str:
    charset = _CHARSET.search(data[:4096])
    for encoding in filter(None, [charset and charset[1].decode("ascii"), "utf-8-sig", "cp1252"]):
        try:
            return data.decode(encoding).removeprefix("\ufeff")
        except (LookupError, UnicodeDecodeError):
            continue
    return data.decode("cp1252", errors="replace")


class _Table:
    """The rows of one table; a cell over several columns or rows is noted, and its other places are empty."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.merges: list[tuple[int, int, int, int]] = []
        self._pending: dict[int, int] = {}

    def start_row(self) -> None:
        self.rows.append([])
        self._skip()

    def _skip(self) -> None:
        """Leave places that a cell from above covers empty."""
        row = self.rows[-1]
        while self._pending.get(len(row), 0) > 0:
            self._pending[len(row)] -= 1
            row.append("")

    def add(self, text: str, across: int, down: int) -> None:
        if not self.rows:
            self.start_row()
        top, left = len(self.rows) - 1, len(self.rows[-1])
        self.rows[-1] += [text, *[""] * (across - 1)]
        if down > 1:
            self._pending |= dict.fromkeys(range(left, left + across), down - 1)
        if across > 1 or down > 1:
            self.merges.append((top, left, top + down - 1, left + across - 1))
        self._skip()


class _Tables(HTMLParser):
    """Collects the tables of a page; scripts and styles say nothing, and nothing is fetched or run."""

    def __init__(self, name: str) -> None:
        super().__init__(convert_charrefs=True)
        self.name = name
        self.found: list[_Table] = []
        self._open: _Table | None = None
        self._span = (1, 1)
        self._text: list[str] | None = None
        self._silent = ""
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._silent = tag
        elif tag == "table":
            if self._open is not None:
                raise InputError(f"{self.name} is a web page with tables within tables; {_WAY_OUT}.")
            self._open = _Table()
            self.found.append(self._open)
        elif self._open is not None and tag == "tr":
            self._close_cell()
            self._open.start_row()
        elif self._open is not None and tag in ("td", "th"):
            self._close_cell()
            self._text, spans = [], dict(attrs)
            self._span = (_span(spans.get("colspan")), _span(spans.get("rowspan")))
        elif tag == "br" and self._text is not None:
            self._text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""
        elif tag in ("td", "th", "tr"):
            self._close_cell()
        elif tag == "table":
            self._close_cell()
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._text is not None and not self._silent:
            self._text.append(" ".join(re.split(r"[ \t\r\n\f]+", data)))

    def _close_cell(self) -> None:
        if self._text is None or self._open is None:
            return
        self._cells += self._span[0]
        if self._cells > MOST_CELLS:
            raise InputError(f"{self.name} has more than {MOST_CELLS} cells, too many to read; {_WAY_OUT}.")
        text = "".join(self._text).replace("\xa0", " ").strip()
        self._open.add(text, *self._span)
        self._text = None


def _span(written: str | None) -> int:
    digits = (written or "1").strip()
    return min(max(int(digits), 1), WIDEST_SPAN) if digits.isdigit() and len(digits) < 9 else 1
