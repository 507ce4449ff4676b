"""The decision for each firm: the options that nothing sets apart, from the data and, where they speak, from experts.

Experts are combined with data only where they gave expected effects in the outcome's unit. The expectation of the
experts is read as one more measurement of the firm's effects, wrong by about `tau`.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.cdo.estimated import Estimates
from cdo_analysis.cdo.robustness import robustness_value
from cdo_analysis.cdo.sensitivity import pair_matrices
from cdo_analysis.errors import UsageError

CONFIDENCE = 0.95
"""Probability with which some other feasible option must be better for an option to be dominated."""

SURVEY_SHARE = 0.5
"""Part of the tolerated error that the test of the survey may spend; the rest covers that nuisances are estimated."""

DRAWS = 1000
"""Draws from the posterior of each firm that the probability of being the best is counted in."""

FEWEST_TO_DISAGREE = 30
"""Firms, under which a disagreement between experts and data is not measured."""

_BLOCK = 256  # firms whose draws are held at once
_UNKNOWN = 1e4  # standard deviation of what the data do not know, in the outcome's unit


@dataclass(frozen=True)
class ExpertEffects:
    """What experts expect, in the outcome's unit.

    Attributes
    ----------
    mean : DataFrame of shape (n_firms, n_arms)
        Expected effect of each arm for each firm; only differences between arms matter.
    tau : float
        Standard deviation of the experts' error about the difference between two arms, as they declare it.
    """

    mean: pd.DataFrame
    tau: float


@dataclass(frozen=True)
class Decision:
    """What can be said to each firm.

    Attributes
    ----------
    table : DataFrame
        A row a firm, index ``respondent``:

        - ``state``: ``recommended`` (one option), ``close`` (two) or ``abstained``;
        - ``reason`` of an abstention: ``nothing_feasible``, ``not_estimable`` (neither data nor experts speak of an
          option), ``out_of_overlap`` (hardly any firm like this one has an option), ``three_or_more_options``;
        - ``first``, ``second``: the two best options, those of the set before; ``n_options``: size of the set;
          ``first_probability``: posterior probability that ``first`` is the best feasible one;
        - ``gain``, ``gain_se``: expected difference between them, and its posterior standard deviation;
        - ``claim``: the data alone say that ``first`` does better than ``against`` (the arm that the firm has today,
          the commonest one where it has none of them), after the test of the survey and adjusted for the number of
          arms; ``lead``, ``lead_low``: its difference in the data, and the end of the adjusted interval;
          ``fragile``: a confounder as strong as the strongest covariate would undo the claim; ``robustness``:
          robustness value of `lead_low`; NaN without claim;
        - ``data_share_half``, ``data_share``, ``data_share_double``: share of the data in the difference between the
          two best options, with tau / 2, tau, 2 tau; NaN without experts, or with one option.
    sets : DataFrame of bool
        Firms × options: those that are not dominated, before abstention.
    confidence : float
    tau : float
        What the experts declared; NaN without experts.
    tau_used : float
        The same, larger where experts and data are further apart than `tau` and sampling explain.
    effect_p_value : float
        Of no difference between arms for any firm of the survey; NaN without estimates.
    """

    table: pd.DataFrame
    sets: pd.DataFrame
    confidence: float
    tau: float
    tau_used: float
    effect_p_value: float

    @property
    def experts_disagree(self) -> bool:
        """True where experts and data are further apart than the experts' declared error and sampling explain."""
        return bool(self.tau_used > self.tau)


def decide(
    estimates: Estimates,
    feasible: pd.DataFrame,
    *,
    today: pd.Series,
    expert: ExpertEffects | None = None,
    confidence: float = CONFIDENCE,
    disagreement: float | None = None,
) -> Decision:
    """Return the options that nothing sets apart, for each firm.

    Parameters
    ----------
    estimates : Estimates
        With a prediction for the same firms.
    feasible : DataFrame of bool
        Firms × options (the arms of the estimates, and those that they set aside): what each firm can have.
    today : Series of str
        The option that each firm has, indexed like `feasible`; NaN where unknown.
    expert : ExpertEffects, optional
        For the same firms and options.
    confidence : float
        An option is dominated where some other feasible one is better with this posterior probability. The option with
        the best expectation never is.
    disagreement : float, optional
        Standard deviation of the experts' error as :func:`measure_disagreement` found it on a survey; measured on
        these firms where it is not given and they are at least :data:`FEWEST_TO_DISAGREE`.

    Returns
    -------
    Decision

    Notes
    -----
    Normal posterior of the differences between options: predictions of the data with their covariance, times the
    experts' expectation with variance tau² for a difference. An option without data (set aside, or outside the
    overlap of the firm) has the experts' expectation alone; without experts it cannot be dominated.
    """
    if expert is not None and not (expert.tau > 0 and feasible.columns.isin(expert.mean.columns).all()):
        raise UsageError(
            f"experts gave tau = {expert.tau} and effects of {', '.join(map(str, expert.mean.columns))}; a tau above 0 "
            f"and every option ({', '.join(map(str, feasible.columns))}) are needed."
        )
    data = _read_data(estimates, feasible)
    tau = float("nan") if expert is None else expert.tau
    if disagreement is None:
        disagreement = 0.0 if expert is None else measure_disagreement(estimates, expert)
    tau_used = tau if expert is None else max(tau, disagreement)
    belief = data if expert is None else data.with_experts(_expert_means(expert, feasible), tau_used)
    best = _probability_best(belief)
    sets = _undominated(belief, best, confidence)
    table = _states(belief, sets, feasible)
    table["first_probability"] = _value_at(best, feasible.columns, table["first"])
    leads = _leads(estimates, data, table, feasible=feasible, today=today)
    table = table.join(_judge_claims(estimates, leads, confidence))
    table = table.join(_data_shares(data, table, feasible, tau_used))
    effect = float("nan") if estimates.effect is None else estimates.effect.p_value
    frame = pd.DataFrame(sets, index=feasible.index.rename("respondent"), columns=feasible.columns)
    return Decision(table, frame, confidence, tau, tau_used, effect)


def measure_disagreement(estimates: Estimates, expert: ExpertEffects) -> float:
    """Return the standard deviation of the experts' error that their distance to the data shows.

    Parameters
    ----------
    estimates : Estimates
        With the predictions of the firms of a survey.
    expert : ExpertEffects
        For the same firms.

    Returns
    -------
    float
        Of the difference between two arms, sampling taken out: the average squared distance, over firms and arms,
        less what the variance of the predictions explains; 0 where it explains all, or too few firms are known.
    """
    arms = [arm for arm in estimates.predicted.columns if arm in expert.mean.columns]
    firms = expert.mean.index[expert.mean.index.isin(estimates.predicted.index)]
    if len(firms) < FEWEST_TO_DISAGREE or len(arms) < 2:
        return 0.0
    rows = estimates.predicted.index.get_indexer(firms)
    columns = estimates.predicted.columns.get_indexer(pd.Index(arms))
    covariance = estimates.predicted_covariance[rows][:, columns][:, :, columns]
    gap = expert.mean.loc[firms, arms].to_numpy() - estimates.predicted.loc[firms, arms].to_numpy()
    centre = np.eye(len(arms)) - 1 / len(arms)
    known = ~estimates.outside.loc[firms, arms].to_numpy(dtype=bool).any(axis=1)
    if known.sum() < FEWEST_TO_DISAGREE:
        return 0.0
    squared = np.square(gap @ centre).sum(axis=1) - np.einsum("ij,nji->n", centre, covariance)
    return float(np.sqrt(max(2 * squared[known].mean() / (len(arms) - 1), 0.0)))


@dataclass(frozen=True, eq=False)
class _Belief:
    """What is believed of each option of each firm: mean and covariance, `informed` where anything is known."""

    possible: NDArray[np.bool_]
    informed: NDArray[np.bool_]
    outside: NDArray[np.bool_]
    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]

    @property
    def ranking(self) -> NDArray[np.float64]:
        """Expected outcome, the last ones being what nothing is known of, then what is not feasible."""
        return np.where(self.possible, np.where(self.informed, self.mean, -_UNKNOWN), -np.inf)

    def with_experts(self, expected: NDArray[np.float64], tau: float) -> _Belief:
        """Return the belief once experts are heard, whose error on a difference is tau: tau² / 2 on each option."""
        spoken = np.asarray(np.isfinite(expected).all(axis=1))
        options = expected.shape[1]
        # Only differences matter: nothing is said of the level that is common to all options.
        said = (np.eye(options) - 1 / options) * np.where(spoken, 2 / tau**2, 0.0)[:, None, None]
        precision = np.linalg.inv(self.covariance)
        covariance = np.linalg.inv(precision + said)
        pull = np.einsum("nij,nj->ni", precision, self.mean) + np.einsum("nij,nj->ni", said, np.nan_to_num(expected))
        informed = self.informed | spoken[:, None]
        return _Belief(self.possible, informed, self.outside, np.einsum("nij,nj->ni", covariance, pull), covariance)


def _read_data(estimates: Estimates, feasible: pd.DataFrame) -> _Belief:
    """Return what the data alone say; what they do not know has an immense variance."""
    possible = feasible.to_numpy(dtype=bool)
    n, options = possible.shape
    mean, covariance = np.zeros((n, options)), np.zeros((n, options, options))
    known, outside = np.zeros((n, options), dtype=bool), np.zeros((n, options), dtype=bool)
    if len(estimates.predicted):
        rows = estimates.predicted.index.get_indexer(feasible.index)
        columns = estimates.predicted.columns.get_indexer(feasible.columns)
        here, there = np.flatnonzero(rows >= 0), np.flatnonzero(columns >= 0)
        grid, source = np.ix_(here, there), np.ix_(rows[here], columns[there])
        mean[grid] = estimates.predicted.to_numpy()[source]
        outside[grid] = estimates.outside.to_numpy()[source]
        known[grid] = True
        square = np.ix_(here, there, there)
        covariance[square] = estimates.predicted_covariance[np.ix_(rows[here], columns[there], columns[there])]
    known &= ~outside
    unknown = ~(known[:, :, None] & known[:, None, :])
    covariance[unknown] = 0
    covariance += np.eye(options) * np.where(known, 1e-9, _UNKNOWN**2)[:, None, :]
    return _Belief(possible, known, outside, np.where(known, mean, 0.0), covariance)


def _expert_means(expert: ExpertEffects, feasible: pd.DataFrame) -> NDArray[np.float64]:
    return expert.mean.reindex(index=feasible.index, columns=feasible.columns).to_numpy(dtype=float)


def _probability_best(belief: _Belief) -> NDArray[np.float64]:
    """Return the probability that each option is the best of those that are feasible and known, firm by firm."""
    n, options = belief.possible.shape
    normal = np.random.default_rng(0).normal(size=(options, DRAWS // 2))
    normal = np.hstack([normal, -normal])
    compared = belief.possible & belief.informed
    found = np.zeros((n, options))
    for start in range(0, n, _BLOCK):
        block = slice(start, start + _BLOCK)
        roots = np.linalg.cholesky(belief.covariance[block])
        values = belief.mean[block, :, None] + roots @ normal
        top = np.where(compared[block, :, None], values, -np.inf).argmax(axis=1)
        found[block] = (top[:, None, :] == np.arange(options)[:, None]).mean(axis=2)
    return np.where(compared, found, np.nan)


def _undominated(belief: _Belief, best: NDArray[np.float64], confidence: float) -> NDArray[np.bool_]:
    """Return the feasible options that may well be the best; nothing dominates an option of which nothing is known."""
    leader = belief.ranking.argmax(axis=1)[:, None] == np.arange(best.shape[1])
    return belief.possible & (leader | ~belief.informed | (np.nan_to_num(best) > 1 - confidence))


def _value_at(values: NDArray[np.float64], options: pd.Index, names: pd.Series) -> NDArray[np.float64]:
    """Return, row by row, the value of the named option; NaN where it is none of them."""
    places = options.get_indexer(pd.Index(names))
    return np.where(places >= 0, values[np.arange(len(values)), places], np.nan)


def _deviation(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard deviation of the difference of each pair, of shape (n_firms, n_options, n_options)."""
    own = np.diagonal(covariance, axis1=1, axis2=2)
    return np.sqrt(np.maximum(own[:, :, None] + own[:, None, :] - 2 * covariance, np.finfo(float).tiny))


def _states(belief: _Belief, sets: NDArray[np.bool_], feasible: pd.DataFrame) -> pd.DataFrame:
    sizes = sets.sum(axis=1)
    silent = sets & ~belief.informed
    within = (sets & ~belief.outside).sum(axis=1)
    reason = np.select(
        [
            sizes == 0,
            (sizes > 1) & (silent & belief.outside).any(axis=1),
            (sizes > 1) & silent.any(axis=1),
            (sizes >= 3) & (within <= 2),
            sizes >= 3,
        ],
        ["nothing_feasible", "out_of_overlap", "not_estimable", "out_of_overlap", "three_or_more_options"],
        default="",
    )
    order = np.lexsort((-belief.ranking, ~sets, ~belief.possible), axis=1)
    first, second = order[:, 0], order[:, min(1, order.shape[1] - 1)]
    possible, rows = belief.possible.sum(axis=1), np.arange(len(order))
    told = (possible > 1) & belief.informed[rows, first] & belief.informed[rows, second]
    spread = _deviation(belief.covariance)[rows, first, second]
    names = feasible.columns.to_numpy(dtype=object)
    table = pd.DataFrame(
        {
            "state": np.select([reason != "", sizes == 1], ["abstained", "recommended"], default="close"),
            "reason": reason,
            "first": np.where(possible > 0, names[first], ""),
            "second": np.where(possible > 1, names[second], ""),
            "n_options": sizes,
            "gain": np.where(told, belief.mean[rows, first] - belief.mean[rows, second], np.nan),
            "gain_se": np.where(told, spread, np.nan),
        },
        index=feasible.index.rename("respondent"),
    )
    return table.astype(dict.fromkeys(["state", "reason", "first", "second"], "str"))


def _leads(
    estimates: Estimates, data: _Belief, table: pd.DataFrame, *, feasible: pd.DataFrame, today: pd.Series
) -> pd.DataFrame:
    """Return the lead of the first option over what the firm has, in the data alone, where both are known.

    Columns ``against``, ``lead``, ``lead_se``, and of the pair of arms ``ratio`` and ``bias``
    (:func:`~cdo_analysis.cdo.sensitivity.sensitivity_tables`); NaN where nothing can be compared.
    """
    options, rows = feasible.columns, np.arange(len(table))
    first = options.get_indexer(pd.Index(table["first"]))
    against = options.get_indexer(pd.Index(today.reindex(feasible.index)))
    if len(estimates.means):
        commonest = options.get_indexer(pd.Index([estimates.means["n"].idxmax()]))[0]
        against = np.where((against < 0) | ~data.informed[rows, against], commonest, against)
    judged = (first >= 0) & (against >= 0) & (first != against)
    judged &= data.informed[rows, first] & data.informed[rows, against]
    known = options.isin(estimates.may_claim)
    judged &= known[first] & known[against]
    gap, error = data.mean[rows, first] - data.mean[rows, against], _deviation(data.covariance)[rows, first, against]
    ratio, bias = pair_matrices(estimates.sensitivity, list(options))
    names = np.append(options.to_numpy(dtype=object), "")
    found = pd.DataFrame({"against": names[np.where(judged, against, -1)]}, index=table.index, dtype="str")
    for name, values in (("lead", gap), ("lead_se", error)):
        found[name] = np.where(judged, values, np.nan)
    for name, matrix in (("ratio", ratio), ("bias", bias)):
        found[name] = np.where(judged, matrix[first, against], np.nan)
    return found


def _judge_claims(estimates: Estimates, found: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Return which leads are claimed, and which claims a confounder as strong as the strongest covariate undoes."""
    passed = estimates.effect is not None and estimates.effect.p_value <= SURVEY_SHARE * (1 - confidence)
    others = max(len(estimates.means) - 1, 1)
    surely = NormalDist().inv_cdf(1 - (1 - confidence) / others)
    limit = found["lead"] - surely * found["lead_se"]
    claim = limit.gt(0) & passed
    strength = (limit / found["ratio"]).where(claim)
    return pd.DataFrame(
        {
            "against": found["against"].where(claim, ""),
            "claim": claim,
            "fragile": claim & ~limit.gt(found["bias"]),
            "robustness": robustness_value(strength.to_numpy()),
            "lead": found["lead"].where(claim),
            "lead_low": limit.where(claim),
        },
        index=found.index,
    ).astype({"against": "str"})


def _data_shares(data: _Belief, table: pd.DataFrame, feasible: pd.DataFrame, tau: float) -> pd.DataFrame:
    """Return the share of the data in the difference between the two best options, with tau / 2, tau, 2 tau."""
    rows = np.arange(len(table))
    first, second = (feasible.columns.get_indexer(pd.Index(table[name])) for name in ("first", "second"))
    variance = _deviation(data.covariance)[rows, first, second] ** 2
    told = (first >= 0) & (second >= 0) & np.isfinite(tau)
    shares = {}
    for name, factor in (("data_share_half", 0.5), ("data_share", 1.0), ("data_share_double", 2.0)):
        prior = (factor * tau) ** 2
        shares[name] = np.where(told, prior / (prior + variance), np.nan)
    return pd.DataFrame(shares, index=table.index)
