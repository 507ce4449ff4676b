"""What a cell of a report says, read as numbers: a value, an interval, a flag; or a text that stays one.

The shown text is read, and not the number that it was made from: a spreadsheet must not hold more than the page shows,
neither decimals nor hidden cells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from cdo_analysis.codebook import Language

_SPACE = "[\u202f\u00a0 ]"
_DIGITS = {
    "fr": rf"\d{{1,3}}(?:{_SPACE}\d{{3}})+(?:,\d+)?|\d+(?:,\d+)?",
    "en": r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?",
}
_UNIT = rf"{_SPACE}?%|{_SPACE}(?:pts|points|k€|M€)"
_BETWEEN = rf"{_SPACE}?(?:–|;|,(?= )|\bà\b|\bto\b){_SPACE}?"


@dataclass(frozen=True)
class Number:
    """A number as it is shown.

    Attributes
    ----------
    value : Decimal
        12.5 where 12,5 % is shown.
    unit : str
        ``%``, ``pts``…; empty for none.
    signed : bool
        True where a plus is shown.
    """

    value: Decimal
    unit: str = ""
    signed: bool = False

    @property
    def decimals(self) -> int:
        """How many decimals are shown."""
        return max(0, -int(self.value.as_tuple().exponent))


@dataclass(frozen=True)
class Reading:
    """What a cell says.

    Attributes
    ----------
    value, low, high : Number or None
        The number, and the ends of an interval.
    flag : str
        ``u`` for little reliable.
    text : str
        What it says where it is not a number: a symbol such as ``c``, a word, nothing.
    """

    value: Number | None = None
    low: Number | None = None
    high: Number | None = None
    flag: str = ""
    text: str = ""


def read_cell(text: str, language: Language) -> Reading:
    """Read a cell of a column of numbers.

    Examples
    --------
    >>> read_cell("12,5\u202f% (u)", "fr").value, read_cell("12,5\u202f% (u)", "fr").flag
    (Number(value=Decimal('12.5'), unit='%', signed=False), 'u')
    >>> read_cell("46 (44 – 48)", "en").high
    Number(value=Decimal('48'), unit='', signed=False)
    >>> read_cell("c", "fr").text
    'c'
    """
    found = _cell(language).fullmatch(text.strip())
    if found is None or not (found["value"] or found["low"]):
        return Reading(text=text)
    value, low, high = (_number(found, part, language) for part in ("value", "low", "high"))
    return Reading(value, low, high, found["flag"] or "")


@lru_cache
def _cell(language: Language) -> re.Pattern[str]:
    def number(name: str) -> str:
        return rf"(?P<{name}>[+−-]?(?:{_DIGITS[language]}))(?P<{name}_unit>{_UNIT})?"

    interval = rf"[(\[]?{number('low')}{_BETWEEN}{number('high')}[)\]]?"
    return re.compile(rf"(?:{number('value')})?(?:(?(value){_SPACE}){interval})?(?: \((?P<flag>u)\))?")


def _number(found: re.Match[str], part: str, language: Language) -> Number | None:
    written = found[part]
    if written is None:
        return None
    plain = re.sub(_SPACE, "", written).replace("−", "-")
    plain = plain.replace(",", ".") if language == "fr" else plain.replace(",", "")
    unit = re.sub(_SPACE, "", found[f"{part}_unit"] or "")
    return Number(Decimal(plain), unit, written.startswith("+"))
