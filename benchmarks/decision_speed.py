"""The decision: acceptability, one firm, and the fit of the three kinds of evidence, beside plain ways of doing it.

Acceptability: 10,000 firms × 10,000 draws of the weights, against the loop of the textbook (a draw at a time: scores of
all firms, then argmax) and against one product and argmax in double precision, on the same answers and weights; both
take the first of tied options, where ours shares the draw. Logit: against scikit-learn on the same penalised
likelihood (to the same height), and R ``nnet`` where it is installed, without penalty. Answers are drawn at random.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from cdo_analysis.cdo import (
    CdoColumns,
    advise,
    check_feasibility,
    draw_weights,
    fit_cdo,
    fit_multinomial,
    peer_shares,
    rank_first_shares,
    reasons,
    recommend,
    score_suitability,
    what_would_change,
)
from cdo_analysis.reference import Rules, load_arrangements, load_rules

R_SCRIPT = """
suppressMessages(library(nnet))
data <- read.csv(commandArgs(TRUE)[1], stringsAsFactors = TRUE)
start <- proc.time()[["elapsed"]]
fit <- multinom(have ~ ., data = data, trace = FALSE, maxit = 1000, reltol = 1e-10, Hess = TRUE)
cat(proc.time()[["elapsed"]] - start, as.numeric(logLik(fit)), "\\n")
"""


def draw_answers(rules: Rules, n: int) -> pd.DataFrame:
    """Return answers drawn at random, one in ten missing."""
    rng = np.random.default_rng(2026)

    def draw(points: tuple, numeric: bool) -> pd.Series:
        values = rng.uniform(points[0], points[-1], n) if numeric else rng.choice(list(map(str, points)), n)
        return pd.Series(values).where(rng.uniform(size=n) > 0.1)

    columns = {criterion.id: draw(criterion.points, criterion.numeric) for criterion in rules.criteria}
    return pd.DataFrame(columns).set_axis([f"f{i}" for i in range(n)])


def draw_choices(answers: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return an arrangement and an outcome that the answers drive in part."""
    rng = np.random.default_rng(7)
    size = np.log(answers["headcount"].fillna(60.0)) - 5
    money = np.log1p(answers["cdo_budget_keur"].fillna(50.0)) - 4
    pulls = np.outer(size, np.linspace(-0.2, 0.2, 8)) + np.outer(money, np.linspace(-0.2, 0.2, 8))
    names = np.array(load_arrangements().ids)
    place = (pulls + rng.gumbel(size=pulls.shape)).argmax(axis=1)
    outcome = 5 + 0.3 * size + 0.2 * place + rng.normal(size=len(answers))
    return pd.Series(names[place], index=answers.index), pd.Series(outcome, index=answers.index)


def best(run: Callable[[], object], times: int, clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the shortest time of a few, in seconds."""
    took = []
    for _ in range(times):
        start = clock()
        run()
        took.append(clock() - start)
    return min(took)


def line(name: str, seconds: float, ours: float, note: str = "") -> None:
    print(f"  {name:52}{seconds * 1000:12.1f} ms{seconds / ours:9.1f}x  {note}")


def by_draw(table: np.ndarray, feasible: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Count who leads, a draw at a time: the loop of a textbook."""
    blocked = np.where(feasible, 0.0, -np.inf)
    counts, firms = np.zeros(feasible.shape), np.arange(len(table))
    for weight in weights:
        counts[firms, (table @ weight + blocked).argmax(axis=1)] += 1
    return counts / len(weights)


def by_product(table: np.ndarray, feasible: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Count who leads, a few firms at a time, all draws at once: one product in double precision, then argmax."""
    counts, options = np.zeros(feasible.shape), feasible.shape[1]
    for start in range(0, len(table), 50):
        block = slice(start, start + 50)
        scores = (table[block].reshape(-1, table.shape[2]) @ weights.T).reshape(-1, options, len(weights))
        scores[~feasible[block]] = -np.inf
        leads = scores.argmax(axis=1)
        counts[block] = (leads[:, None, :] == np.arange(options)[None, :, None]).sum(axis=2)
    return counts / len(weights)


def compare_acceptability(rules: Rules, firms: int, draws: int, times: int) -> None:
    """Print the time of acceptability and of its peers, and how far their shares are."""
    answers = draw_answers(rules, firms)
    suitability = score_suitability(answers, rules)
    feasible = check_feasibility(answers, rules, load_arrangements())[0].to_numpy()
    weights = draw_weights(rules, draws=draws, random_state=0)
    table = np.ascontiguousarray(np.nan_to_num(suitability).transpose(0, 2, 1))
    rank_first_shares(suitability, feasible, weights)  # compiled code is loaded once
    ours = rank_first_shares(suitability, feasible, weights)
    mine = best(lambda: rank_first_shares(suitability, feasible, weights), times)
    rows, columns = table.reshape(-1, table.shape[2]).astype(np.float32), weights.T.astype(np.float32)

    def product() -> None:
        for start in range(0, len(rows), 256):
            for first in range(0, draws, 1024):
                rows[start : start + 256] @ columns[:, first : first + 1024]

    print(
        f"acceptability of {firms:,} firms under {draws:,} weights, {table.shape[1]} options, {len(rules.ids)} criteria"
    )
    line("rank_first_shares", mine, mine)
    line("its matrix product alone (single precision)", best(product, times), mine)
    for name, peer in (("NumPy, product and argmax in blocks", by_product), ("NumPy, a draw at a time", by_draw)):
        few = weights if peer is by_product else weights[: max(1, draws // 20)]
        took = best(lambda peer=peer, few=few: peer(table, feasible, few), 1) * draws / len(few)
        gap = np.abs(peer(table[:200], feasible[:200], weights) - ours[:200]).max() if len(few) == draws else np.nan
        note = f"largest difference {gap:.1e}" if np.isfinite(gap) else f"{len(few)} draws timed, scaled"
        line(name, took, mine, note)


def compare_logit(firms: int, times: int) -> None:
    """Print the time of the logit with its covariance, of scikit-learn without one, and of R with one."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(firms, 12)), columns=[f"x{i}" for i in range(12)])
    pulls = X.to_numpy() @ rng.normal(size=(12, 4)) * 0.4
    have = pd.Series(np.array(list("abcd"))[(pulls + rng.gumbel(size=pulls.shape)).argmax(axis=1)])
    print(f"multinomial logit of {firms:,} firms, 4 options, 12 columns, maximum likelihood")
    ours = fit_multinomial(X, have)
    mine = best(lambda: fit_multinomial(X, have), times)
    line("fit_multinomial, with both covariances", mine, mine, f"log-likelihood {ours.log_likelihood:.4f}")
    model = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000)
    took = best(lambda: model.fit(X, have), times)
    height = np.log(model.predict_proba(X)[np.arange(firms), np.searchsorted(model.classes_, have)]).sum()
    line("scikit-learn LogisticRegression, no covariance", took, mine, f"log-likelihood {height:.4f}")
    found = by_nnet(X.assign(have=have))
    if found is None:
        print("  R nnet::multinom: absent here")
    else:
        line("R nnet::multinom, with Hessian", found[0], mine, f"log-likelihood {found[1]:.4f}")


def by_nnet(data: pd.DataFrame) -> tuple[float, float] | None:
    """Return the time and the log-likelihood of R; None where R or nnet is absent."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        script, table = Path(folder) / "fit.R", Path(folder) / "data.csv"
        script.write_text(R_SCRIPT)
        data.to_csv(table, index=False)
        done = subprocess.run(["Rscript", str(script), str(table)], capture_output=True, text=True, check=False)
    if done.returncode:
        return None
    took, height = (float(word) for word in done.stdout.split())
    return took, height


def time_one_firm(rules: Rules, times: int) -> None:
    """Print the time of all that is said of one firm, once a survey is fitted."""
    arrangements = load_arrangements()
    survey = draw_answers(rules, 500)
    have, _ = draw_choices(survey)
    comparable = survey[["headcount", "cdo_budget_keur", "web_team_fte", "leader_hours_week", "life_cycle", "roadmap"]]
    several = range(0, 50, 5)
    advice = advise(survey, rules, arrangements)

    def whole(row: int) -> None:
        firm = survey.iloc[[row]]
        own = advise(firm, rules, arrangements)
        table = recommend(own, rules).table
        name = str(firm.index[0])
        for option in filter(None, (table["first"].iloc[0], table["second"].iloc[0])):
            reasons(own, rules, name, option)
        what_would_change(own, rules, arrangements, name)
        peer_shares(comparable, have, comparable.iloc[row])

    cpu = time.process_time
    took = [best(lambda row=row: whole(row), times, cpu) for row in several]
    changes = [
        best(lambda row=row: what_would_change(advice, rules, arrangements, f"f{row}"), times, cpu) for row in several
    ]
    print(f"one firm, after fitting (ten firms, the best of {times} runs each, time of one core)")
    print(f"  {'advice, recommendation, reasons, changes, peers':52}median {np.median(took) * 1000:6.1f} ms, longest "
          f"{np.max(took) * 1000:6.1f} ms")  # fmt: skip
    print(f"  {'of which what would change':52}median {np.median(changes) * 1000:6.1f} ms, longest "
          f"{np.max(changes) * 1000:6.1f} ms")  # fmt: skip


def time_fit(rules: Rules, firms: int) -> None:
    """Print the time of the three kinds of evidence and the recommendation."""
    known = draw_answers(rules, firms)
    have, outcome = draw_choices(known)
    columns = CdoColumns(
        ["headcount", "cdo_budget_keur", "web_team_fte", "leader_hours_week", "life_cycle", "roadmap", "goal_first"],
        ["headcount", "life_cycle", "sites_count", "cdo_budget_keur"],
    )
    reference = (load_arrangements(), rules)
    start = time.perf_counter()
    found = fit_cdo(known, have, outcome, columns=columns, reference=reference)
    took = time.perf_counter() - start
    options, gate = len(found.observed.model.options), found.estimates.gate
    note = f"{options} options observed, estimates: {found.estimates.status}{'' if gate is None else f' ({gate.id})'}"
    print(f"the three kinds of evidence on {firms:,} firms")
    print(f"  {'fit_cdo':52}{took:12.1f} s   {note}")


def main() -> None:
    """Print times and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--firms", type=int, default=10_000)
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    rules = load_rules()
    compare_acceptability(rules, options.firms, options.draws, options.times)
    compare_logit(20_000, options.times)
    time_one_firm(rules, options.times)
    time_fit(rules, 2_000)


if __name__ == "__main__":
    main()
