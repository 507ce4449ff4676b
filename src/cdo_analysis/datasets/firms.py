"""Fictitious firms: number, name, sector, region, size, accounts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdo_analysis.datasets.planted import draw_categories, planted, text_of

_FIRST_BASE = 100_001  # seven digits with the key: what Excel leaves of the number can still be recognised
_NAMES = (
    "Entreprise fictive", "Société imaginaire", "Établissements Exemple", "L'Atelier d'essai", "Maison Témoin",
    "Ateliers Hypothèse", "Compagnie d'étude Spécimen", "Fabrique à données", "Comptoir de l'Échantillon",
)  # fmt: skip
_FORMS = ("SAS", "SARL", "SA", "SAS", "& Fils")
_FIELD_YEAR = 2026
_LOG_HEADCOUNT = (3.25, 0.90)  # mean and standard deviation among firms of ten and more, so that `size` is fixed


def make_sirens(n: int) -> pd.Index:
    """Return `n` fictitious SIREN: a small base number and its Luhn key.

    They begin with zeros and belong to no register we know of; any likeness to a real company is fortuitous.

    Examples
    --------
    >>> make_sirens(2).tolist()
    ['001000017', '001000025']
    """
    base = np.arange(_FIRST_BASE, _FIRST_BASE + n)
    digits = (base[:, None] // 10 ** np.arange(7, -1, -1)) % 10
    doubled = digits.copy()
    doubled[:, 1::2] *= 2  # the key stands at the right: the last digit of the base is doubled
    doubled[doubled > 9] -= 9
    key = -doubled.sum(axis=1) % 10
    return pd.Index([f"{b:08d}{k}" for b, k in zip(base, key, strict=True)], dtype="str", name="respondent")


def draw_firms(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw `n` firms of 10 to 4,999 persons.

    Returns
    -------
    DataFrame
        Index: SIREN. Columns: siren, company_name, naf, sector, region, headcount, turnover_keur,
        balance_sheet_keur, founding_year, age (years), stratum (headcount band), size_category, size (standardised
        log headcount), size_class (0: under 50, 1: under 250, 2: the others), maturity, consumer and
        industrial (of the sector).
    """
    stratum, headcount = _draw_headcounts(n, rng)
    size = (np.log(headcount) - _LOG_HEADCOUNT[0]) / _LOG_HEADCOUNT[1]
    sector = _draw_sectors(size, rng)
    turnover, balance = _draw_accounts(headcount, _of_sector("turnover_keur", sector), rng)
    age = np.clip(np.round(rng.lognormal(3.05 + 0.12 * size, 0.75)), 1, 170)
    firms = pd.DataFrame(
        {
            "company_name": _make_names(n, rng),
            "naf": _draw_naf(sector, rng),
            "sector": text_of([entry["code"] for entry in planted()["sector"]], sector),
            "region": _draw_regions(size, rng),
            "headcount": headcount,
            "turnover_keur": turnover,
            "balance_sheet_keur": balance,
            "founding_year": _FIELD_YEAR - age,
            "age": age,
            "stratum": stratum,
            "size": size,
            "size_class": np.searchsorted([50, 250], headcount, side="right"),
            **{trait: _of_sector(trait, sector) for trait in ("maturity", "consumer", "industrial")},
        }
    )
    firms.index = make_sirens(n)
    return firms.assign(siren=firms.index.astype("str"), size_category=_legal_category(firms))


def _draw_sectors(size: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the place of each firm's sector in the planted table."""
    sectors = planted()["sector"]
    return draw_categories(np.outer(size, [s["tilt"] for s in sectors]), [s["share"] for s in sectors], rng)


def _of_sector(key: str, sector: np.ndarray) -> np.ndarray:
    return np.array([float(entry[key]) for entry in planted()["sector"]])[sector]


def _draw_regions(size: np.ndarray, rng: np.random.Generator) -> pd.Series:
    shares, tilts = planted()["region"]["share"], planted()["region"]["tilt"]
    pull = np.outer(size, [tilts.get(code, 0.0) for code in shares])
    return text_of(list(shares), draw_categories(pull, list(shares.values()), rng))


def _draw_headcounts(n: int, rng: np.random.Generator) -> tuple[pd.Series, np.ndarray]:
    """Draw a band, then a headcount within it, the smaller the likelier (density in 1/x²)."""
    bands = planted()["band"]
    firms = np.array([band["firms"] for band in bands], dtype=float)
    band = rng.choice(len(bands), size=n, p=firms / firms.sum())
    low = np.array([b["headcount"][0] for b in bands], dtype=float)[band]
    high = np.array([b["headcount"][1] + 1 for b in bands], dtype=float)[band]
    headcount = np.floor(1 / (1 / low - rng.random(n) * (1 / low - 1 / high)))
    return text_of([b["id"] for b in bands], band), headcount


def _draw_accounts(
    headcount: np.ndarray, a_head: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw turnover and balance sheet (k€); a firm over both limits of an ETI is brought back under them."""
    n = len(headcount)
    turnover = np.minimum(headcount * a_head * rng.lognormal(0, 0.5, n), 1_450_000)
    balance = turnover * rng.lognormal(-0.3, 0.4, n)
    return np.round(turnover, -1), np.round(balance, -1)


def _legal_category(firms: pd.DataFrame) -> pd.Series:
    """Return ``pme`` or ``eti`` (décret 2008-1354, art. 3): the only two that this population has."""
    small_accounts = (firms["turnover_keur"] <= 50_000) | (firms["balance_sheet_keur"] <= 43_000)
    is_pme = (firms["headcount"] < 250) & small_accounts
    return text_of(("eti", "pme"), is_pme.to_numpy().astype(int)).set_axis(firms.index)


def _draw_naf(sector: np.ndarray, rng: np.random.Generator) -> pd.Series:
    codes = [s["naf"] for s in planted()["sector"]]
    start = np.concatenate([[0], np.cumsum([len(c) for c in codes])[:-1]])
    length = np.array([len(c) for c in codes])
    index = start[sector] + rng.integers(0, length[sector])
    return text_of([code for group in codes for code in group], index)


def _make_names(n: int, rng: np.random.Generator) -> list[str]:
    words, forms = rng.integers(0, len(_NAMES), n), rng.integers(0, len(_FORMS), n)
    return [f"{_NAMES[w]} {i:04d} {_FORMS[f]}" for i, (w, f) in enumerate(zip(words, forms, strict=True), start=1)]
