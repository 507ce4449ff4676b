"""One written answer to one value: codes, labels, dates, and the ways people write "no answer"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from functools import lru_cache

from cdo_analysis.codebook import Answer, Item, MissingKind
from cdo_analysis.intake.bands import band_of, bands_of, fold, ranges_behind
from cdo_analysis.intake.clock import ANY_ZONE, Clock

_MISSING_WORDS: dict[str, MissingKind] = {
    "nsp": "dont_know", "n.s.p.": "dont_know", "ns": "dont_know", "nspp": "dont_know", "ne sait pas": "dont_know",
    "ne sais pas": "dont_know", "je ne sais pas": "dont_know", "ne se prononce pas": "dont_know", "dk": "dont_know",
    "don't know": "dont_know", "do not know": "dont_know", "i don't know": "dont_know",
    "refus": "refused", "refuse": "refused", "refused": "refused", "refus de repondre": "refused",
    "ne souhaite pas repondre": "refused", "je ne souhaite pas repondre": "refused",
    "je prefere ne pas repondre": "refused", "prefer not to answer": "refused", "prefer not to say": "refused",
    "i prefer not to answer": "refused",
    "nr": "no_answer", "n.r.": "no_answer", "sans reponse": "no_answer", "non reponse": "no_answer",
    "pas de reponse": "no_answer", "no answer": "no_answer", "n.c.": "no_answer", "nc": "no_answer",
    "non communique": "no_answer", "-": "no_answer", ".": "no_answer",
    "so": "not_applicable", "s.o.": "not_applicable", "s/o": "not_applicable", "sans objet": "not_applicable",
    "non concerne": "not_applicable", "non concernee": "not_applicable", "non applicable": "not_applicable",
    "not applicable": "not_applicable", "na": "not_applicable", "n/a": "not_applicable", "n.a.": "not_applicable",
}  # fmt: skip
_LONGEST_MISSING = 2 * max(map(len, _MISSING_WORDS))  # spaces and accents written apart included
_YES = frozenset({"oui", "o", "yes", "y", "vrai", "true"})
_NO = frozenset({"non", "n", "no", "faux", "false"})
_TICKED = frozenset({"x", "coche", "cochee", "checked", "selected"})
_UNTICKED = frozenset({"non coche", "non cochee", "unchecked", "not selected", "not checked"})
_SPREADSHEET_ERRORS = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#VALEUR!", "#DIV/0!", "#NAME?", "#NOM?", "#NUM!", "#NOMBRE!", "#NULL!", "#NUL!"}
)
_TIME = r"(?:,? (?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<seconds>[0-9]{2}))?"
_DAY_FIRST = re.compile(r"(?P<first>[0-9]{1,2})([/.-])(?P<second>[0-9]{1,2})\2(?P<year>[0-9]{4})" + _TIME + ")?")
_YEAR_FIRST = re.compile(  # as Google writes it; after a day first, "PM" would be American, and the day in doubt
    r"(?P<year>[0-9]{4})/(?P<second>[0-9]{1,2})/(?P<first>[0-9]{1,2})" + _TIME + r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?)?"
    r"(?: (?P<at>(?:UTC|GMT)?(?P<zone>[+-][0-9]{1,2})?(?::?(?P<quarter>[0-9]{2}))?))?"
)
_SERIAL = re.compile(r"([0-9]{5})(?:[.,][0-9]+)?")
_SERIALS = range(20_000, 80_000)  # 1954 to 2119
_SERIAL_ZERO = datetime(1899, 12, 30)
_FEWEST_BANDS = 2
_LENGTH_OF_A_DAY = len("2026-03-01")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Reading:
    """What a written answer was read as.

    Attributes
    ----------
    value : object
        Code, number or date; None where there is no valid answer.
    missing : str or None
        Kind of missing answer; ``"invalid"`` where something was written that cannot be read.
    rule : str
        How it was read (``code``, ``label``, ``scaled_number``, …) or why it was not (``unknown_answer``, …).
    """

    value: object = None
    missing: MissingKind | None = None
    rule: str = ""


def read_missing(text: str) -> Reading | None:
    """Return the kind of missing answer that `text` states, None where it states none.

    Examples
    --------
    >>> [read_missing(text).missing for text in ("", "NSP", "n.c.", "Sans objet")]
    ['no_answer', 'dont_know', 'no_answer', 'not_applicable']
    """
    stripped = text.strip()
    if not stripped:
        return Reading(missing="no_answer", rule="blank")
    if len(stripped) > _LONGEST_MISSING or stripped[0].isdigit():  # most cells: no need to look further
        return None
    kind = _MISSING_WORDS.get(fold(stripped))
    return Reading(missing=kind, rule="missing_word") if kind else None


def is_spreadsheet_error(text: str) -> bool:
    """Tell whether a cell holds what a spreadsheet writes where it could not work out a value (``#N/A``)."""
    return text.strip().upper() in _SPREADSHEET_ERRORS


def read_choice(text: str, item: Item) -> Reading:
    """Read a code or a label of `item`, whatever its case, accents and spaces.

    Parameters
    ----------
    text : str
        The cell. A text that is one answer's code and another's label is read as the code.
    item : Item
        A choice.

    Returns
    -------
    Reading
        Rule ``code`` for the very code, ``label`` for a label, ``synonym`` for another way of writing yes, no or a
        number; ``unknown_answer`` with ``missing="invalid"`` for what is none of them, or two of them.

    Examples
    --------
    >>> from cdo_analysis.codebook import Answer, Text
    >>> yes_no = Item("a", "A", "choice", Text("?"), answers=(Answer("1", Text("Oui")), Answer("0", Text("Non"))))
    >>> read_choice(" OUI ", yes_no).value, read_choice("peut-être", yes_no).rule
    ('1', 'unknown_answer')
    """
    tables = _answer_tables(item.answers)
    folded = fold(text)
    return (
        tables.by_code.get(text.strip())
        or tables.by_label.get(folded)
        or _read_synonym(folded, tables, tick=item.tick)
        or read_missing(text)
        or _read_band(text, item.answers)
        or Reading(missing="invalid", rule="unknown_answer")
    )


def _read_band(text: str, answers: tuple[Answer, ...]) -> Reading | None:
    """Read another writing of a range ("10-49" for "10 à 49 salariés"), or a date that a spreadsheet made of one."""
    bands = bands_of(answers)
    if len(bands) < _FEWEST_BANDS:
        return None
    found = [bands[band] for band in [band_of(text)] if band in bands]
    rule = "band"
    if not found:
        found = [bands[band] for band in ranges_behind(text) if band in bands]
        rule = "band_from_date"
    return _reading(found[0], rule) if len(set(found)) == 1 else None


def read_option(text: str, item: Item) -> Reading:
    """Read the cell of one option of a tick list: a tick in any writing, or the option's own name.

    Examples
    --------
    >>> from cdo_analysis.codebook import Answer, Text
    >>> ticks = (Answer("1", Text("Oui")), Answer("0", Text("Non")))
    >>> website = Item("website", "B1", "choice", Text("Site web"), answers=ticks, tick=True)
    >>> [read_option(text, website).value for text in ("X", "site web", "0", "")]
    ['1', '1', '0', None]
    """
    if fold(text) in option_names(item):
        return Reading("1", None, "label")
    reading = read_choice(text, item)
    if item.other and reading.rule == "unknown_answer" and not is_spreadsheet_error(text):
        return Reading("1", None, "other_text")
    return reading


def option_names(item: Item) -> frozenset[str]:
    """Return the folded texts that stand for one option of a tick list: its code and its wording."""
    return frozenset(fold(name) for name in (item.code, item.question.fr, item.question.en) if name)


@dataclass(frozen=True)
class _Tables:
    """How the answers of an item may be written; a writing that fits two of them is in none."""

    by_code: dict[str, Reading]
    by_label: dict[str, Reading]
    by_folded_code: dict[str, Reading]
    yes_no: dict[str, Reading]
    ticks: dict[str, Reading]


@lru_cache(maxsize=4096)
def _answer_tables(answers: tuple[Answer, ...]) -> _Tables:
    labels = [(answer, [fold(label) for label in (answer.label.fr, answer.label.en) if label]) for answer in answers]
    yes = [answer for answer, folded in labels if _YES & set(folded)]
    no = [answer for answer, folded in labels if _NO & set(folded)]
    return _Tables(
        by_code={answer.code: _reading(answer, "code") for answer in answers},
        by_label=_unambiguous(((label, answer) for answer, folded in labels for label in folded), "label"),
        by_folded_code=_unambiguous(((fold(answer.code), answer) for answer in answers), "synonym"),
        yes_no=_unambiguous([*((w, a) for a in yes for w in _YES), *((w, a) for a in no for w in _NO)], "synonym"),
        ticks=_unambiguous(
            [*((w, a) for a in yes for w in _TICKED), *((w, a) for a in no for w in _UNTICKED)], "synonym"
        ),
    )


def _reading(answer: Answer, rule: str) -> Reading:
    return Reading(None if answer.missing else answer.code, answer.missing, rule)


def _unambiguous(pairs: Iterable[tuple[str, Answer]], rule: str) -> dict[str, Reading]:
    found: dict[str, set[Answer]] = {}
    for written, answer in pairs:
        found.setdefault(written, set()).add(answer)
    return {written: _reading(next(iter(only)), rule) for written, only in found.items() if len(only) == 1}


def _read_synonym(folded: str, tables: _Tables, *, tick: bool) -> Reading | None:
    """Read another writing of one answer: yes and no, ``3.0`` for ``3``, ``0,5`` for ``0.5``, ``y`` for ``Y``."""
    number = re.fullmatch(r"(-?\d+)[.,]0+", folded)
    by_number = tables.by_code.get(number[1]) if number else tables.by_code.get(folded.replace(",", "."))
    if by_number:
        return Reading(by_number.value, by_number.missing, "synonym")
    return (
        tables.yes_no.get(folded) or (tables.ticks.get(folded) if tick else None) or tables.by_folded_code.get(folded)
    )


def read_date(text: str, *, day_first: bool = True, clock: Clock = ANY_ZONE) -> Reading:
    """Read a date, the day first, or an ISO date.

    Parameters
    ----------
    text : str
        The cell.
    day_first : bool
        False where the column holds dates that only an American order explains: ``03/04/2026`` is then refused.
    clock : Clock
        In which zone a time without one is written, and in which times are told (UTC by default); a day without time
        is a day.

    Returns
    -------
    Reading
        Value: a datetime without zone.

    Examples
    --------
    >>> read_date("03/04/2026").value
    datetime.datetime(2026, 4, 3, 0, 0)
    """
    missing = read_missing(text)
    if missing:
        return missing
    plain = " ".join(text.split())
    parts = _YEAR_FIRST.fullmatch(plain) or (_DAY_FIRST.fullmatch(plain) if day_first else None)
    serial = _SERIAL.fullmatch(plain)
    try:
        if parts:
            timed = parts["hour"] is not None
            return Reading(
                clock.tell(_moment(parts.groupdict())) if timed else _moment(parts.groupdict()), None, "date"
            )
        if serial and int(serial[1]) in _SERIALS:
            moment = (_SERIAL_ZERO + timedelta(days=float(plain.replace(",", ".")))).replace(microsecond=0)
            return Reading(clock.tell(moment) if moment.time() != time() else moment, None, "date_serial")
        if _ISO_DATE.match(plain):
            found = datetime.fromisoformat(plain)
            return Reading(clock.tell(found) if len(plain) > _LENGTH_OF_A_DAY else found, None, "date")
    except (ValueError, OverflowError):  # 31/02/2024; a zone beside year 1
        pass
    return Reading(missing="invalid", rule="not_a_date")


def _moment(parts: dict[str, str | None]) -> datetime:
    """Return the time that the parts of a date make, with its zone where it has one."""
    year, month, day, hour, minute, seconds = (
        int(parts[name] or 0) for name in ("year", "second", "first", "hour", "minute", "seconds")
    )
    half = (parts.get("half") or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    zone = parts.get("zone")
    ahead = timedelta(hours=int(zone or 0), minutes=int(f"{(zone or '+')[0]}{parts.get('quarter') or 0}"))
    return datetime(year, month, day, hour, minute, seconds, tzinfo=timezone(ahead) if parts.get("at") else None)


def month_first(texts: Iterable[str]) -> bool:
    """Tell whether some date can only be read month first, so that the others cannot be trusted day first.

    Examples
    --------
    >>> month_first(["03/04/2026", "04/25/2026"]), month_first(["03/04/2026", "25/04/2026"])
    (True, False)
    """
    dates = (_DAY_FIRST.match(text.strip()) for text in texts)
    pairs = ((int(date["first"]), int(date["second"])) for date in dates if date)
    return any(first <= 12 < second <= 31 for first, second in pairs)
