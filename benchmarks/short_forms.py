"""What the short form and the meeting form lose against the long questionnaire, on the synthetic population.

The same companies answer the three forms: what the shorter ones do not ask is left out of their answers. Nothing here
is evidence about real companies: the population is made up, and a boss who answers six scales in a meeting is supposed
to answer them as in the long form.

Printed, for each form: the questions (lists and grids count once); the correlation of its main score with the score of
the long form, and that of the ranks; label agreement, in the same band where the forms have the same bands and in the
same quarter of the companies; how often the recommendation changes (the first option, among those to whom both forms
recommend something), abstains, and the regret of its first option under the planted truth (0 is the best; an abstention
keeps today's arrangement).
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Codebook, load_codebook
from cdo_analysis.datasets import draw_survey, make_population, write_export
from cdo_analysis.intake import Survey, read_survey
from cdo_analysis.maturity import score_maturity
from cdo_analysis.pipeline import analyse

FORMS = ("cdo-2026", "cdo-2026-short", "cdo-2026-meeting")
_FIELDWORK = {
    "siren", "company_name", "naf", "sector", "region", "headcount", "mode", "stratum", "design_weight", "started_at",
    "submitted_at", "duration_s",
}  # fmt: skip


def main() -> None:
    """Print what each form loses."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    drawn = draw_survey(make_population(20_000, random_state=options.seed), options.n, random_state=options.seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.csv"
        write_export(drawn, path, dirty=False, random_state=options.seed)
        survey = read_survey(path, FORMS[0])
    print(losses(survey, drawn.truth).round(3).to_string())


def losses(survey: Survey, truth: pd.DataFrame) -> pd.DataFrame:
    """Return a row a form: what it keeps of the scores, the labels and the recommendations of the long form."""
    found = {name: analyse(as_asked(survey, load_codebook(name))) for name in FORMS}
    long = found[FORMS[0]]
    rows = {}
    for name, analysis in found.items():
        advice = None if analysis.cdo is None else analysis.cdo.recommendation.table
        main = None if long.cdo is None else long.cdo.recommendation.table
        rows[name] = {
            "questions": questions(analysis.survey.codebook),
            **agreement(long.survey, analysis.survey),
            **({} if advice is None or main is None else changes(main, advice, truth)),
        }
    return pd.DataFrame(rows).T


def questions(book: Codebook) -> int:
    """Return how many questions a form asks; what the field team fills in is none."""
    return len({item.block for item in book if item.name not in _FIELDWORK})


def as_asked(survey: Survey, book: Codebook) -> Survey:
    """Return the survey as if its companies had answered the form `book`."""
    columns = {item.name: _answer(survey.responses, book, item.name) for item in book}
    columns["size_category"] = survey.responses["size_category"]
    return replace(survey, codebook=book, responses=pd.DataFrame(columns, index=survey.responses.index))


def _answer(responses: pd.DataFrame, book: Codebook, name: str) -> pd.Series:
    """Return an answer of the long form, or that of the row "none of these" of a shortened list."""
    if name in responses:
        return responses[name]
    rows = [item.name for item in book if item.block == book[name].block and item.name != name]
    given = responses[rows]
    return given.eq("0").all(axis=1).map({True: "1", False: "0"}).astype("str").where(given.notna().any(axis=1))


def agreement(long: Survey, form: Survey) -> dict[str, float]:
    """Return how the main score of a form agrees with that of the long one, over those who have both."""
    scores = []
    for survey in (long, form):
        main = survey.codebook.main_score
        assert main is not None
        found = score_maturity(survey.responses, survey.codebook)
        scores.append((found.values[main.id], found.bands[main.id].astype("str"), main))
    (one, band, first), (other, other_band, second) = scores
    both = one.notna() & other.notna()
    quarter, other_quarter = (pd.qcut(values[both].rank(method="first"), 4, labels=False) for values in (one, other))
    same_bands = [b.start for b in first.bands] == [b.start for b in second.bands]
    return {
        "n": int(both.sum()),
        "correlation": float(np.corrcoef(one[both], other[both])[0, 1]),
        "rank_correlation": float(one[both].rank().corr(other[both].rank())),
        "same_band": float((band[both] == other_band[both]).mean()) if same_bands else float("nan"),
        "same_quarter": float((quarter == other_quarter).mean()),
        "within_a_quarter": float(((quarter - other_quarter).abs() <= 1).mean()),
    }


def changes(long: pd.DataFrame, form: pd.DataFrame, truth: pd.DataFrame) -> dict[str, float]:
    """Return how often the recommendation of a form is another one, and what its first option costs."""
    benefit = truth.filter(like="benefit_").rename(columns=lambda name: name.removeprefix("benefit_"))
    benefit = benefit.loc[benefit.index.intersection(form.index)]
    advised = form.loc[benefit.index, "state"].ne("abstained")
    chosen = form.loc[benefit.index, "first"].where(advised, truth.loc[benefit.index, "arrangement"])
    got = benefit.to_numpy()[np.arange(len(benefit)), benefit.columns.get_indexer(chosen)]
    both = long["state"].ne("abstained") & form["state"].ne("abstained")
    return {
        "abstains": float(form["state"].eq("abstained").mean()),
        "other_first": float((long["first"] != form["first"])[both].mean()),
        "regret": float((benefit.max(axis=1) - got).mean()),
    }


if __name__ == "__main__":
    main()
