"""The claims of the founding article: their words, the items that ask about them, tests that data can fail."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from cdo_analysis.reference.reading import Table, TomlFile
from cdo_analysis.resources import package_dir
from cdo_analysis.wording import Text

Kind = Literal["share", "difference", "slope", "interaction", "association"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Expected = Literal["above", "none", "some"]
EXPECTED: tuple[Expected, ...] = get_args(Expected)

_VARIABLE = ("item", "codes", "minus", "at_least", "under_need", "count", "since", "until", "groups", "band")
_NEEDED = {"share": (), "difference": ("by",), "slope": ("by",), "interaction": ("by", "where"), "association": ("by",)}


@dataclass(frozen=True)
class Variable:
    """What is measured of each respondent: see the head of ``claims.toml``.

    Attributes
    ----------
    item, minus, since, until, band : str
        Names of items, or of a score whose band is taken; empty where not used.
    codes, count : tuple of str
    at_least : float or None
    under_need : tuple of str
        An arrangement and one of its needs; empty where not used.
    groups : {'', 'parents'}
    """

    item: str = ""
    minus: str = ""
    codes: tuple[str, ...] = ()
    count: tuple[str, ...] = ()
    at_least: float | None = None
    under_need: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    band: str = ""
    groups: str = ""

    @property
    def items(self) -> tuple[str, ...]:
        """The items that must have been asked."""
        return tuple(filter(None, (self.item, self.minus, self.since, self.until, *self.count)))


@dataclass(frozen=True)
class ClaimTest:
    """One test of a claim.

    Attributes
    ----------
    kind : {'share', 'difference', 'slope', 'interaction', 'association'}
    estimand : Text
        What is estimated, of whom, in which unit.
    value : Variable
    by, where, among : Variable or None
        What it is compared with, where the slope should be steeper, who counts.
    expected : {'above', 'none', 'some'}
        What the claim says: the estimate is above `than`; two answers are not (or are) associated.
    than : float
    points : bool
        True where the estimate is a difference of shares, shown in points.
    """

    kind: Kind
    estimand: Text
    value: Variable
    by: Variable | None
    where: Variable | None
    among: Variable | None
    expected: Expected
    than: float
    points: bool


@dataclass(frozen=True)
class Claim:
    """One claim of the article.

    Attributes
    ----------
    number : int
    text, against : Text
        The claim; what would contradict it.
    items, criteria : tuple of str
        Items of the questionnaire, and criteria of the expert rules, that come from it.
    tests : tuple of ClaimTest
    """

    number: int
    text: Text
    against: Text
    items: tuple[str, ...]
    criteria: tuple[str, ...]
    tests: tuple[ClaimTest, ...]


@dataclass(frozen=True)
class Claims:
    """The claims, the article that they come from, and what its author sells."""

    version: str
    date: str
    title: Text
    conflict: Text
    claims: tuple[Claim, ...]


def load_claims(path: str | Path | None = None) -> Claims:
    """Load the claims.

    Parameters
    ----------
    path : str or Path, optional
        A TOML file in the format of ``reference/claims.toml``, which is the default.

    Returns
    -------
    Claims

    Raises
    ------
    InputError
        In one sentence: the file, the table, what is wrong there and how to mend it.

    Examples
    --------
    >>> claims = load_claims().claims
    >>> len(claims), claims[8].items[0], len(claims[8].tests)
    (15, 'arrangement_start', 3)
    """
    file = TomlFile(Path(path) if path else package_dir("reference") / "claims.toml")
    file.only(file.table, ("version", "date", "title", "conflict", "claim"), "the file")
    claims = tuple(_claim(file, entry) for entry in file.need(file.table, "claim", "the file"))
    file.unique((str(claim.number) for claim in claims), "[[claim]]")
    return Claims(
        version=str(file.need(file.table, "version", "the file")),
        date=str(file.need(file.table, "date", "the file")),
        title=file.wording(file.need(file.table, "title", "the file"), "title"),
        conflict=file.wording(file.need(file.table, "conflict", "the file"), "conflict"),
        claims=claims,
    )


def _claim(file: TomlFile, entry: Table) -> Claim:
    where = f"[[claim]] {entry.get('number', '?')}"
    file.only(entry, ("number", "text", "items", "criteria", "against", "test"), where)
    return Claim(
        number=int(file.number(file.need(entry, "number", where), where)),
        text=file.wording(file.need(entry, "text", where), where),
        against=file.wording(file.need(entry, "against", where), where),
        items=tuple(map(str, file.need(entry, "items", where))),
        criteria=tuple(map(str, file.need(entry, "criteria", where))),
        tests=tuple(_test(file, test, where) for test in file.need(entry, "test", where)),
    )


def _test(file: TomlFile, entry: Table, where: str) -> ClaimTest:
    known = ("kind", "estimand", "value", "by", "where", "among", "expected", "than", "points")
    file.only(entry, known, f"{where} test")
    kind, expected = (file.need(entry, name, f"{where} test") for name in ("kind", "expected"))
    file.refer(kind, KINDS, f"{where} kind")
    file.refer(expected, EXPECTED, f"{where} expected")
    if (kind == "association") == (expected == "above"):
        raise file.error(
            where, f"expects '{expected}' of a {kind}", "an association is 'some' or 'none', others 'above'"
        )
    for name in _NEEDED[kind]:
        file.need(entry, name, f"{where} {kind}")
    variables = {name: _variable(file, entry.get(name), f"{where} {name}") for name in ("by", "where", "among")}
    value = _variable(file, file.need(entry, "value", where), f"{where} value")
    assert value is not None
    return ClaimTest(
        kind=kind,
        estimand=file.wording(file.need(entry, "estimand", where), where),
        value=value,
        expected=expected,
        than=file.number(entry.get("than", 0), f"{where} than"),
        points=bool(entry.get("points", False)),
        **variables,
    )


def _variable(file: TomlFile, entry: Any, where: str) -> Variable | None:
    if entry is None:
        return None
    file.only(entry, _VARIABLE, where)
    lists = ("codes", "count", "under_need")
    given: dict[str, Any] = {
        n: tuple(map(str, v)) if n in lists else str(v) for n, v in entry.items() if n != "at_least"
    }
    at_least = file.number(entry["at_least"], where) if "at_least" in entry else None
    if sum(bool(entry.get(name)) for name in ("item", "count", "since", "band")) != 1:
        raise file.error(where, "does not say what is measured", "give one of item, count, since or band")
    return Variable(at_least=at_least, **given)
