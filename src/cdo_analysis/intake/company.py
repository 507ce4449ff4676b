"""What identifies and sizes a company: SIREN, and the legal size category of décret 2008-1354."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Codebook
from cdo_analysis.reference.activities import load_naf

REFUSED_SIRENS = frozenset({"000000000", "123456789"})
SIZE_CATEGORIES = ("micro", "pme", "eti", "ge")

_VAT = re.compile(r"FR([0-9]{2})([0-9]{9})")
_LA_POSTE = "356000000"
_NAF = re.compile(r"([0-9]{2})[ .]?([0-9]{2})[ .]?([A-Z])")
_MILLION = 1_000.0  # thousands of euros
_FEWEST_SIREN_DIGITS, _FEWEST_SIRET_DIGITS = 5, 12  # below, too many zeros would have to be guessed
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)  # twice a digit, its digits added


def luhn_holds(numbers: pd.Series) -> pd.Series:
    """Tell which numbers pass the Luhn key.

    Parameters
    ----------
    numbers : Series of str
        Digits only, all of one length.

    Returns
    -------
    Series of bool

    Examples
    --------
    >>> luhn_holds(pd.Series(["732829320", "732829321"])).tolist()
    [True, False]
    """
    return pd.Series(luhn_digits(numbers.tolist()), index=numbers.index, dtype=bool)


def luhn_digits(numbers: Sequence[str]) -> np.ndarray:
    """Tell which numbers, all of one length, pass the Luhn key."""
    if not numbers:
        return np.zeros(0, dtype=bool)
    digits = np.frombuffer("".join(numbers).encode("ascii"), dtype=np.uint8).reshape(len(numbers), -1) - 48
    doubled = digits[:, ::-1].copy()
    doubled[:, 1::2] *= 2
    doubled[doubled > 9] -= 9
    return np.asarray(doubled.sum(axis=1) % 10 == 0)


def read_siren(text: str) -> tuple[str, str]:
    """Read a SIREN as people write it.

    Parameters
    ----------
    text : str
        The cell: spaces of every kind, dots, dashes and the ``.0`` of a spreadsheet are passed over; a SIRET gives
        its SIREN; zeros lost at the left are restored only where the key then holds (both keys, for a SIRET).

    Returns
    -------
    siren : str
        Nine digits, or an empty text where there is no valid SIREN.
    rule : str
        ``siren``, ``siren_spaced``, ``siren_from_siret``, ``siren_from_wrong_siret`` (its own key fails, that of the
        SIREN holds), ``siren_from_vat``, ``siren_padded``; or ``siren_wrong_key``,
        ``siren_refused``, ``siren_wrong_length`` where it is not valid.

    Examples
    --------
    >>> read_siren("732 829 320"), read_siren("5520135"), read_siren("732829321")
    (('732829320', 'siren_spaced'), ('005520135', 'siren_padded'), ('', 'siren_wrong_key'))
    """
    digits = re.sub(r"[\s.\-\u200b\u2060\ufeff]", "", re.sub(r"(?<=[0-9])[.,]0{1,2}\s*$", "", text))
    vat = _VAT.fullmatch(digits.upper())
    if vat:
        return (vat[2], "siren_from_vat") if _vat_holds(vat[1], vat[2]) else ("", "siren_wrong_key")
    if not re.fullmatch("[0-9]+", digits):
        return "", "siren_wrong_length"
    rule = "siren" if digits == text.strip() else "siren_spaced"
    if _FEWEST_SIRET_DIGITS <= len(digits) < 14 and _luhn(digits.zfill(14)):
        digits = digits.zfill(14)
    if len(digits) == 14:
        digits, rule = digits[:9], "siren_from_siret" if siret_holds(digits) else "siren_from_wrong_siret"
    elif _FEWEST_SIREN_DIGITS <= len(digits) < 9:
        digits, rule = digits.zfill(9), "siren_padded"
    if len(digits) != 9:
        return "", "siren_wrong_length"
    if digits in REFUSED_SIRENS:
        return "", "siren_refused"
    return (digits, rule) if _luhn(digits) else ("", "siren_wrong_key")


def siret_holds(digits: str) -> bool:
    """Tell whether fourteen digits are a SIRET; those of La Poste may have a digit sum that is a multiple of 5.

    Examples
    --------
    >>> [siret_holds(d) for d in ("73282932000074", "35600000049837", "35600000000048", "35600000049838")]
    [True, True, True, False]
    """
    return _luhn(digits) or (digits.startswith(_LA_POSTE) and sum(map(int, digits)) % 5 == 0)


def _vat_holds(key: str, siren: str) -> bool:
    return int(key) == (12 + 3 * (int(siren) % 97)) % 97 and _luhn(siren)


def read_naf(text: str, version: str = "naf") -> tuple[str, str]:
    """Read a NAF code (rév. 2 or 2025: both have four digits and a letter) as people write it.

    Parameters
    ----------
    text : str
    version : {'naf', 'naf-2025'}
        Rév. 2 or 2025: which divisions there are.

    Returns
    -------
    naf : str
        ``62.01Z``; an empty text where it has another form, as those of NAF rév. 1 have, or an unknown division.
    rule : str
        ``naf``, ``naf_spelled`` (written otherwise), ``naf_wrong_form`` or ``naf_unknown``.

    Examples
    --------
    >>> read_naf("62.01Z"), read_naf(" 6201z"), read_naf("722C")
    (('62.01Z', 'naf'), ('62.01Z', 'naf_spelled'), ('', 'naf_wrong_form'))
    >>> read_naf("45.11Z")[1], read_naf("45.11Z", "naf-2025")[1]
    ('naf', 'naf_unknown')
    """
    found = _NAF.fullmatch(text.strip().upper())
    if not found:
        return "", "naf_wrong_form"
    if found[1] not in load_naf()[version].divisions:
        return "", "naf_unknown"
    naf = f"{found[1]}.{found[2]}{found[3]}"
    return naf, "naf" if naf == text.strip() else "naf_spelled"


def _luhn(digits: str) -> bool:
    """Tell whether one number passes the key; for many, :func:`luhn_holds` is quicker."""
    total = sum(map(int, digits[-1::-2])) + sum(_DOUBLED[int(digit)] for digit in digits[-2::-2])
    return total % 10 == 0


def role_numbers(responses: pd.DataFrame, codebook: Codebook, role: str) -> pd.Series:
    """Return the numbers of the item that plays a role in the codebook, NaN throughout where none does.

    Parameters
    ----------
    responses : DataFrame
        As in :class:`~cdo_analysis.intake.Survey`.
    codebook : Codebook
    role : str
        A role of :class:`~cdo_analysis.codebook.Roles` (``headcount``, ``turnover``, ``balance_sheet``, ``duration``).

    Returns
    -------
    Series of float
        In the unit of the item; the codebook sees to it that amounts are in thousands of euros.
    """
    name = getattr(codebook.roles, role)
    return responses[name] if name else pd.Series(np.nan, index=responses.index)


def size_category(headcount: pd.Series, turnover_keur: pd.Series, balance_sheet_keur: pd.Series) -> pd.Series:
    """Return the legal size category of each company.

    The headcount is strict (fewer than), the money is inclusive (not exceeding), and either of the two amounts is
    enough. Where an amount is unknown and could change the answer, the category is unknown.

    Parameters
    ----------
    headcount : Series of float
        Annual work units (UTA) of the last closed year.
    turnover_keur, balance_sheet_keur : Series of float
        Turnover excluding tax and balance-sheet total, in thousands of euros.

    Returns
    -------
    Series of str
        ``micro``, ``pme`` (micro excluded), ``eti``, ``ge``; NaN where it cannot be told.

    References
    ----------
    Loi 2008-776 (LME) art. 51; décret 2008-1354 of 18 December 2008, art. 3.

    Examples
    --------
    >>> one = lambda *v: size_category(*(pd.Series([float(x)]) for x in v)).iloc[0]
    >>> one(249, 60_000, 40_000), one(249, 60_000, 50_000), one(9, 3_000, 1_900), one(5_000, 1, 1)
    ('pme', 'eti', 'micro', 'ge')
    """
    people, turnover, balance = (s.to_numpy(dtype=float) for s in (headcount, turnover_keur, balance_sheet_keur))
    micro = _within(people, turnover, balance, (10, 2 * _MILLION, 2 * _MILLION))
    pme = _within(people, turnover, balance, (250, 50 * _MILLION, 43 * _MILLION))
    eti = _within(people, turnover, balance, (5_000, 1_500 * _MILLION, 2_000 * _MILLION))
    category = np.full(len(people), None, dtype=object)
    category[(micro == 0) & (pme == 0) & (eti == 0)] = "ge"
    category[(micro == 0) & (pme == 0) & (eti == 1)] = "eti"
    category[(micro == 0) & (pme == 1)] = "pme"
    category[micro == 1] = "micro"
    return pd.Series(category, index=headcount.index, dtype="str", name="size_category")


def _within(
    people: np.ndarray, turnover: np.ndarray, balance: np.ndarray, limits: tuple[float, float, float]
) -> np.ndarray:
    """Return 1 where a company is within the limits, 0 where it is not, NaN where it cannot be told."""
    most_people, most_turnover, most_balance = limits
    money = np.where((turnover <= most_turnover) | (balance <= most_balance), 1.0, np.nan)
    money[(turnover > most_turnover) & (balance > most_balance)] = 0.0
    small = np.where(np.isnan(people), np.nan, (people < most_people).astype(float))
    both = small * money
    return np.where((small == 0) | (money == 0), 0.0, both)
