"""What a synthetic firm is before it answers: its profile, its general maturity, what sets it apart."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from cdo_analysis.datasets.planted import draw_categories, linear, planted


def draw_traits(firms: pd.DataFrame, dimensions: Iterable[str], rng: np.random.Generator) -> pd.DataFrame:
    """Draw the latent variables of each firm.

    The general factor dominates: its mean differs between the four profiles, a dimension is mostly the general
    factor. The two profiles in the middle have the same level and differ by the orientation ``front``.

    Parameters
    ----------
    firms : DataFrame
        Of :func:`cdo_analysis.datasets.firms.draw_firms`.
    dimensions : iterable of str
        Dimensions of maturity of the questionnaire.
    rng : Generator
        Source of randomness.

    Returns
    -------
    DataFrame
        Columns profile (0 to 3), theta, front, one a dimension, then those of ``[latent]`` in ``planted.toml``;
        standardised as far as their law says, not in the draw.
    """
    n = len(firms)
    size, sector = firms["size"].to_numpy(), firms["maturity"].to_numpy()
    profiles, law = planted()["profile"], planted()["trait"]
    pull = np.outer(size, [p["size"] for p in profiles]) + np.outer(sector, [p["sector"] for p in profiles])
    profile = draw_categories(pull, [p["share"] for p in profiles], rng)
    level = np.array([p["level"] for p in profiles])[profile]
    theta = level + law["size"] * size + law["sector"] * sector + law["within"] * rng.standard_normal(n)
    front = np.array([p["front"] for p in profiles])[profile] + law["front_within"] * rng.standard_normal(n)
    traits: dict[str, np.ndarray] = {"profile": profile, "theta": theta, "front": front, "size": size}
    for dimension in dimensions:
        own = law["own"] * rng.standard_normal(n)
        traits[dimension] = law["common"] * theta + law["front"][dimension] * front + own
    traits |= {name: firms[name].to_numpy() for name in ("maturity", "industrial")}
    traits["consumer"] = firms["consumer"].to_numpy() + 0.5 * rng.standard_normal(n)
    for name, loads in planted()["latent"].items():
        known = {key: load for key, load in loads.items() if key != "noise"}
        traits[name] = linear(known, traits, n) + loads["noise"] * rng.standard_normal(n)
    return pd.DataFrame(traits, index=firms.index)
