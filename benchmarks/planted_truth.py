"""What the pipeline finds of what was planted in the synthetic population, whatever it is.

The population is made up: its profiles, and the arrangement that is truly best for each company, follow a law that is
not that of the expert rules. Nothing here is evidence about real companies. The rules were adjusted once, in view of
which options they named on the bundled sample, never in the light of the truth or of the regret printed here.

Printed: the adjusted Rand index between the planted and the found profiles, and the regret of several ways to choose an
arrangement (the benefit that the truly best one would have brought, less that of the one chosen; lower is better, 0 is
the oracle; a set scores the mean of its options, an abstention today's arrangement).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from cdo_analysis.cdo import peer_shares
from cdo_analysis.datasets import draw_survey, make_population, write_export
from cdo_analysis.intake import read_survey
from cdo_analysis.pipeline import Analysis, analyse

SIZES = (300, 450, 1_000, 3_000)


def main() -> None:
    """Print the table for each survey size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--population", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    options = parser.parse_args()
    population = make_population(options.population, random_state=options.seed)
    for n in options.sizes:
        drawn = draw_survey(population, n, random_state=options.seed + n)
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "export.csv"
            write_export(drawn, path, dirty=True, random_state=options.seed)
            survey = read_survey(path, "cdo-2026")
        analysis = analyse(survey, margins=population.margins)
        report(n, analysis, drawn.truth, time.perf_counter() - start)


def report(n: int, analysis: Analysis, truth: pd.DataFrame, seconds: float) -> None:
    """Print what was found at one survey size."""
    known = analysis.survey.responses.index.intersection(truth.index)
    truth = truth.loc[known]
    print(f"\nn = {n} ({len(known)} companies found again in the export), {seconds:.1f} s")
    if analysis.profiles is not None:
        found = analysis.profiles.assignment.loc[known, "profile"]
        k = analysis.profiles.model.n_clusters
        print(
            f"  profiles: 4 planted, {k} found; adjusted Rand index {adjusted_rand_score(truth['profile'], found):.2f}"
        )
    benefit = truth.filter(like="benefit_").rename(columns=lambda name: name.removeprefix("benefit_"))
    table = pd.DataFrame({name: regret(benefit, choice) for name, choice in choices(analysis, known).items()})
    print(table.T.to_string(float_format="{:.3f}".format))


def regret(benefit: pd.DataFrame, choice: pd.Series) -> dict[str, float]:
    """Return the mean regret of `choice`, its standard error, and how often it is the best option.

    A choice is a list of options a company: a set scores the mean of its options.
    """
    best = benefit.max(axis=1)
    got = pd.Series({firm: np.mean([benefit.at[firm, option] for option in choice[firm]]) for firm in benefit.index})
    lost = best - got
    winners = benefit.idxmax(axis=1)
    hit = np.mean([winners[firm] in choice[firm] for firm in benefit.index])
    size = np.mean([len(choice[firm]) for firm in benefit.index])
    return {"regret": lost.mean(), "se": lost.std() / np.sqrt(len(lost)), "holds_best": hit, "options": size}


def choices(analysis: Analysis, firms: pd.Index) -> dict[str, pd.Series]:
    """Return the ways to choose: what each company has, what comparable ones have, what the rules say, ours."""
    assert analysis.cdo is not None
    fit = analysis.cdo
    today = fit.arrangement.reindex(firms).fillna("none_yet")
    peers = {firm: peer_shares(fit.comparable, fit.arrangement, str(firm)).table.index[0] for firm in firms}
    table = fit.recommendation.table.loc[firms]
    one = {
        "what each has today": today,
        "what most of the 30 nearest have": pd.Series(peers),
        "always the commonest": pd.Series(str(fit.arrangement.mode()[0]), index=firms),
        "rules, first option": table["first"],
    }
    ours = {
        "recommendation (sets; today's where it abstains)": pd.Series({f: named(table.loc[f], today[f]) for f in firms})
    }
    return {**{name: choice.map(lambda option: [option]) for name, choice in one.items()}, **ours}


def named(row: pd.Series, today: str) -> list[str]:
    """Return the options that a recommendation names; today's arrangement where it abstains."""
    return {"recommended": [row["first"]], "close": [row["first"], row["second"]]}.get(row["state"], [today])


if __name__ == "__main__":
    main()
