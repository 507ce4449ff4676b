"""Structure of scales against the R package psych (oracles/structure.R), hand arithmetic and published data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.codebook import Codebook, load_codebook, read_codebook
from cdo_analysis.exhibits import view
from cdo_analysis.exhibits.quality import scales
from cdo_analysis.maturity import alpha_bootstrap, close_dimensions, reliability, structure
from cdo_analysis.maturity.factors import bartlett, kmo, omega, one_factor, parallel_analysis, standardised_alpha
from cdo_analysis.maturity.polychoric import polychoric
from cdo_analysis.maturity.resampling import bootstrap_grams, covariances_of, percentile_interval
from cdo_analysis.pipeline import fit

ORACLES = Path(__file__).parent / "oracles"
BLOCKS = {"a": [f"a{n}" for n in range(1, 6)], "b": [f"b{n}" for n in range(1, 5)]}


def codebook_of(blocks: dict[str, list[str]], levels: dict[str, int]) -> Codebook:
    """Return a codebook with a dimension a block; answers are the codes 0, 1, … of each item."""
    text = 'id = "t"\ntitle = "t"\n'
    for block in blocks:
        text += f'[[dimension]]\nid = "{block}"\nlabel = "{block}"\n'
    for block, names in blocks.items():
        answers = ", ".join(f'{{ code = "{n}", value = {n}, label = "{n}" }}' for n in range(levels[block]))
        for name in names:
            text += f'[[item]]\nname = "{name}"\nquestion = "{name}"\ndimension = "{block}"\nanswers = [{answers}]\n'
    return read_codebook(text, "t.toml")


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    return pd.read_csv(ORACLES / "structure_sample.csv")


@pytest.fixture(scope="module")
def psych() -> dict:
    return json.loads((ORACLES / "structure.json").read_text())


def ranks(sample: pd.DataFrame, block: str) -> np.ndarray:
    values = sample[BLOCKS[block]].to_numpy()
    return values - values.min()


@pytest.mark.parametrize("block", ["a", "b"])
def test_one_factor_omega_and_polychoric_correlations_are_those_of_psych(
    sample: pd.DataFrame, psych: dict, block: str
) -> None:
    pearson = np.corrcoef(ranks(sample, block), rowvar=False)
    assert one_factor(pearson[None])[0].tolist() == pytest.approx(psych[f"{block}_loadings"], abs=5e-5)
    assert omega(pearson[None])[0] == pytest.approx(psych[f"{block}_omega"], abs=1e-6)
    found = polychoric(ranks(sample, block))
    # psych stops its search at about 1e-5; R reads the lower triangle column by column.
    assert found[np.triu_indices(len(found), 1)].tolist() == pytest.approx(psych[f"{block}_polychoric"], abs=5e-5)
    assert standardised_alpha(found) == pytest.approx(psych[f"{block}_ordinal_alpha"], abs=1e-5)


def test_kmo_bartlett_and_the_components_kept_are_those_of_psych(sample: pd.DataFrame, psych: dict) -> None:
    pearson = np.corrcoef(sample, rowvar=False)
    chi2, df, p = bartlett(pearson, len(sample))
    assert kmo(pearson) == pytest.approx(psych["kmo"], abs=1e-9)
    assert (chi2, df) == (pytest.approx(psych["chi2"], abs=1e-6), psych["df"])
    assert p < 1e-10
    assert parallel_analysis(sample.to_numpy(float)) == psych["components"] == 2


def test_a_dimension_has_its_structure_with_intervals_that_hold_it(sample: pd.DataFrame, psych: dict) -> None:
    book = codebook_of(BLOCKS, {"a": 5, "b": 2})
    answers = pd.concat([pd.DataFrame(ranks(sample, b), columns=BLOCKS[b]).astype("str") for b in BLOCKS], axis=1)
    table = structure(answers, book)
    for block in BLOCKS:
        row = table.loc[block]
        assert row["omega"] == pytest.approx(psych[f"{block}_omega"], abs=1e-6)
        assert row["ordinal_alpha"] == pytest.approx(psych[f"{block}_ordinal_alpha"], abs=1e-5)
        assert row["omega_low"] < row["omega"] < row["omega_high"]
        assert row["ordinal_alpha_low"] < row["ordinal_alpha"] < row["ordinal_alpha_high"]
        assert row["components"] == 1
    assert structure(answers, book).equals(table)


def test_too_few_respondents_give_no_structure() -> None:
    book = codebook_of({"a": ["a1", "a2"]}, {"a": 2})
    assert structure(pd.DataFrame({"a1": list("01"), "a2": list("10")}), book).isna().all(axis=None)


def test_weights_act_on_polychoric_correlations_as_that_many_respondents() -> None:
    codes = np.array([[0, 0], [0, 1], [1, 1], [1, 2], [2, 0], [2, 2]])
    times = np.array([4, 1, 3, 2, 1, 4])
    weighted = polychoric(codes, sample_weight=times.astype(float))
    assert weighted[0, 1] == pytest.approx(polychoric(np.repeat(codes, times, axis=0))[0, 1], abs=1e-7)


def test_items_that_always_agree_reach_the_bound_and_no_further() -> None:
    codes = np.array([[0, 0], [1, 1]] * 20)
    assert polychoric(codes)[0, 1] == pytest.approx(0.999, abs=1e-6)
    assert np.isnan(kmo(np.ones((2, 2))))


# --- bootstrap --------------------------------------------------------------------------------------------------------


def test_bootstrap_means_vary_as_the_standard_error_says() -> None:
    values = np.arange(2000.0)[:, None] % 10  # mean 4.5, variance 8.25
    grams = bootstrap_grams(values, replicates=2000)  # the last row and column are a column of ones
    means = grams[:, 0, 1] / grams[:, 1, 1]
    assert means.mean() == pytest.approx(4.5, abs=0.01)
    assert means.std() == pytest.approx(np.sqrt(8.25 / 2000), rel=0.06)  # 2000 replicates: 1.6 % of error


def test_cross_products_of_replicates_are_those_of_their_counts() -> None:
    values = np.array([[1.0, 2.0], [3.0, -1.0], [0.0, 4.0]])
    grams = bootstrap_grams(values, replicates=4, random_state=3)
    counts = bootstrap_grams(np.eye(3), replicates=4, random_state=3)[:, :3, 3]
    assert grams[:, 0, 1].tolist() == (counts @ [2.0, -3.0, 0.0]).tolist()  # 1 * 2, 3 * -1, 0 * 4
    assert grams[:, 1, 1].tolist() == (counts @ [4.0, 1.0, 16.0]).tolist()
    assert covariances_of(grams).shape == (4, 2, 2)


def test_the_bootstrap_of_alpha_has_the_interval_of_drawn_rows(sample: pd.DataFrame) -> None:
    points = sample[BLOCKS["a"]].to_numpy(float)
    ours = percentile_interval(alpha_bootstrap(points, replicates=2000).replicates)
    rng = np.random.default_rng(1)
    drawn = []
    for _ in range(2000):
        cov = np.cov(points[rng.integers(0, len(points), len(points))], rowvar=False)
        drawn.append(5 / 4 * (1 - np.trace(cov) / cov.sum()))
    assert ours == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.008)


# --- real data --------------------------------------------------------------------------------------------------------


@pytest.mark.reference_data
def test_real_firms_give_the_omega_ordinal_alpha_and_kmo_of_psych(reference_data: Path) -> None:
    book = load_codebook("itflex-csem")
    raw = pd.read_csv(reference_data / "itflex-csem" / "ITFlex.csv", dtype="str")
    table = structure(raw.rename(columns={item.column: item.name for item in book.items}), book)
    assert table["omega"].tolist() == pytest.approx([0.7794, 0.7096, 0.7435, 0.7357], abs=5e-5)
    assert table["ordinal_alpha"].tolist() == pytest.approx([0.8074, 0.7509, 0.7727, 0.7770], abs=5e-5)
    assert kmo(np.corrcoef(raw.astype(float), rowvar=False)) == pytest.approx(0.8045, abs=5e-5)


@pytest.mark.reference_data
def test_real_people_give_the_kmo_bartlett_omega_and_polychoric_correlations_of_psych(reference_data: Path) -> None:
    people = pd.read_csv(reference_data / "psych-bfi" / "bfi.csv")
    items = people[[name for name in people if len(name) == 2]]
    pearson = items.corr().to_numpy()
    assert items.shape == (2800, 25)
    assert kmo(pearson) == pytest.approx(0.8459, abs=5e-5)
    assert bartlett(pearson, 2800)[:2] == (pytest.approx(20163.8, abs=0.05), 300)
    agree = items[[f"A{n}" for n in range(1, 6)]]
    keyed = agree.assign(A1=7 - agree["A1"]).corr().to_numpy()
    assert omega(keyed[None])[0] == pytest.approx(0.722943, abs=1e-6)
    whole = agree.dropna().to_numpy(int) - 1
    # psych uses every pair of answers and thresholds of all respondents; ours those who answered all five.
    found = polychoric(whole)
    assert (found[0, 1], found[1, 2]) == pytest.approx((-0.40846, 0.55545), abs=4e-3)


@pytest.mark.reference_data
def test_an_unreliable_battery_raises_its_warning_and_names_the_item(reference_data: Path) -> None:
    names = [f"i{n}" for n in range(1, 7)]
    firms = pd.read_csv(reference_data / "wirs-firms-ltm" / "WIRS.csv", dtype="str").set_axis(names, axis=1)
    row = reliability(firms, codebook_of({"d": names}, {"d": 2})).loc["d"]
    assert (row["warning"], row["weakest_item"]) == ("item", "i1")
    assert (row["alpha"], row["alpha_without"]) == (
        pytest.approx(0.409373, abs=1e-6),
        pytest.approx(0.529757, abs=1e-6),
    )


def test_a_scale_that_no_item_explains_is_warned_of_as_a_whole_and_a_good_one_is_not() -> None:
    rng = np.random.default_rng(5)
    noise = pd.DataFrame(rng.integers(0, 2, (600, 2)).astype(str), columns=["a1", "a2"])
    assert reliability(noise, codebook_of({"a": ["a1", "a2"]}, {"a": 2})).loc["a", "warning"] == "scale"
    same = pd.DataFrame({"a1": list("0101"), "a2": list("0101")})
    assert reliability(same, codebook_of({"a": ["a1", "a2"]}, {"a": 2})).loc["a", "warning"] == ""


def test_dimensions_correlated_above_the_limit_are_named_closest_first() -> None:
    names = ["x", "y", "z"]
    table = pd.DataFrame([[1, 0.9, 0.2], [0.9, 1, 0.95], [0.2, 0.95, 1]], index=names, columns=names)
    assert close_dimensions(table) == [("z", "y"), ("y", "x")]
    assert close_dimensions(table, limit=0.95) == []


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Without “a1” it would be"), ("fr", "Sans «\u00a0a1\u00a0», il serait de")]
)
def test_the_quality_report_warns_of_the_item_that_spoils_its_scale(tmp_path: Path, language: str, said: str) -> None:
    rng = np.random.default_rng(3)
    level = rng.normal(size=300)
    loadings = {"a1": -0.5, "a2": 0.5, "a3": 0.5, "a4": 0.5}
    firms = pd.DataFrame(
        {name: (size * level + rng.normal(size=300) > 0).astype(int) for name, size in loadings.items()}
    )
    firms.to_csv(tmp_path / "export.csv", index=False)
    study = fit(tmp_path / "export.csv", codebook_of({"a": list(loadings)}, {"a": 2}), tmp_path / "study")
    shown = scales(view(study, language=language))
    assert said in shown.alert
    assert study.table("reliability").loc["a", "warning"] == "item"
