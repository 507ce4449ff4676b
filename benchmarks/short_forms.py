"""What the short forms of the questionnaire lose against the long one, on the synthetic population.

The same synthetic companies answer `cdo-2026`, `cdo-2026-short` and `cdo-2026-meeting`, truly and without dirt or gaps;
a short form knows the answers to its own questions only, and "none of these" there is about the rows that it shows.
Each form is then analysed as any survey is. Nothing here is evidence about real companies: how far 18 atoms stand for
96 depends on how the population ties them together.

Printed for each form: the maturity score (correlation with the long one, mean difference in points, share of companies
in the same band); the profiles (adjusted Rand index with those of the long form, which rest on the same 18 atoms, and
with the planted ones); the recommendation (same state, same first option, and both); and the share of the criteria of
the rules that are measured.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from cdo_analysis.codebook import Codebook, load_codebook
from cdo_analysis.datasets import Population, draw_survey, make_population, write_export
from cdo_analysis.intake import Survey, read_survey
from cdo_analysis.pipeline import Analysis, analyse

LONG = "cdo-2026"
FORMS = (LONG, "cdo-2026-short", "cdo-2026-meeting")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--population", type=int, default=20_000)
    parser.add_argument("--firms", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    population = make_population(options.population, random_state=options.seed)
    drawn = know_all(population, draw_survey(population, options.firms, random_state=options.seed))
    found = {form: analyse(answer(drawn, form), margins=None) for form in FORMS}
    table = pd.DataFrame({form: compare(found[form], found[LONG], drawn.truth) for form in FORMS})
    print(f"{options.firms} synthetic companies, no gap and no dirt\n")
    print(table.to_string(float_format="{:.3f}".format, na_rep="-"))


def know_all(population: Population, drawn: Population) -> Population:
    """Return the companies drawn with the answers that they would have given without any gap."""
    firms = drawn.answers.index
    return replace(drawn, answers=population.answers.loc[firms].assign(design_weight=drawn.answers["design_weight"]))


def answer(drawn: Population, form: str) -> Survey:
    """Return what the companies answer to one form, read as an export of it."""
    book = load_codebook(form)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.csv"
        write_export(drawn, path, dirty=False)
        cells = pd.read_csv(path, dtype=str, keep_default_na=False)[[item.column for item in book]]
        say_none(cells, book).to_csv(path, index=False)
        return read_survey(path, book)


def say_none(cells: pd.DataFrame, book: Codebook) -> pd.DataFrame:
    """Tick "none of these" where none of the rows shown is ticked: a form with fewer rows has more such companies."""
    said = cells.copy()
    for block in {item.block for item in book if item.tick}:
        *rows, none = [item.column for item in book if item.block == block]
        asked = cells[none] != ""
        said[none] = np.where(asked, np.where((cells[rows] == "1").any(axis=1), "0", "1"), "")
    return said


def compare(found: Analysis, long: Analysis, truth: pd.DataFrame) -> dict[str, float]:
    """Return what one form keeps of what the long one says."""
    return {
        "items": len(found.survey.codebook.items),
        **scores(found, long),
        **profiles(found, long, truth),
        **rules(found, long),
    }


def scores(found: Analysis, long: Analysis) -> dict[str, float]:
    """Compare the main score, if the form has one, with that of the long form."""
    mine, theirs = found.survey.codebook.main_score, long.survey.codebook.main_score
    if mine is None or theirs is None:
        return {}
    pair = pd.DataFrame({"mine": found.scores.values[mine.id], "theirs": long.scores.values[theirs.id]}).dropna()
    return {
        "score: correlation": pair["mine"].corr(pair["theirs"]),
        "score: rank correlation": pair["mine"].corr(pair["theirs"], method="spearman"),
        "score: mean difference": (pair["mine"] - pair["theirs"]).mean(),
        "score: mean absolute difference": (pair["mine"] - pair["theirs"]).abs().mean(),
        "score: same band": float((found.scores.bands[mine.id] == long.scores.bands[theirs.id]).mean()),
    }


def profiles(found: Analysis, long: Analysis, truth: pd.DataFrame) -> dict[str, float]:
    """Compare the profiles, if the form has some, with those of the long form and with the planted ones."""
    if found.profiles is None or long.profiles is None:
        return {}
    mine, theirs = (a.profiles.assignment["profile"] for a in (found, long) if a.profiles is not None)
    planted = truth.loc[mine.index, "profile"]
    return {
        "profiles: number": found.profiles.model.n_clusters,
        "profiles: Rand with the long form": adjusted_rand_score(theirs.loc[mine.index], mine),
        "profiles: Rand with the planted": adjusted_rand_score(planted, mine),
    }


def rules(found: Analysis, long: Analysis) -> dict[str, float]:
    """Compare the recommendations, and how many criteria are measured."""
    assert found.cdo is not None
    assert long.cdo is not None
    mine, theirs = found.cdo.recommendation.table, long.cdo.recommendation.table
    state, first = mine["state"] == theirs["state"], mine["first"] == theirs["first"]
    answers = found.cdo.advice.answers
    return {
        "rules: criteria measured": float(answers.notna().mean(axis=1).mean()),
        "rules: same first option": float(first.mean()),
        "rules: same state": float(state.mean()),
        "rules: same state and first option": float((state & first).mean()),
        "rules: no recommendation": float((~mine["state"].isin(["recommended", "close"])).mean()),
    }


if __name__ == "__main__":
    main()
