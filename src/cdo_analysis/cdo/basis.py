"""Bends and products of what firms are: columns on which a linear model follows effects that are not linear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.cdo.encoding import Encoding, NumberColumn

GROUPS = ("linear", "bends", "products")
"""Groups of columns; each gets one prior variance, learnt from the data."""

BENDS = (0.2, 0.4, 0.6, 0.8)
"""Quantiles of a number at which its effect may bend."""

PRODUCTS = 30
"""Principal components kept of the products of columns: a few, whatever the number of columns."""


@dataclass(frozen=True)
class Basis:
    """Columns learnt from what firms are, without their arrangement or outcome.

    Attributes
    ----------
    encoding : Encoding
    means : ndarray of shape (n_features,)
        Of the encoded columns.
    knots : tuple of (int, float)
        Encoded column, and where its effect may bend.
    pairs : tuple of (int, int)
        Encoded columns that are multiplied.
    linear_part : ndarray of shape (1 + n_features, n_knots + n_pairs)
        What the linear columns already say of bends and products, which is taken out.
    rotation : ndarray of shape (n_pairs, n_products)
        Principal components of the products.
    scales : tuple of float
        Of the groups of :data:`GROUPS`, so that the columns of each have a total variance of 1.
    """

    encoding: Encoding
    means: NDArray[np.float64]
    knots: tuple[tuple[int, float], ...]
    pairs: tuple[tuple[int, int], ...]
    linear_part: NDArray[np.float64]
    rotation: NDArray[np.float64]
    scales: tuple[float, ...]

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Number of columns of each group of :data:`GROUPS`."""
        return len(self.means), len(self.knots), self.rotation.shape[1]

    def expand(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return the columns of `X`, of shape (n_firms, 1 + sum of sizes): the intercept first."""
        linear, curved = _raw(self.encoding.encode(X) - self.means, self.knots, self.pairs)
        ones = np.ones((len(X), 1))
        curved = curved - np.hstack([ones, linear]) @ self.linear_part
        bends, products = curved[:, : len(self.knots)], curved[:, len(self.knots) :] @ self.rotation
        parts = [part / scale for part, scale in zip((linear, bends, products), self.scales, strict=True)]
        return np.hstack([ones, *parts])

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold, for :meth:`from_dict`."""
        return {
            "encoding": self.encoding.to_dict(),
            "means": self.means.tolist(),
            "knots": [list(knot) for knot in self.knots],
            "pairs": [list(pair) for pair in self.pairs],
            "linear_part": self.linear_part.tolist(),
            "rotation": self.rotation.tolist(),
            "scales": list(self.scales),
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Basis:
        """Return the basis that :meth:`to_dict` described."""
        means, pairs = np.array(saved["means"], dtype=float), tuple((int(i), int(j)) for i, j in saved["pairs"])
        knots = tuple((int(place), float(value)) for place, value in saved["knots"])
        return cls(
            encoding=Encoding.from_dict(saved["encoding"]),
            means=means,
            knots=knots,
            pairs=pairs,
            linear_part=np.array(saved["linear_part"], dtype=float).reshape(1 + len(means), len(knots) + len(pairs)),
            rotation=np.array(saved["rotation"], dtype=float).reshape(len(pairs), -1),
            scales=tuple(saved["scales"]),
        )


def learn_basis(X: pd.DataFrame, encoding: Encoding) -> Basis:
    """Learn the bends and products of the encoded columns of `X`.

    Parameters
    ----------
    X : DataFrame of shape (n_firms, n_columns)
    encoding : Encoding

    Returns
    -------
    Basis

    Examples
    --------
    >>> from cdo_analysis.cdo.encoding import learn_encoding
    >>> firms = pd.DataFrame({"baseline": np.linspace(1, 5, 20), "sites": [1.0, 2.0] * 10})
    >>> learn_basis(firms, learn_encoding(firms)).sizes
    (2, 4, 1)
    """
    Z = encoding.encode(X)
    means = Z.mean(axis=0)
    centred = Z - means
    knots, pairs = _knots(encoding, centred), _pairs(encoding, centred)
    linear, curved = _raw(centred, knots, pairs)
    straight = np.column_stack([np.ones(len(X)), linear])
    linear_part = np.asarray(np.linalg.lstsq(straight, curved, rcond=None)[0], dtype=np.float64)
    rest = curved - straight @ linear_part
    bends, products = rest[:, : len(knots)], rest[:, len(knots) :]
    rotation = _principal(products)
    scales = tuple(_spread(part) for part in (linear, bends, products @ rotation))
    return Basis(encoding, means, knots, pairs, linear_part, rotation, scales)


def _raw(
    centred: NDArray[np.float64], knots: tuple[tuple[int, float], ...], pairs: tuple[tuple[int, int], ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the linear columns, and the bends followed by the products."""
    places = np.array([place for place, _ in knots], dtype=int)
    values = np.array([value for _, value in knots], dtype=float)
    bends = np.maximum(centred[:, places] - values, 0.0)
    left, right = (np.array([pair[side] for pair in pairs], dtype=int) for side in (0, 1))
    return centred, np.hstack([bends, centred[:, left] * centred[:, right]])


def _knots(encoding: Encoding, centred: NDArray[np.float64]) -> tuple[tuple[int, float], ...]:
    """Return where numbers may bend: quantiles, those strictly inside their range, each once."""
    found: list[tuple[int, float]] = []
    place = 0
    for column in encoding.columns:
        if isinstance(column, NumberColumn):
            values = centred[:, place]
            inside = {float(knot) for knot in np.quantile(values, BENDS) if values.min() < knot < values.max()}
            found.extend((place, knot) for knot in sorted(inside))
        place += len(column.features)
    return tuple(found)


def _pairs(encoding: Encoding, centred: NDArray[np.float64]) -> tuple[tuple[int, int], ...]:
    """Return pairs of encoded columns that come from different columns and whose product varies."""
    owner = [place for place, column in enumerate(encoding.columns) for _ in column.features]
    pairs = [(i, j) for i, j in combinations(range(len(owner)), 2) if owner[i] != owner[j]]
    return tuple((i, j) for i, j in pairs if np.ptp(centred[:, i] * centred[:, j]) > 0)


def _principal(products: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the leading directions of the products, of shape (n_pairs, at most PRODUCTS)."""
    spread, directions = np.linalg.eigh(products.T @ products)
    kept = np.flatnonzero(spread > 1e-8 * max(spread.max(initial=0.0), 1.0))[-PRODUCTS:][::-1]
    return directions[:, kept]


def _spread(columns: NDArray[np.float64]) -> float:
    """Return the square root of the total variance of some columns; 1 where there is none."""
    total = float(columns.var(axis=0).sum())
    return float(np.sqrt(total)) if total > 0 else 1.0
