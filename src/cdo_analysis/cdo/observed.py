"""*Constaté*: which arrangement comparable firms have. A description of habits, never an advice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from cdo_analysis.cdo.arms import merge_rare, reference_parents
from cdo_analysis.cdo.calibration import brier_score, calibration_curve
from cdo_analysis.cdo.choice import ChoiceModel, ChoiceQuality, ObservedChoice
from cdo_analysis.cdo.effects import Fitted, average_effects
from cdo_analysis.cdo.encoding import Encoding, learn_encoding
from cdo_analysis.cdo.logit import newton, with_intercept
from cdo_analysis.cdo.nesting import check_nests
from cdo_analysis.cdo.separation import find_separation

__all__ = ["ObservedChoice", "ObservedSettings", "fit_observed"]

_TOLERANCE = 1e-6
_ITERATIONS = 5000


@dataclass(frozen=True)
class ObservedSettings:
    """How the observed choice is fitted.

    Attributes
    ----------
    penalties : tuple of float
        Values of C (inverse strength of the ridge penalty) among which cross-validation chooses; infinite for none.
        With four to eight arrangements and some twenty columns, a survey of a few hundred firms has fewer than ten
        firms a coefficient: without a penalty, coefficients run away.
    effects_penalty : float
        The C of the model that effects are read from. The penalty that predicts best draws effects so near to zero
        that their intervals miss the truth two times in three (450 firms, five options, seventeen columns, drawn);
        with 1, a prior of one unit on coefficients of standardised columns, they hold it 93 times in a hundred.
    folds : int
        Folds of the out-of-fold predictions; fewer where an arrangement has fewer firms.
    rare, smallest : int
        An arrangement of fewer than `rare` firms is merged with its group, and what still has fewer than `smallest`
        firms is set aside: 30 is the order at which a share has a standard error under ten points, 10 the least that
        leaves two firms a fold.
    parents : mapping of str to str
        Arrangement to group.
    """

    penalties: tuple[float, ...] = (0.01, 0.1, 1.0)
    effects_penalty: float = 1.0
    folds: int = 5
    rare: int = 30
    smallest: int = 10
    parents: Mapping[str, str] = field(default_factory=reference_parents)


def fit_observed(
    X: pd.DataFrame,
    arrangement: pd.Series,
    *,
    sample_weight: pd.Series | None = None,
    random_state: int = 0,
    settings: ObservedSettings | None = None,
) -> ObservedChoice:
    """Fit which arrangement firms have, given what they are.

    Parameters
    ----------
    X : DataFrame of shape (n_firms, n_columns)
        Numbers and texts, NaN where missing.
    arrangement : Series of str
        Indexed like `X`; NaN where unknown.
    sample_weight : Series of float, optional
        Indexed like `X`.
    random_state : int
        Draws the folds.
    settings : ObservedSettings, optional

    Returns
    -------
    ObservedChoice

    Notes
    -----
    Ridge-penalised multinomial logit. The penalty is chosen by cross-validation inside each training fold, so that
    the out-of-fold log-loss is not flattered by the choice. Effects come from a model of their own, with a weak
    penalty; calibration and the check of nests are those of the predictions out of fold.
    """
    settings = settings or ObservedSettings()
    shown, merging = merge_rare(arrangement, settings.parents, rare=settings.rare, smallest=settings.smallest)
    known = shown.notna()
    weights = _mean_one(sample_weight, X.index)[known]
    shares = weights.groupby(shown[known]).sum() / weights.sum()
    encoding = learn_encoding(X[known])
    status = "empty" if shares.empty else "fitted" if len(shares) > 1 and encoding.columns else "shares_only"
    if status != "fitted":
        model = _shares_model(shares)
        return ObservedChoice(status, model, shares, merging, None, model.predict(X))
    folds = min(settings.folds, min(merging.counts.values()))
    chosen = _Fit(encoding.encode(X[known]), shown[known].to_numpy(dtype=object), weights.to_numpy(), random_state)
    inside, base = chosen.out_of_fold(settings.penalties, folds)
    fitted, penalty = chosen.polished(settings.penalties)
    model = ChoiceModel(encoding, tuple(shares.index), fitted.beta[:, 1:], fitted.beta[:, 0], penalty)
    probabilities = model.predict(X)
    probabilities.loc[known] = inside
    return ObservedChoice(
        status,
        model,
        shares,
        merging,
        _judge(inside, base, chosen, folds),
        probabilities,
        effects=average_effects(X[known], encoding, chosen.polished((settings.effects_penalty,))[0], model.options),
        calibration=calibration_curve(inside, chosen.y, chosen.weights),
        separations=find_separation(chosen.Z, chosen.y, options=model.options, features=encoding.features),
        nesting=check_nests(inside, chosen.y, model.options, settings.parents),
    )


class _Fit:
    """Encoded firms, their arrangements and weights: fits with a penalty, inside folds or on all."""

    def __init__(self, Z: NDArray[np.float64], y: NDArray, weights: NDArray[np.float64], seed: int) -> None:
        self.Z, self.weights, self.seed = Z, weights, seed
        self.options, self.y = np.unique(y, return_inverse=True)

    def best(self, rows: NDArray[np.int64], penalties: tuple[float, ...]) -> tuple[LogisticRegression, float]:
        """Return the fit on `rows` with the penalty that predicts best inside them."""
        if len(penalties) == 1:
            return self.fit(rows, penalties[0]), penalties[0]
        losses = np.zeros(len(penalties))
        for train, test in self.split(rows, 3):
            for position, penalty in enumerate(penalties):
                predicted = self.fit(train, penalty).predict_proba(self.Z[test])
                losses[position] += float(self.loss(predicted, test) @ self.weights[test])
        penalty = penalties[int(losses.argmin())]
        return self.fit(rows, penalty), penalty

    def polished(self, penalties: tuple[float, ...]) -> tuple[Fitted, float]:
        """Return the fit on all firms, brought to the top by Newton's method, and its penalty."""
        estimator, penalty = self.best(np.arange(len(self.y)), penalties)
        rows, options = _all_rows(estimator), len(self.options)
        # With two options, scikit-learn penalises their one difference: as much as twice the centred coefficients.
        ridge = (2.0 if options == 2 else 1.0) / penalty
        Z = with_intercept(self.Z)
        beta, _ = newton(Z, self.y, self.weights, ridge=ridge, options=options, start=rows - rows[0])
        return Fitted(Z, self.y, self.weights, beta, ridge), penalty

    def out_of_fold(self, penalties: tuple[float, ...], folds: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return, for each firm, what the other folds predict: by the model, and by their shares alone."""
        rows = np.arange(len(self.y))
        predicted, base = np.empty((2, len(rows), len(self.options)))
        for train, test in self.split(rows, folds):
            estimator, _ = self.best(train, penalties)
            predicted[test] = estimator.predict_proba(self.Z[test])
            base[test] = np.bincount(self.y[train], self.weights[train], len(self.options)) / self.weights[train].sum()
        return predicted, base

    def fit(self, rows: NDArray[np.int64], penalty: float) -> LogisticRegression:
        estimator = LogisticRegression(C=penalty, tol=_TOLERANCE, max_iter=_ITERATIONS)
        return estimator.fit(self.Z[rows], self.y[rows], sample_weight=self.weights[rows])

    def split(self, rows: NDArray[np.int64], folds: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Split rows so that each option is in each part."""
        splitter = StratifiedKFold(folds, shuffle=True, random_state=self.seed)
        return [(rows[train], rows[test]) for train, test in splitter.split(rows, self.y[rows])]

    def loss(self, predicted: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return minus the log-probability of what each firm has."""
        own = predicted[np.arange(len(rows)), self.y[rows]]
        return -np.log(np.maximum(own, np.finfo(float).tiny))


def _judge(inside: NDArray[np.float64], base: NDArray[np.float64], fit: _Fit, folds: int) -> ChoiceQuality:
    rows, weights = np.arange(len(fit.y)), fit.weights / fit.weights.sum()
    losses, base_losses = fit.loss(inside, rows), fit.loss(base, rows)
    gain = float(weights @ (base_losses - losses))
    return ChoiceQuality(
        n=len(rows),
        folds=folds,
        log_loss=float(weights @ losses),
        base_log_loss=float(weights @ base_losses),
        gain=gain,
        gain_se=float(np.sqrt(weights**2 @ (base_losses - losses - gain) ** 2)),
        brier=brier_score(inside, fit.y, weights),
        base_brier=brier_score(base, fit.y, weights),
        accuracy=float(weights @ (inside.argmax(axis=1) == fit.y)),
        base_accuracy=float(np.bincount(fit.y, weights).max()),
    )


def _all_rows(estimator: LogisticRegression) -> NDArray[np.float64]:
    """Return a row an option, intercept first; with two options, scikit-learn keeps the second alone."""
    rows = np.column_stack([estimator.intercept_, estimator.coef_])
    return rows if len(estimator.classes_) > 2 else np.vstack([np.zeros_like(rows), rows])


def _shares_model(shares: pd.Series) -> ChoiceModel:
    with np.errstate(divide="ignore"):
        intercepts = np.log(shares.to_numpy(dtype=float))
    return ChoiceModel(Encoding(()), tuple(shares.index), np.empty((len(shares), 0)), intercepts, np.inf)


def _mean_one(sample_weight: pd.Series | None, index: pd.Index) -> pd.Series:
    if sample_weight is None:
        return pd.Series(1.0, index=index)
    weights = sample_weight.reindex(index).astype("float64")
    return weights / weights.mean()
