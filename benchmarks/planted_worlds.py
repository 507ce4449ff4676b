"""The simulation study: ways of choosing an arrangement, in made-up worlds whose best option is known.

    python benchmarks/planted_worlds.py            # the study
    python benchmarks/planted_worlds.py --quick    # the same tables from few replicates, in a few minutes
    python benchmarks/planted_worlds.py --publish  # the study, whose table is kept for the tutorial

The worlds stand in src/cdo_analysis/datasets/worlds.toml, frozen before the decision was tuned. Each replicate has its
own seed, so that the number of workers changes nothing. Regret is in points of the outcome (0 to 10): what the best
feasible option would have brought, less what is chosen; a set scores the mean of its options, an abstention the option
of today. Nothing printed here is evidence about companies.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from joblib import Parallel, delayed

from cdo_analysis.datasets import load_worlds
from cdo_analysis.proof import CONFIDENCES, WAYS, check_targets, publish, run_replicate, summarise
from cdo_analysis.proof.targets import NO_EFFECT

SIZES = (80, 300, 1_000, 3_000)
REPLICATES, NO_EFFECT_RUNS = 200, 1_000
QUICK = 10
NO_EFFECT_SIZES = (300, 1_000)

Task = tuple[str, int, int]


def main() -> None:
    """Run the study, print its tables, keep them."""
    options = read_options()
    tasks = list(plan(options))
    start = time.perf_counter()
    records = pd.DataFrame(run(tasks, options.seed, options.workers))
    records = records.sort_values(["replicate"], kind="stable")
    order = {cell: i for i, cell in enumerate(dict.fromkeys((world, n) for world, n, _ in tasks))}
    places = [order[cell] for cell in zip(records["world"], records["n"], strict=True)]
    records = records.assign(place=places).sort_values(["place", "replicate"]).drop(columns="place")
    summary = summarise(records)
    targets = check_targets(summary)
    show(summary, targets)
    print(f"\n{len(tasks)} replicates in {time.perf_counter() - start:.0f} s, {options.workers} workers")
    options.out.mkdir(parents=True, exist_ok=True)
    for name, table in (("replicates", records), ("summary", summary), ("targets", targets)):
        table.to_csv(options.out / f"{name}.csv", index=False, float_format="%.6g")
    if options.publish:
        publish(summary, command=" ".join(["python", *sys.argv]))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few replicates a cell")
    parser.add_argument("--replicates", type=int, help="replicates a cell")
    parser.add_argument(
        "--no-effect-runs", type=int, help=f"replicates of the world without effect, n {NO_EFFECT_SIZES}"
    )
    parser.add_argument("--worlds", nargs="+", default=list(load_worlds()))
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("reports/planted_worlds"))
    parser.add_argument("--publish", action="store_true", help="keep the summary in the package")
    options = parser.parse_args()
    options.replicates = options.replicates or (QUICK if options.quick else REPLICATES)
    options.no_effect_runs = options.no_effect_runs or (QUICK if options.quick else NO_EFFECT_RUNS)
    return options


def plan(options: argparse.Namespace) -> Iterator[Task]:
    """Yield the replicates to run: world, size, number."""
    for world in options.worlds:
        for n in options.sizes:
            many = world == NO_EFFECT and n in NO_EFFECT_SIZES
            for replicate in range(options.no_effect_runs if many else options.replicates):
                yield world, n, replicate


def run(tasks: list[Task], seed: int, workers: int) -> Iterator[dict[str, object]]:
    """Yield a record a replicate, and say on the error stream how far the study is."""
    jobs = (delayed(run_replicate)(world, n, replicate, random_state=seed) for world, n, replicate in tasks)
    start, step = time.perf_counter(), max(len(tasks) // 50, 1)
    for done, record in enumerate(Parallel(n_jobs=workers, return_as="generator")(jobs), 1):
        if done % step == 0 or done == len(tasks):
            spent = time.perf_counter() - start
            left = spent / done * (len(tasks) - done)
            print(f"{done}/{len(tasks)} {record['world']} n={record['n']}, {spent:.0f} s", file=sys.stderr, end="")
            print(f", about {left:.0f} s left at this pace", file=sys.stderr)
        yield record


def show(summary: pd.DataFrame, targets: pd.DataFrame) -> None:
    """Print the tables of the study."""
    print("\nMean regret, points of 10 (0 is the best feasible option; lower is better)")
    print(spread(summary, [f"regret_{way}" for way in WAYS]))
    print("\nRegret of ours less that of each way, same companies, 95 % interval (below 0: ours is better)")
    print(spread(summary, [f"difference_{way}" for way in WAYS if way != "ours"], interval=True))
    print("\nThe set before abstention, and what is claimed (shares of companies; any_*: shares of runs)")
    print(spread(summary, ["estimated", "coverage", "set_size", "one_or_two", "claimed", "false_claims", "any_claim"]))
    print("\nRisk against coverage: share answered, and share of wrong answers among them, by confidence asked for")
    print(spread(summary, [f"{name}_{c:g}" for c in CONFIDENCES for name in ("answered", "error")]))
    print("\nHidden confounding: claims that are false, all and without those marked fragile; shares of runs")
    hidden = summary[summary["world"].str.contains("hidden")]
    print(spread(hidden, ["claimed", "false_claims", "sturdy", "false_sturdy_claims", "any_claim", "any_false_sturdy"]))
    print("\nRequired")
    for target, part in targets.groupby("target", sort=False):
        verdict = "reached    " if part["reached"].all() else "NOT REACHED"
        print(f"  {verdict} {target}: {int(part['reached'].sum())} of {len(part)} cells")
        for row in part[~part["reached"]].itertuples():
            found = f"{row.found:.3f} [{row.low:.3f}; {row.high:.3f}], required {row.required:.2f}"
            print(f"      missed in {row.world}, n = {row.n}: {found}")


def spread(summary: pd.DataFrame, measures: list[str], *, interval: bool = False) -> str:
    """Return the measures side by side, a row a world and size."""
    kept = summary[summary["measure"].isin(measures)]
    texts = kept["estimate"].map("{:.3f}".format)
    if interval:
        texts = texts + kept["low"].map(" [{:.3f};".format) + kept["high"].map("{:.3f}]".format)
    table = kept.assign(text=texts).pivot_table(
        index=["world", "n"], columns="measure", values="text", aggfunc="first", sort=False
    )
    return table[[name for name in measures if name in table]].to_string()


if __name__ == "__main__":
    main()
