"""What the study had to reach, and whether it did: one line a requirement, as it comes."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from cdo_analysis.datasets import load_worlds

COVERAGE = 0.90
ONE_OR_TWO = 0.50
FALSE_RUNS = 0.05
LARGEST = 3000
NO_EFFECT, NO_EFFECT_N = "no_effect", 300
FEWEST_RUNS = 1000


def check_targets(summary: pd.DataFrame) -> pd.DataFrame:
    """Return each requirement, cell by cell.

    Parameters
    ----------
    summary : DataFrame
        From :func:`summarise`.

    Returns
    -------
    DataFrame
        target, world, n, found, low, high, required, reached; a row a requirement and a cell. Targets:
        ``coverage`` and ``one_or_two`` in the identified worlds where some option is better; ``no_effect`` (not
        reached by fewer than 1,000 runs, whatever they found); ``worse_than_both`` (found is the smaller excess of
        regret over the classifier and over the rules; reached unless both exceed zero by more than noise).
    """
    rows = [*_coverage(summary), *_narrow_sets(summary), *_no_effect(summary), *_worse_than_both(summary)]
    return pd.DataFrame(rows, columns=["target", "world", "n", "found", "low", "high", "required", "reached"])


def _coverage(summary: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    for row in _cells(summary, "coverage", _identified()):
        yield "coverage", row.world, row.n, row.estimate, row.low, row.high, COVERAGE, row.estimate >= COVERAGE


def _narrow_sets(summary: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    for row in _cells(summary[summary["n"].eq(LARGEST)], "one_or_two", _identified()):
        yield "one_or_two", row.world, row.n, row.estimate, row.low, row.high, ONE_OR_TWO, row.estimate >= ONE_OR_TWO


def _no_effect(summary: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    for row in _cells(summary[summary["n"].eq(NO_EFFECT_N)], "any_claim", [NO_EFFECT]):
        reached = row.estimate <= FALSE_RUNS and row.replicates >= FEWEST_RUNS
        yield "no_effect", row.world, row.n, row.estimate, row.low, row.high, FALSE_RUNS, reached


def _worse_than_both(summary: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    worlds = list(load_worlds())
    pairs = zip(
        _cells(summary, "difference_classifier", worlds), _cells(summary, "difference_rules", worlds), strict=True
    )
    for pair in pairs:
        least = min(pair, key=lambda row: row.estimate)
        reached = not all(row.low > 0 for row in pair)
        yield "worse_than_both", least.world, least.n, least.estimate, least.low, least.high, 0.0, reached


def _identified() -> list[str]:
    return [name for name, law in load_worlds().items() if law.identified and name != NO_EFFECT]


def _cells(summary: pd.DataFrame, measure: str, worlds: list[str]) -> list[pd.Series]:
    kept = summary[summary["measure"].eq(measure) & summary["world"].isin(worlds)]
    return [row for _, row in kept.iterrows()]
