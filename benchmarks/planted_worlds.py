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
import json
import sys
import time
from pathlib import Path

import pandas as pd
from joblib import Parallel, delayed

from cdo_analysis.datasets import load_worlds
from cdo_analysis.proof import CONFIDENCES, WAYS, check_targets, publish, run_replicate, summarise
from cdo_analysis.proof.targets import NO_EFFECT

SIZES = (80, 300, 1_000, 3_000)
REPLICATES, NO_EFFECT_RUNS = 200, 1_000
QUICK = 10
NO_EFFECT_CELL = (NO_EFFECT, 300)

Task = tuple[str, int, int]


def main() -> None:
    """Run the study, print its tables, keep them."""
    options = read_options()
    tasks = plan(options)
    options.out.mkdir(parents=True, exist_ok=True)
    kept = options.out / f"replicates-{options.seed}.jsonl"
    if not options.resume:
        kept.unlink(missing_ok=True)
    run(tasks, options, kept)
    records = read_records(kept, tasks)
    summary = summarise(records)
    targets = check_targets(summary)
    show(summary, targets)
    for name, table in (("summary", summary), ("targets", targets)):
        table.to_csv(options.out / f"{name}.csv", index=False, float_format="%.6g")
    if options.publish:
        stopped = "" if len(records) == len(tasks) else " (stopped before its end)"
        publish(summary, command=command(options) + stopped)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few replicates a cell")
    parser.add_argument("--replicates", type=int, help="replicates a cell")
    parser.add_argument("--no-effect-runs", type=int, help="replicates without effect, n = 300")
    parser.add_argument("--worlds", nargs="+", default=list(load_worlds()))
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop then, with what is done")
    parser.add_argument("--resume", action="store_true", help="go on with the replicates of an earlier run")
    parser.add_argument("--out", type=Path, default=Path("reports/planted_worlds"))
    parser.add_argument("--publish", action="store_true", help="keep the summary in the package")
    options = parser.parse_args()
    options.replicates = options.replicates or (QUICK if options.quick else REPLICATES)
    options.no_effect_runs = options.no_effect_runs or (QUICK if options.quick else NO_EFFECT_RUNS)
    return options


def command(options: argparse.Namespace) -> str:
    """Return the command that runs the same study."""
    counts = f"--replicates {options.replicates} --no-effect-runs {options.no_effect_runs}"
    return f"python benchmarks/planted_worlds.py {counts} --seed {options.seed}"


def plan(options: argparse.Namespace) -> list[Task]:
    """Return the replicates to run, all cells in step, so that a study that is stopped is even."""
    cells = [(world, n) for world in options.worlds for n in options.sizes]
    counts = {cell: options.no_effect_runs if cell == NO_EFFECT_CELL else options.replicates for cell in cells}
    tasks = [(world, n, replicate) for (world, n), count in counts.items() for replicate in range(count)]
    return sorted(tasks, key=lambda task: (task[2] + 1) / counts[task[:2]])


def run(tasks: list[Task], options: argparse.Namespace, kept: Path) -> None:
    """Add a line a replicate to `kept`, and say on the error stream how far the study is."""
    done = {(line["world"], line["n"], line["replicate"]) for line in read_lines(kept)}
    left = [task for task in tasks if task not in done]
    jobs = (delayed(run_replicate)(world, n, replicate, random_state=options.seed) for world, n, replicate in left)
    start, step = time.perf_counter(), max(len(left) // 50, 1)
    with kept.open("a", encoding="utf-8") as file:
        for count, record in enumerate(Parallel(n_jobs=options.workers, return_as="generator")(jobs), 1):
            file.write(json.dumps(record) + "\n")
            spent = time.perf_counter() - start
            if count % step == 0:
                file.flush()
                print(f"{count}/{len(left)}, {spent:.0f} s", file=sys.stderr, flush=True)
            if spent > 60 * options.minutes:
                break


def read_lines(kept: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()] if kept.exists() else []


def read_records(kept: Path, tasks: list[Task]) -> pd.DataFrame:
    """Return a row a replicate of the plan that was run, in the order of worlds, sizes and numbers."""
    wanted = set(tasks)
    records = [line for line in read_lines(kept) if (line["world"], line["n"], line["replicate"]) in wanted]
    worlds = list(load_worlds())
    records.sort(key=lambda line: (worlds.index(str(line["world"])), line["n"], line["replicate"]))
    return pd.DataFrame(records)


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
