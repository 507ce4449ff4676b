"""The compiled EM algorithm of mixed profiles: numbers normal in a profile, answers categorical, any may be missing.

Imported when a model is fitted, not before: see :mod:`cdo_analysis.profiles.fused`.
"""

from __future__ import annotations

import numpy as np

from cdo_analysis.profiles.fused import _compiled, _left_to_gain

LOG_2_PI = float(np.log(2 * np.pi))


@_compiled
def _join_row(numbers, cells, shares, normals, answers, joint):  # type: ignore[no-untyped-def]
    """Fill `joint` with the posterior of a row, and return its log-likelihood."""
    means, precisions, constants = normals
    for k in range(len(joint)):
        joint[k] = shares[k]
    for j in range(len(numbers)):
        if not np.isnan(numbers[j]):
            for k in range(len(joint)):
                gap = numbers[j] - means[j, k]
                joint[k] += constants[j, k] - 0.5 * gap * gap * precisions[j, k]
    for j in range(len(cells)):
        if cells[j] >= 0:
            for k in range(len(joint)):
                joint[k] += answers[cells[j], k]
    top, total = joint.max(), 0.0
    for k in range(len(joint)):
        joint[k] = np.exp(joint[k] - top)
        total += joint[k]
    for k in range(len(joint)):
        joint[k] /= total
    return np.log(total) + top


@_compiled
def _add_row(numbers, cells, joint, sums):  # type: ignore[no-untyped-def]
    """Add the posterior of a row, times its weight, to the sums of the M step."""
    sizes, measured, first, second, counts = sums
    for k in range(len(joint)):
        sizes[k] += joint[k]
    for j in range(len(numbers)):
        x = numbers[j]
        if not np.isnan(x):
            for k in range(len(joint)):
                measured[j, k] += joint[k]
                first[j, k] += joint[k] * x
                second[j, k] += joint[k] * x * x
    for j in range(len(cells)):
        if cells[j] >= 0:
            for k in range(len(joint)):
                counts[cells[j], k] += joint[k]


@_compiled
def _update(sums, items, floors, parameters):  # type: ignore[no-untyped-def]
    """Turn the sums into shares, means, variances and probabilities, in place."""
    sizes, measured, first, second, counts = sums
    shares, means, variances, probabilities = parameters
    pseudo, least = floors
    total = sizes.sum() + pseudo * len(sizes)
    for k in range(len(sizes)):
        shares[k] = (sizes[k] + pseudo) / total
    for j in range(len(means)):
        for k in range(len(sizes)):
            size = measured[j, k] + pseudo
            means[j, k] = first[j, k] / size
            variances[j, k] = max(second[j, k] / size - means[j, k] ** 2, least)
    for j in range(len(items) - 1):
        added = pseudo / (items[j + 1] - items[j])
        for k in range(len(sizes)):
            size = 0.0
            for c in range(items[j], items[j + 1]):
                size += counts[c, k] + added
            for c in range(items[j], items[j + 1]):
                probabilities[c, k] = (counts[c, k] + added) / size


@_compiled
def climb_mixed_alone(numbers, cells, weights, layout, start):  # type: ignore[no-untyped-def]
    """Run EM from one start to its end.

    Parameters
    ----------
    numbers : (n_rows, n_numbers)
        NaN where missing.
    cells : (n_rows, n_items)
        Position of each answer among the categories of all items; negative where missing.
    weights : (n_rows,)
    layout : tuple
        Where each item starts among the categories, with their number at the end; pseudo-count and least variance;
        the most iterations; the gain that is left to reach.
    start : tuple
        Shares (k,), means and variances (n_numbers, k), probabilities (n_categories, k).

    Returns
    -------
    shares, means, variances, probabilities, log-likelihood, iterations, converged
    """
    items, floors, max_iter, enough = layout
    shares, means, variances, probabilities = start[0].copy(), start[1].copy(), start[2].copy(), start[3].copy()
    joint = np.empty_like(shares)
    sums = (
        np.empty_like(shares),
        np.empty_like(means),
        np.empty_like(means),
        np.empty_like(means),
        np.empty_like(probabilities),
    )
    reached, gain, n_iter, converged = -np.inf, np.inf, 0, False
    while n_iter < max_iter and not converged:
        for part in sums[1:]:
            part[:] = 0.0
        sums[0][:] = 0.0
        normals = (means, 1.0 / variances, -0.5 * (np.log(variances) + LOG_2_PI))
        log_shares, log_answers, now = np.log(shares), np.log(probabilities), 0.0
        for i in range(len(weights)):
            if weights[i] > 0.0:
                now += weights[i] * _join_row(numbers[i], cells[i], log_shares, normals, log_answers, joint)
                joint *= weights[i]
                _add_row(numbers[i], cells[i], joint, sums)
        _update(sums, items, floors, (shares, means, variances, probabilities))
        previous, gain, reached = gain, now - reached, now
        n_iter += 1
        converged = _left_to_gain(previous, gain) <= enough
    return shares, means, variances, probabilities, reached, n_iter, converged
