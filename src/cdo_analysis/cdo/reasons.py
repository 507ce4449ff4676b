"""Why: what speaks for and against an arrangement in a firm's own answers, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.cdo.advice import Advice, central_weights
from cdo_analysis.errors import UsageError
from cdo_analysis.reference import QUOTED, Criterion, Language, Rules

FOR, AGAINST = 3, 2
"""How many reasons are given for an arrangement, and against it."""


@dataclass(frozen=True)
class Reasons:
    """Sentences for and against an arrangement, strongest first.

    Attributes
    ----------
    pro, con : tuple of str
        At most :data:`FOR` and :data:`AGAINST` sentences; fewer where the firm's answers give no more.
    """

    pro: tuple[str, ...]
    con: tuple[str, ...]


def measured_weights(advice: Advice, rules: Rules) -> NDArray[np.float64]:
    """Return the central weight of each criterion for each firm.

    Returns
    -------
    ndarray of shape (n_firms, n_criteria)
        Mean of the drawn weights, 0 where the firm did not answer, scaled to add up to 1 over the others.
    """
    measured = ~np.isnan(advice.suitability).any(axis=2)
    weights = central_weights(rules, advice.experts) * measured
    total = weights.sum(axis=1, keepdims=True)
    return np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)


def contributions(advice: Advice, rules: Rules, *, rivals: Sequence[str] = ()) -> NDArray[np.float64]:
    """Return how much each answer lifts each arrangement above the others.

    Parameters
    ----------
    advice : Advice
    rules : Rules
    rivals : sequence of str, optional
        The arrangements to compare with; all that are feasible by default.

    Returns
    -------
    ndarray of shape (n_firms, n_criteria, n_arrangements)
        Central weight times suitability, less its mean over the rivals, or over the other feasible arrangements (over
        all others where none is feasible). Positive where the answer speaks for the arrangement; 0 where it is
        unmeasured.
    """
    table = np.nan_to_num(advice.suitability) * measured_weights(advice, rules)[:, :, None]
    feasible = advice.feasible.to_numpy()
    if rivals:
        feasible = np.broadcast_to(advice.feasible.columns.isin(rivals), feasible.shape)
    others = feasible[:, None, :] & ~np.eye(feasible.shape[1], dtype=bool)
    others = np.where(others.any(axis=2, keepdims=True), others, ~np.eye(feasible.shape[1], dtype=bool))
    mean_of_others = np.einsum("nco,nao->nca", table, others) / others.sum(axis=2)[:, None, :]
    return table - mean_of_others


def reason_table(
    advice: Advice, rules: Rules, firm: str, arrangement: str, *, rivals: Sequence[str] = ()
) -> pd.DataFrame:
    """Return what each answer of a firm says of an arrangement.

    Parameters
    ----------
    advice : Advice
    rules : Rules
    firm, arrangement : str
    rivals : sequence of str, optional
        See :func:`contributions`.

    Returns
    -------
    DataFrame
        A row a measured criterion, index ``criterion``, strongest contribution first. Columns ``contribution``
        (see :func:`contributions`), ``suitability`` (-2 to 2), ``side``: ``for`` or ``against`` where both have the
        same sign and the suitability is beyond 0.5 in absolute value, else empty.
    """
    row, column = position_of(advice, firm, arrangement)
    one = _only(advice, row)
    suitability = one.suitability[0, :, column]
    table = pd.DataFrame(
        {"contribution": contributions(one, rules, rivals=rivals)[0, :, column], "suitability": suitability},
        index=pd.Index(rules.ids, name="criterion"),
    )
    side = np.select(
        [(table > [0, QUOTED]).all(axis=1), (table < [0, -QUOTED]).all(axis=1)], ["for", "against"], default=""
    )
    return table.assign(side=side)[~np.isnan(suitability)].sort_values("contribution", ascending=False, kind="stable")


def reasons(
    advice: Advice,
    rules: Rules,
    firm: str,
    arrangement: str,
    *,
    language: Language = "fr",
    answers_text: Mapping[str, str] | None = None,
    rivals: Sequence[str] = (),
) -> Reasons:
    """Return the strongest reasons for and against an arrangement, as sentences with the firm's own answers.

    Parameters
    ----------
    advice : Advice
    rules : Rules
    firm, arrangement : str
    language : {'fr', 'en'}
    answers_text : mapping of str to str, optional
        Criterion to the words of the answer (its label in a questionnaire); the words of the rules by default.
    rivals : sequence of str, optional
        Arrangements that stay open beside this one: what sets them apart comes first, what they share comes last.

    Returns
    -------
    Reasons

    Examples
    --------
    >>> from cdo_analysis.cdo import advise
    >>> from cdo_analysis.reference import load_arrangements, load_rules
    >>> rules, firm = load_rules(), pd.DataFrame({"need_frequency": ["continuous"]}, index=["A"])
    >>> reasons(advise(firm, rules, load_arrangements()), rules, "A", "internal", language="en").pro
    ('Your need is continuous: a permanent presence is kept busy.',)
    """
    tables = [reason_table(advice, rules, firm, arrangement)]
    if rivals:
        tables.insert(0, reason_table(advice, rules, firm, arrangement, rivals=rivals))
    own, words = answers_of(advice, firm), answers_text or {}
    sentences: dict[str, tuple[str, ...]] = {}
    for side, most in (("for", FOR), ("against", AGAINST)):
        # Each table runs from the strongest "for" to the strongest "against".
        chosen = [list(table.index[table["side"] == side])[:: 1 if side == "for" else -1] for table in tables]
        strongest = list(dict.fromkeys(name for names in chosen for name in names))[:most]
        sentences[side] = tuple(
            _sentence(rules[name], own[name], side, language, words.get(name)) for name in strongest
        )
    return Reasons(sentences["for"], sentences["against"])


def obstacle_sentences(
    advice: Advice, rules: Rules, firm: str, arrangement: str, *, language: Language = "fr"
) -> tuple[str, ...]:
    """Return what rules an arrangement out for a firm, or could not be checked, as sentences."""
    position_of(advice, firm, arrangement)
    table, own = advice.obstacles, answers_of(advice, firm)
    found = table[(table["firm"] == firm) & (table["arrangement"] == arrangement)]
    by_id = {rule.id: rule for rule in rules.feasibility}
    sentences = []
    for name, state, minimum in zip(found["rule"], found["state"], found["minimum"], strict=True):
        rule = by_id[name]
        words = rule.fails if state == "fails" else rule.unknown
        answer = answer_text(rules[rule.criterion], own.get(rule.criterion), language)
        sentences.append(words.of(language).format(answer=answer, minimum=_number_text(minimum, language)))
    return tuple(sentences)


def answer_text(criterion: Criterion, answer: float | str | None, language: Language) -> str:
    """Return a firm's answer in words: the label of a code, a number with one decimal at most.

    Examples
    --------
    >>> from cdo_analysis.reference import load_rules
    >>> answer_text(load_rules()["web_team_fte"], 2.5, "fr"), answer_text(load_rules()["roadmap"], "draft", "en")
    ('2,5', 'drafted')
    """
    if answer is None:
        return "nd" if language == "fr" else "n/a"
    if not isinstance(answer, str):
        # A count is scaled up for unanswered items, and still read as a whole number.
        return _number_text(round(answer) if criterion.count else answer, language)
    labels = {str(point): label for point, label in zip(criterion.points, criterion.labels, strict=False)}
    return labels[answer].of(language) if answer in labels else answer


def leaders(advice: Advice) -> pd.Series:
    """Return the arrangement with the largest acceptability of each firm; NaN where nothing is feasible or measured.

    Ties go to the arrangement that the list shows first.
    """
    top = advice.acceptability.idxmax(axis=1).astype("str")
    return top.where((advice.acceptability.max(axis=1) > 0) & (advice.coverage > 0))


def _sentence(criterion: Criterion, answer: float | str, side: str, language: Language, words: str | None) -> str:
    band = criterion.band(answer)
    text = band.pro if side == "for" else band.con
    if text is None:  # the loader refuses rules where this could be
        raise UsageError(f"criterion '{criterion.id}' has no words {side} for {answer!r}; add them to the rules.")
    return text.of(language).format(answer=words or answer_text(criterion, answer, language))


def _number_text(value: float, language: Language) -> str:
    """Write a number with one decimal at most, none from 10 on, and thousands apart."""
    rounded = round(value, 1) if abs(value) < 10 else round(value)
    text = f"{rounded:,.1f}".removesuffix(".0")
    return text.replace(",", "\u202f").replace(".", ",") if language == "fr" else text


def _only(advice: Advice, row: int) -> Advice:
    """Return the advice of one firm: reasons for one need not cost the contributions of all."""
    one = slice(row, row + 1)
    return replace(
        advice,
        answers=advice.answers.iloc[one],
        suitability=advice.suitability[one],
        feasible=advice.feasible.iloc[one],
        acceptability=advice.acceptability.iloc[one],
        coverage=advice.coverage.iloc[one],
        by_expert=None,
    )


def position_of(advice: Advice, firm: str, arrangement: str) -> tuple[int, int]:
    """Return the row of a firm and the column of an arrangement.

    Raises
    ------
    UsageError
        If the advice has no such firm or arrangement.
    """
    if firm not in advice.answers.index:
        raise UsageError(f"the advice has no firm '{firm}'; name one of its {len(advice.answers)} respondents.")
    if arrangement not in advice.feasible.columns:
        known = ", ".join(map(str, advice.feasible.columns))
        raise UsageError(f"the advice has no arrangement '{arrangement}'; name one of {known}.")
    row, column = advice.answers.index.get_loc(firm), advice.feasible.columns.get_loc(arrangement)
    return int(row), int(column)  # type: ignore[arg-type]


def answers_of(advice: Advice, firm: str) -> dict[str, float | str]:
    """Return what a firm answered, criterion by criterion; criteria without an answer are absent."""
    row = int(advice.answers.index.get_loc(firm))  # type: ignore[arg-type]
    own: dict[str, float | str] = {}
    for name, value in advice.answers.iloc[row].items():
        if pd.notna(value):
            own[str(name)] = value if isinstance(value, str) else float(value)
    return own
