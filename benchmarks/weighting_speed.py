"""Raking 2 million firms on 3 margins, against R ``survey::rake`` and ``ipfn`` where they are installed.

Each side starts from the same firms with the size, sector and region of each one (categories: factors in R, codes in
pandas, as each reads them), and ends with a weight for each firm: matching, cells and expansion are inside the clock.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from cdo_analysis.weighting import calibrate

CATEGORIES = {"size": 6, "sector": 3, "region": 13}

R_SCRIPT = """
suppressMessages(library(survey))
folder <- commandArgs(TRUE)[1]
read <- function(name) factor(readBin(file.path(folder, name), "integer", 1e8, size = 1L), levels = 0:{most})
firms <- data.frame(size = droplevels(read("size")), sector = droplevels(read("sector")),
                    region = droplevels(read("region")))
margins <- read.csv(file.path(folder, "margins.csv"))
margin_of <- function(name) {{
  part <- margins[margins$variable == name, ]
  setNames(data.frame(factor(part$category, levels(firms[[name]])), part$population), c(name, "Freq"))
}}
known <- lapply(names(firms), margin_of)
invisible(gc())
start <- proc.time()[["elapsed"]]
design <- svydesign(ids = ~1, weights = rep(1, nrow(firms)), data = firms)
weights <- weights(rake(design, list(~size, ~sector, ~region), known))
cat(proc.time()[["elapsed"]] - start, "\\n")
gap <- function(name) {{
  part <- margins[margins$variable == name, ]
  max(abs(tapply(weights, firms[[name]], sum)[as.character(part$category)] / part$population - 1))
}}
cat(max(sapply(names(firms), gap)), sd(weights), "\\n")
"""


def make_firms(n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return `n` firms and margins that raking must move by up to half."""
    rng = np.random.default_rng(2026)
    size = rng.integers(0, CATEGORIES["size"], n)
    sector = (rng.integers(0, 6, n) + size) % CATEGORIES["sector"]
    region = (rng.integers(0, 20, n) + sector) % CATEGORIES["region"]
    codes = {"size": size, "sector": sector, "region": region}
    firms = pd.DataFrame(
        {name: pd.Categorical.from_codes(c, [str(i) for i in range(CATEGORIES[name])]) for name, c in codes.items()}
    )
    rows = []
    for name, k in CATEGORIES.items():
        shares = np.bincount(codes[name], minlength=k) * rng.uniform(0.6, 1.5, k)
        rows += [(name, str(i), float(3 * n * share / shares.sum())) for i, share in enumerate(shares)]
    return firms, pd.DataFrame(rows, columns=["variable", "category", "population"])


def gap_of(firms: pd.DataFrame, weights: np.ndarray, margins: pd.DataFrame) -> float:
    """Return the largest miss of a margin, as a fraction of it."""
    gaps = []
    for name, part in margins.groupby("variable"):
        reached = np.bincount(firms[name].cat.codes, weights=weights)
        gaps.append(np.abs(reached / part["population"].to_numpy() - 1).max())
    return float(max(gaps))


def ours(firms: pd.DataFrame, margins: pd.DataFrame) -> Callable[[], np.ndarray]:
    return lambda: calibrate(firms, margins).population_weights.to_numpy()


def by_ipfn(firms: pd.DataFrame, margins: pd.DataFrame) -> Callable[[], np.ndarray]:
    """Return the run of ipfn, on whole numbers for codes: its quickest form."""
    from ipfn import ipfn

    known = margins.assign(category=margins["category"].astype("int64"))
    totals = [
        part.set_index("category")["population"].rename_axis(name)
        for name, part in known.groupby("variable", sort=False)
    ]

    def run() -> np.ndarray:
        table = pd.DataFrame({name: firms[name].cat.codes.astype("int64") for name in CATEGORIES}).assign(total=1.0)
        fitted = ipfn.ipfn(table, totals, [[name] for name in CATEGORIES], weight_col="total").iteration()
        return fitted["total"].to_numpy()

    return run


def best(run: Callable[[], np.ndarray], times: int) -> tuple[float, np.ndarray]:
    """Return the shortest time of a few and the weights."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        weights = run()
        took.append(time.perf_counter() - start)
    return min(took), weights


def by_r(firms: pd.DataFrame, margins: pd.DataFrame) -> tuple[float, float, float] | None:
    """Return the time, largest miss and spread of weights of R; None where R or its package is absent."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        for name in CATEGORIES:
            firms[name].cat.codes.to_numpy().astype("int8").tofile(Path(folder) / name)
        margins.to_csv(Path(folder) / "margins.csv", index=False)
        script = Path(folder) / "rake.R"
        script.write_text(R_SCRIPT.format(most=max(CATEGORIES.values()) - 1))
        done = subprocess.run(["Rscript", str(script), folder], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"R survey cannot be run: {done.stderr.strip().splitlines()[-1] if done.stderr else 'no message'}")
        return None
    took, gap, spread = (float(word) for word in done.stdout.split())
    return took, gap, spread


def main() -> None:
    """Print times, ratios, misses and spread of the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--firms", type=int, default=2_000_000)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    firms, margins = make_firms(options.firms)
    mine, weights = best(ours(firms, margins), options.times)
    print(f"{options.firms:,} firms, margins of {' x '.join(map(str, CATEGORIES.values()))} categories")
    print(f"{'':24}{'seconds':>10}{'ratio':>8}{'largest miss':>14}{'sd of weights':>15}")
    print(f"{'calibrate':24}{mine:10.4f}{1:8.0f}{gap_of(firms, weights, margins):14.1e}{weights.std(ddof=1):15.6f}")
    found = by_r(firms, margins)
    if found is None:
        print("R survey::rake: absent here")
    else:
        print(f"{'R survey::rake':24}{found[0]:10.3f}{found[0] / mine:8.0f}{found[1]:14.1e}{found[2]:15.6f}")
    if importlib.util.find_spec("ipfn") is None:
        print("ipfn: absent here (pip install ipfn to compare)")
    else:
        other, weights = best(by_ipfn(firms, margins), 1)
        miss, spread = gap_of(firms, weights, margins), weights.std(ddof=1)
        print(f"{'ipfn':24}{other:10.3f}{other / mine:8.0f}{miss:14.1e}{spread:15.6f}")


if __name__ == "__main__":
    main()
