"""Doubts about how a questionnaire was answered: flagged with their rule, never dropped without a word."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Codebook, Item
from cdo_analysis.intake.columns import texts_of
from cdo_analysis.intake.company import role_numbers
from cdo_analysis.intake.doubts import inconsistent, long_strings, near_duplicates
from cdo_analysis.intake.issues import IssueLog
from cdo_analysis.intake.plausibility import flag_sizes, log_durations
from cdo_analysis.intake.values import fold

LONGEST_STRAIGHT_LINE_OK = 4
FEWEST_GRIDS = 2  # one grid answered alike may well be true
FEWEST_SCALE_ANSWERS = 4  # "yes" to a list of facts, or "partly", is no sign of haste
SPEEDER_SHARE_OF_MEDIAN = 1 / 3
MOSTLY_UNANSWERED = 0.5
_COLUMNS_TRIED = 12
_EXAMPLE_DOMAINS = ("example.com", "example.org", "example.net")
_LONGEST_TEST = 20  # spaces and accents included
_TEST_WORDS = frozenset({"test", "tests", "essai", "azerty", "qwerty", "xxx", "aaa", "toto", "titi"})

FLAGS = (
    "straight_liner",
    "speeder",
    "attention_failed",
    "mostly_unanswered",
    "contradictory",
    "size_contradiction",
    "unfinished",
    "near_duplicate",
    "long_string",
    "inconsistent",
    "outside_dates",
    "same_address",
    "doubtful_origin",
)


def exact_duplicates(cells: pd.DataFrame) -> pd.Series:
    """Return, for each row that repeats an earlier one cell by cell, the position of that one; NaN elsewhere."""
    seen: dict[tuple[str, ...], int] = {}
    places = pd.Series(np.nan, index=cells.index)
    # Few records agree on the first columns, where one of them identifies.
    alike = np.flatnonzero(cells.iloc[:, :_COLUMNS_TRIED].duplicated(keep=False).to_numpy()).tolist()
    for place, record in zip(alike, map(tuple, cells.iloc[alike].to_numpy(dtype=object)), strict=True):
        first = seen.setdefault(record, place)
        if first != place:
            places.iloc[place] = float(first)
    return places


def looks_like_test(
    cells: pd.DataFrame, columns: list[str], *, emails: Sequence[str] = (), domains: Collection[str] = ()
) -> pd.Series:
    """Return the text by which a record shows itself to be a test; empty where nothing does.

    Parameters
    ----------
    cells : DataFrame of category
    columns : list of str
        Where a word such as "test" is no name.
    emails : sequence of str
        Columns that may hold an address.
    domains : collection of str
        Domains of those who made the survey; the domains that the Internet keeps for examples count always.
    """
    found = np.full(len(cells), "", dtype=object)
    own = tuple(f"@{domain.casefold().lstrip('@')}" for domain in (*domains, *_EXAMPLE_DOMAINS))
    for column in (*columns, *emails):
        texts = texts_of(cells[column])
        tests = texts.where(_is_test_word) if column in columns else np.zeros(len(texts), dtype=bool)
        if column in emails:
            tests |= texts.where(lambda text: fold(text).endswith(own))
        for row in np.flatnonzero(tests & (found == "")):
            found[row] = texts.cell(int(row))
    return pd.Series(found, index=cells.index, dtype=object)


def _is_test_word(text: str) -> bool:
    return len(text) <= _LONGEST_TEST and fold(text) in _TEST_WORDS


def flag_answers(
    responses: pd.DataFrame, missing: pd.DataFrame, codebook: Codebook, lines: pd.Series, log: IssueLog
) -> pd.DataFrame:
    """Flag respondents whose answers call for doubt.

    Parameters
    ----------
    responses, missing : DataFrame
        As in :class:`~cdo_analysis.intake.Survey`.
    codebook : Codebook
    lines : Series of int
    log : IssueLog
        Receives a row a flag.

    Returns
    -------
    DataFrame of bool
        Index of `responses`, one column a flag of :data:`FLAGS`.
    """
    flags = pd.DataFrame(False, index=responses.index, columns=list(FLAGS))
    flags["straight_liner"] = _straight_liners(responses, codebook, lines, log)
    flags["speeder"] = _speeders(responses, codebook, lines, log)
    flags["attention_failed"] = _attention_failed(responses, codebook, lines, log)
    flags["mostly_unanswered"] = _mostly_unanswered(responses, missing, codebook, lines, log)
    flags["contradictory"] = _contradictory(responses, codebook, lines, log)
    flags["size_contradiction"] = flag_sizes(responses, codebook, lines, log)
    flags["near_duplicate"] = near_duplicates(responses, codebook, lines, log)
    flags["long_string"] = long_strings(responses, codebook, lines, log)
    flags["inconsistent"] = inconsistent(responses, codebook, lines, log)
    flags["outside_dates"] = _outside_dates(responses, codebook, lines, log)
    log_durations(responses, codebook, lines, log)
    return flags


def _straight_liners(responses: pd.DataFrame, codebook: Codebook, lines: pd.Series, log: IssueLog) -> pd.Series:
    """Flag those who gave one and the same answer down every grid that is long enough to show it."""
    grids: dict[str, list[str]] = {}
    for item in filter(_is_scale_row, codebook):
        grids.setdefault(item.block, []).append(item.name)
    long = {block: names for block, names in grids.items() if len(names) > LONGEST_STRAIGHT_LINE_OK}
    if len(long) < FEWEST_GRIDS:
        return pd.Series(False, index=responses.index)
    alike = pd.DataFrame({b: _same_answer(responses[names], codebook[names[0]].codes) for b, names in long.items()})
    answered = pd.DataFrame({b: responses[names].notna().all(axis=1) for b, names in long.items()})
    flagged = alike.where(answered, True).all(axis=1) & (answered.sum(axis=1) >= FEWEST_GRIDS)
    names = ", ".join(long)
    log.add_cells("straight_liner", pd.Series(names, index=responses.index)[flagged], lines=lines, item="")
    return flagged


def _is_scale_row(item: Item) -> bool:
    return bool(item.stem) and not item.tick and len(item.codes) >= FEWEST_SCALE_ANSWERS


def _same_answer(answers: pd.DataFrame, codes: tuple[str, ...]) -> pd.Series:
    """Tell who gave one answer throughout; the lowest answer everywhere is a state of affairs, not a doubt."""
    first = answers.iloc[:, 0]
    return answers.eq(first, axis=0).all(axis=1) & first.ne(codes[0])


def _speeders(responses: pd.DataFrame, codebook: Codebook, lines: pd.Series, log: IssueLog) -> pd.Series:
    duration = role_numbers(responses, codebook, "duration")
    flagged = duration < duration.median() * SPEEDER_SHARE_OF_MEDIAN
    log.add_cells("speeder", duration[flagged].map("{:.0f}".format), lines=lines, item=codebook.roles.duration)
    return flagged


def _attention_failed(responses: pd.DataFrame, codebook: Codebook, lines: pd.Series, log: IssueLog) -> pd.Series:
    if not codebook.roles.attention:
        return pd.Series(False, index=responses.index)
    answer = responses[codebook.roles.attention]
    flagged = answer.notna() & answer.ne(codebook.roles.attention_code)
    log.add_cells("attention_failed", answer[flagged], lines=lines, item=codebook.roles.attention)
    return flagged


def _mostly_unanswered(
    responses: pd.DataFrame, missing: pd.DataFrame, codebook: Codebook, lines: pd.Series, log: IssueLog
) -> pd.Series:
    names = [item.name for item in codebook if item.kind in {"choice", "number"} and item.required]
    asked = missing[names] != "not_asked"
    # Nobody asked anything left it unanswered: 0 / 0 is no doubt.
    share = (responses[names].notna() & asked).sum(axis=1) / asked.sum(axis=1).where(lambda n: n > 0)
    flagged = share < MOSTLY_UNANSWERED
    log.add_cells("mostly_unanswered", share[flagged].map("{:.0%}".format), lines=lines, item="")
    return flagged


def _outside_dates(responses: pd.DataFrame, codebook: Codebook, lines: pd.Series, log: IssueLog) -> pd.Series:
    """Flag those who answered before the survey opened or after it closed."""
    field, submitted = codebook.collection, codebook.roles.submitted
    flagged = pd.Series(False, index=responses.index)
    if not submitted:
        return flagged
    when = responses[submitted]
    if field.opened:
        flagged |= when < pd.Timestamp(field.opened)
    if field.closed:
        flagged |= when >= pd.Timestamp(field.closed) + pd.Timedelta(days=1)
    log.add_cells("outside_dates", when[flagged].dt.strftime("%Y-%m-%d"), lines=lines, item=submitted)
    return flagged


def _contradictory(responses: pd.DataFrame, codebook: Codebook, lines: pd.Series, log: IssueLog) -> pd.Series:
    flagged = pd.Series(False, index=responses.index)
    for item in codebook:
        if not item.exclusive:
            continue
        others = [o.name for o in codebook if o.block == item.block and o is not item]
        both = responses[item.name].eq("1") & (responses[others] == "1").any(axis=1)
        log.add_cells("exclusive_with_others", pd.Series("1", index=both.index)[both], lines=lines, item=item.name)
        flagged |= both
    return flagged
