"""*Estimé sous hypothèses*: what a declared outcome suggests, where the printed assumptions hold.

Nothing is estimated before every gate is passed. "Not estimable" is a normal result, and names the gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.cdo.arms import Merging, merge_rare, set_aside
from cdo_analysis.cdo.balance import balance_tables
from cdo_analysis.cdo.basis import Basis, learn_basis
from cdo_analysis.cdo.effect_test import EffectTest, find_effect
from cdo_analysis.cdo.encoding import learn_encoding
from cdo_analysis.cdo.gates import (
    EstimateSettings,
    Gate,
    check_arms,
    check_covariates,
    check_outcome,
    check_overlap,
    without_overlap,
)
from cdo_analysis.cdo.nuisance import Nuisance, Sample, cross_fit, fit_propensity
from cdo_analysis.cdo.observed import ChoiceModel
from cdo_analysis.cdo.projection import NORMAL_95, Projection, project_scores, weighted_mean
from cdo_analysis.cdo.sensitivity import sensitivity_tables

ASSUMPTIONS = (
    "no_hidden_confounder",
    "overlap",
    "one_version_of_each_arrangement",
    "outcome_measured_without_bias",
    "missing_answers_at_random",
)
"""What must hold for an estimate to mean something; ids of sentences."""

_NOTHING = np.empty((0, 0, 0))


@dataclass(frozen=True)
class Estimates:
    """What the outcome suggests, or the gate that was not passed.

    Attributes
    ----------
    status : {'estimated', 'not_estimable'}
    gates : tuple of Gate
        Those that were checked, in the order of :data:`~cdo_analysis.cdo.GATES`; the last one failed where the
        status is ``not_estimable``.
    assumptions : tuple of str
        What must hold (:data:`ASSUMPTIONS`).
    merging : Merging or None
        Which arrangements were merged or set aside.
    means : DataFrame
        A row an arm (index ``arm``): ``n``, ``mean`` (expected outcome if all firms within the overlap of all arms
        had the arm), ``se``, ``low``,
        ``high`` (95 %), ``mean_unweighted`` and ``se_unweighted`` (the same without weights), ``naive`` (weighted
        mean of the firms that have the arm, which mixes the arm with who chooses it).
    contrasts : DataFrame
        A row an arm and a reference: ``arm``, ``reference``, ``against`` (``commonest`` or ``best``), ``difference``,
        ``se``, ``low``, ``high``, ``naive`` (difference of the naive means). Intervals are not adjusted for their
        number.
    projection : Projection or None
        What predicts the outcome of one firm under each arm.
    choice : ChoiceModel or None
        What predicts the probability of each arm of one firm.
    propensity : DataFrame
        Out-of-fold probability of each arm, a row a firm that was used.
    predicted : DataFrame
        Expected outcome of each firm under each arm.
    predicted_covariance : ndarray of shape (n_firms, n_arms, n_arms)
        Sampling covariance of a row of `predicted`.
    outside : DataFrame of bool
        Like `predicted`: True where a firm is outside the overlap of an arm, hardly any firm like it having it.
    effect : EffectTest or None
        Whether arms differ at all.
    sensitivity, benchmarks : DataFrame
        See :func:`~cdo_analysis.cdo.sensitivity.sensitivity_tables`.
    balance, arm_sizes : DataFrame
        See :func:`~cdo_analysis.cdo.balance.balance_tables`.
    """

    status: str
    gates: tuple[Gate, ...]
    assumptions: tuple[str, ...]
    merging: Merging | None
    means: pd.DataFrame = field(default_factory=pd.DataFrame)
    contrasts: pd.DataFrame = field(default_factory=pd.DataFrame)
    projection: Projection | None = None
    choice: ChoiceModel | None = None
    propensity: pd.DataFrame = field(default_factory=pd.DataFrame)
    predicted: pd.DataFrame = field(default_factory=pd.DataFrame)
    predicted_covariance: NDArray[np.float64] = field(default_factory=_NOTHING.copy)
    outside: pd.DataFrame = field(default_factory=pd.DataFrame)
    effect: EffectTest | None = None
    sensitivity: pd.DataFrame = field(default_factory=pd.DataFrame)
    benchmarks: pd.DataFrame = field(default_factory=pd.DataFrame)
    balance: pd.DataFrame = field(default_factory=pd.DataFrame)
    arm_sizes: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def predicted_se(self) -> pd.DataFrame:
        """Standard error of each cell of `predicted`."""
        variances = np.maximum(np.diagonal(self.predicted_covariance, axis1=1, axis2=2), 0)
        return pd.DataFrame(np.sqrt(variances), index=self.predicted.index, columns=self.predicted.columns)

    def for_firms(self, X_pre: pd.DataFrame) -> Estimates:
        """Return the same estimates with the predictions of the firms of `X_pre`, which may be others."""
        if self.projection is None or self.choice is None:
            return self
        predicted, covariance = self.projection.predict(X_pre)
        outside = self.choice.predict(X_pre)[list(self.projection.arms)] < self._smallest_propensity
        return replace(self, predicted=predicted, predicted_covariance=covariance, outside=outside)

    @property
    def gate(self) -> Gate | None:
        """The gate that was not passed; None where all were."""
        return next((gate for gate in self.gates if not gate.passed), None)

    @property
    def may_claim(self) -> list[str]:
        """Arms that have enough firms for a claim about them."""
        least = next((gate.details["minimum_to_claim"] for gate in self.gates if gate.id == "arms"), 0)
        return [str(arm) for arm in self.means.index[self.means["n"] >= least]] if len(self.means) else []

    @property
    def _smallest_propensity(self) -> float:
        return next(float(gate.details["minimum_propensity"]) for gate in self.gates if gate.id == "overlap")

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; `propensity` is a table of its own, and :meth:`for_firms` predicts again."""
        tables = {name: getattr(self, name).to_dict(orient="records") for name in _TABLES}
        return {
            "status": self.status,
            "gates": [asdict(gate) for gate in self.gates],
            "assumptions": list(self.assumptions),
            "merging": None if self.merging is None else self.merging.to_dict(),
            "means": self.means.reset_index().to_dict(orient="records"),
            "arm_sizes": self.arm_sizes.reset_index().to_dict(orient="records"),
            "projection": None if self.projection is None else self.projection.to_dict(),
            "choice": None if self.choice is None else self.choice.to_dict(),
            "effect": None if self.effect is None else asdict(self.effect),
        } | tables

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any], propensity: pd.DataFrame | None = None) -> Estimates:
        """Return what :meth:`to_dict` described, without predictions: see :meth:`for_firms`."""
        tables: dict[str, Any] = {name: pd.DataFrame(saved[name]) for name in _TABLES}
        for name in ("means", "arm_sizes"):
            table = pd.DataFrame(saved[name])
            tables[name] = table.set_index("arm") if len(table) else table
        return cls(
            status=saved["status"],
            gates=tuple(Gate(**gate) for gate in saved["gates"]),
            assumptions=tuple(saved["assumptions"]),
            merging=None if saved["merging"] is None else Merging(**saved["merging"]),
            projection=None if saved["projection"] is None else Projection.from_dict(saved["projection"]),
            choice=None if saved["choice"] is None else ChoiceModel.from_dict(saved["choice"]),
            propensity=pd.DataFrame() if propensity is None else propensity,
            effect=None if saved["effect"] is None else EffectTest(**saved["effect"]),
            **tables,
        )


_TABLES = ("contrasts", "sensitivity", "benchmarks", "balance")


def estimate_outcomes(
    X_pre: pd.DataFrame,
    arm: pd.Series,
    outcome: pd.Series | None,
    *,
    sample_weight: pd.Series | None = None,
    random_state: int = 0,
    settings: EstimateSettings | None = None,
) -> Estimates:
    """Estimate the outcome of each arm, if every gate is passed.

    Parameters
    ----------
    X_pre : DataFrame of shape (n_firms, n_columns)
        What firms were before they had the arrangement; numbers and texts, NaN where missing.
    arm : Series of str
        The arrangement, indexed like `X_pre`; NaN where unknown, or where the firm is not to be used (to keep those
        that started recently, say).
    outcome : Series of float or None
        The outcome declared beforehand, indexed like `X_pre`; None where none was declared.
    sample_weight : Series of float, optional
        Weighs the means; models, and what is said of one firm, are fitted without weights.
    random_state : int
        Draws the folds.
    settings : EstimateSettings, optional

    Returns
    -------
    Estimates

    Notes
    -----
    Cross-fitted augmented inverse-propensity weighting for several arms: ridge-penalised multinomial logit of the arm,
    ridge regression of the outcome, propensities cut at ``minimum_propensity``. Folds are drawn several times; means
    and differences are medians over the draws, their variance the median of the variance plus the squared distance to
    the median (Chernozhukov et al., The Econometrics Journal 21(1), 2018). What is said of one firm is a projection of
    the scores on bends and products of what firms are (:class:`~cdo_analysis.cdo.projection.Projection`). Firms
    without outcome or arm are left out; every firm gets a prediction. Columns are encoded on all firms at once,
    without the arm or the outcome.
    """
    settings = settings or EstimateSettings()
    gates = [check_outcome(arm, outcome, settings), check_covariates(X_pre, settings)]
    if outcome is None or not all(gate.passed for gate in gates):
        return _not_estimable(gates, None)
    fitted, merging, arms_gates = _fit_arms(X_pre, arm, outcome.astype("float64"), settings, random_state)
    gates += arms_gates
    if fitted is None or not gates[-1].passed:
        return _not_estimable(gates, merging, None if fitted is None else fitted.propensity)
    sample, basis, propensity = fitted.sample, fitted.basis, fitted.propensity
    weights = np.ones(len(propensity))
    if sample_weight is not None:
        weights = sample_weight.loc[propensity.index].to_numpy(dtype=float)
    found = _Found(fitted, weights, random_state)
    balance, arm_sizes = balance_tables(sample, basis.encoding, found.clipped)
    sensitivity, benchmarks = sensitivity_tables(sample, basis.encoding, found.gaps())
    return Estimates(
        status="estimated",
        gates=tuple(gates),
        assumptions=ASSUMPTIONS,
        merging=merging,
        means=found.means(),
        contrasts=found.contrasts(),
        projection=found.project(),
        choice=_choice(sample, basis),
        propensity=propensity,
        effect=found.effect(),
        sensitivity=sensitivity,
        benchmarks=benchmarks,
        balance=balance,
        arm_sizes=arm_sizes,
    ).for_firms(X_pre)


@dataclass(frozen=True, eq=False)
class _Fitted:
    """Firms of the arms that are kept, and the nuisances of each draw of the folds."""

    sample: Sample
    basis: Basis
    draws: list[Nuisance]
    propensity: pd.DataFrame


def _fit_arms(
    X_pre: pd.DataFrame, arm: pd.Series, outcome: pd.Series, settings: EstimateSettings, seed: int
) -> tuple[_Fitted | None, Merging, list[Gate]]:
    """Fit the nuisances of the arms that are frequent enough and within reach of most firms; set the others aside."""
    shown, merging = merge_rare(
        arm.where(outcome.notna()), settings.parents, rare=settings.minimum_arm, smallest=settings.smallest_arm
    )
    while (gate := check_arms(merging, settings)).passed:
        used = shown.notna()
        basis, sample = prepare_sample(X_pre[used], shown[used], outcome[used], settings)
        draws = [cross_fit(sample, sample.split(draw)) for draw in _seeds(seed, settings.splits)]
        average = np.mean([draw.propensity for draw in draws], axis=0)
        propensity = pd.DataFrame(average, index=X_pre.index[used], columns=list(sample.arms))
        fewer = set_aside(merging, without_overlap(propensity, settings))
        if fewer == merging or not check_arms(fewer, settings).passed:
            return _Fitted(sample, basis, draws, propensity), merging, [gate, check_overlap(propensity, settings)]
        merging, shown = fewer, shown.where(shown.isin(list(fewer.counts)))
    return None, merging, [gate]


def _not_estimable(gates: list[Gate], merging: Merging | None, propensity: pd.DataFrame | None = None) -> Estimates:
    passed = [gate.passed for gate in gates]
    checked = tuple(gates[: passed.index(False) + 1])
    propensity = pd.DataFrame() if propensity is None else propensity
    return Estimates("not_estimable", checked, ASSUMPTIONS, merging, propensity=propensity)


def _seeds(random_state: int, splits: int) -> list[int]:
    return [int(seed) for seed in np.random.SeedSequence(random_state).generate_state(splits)]


def prepare_sample(
    X: pd.DataFrame, arm: pd.Series, outcome: pd.Series, settings: EstimateSettings
) -> tuple[Basis, Sample]:
    """Return the firms that are used: encoded covariates, their basis, arms as positions, outcome."""
    basis = learn_basis(X, learn_encoding(X))
    names, position = np.unique(arm.to_numpy(dtype=object), return_inverse=True)
    arms = tuple(str(name) for name in names)
    return basis, Sample(basis.encoding.encode(X), basis.expand(X), position, arms, outcome.to_numpy(), settings)


def _choice(sample: Sample, basis: Basis) -> ChoiceModel:
    """Return the model of the arms fitted on all firms, as numbers."""
    model = fit_propensity(sample)
    rows, start = np.asarray(model.coef_), np.asarray(model.intercept_)
    if len(rows) == 1:  # two arms: one row of log-odds, of the second
        rows, start = np.vstack([np.zeros_like(rows), rows]), np.append(0.0, start)
    return ChoiceModel(basis.encoding, sample.arms, rows, start, sample.settings.penalty)


class _Found:
    """The scores of every draw of the folds, and what they say."""

    def __init__(self, fitted: _Fitted, weights: NDArray[np.float64], seed: int) -> None:
        self.sample, self.basis, self.seed = fitted.sample, fitted.basis, seed
        self.draws = [draw.scores(fitted.sample) for draw in fitted.draws]
        self.scores = np.mean(self.draws, axis=0)
        propensity, smallest = fitted.propensity.to_numpy(), fitted.sample.settings.minimum_propensity
        self.clipped = np.maximum(propensity, smallest)
        self.plain = (propensity >= smallest).all(axis=1).astype(float)
        self.weights = weights * self.plain

    def median(self, direction: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, float]:
        """Return the mean of a combination of arms and its standard error, medians over the draws."""
        found = np.array([weighted_mean(scores @ direction, weights) for scores in self.draws])
        middle = float(np.median(found[:, 0]))
        return middle, float(np.sqrt(np.median(found[:, 1] ** 2 + (found[:, 0] - middle) ** 2)))

    def means(self) -> pd.DataFrame:
        rows = []
        for position, name in enumerate(self.sample.arms):
            direction = np.eye(len(self.sample.arms))[position]
            mean, error = self.median(direction, self.weights)
            plain, plain_error = self.median(direction, self.plain)
            has = self.sample.arm == position
            rows.append(
                {
                    "arm": name,
                    "n": int(has.sum()),
                    "mean": mean,
                    "se": error,
                    "low": mean - NORMAL_95 * error,
                    "high": mean + NORMAL_95 * error,
                    "mean_unweighted": plain,
                    "se_unweighted": plain_error,
                    "naive": weighted_mean(self.sample.y[has], self.weights[has])[0],
                }
            )
        return pd.DataFrame(rows).set_index("arm")

    def gap(self, position: int, reference: int) -> tuple[float, float]:
        """Return the difference between two arms and its standard error."""
        unit = np.eye(len(self.sample.arms))
        return self.median(unit[position] - unit[reference], self.weights)

    def gaps(self) -> dict[tuple[int, int], tuple[float, float]]:
        pairs = combinations(range(len(self.sample.arms)), 2)
        return {(other, reference): self.gap(other, reference) for reference, other in pairs}

    def contrasts(self) -> pd.DataFrame:
        means, rows = self.means(), []
        naive = means["naive"].to_numpy()
        for against, column in (("commonest", "n"), ("best", "mean")):
            reference = int(means[column].to_numpy().argmax())
            for position, name in enumerate(self.sample.arms):
                if position == reference:
                    continue
                difference, error = self.gap(position, reference)
                row: dict[str, Any] = {"arm": name, "reference": self.sample.arms[reference], "against": against}
                row |= {"difference": difference, "se": error}
                row |= {"low": difference - NORMAL_95 * error, "high": difference + NORMAL_95 * error}
                rows.append(row | {"naive": float(naive[position] - naive[reference])})
        return pd.DataFrame(rows)

    def project(self) -> Projection:
        return project_scores(
            self.scores,
            self.clipped,
            self.sample.level,
            columns=self.sample.columns,
            basis=self.basis,
            arms=self.sample.arms,
        )

    def effect(self) -> EffectTest:
        linear = self.sample.columns[:, 1 : 1 + self.basis.sizes[0]]
        return find_effect(self.scores, self.clipped, linear, random_state=self.seed)
