"""One written answer to one value: what is sure is read, what is not is refused with its reason, nothing is guessed."""

from __future__ import annotations

import math
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdo_analysis.codebook import Answer, Item, Text
from cdo_analysis.intake.lists import read_list
from cdo_analysis.intake.numbers import comma_is_decimal_in, read_number
from cdo_analysis.intake.values import (
    fold,
    is_spreadsheet_error,
    month_first,
    read_choice,
    read_date,
    read_missing,
    read_option,
)

NO_BREAK, NARROW, THIN, FIGURE = "\u00a0", "\u202f", "\u2009", "\u2007"


def answer(code: str, fr: str, en: str = "", **more: object) -> Answer:
    return Answer(code, Text(fr, en), **more)  # type: ignore[arg-type]


def choice(*answers: Answer, **more: object) -> Item:
    return Item("q", "Q", "choice", Text("?"), answers=answers, **more)  # type: ignore[arg-type]


def number(unit: str = "", **more: object) -> Item:
    return Item("n", "N", "number", Text("?"), unit=unit, **more)  # type: ignore[arg-type]


DONT_KNOW = answer("98", "Je ne sais pas", "I don't know", missing="dont_know")
REFUSED = answer("99", "Je préfère ne pas répondre", "I prefer not to answer", missing="refused")
YES_NO = choice(answer("1", "Oui", "Yes", value=1.0), answer("0", "Non", "No", value=0.0), DONT_KNOW)
SCALE = choice(
    *(answer(str(v), label) for v, label in enumerate(["Jamais", "Rarement", "Parfois", "Très souvent"], start=1)),
    DONT_KNOW,
    REFUSED,
)
LEVELS = choice(*(answer(str(v), f"{v} — niveau {v}", f"{v} — level {v}") for v in range(6)), DONT_KNOW)
PARTLY = choice(answer("0", "Non"), answer("0.5", "En partie"), answer("1", "Oui"))
DEPARTMENT = choice(answer("01", "Ain"), answer("2A", "Corse-du-Sud"), answer("75", "Paris"))


# --- no answer ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "no_answer"), (f" {NO_BREAK}\t", "no_answer"), ("NR", "no_answer"), ("n.c.", "no_answer"),
        ("-", "no_answer"),
        ("Sans réponse", "no_answer"), ("NSP", "dont_know"), ("ne  sait PAS", "dont_know"),
        ("Don’t know", "dont_know"),
        ("Refus", "refused"), ("refusé", "refused"), ("Prefer not to answer", "refused"),
        ("Sans objet", "not_applicable"), ("S.O.", "not_applicable"), ("N/A", "not_applicable"),
    ],
)  # fmt: skip
def test_ways_of_giving_no_answer_are_told_apart(text: str, kind: str) -> None:
    reading = read_missing(text)
    assert reading is not None
    assert reading.missing == kind
    assert reading.value is None


@pytest.mark.parametrize("text", ["0", "Non", "aucun", "Nancy", "-5", "Refusé par la banque"])
def test_an_answer_is_not_taken_for_a_missing_one(text: str) -> None:
    assert read_missing(text) is None


def test_folding_passes_over_case_accents_spaces_and_typography() -> None:
    written = [
        "Très\u202fÉLEVÉ — l’Œuvre",
        "tres  eleve - l'oeuvre",
        f"TRÈS{NO_BREAK}E\u0301leve\u0301 – L‘œuvre\u200b",
    ]
    assert {fold(text) for text in written} == {"tres eleve - l'oeuvre"}


# --- choices --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "text", "code", "rule"),
    [
        (SCALE, "4", "4", "code"), (SCALE, " 4 ", "4", "code"),
        (SCALE, "Très souvent", "4", "label"), (SCALE, "TRES SOUVENT", "4", "label"),
        (SCALE, f" très{NARROW} souvent ", "4", "label"), (SCALE, "3.0", "3", "synonym"),
        (SCALE, "3,00", "3", "synonym"),
        (LEVELS, "2 - Niveau 2", "2", "label"), (LEVELS, "2 — level 2", "2", "label"),
        (PARTLY, "0,5", "0.5", "synonym"), (PARTLY, "0.50", None, "unknown_answer"), (PARTLY, "Oui", "1", "label"),
        (YES_NO, "Oui", "1", "label"), (YES_NO, "OUI", "1", "label"), (YES_NO, "oui ", "1", "label"),
        (YES_NO, "yes", "1", "label"),
        (YES_NO, "O", "1", "synonym"), (YES_NO, "VRAI", "1", "synonym"), (YES_NO, "TRUE", "1", "synonym"),
        (YES_NO, "n", "0", "synonym"), (YES_NO, "FAUX", "0", "synonym"),
        (DEPARTMENT, "01", "01", "code"), (DEPARTMENT, "2A", "2A", "code"), (DEPARTMENT, "2a", "2A", "synonym"),
        (DEPARTMENT, "corse du sud", None, "unknown_answer"), (DEPARTMENT, "CORSE-DU-SUD", "2A", "label"),
    ],
)  # fmt: skip
def test_a_code_or_a_label_is_read_however_it_is_written(item: Item, text: str, code: str | None, rule: str) -> None:
    reading = read_choice(text, item)
    assert (reading.value, reading.rule) == (code, rule)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (SCALE, "5"), (SCALE, "0"), (SCALE, "3,5"), (SCALE, "-1"), (SCALE, "Souvent"), (SCALE, "1;2"),
        (SCALE, "Sometimes"),
        (YES_NO, "2"), (YES_NO, "peut-être"), (YES_NO, "x"), (LEVELS, "Oui"), (LEVELS, "non"), (LEVELS, "VRAI"),
        (DEPARTMENT, "1"), (DEPARTMENT, "1.0"), (SCALE, "#N/A"), (SCALE, "４４"),
    ],
)  # fmt: skip
def test_an_unknown_answer_is_reported_and_never_guessed(item: Item, text: str) -> None:
    reading = read_choice(text, item)
    assert (reading.value, reading.missing, reading.rule) == (None, "invalid", "unknown_answer")


@pytest.mark.parametrize(
    ("text", "kind", "rule"),
    [
        ("98", "dont_know", "code"), ("98.0", "dont_know", "synonym"), ("je ne SAIS pas", "dont_know", "label"),
        ("99", "refused", "code"), ("Je prefere ne pas repondre", "refused", "label"),
        ("NSP", "dont_know", "missing_word"),
        ("", "no_answer", "blank"), ("nr", "no_answer", "missing_word"), ("so", "not_applicable", "missing_word"),
    ],
)  # fmt: skip
def test_the_missing_answers_of_a_choice_keep_their_kind(text: str, kind: str, rule: str) -> None:
    reading = read_choice(text, SCALE)
    assert (reading.value, reading.missing, reading.rule) == (None, kind, rule)


def test_a_code_wins_over_a_missing_word() -> None:
    assert read_choice("NC", choice(answer("NC", "Nouvelle-Calédonie"))).value == "NC"


def test_a_label_that_two_answers_share_is_not_read() -> None:
    shared = choice(answer("a", "Élevé"), answer("b", "ELEVE"), answer("c", "Faible"))
    assert read_choice("élevé", shared).rule == "unknown_answer"
    assert read_choice("b", shared).value == "b"


def test_codes_that_differ_by_case_are_read_only_as_they_stand() -> None:
    item = choice(answer("a", "Premier"), answer("A", "Second"), answer("B", "Tiers"))
    assert [read_choice(text, item).value for text in ("a", "A", "b")] == ["a", "A", "B"]


def test_an_option_of_a_tick_list_is_ticked_by_a_cross_or_by_its_own_name() -> None:
    ticks = (answer("1", "Oui", "Yes"), answer("0", "Non", "No"))
    crm = Item("crm", "T1", "choice", Text("Un CRM", "A CRM"), answers=ticks, tick=True, code="T1")
    assert [read_option(text, crm).value for text in ("X", "Coché", "un crm", "t1", "1", "TRUE")] == ["1"] * 6
    assert [read_option(text, crm).value for text in ("0", "non coché", "FALSE")] == ["0"] * 3
    assert read_option("un erp", crm).rule == "unknown_answer"


ITEMS = st.sampled_from([SCALE, LEVELS, YES_NO, PARTLY, DEPARTMENT])
WRITTEN = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["Oui", "o", "x", "3.0", "0,5", "98", "NSP", "2a", "1e0", "٣", "²", "ſ", "Très souvent"]),
    st.from_regex(r"-?[0-9]{1,2}[.,]?[0-9]{0,2}", fullmatch=True),
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(text=WRITTEN, item=ITEMS)
def test_a_choice_is_a_code_of_the_item_or_a_missing_kind_never_both(text: str, item: Item) -> None:
    reading = read_choice(text, item)
    assert (reading.value in item.codes) != (reading.missing is not None)
    assert reading.rule


# --- numbers --------------------------------------------------------------------------------------------------

KEUR, EUR, COUNT, PERCENT = number("keur"), number("eur"), number("uta"), number("percent", bounds=(0.0, 100.0))


@pytest.mark.parametrize(
    ("item", "text", "value", "rule"),
    [
        (KEUR, "800", 800, "number"), (KEUR, "1 250 000 €", 1250, "scaled_number"),
        (EUR, "1 250 000,00 EUR", 1_250_000, "scaled_number"),
        (KEUR, f"1{NO_BREAK}250{NO_BREAK}000{NO_BREAK}€", 1250, "scaled_number"),
        (KEUR, f"1{NARROW}250{NARROW}000{NARROW}€", 1250, "scaled_number"),
        (KEUR, f"1{THIN}250{FIGURE}000 euros", 1250, "scaled_number"), (KEUR, "€1,250,000.00", 1250, "scaled_number"),
        (KEUR, "50 k€", 50, "scaled_number"), (KEUR, "50k€", 50, "scaled_number"),
        (KEUR, "50 KE", 50, "scaled_number"),
        (KEUR, "50 K EUR", 50, "scaled_number"), (KEUR, "50 keuros", 50, "scaled_number"),
        (EUR, "50 k€", 50_000, "scaled_number"),
        (KEUR, "1,2 M€", 1200, "scaled_number"), (KEUR, "1.2 M€ HT", 1200, "scaled_number"),
        (KEUR, "2,07 M€", 2070, "scaled_number"),
        (KEUR, "1,2 Md€", 1_200_000, "scaled_number"), (KEUR, "2 millions d'euros", 2000, "scaled_number"),
        (KEUR, "2 millions d’euros", 2000, "scaled_number"), (number("meur"), "1 500 k€", 1.5, "scaled_number"),
        (KEUR, "environ 2 M€", 2000, "approximate_number"), (KEUR, "(1 200)", -1200, "number"),
        (KEUR, "-1 200 k€", -1200, "scaled_number"),
        (KEUR, "−5", -5, "number"), (KEUR, "1.250.000", 1_250_000, "number"),
        (KEUR, "1'250'000", 1_250_000, "number"),
        (KEUR, "12,5", 12.5, "number"), (KEUR, "12.5", 12.5, "number"), (KEUR, "0,250", 0.25, "number"),
        (KEUR, "1250,375", 1250.375, "number"),
        (COUNT, "1 250", 1250, "number"), (COUNT, "40", 40, "number"), (COUNT, "40.0", 40, "number"),
        (COUNT, ",5", 0.5, "number"),
        (COUNT, "environ 40", 40, "approximate_number"), (COUNT, "ENV. 40 salariés", 40, "approximate_number"),
        (COUNT, "~40", 40, "approximate_number"),
        (COUNT, "120 salariés", 120, "worded_number"), (COUNT, "12,5 ETP", 12.5, "worded_number"),
        (PERCENT, "12 %", 12, "worded_number"), (PERCENT, f"12,5{NARROW}%", 12.5, "worded_number"),
        (PERCENT, "12 pour cent", 12, "worded_number"),
        (number("years"), "3 ans", 3, "worded_number"),
        (number("days_per_month"), "4 jours par mois", 4, "worded_number"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_french_and_english_people_write_it(item: Item, text: str, value: float, rule: str) -> None:
    reading = read_number(text, item)
    assert (reading.value, reading.missing, reading.rule) == (value, None, rule)


@pytest.mark.parametrize(
    "text",
    ["10-49", "10 – 49", "10 à 49", "de 10 à 49", "entre 10 et 49 salariés", "<10", "< 10", "moins de 10", "> 250",
     "plus de 250", "250 et plus", "250 salariés et plus", "250+", "40 ou 50", "1 000 - 1 500", "40 minimum"],
)  # fmt: skip
def test_a_range_is_not_a_number(text: str) -> None:
    reading = read_number(text, COUNT)
    assert (reading.value, reading.missing, reading.rule) == (None, "invalid", "interval_for_number")


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (COUNT, "une dizaine"), (COUNT, "2 millions"), (COUNT, "3 mille"), (COUNT, "5 dizaines"),
        (COUNT, "3 et demi"),
        (COUNT, "12 mois"), (number("years"), "12 mois"), (number("months"), "1 an"), (COUNT, "12 %"),
        (COUNT, "50 k€"),
        (COUNT, "12 5"), (COUNT, "1 2 3"), (COUNT, "12.03.2024"), (COUNT, "1.2.3"), (COUNT, "1,25,000"),
        (COUNT, "1,250,5"),
        (COUNT, "40 dont 5 CDD"), (COUNT, "10²"), (COUNT, "3½"), (COUNT, "inf"),
        (COUNT, "nan"), (COUNT, "1e309"),
        (COUNT, "1e5"), (COUNT, "--5"), (COUNT, "(5"), (COUNT, "5)"), (COUNT, "#REF!"),
        (KEUR, "50 $"), (KEUR, "1,2 M€ TTC"), (KEUR, "50 et des poussières"),
    ],
)  # fmt: skip
def test_what_is_not_surely_one_finite_number_is_refused(item: Item, text: str) -> None:
    reading = read_number(text, item)
    assert (reading.value, reading.missing, reading.rule) == (None, "invalid", "not_a_number")


@pytest.mark.parametrize(
    "text", ["9" * 400, f"1{'.' * 60_000}5x5", f"5{' ' * 60_000}- x"], ids=["digits", "dots", "spaces"]
)
def test_a_text_too_long_for_a_number_is_refused_at_once(text: str) -> None:
    assert read_number(text, COUNT).rule == "not_a_number"


@pytest.mark.parametrize(
    ("text", "others", "value"),
    [
        ("1,250", [], None), ("1.250", [], None), ("1,250", ["3,5"], 1.25), ("1,250", ["0,750"], 1.25),
        ("1,250", ["1 000,50"], 1.25),
        ("1,250", ["0.75"], 1250), ("1,250", ["1,250,000"], 1250), ("1.250", ["1.250.000"], 1250),
        ("1.250", ["0.75"], 1.25),
        ("1,250", ["3,5", "0.75"], None), ("1,250", ["2,500", "40"], None), ("1,250", ["v1,5", "n.c."], None),
    ],
)  # fmt: skip
def test_one_mark_before_three_digits_is_read_only_as_the_column_shows(
    text: str, others: list[str], value: float | None
) -> None:
    reading = read_number(text, COUNT, comma_is_decimal=comma_is_decimal_in([text, *others]))
    assert reading.value == value
    assert value is not None or reading.rule == "ambiguous_number"


def test_bounds_hold_in_the_unit_of_the_item() -> None:
    item = number("keur", bounds=(0.0, 1000.0))
    assert [read_number(text, item).value for text in ("0", "1000", "1 M€")] == [0, 1000, 1000]
    assert [read_number(text, item).rule for text in ("-1", "1001", "1,1 M€")] == ["out_of_range"] * 3


def test_the_declared_codes_of_a_number_mean_that_there_is_none() -> None:
    item = number("uta", answers=(DONT_KNOW, REFUSED))
    written = ("98", "98.0", "98,00", "Je ne sais pas", "99")
    assert [read_number(text, item).missing for text in written] == ["dont_know"] * 4 + ["refused"]
    assert read_number("97", item).value == 97


@pytest.mark.parametrize(("text", "kind"), [("", "no_answer"), ("NSP", "dont_know"), ("sans objet", "not_applicable")])
def test_the_missing_answers_of_a_number_keep_their_kind(text: str, kind: str) -> None:
    assert read_number(text, COUNT).missing == kind


NUMERALS = st.one_of(
    st.text("0123456789 .,'-+()%€keurMd\u00a0\u202f", max_size=16),
    st.from_regex(r"-?[0-9]{1,400}[.,]?[0-9]{0,5} ?(k€|M€|Md€|%|salariés)?", fullmatch=True),
    st.text(max_size=10),
    st.floats().map(repr),
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(text=NUMERALS, item=st.sampled_from([KEUR, EUR, COUNT, PERCENT]), comma=st.sampled_from([True, False, None]))
def test_a_number_is_finite_and_within_bounds_or_missing(text: str, item: Item, comma: bool | None) -> None:
    reading = read_number(text, item, comma_is_decimal=comma)
    assert (reading.value is None) == (reading.missing is not None)
    if reading.value is not None:
        value = float(str(reading.value))
        assert math.isfinite(value)
        assert item.bounds[0] <= value <= item.bounds[1]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    value=st.integers(0, 10**12),
    space=st.sampled_from([" ", NO_BREAK, NARROW, THIN, "'", ""]),
    cents=st.integers(0, 99),
    mark=st.sampled_from(",."),
)
def test_a_grouped_amount_comes_back_to_its_cents(value: int, space: str, cents: int, mark: str) -> None:
    text = f"{value:,}".replace(",", space) + f"{mark}{cents:02d} €"
    assert read_number(text, EUR).value == float(f"{value}.{cents:02d}")


# --- dates ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("03/04/2026", datetime(2026, 4, 3)), ("3/4/2026", datetime(2026, 4, 3)),
        ("31.12.2025", datetime(2025, 12, 31)),
        ("01-02-2026", datetime(2026, 2, 1)), ("03/04/2026 08:15", datetime(2026, 4, 3, 8, 15)),
        ("03/04/2026  8:15:30", datetime(2026, 4, 3, 8, 15, 30)),
        (f"03/04/2026{NO_BREAK}08:15", datetime(2026, 4, 3, 8, 15)),
        ("2026-04-03", datetime(2026, 4, 3)), ("2026-04-03 08:15:00", datetime(2026, 4, 3, 8, 15)),
        ("2026-04-03T08:15:00Z", datetime(2026, 4, 3, 8, 15)),
        ("2026-04-03T08:15:00+02:00", datetime(2026, 4, 3, 6, 15)),
        ("29/02/2024", datetime(2024, 2, 29)),
        ("2026/04/03 2:15:30 PM UTC+2", datetime(2026, 4, 3, 12, 15, 30)),
        ("2026/04/03 14:15:30", datetime(2026, 4, 3, 14, 15, 30)), ("45678", datetime(2025, 1, 21)),
        ("45678,5", datetime(2025, 1, 21, 12)),
    ],
)  # fmt: skip
def test_dates_are_read_day_first(text: str, date: datetime) -> None:
    assert read_date(text).value == date


@pytest.mark.parametrize(
    "text",
    ["31/02/2024", "29/02/2023", "04/25/2026", "00/00/0000", "12345", "01/02/24", "mars 2026", "2026-13-01",
    "2026-04-03 25:00",
     "03/04-2026", "2026", "03/04/2026 2:15 PM", "#N/A"],
)  # fmt: skip
def test_a_date_that_does_not_exist_or_is_not_sure_is_refused(text: str) -> None:
    reading = read_date(text)
    assert (reading.value, reading.missing, reading.rule) == (None, "invalid", "not_a_date")


def test_a_column_with_an_american_date_is_not_read_day_first() -> None:
    column = ["03/04/2026", "04/25/2026", "2026-05-06"]
    day_first = not month_first(column)
    assert [read_date(text, day_first=day_first).value for text in column] == [None, None, datetime(2026, 5, 6)]
    assert not month_first(["03/04/2026", "25/04/2026", "n.c."])


def test_the_missing_answers_of_a_date_keep_their_kind() -> None:
    assert [read_date(text).missing for text in ("", "NSP", "sans objet")] == [
        "no_answer",
        "dont_know",
        "not_applicable",
    ]


# --- one cell, several options; errors of a spreadsheet ----------------------------------------------------------


def options(separator: str, *labels: str) -> list[Item]:
    return [
        Item(f"o{i}", "T", "choice", Text(label), code=str(i), separator=separator)
        for i, label in enumerate(labels, start=1)
    ]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("CRM;ERP", ["1", "1", "0"]), ("crm ; erp;", ["1", "1", "0"]), ("1;3", ["1", "0", "1"]),
        ("Aucun", ["0", "0", "1"]),
    ],
)  # fmt: skip
def test_a_list_in_one_cell_is_read_by_code_or_by_label(text: str, values: list[str]) -> None:
    assert [r.value for r in read_list(text, options(";", "CRM", "ERP", "Aucun"))] == values


def test_an_option_may_hold_the_separator_of_its_list() -> None:
    listed = options(",", "Site, blog", "Blog", "Réseaux sociaux, messagerie")
    assert [r.value for r in read_list("Site, blog, Réseaux sociaux, messagerie", listed)] == ["1", "0", "1"]


def test_the_longest_option_that_fits_is_the_one_that_is_meant() -> None:
    listed = options(",", "Site", "Blog", "Site, blog")
    assert [r.value for r in read_list("Site, blog", listed)] == ["0", "0", "1"]
    assert [r.value for r in read_list("Blog, site", listed)] == ["1", "1", "0"]


def test_an_option_may_be_a_word_that_elsewhere_means_no_answer() -> None:
    assert [r.value for r in read_list("Sans objet", options(";", "CRM", "Sans objet"))] == ["0", "1"]


def test_a_part_of_a_list_that_is_no_option_leaves_the_others_unknown_not_unticked() -> None:
    readings = read_list("CRM;Autre : tableur", options(";", "CRM", "ERP", "Aucun"))
    assert [(r.value, r.missing) for r in readings] == [("1", None), (None, "invalid"), (None, "invalid")]
    assert readings[1].rule == "unknown_answer"


@pytest.mark.parametrize(
    ("text", "kind"), [("", "no_answer"), (" ; ;", "no_answer"), ("NSP", "dont_know"), ("Refus", "refused")]
)
def test_a_list_without_options_keeps_the_kind_of_missing(text: str, kind: str) -> None:
    readings = read_list(text, options(";", "CRM", "ERP"))
    assert [(r.value, r.missing) for r in readings] == [(None, kind)] * 2


def test_errors_of_a_spreadsheet_are_known_in_french_and_english() -> None:
    assert all(map(is_spreadsheet_error, ["#N/A", " #ref! ", "#VALEUR!", "#NOM?", "#DIV/0!"]))
    assert not any(map(is_spreadsheet_error, ["N/A", "#1", "", "# REF !"]))
