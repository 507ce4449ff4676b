"""Samples as fitted mixtures see them, drawn or observed, and the two searches that a likelihood ratio needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from cdo_analysis.profiles.answers import NOT_MEASURED
from cdo_analysis.profiles.family import Mixture
from cdo_analysis.profiles.gaussian import MixedData, MixedParameters, climb_mixed, draw_mixed_start, race_mixed
from cdo_analysis.profiles.latent_class import LatentClasses
from cdo_analysis.profiles.latent_profile import LatentProfiles
from cdo_analysis.profiles.likelihood import climb, draw_starts, race
from cdo_analysis.profiles.packing import Floats, Patterns

STARTS, SPLITS, FINALISTS = 5, 5, 2
"""Random starts of one class more, starts from the classes that there are, one of them split; how many run to the end.

With many classes, random starts alone seldom find what a split finds.
"""

MAX_ITER, CLOSE = 500, 0.01
"""A log-likelihood is needed to a hundredth: its ratio varies by several units from a sample to the next."""


class Sample(Protocol):
    """Respondents without weights, on which mixtures are fitted."""

    def fit_near(self, model: Mixture) -> float:
        """Return the log-likelihood reached from the parameters of `model`."""

    def fit_more(self, model: Mixture, random: np.random.RandomState) -> float:
        """Return the log-likelihood of one class more than `model`, from random starts and from its classes, split."""


@dataclass(frozen=True)
class _Answers:
    """Categorical answers alone."""

    patterns: Patterns
    counts: Floats

    @classmethod
    def of(cls, codes: np.ndarray, model: LatentClasses) -> _Answers:
        patterns = Patterns.of(codes, [table.shape[1] for table in model.item_probabilities_])
        return cls(patterns, patterns.sum_weights(np.ones(len(codes)))[None])

    @property
    def _tol(self) -> float:
        return CLOSE / float(self.counts.sum())

    def fit_near(self, model: Mixture) -> float:
        start = model.class_shares_[:, None], np.concatenate(model.item_probabilities_, axis=1)[:, None]
        runs = climb(self.patterns, self.counts, start, max_iter=MAX_ITER, tol=self._tol)
        return float(runs.log_likelihood.max())

    def fit_more(self, model: Mixture, random: np.random.RandomState) -> float:
        k = model.n_clusters
        shares, probabilities = draw_starts(self.patterns, self.counts[0], k + 1, STARTS + SPLITS, random)
        known = np.concatenate(model.item_probabilities_, axis=1)
        for run, split in enumerate(_largest(model)):
            shares[:, run] = _split_share(model, split)
            noise = random.standard_exponential((2, known.shape[1]))
            probabilities[:k, run] = known
            probabilities[[split, k], run] = self.patterns.normalise(known[split] * noise)
        start = shares, probabilities
        runs = race(self.patterns, self.counts, start, finalists=FINALISTS, max_iter=MAX_ITER, tol=self._tol)
        return float(runs.log_likelihood.max())


@dataclass(frozen=True)
class _Mixed:
    """Numbers, standardised as in the fit of the model that they come from, and answers."""

    data: MixedData
    counts: Floats

    @classmethod
    def of(cls, numbers: Floats, codes: np.ndarray, model: LatentProfiles) -> _Mixed:
        sizes = [table.shape[1] for table in model.item_probabilities_]
        patterns = Patterns.of(codes, sizes) if sizes else None
        return cls(MixedData(model.standardise(numbers), patterns), np.ones(len(numbers)))

    @property
    def _tol(self) -> float:
        return CLOSE / len(self.counts)

    def fit_near(self, model: Mixture) -> float:
        assert isinstance(model, LatentProfiles)
        start = _standard_parameters(model)
        return climb_mixed(self.data, self.counts, start, max_iter=MAX_ITER, tol=self._tol)[1]

    def fit_more(self, model: Mixture, random: np.random.RandomState) -> float:
        assert isinstance(model, LatentProfiles)
        k, known = model.n_clusters, _standard_parameters(model)
        starts = [draw_mixed_start(self.data, self.counts, k + 1, random) for _ in range(STARTS)]
        starts += [self._split(known, _split_share(model, split), split, random) for split in _largest(model)]
        ended = race_mixed(self.data, self.counts, starts, finalists=FINALISTS, max_iter=MAX_ITER, tol=self._tol)
        return max(reached for _, reached, _, _ in ended)

    def _split(
        self, known: MixedParameters, shares: Floats, split: int, random: np.random.RandomState
    ) -> MixedParameters:
        """Return the profiles with one of them split: in two centres drawn from it, and two sets of answers."""
        twice = [*range(len(known.shares)), split]
        means, variances, probabilities = (
            table[twice] for table in (known.means, known.variances, known.probabilities)
        )
        both = [split, len(known.shares)]
        means[both] += np.sqrt(variances[both]) * random.standard_normal((2, means.shape[1]))
        if self.data.patterns is not None:
            noise = random.standard_exponential((2, probabilities.shape[1]))
            probabilities[both] = self.data.patterns.normalise(probabilities[both] * noise)
        return MixedParameters(shares, means, variances, probabilities)


def _largest(model: Mixture) -> np.ndarray:
    """Return the classes to split, the largest first, again and again."""
    return np.argsort(-model.class_shares_, kind="stable")[np.arange(SPLITS) % model.n_clusters]


def _split_share(model: Mixture, split: int) -> Floats:
    """Return the shares where a class has given half of its own to a new one, the last."""
    shares = np.append(model.class_shares_, model.class_shares_[split] / 2)
    shares[split] /= 2
    return shares


def _standard_parameters(model: LatentProfiles) -> MixedParameters:
    tables = [*model.item_probabilities_, np.ones((model.n_clusters, 0))]
    means, variances = model.standardise(model.means_), model.variances_ / model.unit_**2
    return MixedParameters(model.class_shares_, means, variances, np.concatenate(tables, axis=1))


def observe(model: Mixture, X: pd.DataFrame) -> Sample:
    """Return the respondents of `X` as a sample, for models of the same columns as `model`."""
    if isinstance(model, LatentClasses):
        return _Answers.of(model.encode(X), model)
    return _Mixed.of(*model.encode(X), model)


def draw_sample(model: Mixture, missing: pd.DataFrame, random: np.random.RandomState) -> Sample:
    """Return a sample drawn from `model`, of as many respondents as `missing` has rows.

    Parameters
    ----------
    model : LatentClasses or LatentProfiles
    missing : DataFrame of bool
        The columns of the model: where a value is missing.
    random : RandomState
    """
    truth = random.choice(model.n_clusters, len(missing), p=model.class_shares_)
    if isinstance(model, LatentClasses):
        return _Answers.of(draw_codes(model, missing.to_numpy(), truth, random), model)
    numbers = random.normal(model.means_[truth], np.sqrt(model.variances_[truth]))
    codes = draw_codes(model, missing[model.answer_names].to_numpy(), truth, random)
    return _Mixed.of(np.where(missing[model.number_names], np.nan, numbers), codes, model)


def draw_codes(model: Mixture, missing: np.ndarray, truth: np.ndarray, random: np.random.RandomState) -> np.ndarray:
    """Draw the encoded answers of members of the classes `truth`; -1 where `missing` says so."""
    codes = np.full(missing.shape, NOT_MEASURED, dtype=np.int32)
    for item, table in enumerate(model.item_probabilities_):
        reached = table.cumsum(axis=1)[truth, :-1]
        codes[:, item] = (random.random_sample((len(missing), 1)) > reached).sum(axis=1)
    most = max((table.shape[1] for table in model.item_probabilities_), default=0)
    return np.where(missing, NOT_MEASURED, codes).astype(np.int8 if most < 128 else np.int32)
