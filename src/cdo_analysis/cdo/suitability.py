"""From answers to suitability: how far each answer of a firm speaks for each arrangement, and what it rules out."""

from __future__ import annotations

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
    feasible = pd.DataFrame(True, index=answers.index, columns=list(arrangements.ids))
    obstacles = []
    for rule in rules.feasibility:
        answer = _number(answers, rule.criterion)
        for option in arrangements:
            minimum = option.needs[rule.need].value
            if minimum <= 0:
                continue
            fails, unknown = answer < minimum, answer.isna()
            feasible[option.id] &= ~fails
            for state, where in (("fails", fails), ("unknown", unknown)):
                found = pd.DataFrame({"firm": answers.index[where]})
                obstacles.append(found.assign(arrangement=option.id, rule=rule.id, state=state, minimum=minimum))
    table = pd.concat(obstacles, ignore_index=True) if obstacles else pd.DataFrame(columns=list(OBSTACLE_COLUMNS))
    return feasible, table


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
