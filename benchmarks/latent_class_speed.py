"""A fit of latent classes against StepMix and R poLCA: 40 items of five answers, 6 % missing, four classes.

Same data, same starting point, the same number of EM iterations for all, one thread each; processor time of the fit, so
that what else runs on the machine does not count, and the log-likelihood that each reached. StepMix and poLCA are no
dependencies: where one is absent, a sentence says so. A call of each is timed: ours encodes the answers and labels the
companies, poLCA makes its tables of fit on complete rows (no standard errors; it has no weights). ``--starts`` prints
how the peak memory of ours grows with the number of starts (it must not), and ``--large`` fits a million companies to
the end.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import shutil
import subprocess
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from cdo_analysis.profiles import LatentClasses
from cdo_analysis.profiles.answers import learn_categories
from cdo_analysis.profiles.likelihood import draw_starts, split_posterior
from cdo_analysis.profiles.packing import Patterns

ITEMS, ANSWERS, CLASSES, MISSING = 40, 5, 4, 0.06
WANTED = {2_000: (40, 4), 20_000: (80, 15), 200_000: (200, 40)}
SEED = 2026

R_SCRIPT = """
suppressMessages(library(poLCA))
folder <- commandArgs(TRUE)[1]
n <- {n}; items <- {items}; classes <- {classes}; answers <- {answers}
y <- matrix(readBin(file.path(folder, "answers"), "integer", n * items, size = 1L), n, items, byrow = TRUE)
p <- array(readBin(file.path(folder, "start"), "double", items * classes * answers), c(answers, classes, items))
start <- lapply(seq_len(items), function(item) t(p[, , item]))
data <- as.data.frame(y); data[data == 0] <- NA; names(data) <- paste0("v", seq_len(items))
form <- as.formula(paste0("cbind(", paste(names(data), collapse = ","), ") ~ 1"))
invisible(gc())
took <- system.time(
  fit <- poLCA(form, data, nclass = classes, maxiter = {iterations}, tol = -1, na.rm = FALSE, probs.start = start,
               verbose = FALSE, calc.se = FALSE))
cat(took[["user.self"]] + took[["sys.self"]], sprintf("%.4f", fit$llik), "\\n")
"""

Timed = tuple[float, float]


def make_answers(n: int) -> pd.DataFrame:
    """Return answers 1 to 5 of `n` companies, NaN where missing."""
    rng = np.random.default_rng(SEED)
    truth = rng.integers(0, CLASSES, n)
    reached = rng.dirichlet(np.full(ANSWERS, 2.0), (CLASSES, ITEMS)).cumsum(axis=2)
    codes = np.empty((n, ITEMS))
    for item in range(ITEMS):
        codes[:, item] = (rng.random((n, 1)) > reached[truth, item, :-1]).sum(axis=1) + 1.0
    codes[rng.random((n, ITEMS)) < MISSING] = np.nan
    return pd.DataFrame(codes).add_prefix("v")


def start_of(answers: pd.DataFrame) -> np.ndarray:
    """Return the probabilities (classes, items * answers) from which our fit of this seed starts."""
    categories, codes = learn_categories(answers.to_numpy(), list(answers))
    patterns = Patterns.of(codes, [len(found) for found in categories])
    weights = patterns.sum_weights(np.ones(len(answers)))
    return draw_starts(patterns, weights, CLASSES, 1, np.random.RandomState(SEED))[1][:, 0]


def timed(run: Callable[[], float], times: int) -> Timed:
    """Return the median processor time of a few runs, and what the last returned."""
    took = []
    for _ in range(times):
        before = time.process_time()
        reached = run()
        took.append(time.process_time() - before)
    return float(np.median(took)), reached


def ours(answers: pd.DataFrame, iterations: int) -> Callable[[], float]:
    model = LatentClasses(CLASSES, n_init=1, max_iter=iterations, tol=-1.0, random_state=SEED)
    return lambda: model.fit(answers).log_likelihood_


def by_stepmix(answers: pd.DataFrame, start: np.ndarray, iterations: int) -> Callable[[], float]:
    """Return the run of StepMix from our starting point: its first M step is from the posterior of our first E step."""
    import stepmix

    shown = np.nan_to_num(answers.to_numpy()).astype(int)
    logs = np.log(np.concatenate([np.ones((CLASSES, ITEMS, 1)), start.reshape(CLASSES, ITEMS, ANSWERS)], axis=2))
    joint = np.stack([own[np.arange(ITEMS), shown].sum(axis=1) for own in logs])
    posterior = split_posterior(joint)[0].T

    class FromOurStart(stepmix.StepMix):
        def _initialize_parameters(self, X: np.ndarray, random_state: object) -> None:
            self.log_resp_ = np.log(np.clip(posterior, 1e-15, 1 - 1e-15))
            self.weights_ = posterior.mean(axis=0)
            self._initialize_parameters_measurement(X, random_state)

    numbers = answers.to_numpy() - 1.0

    def run() -> float:
        model = FromOurStart(
            CLASSES,
            measurement="categorical_nan",
            n_init=1,
            max_iter=iterations - 1,
            abs_tol=0.0,
            rel_tol=0.0,
            progress_bar=0,
            verbose=0,
        )
        model.fit(numbers)
        run.model = model
        return float("nan")

    run.score = lambda: float(run.model.score(numbers)) * len(numbers)
    return run


def by_polca(answers: pd.DataFrame, start: np.ndarray, iterations: int) -> Timed | None:
    """Return the time and log-likelihood of poLCA; None, and a sentence, where R or the package is absent."""
    if shutil.which("Rscript") is None:
        print("poLCA is skipped: there is no Rscript on this machine")
        return None
    sizes = {"n": len(answers), "items": ITEMS, "classes": CLASSES, "answers": ANSWERS, "iterations": iterations}
    with tempfile.TemporaryDirectory() as folder:
        np.nan_to_num(answers.to_numpy()).astype("int8").tofile(Path(folder) / "answers")
        # R fills arrays from the first dimension on: answer, class, item.
        start.reshape(CLASSES, ITEMS, ANSWERS).transpose(1, 0, 2).ravel().tofile(Path(folder) / "start")
        script = Path(folder) / "fit.R"
        script.write_text(R_SCRIPT.format(**sizes))
        done = subprocess.run(["Rscript", str(script), folder], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"poLCA is skipped: {done.stderr.strip().splitlines()[0] if done.stderr else 'R said nothing'}")
        return None
    seconds, reached = done.stdout.split()[-2:]
    return float(seconds), float(reached)


def compare(n: int, iterations: int, peers: list[str]) -> None:
    """Print one line a programme at one size, with the ratio to ours."""
    answers = make_answers(n)
    start = start_of(answers)
    ours(answers.head(500), 2)()  # compile, or read the compiled code
    fast, reached = timed(ours(answers, iterations), 5 if n <= 20_000 else 3)
    print(f"\nn = {n:,}, {iterations} iterations\n  ours     {fast:9.3f} s   log-likelihood {reached:.4f}")
    if "stepmix" in peers and importlib.util.find_spec("stepmix"):
        run = by_stepmix(answers, start, iterations)
        slow, _ = timed(run, 1)
        print(f"  StepMix  {slow:9.3f} s   log-likelihood {run.score():.4f}   {slow / fast:6.0f} times{wanted(n, 0)}")
    elif "stepmix" in peers:
        print("  StepMix is skipped: it is not installed (pip install stepmix)")
    found = by_polca(answers, start, iterations) if "polca" in peers else None
    if found:
        print(
            f"  poLCA    {found[0]:9.3f} s   log-likelihood {found[1]:.4f}   {found[0] / fast:6.0f} times{wanted(n, 1)}"
        )


def wanted(n: int, peer: int) -> str:
    return f" (at least {WANTED[n][peer]} wanted)" if n in WANTED else ""


def memory_of_starts(n: int) -> None:
    """Print the memory that a fit adds, with one start and with forty."""
    answers = make_answers(n)
    for starts in (1, 40):
        tracemalloc.start()
        LatentClasses(CLASSES, n_init=starts, max_iter=3, random_state=SEED).fit(answers)
        print(f"  {starts:3d} starts at n = {n:,}: {tracemalloc.get_traced_memory()[1] / 1e6:.0f} MB above the data")
        tracemalloc.stop()


def fit_large(n: int, starts: int, workers: int) -> None:
    """Print the time to fit `n` companies to the end from several starts."""
    answers = make_answers(n)
    before = time.perf_counter(), time.process_time()
    model = LatentClasses(CLASSES, n_init=starts, random_state=SEED, n_jobs=workers).fit(answers)
    wall, used = time.perf_counter() - before[0], time.process_time() - before[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"\nn = {n:,}, {starts} starts to the end, {workers} workers: {wall:.0f} s ({used:.0f} s of processor), "
        f"{model.n_iter_} iterations of the best, {model.starts_at_best_} reached it, peak {peak:,.0f} MB"
    )


def main() -> None:
    """Print the comparisons."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=[2_000, 20_000])
    parser.add_argument("--iterations", type=int, default=50)
    parser.add_argument("--peers", nargs="*", default=["stepmix", "polca"], choices=["stepmix", "polca"])
    parser.add_argument("--starts", action="store_true", help="memory by number of starts")
    parser.add_argument("--large", type=int, default=0, help="fit so many companies to the end, ten starts")
    options = parser.parse_args()
    for n in options.sizes:
        compare(n, options.iterations, options.peers)
    if options.starts:
        memory_of_starts(20_000)
    if options.large:
        fit_large(options.large, 10, 2)


if __name__ == "__main__":
    main()
