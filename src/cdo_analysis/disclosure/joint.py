"""Where facts meet: the cells of a joint table, cut in small tables that together say as much.

A fact on (profile, size) and one on (profile, sector) speak of one table of profile x size x sector x ..., too large to
write. It is cut along a junction tree: variables that facts name together are linked, the links are filled up until no
cycle of four is without a chord, and each clique becomes a table of its own, tied to its neighbours by the margins that
they share. Non-negative tables that agree on these margins are the margins of one non-negative joint table, and the
other way round (Lauritzen, *Graphical Models*, 1996, §3.2, §4.4): nothing is lost, as long as counts are real numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from cdo_analysis.disclosure.facts import KNOWN, Cell
from cdo_analysis.errors import DisclosureError

MOST_CELLS = 20_000
"""Largest table of a clique; a larger one is left in the pieces that facts name, and the joint is no longer exact."""

_REST, _NONE = "(another answer)", "(none)"


@dataclass(frozen=True)
class Joint:
    """Columns of a linear program: the cells of small tables that agree where they overlap.

    Attributes
    ----------
    categories : dict
        Categories of each variable, those without an answer last.
    cliques : tuple of tuple of str
        Variables of each small table.
    columns : tuple of ndarray of int
        Number of each cell, shaped like its table.
    exact : bool
        False where a table would have been too large.
    """

    categories: dict[str, tuple[str, ...]]
    cliques: tuple[tuple[str, ...], ...]
    columns: tuple[NDArray[np.int_], ...]
    exact: bool

    @property
    def size(self) -> int:
        """How many columns there are."""
        return sum(table.size for table in self.columns)

    def holding(self, variables: Iterable[str]) -> int:
        """Return the place of the smallest clique that has all of these variables; -1 for none."""
        wanted = set(variables)
        fitting = [place for place, clique in enumerate(self.cliques) if wanted <= set(clique)]
        return min(fitting, key=lambda place: self.columns[place].size, default=-1)

    def row(self, cell: Cell) -> NDArray[np.int_]:
        """Return the columns whose sum is the count of a cell.

        Raises
        ------
        DisclosureError
            No piece of the table has all its variables: it was not named when the table was built.
        """
        place = self.holding(cell.variables)
        if place < 0:
            raise DisclosureError(f"[{cell}] is in no table that facts cross; name it among the groups to bound.")
        wanted = dict(cell.conditions)
        chosen = [self._places(name, wanted.get(name)) for name in self.cliques[place]]
        return self.columns[place][np.ix_(*chosen)].ravel() if chosen else self.columns[place].ravel()

    def _places(self, name: str, values: Sequence[str] | None) -> list[int]:
        found = self.categories[name]
        if values is None:
            return list(range(len(found)))
        if tuple(values) == (KNOWN,):
            return list(range(len(found) - 1))
        return [found.index(value) for value in values if value in found]

    def matrix(self, cells: Sequence[Cell]) -> sp.csr_array:
        """Return a row of zeros and ones a cell."""
        rows = [self.row(cell) for cell in cells]
        ends = np.cumsum([0, *map(len, rows)])
        flat = np.concatenate([*rows, np.empty(0, dtype=int)])
        return sp.csr_array((np.ones(len(flat)), flat, ends), shape=(len(rows), self.size))

    def agreements(self) -> sp.csr_array:
        """Return the rows that are zero where neighbouring tables agree on the margins that they share."""
        rows, signs, places, row = [], [], [], 0
        for one, other in _neighbours(self.cliques):
            shared = [name for name in self.cliques[one] if name in self.cliques[other]]
            for side, sign in ((one, 1.0), (other, -1.0)):
                numbers = _margin(self.columns[side], self.cliques[side], shared)
                rows.append(np.repeat(np.arange(len(numbers)) + row, numbers.shape[1]))
                places.append(numbers.ravel())
                signs.append(np.full(numbers.size, sign))
            row += len(numbers)
        if not rows:
            return sp.csr_array((0, self.size))
        where = (np.concatenate(rows), np.concatenate(places))
        return sp.csr_array((np.concatenate(signs), where), shape=(row, self.size))


def _margin(columns: NDArray[np.int_], clique: tuple[str, ...], shared: list[str]) -> NDArray[np.int_]:
    """Return a row a cell of the shared margin: the columns that add up to it."""
    first = [clique.index(name) for name in shared]
    rest = [place for place in range(len(clique)) if place not in first]
    cells = prod(columns.shape[place] for place in first)
    return columns.transpose([*first, *rest]).reshape(cells, -1)


def build_joint(cells: Iterable[Cell]) -> Joint:
    """Return the joint table of all that cells name, in pieces."""
    listed = sorted(set(cells))
    categories = _categories(listed)
    scopes = sorted({cell.variables for cell in listed} | {()})
    cliques, exact = _cliques(scopes, {name: len(found) for name, found in categories.items()})
    columns, start = [], 0
    for clique in cliques:
        shape = tuple(len(categories[name]) for name in clique)
        columns.append(np.arange(start, start + prod(shape)).reshape(shape))
        start += prod(shape)
    return Joint(categories, tuple(cliques), tuple(columns), exact)


def _categories(cells: list[Cell]) -> dict[str, tuple[str, ...]]:
    """Return the categories that are named, one for other answers where "any" was said, and one for no answer."""
    named: dict[str, set[str]] = {}
    for cell in cells:
        for name, values in cell.conditions:
            named.setdefault(name, set()).update(values)
    return {
        name: (*sorted(values - {KNOWN}), *((_REST,) if KNOWN in values else ()), _NONE)
        for name, values in sorted(named.items())
    }


def _cliques(scopes: list[tuple[str, ...]], sizes: dict[str, int]) -> tuple[list[tuple[str, ...]], bool]:
    """Take variables out one by one, the one with the smallest table first, and keep these tables."""
    links: dict[str, set[str]] = {name: set() for name in sizes}
    for scope in scopes:
        for one, other in combinations(scope, 2):
            links[one].add(other)
            links[other].add(one)
    found: list[set[str]] = [set()]
    exact = True
    while links:
        name = min(links, key=lambda v: (sizes[v] * prod(sizes[w] for w in links[v]), v))
        table = {name} | links.pop(name)
        for other in table - {name}:
            links[other].discard(name)
        if prod(sizes[v] for v in table) > MOST_CELLS:
            exact = False
            found += [set(scope) & table for scope in scopes if name in scope]
            continue
        found.append(table)
        for one, other in combinations(sorted(table - {name}), 2):
            links[one].add(other)
            links[other].add(one)
    # Where a table was too large, what facts name together must still have a place of its own.
    found += [] if exact else [set(scope) for scope in scopes]
    largest = [table for table in found if not any(table < other for other in found)]
    # The count of everybody has a column of its own: tables that share no variable meet there, and nowhere denser.
    return sorted({(), *(tuple(sorted(table)) for table in largest)}), exact


def _neighbours(cliques: Sequence[tuple[str, ...]]) -> list[tuple[int, int]]:
    """Return a tree over the cliques that has the largest overlaps: their junction tree, where there is one."""
    if len(cliques) < 2:
        return []
    sets = [set(clique) for clique in cliques]
    inside, best = {0}, {place: (len(sets[0] & sets[place]), 0) for place in range(1, len(sets))}
    tree = []
    while best:
        place = max(best, key=lambda p: (best[p][0], -p))
        tree.append((best.pop(place)[1], place))
        inside.add(place)
        for other in best:
            overlap = len(sets[place] & sets[other])
            if overlap > best[other][0]:
                best[other] = (overlap, place)
    return tree
