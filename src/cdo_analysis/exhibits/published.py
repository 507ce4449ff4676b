"""What an exhibit publishes, as facts for the audit: the groups of respondents behind its numbers, and what it says.

Facts are made from the study, not from the printed text, by the name of a variable; so a printed number can never be
audited as another one. Names are those of the tidy answers, and:

``profile``, ``status``, ``today`` (the arrangement), ``advice``, ``advice_state``, ``score:<score or dimension>`` (for
the main score, its ten bands), ``band:<score>``, ``expert:<name>``, ``flag:<name>``, ``missing:<item>``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from cdo_analysis.cdo import find_disagreement
from cdo_analysis.disclosure import KNOWN, Cell, Fact, count_of, hidden_count, hide
from cdo_analysis.exhibits.study_view import Groups, View
from cdo_analysis.tables import rows_of

NO_ADVICE = "no_recommendation"
"""Category of ``advice`` for those who get no recommendation."""

BANDS = 10
"""Bands of the main score in the panorama."""

_GUESS = 0.10
"""How well the mean weight of a group is taken to be known: a weighted share without its n tells n within so much."""

_FITTED = ("profile", "status", "advice", "advice_state", "expert")
"""Variables that another fit would make anew: they carry the id of the study."""


def variable(view: View, name: str) -> pd.Series:
    """Return the category of each respondent, as text; missing where there is none."""
    key = ("published", name)
    if key not in view.study.derived:
        view.study.derived[key] = _made(view, name)
    made: pd.Series = view.study.derived[key]
    return made


def _made(view: View, name: str) -> pd.Series:
    kind, _, rest = name.partition(":")
    source = _SOURCES.get(kind)
    values = source(view, rest) if source else _column(view, name)
    values = values.reindex(respondents(view))
    if not (isinstance(values.dtype, pd.StringDtype) or values.dtype == object or kind in _SOURCES):
        values = values.notna().map({True: "given"}).where(values.notna())
    return values.astype(object).where(values.notna(), None)


def _column(view: View, name: str) -> pd.Series:
    """Return the answers to an item, or a score or dimension that profiles were made of."""
    return view.responses[name] if name in view.responses else view.scores[name]


def _profile(view: View, _: str) -> pd.Series:
    return view.study.column("profile_assignment", "profile").astype(str)


def _advice(view: View, _: str) -> pd.Series:
    found = view.study.table("recommendation")
    return found["first"].where(found["state"].ne("abstained") & found["first"].ne(""), NO_ADVICE)


def _score(view: View, name: str) -> pd.Series:
    values = view.scores[name]
    if view.main is None or name != view.main.id:
        return values.notna().map({True: "given"}).where(values.notna())
    return score_bands(view).reindex(respondents(view))


def score_bands(view: View) -> pd.Series:
    """Return in which of the ten bands of its scale the main score of each respondent is: "0" to "9"."""
    scores = view.scores[view.main.id].dropna() if view.main else pd.Series(dtype=float)
    edges = np.linspace(*view.scale, BANDS + 1)
    found = np.clip(np.searchsorted(edges, scores, side="right") - 1, 0, BANDS - 1)
    return pd.Series(found.astype(str), index=scores.index)


def _flag(view: View, name: str) -> pd.Series:
    flags = view.study.table("flags")
    return (flags.any(axis=1) if name == "any" else flags[name]).map({True: "yes", False: "no"})


def _missing(view: View, name: str) -> pd.Series:
    kinds = view.study.column("missing", name).astype(object)
    return kinds.where(kinds.notna(), "answered").where(kinds.ne("not_asked"))


_SOURCES: Mapping[str, Callable[[View, str], pd.Series]] = {
    "profile": _profile,
    "status": lambda view, _: view.study.column("profile_assignment", "status").astype(str),
    "today": lambda view, _: view.study.column("arrangements", "today"),
    "advice": _advice,
    "advice_state": lambda view, _: view.study.column("recommendation", "state").astype(str),
    "score": _score,
    "band": lambda view, name: view.study.column("bands", name).astype(object),
    "expert": lambda view, name: find_disagreement(view.advice, view.weights).first[name],
    "flag": _flag,
    "missing": _missing,
}


def respondents(view: View) -> pd.Index:
    """Return who answered the survey: a company from outside, which looks in, is not counted."""
    everyone = view.scores.index
    return everyone[everyone != view.study.outsider] if view.study.outsider else everyone


def members(view: View, cell: Cell) -> pd.Series:
    """Return who is in a group: True or False for each respondent."""
    inside = pd.Series(True, index=respondents(view))
    for name, values in cell.conditions:
        found = variable(view, name)
        inside &= found.notna() if values == (KNOWN,) else found.isin(values)
    return inside


def known(view: View, *names: str) -> Cell:
    """Return those who gave some answer to each variable.

    Where every category is printed somewhere, they are named one by one, so that the sum of the cells is their count.
    """
    return Cell.of({name: _categories(view, name) for name in names})


def _categories(view: View, name: str) -> Sequence[str]:
    roles = view.book.roles
    listed = ("profile", "today", "advice", "size_category", roles.sector, roles.region)
    main = f"score:{view.main.id}" if view.main else ""
    if name not in (*listed, main) and not name.startswith("band:"):
        return (KNOWN,)
    return tuple(sorted(variable(view, name).dropna().unique()))


def counted(view: View, cells: Iterable[Cell], hidden: Iterable[object] = ()) -> list[Fact]:
    """Return the facts that exhibits print how many respondents groups have, or hide it.

    Parameters
    ----------
    view : View
    cells : iterable of Cell
    hidden : iterable of bool or flag, optional
        One a group: True or ``c`` where it is hidden; all are printed where not given.
    """
    listed, flags = list(cells), list(hidden)
    facts = []
    for place, cell in enumerate(listed):
        flag = flags[place] if flags else ""
        if flag is True or flag == "c":
            facts.append(hidden_count("", _named(view, cell)))
        else:
            low, high = view.profile.told_by(int(members(view, cell).sum()))
            facts.append(count_of("", _named(view, cell), low, high))
    return facts


def told(view: View, cells: Iterable[Cell], among: Cell, hidden: Iterable[object] = ()) -> list[Fact]:
    """Return what shares in whole percents, printed without their n, tell of the counts of groups.

    Where respondents have one weight, the rounding alone is in doubt; else the mean weight of the group, compared to
    that of those it is a part of, is taken to be known within 10 %.
    """
    listed, flags = list(cells), list(hidden)
    base, facts = int(members(view, among).sum()), []
    for place, cell in enumerate(listed):
        flag = flags[place] if flags else ""
        if flag is True or flag == "c":
            facts.append(hidden_count("", _named(view, cell)))
            continue
        n = int(members(view, cell & among).sum())
        doubt = 0.005 * base + (_GUESS * n if view.is_weighted else 0.0)
        low, high = np.floor(n - doubt), np.ceil(n + doubt)
        facts.append(count_of("", _named(view, cell & among), max(float(low), 0.0), float(high)))
    return facts


def rounded(view: View, cells: Iterable[Cell], among: Cell, hidden: Iterable[object] = ()) -> list[Fact]:
    """Return what unweighted shares in whole percents tell of the counts of groups."""
    listed, flags = list(cells), list(hidden)
    base, facts = int(members(view, among).sum()), []
    for place, cell in enumerate(listed):
        if flags and (flags[place] is True or flags[place] == "c"):
            facts.append(hidden_count("", _named(view, cell & among)))
            continue
        n = int(members(view, cell & among).sum())
        low, high = np.floor(n - 0.005 * base), np.ceil(n + 0.005 * base)
        facts.append(count_of("", _named(view, cell & among), max(float(low), 0.0), float(high)))
    return facts


def averaged(
    view: View, values: pd.Series, cells: Iterable[Cell], hidden: Iterable[object] = (), *, decimals: int = 0
) -> list[Fact]:
    """Return the facts that exhibits print the mean of a score in groups, or hide it.

    A weighted mean is taken to tell the plain one: whoever knows the weights can come close to it.
    """
    listed, flags, item = list(cells), list(hidden), str(values.name)
    known_values = values.reindex(respondents(view))
    scale = (float(known_values.min()), float(known_values.max()))
    half, facts = 0.5 * 10.0**-decimals, []
    for place, cell in enumerate(listed):
        mean = float(known_values[members(view, cell)].mean())
        hides = bool(flags) and (flags[place] is True or flags[place] == "c")
        low, high = (None, None) if hides or not np.isfinite(mean) else (mean - half, mean + half)
        facts.append(Fact("", _named(view, cell), low, high, measure="mean", item=item, scale=scale))
    return facts


def divided_by(
    view: View,
    table: pd.DataFrame,
    name: str,
    by: str = "",
    *,
    parts: Mapping[str, Sequence[str]] | None = None,
    within: Cell | None = None,
) -> tuple[list[Cell], list[Any]]:
    """Return the groups of the rows of a table of shares, and their flags.

    Parameters
    ----------
    view : View
    table : DataFrame
        Columns category and flag; group, where there is `by`.
    name, by : str
        Variables of the categories and of the groups.
    parts : mapping, optional
        Categories that each row of the table gathers, where it does.
    within : Cell, optional
        Those whom the table is about.
    """
    gathered = parts or {}
    cells = []
    for row in rows_of(table):
        conditions = {name: gathered.get(str(row.category), (str(row.category),))}
        cells.append(Cell.of(conditions | ({by: str(row.group)} if by else {})) & (within or Cell()))
    return cells, list(table["flag"])


def shares_beside(view: View, table: pd.DataFrame, answers: Groups, inside: Cell) -> list[Fact]:
    """Return what shares in a part of the respondents, beside those in the rest, tell of both.

    The rest is everybody less the part: what is told of both is told of everybody.

    Parameters
    ----------
    view : View
    table : DataFrame
        A row an answer: name (its code), flag.
    answers : Groups
        The question, with the name of its variable.
    inside : Cell
        The part.
    """
    answered = known(view, answers.name)
    within, around = inside & answered, known(view, *inside.variables) & answered
    cells = [Cell.of({answers.name: answers.parts.get(str(row.name), (str(row.name),))}) for row in _rows(table)]
    flags = list(table["flag"])
    facts = counted(view, [within, around])
    return [*facts, *told(view, [c & inside for c in cells], within, flags), *told(view, cells, around, flags)]


def means_beside(view: View, table: pd.DataFrame, columns: Mapping[str, pd.Series], inside: Cell) -> list[Fact]:
    """Return what means in a part of the respondents, beside those in the rest, tell of both.

    Parameters
    ----------
    view : View
    table : DataFrame
        A row a column: name, flag.
    columns : mapping of str to Series
        Scores or dimensions, by their name.
    inside : Cell
    """
    facts: list[Fact] = []
    for row in _rows(table):
        scored = known(view, f"score:{row.name}")
        cells, flags = [inside & scored, known(view, *inside.variables) & scored], [row.flag] * 2
        facts += averaged(view, columns[str(row.name)].rename(str(row.name)), cells, flags, decimals=view.decimals)
        facts += [] if row.flag == "c" else counted(view, cells)
    return facts


def _rows(table: pd.DataFrame) -> list[Any]:
    return [SimpleNamespace(name=name, flag=flag) for name, flag in zip(table["name"], table["flag"], strict=True)]


def parts_of(view: View) -> dict[str, tuple[str, ...]]:
    """Return the options that each group of options gathers."""
    parents = view.arrangements.parent_of
    return {p.id: tuple(o for o in view.arrangements.ids if parents[o] == p.id) for p in view.arrangements.parents}


def arms(view: View) -> list[Fact]:
    """Return how many respondents the comparison of outcomes has in each option."""
    name, means = f"arm@{view.study.id}", view.estimates.means["n"]
    few = [int(n) < view.profile.mean for n in means]
    cells = [Cell.of({name: str(arm)}) for arm in means.index]
    facts = [
        hidden_count("", cell) if hidden else count_of("", cell, *view.profile.told_by(int(n)))
        for cell, n, hidden in zip(cells, means, few, strict=True)
    ]
    everyone = Cell.of({name: [str(arm) for arm in means.index]})
    return [*facts, count_of("", everyone, *view.profile.told_by(int(means.sum())))]


def plain(name: str, n: int) -> list[Fact]:
    """Return the fact that a group that no variable of the study gives has so many respondents."""
    return [count_of("", Cell.of({name: "in"}), n)]


def is_withheld(view: View, conditions: Mapping[str, str | Sequence[str]]) -> bool:
    """Tell whether an audit asked to hide a group besides those that its table hides."""
    return bool(view.withheld) and _named(view, Cell.of(conditions)) in view.withheld


def withhold(
    view: View, table: pd.DataFrame, name: str, by: str = "", *, parts: Mapping[str, Sequence[str]] | None = None
) -> pd.DataFrame:
    """Return a table of shares without the rows that an audit asked to hide besides; see :func:`divided_by`."""
    if not view.withheld:
        return table
    cells, flags = divided_by(view, table, name, by, parts=parts)
    more = ["c" if _named(view, cell) in view.withheld else flag for cell, flag in zip(cells, flags, strict=True)]
    numbers = [column for column in ("n", "estimate", "low", "high") if column in table]
    return hide(table.assign(flag=more), numbers)


def _named(view: View, cell: Cell) -> Cell:
    """Return the group under names that no other study gives to something else."""
    renamed = [(f"{name}{_of_its_own(view, name)}", values) for name, values in cell.conditions]
    return Cell(tuple(sorted(renamed)))


def _of_its_own(view: View, name: str) -> str:
    """Return what tells a variable from one that another study, or a shorter questionnaire, gives the same name."""
    kind = name.partition(":")[0]
    if kind in _FITTED:
        return f"@{view.study.id}"
    base = getattr(view.study, "base", view.study)
    cut = kind in ("score", "band") and view.study.codebook.scores != base.codebook.scores
    return f"@{view.study.outsider} of {len(view.book.items)} questions" if cut else ""
