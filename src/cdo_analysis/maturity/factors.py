"""What a matrix of correlations says of its items: one factor, how many, and whether looking for one makes sense."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc

from cdo_analysis.maturity.answers import Floats

_SWEEPS, _TOLERANCE = 1000, 1e-10


def standardised_alpha(correlations: Floats) -> Floats:
    """Return Cronbach's alpha of standardised items; on polychoric correlations, ordinal alpha.

    Parameters
    ----------
    correlations : ndarray of shape (..., k, k)

    Returns
    -------
    ndarray of shape (...)

    References
    ----------
    Zumbo, Gadermann and Zeisser (2007), Journal of Modern Applied Statistical Methods 6(1), 21-29, on ordinal alpha.

    Examples
    --------
    >>> float(standardised_alpha(np.array([[1.0, 0.5], [0.5, 1.0]])).round(4))  # Spearman-Brown: 2 * .5 / 1.5
    0.6667
    """
    k = correlations.shape[-1]
    return k / (k - 1) * (1 - k / correlations.sum(axis=(-1, -2)))


def one_factor(correlations: Floats) -> Floats:
    """Return the loadings on one factor by minimum residuals (unweighted least squares off the diagonal).

    Parameters
    ----------
    correlations : ndarray of shape (B, k, k)
        As many matrices as wanted: they are solved together, one item after the other.

    Returns
    -------
    ndarray of shape (B, k)
        Between -1 and 1 (a Heywood case stays at the bound); their sum is positive. With two items, the two loadings
        are equal.

    References
    ----------
    Harman and Jones (1966), Factor analysis by minimizing residuals (minres), Psychometrika 31, 351-368.

    Examples
    --------
    >>> loadings = np.array([0.8, 0.6, 0.5])
    >>> matrix = np.outer(loadings, loadings) + np.diag(1 - loadings**2)
    >>> one_factor(matrix[np.newaxis]).round(6).tolist()
    [[0.8, 0.6, 0.5]]
    """
    k = correlations.shape[-1]
    loadings = _first_axis(correlations)
    for _ in range(_SWEEPS if k > 2 else 0):
        before = loadings.copy()
        for item in range(k):
            others = np.delete(loadings, item, axis=1)
            against = np.delete(correlations[:, item], item, axis=1)
            power = np.maximum(np.square(others).sum(axis=1), 1e-12)
            loadings[:, item] = np.clip((against * others).sum(axis=1) / power, -1.0, 1.0)
        if np.abs(loadings - before).max() < _TOLERANCE:
            break
    sign = np.where(loadings.sum(axis=1) < 0, -1.0, 1.0)
    return loadings * sign[:, np.newaxis]


def _first_axis(correlations: Floats) -> Floats:
    """Return where to start: the first principal axis; for two items, the solution."""
    if correlations.shape[-1] == 2:
        r = correlations[:, 0, 1]
        size = np.sqrt(np.abs(r))
        return np.column_stack([size, size * np.sign(r)])
    values, vectors = np.linalg.eigh(correlations)
    return vectors[:, :, -1] * np.sqrt(np.maximum(values[:, -1:], 1e-6)) * 0.9


def omega(correlations: Floats) -> Floats:
    """Return McDonald's omega (total, one factor): the share of the variance of the sum that is not unique.

    Parameters
    ----------
    correlations : ndarray of shape (B, k, k)

    Returns
    -------
    ndarray of shape (B,)

    References
    ----------
    McDonald (1999), Test Theory; Revelle and Condon (2019), Psychological Assessment 31(12), 1395-1411.

    Examples
    --------
    >>> loadings = np.array([0.8, 0.6, 0.5])
    >>> matrix = np.outer(loadings, loadings) + np.diag(1 - loadings**2)
    >>> omega(matrix[np.newaxis]).round(4).tolist()  # 1.9 ** 2 / (1.9 ** 2 + 3 - 0.64 - 0.36 - 0.25)
    [0.6735]
    """
    unique = (1 - np.square(one_factor(correlations))).sum(axis=1)
    return 1 - unique / correlations.sum(axis=(1, 2))


def kmo(correlations: Floats) -> float:
    """Return the Kaiser-Meyer-Olkin measure: how far correlations are shared rather than between two items only.

    Parameters
    ----------
    correlations : ndarray of shape (k, k)

    Returns
    -------
    float
        Between 0 and 1; NaN where an item follows from the others (singular matrix).

    References
    ----------
    Kaiser (1974), An index of factorial simplicity, Psychometrika 39, 31-36.

    Examples
    --------
    >>> equal = np.full((3, 3), 0.5) + 0.5 * np.eye(3)  # partial correlations of 1/3: .25 / (.25 + .1111)
    >>> round(kmo(equal), 4)
    0.6923
    """
    if np.linalg.cond(correlations) > 1e12:
        return float("nan")
    inverse = np.linalg.inv(correlations)
    scale = np.sqrt(np.outer(inverse.diagonal(), inverse.diagonal()))
    off = ~np.eye(len(correlations), dtype=bool)
    shared, partial = np.square(correlations[off]).sum(), np.square((inverse / scale)[off]).sum()
    return float(shared / (shared + partial))


def bartlett(correlations: Floats, n: float) -> tuple[float, int, float]:
    """Return Bartlett's test that items are not correlated at all: chi-squared, degrees of freedom, p-value.

    Parameters
    ----------
    correlations : ndarray of shape (k, k)
    n : float
        Respondents (effective number, with weights).

    References
    ----------
    Bartlett (1951), The effect of standardization on a chi-squared approximation in factor analysis, Biometrika 38,
    337-344.

    Examples
    --------
    >>> chi2, df, p = bartlett(np.array([[1.0, 0.5], [0.5, 1.0]]), 101)  # -(100 - 9/6) * ln(0.75)
    >>> round(chi2, 3), df, p < 0.001
    (28.337, 1, True)
    """
    k = len(correlations)
    sign, log = np.linalg.slogdet(correlations)
    df = k * (k - 1) // 2
    if sign <= 0:
        return float("nan"), df, float("nan")
    chi2 = -(n - 1 - (2 * k + 5) / 6) * float(log)
    return chi2, df, float(chdtrc(df, chi2))


def parallel_analysis(values: Floats, *, replicates: int = 50, level: float = 0.95, random_state: int = 0) -> int:
    """Return how many components have more variance than those of shuffled answers.

    Each column is shuffled on its own, which keeps its distribution and undoes its relations; a component counts as
    long as its eigenvalue, and those before it, exceed the quantile `level` of the shuffled ones in the same place.

    Parameters
    ----------
    values : ndarray of shape (n, k)
        No missing value; every column varies.
    replicates : int
    level : float
    random_state : int

    Returns
    -------
    int
        From 0 to k.

    References
    ----------
    Horn (1965), Psychometrika 30, 179-185; Buja and Eyuboglu (1992), Multivariate Behavioral Research 27(4), 509-540,
    on shuffling.
    """
    rng = np.random.default_rng(random_state)
    shuffled = np.stack([_eigenvalues(rng.permuted(values, axis=0)) for _ in range(replicates)])
    above = _eigenvalues(values) > np.quantile(shuffled, level, axis=0)
    return int(np.argmin(above)) if not above.all() else len(above)


def _eigenvalues(values: Floats) -> Floats:
    return np.asarray(np.linalg.eigvalsh(np.corrcoef(values, rowvar=False))[::-1], dtype=np.float64)
