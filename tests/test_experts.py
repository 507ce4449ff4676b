"""Weights of several experts: the files they come in, what is wrong with them, and how far experts disagree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.cdo import Advice, advise, draw_weights, find_disagreement, what_would_change
from cdo_analysis.cdo.drawing import central_weights
from cdo_analysis.errors import InputError, UsageError
from cdo_analysis.reference import ExpertWeights, Rules, load_arrangements, load_rules, read_expert_weights

HEADER = "expert,name,weight,author,date\n"
WHOLE = "".join(
    f"{expert},{family},{weight},CCI,2026-11-20\n"
    for expert, weights in {"B. Roux": (0, 1, 0, 0), "A. Martin": (6, 1, 1, 2)}.items()
    for family, weight in zip(("attentes", "moyens", "stade", "transaction"), weights, strict=True)
)


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load_rules()


def write(folder: Path, text: str, name: str = "panel.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def panel(tmp_path: Path, rules: Rules) -> ExpertWeights:
    return read_expert_weights(write(tmp_path, HEADER + WHOLE), rules)


def test_weights_are_read_as_shares_with_author_and_date(panel: ExpertWeights) -> None:
    assert panel.names == ("A. Martin", "B. Roux")
    martin = panel.experts[0]
    assert martin.families == {"attentes": 0.6, "moyens": 0.1, "stade": 0.1, "transaction": 0.2}
    assert (martin.author, martin.date, martin.criteria) == ("CCI", "2026-11-20", {})


def test_a_file_of_a_french_spreadsheet_and_a_toml_file_say_the_same(tmp_path: Path, rules: Rules) -> None:
    lines = ["expert;name;weight;author;date"]
    names = ["knowledge_specificity", "need_frequency", "horizon_months", "confidentiality", "provider_trust"]
    weights = dict(zip([*names, "outsourcing_experience"], (2.5, 4, 1, 1, 1, 0.5), strict=True))
    lines += [f"A. Martin;{k};{str(v).replace('.', ',')};CCI;2026-11-20" for k, v in weights.items()]
    csv = read_expert_weights(write(tmp_path, "\ufeff" + "\n".join(lines)), rules)
    table = "\n".join(f"{k} = {v}" for k, v in weights.items())
    toml = f'author = "CCI"\ndate = "2026-11-20"\n[[expert]]\nname = "A. Martin"\n[expert.weights]\n{table}\n'
    assert read_expert_weights(write(tmp_path, toml, "panel.toml"), rules) == csv
    assert csv.experts[0].criteria["transaction"]["need_frequency"] == 0.4
    assert csv.experts[0].families == {}


def test_draws_are_centred_on_each_expert_and_what_was_not_weighed_stays_uniform(
    panel: ExpertWeights, rules: Rules
) -> None:
    weights = draw_weights(rules, draws=20_000, random_state=1, experts=panel)
    martin, roux = weights[:20_000], weights[20_000:]
    assert weights.sum(axis=1) == pytest.approx(1)
    of = {name: [c.family == name for c in rules.criteria] for name in ("attentes", "moyens", "transaction")}
    assert martin[:, of["attentes"]].sum(axis=1).mean() == pytest.approx(0.6, abs=0.005)
    assert martin[:, of["transaction"]].sum(axis=1).mean() == pytest.approx(0.2, abs=0.005)
    # Dirichlet of concentration 5 × 4: the standard deviation of a share of 0.6 is sqrt(0.6 × 0.4 / 21).
    assert martin[:, of["attentes"]].sum(axis=1).std() == pytest.approx(0.1069, abs=0.003)
    assert roux[:, of["moyens"]].sum(axis=1) == pytest.approx(1)
    assert (roux[:, of["attentes"]] == 0).all()
    means = martin[:, of["attentes"]].mean(axis=0)
    assert means.tolist() == pytest.approx([0.6 / sum(of["attentes"])] * sum(of["attentes"]), abs=0.005)
    assert weights.mean(axis=0) == pytest.approx(central_weights(rules, panel), abs=0.005)


def test_an_experts_draws_do_not_depend_on_the_others(tmp_path: Path, rules: Rules, panel: ExpertWeights) -> None:
    alone = HEADER + "".join(line + "\n" for line in WHOLE.splitlines() if line.startswith("B. Roux"))
    one = read_expert_weights(write(tmp_path, alone), rules)
    both = draw_weights(rules, draws=50, random_state=3, experts=panel)
    np.testing.assert_array_equal(draw_weights(rules, draws=50, random_state=3, experts=one), both[50:])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A,attente,1,me,2026-11-20", r"panel.csv, line 2 weighs 'attente', .* did you mean 'attentes'\."),
        ("A,moyens,much,me,2026-11-20", r"line 2 gives 'moyens' the weight 'much'; write a number, 0 or more"),
        ("A,moyens,-1,me,2026-11-20", r"line 2 gives 'moyens' the weight '-1'"),
        ("A,moyens,1,me,20/11/2026", r"line 2 has the date '20/11/2026'; write it as 2026-11-24"),
        ("A,moyens,1,,2026-11-20", r"line 2 has no author"),
        ("A,moyens,1,me,2026-11-20", r"A weighs moyens and not attentes, stade, transaction; add these, with 0"),
        (
            "A,moyens,1,me,2026-11-20\nA,moyens,2,me,2026-11-20",
            r"line 3 weighs 'moyens' for A again, after line 2; keep one",
        ),
        ("", r"panel.csv has no weight; write a line an expert and family"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line_and_the_way_out(
    tmp_path: Path, rules: Rules, text: str, message: str
) -> None:
    with pytest.raises(InputError, match=message) as raised:
        read_expert_weights(write(tmp_path, HEADER + text), rules)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("expert,weight\n", r"panel.csv, line 1 has no column 'name'; write the header expert,name,weight,author,date"),
        ('[[expert]]\nname = "A"\n[expert.weights]\nmoyen = 1\n', r"panel.toml, line 4 has no author"),
        ('author = "me"\ndate = "2026-11-20"\n[[expert]]\nname = "A"\n[expert.weights]\nmoyen = 1\n', r"line 6 weighs"),
        ("certainty = 0\n", r"panel.toml, line 1 has certainty = 0; write a number above 0"),
        ("autor = 'me'\n", r"line 1 has the key 'autor'; rename it; did you mean 'author'"),
    ],
)
def test_a_wrong_header_or_toml_is_refused_too(tmp_path: Path, rules: Rules, text: str, message: str) -> None:
    name = "panel.csv" if text.startswith("expert,") else "panel.toml"
    with pytest.raises(InputError, match=message):
        read_expert_weights(write(tmp_path, text, name), rules)


FIRMS = pd.DataFrame(
    {
        "goals_important": [7.0, 7.0, np.nan],
        "needed_expertise": [6.0, 2.0, np.nan],
        "cdo_budget_keur": [0.0, 0.0, np.nan],
        "cash_constraint": ["5", "5", None],
        "leader_hours_week": [10.0, 10.0, np.nan],
    },
    index=pd.Index(["many needs", "few needs", "silent"], name="respondent"),
)


def test_advice_is_the_mean_of_the_experts_and_their_disagreement_is_told(panel: ExpertWeights, rules: Rules) -> None:
    advice = advise(FIRMS, rules, load_arrangements(), experts=panel, draws=500)
    assert advice.by_expert is not None
    assert advice.acceptability.to_numpy() == pytest.approx(advice.by_expert.mean(axis=0))
    found = find_disagreement(advice, pd.Series([3.0, 1.0, 9.0], index=FIRMS.index))
    assert found.n == 2
    roux = found.first["B. Roux"]
    assert roux.tolist()[:2] == ["boss_led", "boss_led"]  # the means alone: no money, and ten hours of the leader
    differs = found.first.nunique(axis=1).gt(1)
    assert found.share == pytest.approx((3 * differs["many needs"] + differs["few needs"]) / 4)
    assert found.firms.loc["many needs", "range"] == pytest.approx(np.ptp(advice.by_expert[:, 0, :], axis=0).max())
    with pytest.raises(UsageError, match="made without experts"):
        find_disagreement(advise(FIRMS, rules, load_arrangements(), draws=10))


def test_advice_of_experts_comes_back_whole_from_its_tables(panel: ExpertWeights, rules: Rules) -> None:
    advice = advise(FIRMS, rules, load_arrangements(), experts=panel, draws=100)
    again = Advice.from_frames(advice.to_frames(), rules, draws=100, random_state=0)
    assert again.experts is not None
    assert again.experts.names == panel.names
    assert again.experts.experts[0].families == pytest.approx(panel.experts[0].families)
    np.testing.assert_array_equal(again.by_expert, advice.by_expert)
    found = [what_would_change(a, rules, load_arrangements(), "few needs") for a in (advice, again)]
    assert found[0] == found[1]
