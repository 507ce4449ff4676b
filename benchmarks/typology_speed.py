"""Axes, k-means and bootstrap of a typology, against FactoMineR, scikit-learn and fpc where they are installed.

Each side runs in a process of its own, one after the other, on the same file; reading the file is outside the clock,
and the standardisation of scores inside ours only. Memory is the peak of the process less what it held before.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ITEMS, LEVELS, SCORES, PROFILES = 40, 5, 8, 4

R_HEAD = """
options(warn = -1)
folder <- commandArgs(TRUE)[1]; n <- as.integer(commandArgs(TRUE)[2])
status <- function(name) {
  line <- grep(name, readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) / 1024
}
run <- function(call) {
  invisible(gc()); before <- status("VmRSS"); start <- proc.time()
  result <- call(); took <- proc.time() - start
  list(result = result, seconds = took[["elapsed"]], cpu = took[["user.self"]] + took[["sys.self"]],
       megabytes = status("VmHWM") - before)
}
show <- function(r, figures)
  cat(sprintf('{"seconds": %f, "cpu": %f, "megabytes": %f, "figures": [%s]}', r$seconds, r$cpu, r$megabytes,
              paste(sprintf("%.9f", figures), collapse = ", ")))
"""

R_AXES = """
suppressMessages(library(FactoMineR))
codes <- matrix(readBin(file.path(folder, "codes"), "integer", n * {items}, size = 1L), ncol = {items})
firms <- as.data.frame(lapply(seq_len({items}), function(j) factor(codes[, j], 0:{last})))
weights <- if ({weighted}) readBin(file.path(folder, "weights"), "double", n) else NULL
rm(codes)
r <- run(function() MCA(firms, ncp = 5, graph = FALSE, row.w = weights))
show(r, r$result$eig[1:3, 1])
"""

R_BOOTSTRAP = """
suppressMessages(library(fpc))
scores <- matrix(readBin(file.path(folder, "scores"), "double", n * {scores}), ncol = {scores}, byrow = TRUE)
r <- run(function() clusterboot(scores, B = {replicates}, bootmethod = "boot", clustermethod = kmeansCBI,
                                krange = {profiles}, runs = 10, count = FALSE))
show(r, sort(r$result$bootmean))
"""


def make_answers(folder: Path, n: int) -> None:
    """Write the answers of `n` firms to 40 questions of 5 levels, drawn from two factors, and weights."""
    random = np.random.default_rng(2026)
    hidden = random.normal(size=(n, 2)) @ random.normal(size=(2, ITEMS))
    codes = np.digitize(hidden + random.normal(size=(n, ITEMS)), [-1.5, -0.5, 0.5, 1.5]).astype(np.int8)
    codes.ravel(order="F").tofile(folder / "codes")
    random.uniform(0.5, 2.0, n).tofile(folder / "weights")


def make_scores(folder: Path, n: int) -> None:
    """Write 8 standard scores of `n` firms in 4 profiles."""
    random = np.random.default_rng(2026)
    middle = 1.2 * random.normal(size=(PROFILES, SCORES))
    scores = middle[random.integers(PROFILES, size=n)] + random.normal(size=(n, SCORES))
    ((scores - scores.mean(axis=0)) / scores.std(axis=0)).tofile(folder / "scores")


def read_answers(folder: Path, n: int) -> pd.DataFrame:
    codes = np.fromfile(folder / "codes", dtype=np.int8).reshape(ITEMS, n)
    levels = [str(level) for level in range(LEVELS)]
    return pd.DataFrame({f"q{j}": pd.Categorical.from_codes(codes[j], levels) for j in range(ITEMS)})


def read_scores(folder: Path, n: int) -> np.ndarray:
    return np.fromfile(folder / "scores").reshape(n, SCORES)


def axes_of(folder: Path, n: int, weighted: bool) -> Callable[[], Any]:
    from cdo_analysis.profiles.correspondence import FactorialAxes

    table = read_answers(folder, n)
    weights = np.fromfile(folder / "weights") if weighted else None

    def run() -> list[float]:
        model = FactorialAxes(5, rare=0)
        model.fit_transform(table, sample_weight=weights)
        return model.eigenvalues_[:3].tolist()

    return run


def our_means(folder: Path, n: int) -> Callable[[], Any]:
    from cdo_analysis.profiles import ScoreMeans

    scores = read_scores(folder, n)
    return lambda: [ScoreMeans(PROFILES, n_init=10, random_state=0).fit(scores).inertia_]


def their_means(folder: Path, n: int) -> Callable[[], Any]:
    from sklearn.cluster import KMeans

    scores = read_scores(folder, n)
    return lambda: [KMeans(PROFILES, n_init=10, random_state=0).fit(scores).inertia_]


def our_bootstrap(folder: Path, n: int, replicates: int) -> Callable[[], Any]:
    from cdo_analysis.profiles import ScoreMeans, bootstrap_jaccard

    scores = read_scores(folder, n)

    def run() -> list[float]:
        model = ScoreMeans(PROFILES, n_init=10, random_state=0).fit(scores)
        return sorted(bootstrap_jaccard(model, scores, replicates=replicates, random_state=0).tolist())

    return run


def measure(run: Callable[[], Any], times: int) -> dict[str, Any]:
    """Return the best time of a few after one for the compiler, the CPU time of that run, and the peak memory."""
    before = held()
    took = []
    for _ in range(times + 1):
        wall, cpu = time.perf_counter(), time.process_time()
        figures = run()
        took.append((time.perf_counter() - wall, time.process_time() - cpu))
    seconds, spent = min(took[1:])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "cpu": spent, "megabytes": peak - before, "figures": figures}


def held() -> float:
    """Return the megabytes that the process holds now."""
    status = Path("/proc/self/status").read_text()
    return float(status.split("VmRSS:")[1].split()[0]) / 1024


OURS = {
    "axes": lambda folder, n, _: axes_of(folder, n, weighted=False),
    "weighted axes": lambda folder, n, _: axes_of(folder, n, weighted=True),
    "means": lambda folder, n, _: our_means(folder, n),
    "scikit-learn": lambda folder, n, _: their_means(folder, n),
    "bootstrap": our_bootstrap,
}
"""What a process of its own measures."""


def by_python(name: str, folder: Path, n: int, options: argparse.Namespace) -> dict[str, Any]:
    times = "1" if name == "scikit-learn" else str(options.times)
    command = [sys.executable, __file__, "--measure", name, "--folder", str(folder), "--n", str(n), "--times", times]
    done = subprocess.run(
        [*command, "--replicates", str(options.replicates)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def by_r(script: str, folder: Path, n: int) -> dict[str, Any] | str:
    """Return what R measured, or why it did not."""
    if shutil.which("Rscript") is None:
        return "R is absent here"
    path = folder / "peer.R"
    path.write_text(R_HEAD + script)
    done = subprocess.run(["Rscript", str(path), str(folder), str(n)], capture_output=True, text=True, check=False)
    if done.returncode:
        return f"cannot be run: {done.stderr.strip().splitlines()[0] if done.stderr else 'no message'}"
    return json.loads(done.stdout[done.stdout.index("{") :])


def compare(title: str, ours: dict[str, Any], peer: str, theirs: dict[str, Any] | str) -> None:
    """Print both sides and their ratios."""
    print(f"\n{title}")
    print(f"  {'':22}{'seconds':>10}{'CPU s':>10}{'MB':>9}   figures")
    for name, side in (("cdo-analysis", ours), (peer, theirs)):
        if isinstance(side, str):
            print(f"  {name:22}{side}")
            continue
        figures = "  ".join(f"{figure:.6g}" for figure in side["figures"])
        print(f"  {name:22}{side['seconds']:10.3f}{side['cpu']:10.3f}{side['megabytes']:9.0f}   {figures}")
    if not isinstance(theirs, str):
        ratios = [theirs[key] / max(ours[key], 1e-9) for key in ("seconds", "cpu", "megabytes")]
        print(f"  {'ratio':22}{ratios[0]:10.1f}{ratios[1]:10.1f}{ratios[2]:9.1f}")
        gaps = np.abs(np.array(ours["figures"]) / np.array(theirs["figures"]) - 1)
        print(f"  largest relative gap of figures: {gaps.max():.1e}")


def main() -> None:
    """Print times, memory and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--axes", type=int, default=200_000, help="firms with 40 answers")
    parser.add_argument("--means", type=int, default=2_000_000, help="firms with 8 scores")
    parser.add_argument("--bootstrap", type=int, default=20_000, help="firms of the bootstrap")
    parser.add_argument("--replicates", type=int, default=100)
    parser.add_argument("--times", type=int, default=3)
    for name in ("--measure", "--folder"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    parser.add_argument("--n", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        run = OURS[options.measure](Path(options.folder), options.n, options.replicates)
        print(json.dumps(measure(run, options.times)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compare_axes(folder, options)
        compare_means(folder, options)
        compare_bootstrap(folder, options)


def compare_axes(folder: Path, options: argparse.Namespace) -> None:
    n = options.axes
    make_answers(folder, n)
    for part, weighted in (("axes", "FALSE"), ("weighted axes", "TRUE")):
        theirs = by_r(R_AXES.format(items=ITEMS, last=LEVELS - 1, weighted=weighted), folder, n)
        title = f"Multiple correspondence analysis, {part}: {n:,} firms x {ITEMS} questions, with coordinates of rows"
        compare(title, by_python(part, folder, n, options), "FactoMineR MCA", theirs)


def compare_means(folder: Path, options: argparse.Namespace) -> None:
    n = options.means
    make_scores(folder, n)
    title = f"k-means: {n:,} firms x {SCORES} scores, {PROFILES} clusters, 10 starts (inertia)"
    theirs = by_python("scikit-learn", folder, n, options)
    compare(title, by_python("means", folder, n, options), "scikit-learn KMeans", theirs)


def compare_bootstrap(folder: Path, options: argparse.Namespace) -> None:
    n = options.bootstrap
    make_scores(folder, n)
    script = R_BOOTSTRAP.format(scores=SCORES, replicates=options.replicates, profiles=PROFILES)
    title = f"Bootstrap of {options.replicates} replicates: {n:,} firms x {SCORES} scores (mean Jaccard, sorted)"
    compare(title, by_python("bootstrap", folder, n, options), "fpc clusterboot", by_r(script, folder, n))


if __name__ == "__main__":
    main()
