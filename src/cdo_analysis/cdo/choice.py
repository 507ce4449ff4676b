"""A choice model and what is known of it, as numbers that JSON can hold: it predicts without what fitted it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.cdo.arms import Merging
from cdo_analysis.cdo.encoding import Encoding
from cdo_analysis.cdo.nesting import NestCheck
from cdo_analysis.cdo.separation import Separation


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
    brier, base_brier : float
        Mean of the squared errors, summed over options.
    accuracy, base_accuracy : float
        Share of firms whose likeliest arrangement is theirs; share of the commonest one.
    """

    n: int
    folds: int
    log_loss: float
    base_log_loss: float
    gain: float
    gain_se: float
    brier: float
    base_brier: float
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
    effects : DataFrame
        Average change of the probability of each option for each change of an answer: see
        :func:`~cdo_analysis.cdo.average_effects`. From a model with a weak penalty, not from `model`. Empty unless
        ``fitted``.
    calibration : DataFrame
        Predictions out of fold, and what came true: see :func:`~cdo_analysis.cdo.calibration_curve`.
    separations : tuple of Separation
        Coefficients that only the penalty keeps finite.
    nesting : NestCheck or None
        Whether options of one group are closer to each other than the model supposes; None where no group has two
        options that are shown, or the model is not ``fitted``.
    """

    status: str
    model: ChoiceModel
    shares: pd.Series
    merging: Merging
    quality: ChoiceQuality | None
    probabilities: pd.DataFrame
    effects: pd.DataFrame = field(default_factory=pd.DataFrame)
    calibration: pd.DataFrame = field(default_factory=pd.DataFrame)
    separations: tuple[Separation, ...] = ()
    nesting: NestCheck | None = None

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
            "effects": self.effects.to_dict("records"),
            "calibration": self.calibration.to_dict("records"),
            "separations": [asdict(found) for found in self.separations],
            "nesting": None if self.nesting is None else asdict(self.nesting),
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
            effects=pd.DataFrame(saved["effects"]),
            calibration=pd.DataFrame(saved["calibration"]),
            separations=tuple(Separation(**found) for found in saved["separations"]),
            nesting=None if saved["nesting"] is None else NestCheck(**saved["nesting"]),
        )
