"""The same profile keeps its number from a wave to the next; moves between waves, corrected for doubt."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from cdo_analysis.errors import UsageError
from cdo_analysis.profiles.family import Mixture
from cdo_analysis.profiles.latent_class import LatentClasses
from cdo_analysis.profiles.packing import Floats
from cdo_analysis.profiles.three_step import classification_errors

MAX_ITER, TOLERANCE = 5000, 1e-12


def match_classes(model: Mixture, reference: Mixture, X: pd.DataFrame | None = None) -> pd.DataFrame:
    """Find which class of a reference each class of a model is, so that a name follows what it named.

    Parameters
    ----------
    model, reference : LatentClasses or LatentProfiles
        Of the same columns where `X` is not given.
    X : DataFrame, optional
        Answers that both can place: classes are then matched by the respondents that they share. Without it, by
        their answer probabilities.

    Returns
    -------
    DataFrame, a row a class of `model`
        ``profile``; ``reference``, its class there, -1 where none is left; ``similarity``, 0 to 1: the respondents
        in both over those in either (Jaccard, by posterior), or 1 less the mean Hellinger distance of the answers and
        numbers.

    Raises
    ------
    UsageError
        If the models have no item in common.

    References
    ----------
    Kuhn (1955), "The Hungarian method for the assignment problem", Naval Research Logistics Quarterly 2.
    """
    similarity = _by_answers(model, reference) if X is None else _by_respondents(model, reference, X)
    rows, columns = linear_sum_assignment(-similarity)
    found = dict(zip(rows.tolist(), columns.tolist(), strict=True))
    return pd.DataFrame(
        [(c, found.get(c, -1), float(similarity[c, found[c]]) if c in found else 0.0) for c in range(len(similarity))],
        columns=["profile", "reference", "similarity"],
    )


def order_like(matches: pd.DataFrame) -> list[int]:
    """Return the order for :meth:`LatentClasses.reorder`: the reference's, then the new classes.

    Examples
    --------
    >>> order_like(pd.DataFrame({"profile": [0, 1, 2], "reference": [1, -1, 0]}))
    [2, 0, 1]
    """
    last = matches["reference"].max() + 1
    return matches["reference"].where(matches["reference"] >= 0, last).sort_values(kind="stable").index.tolist()


def _by_respondents(model: Mixture, reference: Mixture, X: pd.DataFrame) -> Floats:
    ours = model.predict_proba(X[model.feature_names_in_])
    theirs = reference.predict_proba(X[reference.feature_names_in_])
    shared = ours.T @ theirs
    return shared / (ours.sum(axis=0)[:, None] + theirs.sum(axis=0) - shared)


def _by_answers(model: Mixture, reference: Mixture) -> Floats:
    place = {name: position for position, name in enumerate(reference.answer_names)}
    distances = _distances_of_numbers(model, reference)
    for position, name in enumerate(model.answer_names):
        if name in place:
            ours = _on_all_answers(model, position, reference, place[name])
            theirs = _on_all_answers(reference, place[name], model, position)
            gaps = np.sqrt(ours)[:, None, :] - np.sqrt(theirs)
            distances.append(np.sqrt(0.5 * np.sum(gaps**2, axis=2)))
    if not distances:
        raise UsageError("the two models have no item in common; give X, the answers of respondents both can place")
    return 1.0 - np.mean(distances, axis=0)


def _distances_of_numbers(model: Mixture, reference: Mixture) -> list[Floats]:
    """Return the Hellinger distances of the normal laws of each number that both models have."""
    if isinstance(model, LatentClasses) or isinstance(reference, LatentClasses):
        return []
    place = {name: position for position, name in enumerate(reference.number_names)}
    distances = []
    for position, name in enumerate(model.number_names):
        if name in place:
            ours = (model.means_[:, position, None], model.variances_[:, position, None])
            theirs = (reference.means_[:, place[name]], reference.variances_[:, place[name]])
            total = ours[1] + theirs[1]
            overlap = np.sqrt(2 * np.sqrt(ours[1] * theirs[1]) / total)
            overlap = overlap * np.exp(-0.25 * (ours[0] - theirs[0]) ** 2 / total)
            distances.append(np.sqrt(np.maximum(1 - overlap, 0.0)))
    return distances


def _on_all_answers(model: Mixture, item: int, other: Mixture, other_item: int) -> Floats:
    """Return the probabilities of an item over the categories of either model."""
    every = sorted({*model.categories_[item].tolist(), *other.categories_[other_item].tolist()}, key=str)
    table = pd.DataFrame(model.item_probabilities_[item], columns=model.categories_[item].tolist())
    return table.reindex(columns=every, fill_value=0.0).to_numpy()


def estimate_transitions(
    before: pd.DataFrame,
    after: pd.DataFrame,
    *,
    sample_weight: pd.Series | None = None,
    replicates: int = 200,
    random_state: int | None = 0,
) -> pd.DataFrame:
    """Estimate who moved from which profile to which, corrected for the errors of both assignments.

    Without the correction, respondents whose profile is doubtful look as if they moved.

    Parameters
    ----------
    before, after : DataFrames of shape (n_before, k) and (n_after, k')
        Posteriors of the two waves; respondents of both are used.
    sample_weight : Series, optional
        Weights of the respondents of both waves.
    replicates : int, default 200
        Bootstrap samples of respondents, for the intervals; 0 for none. The errors of assignment are held fixed.
    random_state : int or None

    Returns
    -------
    DataFrame, a row a pair of profiles
        ``before``, ``after``, ``n`` (respondents assigned so), ``modal`` (share of the assigned, uncorrected),
        ``estimate`` (share of the profile before that is in the profile after, 0 to 1), ``low``, ``high`` (95 %).

    Raises
    ------
    UsageError
        If no respondent is in both waves.

    References
    ----------
    Vermunt (2010), Political Analysis 18(4), for the correction; Di Mari, Oberski, Vermunt (2016), "Bias-adjusted
    three-step latent Markov modeling with covariates", Structural Equation Modeling 23(5).
    """
    both = before.index.intersection(after.index)
    if len(both) == 0:
        raise UsageError("no respondent is in both waves; transitions need the same identifiers in the two")
    weights = np.ones(len(both)) if sample_weight is None else sample_weight.loc[both].to_numpy(float)
    errors = classification_errors(before), classification_errors(after)
    labels = [posterior.loc[both].to_numpy().argmax(axis=1) for posterior in (before, after)]
    shape = before.shape[1], after.shape[1]
    modal = _cross(labels, weights, shape)
    estimate = _correct(modal, errors)
    random = np.random.RandomState(random_state)
    drawn = [_correct(_redraw(labels, weights, shape, random), errors) for _ in range(replicates)]
    low, high = np.nanpercentile(drawn, [2.5, 97.5], axis=0) if replicates else np.full((2, *shape), np.nan)
    return pd.DataFrame(
        {
            "before": np.repeat(np.arange(shape[0]), shape[1]),
            "after": np.tile(np.arange(shape[1]), shape[0]),
            "n": _cross(labels, np.ones(len(both)), shape).astype(int).ravel(),
            "modal": _by_row(modal).ravel(),
            "estimate": estimate.ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
        }
    )


def _cross(labels: list[np.ndarray], weights: Floats, shape: tuple[int, int]) -> Floats:
    cells = labels[0] * shape[1] + labels[1]
    return np.bincount(cells, weights, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)


def _redraw(labels: list[np.ndarray], weights: Floats, shape: tuple[int, int], random: np.random.RandomState) -> Floats:
    drawn = random.randint(len(weights), size=len(weights))
    return _cross([part[drawn] for part in labels], weights[drawn], shape)


def _by_row(table: Floats) -> Floats:
    return table / np.maximum(table.sum(axis=1, keepdims=True), 1e-300)


def _correct(modal: Floats, errors: tuple[Floats, Floats]) -> Floats:
    """Return the transition shares whose assignments would be `modal`: maximum likelihood by EM, never negative."""
    joint = np.full(modal.shape, 1.0 / modal.size)
    for _ in range(MAX_ITER):
        expected = errors[0].T @ joint @ errors[1]
        ratio = np.where(modal > 0, modal / np.maximum(expected, 1e-300), 0.0)
        better = joint * (errors[0] @ ratio @ errors[1].T) / modal.sum()
        if np.abs(better - joint).max() < TOLERANCE:
            break
        joint = better
    return _by_row(better)
