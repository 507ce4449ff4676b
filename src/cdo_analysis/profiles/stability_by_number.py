"""How well profiles are found again, for each number of them: the bootstrap Jaccard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from sklearn.base import clone

from cdo_analysis.profiles.affordable import afford_samples
from cdo_analysis.profiles.choice import Effort
from cdo_analysis.profiles.family import Mixture, encode_columns, make_mixture
from cdo_analysis.profiles.packing import Floats
from cdo_analysis.profiles.stability import find_again


def measure_stability(
    models: Mapping[int, Mixture],
    X: pd.DataFrame,
    table: pd.DataFrame,
    *,
    continuous: Sequence[str],
    effort: Effort,
    sample_weight: Floats,
    random_state: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the stability of the profiles of each model, and the table of numbers with its lowest and its mean.

    See :func:`~cdo_analysis.profiles.stability.bootstrap_jaccard`; the samples are the same for each number.

    Returns
    -------
    stabilities : DataFrame
        ``k``, ``profile``, ``jaccard``.
    table : DataFrame
        With ``jaccard_min``, ``jaccard_mean`` and ``jaccard_samples``.
    """
    samples = afford_samples(effort.stability_samples, len(X))
    coded = encode_columns(X, continuous)
    rows = []
    for k, model in models.items():
        # Refits are many: answers as codes are read faster than text, and give the same profiles.
        twin = make_mixture(k, coded, continuous, **_parameters(model))
        jaccard = find_again(
            (twin, coded, model.predict(X)), sample_weight, replicates=samples, random_state=random_state
        )
        rows.append(pd.DataFrame({"k": k, "profile": range(k), "jaccard": jaccard}))
    stabilities = pd.concat(rows, ignore_index=True)
    by_number = stabilities.groupby("k")["jaccard"]
    table = table.assign(jaccard_min=table["k"].map(by_number.min()), jaccard_mean=table["k"].map(by_number.mean()))
    return stabilities, table.assign(jaccard_samples=samples)


def _parameters(model: Mixture) -> dict[str, object]:
    kept = clone(model).get_params()
    return {name: kept[name] for name in ("n_init", "max_iter", "tol", "finalists")}
