"""What reports say, in both languages."""

from __future__ import annotations

import re
import string
from datetime import date

import pytest

from cdo_analysis.codebook import MISSING_KINDS
from cdo_analysis.errors import UsageError
from cdo_analysis.messages import Numbers, catalogue
from cdo_analysis.resources import package_dir

FR, EN = Numbers("fr"), Numbers("en")
SOURCE = package_dir(".")


def _fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_both_languages_have_the_same_keys_and_fields() -> None:
    french, english = catalogue("fr").entries, catalogue("en").entries
    assert set(french) == set(english)
    assert {k: _fields(v) for k, v in french.items()} == {k: _fields(v) for k, v in english.items()}


def test_every_sentence_that_the_code_names_exists() -> None:
    sentences = set(catalogue("fr").entries)
    source = "".join(path.read_text(encoding="utf-8") for path in (SOURCE / "exhibits").rglob("*.py"))
    source += "".join(path.read_text(encoding="utf-8") for path in (SOURCE / "reports").glob("*.j2"))
    sections = "|".join({key.partition(".")[0] for key in sentences})
    captions = set(re.findall(r'caption\(\s*"([a-z_.]+)"', source))
    named = set(re.findall(rf'"((?:{sections})\.[a-z0-9_]+)"', source)) - captions
    assert len(captions) > 10, "the pattern must find the figures"
    assert len(named) > 100, "the pattern must find the sentences"
    assert named <= sentences
    assert {f"{key}_{part}" for key in captions for part in ("title", "alt")} <= sentences


def test_what_a_respondent_wrote_is_never_read_as_a_format() -> None:
    assert catalogue("fr")("label.n", n="{secret.__class__}") == "n = {secret.__class__}"


def test_an_unknown_language_is_an_error_that_names_the_others() -> None:
    with pytest.raises(UsageError, match="no language 'de'"):
        catalogue("de")


@pytest.mark.parametrize(
    ("value", "decimals", "french", "english"),
    [
        (1234567.5, 1, "1\u202f234\u202f567,5", "1,234,567.5"),
        (-3.2, 1, "−3,2", "−3.2"),
        (-0.0001, 0, "0", "0"),
        (float("nan"), 0, "nd", "n/a"),
        (None, 0, "nd", "n/a"),
    ],
)
def test_numbers_are_written_as_each_reader_expects(
    value: float | None, decimals: int, french: str, english: str
) -> None:
    assert FR.number(value, decimals) == french
    assert EN.number(value, decimals) == english


def test_a_share_of_few_companies_is_written_as_a_count() -> None:
    assert FR.share(7 / 9, n=9) == "7 sur 9"
    assert EN.share(7 / 9, n=9) == "7 of 9"
    assert FR.share(0.785, n=200) == "79\u202f%"
    assert FR.share(0.785, n=2000) == "78,5\u202f%"


def test_money_and_dates() -> None:
    assert FR.money(116) == "116\u00a0k€"
    assert FR.money(1200) == "1,2\u00a0M€"
    assert EN.money(116) == "€116k"
    assert FR.date(date(2026, 11, 1)) == "1er novembre 2026"
    assert EN.date(date(2026, 11, 23)) == "23 November 2026"


def test_every_id_of_the_stages_has_its_sentence() -> None:
    from cdo_analysis.cdo import ASSUMPTIONS, GATES
    from cdo_analysis.intake import FLAGS, RULES

    say = catalogue("fr")
    keys = [f"issue.{rule}" for rule in RULES] + [f"issue_action.{rule}" for rule in RULES]
    keys += [f"flag.{flag}" for flag in FLAGS] + [f"flag.{flag}_rule" for flag in FLAGS]
    keys += [f"missing.{kind}" for kind in MISSING_KINDS]
    keys += [f"assumption.{name}" for name in ASSUMPTIONS] + [f"estimate_gate.{name}" for name in GATES]
    keys += [f"company.title_{state}" for state in ("recommended", "close", "abstained")]
    keys += [f"company.abstained_{why}" for why in ("nothing_feasible", "low_coverage", "three_or_more_options")]
    keys += [f"company.observed_{word}" for word in ("agrees", "differs", "not_informative", "unavailable")]
    keys += [f"company.estimated_{w}" for w in ("agrees", "undecided", "differs", "not_estimable", "unavailable")]
    assert [key for key in keys if key not in say] == []


def test_every_way_of_reading_an_answer_that_is_logged_has_its_sentence() -> None:
    logged = r'"((?:scaled|worded|approximate)_number|label|synonym|missing_word|siren_(?:spaced|padded|from_siret))"'
    text = "".join(path.read_text(encoding="utf-8") for path in package_dir("intake").glob("*.py"))
    rules = set(re.findall(logged, text))
    assert len(rules) == 9
    assert [rule for rule in rules if f"rule.{rule}" not in catalogue("fr")] == []


def test_a_french_piece_breaks_no_line_before_a_mark_and_still_escapes() -> None:
    from cdo_analysis.exhibits import Exhibit

    html = Exhibit(id="a", title="Vraiment ?", paragraphs=["<b>Dupont</b> : 5 %"], language="fr").to_html()
    assert "Vraiment\u00a0?" in html
    assert "&lt;b&gt;Dupont&lt;/b&gt;\u00a0: 5\u00a0%" in html
    english = Exhibit(id="a", title="Really ?", paragraphs=["a : b"], language="en").to_html()
    assert "Really ?" in english
