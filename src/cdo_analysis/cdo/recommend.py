"""The recommendation: the smallest set of arrangements that the evidence does not set apart, or a reasoned abstention.

The set comes from the rules (*conseillé*). What comparable firms have (*constaté*) and what the outcome suggests
(*estimé*) stand beside it, and it is said whether they agree. Rules and outcome are combined in one set only where
experts gave the effects that they expect in the outcome's unit. Everything is ids and numbers; the words are in the
reference files and in the message catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.cdo.advice import Advice
from cdo_analysis.cdo.combine import combine, decide_arrangements
from cdo_analysis.cdo.decision import SURVEY_SHARE, Decision, ExpertEffects
from cdo_analysis.cdo.estimated import Estimates
from cdo_analysis.cdo.observed import ObservedChoice
from cdo_analysis.cdo.reasons import leaders, measured_weights
from cdo_analysis.errors import UsageError
from cdo_analysis.reference import Rules, Sequence, Signal
from cdo_analysis.showing import Shown

SET_ACCEPTABILITY = 0.80
"""The set is the smallest one whose arrangements rank first under this share of the weights."""

MINIMUM_COVERAGE = 0.5
"""Under this share of criteria answered, nothing is recommended."""

CLEAR_GAP = 0.8
"""Gap of acceptability between a recommended option and the next one from which the recommendation is clear."""

CLEAR_COVERAGE = 0.75
"""Share of criteria answered from which a recommendation can be clear."""

SURVEY_ERROR = 0.05 * SURVEY_SHARE
"""Tolerated probability of saying that arms differ in a survey where they do not."""

_EQUAL = 1e-9
_SHARES = ("data_share_half", "data_share", "data_share_double")


@dataclass(frozen=True, repr=False)
class Recommendation(Shown):
    """What is recommended to each firm.

    Attributes
    ----------
    table : DataFrame
        A row a firm, index ``respondent``:

        - ``state``: ``recommended`` (one option), ``close`` (two), ``abstained``;
        - ``reason`` of an abstention: ``nothing_feasible``, ``low_coverage``, ``three_or_more_options``; else empty;
        - ``first``, ``second``: the two leading arrangements; ``first_share``, ``second_share``: their acceptability;
          ``gap``: the difference; ``n_options``: size of the set;
        - ``grade``: ``clear`` (one option, far ahead, most criteria answered) or ``slight``; empty where abstained;
        - ``deciding``: where two are close, the criterion whose answer sets them furthest apart; empty elsewhere;
        - ``sequence``, ``sequence_first``, ``sequence_then``, ``sequence_signal``: two arrangements that can follow
          each other, and the criterion that says so; empty where none;
        - ``coverage``: share of criteria answered;
        - ``observed_top``: what firms like it have most often; ``observed_agreement``: ``agrees``, ``differs``,
          ``not_informative`` (the model tells firms apart no better than the shares) or ``unavailable``;
        - ``estimated_top``: arm with the best expected outcome among the feasible ones; ``estimated_agreement``:
          ``agrees`` (the arm of the leading arrangement is surely the best), ``differs`` (surely not), ``undecided``,
          ``not_estimable`` or ``unavailable`` (its arm was set aside). Surely: the 95 % interval of the difference,
          widened for the number of pairs of arms (Bonferroni), is on one side of zero, in a survey whose test finds
          that arms differ. As for claims, a pair stays undecided where one of its arms has too few firms
          (:attr:`~cdo_analysis.cdo.Estimates.may_claim`) or hardly any firm like this one;
        - ``estimated_first``, ``estimated_claim``, ``estimated_against``, ``estimated_fragile``,
          ``estimated_robustness``: see :class:`~cdo_analysis.cdo.Decision`: whether the outcome alone claims that
          its best feasible arm does better than what the firm has, and how little confounding would undo that;
        - ``combined``: True where the set comes from experts' effects and the outcome together; then
          ``data_share_half``, ``data_share``, ``data_share_double`` are the part of the data in it (NaN elsewhere).
    options : DataFrame
        A row a firm and feasible arrangement, best first: ``respondent``, ``rank``, ``arrangement``,
        ``acceptability``, ``in_set``: the set of the rules.
    decision : Decision or None
        On arms: the sets of the outcome alone, or with experts' effects; None without estimates.
    """

    table: pd.DataFrame
    options: pd.DataFrame
    decision: Decision | None = None


def recommend(
    advice: Advice,
    rules: Rules,
    *,
    observed: ObservedChoice | None = None,
    estimates: Estimates | None = None,
    expected_effects: ExpertEffects | None = None,
    today: pd.Series | None = None,
) -> Recommendation:
    """Return the recommendation to each firm.

    Parameters
    ----------
    advice : Advice
    rules : Rules
    observed : ObservedChoice, optional
        With `probabilities` of the same firms; compared on its top arrangement.
    estimates : Estimates, optional
        With a prediction for the same firms; compared on its best arm.
    expected_effects : ExpertEffects, optional
        What the authors of the rules expect of each arrangement, in the outcome's unit, for the same firms. Combined
        with the estimates; without it, rules and estimates stand side by side.
    today : Series of str, optional
        The arrangement that each firm has.

    Returns
    -------
    Recommendation

    Raises
    ------
    UsageError
        If the advice was made with other rules.

    Examples
    --------
    >>> from cdo_analysis.cdo import advise
    >>> from cdo_analysis.reference import load_arrangements, load_rules
    >>> rules, arrangements = load_rules(), load_arrangements()
    >>> firm = pd.DataFrame({"cdo_budget_keur": [40.0]}, index=["A"])
    >>> recommend(advise(firm, rules, arrangements), rules).table.loc["A", ["state", "reason"]].tolist()
    ['abstained', 'low_coverage']
    """
    if advice.rules != f"{rules.id} {rules.version}":
        raise UsageError(
            f"the advice was made with the rules '{advice.rules}', not '{rules.id} {rules.version}'; advise again."
        )
    shares = advice.acceptability.to_numpy()
    order = np.argsort(-shares, axis=1, kind="stable")
    sizes = set_sizes(shares)
    table = _states(advice, order, sizes)
    table["deciding"] = _deciding(advice, rules, order, (table["state"] == "close").to_numpy())
    table = table.join(_sequences(advice, rules, table))
    table["coverage"] = advice.coverage
    table = table.join(_observed(advice, observed)).join(_estimated(advice, estimates))
    decision = None
    if estimates is not None:
        decision = decide_arrangements(advice, estimates, today=today, expert=expected_effects)
        if expected_effects is not None:
            table = combine(table, decision, advice, estimates)
    table = table.join(_decided(table.index, decision, combined=expected_effects is not None))
    return Recommendation(table.rename_axis("respondent"), _options(advice, order, sizes), decision)


def set_sizes(shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how many options the set of each firm has.

    Parameters
    ----------
    shares : ndarray of shape (n_firms, n_options)
        Acceptability.

    Returns
    -------
    ndarray of int, of shape (n_firms,)
        The fewest options that add up to :data:`SET_ACCEPTABILITY`, with all that equal the last of them; 0 where
        nothing is feasible.

    Examples
    --------
    >>> set_sizes(np.array([[0.9, 0.1, 0.0], [0.5, 0.3, 0.2], [0.6, 0.2, 0.2], [0.0, 0.0, 0.0]]))
    array([1, 2, 3, 0])
    """
    ranked = -np.sort(-shares, axis=1)
    enough = ranked.cumsum(axis=1) >= SET_ACCEPTABILITY - _EQUAL
    last = np.take_along_axis(ranked, enough.argmax(axis=1)[:, None], axis=1)
    sizes = (ranked >= last - _EQUAL).sum(axis=1)
    return np.where(enough.any(axis=1), sizes, 0)


def _states(advice: Advice, order: NDArray[np.int64], sizes: NDArray[np.int64]) -> pd.DataFrame:
    names = advice.acceptability.columns.to_numpy(dtype=object)
    ranked = np.take_along_axis(advice.acceptability.to_numpy(), order, axis=1)
    second = ranked[:, 1] if ranked.shape[1] > 1 else np.zeros(len(ranked))
    reason = np.select(
        [sizes == 0, advice.coverage.to_numpy() < MINIMUM_COVERAGE, sizes >= 3],
        ["nothing_feasible", "low_coverage", "three_or_more_options"],
        default="",
    )
    state = np.select([reason != "", sizes == 1], ["abstained", "recommended"], default="close")
    ahead = (state == "recommended") & (ranked[:, 0] - second >= CLEAR_GAP - _EQUAL)
    clear = ahead & (advice.coverage.to_numpy() >= CLEAR_COVERAGE)
    table = pd.DataFrame(
        {
            "state": state,
            "reason": reason,
            "first": np.where(ranked[:, 0] > 0, names[order[:, 0]], ""),
            "second": np.where(second > 0, names[order[:, min(1, len(names) - 1)]], ""),
            "first_share": ranked[:, 0],
            "second_share": second,
            "gap": ranked[:, 0] - second,
            "n_options": sizes,
            "grade": np.where(state == "abstained", "", np.where(clear, "clear", "slight")),
        },
        index=advice.answers.index,
    )
    text = ["state", "reason", "first", "second", "grade"]
    return table.astype(dict.fromkeys(text, "str"))


def _deciding(advice: Advice, rules: Rules, order: NDArray[np.int64], close: NDArray[np.bool_]) -> pd.Series:
    """Return the criterion that sets the two leading options furthest apart, at the central weights."""
    if order.shape[1] < 2:
        return pd.Series("", index=advice.answers.index, dtype="str")
    rows = np.arange(len(order))
    suitability = np.nan_to_num(advice.suitability)
    apart = suitability[rows, :, order[:, 0]] - suitability[rows, :, order[:, 1]]
    strongest = np.abs(apart * measured_weights(advice, rules)).argmax(axis=1)
    names = np.array(rules.ids, dtype=object)[strongest]
    return pd.Series(np.where(close, names, ""), index=advice.answers.index, dtype="str")


def _sequences(advice: Advice, rules: Rules, table: pd.DataFrame) -> pd.DataFrame:
    """Return, where two close options can follow each other and an answer says so, which comes first."""
    columns = ["sequence", "sequence_first", "sequence_then", "sequence_signal"]
    found = pd.DataFrame("", index=table.index, columns=columns, dtype="str")
    if not (table["state"] == "close").any():
        return found
    for sequence in rules.sequences:
        signal = _signal(advice, sequence)
        for early, late in (("first", "second"), ("second", "first")):
            fits = table[early].isin(sequence.first) & table[late].isin(sequence.then)
            where = (table["state"] == "close") & fits & (signal != "") & (found["sequence"] == "")
            found.loc[where, "sequence"] = sequence.id
            found.loc[where, "sequence_first"] = table.loc[where, early]
            found.loc[where, "sequence_then"] = table.loc[where, late]
            found.loc[where, "sequence_signal"] = signal[where]
    return found


def _signal(advice: Advice, sequence: Sequence) -> pd.Series:
    """Return the first criterion whose answer is a signal; empty where none is, or where an answer forbids it."""
    said = pd.Series("", index=advice.answers.index, dtype="str")
    for signal in sequence.signals:
        said = said.where((said != "") | ~_speaks(advice, signal), signal.criterion)
    for signal in sequence.unless:
        said = said.where(~_speaks(advice, signal), "")
    return said


def _speaks(advice: Advice, signal: Signal) -> pd.Series:
    answer = advice.answers[signal.criterion]
    if signal.levels:
        return answer.isin(signal.levels)
    return pd.to_numeric(answer).between(signal.at_least, signal.at_most)


def _observed(advice: Advice, observed: ObservedChoice | None) -> pd.DataFrame:
    """Compare the leading arrangement with what firms like this one have most often."""
    index = advice.answers.index
    if observed is None or observed.status == "empty":
        return _same_for_all(index, "observed", "unavailable")
    probabilities = observed.probabilities.reindex(index)
    known = probabilities.notna().all(axis=1)
    top = probabilities[known].idxmax(axis=1).reindex(index).fillna("").astype("str")
    shown = leaders(advice).map(observed.merging.shown)
    agreement = np.select(
        [(~known | shown.isna()).to_numpy(), np.full(len(index), not observed.informative), (shown == top).to_numpy()],
        ["unavailable", "not_informative", "agrees"],
        default="differs",
    )
    return pd.DataFrame({"observed_top": top, "observed_agreement": agreement}, index=index, dtype="str")


def _estimated(advice: Advice, estimates: Estimates | None) -> pd.DataFrame:
    """Compare the arm of the leading arrangement with the best arm that the firm can have."""
    index = advice.answers.index
    if estimates is None:
        return _same_for_all(index, "estimated", "unavailable")
    if estimates.merging is None or estimates.projection is None:
        return _same_for_all(index, "estimated", "not_estimable")
    if not len(estimates.predicted):
        return _same_for_all(index, "estimated", "unavailable")
    arms, shown = estimates.predicted.columns, estimates.merging.shown
    own = arms.get_indexer(pd.Index(leaders(advice).map(shown)))
    possible = _possible_arms(advice, arms, shown)
    where = estimates.predicted.index.get_indexer(index)
    judged = (own >= 0) & (where >= 0) & possible.any(axis=1)
    values = np.where(possible, estimates.predicted.to_numpy()[where], -np.inf)
    best = values.argmax(axis=1)
    known = arms.isin(estimates.may_claim) & ~estimates.outside[arms].to_numpy(dtype=bool)[where]
    lead = _surest_lead(values, estimates.predicted_covariance[where], own, known)
    surely = NormalDist().inv_cdf(1 - 0.025 / max(len(arms) * (len(arms) - 1) / 2, 1))
    shows = estimates.effect is not None and estimates.effect.p_value <= SURVEY_ERROR
    agreement = np.select(
        [~judged, (lead > surely) & shows, (lead < -surely) & shows], ["unavailable", "agrees", "differs"], "undecided"
    )
    top = np.where(possible.any(axis=1) & (where >= 0), arms.to_numpy(dtype=object)[best], "")
    return pd.DataFrame({"estimated_top": top, "estimated_agreement": agreement}, index=index, dtype="str")


def _decided(index: pd.Index, decision: Decision | None, *, combined: bool) -> pd.DataFrame:
    """Return what the outcome claims, and the part of the data where experts are combined with it."""
    found = pd.DataFrame(
        {"first": "", "claim": False, "against": "", "fragile": False, "robustness": np.nan}, index=index
    )
    if decision is not None:
        found = decision.table.loc[index, list(found.columns)]
    named = found.add_prefix("estimated_").astype({"estimated_first": "str", "estimated_against": "str"})
    named["combined"] = decision is not None and combined
    for name in _SHARES:
        named[name] = decision.table.loc[index, name] if decision is not None else np.nan
    return named


def _surest_lead(
    values: NDArray[np.float64],
    covariance: NDArray[np.float64],
    own: NDArray[np.int64],
    known: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return the smallest lead of one arm over the possible others, in standard errors; 0 where there is no other.

    A pair of which too little is known counts as 0: neither ahead nor behind.
    """
    rows = np.arange(len(values))
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    spread = variance + variance[rows, own][:, None] - 2 * covariance[rows, own, :]
    other = np.isfinite(values)
    other[rows, own] = False
    lead = np.where(other, values[rows, own][:, None] - np.where(other, values, 0), np.inf)
    lead = np.where(other & ~(known & known[rows, own][:, None]), 0.0, lead)
    smallest = (lead / np.sqrt(np.maximum(spread, np.finfo(float).tiny))).min(axis=1)
    return np.where(other.any(axis=1), smallest, 0.0)


def _possible_arms(advice: Advice, arms: pd.Index, shown: dict[str, str]) -> NDArray[np.bool_]:
    """Return the arms of which a firm can have at least one arrangement, of shape (n_firms, n_arms)."""
    possible = np.zeros((len(advice.feasible), len(arms)), dtype=bool)
    for position, arm in enumerate(arms):
        members = [name for name in advice.feasible.columns if shown.get(name) == arm]
        possible[:, position] = advice.feasible[members].any(axis=1)
    return possible


def _same_for_all(index: pd.Index, kind: str, agreement: str) -> pd.DataFrame:
    return pd.DataFrame({f"{kind}_top": "", f"{kind}_agreement": agreement}, index=index, dtype="str")


def _options(advice: Advice, order: NDArray[np.int64], sizes: NDArray[np.int64]) -> pd.DataFrame:
    n, options = order.shape
    names = advice.acceptability.columns.to_numpy(dtype=object)
    rank = np.tile(np.arange(1, options + 1), n)
    table = pd.DataFrame(
        {
            "respondent": np.repeat(advice.answers.index.to_numpy(), options),
            "rank": rank,
            "arrangement": names[order].ravel(),
            "acceptability": np.take_along_axis(advice.acceptability.to_numpy(), order, axis=1).ravel(),
            "in_set": rank <= np.repeat(sizes, options),
        }
    )
    feasible = np.take_along_axis(advice.feasible.to_numpy(), order, axis=1).ravel()
    return table[feasible].reset_index(drop=True).astype({"arrangement": "str"})
