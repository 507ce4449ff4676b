"""How often the 95 % intervals of the pipeline hold the truth, over repeated surveys of the synthetic population.

Each survey is drawn, weighted and calibrated as the pipeline does (design weights that make up for the sampling and for
the response rates of sizes and sectors, then margins by size, sector and region), and three figures are estimated: the
mean maturity score, the share of companies with a website, the share where an employee in a shared role leads digital.
The truth is that of the whole population. Answers are complete: what gaps do to a score is another matter.

Two ways to answer. ``design``: who answers depends on what the weights know, and the intervals should hold the truth in
93 to 97 % of the surveys. ``maturity``: digital companies answer more, which no margin repairs; bias and coverage are
printed as they are.

The surveys are drawn in strata of headcount, and the codebook is told so, as that of any probability sample would be.
The regression on the margins has 23 parameters for the worth of some 325 respondents: errors made of its plain
residuals are too small, which is why the pipeline deletes each respondent from its own regression (HC3).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Codebook
from cdo_analysis.datasets import Population, draw_survey, make_population, write_export
from cdo_analysis.datasets.survey import Nonresponse
from cdo_analysis.intake import Survey, read_survey
from cdo_analysis.maturity import score_maturity
from cdo_analysis.pipeline.weights import weigh
from cdo_analysis.weighting import weighted_mean

RARE = ("agriculture", "other")


def main() -> None:
    """Print a table for each way to answer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--population", type=int, default=20_000)
    parser.add_argument("--surveys", type=int, default=200)
    parser.add_argument("--firms", type=int, default=450)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    population = make_population(options.population, random_state=options.seed)
    everybody = answers_of(population)
    known = figures(everybody)
    print(f"{options.surveys} surveys of {options.firms} among {options.population} synthetic companies")
    for nonresponse in get_args(Nonresponse):
        start = time.perf_counter()
        seeds = range(options.seed, options.seed + options.surveys)
        found = [
            row
            for seed in seeds
            for row in estimates(
                draw_survey(population, options.firms, nonresponse=nonresponse, random_state=seed), everybody, known
            )
        ]
        print(f"\nresponse depends on: {nonresponse} ({time.perf_counter() - start:.0f} s)")
        print(summary(pd.DataFrame(found), known.mean()).to_string(float_format="{:.4f}".format))


def answers_of(population: Population) -> Survey:
    """Return what every company of the population answers, read as an export."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "everybody.csv"
        write_export(population, path, dirty=False)
        return read_survey(path, "cdo-2026")


def figures(survey: Survey) -> pd.DataFrame:
    """Return what is estimated, a row a company; NaN where it does not apply."""
    data = survey.responses
    return pd.DataFrame(
        {
            "maturity score": score_maturity(data, survey.codebook).values["dma"],
            "has a website": (data["website"] == "1").where(data["website"].notna()).astype(float),
            "shared role": (data["arrangement"] == "shared_role").where(data["arrangement"].notna()).astype(float),
        }
    )


def estimates(drawn: Population, everybody: Survey, known: pd.DataFrame) -> Iterator[dict[str, float | str]]:
    """Yield the estimate of each figure from one survey, with its interval."""
    firms = drawn.answers.index
    data = everybody.responses.loc[firms].assign(
        design_weight=drawn.answers["design_weight"], stratum=drawn.answers["stratum"]
    )
    survey = replace(everybody, responses=data, codebook=drawn_at_random(everybody.codebook))
    design = weigh(survey, merge_rare(drawn.margins)).design
    for name in known.columns:
        found = weighted_mean(known.loc[firms, name], design)
        yield {"figure": name, "estimate": found.estimate, "se": found.se, "low": found.low, "high": found.high}


def drawn_at_random(book: Codebook) -> Codebook:
    """Return the codebook of a stratified draw without replacement."""
    return replace(book, probability_sample=True, weighting=replace(book.weighting, without_replacement=True))


def merge_rare(margins: pd.DataFrame) -> pd.DataFrame:
    """Merge the two rarest sectors, as an analyst would: some surveys of 450 have no company of one of them."""
    merged = margins.replace({"category": dict.fromkeys(RARE, "+".join(RARE))})
    keys = [name for name in merged.columns if name != "population"]
    return merged.groupby(keys, sort=False)["population"].sum().reset_index()


def summary(found: pd.DataFrame, truth: pd.Series) -> pd.DataFrame:
    """Return, a row a figure, the bias, the true and the estimated error, and the coverage with its own error."""
    rows = {}
    for name, some in found.groupby("figure", sort=False):
        true = truth[str(name)]
        held = ((some["low"] <= true) & (true <= some["high"])).mean()
        rows[name] = {
            "truth": true,
            "mean estimate": some["estimate"].mean(),
            "bias": some["estimate"].mean() - true,
            "true error": some["estimate"].std(),
            "estimated error": float(np.sqrt((some["se"] ** 2).mean())),
            "coverage": held,
            "its error": np.sqrt(held * (1 - held) / len(some)),
        }
    return pd.DataFrame(rows).T


if __name__ == "__main__":
    main()
