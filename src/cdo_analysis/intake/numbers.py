"""One written number to one value, as people write numbers in French and in English; what is not sure is refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal

from cdo_analysis.codebook import Item, MissingKind
from cdo_analysis.intake.bands import ranges_behind
from cdo_analysis.intake.values import Reading, fold, read_missing

_PLAINEST = 15  # digits that a float holds exactly
LONGEST_NUMBER = 80  # characters, words included: what is longer is no number, and could be infinite
MOST_SHARES = 0.2
"""Of the distinct numbers of a column of percentages, the part under 1 from which they are taken for shares."""
_SYMBOLS: dict[str, MissingKind] = {
    "c": "refused", "s": "refused", "secret": "refused", "confidentiel": "refused", "confidential": "refused",
    "nd": "no_answer", "n.d.": "no_answer", "n/d": "no_answer", "non disponible": "no_answer",
}  # fmt: skip
MONEY_UNITS = {"eur": Decimal(1), "keur": Decimal(1_000), "meur": Decimal(1_000_000)}
_SCALES = {
    "": 1, "k": 10**3, "mille": 10**3, "thousand": 10**3, "m": 10**6, "million": 10**6, "md": 10**9, "mds": 10**9,
    "mrd": 10**9, "bn": 10**9, "milliard": 10**9,
}  # fmt: skip
_AMOUNT = re.compile(
    r"(?:(?P<scale>mille|thousand|million|milliard|mds?|mrd|bn|k|m)s? ?(?:(?:d')?(?:€|euros?|eur|e))?|€|euros?|eur)?"
    r"(?: ?h\.?t\.?)?"
)
_NUMBER = r"[0-9][0-9 .,']*"
_WRITTEN = re.compile(
    r"(?P<about>environ|env\.?|~|≈|a peu pres|about|around|approx\.?)? ?(?P<before>€|eur )?"
    r"(?P<open>\()?(?P<sign>[-+]? ?)(?P<digits>[0-9.,][0-9 .,']*)(?P<word>[^0-9 .,')][^0-9)]*)?(?P<close>\))?"
)
_INTERVAL = re.compile(
    rf"(?:de |entre |between |from )?{_NUMBER}[a-z€% ]{{0,8}}(?:-|a|et|to|and|ou|or) ?{_NUMBER}[^0-9]*"
    rf"|(?:<|>|≤|≥|moins de|plus de|au moins|au plus|jusqu'a|less than|more than|under|over|up to)"
    rf" ?=? ?{_NUMBER}[^0-9]*"
    rf"|{_NUMBER}(?:[a-z€% ]{{0,12}} )?(?:\+|(?:et|ou) plus|et \+|(?:or|and) more|min(?:i|imum)?|max(?:i|imum)?)\.?"
)
_GROUPED = re.compile(r"([0-9]{1,3})([ '.,])[0-9]{3}(?:\2[0-9]{3})*(?:([.,])[0-9]+)?")
_PLAIN = re.compile(r"[0-9]+[.,]?|[0-9]*[.,][0-9]+")
_TWO_READINGS = re.compile(r"[1-9][0-9]{0,2}([.,])[0-9]{3}")

_PLAIN_MARKS = str.maketrans({"’": "'", "‘": "'", "−": "-", "–": "-", "—": "-"})
_THINGS = frozenset(
    {
        "salarie", "salaries", "salariee", "salariees", "personne", "personnes", "pers", "employe", "employes",
        "collaborateur", "collaborateurs", "etp", "etpt", "uta", "fte", "equivalents temps plein",
        "people", "person", "persons", "employee", "employees", "staff",
        "site", "sites", "projet", "projets", "project", "projects", "service", "services", "direction", "directions",
        "departement", "departements", "department", "departments", "etablissement", "etablissements",
    }
)  # fmt: skip
_DAYS = frozenset({"j", "jour", "jours", "day", "days"})
_UNIT_WORDS: dict[str, frozenset[str]] = {
    "percent": frozenset({"%", "pct", "pourcent", "pour cent", "percent", "per cent"}),
    "points": frozenset({"point", "points", "pt", "pts"}),
    "years": frozenset({"an", "ans", "annee", "annees", "year", "years"}),
    "months": frozenset({"mois", "month", "months"}),
    "seconds": frozenset({"s", "sec", "seconde", "secondes", "second", "seconds"}),
    "hours_per_week": frozenset({"h", "heure", "heures", "hour", "hours", "h/semaine", "heures par semaine"}),
    "days_per_month": _DAYS | {"j/mois", "jours/mois", "jours par mois", "days a month", "days per month"},
    "days_per_year": _DAYS | {"j/an", "jours/an", "jours par an", "days a year", "days per year"},
}


def read_number(text: str, item: Item, *, comma_is_decimal: bool | None = None) -> Reading:
    """Read a number as people write it in French or English, in the unit of `item`.

    Parameters
    ----------
    text : str
        ``1 250 000 €``, ``50 k€``, ``1,2 M€``, ``12 %``, ``environ 40``, ``120 salariés``, ``(1 200)`` …
    item : Item
        A number; its unit decides what an amount means (``eur``, ``keur``, ``meur``) and which words may follow, its
        bounds what can be true, its answers which codes mean that there is none.
    comma_is_decimal : bool, optional
        What ``1,250`` means, where the rest of the column has shown it (:func:`comma_is_decimal_in`); None refuses it
        as ambiguous.

    Returns
    -------
    Reading
        Rule ``number``, or the reading that was needed; ``missing="invalid"`` with the reason where there is no
        number, more than one, or one outside the bounds. The value is finite.

    Examples
    --------
    >>> from cdo_analysis.codebook import Text
    >>> turnover = Item("t", "T", "number", Text("?"), unit="keur")
    >>> [read_number(t, turnover).value for t in ("1 250 000 €", "50 k€", "1,2 M€", "800")]
    [1250.0, 50.0, 1200.0, 800.0]
    >>> read_number("1,250", turnover).rule
    'ambiguous_number'
    """
    if text.isascii() and text.isdigit() and len(text) <= _PLAINEST:
        return _read_whole(text, item)
    stated = _read_stated(text, item)
    if not stated and not text[:1].isdigit():  # what says that there is no number does not start with one
        stated = read_missing(text) or _read_symbol(text)
    if stated:
        return stated
    plain = _simplify(text)
    if len(plain) > LONGEST_NUMBER:
        return _invalid("not_a_number")
    if _INTERVAL.fullmatch(plain):
        return _invalid("interval_for_number")
    if ranges_behind(text):
        return _invalid("date_for_number")
    return _within(_read_written(plain, item, comma_is_decimal), item)


def _read_whole(text: str, item: Item) -> Reading:
    """Read digits alone, which mean one thing only."""
    return _within(Reading(float(text), None, "number"), item)


def _within(reading: Reading, item: Item) -> Reading:
    """Refuse a number out of bounds; a number that is a code ("98.0") says that there is none."""
    if not isinstance(reading.value, float):
        return reading
    for answer in item.answers:
        if _is_number(answer.code) and float(answer.code) == reading.value:
            return Reading(None, answer.missing, "code")
    low, high = item.bounds
    return reading if low <= reading.value <= high else _invalid("out_of_range")


def comma_is_decimal_in(texts: Iterable[str]) -> bool | None:
    """Tell from the other numbers of a column what ``1,250`` means there.

    Returns
    -------
    bool or None
        True where commas can only be decimal marks and points cannot, False where it is the reverse, None where
        nothing shows it, or where the column has both.

    Examples
    --------
    >>> comma_is_decimal_in(["1,250", "3,5"]), comma_is_decimal_in(["1,250", "0.75"]), comma_is_decimal_in(["1,250"])
    (True, False, None)
    """
    marked = (text for text in texts if "," in text or "." in text)
    found = {mark for text in marked for mark in _decimal_marks(_simplify(text))}
    return found == {","} if len(found) == 1 else None


def _decimal_marks(plain: str) -> set[str]:
    """Return the decimal mark that a written number shows, for certain."""
    written = _WRITTEN.fullmatch(plain[: LONGEST_NUMBER + 1])
    digits = written["digits"].strip() if written else ""
    if not digits or _TWO_READINGS.fullmatch(digits):
        return set()
    grouped = _GROUPED.fullmatch(digits)
    if grouped and grouped[3]:
        return {grouped[3]} - {grouped[2]}
    if grouped and grouped[2] in ".," and digits[0] != "0":
        return {"." if grouped[2] == "," else ","}
    return {mark for mark in ".," if mark in digits and _PLAIN.fullmatch(digits)}


def _read_stated(text: str, item: Item) -> Reading | None:
    """Read a code or a label by which the codebook lets people give no number ("98: don't know")."""
    written, folded = text.strip(), fold(text)
    for answer in item.answers:
        by_code = written == answer.code
        if by_code or folded in {fold(label) for label in (answer.label.fr, answer.label.en) if label}:
            return Reading(None, answer.missing, "code" if by_code else "label")
    return None


def _read_symbol(text: str) -> Reading | None:
    """Read the symbols by which official tables say that there is no number ("c", "n.d.")."""
    kind = _SYMBOLS.get(fold(text))
    return Reading(None, kind, "missing_word") if kind else None


def percentages_mixed(texts: Iterable[str]) -> bool:
    """Tell whether a column of percentages has shares of 1 too, so that ``0,12`` there may mean 12 % or 0.12 %.

    Examples
    --------
    >>> percentages_mixed(["12", "0,12", "12 %"]), percentages_mixed(["12", "8,5", "3", "40", "25", "0,5"])
    (True, False)
    """
    numbers = [_bare_number(text) for text in texts]
    sizes = [abs(number) for number in numbers if number]
    shares = sum(is_share(size) for size in sizes)
    return 0 < shares < len(sizes) and shares >= MOST_SHARES * len(sizes)


def is_share(number: float) -> bool:
    """Tell whether a number may be a share of 1."""
    return 0 < abs(number) < 1


def _bare_number(text: str) -> float:
    plain = _simplify(text).replace(",", ".").removesuffix("%").strip()
    return float(plain) if re.fullmatch(r"-?[0-9]{1,6}(?:\.[0-9]{1,6})?", plain) else 0.0


def _simplify(text: str) -> str:
    """Return `text` in lower case, without accents, with plain spaces, apostrophes and dashes; exponents stay."""
    plain = unicodedata.normalize("NFD", text.casefold())
    letters = "".join(c for c in plain if unicodedata.category(c) not in {"Mn", "Cf"})
    return " ".join(letters.translate(_PLAIN_MARKS).split())


def _read_written(plain: str, item: Item, comma_is_decimal: bool | None) -> Reading:
    written = _WRITTEN.fullmatch(plain)
    if not written or bool(written["open"]) != bool(written["close"]):
        return _invalid("not_a_number")
    number = _read_digits(written["digits"].strip(), comma_is_decimal)
    if isinstance(number, Reading):
        return number
    if written["open"] or "-" in written["sign"]:
        number = -number
    word = (written["word"] or "").strip()
    if item.unit in MONEY_UNITS:
        reading = _read_amount(number, word, MONEY_UNITS[item.unit], currency=bool(written["before"]))
    else:
        reading = _read_count(number, word, item, currency=bool(written["before"]))
    if written["about"] and not reading.missing:
        return Reading(reading.value, None, "approximate_number")
    return reading


def _read_amount(number: Decimal, word: str, unit: Decimal, *, currency: bool) -> Reading:
    amount = _AMOUNT.fullmatch(word)
    if not amount:
        return _invalid("not_a_number")
    if not currency and word in {"", "ht", "h.t.", "h.t"}:
        return Reading(float(number), None, "worded_number" if word else "number")
    return Reading(float(number * _SCALES[amount["scale"] or ""] / unit), None, "scaled_number")


def _read_count(number: Decimal, word: str, item: Item, *, currency: bool) -> Reading:
    """Read a number with a word that cannot change it: "2 millions" or "12 mois" of an item in years are refused."""
    if currency or word not in _UNIT_WORDS.get(item.unit, _THINGS) | {"", item.unit}:
        return _invalid("not_a_number")
    return Reading(float(number), None, "worded_number" if word else "number")


def _read_digits(digits: str, comma_is_decimal: bool | None) -> Decimal | Reading:
    """Read digits with either mark; one mark before exactly three digits can be a thousand or a decimal."""
    two_readings = _TWO_READINGS.fullmatch(digits)
    if two_readings and comma_is_decimal is None:
        return _invalid("ambiguous_number")
    if two_readings and (two_readings[1] == ",") == comma_is_decimal:
        return Decimal(digits.replace(",", "."))
    grouped = _GROUPED.fullmatch(digits)
    if grouped and grouped[2] != grouped[3] and (digits[0] != "0" or grouped[2] in " '"):
        return Decimal(digits.replace(grouped[2], "").replace(",", "."))
    return Decimal(digits.replace(",", ".")) if _PLAIN.fullmatch(digits) else _invalid("not_a_number")


def _is_number(code: str) -> bool:
    return re.fullmatch(r"-?[0-9]+(?:\.[0-9]+)?", code) is not None


def _invalid(rule: str) -> Reading:
    return Reading(missing="invalid", rule=rule)
