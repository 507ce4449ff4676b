"""Who ranks first in each draw: the compiled way counts what the plain way counts, ties and all; one firm is quick."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.cdo import advise, leaders, rank_first_shares, what_would_change
from cdo_analysis.cdo.acceptability import COMPILED, _count, _count_compiled
from cdo_analysis.cdo.changes import MOST_TRIALS
from cdo_analysis.reference import load_arrangements, load_rules


def made_up(firms: int, options: int, draws: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whole numbers from -2 to 2, so that options tie; some firms have nothing feasible, some nothing measured."""
    rng = np.random.default_rng(9)
    table = rng.integers(-2, 3, (firms, options, 6)).astype(float)
    table[:5] = 0.0
    table[5:60, 1] = table[5:60, 0]
    feasible = rng.uniform(size=(firms, options)) < 0.7
    feasible[:3], feasible[7] = True, False
    weights = rng.dirichlet(np.ones(6), size=draws)
    weights[::50] = np.eye(6)[0]
    return table, feasible, weights


@pytest.mark.parametrize("draws", [1, 1023, 2500])
def test_the_compiled_count_is_the_plain_count(draws: int) -> None:
    table, feasible, weights = made_up(75, 5, draws)
    unit = math.lcm(1, 2, 3, 4, 5)
    plain = _count(table, feasible, weights, unit)
    np.testing.assert_array_equal(_count_compiled(table, feasible, weights, unit), plain)
    assert plain.sum(axis=1).tolist() == [0 if row == 7 else unit * draws for row in range(75)]
    assert plain[0].tolist() == [unit * draws // 5] * 5


def test_a_large_table_takes_the_compiled_way_and_its_firms_are_judged_as_when_alone() -> None:
    table, feasible, weights = made_up(3000, 5, 5000)
    assert table.shape[0] * table.shape[1] * len(weights) >= COMPILED
    suitability = table.transpose(0, 2, 1)
    many = rank_first_shares(suitability, feasible, weights)
    few = rank_first_shares(suitability[:40], feasible[:40], weights)
    np.testing.assert_array_equal(many[:40], few)


def random_firms(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    rules = load_rules()
    columns = {}
    for criterion in rules.criteria:
        points = list(criterion.points)
        values = rng.uniform(points[0], points[-1], n) if criterion.numeric else rng.choice(points, n)
        columns[criterion.id] = pd.Series(values).where(rng.uniform(size=n) < 0.8)
    return pd.DataFrame(columns).set_axis([f"f{i}" for i in range(n)])


def test_what_would_change_finds_what_advising_again_finds() -> None:
    """The change that is found leads when the firm is advised anew; the nearest smaller whole number does not."""
    rules, arrangements = load_rules(), load_arrangements()
    firms = random_firms(25)
    advice = advise(firms, rules, arrangements, draws=300)
    now = leaders(advice)
    found = 0
    for firm in firms.index:
        for change in what_would_change(advice, rules, arrangements, firm):
            answers = firms.loc[[firm, firm]].reset_index(drop=True)
            toward = np.sign(change.after - change.before)
            short = math.ceil(change.after - 1) if toward > 0 else math.floor(change.after + 1)
            answers[change.criterion] = [change.after, float(short)]
            then = leaders(advise(answers, rules, arrangements, draws=300))
            assert then[0] == change.arrangement != now[firm]
            # Over a reach of more than MOST_TRIALS, whole numbers are skipped.
            if toward * (short - change.before) > 0 and change.before <= MOST_TRIALS / 2:
                assert then[1] == now[firm]
            found += 1
    assert found >= 15
