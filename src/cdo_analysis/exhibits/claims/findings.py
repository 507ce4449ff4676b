"""What a survey says of each claim: an estimate with its interval and a verdict, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cdo_analysis.disclosure import flag_counts
from cdo_analysis.errors import InputError
from cdo_analysis.exhibits.claims.variables import measure, measure_groups, was_asked
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.reference import Claims, ClaimTest, load_claims
from cdo_analysis.weighting import Estimate, rao_scott, weighted_share, weighted_slope

VERDICTS = ("supported", "contradicted", "fragile", "undecided", "unseen", "too_few", "not_asked")
"""What the data say: for the claim or against it; a gap at 95 % that does not survive the number of tests; neither; no
association to be seen; too few answers; a question that was not put."""

ERROR = 0.05
"""Chance that one verdict or more of a table says "supported" or "contradicted" where nothing is there."""


@dataclass(frozen=True)
class _Answers:
    """The respondents of one test: what is measured, by what, the smallest group, whether a few could be named."""

    value: pd.Series
    by: list[pd.Series]
    smallest: int
    hidden: bool = False


def examine_claims(view: View, claims: Claims | None = None) -> pd.DataFrame:
    """Run the tests of the claims on the study.

    Every interval is under the design of the survey, at 95 %. A verdict is stricter: an interval at
    ``1 - ERROR / tests`` (Bonferroni) must lie on one side of what the claim says. An association that is not found is
    never a proof that there is none: it leaves a claim of indifference undecided.

    Parameters
    ----------
    view : View
    claims : Claims, optional
        Those of the package by default.

    Returns
    -------
    DataFrame
        A row a test: ``claim`` (number), ``test`` (its place in the claim), ``kind``, ``n``, ``smallest`` (respondents
        behind the smallest part), ``estimate``, ``low``, ``high`` (NaN for an association, of which the estimate is
        Cramér's V), ``p_value`` (of an association), ``verdict`` (one of :data:`VERDICTS`), ``flag`` (``c`` where the
        numbers are hidden).
    """
    tests = [(c.number, place, test) for c in (claims or load_claims()).claims for place, test in enumerate(c.tests, 1)]
    answers = [_gather(view, test) if _asked(view, test) else None for _, _, test in tests]
    level = 1 - ERROR / max(sum(found is not None and _decidable(view, found) for found in answers), 1)
    rows = []
    for (number, place, test), found in zip(tests, answers, strict=True):
        row = _nothing("not_asked") if found is None else _result(view, test, found, level)
        rows.append({"claim": number, "test": place, "kind": test.kind} | row)
    return pd.DataFrame(rows)


def _decidable(view: View, found: _Answers) -> bool:
    """Tell whether enough respondents answered for a verdict, and none of them could be named."""
    return _shown(view, found) and len(found.value) >= view.profile.reliable


def _shown(view: View, found: _Answers) -> bool:
    return found.smallest >= view.profile.mean and not found.hidden


def _asked(view: View, test: ClaimTest) -> bool:
    return all(was_asked(view, v) for v in (test.value, test.by, test.where, test.among) if v is not None)


def _gather(view: View, test: ClaimTest) -> _Answers:
    """Return the answers of those who count and have all of them."""
    read = measure_groups if test.kind == "association" else measure
    parts = {"value": read(view, test.value)}
    if test.by is not None:
        parts["by"] = read(view, test.by)
    if test.where is not None:
        parts["where"] = measure(view, test.where)
    table = pd.DataFrame(parts)
    if test.among is not None:
        table = table[measure(view, test.among).eq(1)]
    table = table.dropna()
    if test.kind == "association":
        table = _without_rare(table, view.profile.mean)
        return _Answers(table["value"], [table["by"]], len(table) if _has_two(table) else 0)
    hidden = test.kind == "share" and _names_a_few(view, test, table)
    return _Answers(table["value"], _regressors(table), _smallest(test, table), hidden)


def _names_a_few(view: View, test: ClaimTest, table: pd.DataFrame) -> bool:
    """Tell whether a share, or the answers that it leaves out, would show how few companies gave one of them."""
    counts = table["value"].value_counts().reindex([0.0, 1.0], fill_value=0)
    if test.value.codes:
        answers = view.responses.loc[table.index, test.value.item]
        counts = answers.value_counts()
    return bool(flag_counts(counts, view.profile).eq("c").any())


def _without_rare(table: pd.DataFrame, fewest: int) -> pd.DataFrame:
    """Leave out categories of fewer than `fewest` respondents, until none is left."""
    size = -1
    while len(table) != size:
        size = len(table)
        for name in ("value", "by"):
            table = table[table.groupby(name)[name].transform("size").ge(fewest)]
    return table


def _has_two(table: pd.DataFrame) -> bool:
    return bool(table["value"].nunique() > 1 and table["by"].nunique() > 1)


def _regressors(table: pd.DataFrame) -> list[pd.Series]:
    if "where" in table:
        return [table["by"], table["where"], table["by"] * table["where"]]
    return [table["by"]] if "by" in table else []


def _smallest(test: ClaimTest, table: pd.DataFrame) -> int:
    """Return the respondents behind the smallest group that is compared; all of them where there are no groups."""
    parts = [len(table)]
    for name, kinds in (("by", ("difference",)), ("where", ("interaction",))):
        if test.kind in kinds:
            parts += [int(table[name].eq(code).sum()) for code in (0.0, 1.0)]
    return min(parts)


def _nothing(verdict: str, *, n: int = 0, smallest: int = 0) -> dict[str, Any]:
    numbers = dict.fromkeys(("estimate", "low", "high", "p_value"), np.nan)
    return {"n": n, "smallest": smallest, **numbers, "verdict": verdict, "flag": "c" if verdict == "too_few" else ""}


def _result(view: View, test: ClaimTest, found: _Answers, level: float) -> dict[str, Any]:
    row = _nothing("too_few", n=len(found.value), smallest=found.smallest)
    if not _shown(view, found):
        return row
    result = _association(view, test, found, level) if test.kind == "association" else _gap(view, test, found, level)
    return row | result if _decidable(view, found) else row | result | {"verdict": "too_few"}


def _gap(view: View, test: ClaimTest, found: _Answers, level: float) -> dict[str, Any]:
    """Return the estimate with its interval, and on which side of the claim a stricter one lies."""
    shown, strict = (_estimate(view, test, found, at) for at in (0.95, level))
    if not np.isfinite(shown.estimate):
        return {}
    sides = [strict.low > test.than, strict.high < test.than, shown.low > test.than or shown.high < test.than]
    verdict = np.select(sides, ["supported", "contradicted", "fragile"], "undecided")
    numbers = {"estimate": shown.estimate, "low": shown.low, "high": shown.high}
    return {**numbers, "verdict": str(verdict), "flag": ""}


def _estimate(view: View, test: ClaimTest, found: _Answers, level: float) -> Estimate:
    if test.kind == "share":
        return weighted_share(found.value, view.design, level=level)
    return weighted_slope(found.value, found.by, view.design, level=level)


def _association(view: View, test: ClaimTest, found: _Answers, level: float) -> dict[str, Any]:
    """Return Cramér's V and the test of Rao and Scott; nothing where the table has an empty row or column."""
    try:
        answer = rao_scott(found.value, found.by[0], view.design)
    except InputError:
        return {}
    strength = float(np.sqrt(answer.chi_square / answer.n / (min(answer.table.shape) - 1)))
    found_it = "contradicted" if test.expected == "none" else "supported"
    verdict = np.select([answer.p_value < 1 - level, answer.p_value < ERROR], [found_it, "fragile"], "unseen")
    return {"estimate": strength, "p_value": answer.p_value, "verdict": str(verdict), "flag": ""}
