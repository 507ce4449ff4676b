"""Cells that say the right thing the wrong way, or the wrong thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

import numpy as np

from cdo_analysis.codebook import Item
from cdo_analysis.datasets.mess import Mess, without_accents
from cdo_analysis.datasets.planted import planted

_NBSP = "\u00a0"


def _each(mess: Mess, kind: str, items: list[Item]) -> Iterator[tuple[int, Item]]:
    """Draw as many cells as `kind` asks for, among the answers to `items` that are not spoilt already."""
    drawn = mess.rng.integers(len(items), size=mess.wanted(kind))
    for place, count in enumerate(np.bincount(drawn)):
        for row in mess.rows(items[place].name, int(count)):
            yield int(row), items[place]


def _choices(mess: Mess) -> list[Item]:
    return [item for item in mess.book if item.kind == "choice" and not item.tick]


def _say_nothing(mess: Mess, kind: str) -> None:
    """Write "no answer" in words."""
    spelling = planted()["spelling"]
    kept = ("arrangement", "attention_check", "sector", "region", "headcount")
    items = [i for i in mess.book if (i in _choices(mess) or i.kind == "number") and i.required and i.name not in kept]
    for row, item in _each(mess, kind, items):
        words = spelling["missing_choice" if item.kind == "choice" else "missing_number"]
        mess.write(row, item.name, mess.one_of(words), kind)


def _label(mess: Mess, kind: str) -> None:
    """Write the label where the file has codes."""
    for row, item in _each(mess, kind, _choices(mess)):
        mess.write(row, item.name, item.label_of(mess.columns[item.name][row]), kind)


def _label_oddly(mess: Mess, kind: str) -> None:
    """Write the label in capitals, without accents, with a space too many."""
    ways: tuple[Callable[[str], str], ...] = (
        str.upper, str.lower, without_accents, lambda text: f"{text} ", lambda text: f" {text.upper()}{_NBSP}",
    )  # fmt: skip
    for row, item in _each(mess, kind, _choices(mess)):
        way = ways[int(mess.rng.integers(len(ways)))]
        mess.write(row, item.name, way(item.label_of(mess.columns[item.name][row])), kind)


def _leave_the_scale(mess: Mess, kind: str) -> None:
    """Answer 0 or 6 on a scale from 1 to 5, 11 out of 10, 140 %."""
    scales = [item for item in _choices(mess) if item.codes == ("1", "2", "3", "4", "5")]
    bounded = [item for item in mess.book if item.unit in ("points", "percent") and item.bounds[0] == 0]
    for row, item in _each(mess, kind, [*scales, *bounded]):
        if item.kind == "choice":
            mess.write(row, item.name, mess.one_of(("0", "6")), kind)
        else:
            high = item.bounds[1]
            mess.write(row, item.name, str(int(high + (1 if high <= 10 else 40))), kind)


def _money(mess: Mess) -> list[Item]:
    return [item for item in mess.book if item.unit == "keur"]


def _in_euros(mess: Mess, kind: str) -> None:
    """Write 1250 (k€) as ``1 250 000 €``."""
    for row, item in _each(mess, kind, _money(mess)):
        amount = float(mess.columns[item.name][row]) * 1000
        digits = f"{amount:,.0f}".replace(",", mess.one_of((" ", _NBSP)))
        mess.write(row, item.name, f"{digits} {mess.one_of(planted()['spelling']['euros'])}", kind)


def _in_keur(mess: Mess, kind: str) -> None:
    """Write 50 as ``50 k€``."""
    for row, item in _each(mess, kind, _money(mess)):
        number = mess.columns[item.name][row].replace(".", ",")
        mess.write(row, item.name, f"{number}{mess.one_of(planted()['spelling']['keur'])}", kind)


def _in_meur(mess: Mess, kind: str) -> None:
    """Write 1200 as ``1,2 M€``, where nothing is lost by it."""
    column = mess.columns[mess.book.roles.turnover]
    round_millions = np.array([text.isdigit() and int(text) >= 1000 and int(text) % 100 == 0 for text in column])
    for row in mess.rows(mess.book.roles.turnover, mess.wanted(kind), among=round_millions):
        millions = f"{int(column[row]) / 1000:.1f}".replace(".", ",")
        mess.write(row, mess.book.roles.turnover, f"{millions} M€", kind)


def _count_in_words(mess: Mess, kind: str) -> None:
    name = mess.book.roles.headcount
    for row in mess.rows(name, mess.wanted(kind)):
        mess.write(row, name, mess.one_of(planted()["spelling"]["headcount"]).format(mess.columns[name][row]), kind)


def _count_in_bands(mess: Mess, kind: str) -> None:
    name = mess.book.roles.headcount
    for row in mess.rows(name, mess.wanted(kind), among=np.char.isdigit(mess.columns[name].astype(str))):
        count = int(mess.columns[name][row])
        mess.write(row, name, "10-49" if count < 50 else "50-249" if count < 250 else "250 et plus", kind)


def _rewrite_siren(change: Callable[[str], str]) -> Callable[[Mess, str], None]:
    def spoil(mess: Mess, kind: str) -> None:
        for row in mess.rows(mess.book.respondent, mess.wanted(kind)):
            mess.write(row, mess.book.respondent, change(mess.columns[mess.book.respondent][row]), kind)

    return spoil


def _siret_of(siren: str) -> str:
    """Return the SIRET of a head office: the SIREN, 0001 and a Luhn key.

    Examples
    --------
    >>> _siret_of("732829320")
    '73282932000017'
    """
    base = f"{siren}0001"
    doubled = [int(c) * (1 if place % 2 else 2) for place, c in enumerate(base)]
    total = sum(d - 9 if d > 9 else d for d in doubled)
    return f"{base}{-total % 10}"


def _attack(mess: Mess, kind: str) -> None:
    """Give names that a spreadsheet or a page would execute."""
    texts = planted()["spelling"]["hostile"]
    rows = mess.rows(mess.book.roles.company_name, mess.wanted(kind))
    for place, row in enumerate(rows):
        mess.write(int(row), mess.book.roles.company_name, texts[place % len(texts)], kind)


CELL_DIRT: Mapping[str, Callable[[Mess, str], None]] = MappingProxyType(
    {
        "amount_in_euros": _in_euros,
        "amount_in_keur": _in_keur,
        "amount_in_meur": _in_meur,
        "headcount_in_words": _count_in_words,
        "headcount_band": _count_in_bands,
        "invalid_siren": _rewrite_siren(lambda siren: siren[:-1] + str((int(siren[-1]) + 3) % 10)),
        "lost_zeros": _rewrite_siren(lambda siren: siren.lstrip("0")),
        "spaced_siren": _rewrite_siren(lambda siren: f"{siren[:3]} {siren[3:6]} {siren[6:]}"),
        "siret_for_siren": _rewrite_siren(_siret_of),
        "hostile_text": _attack,
        "label_for_code": _label,
        "label_case": _label_oddly,
        "missing_word": _say_nothing,
        "out_of_range": _leave_the_scale,
    }
)
