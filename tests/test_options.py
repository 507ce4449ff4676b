"""The options side by side: figures with their origin, published costs, a page of the documentation kept up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdo_analysis.exhibits.options import arrangements_table
from cdo_analysis.exhibits.reference_pages import arrangements_page
from cdo_analysis.reference import intensity_table, load_arrangements, load_costs

DOCS = Path(__file__).resolve().parents[1] / "docs"
OUTSIDE = ("external_adviser", "external_delegated_manager", "interim")


def test_days_bought_outside_cost_what_was_published_at_each_intensity() -> None:
    """domain, 5.5: 2, 4, 5, 8, 10 days a month for 11 months at €1,150."""
    assert intensity_table(load_costs())[1150.0].tolist() == pytest.approx([25, 51, 63, 101, 127], abs=0.51)


def test_days_a_month_and_days_a_year_of_part_time_options_say_the_same() -> None:
    months = load_costs()["months_worked"].value
    for name in OUTSIDE[:2]:
        recipe = load_arrangements()[name].cost
        assert [days * months for days in recipe.days_month] == list(recipe.days_year)


def test_an_interim_is_there_full_time_from_the_shortest_to_the_longest_mission() -> None:
    interim = load_arrangements()["interim"]
    months = [interim.limits[f"{end}_term_months"].value for end in ("minimum", "maximum")]
    for days_year, days_month, term in zip(interim.cost.days_year, interim.cost.days_month, months, strict=True):
        assert days_year / term == pytest.approx(days_month, abs=0.2)


def test_sites_are_the_days_of_the_fullest_month_and_only_outside_options_have_an_end() -> None:
    for option in load_arrangements():
        if option.id != "none_yet":
            assert option.limits["maximum_sites"].value == option.cost.days_month[1]
        assert ("minimum_term_months" in option.limits) == (option.id in OUTSIDE)


def test_every_figure_has_unit_date_source_and_status() -> None:
    figures = [entry.figure for entry in load_costs().entries]
    figures += [f for option in load_arrangements() for f in (*option.needs.values(), *option.limits.values())]
    assert len(figures) > 50
    assert all(figure.unit and figure.date and figure.source and figure.status for figure in figures)


def test_the_table_says_what_a_delegated_manager_calls_for_in_both_languages() -> None:
    french, english = (arrangements_table(language).loc["external_delegated_manager"] for language in ("fr", "en"))
    assert english["needs"] == "A budget of at least €50k a year. An in-house team of at least 1 FTE. Up to 10 sites."
    assert french["rhythm"] == "5 à 10 jours par mois, pendant 6 à 12 mois"
    assert "marchandage" in french["cautions"]
    assert "to check with counsel" in english["cautions"]


def test_a_figure_that_nobody_sourced_is_printed_as_an_assumption() -> None:
    lines = [line for line in arrangements_page().splitlines() if "no source was found" in line]
    assert lines
    assert all("| assumption |" in line for line in lines)


def test_the_page_of_the_documentation_is_up_to_date() -> None:
    written = (DOCS / "arrangements.md").read_text(encoding="utf-8")
    assert written == arrangements_page(), "run python -m cdo_analysis.exhibits.reference_pages docs"
