"""Is a typology found where one was planted, and only there? What is reached, whatever it is.

Three questions on made-up answers. One continuum (yes/no items that rise along one trait, normal or skewed): how often
is it called profiles? Planted classes at n = 1,000: how often are they detected? Planted profiles at
n = 300, 1,000 and 5,000, at the separation of the published typologies (relative entropy about 0.55, Flash
Eurobarometer 486: 0.534): the adjusted Rand index between the planted and the found profiles, with the planted number
given, and the mean error of their shares.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score

from cdo_analysis.profiles import Effort, LatentClasses, choose_number, compare_numbers, judge_grouping

ITEMS = 14
SHARES = np.array([0.4, 0.25, 0.2, 0.15])
GAP = 0.17
"""Half the distance between the probabilities of two classes on an item where they differ: sets the entropy."""

PATTERN = np.array([[-1] * ITEMS, [1] * 7 + [-1] * 7, [-1] * 7 + [1] * 7, [1] * ITEMS])
"""Low, two crossing types, high: as digital typologies are, mostly a level and partly an orientation."""


def continuum(n: int, rng: np.random.Generator, *, skewed: bool) -> pd.DataFrame:
    """Return answers that rise along one trait; a skewed one piles up at the low end."""
    trait = (rng.gamma(2.0, size=n) - 2.0) / np.sqrt(2.0) if skewed else rng.standard_normal(n)
    easy, slope = rng.uniform(-1.5, 1.5, ITEMS), rng.uniform(0.8, 2.0, ITEMS)
    chance = 1 / (1 + np.exp(-slope * (trait[:, None] - easy)))
    return pd.DataFrame((rng.random((n, ITEMS)) < chance).astype(int)).add_prefix("item")


def planted(n: int, rng: np.random.Generator, *, gap: float = GAP) -> tuple[pd.DataFrame, np.ndarray]:
    """Return answers of four classes, and the class of each company."""
    truth = rng.choice(len(SHARES), n, p=SHARES)
    middle = rng.uniform(0.35, 0.65, ITEMS)
    chance = (middle + gap * PATTERN)[truth]
    return pd.DataFrame((rng.random((n, ITEMS)) < chance).astype(int)).add_prefix("item"), truth


def verdict(answers: pd.DataFrame, seed: int) -> tuple[str, int]:
    """Return the verdict on the answers and the number of classes of the lowest BIC."""
    effort = Effort(starts=10, continuum_samples=19, ratio_test_samples=0)
    table, models = compare_numbers(answers, numbers=range(1, 6), effort=effort, random_state=seed)
    found = judge_grouping(answers, models, replicates=effort.continuum_samples, random_state=seed)
    return found.verdict, choose_number(table)


def count_verdicts(name: str, runs: int, draw: object, wanted: str) -> None:
    """Print how often each verdict was given."""
    started = time.process_time()
    found = [verdict(draw(np.random.default_rng(seed)), seed) for seed in range(runs)]
    verdicts = pd.Series([each for each, _ in found]).value_counts(normalize=True)
    listed = ", ".join(f"{verdicts.get(each, 0):.0%} {each}" for each in ("profiles", "continuum", "no_grouping"))
    took = time.process_time() - started
    print(f"{name:48s} {listed}; wanted: {wanted} ({runs} runs, {took:.0f} s of processor)", flush=True)


def recover(n: int, runs: int) -> None:
    """Print how well planted profiles are found again at one size."""
    rows = []
    for seed in range(runs):
        answers, truth = planted(n, np.random.default_rng(seed))
        model = LatentClasses(len(SHARES), n_init=30, random_state=seed).fit(answers)
        shared = pd.crosstab(truth, model.labels_).reindex(columns=range(len(SHARES)), fill_value=0).to_numpy()
        order = linear_sum_assignment(-shared)[1]
        error = np.abs(model.class_shares_[order] - np.bincount(truth, minlength=len(SHARES)) / n).mean()
        rows.append((adjusted_rand_score(truth, model.labels_), error, model.relative_entropy_))
    rand, error, entropy = np.mean(rows, axis=0)
    print(
        f"n = {n:5,}: adjusted Rand index {rand:.2f}, error of shares {error * 100:.1f} points, "
        f"entropy {entropy:.2f} ({runs} runs)",
        flush=True,
    )


def main() -> None:
    """Print what is reached."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=50)
    options = parser.parse_args()
    runs = options.runs
    for skewed in (False, True):
        name = f"one {'skewed' if skewed else 'normal'} continuum, n = 1,000"
        count_verdicts(name, runs, lambda rng, s=skewed: continuum(1_000, rng, skewed=s), "profiles in 10 % or less")
    for gap in (GAP, 0.22):
        name = f"four classes, half-gap {gap}, n = 1,000"
        count_verdicts(name, runs, lambda rng, g=gap: planted(1_000, rng, gap=g)[0], "profiles in 80 % or more")
    for n in (300, 1_000, 5_000):
        recover(n, max(5, runs // 2))


if __name__ == "__main__":
    main()
