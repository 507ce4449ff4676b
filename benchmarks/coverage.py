"""How often a 95 % interval of the mean score holds the truth, over repeated surveys of the synthetic population.

Where who answers depends on size and sector only, weights can repair it: 93 to 97 % is the aim. Where digital companies
answer more, no weight built from size, sector and region repairs it: the bias and the coverage are printed as they are.
Only the sampling varies: each repetition draws other respondents from the same made-up population.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from cdo_analysis.codebook import load_codebook
from cdo_analysis.datasets import Population, draw_survey, make_population
from cdo_analysis.datasets.survey import Nonresponse
from cdo_analysis.maturity import impute_answers, pool, score_maturity
from cdo_analysis.weighting import Design, calibrate, weighted_mean


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=400)
    parser.add_argument("--n", type=int, default=600)
    parser.add_argument("--imputations", type=int, default=5)
    options = parser.parse_args()
    population = make_population(20_000, random_state=1)
    found = {
        f"{why}: {how}": table
        for why in ("design", "maturity")
        for how, table in coverage(population, why, options).items()
    }
    print(f"{options.repetitions} surveys of {options.n} respondents; mean DMA-inspired score")
    print(pd.DataFrame(found).T.to_string(float_format="{:.3f}".format))


def coverage(population: Population, why: Nonresponse, options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Return the bias, the error and the coverage of each way to estimate, over repeated surveys."""
    book = load_codebook("cdo-2026")
    truth = float(score_maturity(population.answers, book).values["dma"].mean())
    rows: dict[str, list[tuple[float, float, float]]] = {}
    for repetition in range(options.repetitions):
        survey = draw_survey(population, options.n, nonresponse=why, random_state=repetition)
        for how, interval in estimates(survey, options.imputations, repetition).items():
            rows.setdefault(how, []).append(interval)
    return {how: summary(np.array(intervals), truth) for how, intervals in rows.items()}


def estimates(survey: Population, imputations: int, seed: int) -> dict[str, tuple[float, float, float]]:
    """Return estimate, low and high by each way: unweighted, design weights, raked, raked and imputed."""
    book = load_codebook("cdo-2026")
    score = score_maturity(survey.answers, book).values["dma"]
    design = survey.answers["design_weight"].astype(float)
    answers = survey.answers.assign(size_category=survey.truth["size_category"])
    calibration = calibrate(answers, survey.margins, base_weights=design)
    raked = Design(calibration.weights, strata=answers["stratum"], calibration=calibration)
    ways = {"unweighted": design * 0 + 1, "design weights": Design(design, strata=answers["stratum"]), "raked": raked}
    found = {how: _interval(weighted_mean(score, weights)) for how, weights in ways.items()}
    if imputations > 1:
        drawn = impute_answers(
            answers, book, classes=["size_category", "sector"], imputations=imputations, random_state=seed
        )
        means = [weighted_mean(score_maturity(one, book).values["dma"], raked) for one in drawn]
        pooled = pool(
            np.array([m.estimate for m in means]), np.array([m.se**2 for m in means]), complete_df=len(score) - 1
        )
        found["raked, imputed"] = _interval(pooled)
    return found


def _interval(found: object) -> tuple[float, float, float]:
    return tuple(float(getattr(found, name)) for name in ("estimate", "low", "high"))  # type: ignore[return-value]


def summary(intervals: np.ndarray, truth: float) -> dict[str, float]:
    """Return the truth, the mean of the estimates, bias, root mean square error, coverage and mean half-width."""
    estimate, low, high = intervals.T
    return {
        "truth": truth,
        "mean": float(estimate.mean()),
        "bias": float(estimate.mean() - truth),
        "rmse": float(np.sqrt(np.square(estimate - truth).mean())),
        "coverage": float(((low <= truth) & (truth <= high)).mean()),
        "half_width": float((high - low).mean() / 2),
    }


if __name__ == "__main__":
    main()
