"""*Estimé sous hypothèses*: what a declared outcome suggests, where the printed assumptions hold.

Nothing is estimated before every gate is passed. "Not estimable" is a normal result, and names the gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import StratifiedKFold

from cdo_analysis.cdo.arms import Merging, merge_rare
from cdo_analysis.cdo.encoding import learn_encoding
from cdo_analysis.cdo.gates import EstimateSettings, Gate, check_arms, check_covariates, check_outcome, check_overlap
from cdo_analysis.cdo.projection import (
    NORMAL_95,
    Projection,
    doubly_robust_scores,
    project_scores,
    weighted_mean,
)

ASSUMPTIONS = (
    "no_hidden_confounder",
    "overlap",
    "one_version_of_each_arrangement",
    "outcome_measured_without_bias",
    "missing_answers_at_random",
)
"""What must hold for an estimate to mean something; ids of sentences."""

_NOTHING = np.empty((0, 0, 0))
_RIDGE = tuple(float(alpha) for alpha in np.logspace(-2, 3, 11))


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
        A row an arm (index ``arm``): ``n``, ``mean`` (expected outcome if all firms had the arm), ``se``, ``low``,
        ``high`` (95 %), ``mean_unweighted`` and ``se_unweighted`` (the same without weights), ``naive`` (weighted
        mean of the firms that have the arm, which mixes the arm with who chooses it).
    contrasts : DataFrame
        A row an arm and a reference: ``arm``, ``reference``, ``against`` (``commonest`` or ``best``), ``difference``,
        ``se``, ``low``, ``high``. Intervals are not adjusted for their number.
    projection : Projection or None
        What predicts the outcome of one firm under each arm.
    propensity : DataFrame
        Out-of-fold probability of each arm, a row a firm that was used.
    predicted : DataFrame
        Expected outcome of each firm under each arm.
    predicted_covariance : ndarray of shape (n_firms, n_arms, n_arms)
        Sampling covariance of a row of `predicted`.
    """

    status: str
    gates: tuple[Gate, ...]
    assumptions: tuple[str, ...]
    merging: Merging | None
    means: pd.DataFrame
    contrasts: pd.DataFrame
    projection: Projection | None
    propensity: pd.DataFrame
    predicted: pd.DataFrame
    predicted_covariance: NDArray[np.float64]

    @property
    def predicted_se(self) -> pd.DataFrame:
        """Standard error of each cell of `predicted`."""
        variances = np.maximum(np.diagonal(self.predicted_covariance, axis1=1, axis2=2), 0)
        return pd.DataFrame(np.sqrt(variances), index=self.predicted.index, columns=self.predicted.columns)

    def for_firms(self, X_pre: pd.DataFrame) -> Estimates:
        """Return the same estimates with the predictions of the firms of `X_pre`, which may be others."""
        if self.projection is None:
            return self
        predicted, covariance = self.projection.predict(X_pre)
        return replace(self, predicted=predicted, predicted_covariance=covariance)

    @property
    def gate(self) -> Gate | None:
        """The gate that was not passed; None where all were."""
        return next((gate for gate in self.gates if not gate.passed), None)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; `propensity` is a table of its own, and :meth:`for_firms` predicts again."""
        return {
            "status": self.status,
            "gates": [asdict(gate) for gate in self.gates],
            "assumptions": list(self.assumptions),
            "merging": None if self.merging is None else self.merging.to_dict(),
            "means": self.means.reset_index().to_dict(orient="records"),
            "contrasts": self.contrasts.to_dict(orient="records"),
            "projection": None if self.projection is None else self.projection.to_dict(),
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any], propensity: pd.DataFrame | None = None) -> Estimates:
        """Return what :meth:`to_dict` described, without predictions: see :meth:`for_firms`."""
        means = pd.DataFrame(saved["means"])
        return cls(
            status=saved["status"],
            gates=tuple(Gate(**gate) for gate in saved["gates"]),
            assumptions=tuple(saved["assumptions"]),
            merging=None if saved["merging"] is None else Merging(**saved["merging"]),
            means=means.set_index("arm") if len(means) else means,
            contrasts=pd.DataFrame(saved["contrasts"]),
            projection=None if saved["projection"] is None else Projection.from_dict(saved["projection"]),
            propensity=pd.DataFrame() if propensity is None else propensity,
            predicted=pd.DataFrame(),
            predicted_covariance=_NOTHING,
        )


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
        The arrangement, indexed like `X_pre`; NaN where unknown.
    outcome : Series of float or None
        The outcome declared beforehand, indexed like `X_pre`; None where none was declared.
    sample_weight : Series of float, optional
        Weighs the means; the models of propensity and outcome are fitted without weights.
    random_state : int
        Draws the folds.
    settings : EstimateSettings, optional

    Returns
    -------
    Estimates

    Notes
    -----
    Cross-fitted augmented inverse-propensity weighting for several arms: ridge-penalised multinomial logit of the arm,
    ridge regression of the outcome within each arm, propensities cut at ``minimum_propensity``. Firms without outcome
    or arm are left out of the means; every firm gets a prediction. Columns are encoded on all firms at once, without
    the arm or the outcome.
    """
    settings = settings or EstimateSettings()
    gates = [check_outcome(arm, outcome, settings), check_covariates(X_pre, settings)]
    if outcome is None or not all(gate.passed for gate in gates):
        return _not_estimable(gates, None)
    shown, merging = merge_rare(
        arm.where(outcome.notna()), settings.parents, rare=settings.minimum_arm, smallest=settings.minimum_arm
    )
    gates.append(check_arms(merging, settings))
    if not gates[-1].passed:
        return _not_estimable(gates, merging)
    used = shown.notna()
    sample = _Sample(X_pre[used], shown[used], outcome[used].astype("float64"), settings, random_state)
    propensity = sample.propensity()
    gates.append(check_overlap(propensity, settings))
    if not gates[-1].passed:
        return _not_estimable(gates, merging, propensity)
    weights = np.ones(len(propensity)) if sample_weight is None else sample_weight[used].to_numpy(dtype=float)
    clipped = np.maximum(propensity.to_numpy(), settings.minimum_propensity)
    scores = doubly_robust_scores(sample.y, sample.arm, clipped, sample.predicted())
    means = _means(scores, sample, weights)
    return Estimates(
        status="estimated",
        gates=tuple(gates),
        assumptions=ASSUMPTIONS,
        merging=merging,
        means=means,
        contrasts=_contrasts(scores, means, weights),
        projection=project_scores(scores, X_pre[used], weights, encoding=sample.encoding, arms=sample.arms),
        propensity=propensity,
        predicted=pd.DataFrame(),
        predicted_covariance=_NOTHING,
    ).for_firms(X_pre)


class _Sample:
    """The firms that are used: encoded covariates, arms as positions, outcome, folds."""

    def __init__(
        self, X: pd.DataFrame, arm: pd.Series, outcome: pd.Series, settings: EstimateSettings, seed: int
    ) -> None:
        self.settings, self.index = settings, X.index
        self.encoding = learn_encoding(X)
        self.Z = self.encoding.encode(X)
        names, self.arm = np.unique(arm.to_numpy(dtype=object), return_inverse=True)
        self.arms = tuple(str(name) for name in names)
        self.y = outcome.to_numpy()
        splitter = StratifiedKFold(settings.folds, shuffle=True, random_state=seed)
        self.folds = list(splitter.split(self.Z, self.arm))

    def propensity(self) -> pd.DataFrame:
        """Return the probability of each arm, predicted from the other folds."""
        table = np.empty((len(self.y), len(self.arms)))
        for train, test in self.folds:
            model = LogisticRegression(C=self.settings.penalty, max_iter=5000, tol=1e-6)
            table[test] = model.fit(self.Z[train], self.arm[train]).predict_proba(self.Z[test])
        return pd.DataFrame(table, index=self.index, columns=list(self.arms))

    def predicted(self) -> NDArray[np.float64]:
        """Return the outcome under each arm, predicted from the other folds' firms that have it."""
        table = np.empty((len(self.y), len(self.arms)))
        for train, test in self.folds:
            for position in range(len(self.arms)):
                rows = train[self.arm[train] == position]
                table[test, position] = RidgeCV(_RIDGE).fit(self.Z[rows], self.y[rows]).predict(self.Z[test])
        return table


def _not_estimable(gates: list[Gate], merging: Merging | None, propensity: pd.DataFrame | None = None) -> Estimates:
    passed = [gate.passed for gate in gates]
    checked = gates[: passed.index(False) + 1]
    propensity = pd.DataFrame() if propensity is None else propensity
    empty = pd.DataFrame()
    return Estimates(
        status="not_estimable",
        gates=tuple(checked),
        assumptions=ASSUMPTIONS,
        merging=merging,
        means=empty,
        contrasts=empty,
        projection=None,
        propensity=propensity,
        predicted=empty,
        predicted_covariance=_NOTHING,
    )


def _means(scores: NDArray[np.float64], sample: _Sample, weights: NDArray[np.float64]) -> pd.DataFrame:
    rows = []
    for position, name in enumerate(sample.arms):
        mean, error = weighted_mean(scores[:, position], weights)
        plain, plain_error = weighted_mean(scores[:, position], np.ones(len(weights)))
        has = sample.arm == position
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
                "naive": weighted_mean(sample.y[has], weights[has])[0],
            }
        )
    return pd.DataFrame(rows).set_index("arm")


def _contrasts(scores: NDArray[np.float64], means: pd.DataFrame, weights: NDArray[np.float64]) -> pd.DataFrame:
    rows = []
    for against, reference in (("commonest", means["n"].idxmax()), ("best", means["mean"].idxmax())):
        for position, name in enumerate(means.index):
            if name == reference:
                continue
            gap = scores[:, position] - scores[:, means.index.get_loc(reference)]
            difference, error = weighted_mean(gap, weights)
            low, high = difference - NORMAL_95 * error, difference + NORMAL_95 * error
            rows.append(
                {"arm": name, "reference": reference, "against": against, "difference": difference, "se": error}
                | {"low": low, "high": high}
            )
    return pd.DataFrame(rows)
