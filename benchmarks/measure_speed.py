"""The speed of measuring, against another way to do the same in the same run, with the peak memory.

Alpha: 100 bootstrap replicates by counts of rows, against NumPy laying each replicate out; both draw the same rows from
the same matrix, and their intervals are compared. Scores: DMA and DII of firms with answers drawn at random, against
the time that pandas takes to read these answers from Parquet.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from cdo_analysis.codebook import Codebook, Item, load_codebook
from cdo_analysis.maturity import alpha_bootstrap, score_maturity

ITEMS, REPLICATES = 40, 100
UNMEASURED = 0.02
"""Share of the answers that are missing in the synthetic export."""


def main() -> None:
    """Print the two ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--respondents", type=int, default=200_000)
    parser.add_argument("--firms", type=int, default=2_000_000)
    parser.add_argument("--repeats", type=int, default=3, help="the best of so many runs counts")
    options = parser.parse_args()
    compare_alpha(options.respondents, options.repeats)
    compare_scores(options.firms, options.repeats)


def compare_alpha(n: int, repeats: int) -> None:
    """Time the bootstrap of alpha in both ways."""
    random = np.random.default_rng(1)
    common = random.normal(size=(n, 1))
    points = np.clip(np.round(3 + 0.7 * common + random.normal(size=(n, ITEMS))), 1, 5)
    slow, low_high = best_time(lambda: resample_rows(points), repeats)
    fast, ours = best_time(lambda: alpha_bootstrap(points, replicates=REPLICATES, random_state=7), repeats)
    gap = max(abs(ours.low - low_high[0]), abs(ours.high - low_high[1]))
    print(f"alpha of {n:,} x {ITEMS}, {REPLICATES} replicates: {ours.alpha:.4f} [{ours.low:.5f}, {ours.high:.5f}]")
    print(f"  row resampling {slow:.2f} s, counts of rows {fast:.3f} s: {slow / fast:.0f} times faster")
    print(f"  largest gap between the ends of the intervals {gap:.1e}{peak_memory()}")


def resample_rows(points: np.ndarray) -> tuple[float, float]:
    """Return the interval as NumPy gives it when each replicate is laid out."""
    random = np.random.default_rng(7)
    n, k = points.shape
    alphas = []
    for _ in range(REPLICATES):
        sample = points[random.integers(n, size=n)]
        alphas.append(k / (k - 1) * (1 - sample.var(axis=0).sum() / sample.sum(axis=1).var()))
    low, high = np.quantile(alphas, [0.025, 0.975])
    return float(low), float(high)


def compare_scores(firms: int, repeats: int) -> None:
    """Time the scores, and the reading of what they score."""
    whole = load_codebook("cdo-2026")
    book = replace(whole, scores=tuple(score for score in whole.scores if score.id in {"dma", "dii"}))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.parquet"
        write_answers(path, book, firms)
        size = path.stat().st_size / 2**20
        reading, responses = best_time(lambda: pd.read_parquet(path), repeats)
    scoring, scores = best_time(lambda: score_maturity(responses, book), repeats)
    print(f"DMA and DII of {len(responses):,} firms, {responses.shape[1]} items, {size:.0f} MB of Parquet")
    print(f"  reading {reading:.2f} s, scoring {scoring:.2f} s: {scoring / reading:.2f} times the reading")
    print(f"  DMA given to {scores.values['dma'].notna().mean():.1%}{peak_memory()}")


def write_answers(path: Path, book: Codebook, firms: int) -> None:
    """Write answers drawn at random, item by item, as text codes."""
    counted = {name for score in book.scores for name in score.items}
    items = [item for item in book.items if item.dimension or item.name in counted]
    random = np.random.default_rng(1)
    columns = {item.name: draw(item, firms, random) for item in items}
    pq.write_table(pa.table(columns), path)


def draw(item: Item, firms: int, random: np.random.Generator) -> pa.Array:
    """Return codes of an item that are worth something, and some missing."""
    codes = [code for code in item.codes if code in item.points]
    places = random.integers(len(codes), size=firms, dtype=np.int8)
    missing = random.random(firms, dtype=np.float32) < UNMEASURED
    return pa.DictionaryArray.from_arrays(pa.array(places, mask=missing), pa.array(codes)).cast(pa.string())


def best_time(work: Callable[[], object], repeats: int) -> tuple[float, object]:
    """Return the shortest time of several runs, in seconds, and what the last one gave."""
    times, result = [], None
    for _ in range(repeats):
        result = None  # the result of the run before is freed, not held beside this one
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return min(times), result


def peak_memory() -> str:
    """Return the peak memory of the process so far; nothing where the system does not count it."""
    try:
        import resource
    except ImportError:
        return ""
    return f", peak memory so far {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"


if __name__ == "__main__":
    main()
