"""The usual ways of choosing an arrangement, beside ours: imitate, classify, predict, follow the rules.

Each takes what a survey shows, never the truth, and returns companies × options: True at the one that is chosen.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.neighbors import NearestNeighbors

from cdo_analysis.cdo.encoding import learn_encoding

NEIGHBOURS = 30
"""Companies that a company is compared with."""

FEWEST_TO_PREDICT = 10
"""Companies that have an option, under which no outcome is predicted for it."""

_PENALTIES = tuple(float(alpha) for alpha in np.logspace(-2, 3, 11))


def follow_peers(X_pre: pd.DataFrame, arrangement: pd.Series, feasible: pd.DataFrame) -> pd.DataFrame:
    """Choose what most of the nearest companies have, among what is feasible.

    Parameters
    ----------
    X_pre : DataFrame of shape (n_firms, n_columns)
        What companies are compared by.
    arrangement : Series of str
        The option of today.
    feasible : DataFrame of bool, companies × options

    Returns
    -------
    DataFrame of bool, companies × options
    """
    Z = learn_encoding(X_pre).encode(X_pre)
    count = min(NEIGHBOURS, len(Z) - 1)
    near = NearestNeighbors(n_neighbors=count).fit(Z).kneighbors(return_distance=False)
    has = _indicators(arrangement, feasible)
    commonest = has.mean(axis=0) / (2 * count)  # settles ties: the option that more companies have
    return _choose_highest(has[near].mean(axis=1) + commonest, feasible)


def follow_classifier(X_pre: pd.DataFrame, arrangement: pd.Series, feasible: pd.DataFrame) -> pd.DataFrame:
    """Choose what a multinomial logit says that such companies have; parameters as in :func:`follow_peers`."""
    Z = learn_encoding(X_pre).encode(X_pre)
    model = LogisticRegression(max_iter=2000).fit(Z, arrangement.to_numpy(dtype=object))
    shares = pd.DataFrame(model.predict_proba(Z), index=X_pre.index, columns=model.classes_)
    return _choose_highest(shares.reindex(columns=feasible.columns, fill_value=0.0).to_numpy(), feasible)


def predict_best(
    X_pre: pd.DataFrame, arrangement: pd.Series, outcome: pd.Series, feasible: pd.DataFrame
) -> pd.DataFrame:
    """Choose the option with the best predicted outcome: a ridge regression an option, taken at its word.

    Parameters
    ----------
    X_pre : DataFrame of shape (n_firms, n_columns)
    arrangement : Series of str
    outcome : Series of float
    feasible : DataFrame of bool, companies × options

    Returns
    -------
    DataFrame of bool, companies × options
        What companies have today, where no feasible option has enough companies to predict from.
    """
    Z = learn_encoding(X_pre).encode(X_pre)
    has = _indicators(arrangement, feasible).astype(bool)
    predicted = np.full(feasible.shape, -np.inf)
    for place in np.flatnonzero(has.sum(axis=0) >= FEWEST_TO_PREDICT):
        rows = has[:, place]
        predicted[:, place] = RidgeCV(_PENALTIES).fit(Z[rows], outcome.to_numpy()[rows]).predict(Z)
    known = (np.isfinite(predicted) & feasible.to_numpy()).any(axis=1)
    return _choose_highest(np.where(known[:, None], predicted, has), feasible)


def follow_rules(expert_effects: pd.DataFrame, feasible: pd.DataFrame) -> pd.DataFrame:
    """Choose the feasible option of which experts expect most."""
    return _choose_highest(expert_effects.to_numpy(dtype="float64"), feasible)


def keep_today(arrangement: pd.Series, feasible: pd.DataFrame) -> pd.DataFrame:
    """Choose what each company has."""
    return pd.DataFrame(_indicators(arrangement, feasible).astype(bool), index=feasible.index, columns=feasible.columns)


def _indicators(arrangement: pd.Series, feasible: pd.DataFrame) -> NDArray[np.float64]:
    """Return companies × options, 1 where it is the option of today."""
    names = arrangement.to_numpy(dtype=object)[:, None]
    return np.asarray(names == feasible.columns.to_numpy(dtype=object)[None, :], dtype="float64")


def _choose_highest(values: NDArray[np.float64], feasible: pd.DataFrame) -> pd.DataFrame:
    """Return True at the highest value among the feasible options of each row; the first of several."""
    place = np.where(feasible.to_numpy(), values, -np.inf).argmax(axis=1)
    chosen = np.zeros(feasible.shape, dtype=bool)
    chosen[np.arange(len(chosen)), place] = True
    return pd.DataFrame(chosen, index=feasible.index, columns=feasible.columns)
