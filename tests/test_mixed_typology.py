"""One call for answers, numbers and both: what is found, whether it is a typology, and what the panorama says of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from numpy.testing import assert_allclose
from sklearn.metrics import adjusted_rand_score

from cdo_analysis.cli import main
from cdo_analysis.codebook import load_codebook, read_codebook
from cdo_analysis.datasets import draw_survey, make_population, write_export
from cdo_analysis.errors import CodebookError, UsageError
from cdo_analysis.exhibits import panorama, view
from cdo_analysis.intake import Firm, read_survey
from cdo_analysis.maturity import score_maturity
from cdo_analysis.pipeline import fit, with_firm
from cdo_analysis.pipeline.typology import TypologyOptions, find_typology
from cdo_analysis.profiles import (
    Effort,
    LatentProfiles,
    Profiles,
    bivariate_residuals,
    find_profiles,
    find_repeated,
    match_classes,
    read_mixture,
)
from cdo_analysis.profiles.family import cut_numbers
from cdo_analysis.study import Study, read_study

QUICK = Effort(starts=10, stability_samples=5, continuum_samples=9, ratio_test_samples=0)
MEANS = np.array([[20.0, 20.0, 20.0, 20.0], [60.0, 60.0, 20.0, 20.0], [20.0, 20.0, 60.0, 60.0]])
YES = np.array([[0.2] * 6, [0.85] * 3 + [0.2] * 3, [0.2] * 3 + [0.85] * 3])


def plant(n: int, *, seed: int, spread: float = 10.0) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Return four scores and six yes/no items of three crossing types, a tenth of both missing, and the types."""
    random = np.random.default_rng(seed)
    truth = random.choice(3, n, p=[0.5, 0.3, 0.2])
    scores = pd.DataFrame(random.normal(MEANS[truth], spread)).add_prefix("score")
    items = pd.DataFrame((random.random((n, 6)) < YES[truth]).astype(float)).add_prefix("item")
    return scores.mask(random.random(scores.shape) < 0.1), items.mask(random.random(items.shape) < 0.1), truth


def skewed_continuum(n: int, *, seed: int) -> pd.DataFrame:
    """Return five scores that rise along one trait, with long tails and a floor, as scores of maturity have."""
    random = np.random.default_rng(seed)
    trait = random.standard_normal((n, 1))
    return pd.DataFrame(np.maximum(np.exp(0.8 * trait + 0.6 * random.standard_normal((n, 5))) - 0.5, 0)).add_prefix("s")


def find(columns: pd.DataFrame, continuous: list[str], **how: object) -> Profiles:
    order = columns[continuous].mean(axis=1).fillna(0.0)
    given = {"order_by": order, "numbers": range(1, 5), "effort": QUICK, "continuous": continuous, **how}
    return find_profiles(columns, columns[continuous], **given)


def test_types_planted_in_scores_are_found_with_their_means():
    scores, _, truth = plant(400, seed=1)
    found = find(scores, list(scores))
    assert (found.verdict, found.model.n_clusters, found.grouping.shape) == ("profiles", 3, "crossing")
    assert adjusted_rand_score(truth, found.assignment["profile"]) > 0.9
    means = found.measures.pivot(index="profile", columns="item", values="mean").to_numpy()
    assert_allclose(means[np.lexsort(means.T)], MEANS[np.lexsort(MEANS.T)], atol=2.5)
    assert found.measures["deviation"].between(8, 12).all()
    assert found.practices.empty


def test_the_long_tail_of_a_continuum_is_not_taken_for_groups():
    scores = skewed_continuum(500, seed=2)
    found = find(scores, list(scores))
    # The normal mixture wants several classes to draw the tails; the verdict does not.
    assert found.table["bic"].idxmin() > 1
    assert found.verdict == "continuum"
    assert not found.stability["named"].any()


def test_fifths_forget_the_shape_of_numbers_and_keep_their_order():
    scores = skewed_continuum(200, seed=3)
    again = np.sqrt(scores) * 7 - 3
    pd.testing.assert_frame_equal(cut_numbers(scores, list(scores)), cut_numbers(again, list(scores)))


def test_answers_and_numbers_together_tell_more_than_either():
    scores, items, truth = plant(400, seed=4, spread=25.0)
    both = find(pd.concat([scores, items], axis=1), list(scores), numbers=[3])
    alone = find(scores, list(scores), numbers=[3])
    rand = {name: adjusted_rand_score(truth, f.assignment["profile"]) for name, f in (("both", both), ("one", alone))}
    assert rand["both"] > rand["one"] + 0.1
    assert set(both.practices["item"]) == set(items)
    assert set(both.measures["item"]) == set(scores)
    assert both.verdict == "profiles"


def test_a_repeated_row_counts_as_its_weight():
    scores, items, _ = plant(150, seed=5)
    columns = pd.concat([scores, items], axis=1)
    times = pd.Series(np.random.default_rng(0).integers(1, 4, 150), index=columns.index)
    weighted = find(columns, list(scores), numbers=[3], sample_weight=times.astype(float))
    repeated = find(columns.loc[columns.index.repeat(times)].reset_index(drop=True), list(scores), numbers=[3])
    assert_allclose(weighted.shares["share_weighted"], repeated.shares["share_weighted"], atol=2e-3)
    assert weighted.model.n_observations_ == 150


def test_saved_profiles_of_both_kinds_place_the_same_companies_alike():
    scores, items, _ = plant(200, seed=6)
    for columns, numbers in ((pd.concat([scores, items], axis=1), list(scores)), (items, [])):
        order = scores.mean(axis=1)
        found = find_profiles(
            columns, scores, order_by=order, numbers=[2], effort=QUICK, continuous=numbers, random_state=1
        )
        again = read_mixture(json.loads(json.dumps(found.model.to_dict())))
        assert_allclose(again.predict_proba(columns), found.posterior, atol=1e-12)


def test_the_next_wave_keeps_the_numbers_of_profiles_made_of_scores():
    scores, items, _ = plant(300, seed=7)
    later, answers, _ = plant(300, seed=8)
    columns, again = pd.concat([scores, items], axis=1), pd.concat([later, answers], axis=1)
    earlier = find(columns, list(scores), numbers=[3]).model.reorder([2, 0, 1])
    found = find(again, list(later), numbers=[3], reference=earlier)
    assert found.matches["reference"].tolist() == [0, 1, 2]
    assert found.matches["similarity"].min() > 0.85


def test_the_distance_of_two_normal_laws_is_the_one_of_the_books():
    # Hellinger distance of N(0, 1) and N(2, 1): sqrt(1 - exp(-4 / 8)); of N(0, 1) and N(0, 9): sqrt(1 - sqrt(0.6)).
    one = LatentProfiles(1).fit(pd.DataFrame({"x": [-1.0, 1.0]}))
    shifted, wide = (LatentProfiles(1).fit(pd.DataFrame({"x": values})) for values in ([1.0, 3.0], [-3.0, 3.0]))
    for other, distance in ((shifted, np.sqrt(1 - np.exp(-0.5))), (wide, np.sqrt(1 - np.sqrt(0.6)))):
        assert match_classes(one, other)["similarity"].iloc[0] == pytest.approx(1 - distance, abs=1e-6)


def test_a_link_within_profiles_shows_in_the_residuals_of_each_kind_of_pair():
    random = np.random.default_rng(9)
    table = pd.DataFrame(random.normal(size=(2000, 3)), columns=["x", "y", "z"])
    table["y"] = 0.3 * table["x"] + table["y"]
    table["a"] = (table["x"] + random.normal(size=2000) > 0).astype(int)
    table["b"] = random.integers(0, 2, 2000)
    model = LatentProfiles(1, categorical=["a", "b"]).fit(table)
    residuals = bivariate_residuals(model, table).set_index(["item", "other"])["residual"]
    assert (residuals[[("x", "y"), ("x", "a"), ("y", "a")]] > 10).all()
    assert residuals.drop([("x", "y"), ("x", "a"), ("y", "a")]).max() < 7
    # One profile, normal numbers: products of mean r and of mean square 1 + 2 r² give n r² / (1 + 2 r²).
    r2 = table["x"].corr(table["y"]) ** 2
    assert residuals["x", "y"] == pytest.approx(2000 * r2 / (1 + 2 * r2), rel=0.1)


def test_numbers_that_repeat_each_other_are_not_both_active():
    random = np.random.default_rng(1)
    table = pd.DataFrame({"staff": random.normal(size=200), "other": random.normal(size=200)})
    table["payroll"] = -3 * table["staff"] + 0.2 * random.normal(size=200)
    found = find_repeated(table, continuous=list(table))
    assert found[["item", "kept", "reason"]].values.tolist() == [["payroll", "staff", "correlated"]]
    assert found["cramers_v"].iloc[0] == pytest.approx(abs(table["staff"].corr(table["payroll"])), abs=1e-9)


def test_a_number_that_is_not_one_is_refused_by_name():
    scores, items, _ = plant(60, seed=1)
    with pytest.raises(UsageError, match="'score9', which items lack"):
        find_profiles(scores, scores, order_by=scores.mean(axis=1), continuous=["score9"])
    text = items.map({0.0: "no", 1.0: "yes"}.get)
    with pytest.raises(UsageError, match="'item0', which holds no numbers"):
        find_profiles(text, scores, order_by=scores.mean(axis=1), continuous=["item0"])


# From a codebook ----------------------------------------------------------------------------------------------------

BOOK = """
id = "mixed"
title = { fr = "Mesures et pratiques", en = "Measures and practices" }
[profiles]
active = ["item0", "item1", "item2", "item3", "item4", "item5", "score0", "score1"]
scores = ["habits"]
[[dimension]]
id = "habits"
label = { fr = "Habitudes", en = "Habits" }
[[score]]
id = "total"
method = "points"
label = { fr = "Total", en = "Total" }
dimensions = ["habits"]
"""


def write_book() -> str:
    yes_no = '[{ code = "0", value = 0, label = "non" }, { code = "1", value = 1, label = "oui" }]'
    parts = [BOOK]
    for name in ("item0", "item1", "item2", "item3", "item4", "item5", "habit0", "habit1", "habit2"):
        dimension = 'dimension = "habits"\n' if name.startswith("habit") else ""
        parts.append(f'[[item]]\nname = "{name}"\nquestion = "Pratique {name}"\n{dimension}answers = {yes_no}\n')
    parts += [f'[[item]]\nname = "score{n}"\nkind = "number"\nquestion = "Mesure {n}"\n' for n in range(2)]
    return "\n".join(parts)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("mixed")
    scores, items, _ = plant(100, seed=10)
    habits = pd.DataFrame(np.random.default_rng(3).integers(0, 2, (100, 3))).add_prefix("habit")
    codes = pd.concat([items, habits], axis=1).astype("Int64").astype("str").replace("<NA>", "")
    scores[["score0", "score1"]].join(codes).to_csv(folder / "export.csv", index=False)
    (folder / "mixed.toml").write_text(write_book(), encoding="utf-8")
    return fit(folder / "export.csv", folder / "mixed.toml", folder / "study", ratio_tests=9)


def test_a_codebook_may_declare_numbers_and_scores(mixed: Study):
    assert mixed.info["profiles"]["continuous"] == ["score0", "score1", "habits"]
    model = read_mixture(mixed.document("profile_model"))
    columns = mixed.table("responses").join(mixed.table("scores"))[model.feature_names_in_]
    assert_allclose(model.predict_proba(columns), mixed.table("profile_posterior"), atol=1e-9)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_panorama_speaks_of_numbers_as_of_answers(mixed: Study, language: str):
    seen = view(mixed, language=language)
    makers = (
        panorama.profile_cards,
        panorama.grouping,
        panorama.solutions,
        panorama.confidence,
        panorama.residuals,
        panorama.variables,
        panorama.marked_answers,
        panorama.marked_numbers,
        panorama.separating_practices,
        panorama.typical_member,
        panorama.checklist,
    )
    pieces = {make.__name__: make(seen) for make in makers}
    assert all(pieces.values())
    marks = pieces["marked_numbers"]
    assert {row[1] for row in marks.table.rows} == {
        "Mesure 0",
        "Mesure 1",
        "Habitudes" if language == "fr" else "Habits",
    }
    assert "score0" not in "".join(piece.to_html() for piece in pieces.values())


def test_a_company_outside_is_placed_by_its_numbers_and_scores_as_a_respondent_is(mixed: Study):
    respondent = str(mixed.table("responses").index[3])
    row, missing = (mixed.table(name).loc[[respondent]] for name in ("responses", "missing"))
    index = pd.Index(["outside"], name="respondent")
    beside = with_firm(mixed, Firm(mixed.codebook, row.set_axis(index), missing.set_axis(index), "twin.toml"))
    placed = beside.table("profile_posterior")
    assert_allclose(placed.loc["outside"], placed.loc[respondent], atol=1e-9)


def test_the_tests_asked_of_a_fit_are_those_of_its_table(mixed: Study):
    table = mixed.table("profile_table").set_index("k")
    assert table["ratio_test_samples"].dropna().between(5, 9).all()
    assert table["ratio_test_p"].isna().tolist() == [True] + [False] * 6
    assert mixed.table("profile_stabilities").groupby("k").size().tolist() == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.slow
def test_the_tests_may_be_left_out_on_the_command_line(mixed: Study, tmp_path: Path):
    export, book = (mixed.folder.parent / name for name in ("export.csv", "mixed.toml"))
    words = ["fit", str(export), "--codebook", str(book), "--out", str(tmp_path / "study"), "--ratio-tests", "0"]
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert done.exit_code == 0
    study = read_study(tmp_path / "study")
    assert study.table("profile_table")["ratio_test_p"].isna().all()
    piece = panorama.solutions(view(study))
    assert any("option --ratio-tests 0" in text for text in piece.paragraphs)


def test_profiles_of_text_or_of_no_score_are_refused_in_a_codebook():
    text = write_book().replace('scores = ["habits"]', 'scores = ["habit"]')
    with pytest.raises(CodebookError, match="habit"):
        read_codebook(text, "mixed.toml")
    text = write_book().replace('kind = "number"', 'kind = "date"', 1)
    with pytest.raises(CodebookError, match="kind choice or number"):
        read_codebook(text, "mixed.toml")


@pytest.mark.parametrize("name", ["cdo-2026", "cdo-2026-short"])
def test_of_two_questions_of_the_index_that_repeat_each_other_one_makes_profiles(name: str):
    book = load_codebook(name)
    assert set(book.nested) == {
        ("dii_social_media", "dii_social_media_two"),
        ("dii_cloud", "dii_cloud_advanced"),
        ("dii_ecommerce", "dii_web_sales_b2c"),
    }
    assert not any(set(pair) <= set(book.active) for pair in book.nested)


def test_an_analyst_who_activates_the_whole_index_gets_one_of_each_pair(tmp_path: Path):
    book = load_codebook("cdo-2026")
    drawn = draw_survey(make_population(2000, random_state=1), 80, random_state=1)
    write_export(drawn, tmp_path / "export.csv", dirty=False)
    survey = read_survey(tmp_path / "export.csv", book)
    dii = tuple(book.score("dii").items)
    asked = replace(survey, codebook=replace(book, active=dii))
    weights = pd.Series(1.0, index=survey.responses.index)
    scores = score_maturity(survey.responses, asked.codebook)
    found = find_typology(asked, scores, weights, options=TypologyOptions(ratio_tests=0), seed=1)
    assert found is not None
    declared = found.profiles.dropped[found.profiles.dropped["reason"].eq("declared")]
    assert set(declared["item"]) == {"dii_social_media_two", "dii_cloud_advanced", "dii_web_sales_b2c"}
    used = set(found.profiles.model.feature_names_in_)
    assert used <= set(dii) - set(declared["item"])
    assert set(declared["kept"]) <= used
