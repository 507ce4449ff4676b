"""How long the explorer and the simulator take to answer: choices drawn at random, on a synthetic study.

The study has as many respondents as asked, drawn with replacement from the bundled sample and calibrated to its
margins: answers, scores, weights and groups, which is all that the explorer reads. Timed from the choice to the panel
made (table, figure, HTML); what a browser then does is not counted. The simulator runs on the study of the sample.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from cdo_analysis.codebook import load_codebook
from cdo_analysis.intake import read_survey
from cdo_analysis.lab import explorer, simulator
from cdo_analysis.maturity import score_maturity
from cdo_analysis.pipeline import open_study
from cdo_analysis.resources import sample_dir
from cdo_analysis.study import Study, write_study
from cdo_analysis.weighting import Design, calibrate, design_tables, read_margins

LIMIT = 0.3
"""Seconds under which the explorer must answer."""

_ASPECTS = ("size_category", "sector", "region")


def main() -> None:
    """Print the median and the 95th percentile."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--firms", type=int, default=5_000)
    parser.add_argument("--choices", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        time_explorer(make_study(Path(folder) / "study", options.firms), options.firms, options.choices)
    time_simulator(max(10, options.choices // 4))


def make_study(folder: Path, firms: int) -> Study:
    """Write a study of so many respondents, which has what the explorer reads."""
    survey, book = read_survey(sample_dir() / "enquete-cdo-2026.csv", "cdo-2026"), load_codebook("cdo-2026")
    random = np.random.default_rng(1)
    places = random.integers(len(survey), size=firms)
    index = pd.Index([f"firm-{place}" for place in range(firms)], name="respondent", dtype="str")
    responses = survey.responses.iloc[places].set_axis(index)
    scores = score_maturity(responses, book)
    found = calibrate(responses, read_margins(sample_dir() / "margins.csv"))
    profiles = pd.DataFrame({"profile": random.integers(4, size=firms)}, index=index)
    tables = {"responses": responses, "scores": scores.values, "bands": scores.bands, "profile_assignment": profiles}
    tables |= {"weights": found.weights.to_frame("weight"), "profile_shares": pd.DataFrame({"profile": range(4)})}
    tables |= design_tables(Design(found.weights, calibration=found))
    info = {"codebook": book.id, "data": {"file": "synthetic", "respondents": firms, "received": firms}}
    info |= {"options": {"note": ""}, "profiles": {"verdict": "profiles"}}
    return write_study(folder, tables=tables, documents={}, texts={"codebook": book.source}, info=info)


def time_explorer(study: Study, firms: int, choices: int) -> None:
    """Time choices of a measure, of groups and of filters, all three drawn at random."""
    shown, random = explorer(study), np.random.default_rng(2)
    names = list(shown.known)
    measures = [name for name in names if shown.known[name].section in ("scores", "dimensions", "groups")]
    filters = {name: [code for _, code in control.options] for name, control in shown._controls.filters.items()}
    assert set(filters) == set(_ASPECTS)

    def choose() -> None:
        name = str(random.choice(list(filters)))
        where = {name: [str(random.choice(filters[name]))]} if random.random() < 0.5 else {}
        shown.choose(measure=str(random.choice(measures)), by=str(random.choice(names)), where=where)

    tell(f"explorer, {firms:,} respondents, {len(names)} variables", *measure(choose, choices), limit=LIMIT)


def time_simulator(choices: int) -> None:
    """Time changes of one answer of a respondent of the sample."""
    study = open_study("sample")
    shown, random = simulator(study, company=str(study.table("responses").index[3])), np.random.default_rng(3)

    def answer() -> None:
        shown.answer(cdo_budget_keur=float(random.integers(200)), web_team_fte=float(random.integers(6)))

    tell("simulator, the sample", *measure(answer, choices))


def measure(work: Callable[[], None], times: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the seconds of each run, on the clock and of the processor; three runs come before, uncounted."""
    for _ in range(3):
        work()
    clock, processor = np.empty(times), np.empty(times)
    for place in range(times):
        begin, own = time.perf_counter(), time.process_time()
        work()
        clock[place], processor[place] = time.perf_counter() - begin, time.process_time() - own
    return clock, processor


def tell(what: str, clock: np.ndarray, processor: np.ndarray, *, limit: float = 0.0) -> None:
    """Print medians and 95th percentiles in milliseconds."""
    median, late = np.quantile(clock, [0.5, 0.95]) * 1e3
    own, most = np.quantile(processor, [0.5, 0.95]) * 1e3
    held = f", under {limit * 1e3:.0f} ms in {np.mean(clock < limit):.0%}" if limit else ""
    print(f"{what}: median {median:.0f} ms, 95th percentile {late:.0f} ms{held}")
    print(f"  processor time: median {own:.0f} ms, 95th percentile {most:.0f} ms")


if __name__ == "__main__":
    main()
