"""*Constaté*: which arrangement comparable firms have. A description of habits, never an advice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from cdo_analysis.cdo.arms import Merging, merge_rare, reference_parents
from cdo_analysis.cdo.encoding import Encoding, learn_encoding

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
    folds: int = 5
    rare: int = 30
    smallest: int = 10
    parents: Mapping[str, str] = field(default_factory=reference_parents)


@dataclass(frozen=True)
class ChoiceModel:
    """A multinomial logit, as numbers: it predicts without the library that fitted it.

    Attributes
    ----------
    encoding : Encoding
    options : tuple of str
    coefficients : ndarray of shape (n_options, n_features)
        On the encoded columns; only differences between options mean something.
    intercepts : ndarray of shape (n_options,)
    penalty : float
        The C that was chosen.
    """

    encoding: Encoding
    options: tuple[str, ...]
    coefficients: NDArray[np.float64]
    intercepts: NDArray[np.float64]
    penalty: float

    def predict(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the probability of each option for each firm: a row a firm, a column an option, adding up to 1."""
        scores = self.encoding.encode(X) @ self.coefficients.T + self.intercepts
        odds = np.exp(scores - scores.max(axis=1, keepdims=True)) if self.options else scores
        shares = odds / odds.sum(axis=1, keepdims=True) if self.options else odds
        return pd.DataFrame(shares, index=X.index, columns=list(self.options))

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold, for :meth:`from_dict`."""
        return {
            "encoding": self.encoding.to_dict(),
            "options": list(self.options),
            "coefficients": self.coefficients.tolist(),
            "intercepts": self.intercepts.tolist(),
            "penalty": self.penalty if np.isfinite(self.penalty) else "none",
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> ChoiceModel:
        """Return the model that :meth:`to_dict` described."""
        encoding, options = Encoding.from_dict(saved["encoding"]), tuple(saved["options"])
        return cls(
            encoding=encoding,
            options=options,
            coefficients=np.array(saved["coefficients"], dtype=float).reshape(len(options), len(encoding.features)),
            intercepts=np.array(saved["intercepts"], dtype=float),
            penalty=np.inf if saved["penalty"] == "none" else float(saved["penalty"]),
        )


@dataclass(frozen=True)
class ChoiceQuality:
    """How well an arrangement is predicted for firms that the model has not seen (weighted, natural logarithm).

    Attributes
    ----------
    n : int
        Firms with an arrangement that is shown.
    folds : int
    log_loss, base_log_loss : float
        Of the model, and of the shares of the other folds said of everyone.
    gain, gain_se : float
        Mean of the difference (base less model), and its standard error over firms.
    accuracy, base_accuracy : float
        Share of firms whose likeliest arrangement is theirs; share of the commonest one.
    """

    n: int
    folds: int
    log_loss: float
    base_log_loss: float
    gain: float
    gain_se: float
    accuracy: float
    base_accuracy: float


@dataclass(frozen=True)
class ObservedChoice:
    """What comparable firms have.

    Attributes
    ----------
    status : {'fitted', 'shares_only', 'empty'}
        ``shares_only``: one arrangement, or no column to tell firms apart; ``empty``: no arrangement has enough firms.
    model : ChoiceModel
    shares : Series
        Weighted share of each option.
    merging : Merging
        Which arrangements were merged or set aside.
    quality : ChoiceQuality or None
        None unless ``fitted``.
    probabilities : DataFrame
        A row a firm, a column an option: out of fold for firms with an arrangement, from the whole model for others.
    """

    status: str
    model: ChoiceModel
    shares: pd.Series
    merging: Merging
    quality: ChoiceQuality | None
    probabilities: pd.DataFrame

    @property
    def informative(self) -> bool:
        """True where the model beats the shares by more than chance: the 95 % interval of the gain is above zero."""
        return self.quality is not None and self.quality.gain > 1.96 * self.quality.gain_se

    def for_firms(self, X: pd.DataFrame) -> ObservedChoice:
        """Return the same choice with the probabilities of the firms of `X`, which the model has not seen."""
        return replace(self, probabilities=self.model.predict(X))

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; `probabilities` is a table of its own."""
        return {
            "status": self.status,
            "model": self.model.to_dict(),
            "shares": {str(name): float(share) for name, share in self.shares.items()},
            "merging": self.merging.to_dict(),
            "quality": None if self.quality is None else asdict(self.quality),
            "informative": self.informative,
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any], probabilities: pd.DataFrame) -> ObservedChoice:
        """Return what :meth:`to_dict` described, with the table of probabilities saved beside it."""
        return cls(
            status=saved["status"],
            model=ChoiceModel.from_dict(saved["model"]),
            shares=pd.Series(saved["shares"], dtype="float64"),
            merging=Merging(**saved["merging"]),
            quality=None if saved["quality"] is None else ChoiceQuality(**saved["quality"]),
            probabilities=probabilities,
        )


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
    the out-of-fold log-loss is not flattered by the choice.
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
    estimator, penalty = chosen.best(np.arange(len(weights)), settings.penalties)
    coefficients, intercepts = _all_rows(estimator)
    model = ChoiceModel(encoding, tuple(shares.index), coefficients, intercepts, penalty)
    probabilities = model.predict(X)
    probabilities.loc[known] = inside
    quality = _judge(inside, base, chosen, folds)
    return ObservedChoice(status, model, shares, merging, quality, probabilities)


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
        accuracy=float(weights @ (inside.argmax(axis=1) == fit.y)),
        base_accuracy=float(np.bincount(fit.y, weights).max()),
    )


def _all_rows(estimator: LogisticRegression) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a row of coefficients an option; with two options, scikit-learn keeps the second alone."""
    if len(estimator.classes_) > 2:
        return estimator.coef_, estimator.intercept_
    return np.vstack([np.zeros_like(estimator.coef_), estimator.coef_]), np.array([0.0, estimator.intercept_[0]])


def _shares_model(shares: pd.Series) -> ChoiceModel:
    with np.errstate(divide="ignore"):
        intercepts = np.log(shares.to_numpy(dtype=float))
    return ChoiceModel(Encoding(()), tuple(shares.index), np.empty((len(shares), 0)), intercepts, np.inf)


def _mean_one(sample_weight: pd.Series | None, index: pd.Index) -> pd.Series:
    if sample_weight is None:
        return pd.Series(1.0, index=index)
    weights = sample_weight.reindex(index).astype("float64")
    return weights / weights.mean()
