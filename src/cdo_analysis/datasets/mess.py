"""A table of text being spoilt, and the list of what was done to it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Codebook
from cdo_analysis.datasets.planted import planted

DIRT_COLUMNS = ("line", "respondent", "item", "kind", "before", "after")
LEAST = 2  # of each kind, however small the survey


class Mess:
    """A table of text being spoilt, and the list of what was done to it.

    Attributes
    ----------
    book : Codebook
        The questionnaire.
    columns : dict of str to ndarray of str (object)
        Item -> its cells.
    respondents : ndarray of str
        True SIREN of each row; empty for a row that belongs to no firm.
    rng : Generator
        Source of randomness.
    """

    def __init__(self, cells: pd.DataFrame, book: Codebook, rng: np.random.Generator) -> None:
        self.book = book
        self.columns = {name: cells[name].to_numpy(dtype=object, copy=True) for name in cells.columns}
        self.respondents = cells.index.to_numpy(dtype=object)
        self.rng = rng
        self._order = [float(row) for row in range(len(cells))]
        self._added: list[tuple[dict[str, str], str]] = []
        self._log: list[tuple[int, str, str, str, str]] = []
        self._spoilt: dict[str, np.ndarray] = {}

    def wanted(self, kind: str) -> int:
        """Return how many changes of `kind` to make."""
        return max(LEAST, round(planted()["dirt"][kind] * len(self.respondents) / 100))

    def rows(self, item: str, count: int, *, among: np.ndarray | None = None) -> np.ndarray:
        """Draw `count` rows (fewer where there are not as many) in which `item` is answered and not spoilt yet."""
        free = (self.columns[item] != "") & ~self._spoilt.get(item, np.zeros(len(self.respondents), dtype=bool))
        open_rows = np.flatnonzero(free if among is None else free & among)
        return self.rng.choice(open_rows, size=min(count, len(open_rows)), replace=False)

    def write(self, row: int, item: str, text: str, kind: str) -> None:
        """Replace a cell and write it down, unless it is spoilt already or says the same."""
        spoilt = self._spoilt.setdefault(item, np.zeros(len(self.respondents), dtype=bool))
        before = self.columns[item][row]
        if not spoilt[row] and text != before:
            self.columns[item][row] = text
            spoilt[row] = True
            self.note(row, item, kind, before, text)

    def note(self, row: int, item: str, kind: str, before: str, after: str) -> None:
        """Write a change down; row -1 is the whole file."""
        self._log.append((row, item, kind, before, after))

    def add_row(self, cells: dict[str, str], respondent: str, *, place: float) -> int:
        """Add a row after the rows of lower `place` (a row of the survey has its number); return its number.

        It stands in the columns once :meth:`join_added` is called.
        """
        self._added.append((cells, respondent))
        self._order.append(place)
        return len(self._order) - 1

    def join_added(self) -> None:
        """Put the added rows under the others."""
        for name, column in self.columns.items():
            more = np.array([cells[name] for cells, _ in self._added], dtype=object)
            self.columns[name] = np.concatenate([column, more])
        names = np.array([respondent for _, respondent in self._added], dtype=object)
        self.respondents = np.concatenate([self.respondents, names])
        self._added, self._spoilt = [], {}

    def one_of(self, texts: Sequence[str]) -> str:
        """Draw one of `texts`."""
        return texts[int(self.rng.integers(len(texts)))]

    def table(self) -> pd.DataFrame:
        """Return the cells, a row a record, in the order of the file."""
        table = pd.DataFrame(self.columns, index=pd.Index(self.respondents, name="respondent", dtype="str"))
        return table.iloc[np.argsort(self._order, kind="stable")]

    def log(self) -> pd.DataFrame:
        """Return what was done, in the order of the file; `after` is the cell as it stands at the end."""
        lines = np.empty(len(self._order), dtype=int)
        lines[np.argsort(self._order, kind="stable")] = np.arange(2, len(self._order) + 2)
        entries = [
            (int(lines[row]), self.respondents[row], item, kind, before, self.columns[item][row] if item else after)
            if row >= 0
            else (0, "", item, kind, before, after)
            for row, item, kind, before, after in self._log
        ]
        log = pd.DataFrame(entries, columns=list(DIRT_COLUMNS))
        return log.sort_values(["line", "kind", "item"], kind="stable", ignore_index=True)


def without_accents(text: str) -> str:
    """Return `text` without its accents.

    Examples
    --------
    >>> without_accents("Très élevé")
    'Tres eleve'
    """
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
