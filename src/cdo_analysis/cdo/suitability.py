"""From answers to suitability: how far each answer of a firm speaks for each arrangement, and what it rules out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.errors import InputError
from cdo_analysis.reference import Arrangements, Criterion, Rules

OBSTACLE_COLUMNS = ("firm", "arrangement", "rule", "state", "minimum")


def derive_answers(responses: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Return what the criteria ask, from the columns of a survey.

    Parameters
    ----------
    responses : DataFrame
        A row a firm; columns named as the items of the rules (``item`` and ``count``). Columns that are absent are
        unmeasured.
    rules : Rules

    Returns
    -------
    DataFrame
        Index of `responses`; a column a criterion: float for numbers, text codes for choices, NaN where unmeasured.
        A counted criterion is unmeasured where less than half of its items are answered; else the count is scaled to
        all of them, so that an unanswered item counts as the others do on average.

    Examples
    --------
    >>> from cdo_analysis.reference import load_rules
    >>> firms = pd.DataFrame({"need_seo": ["1"], "need_ux": ["0"], "need_data": ["1"], "roadmap": ["draft"]})
    >>> answers = derive_answers(firms, load_rules())
    >>> float(answers.loc[0, "needed_expertise"]), answers.loc[0, "roadmap"], bool(answers["sites_count"].isna().all())
    (4.0, 'draft', True)
    """
    return pd.DataFrame(
        {criterion.id: _derive(criterion, responses) for criterion in rules.criteria}, index=responses.index
    )


def score_suitability(answers: pd.DataFrame, rules: Rules) -> NDArray[np.float64]:
    """Return how far each answer speaks for each arrangement.

    Parameters
    ----------
    answers : DataFrame of shape (n_firms, ...)
        A column a criterion, as returned by :func:`derive_answers`; criteria without a column are unmeasured.
    rules : Rules

    Returns
    -------
    ndarray of shape (n_firms, n_criteria, n_arrangements)
        From -2 (strongly against) to 2 (strongly for); NaN where the criterion is unmeasured.

    Raises
    ------
    InputError
        If an answer is not one that the criterion knows.
    """
    table = np.full((len(answers), len(rules.criteria), len(rules.criteria[0].suitability)), np.nan)
    for position, criterion in enumerate(rules.criteria):
        if criterion.id in answers.columns:
            table[:, position, :] = _score_criterion(answers[criterion.id], criterion)
    return table


def check_feasibility(
    answers: pd.DataFrame, rules: Rules, arrangements: Arrangements
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return which arrangements a firm can have, and what stands in the way of the others.

    An unmeasured answer rules nothing out; it is listed as ``unknown``.

    Parameters
    ----------
    answers : DataFrame
        A column a criterion.
    rules : Rules
    arrangements : Arrangements

    Returns
    -------
    feasible : DataFrame of bool
        A row a firm, a column an arrangement.
    obstacles : DataFrame
        A row a firm, arrangement and rule: columns ``firm``, ``arrangement``, ``rule``, ``state`` (``fails`` or
        ``unknown``), ``minimum`` (what the arrangement calls for).
    """
    names, firms = np.array(arrangements.ids, dtype=object), answers.index
    feasible = np.ones((len(firms), len(names)), dtype=bool)
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], str, str]] = []
    minima = {
        rule.id: np.array([option.needs[rule.need].value for option in arrangements]) for rule in rules.feasibility
    }
    for rule in rules.feasibility:
        answer = _number(answers, rule.criterion).to_numpy(dtype="float64")[:, None]
        needed = minima[rule.id] > 0
        fails, unknown = (answer < minima[rule.id]) & needed, np.isnan(answer) & needed
        feasible &= ~fails
        # Arrangement by arrangement, then firm by firm: the order of the list.
        for option in np.flatnonzero(needed):
            for state, where in (("fails", fails), ("unknown", unknown)):
                rows = np.flatnonzero(where[:, option])
                parts.append((rows, np.full(len(rows), option), rule.id, state))
    table = pd.DataFrame(feasible, index=firms, columns=list(arrangements.ids))
    return table, _obstacles(parts, firms, names, minima)


def _obstacles(
    parts: Sequence[tuple[NDArray[np.int64], NDArray[np.int64], str, str]],
    firms: pd.Index,
    names: NDArray[np.object_],
    minima: Mapping[str, NDArray[np.float64]],
) -> pd.DataFrame:
    """Return the table of obstacles from the rows and columns where rules fail or cannot be checked."""
    if not parts:
        return pd.DataFrame(columns=list(OBSTACLE_COLUMNS))
    rows = np.concatenate([part[0] for part in parts])
    options = np.concatenate([part[1] for part in parts])
    lengths = [len(part[0]) for part in parts]
    rule, state = (np.repeat(np.array([part[at] for part in parts], dtype=object), lengths) for at in (2, 3))
    minimum = np.concatenate([minima[part[2]][part[1]] for part in parts])
    columns = {"firm": firms[rows], "arrangement": names[options], "rule": rule, "state": state, "minimum": minimum}
    texts = ["arrangement", "rule", "state"]
    return pd.DataFrame(columns).astype(dict.fromkeys(texts, "str"))


def _derive(criterion: Criterion, responses: pd.DataFrame) -> pd.Series:
    if not criterion.count:
        if criterion.item not in responses.columns:
            return pd.Series(np.nan, index=responses.index, dtype="float64" if criterion.numeric else "str")
        column = responses[criterion.item]
        return column.astype("float64") if criterion.numeric else column.astype("str")
    asked = [item for item in criterion.count if item in responses.columns]
    answers = responses[asked]
    measured = answers.notna().sum(axis=1)
    counted = answers.isin(list(criterion.codes)).sum(axis=1)
    share = counted / measured.where(2 * measured >= len(criterion.count))
    return share * len(criterion.count)


def _score_criterion(answers: pd.Series, criterion: Criterion) -> NDArray[np.float64]:
    rows = np.array(list(criterion.suitability.values()))
    if criterion.numeric:
        values = pd.to_numeric(answers).to_numpy(dtype="float64")
        points = np.array(criterion.points, dtype="float64")
        # np.interp is flat outside the points, and gives NaN for NaN.
        return np.column_stack([np.interp(values, points, row) for row in rows])
    positions = pd.Index(criterion.points).get_indexer(pd.Index(answers.astype("str")))
    unknown = (positions < 0) & answers.notna().to_numpy()
    if unknown.any():
        code = str(answers[unknown].iloc[0])
        raise InputError(
            f"the answer {code!r} to '{criterion.id}' is not one that the rules know; "
            f"write one of {', '.join(map(str, criterion.points))}, or leave it empty."
        )
    return np.where(positions[:, None] >= 0, rows.T[positions], np.nan)


def _number(answers: pd.DataFrame, name: str) -> pd.Series:
    if name in answers.columns:
        return pd.to_numeric(answers[name])
    return pd.Series(np.nan, index=answers.index)
