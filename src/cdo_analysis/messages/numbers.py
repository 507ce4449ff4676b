"""Numbers as a French or an English reader expects them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from cdo_analysis.codebook import Language

_NNBSP, _NBSP = "\u202f", "\u00a0"
_MONTHS = {
    "fr": [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}
_FEW = 10
_ENOUGH_FOR_DECIMALS = 1_000


@dataclass(frozen=True)
class Numbers:
    r"""Writes numbers in one language; a missing number is the symbol ``nd`` (``n/a``).

    Examples
    --------
    >>> fr, en = Numbers("fr"), Numbers("en")
    >>> fr.number(1250000.5, 1).replace("\u202f", " "), en.number(1250000.5, 1)
    ('1 250 000,5', '1,250,000.5')
    >>> fr.share(0.125, n=450).replace("\u202f", " "), fr.share(7 / 9, n=9)
    ('13 %', '7 sur 9')
    """

    language: Language

    @property
    def absent(self) -> str:
        """Symbol of a number that is not available."""
        return "nd" if self.language == "fr" else "n/a"

    def number(self, value: float | None, decimals: int = 0) -> str:
        """Write a number with `decimals` decimals."""
        if value is None or not math.isfinite(value):
            return self.absent
        text = f"{value:,.{decimals}f}"
        if text.strip("-0.,") == "":
            text = text.lstrip("-")
        if self.language == "en":
            return text.replace("-", "−")
        return text.replace(",", _NNBSP).replace(".", ",").replace("-", "−")

    def share(self, value: float | None, *, n: float | None = None) -> str:
        """Write a share (0 to 1) in percent; as "7 of 9" where fewer than ten companies are behind it."""
        if value is None or not math.isfinite(value):
            return self.absent
        if n is not None and 0 < n < _FEW:
            return f"{round(value * n)} {'sur' if self.language == 'fr' else 'of'} {int(n)}"
        decimals = 1 if n is not None and n >= _ENOUGH_FOR_DECIMALS else 0
        # Half up, as readers do by hand: 12.5 becomes 13.
        scaled = math.floor(abs(value) * 100 * 10**decimals + 0.5 + 1e-9) / 10**decimals
        written = self.number(math.copysign(scaled, value), decimals)
        return f"{written}{_NNBSP}%" if self.language == "fr" else f"{written}%"

    def interval(self, low: float, high: float, *, share: bool = False, decimals: int = 0) -> str:
        """Write an interval in words: "entre 41 et 52"."""
        write = (lambda v: self.share(v)) if share else (lambda v: self.number(v, decimals))
        words = ("entre", "et") if self.language == "fr" else ("between", "and")
        return f"{words[0]} {write(low)} {words[1]} {write(high)}"

    def money(self, keur: float | None) -> str:
        """Write thousands of euros, in millions from one million on."""
        if keur is None or not math.isfinite(keur):
            return self.absent
        value, unit, decimals = (keur / 1e3, "M€", 1) if abs(keur) >= 1e3 else (keur, "k€", 0)
        if self.language == "fr":
            return f"{self.number(value, decimals)}{_NBSP}{unit}"
        return f"€{self.number(value, decimals)}{'m' if unit == 'M€' else 'k'}"

    def date(self, day: date) -> str:
        """Write a date: "23 novembre 2026"."""
        first = "1er" if self.language == "fr" and day.day == 1 else str(day.day)
        return f"{first} {_MONTHS[self.language][day.month - 1]} {day.year}"
