"""What identifies and sizes a company: SIREN as people write it, and the legal size category at every boundary."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.fr import siren as stdnum_siren

from cdo_analysis.intake import SIZE_CATEGORIES, luhn_holds, read_siren, size_category


def size(people: float, turnover_meur: float, balance_meur: float) -> str | None:
    """Return the category of one company; amounts in millions of euros, NaN unknown."""
    amounts = (pd.Series([value * 1000]) for value in (turnover_meur, balance_meur))
    found = size_category(pd.Series([float(people)]), *amounts).iloc[0]
    return None if pd.isna(found) else str(found)


# --- size: décret 2008-1354, art. 3 ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "turnover", "balance", "category"),
    [
        (249, 60, 40, "pme"),
        (249, 60, 50, "eti"),
        (250, 1, 1, "eti"),
        (9, 3, 2.5, "pme"),
        (9, 3, 1.9, "micro"),
        (4_999, 1_600, 1_900, "eti"),
        (4_999, 1_600, 2_100, "ge"),
        (5_000, 1, 1, "ge"),
        (10, 0.5, 0.1, "pme"),
        # Headcount is strict, money is inclusive, one of the two amounts is enough: each limit, on either side.
        (9.99, 2, 99, "micro"),
        (9, 99, 2, "micro"),
        (9, 2.001, 2.001, "pme"),
        (249.9, 50, 99, "pme"),
        (249, 99, 43, "pme"),
        (249, 50.001, 43.001, "eti"),
        (4_999.9, 1_500, 9_999, "eti"),
        (4_999, 9_999, 2_000, "eti"),
        (4_999, 1_500.001, 2_000.001, "ge"),
        (9, 60, 50, "eti"),
        (9, 1_600, 2_100, "ge"),
        (0, 0, 0, "micro"),
    ],
)
def test_each_boundary_of_the_decree(people: float, turnover: float, balance: float, category: str) -> None:
    assert size(people, turnover, balance) == category


UNKNOWN = float("nan")


@pytest.mark.parametrize(
    ("people", "turnover", "balance", "category"),
    [
        (5, UNKNOWN, UNKNOWN, None),
        (5, 1, UNKNOWN, "micro"),
        (5, UNKNOWN, 2, "micro"),
        (5, 3, UNKNOWN, None),  # micro if the balance sheet is small enough, pme if not
        (100, UNKNOWN, UNKNOWN, None),
        (100, 60, UNKNOWN, None),
        (100, UNKNOWN, 43, "pme"),
        (300, 10, UNKNOWN, "eti"),
        (300, UNKNOWN, 10, "eti"),
        (300, 2_000, UNKNOWN, None),
        (300, UNKNOWN, UNKNOWN, None),
        (6_000, UNKNOWN, UNKNOWN, "ge"),
        (UNKNOWN, 1, 1, None),
        (UNKNOWN, 1_600, 2_100, "ge"),
        (UNKNOWN, UNKNOWN, UNKNOWN, None),
    ],
)
def test_what_is_unknown_leaves_the_category_unknown_only_if_it_could_change_it(
    people: float, turnover: float, balance: float, category: str | None
) -> None:
    assert size(people, turnover, balance) == category


def test_a_category_is_known_exactly_when_every_completion_agrees() -> None:
    """Whatever the unknown turns out to be, on either side of every limit."""
    everyone = (5.0, 9.0, 10.0, 249.0, 250.0, 4_999.0, 5_000.0)
    every_amount = (1.0, 2_000.0, 2_001.0, 43_000.0, 43_001.0, 50_001.0, 1_500_000.0, 1_500_001.0, 2_000_001.0)
    options = (everyone, every_amount, every_amount)
    known = list(product(*options))
    categories = dict(zip(known, size_category(*map(pd.Series, zip(*known, strict=True))), strict=True))
    partly = list(product(*((*values, UNKNOWN) for values in options)))
    found = size_category(*map(pd.Series, zip(*partly, strict=True)))
    for company, category in zip(partly, found, strict=True):
        completions = product(*(values if np.isnan(v) else (v,) for v, values in zip(company, options, strict=True)))
        possible = {categories[completion] for completion in completions}
        assert (category in possible and len(possible) == 1) or (pd.isna(category) and len(possible) > 1), company


def test_the_category_keeps_the_index_and_is_text() -> None:
    index = pd.Index(["b", "a"], name="respondent")
    found = size_category(*(pd.Series([9.0, np.nan], index=index) for _ in range(3)))
    assert found.index.equals(index)
    assert str(found.dtype) == "str"
    assert found.to_list()[0] in SIZE_CATEGORIES
    assert pd.isna(found["a"])


# --- SIREN ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "siren", "rule"),
    [
        ("732829320", "732829320", "siren"),
        (" 732829320 ", "732829320", "siren"),
        ("356000000", "356000000", "siren"),
        ("732 829 320", "732829320", "siren_spaced"),
        ("732\u00a0829\u202f320", "732829320", "siren_spaced"),
        ("732.829.320", "732829320", "siren_spaced"),
        ("732-829-320\u200b", "732829320", "siren_spaced"),
        ("732829320.0", "732829320", "siren_spaced"),
        ("5520135", "005520135", "siren_padded"),
        ("5520135.0", "005520135", "siren_padded"),
        ("73282932000074", "732829320", "siren_from_siret"),
        ("732 829 320 00074", "732829320", "siren_from_siret"),
        ("35600000049837", "356000000", "siren_from_siret"),
        ("552013500012", "005520135", "siren_from_siret"),
        ("73282932000075", "732829320", "siren_from_wrong_siret"),
        ("FR 03 552 081 317", "552081317", "siren_from_vat"),
    ],
)
def test_a_siren_is_read_as_people_write_it(text: str, siren: str, rule: str) -> None:
    assert read_siren(text) == (siren, rule)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("732829321", "siren_wrong_key"),
        ("5520136", "siren_wrong_key"),
        ("73282932100074", "siren_wrong_key"),
        ("000000000", "siren_refused"),
        ("00000", "siren_refused"),
        ("123456789", "siren_refused"),
        ("7328293200", "siren_wrong_length"),
        ("1234", "siren_wrong_length"),
        ("FR04552081317", "siren_wrong_key"),
        ("", "siren_wrong_length"),
        ("-", "siren_wrong_length"),
        ("٧٣٢٨٢٩٣٢٠", "siren_wrong_length"),
        ("552013500013", "siren_wrong_length"),
    ],
)
def test_a_wrong_siren_is_refused_for_its_own_reason(text: str, rule: str) -> None:
    assert read_siren(text) == ("", rule)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(digits=st.from_regex(r"[1-9][0-9]{8}", fullmatch=True).filter(lambda text: text != "123456789"))
def test_the_key_is_that_of_python_stdnum(digits: str) -> None:
    valid = stdnum_siren.is_valid(digits)
    assert read_siren(digits) == ((digits, "siren") if valid else ("", "siren_wrong_key"))
    assert luhn_holds(pd.Series([digits])).tolist() == [valid]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=st.text("0123456789 .-\u00a0FRab", max_size=18))
def test_a_siren_is_nine_digits_that_pass_the_key_or_nothing(text: str) -> None:
    siren, rule = read_siren(text)
    assert rule
    assert not siren or (len(siren) == 9 and stdnum_siren.is_valid(siren))


def test_no_number_has_no_key() -> None:
    assert luhn_holds(pd.Series([], dtype="str")).tolist() == []
