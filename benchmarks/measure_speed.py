"""Speed of the measures, each against a named peer in the same run, on the same data.

- Alpha with 100 bootstrap replicates on 200,000 respondents and 40 items: one matrix product a block of rows, against
  the loop that draws rows in NumPy. Both print their 95 % interval.
- DMA and DII of two million companies from their codes, against reading these codes from Parquet (the time of the read
  is the yardstick).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Codebook, load_codebook
from cdo_analysis.maturity import bootstrap_alpha, score_maturity

Result = TypeVar("Result")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--respondents", type=int, default=200_000)
    parser.add_argument("--firms", type=int, default=2_000_000)
    options = parser.parse_args()
    alpha(options.respondents)
    scores(options.firms)


def alpha(n: int, items: int = 40, replicates: int = 100) -> None:
    """Print the time of the bootstrap of alpha, ours and that of drawn rows."""
    rng = np.random.default_rng(1)
    points = (rng.normal(size=(n, 1)) * 0.5 + rng.normal(size=(n, items)) > 0).astype(float)
    ours, seconds = timed(lambda: bootstrap_alpha(points, replicates=replicates), repeats=3)
    drawn, peer = timed(lambda: rows_drawn(points, replicates), repeats=1)
    print(f"alpha, {replicates} bootstrap replicates, {n:,} x {items}")
    for name, values, took in (("cdo_analysis", ours, seconds), ("NumPy, rows drawn", drawn, peer)):
        low, high = np.quantile(values, [0.025, 0.975])
        print(f"  {name:<20} {took:8.3f} s   interval {low:.5f} to {high:.5f}   sd {values.std():.6f}")
    print(f"  {peer / seconds:.0f} times faster")


def rows_drawn(points: np.ndarray, replicates: int) -> np.ndarray:
    """Return alpha of bootstrap samples as one writes it first: draw the rows, then their variances."""
    rng, found, k = np.random.default_rng(2), [], points.shape[1]
    for _ in range(replicates):
        sample = points[rng.integers(0, len(points), len(points))]
        total = sample.sum(axis=1).var()
        found.append(k / (k - 1) * (1 - sample.var(axis=0).sum() / total))
    return np.array(found)


def scores(n: int) -> None:
    """Print the time of the DMA and the DII of `n` companies, and that of reading their answers."""
    book = load_codebook("cdo-2026")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.parquet"
        answers(book, n).to_parquet(path, compression="zstd")
        print(f"DMA and DII, {n:,} companies ({path.stat().st_size / 1e6:.0f} MB of Parquet)")
        given, read = timed(lambda: pd.read_parquet(path), repeats=2)
    found, seconds = timed(lambda: score_maturity(given, book), repeats=2)
    print(f"  reading {read:8.2f} s\n  scoring {seconds:8.2f} s   {seconds / read:.2f} times the reading")
    print(f"  mean DMA {found.values['dma'].mean():.2f}, mean DII {found.values['dii'].mean():.2f}")


def answers(book: Codebook, n: int) -> pd.DataFrame:
    """Return made-up answers to what the DMA and the DII count, as codes of a category."""
    rng = np.random.default_rng(3)
    counted = [name for score in book.scores for name in score.items]
    items = [item for item in book if item.dimension or item.name in counted]
    columns = {}
    for item in items:
        drawn = rng.integers(0, len(item.codes), n, dtype=np.int8)
        columns[item.name] = pd.Categorical.from_codes(drawn, categories=list(item.codes))
    return pd.DataFrame(columns)


def timed(work: Callable[[], Result], *, repeats: int) -> tuple[Result, float]:
    """Return what `work` gives and the shortest time it took."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - start)
    return result, best


if __name__ == "__main__":
    main()
