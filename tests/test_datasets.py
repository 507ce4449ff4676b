"""The synthetic population, the surveys drawn from it, and the exports as dirty as real ones."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook
from sklearn.linear_model import LogisticRegression
from stdnum.fr import siren, siret

from cdo_analysis.codebook import Codebook, load_codebook
from cdo_analysis.datasets import (
    Population,
    dirt_kinds,
    draw_survey,
    make_population,
    write_export,
    write_sample,
)
from cdo_analysis.datasets.planted import planted, planted_item
from cdo_analysis.errors import CodebookError, PublishError, UsageError
from cdo_analysis.intake import read_survey, size_category
from cdo_analysis.resources import sample_dir

WHOLE_FILE = 0
SIZES = ("10-49", "50-249", "250+")


@pytest.fixture(scope="module")
def book() -> Codebook:
    return load_codebook("cdo-2026")


@pytest.fixture(scope="module")
def population() -> Population:
    return make_population(40_000, random_state=1)


@pytest.fixture(scope="module")
def survey(population: Population) -> Population:
    return draw_survey(population, 450, random_state=1)


@pytest.fixture(scope="module")
def size_class(population: Population) -> pd.Series:
    return pd.cut(population.answers["headcount"], [0, 49, 249, np.inf], labels=SIZES)


def said_yes(answers: pd.DataFrame, item: str) -> pd.Series:
    return answers[item] == "1"


# --- firms ----------------------------------------------------------------------------------------------------


def test_sirens_are_valid_unique_and_begin_with_zeros(population: Population) -> None:
    sirens = population.answers.index
    assert sirens.is_unique
    assert all(siren.is_valid(number) and number.startswith("00") for number in sirens[::97])
    assert "000000000" not in sirens
    assert (population.answers["siren"] == sirens).all()


def test_sizes_follow_the_bands_that_urssaf_counted_in_2024(population: Population) -> None:
    bands = ["10-19", "20-49", "50-99", "100-249", "250-499", "500-1999", "2000-4999"]
    counted = pd.Series([133567, 82092, 25373, 14547, 4519, 2967, 640], index=bands)
    published = counted / counted.sum()
    drawn = population.answers["stratum"].value_counts(normalize=True)
    assert (drawn - published).abs().max() < 4 * np.sqrt(0.25 / 40_000)


def test_headcounts_stay_in_their_band_and_nobody_is_micro_or_large(population: Population) -> None:
    answers = population.answers
    low = answers["stratum"].str.extract(r"^(\d+)")[0].astype(float)
    high = answers["stratum"].str.extract(r"(\d+)$")[0].astype(float)
    assert answers["headcount"].between(low, high).all()
    assert (answers["turnover_keur"] <= 1_500_000).all()


def test_the_planted_size_category_is_the_legal_one(population: Population) -> None:
    answers, planted_category = population.answers, population.truth["size_category"]
    legal = size_category(answers["headcount"], answers["turnover_keur"], answers["balance_sheet_keur"])
    assert (planted_category == legal).all()
    assert ((answers["headcount"] < 250) & (planted_category == "eti")).any()


@pytest.mark.reference_data
def test_naf_codes_are_sub_classes_of_the_nomenclature(population: Population, reference_data: Path) -> None:
    nomenclature = pd.read_csv(reference_data / "naf-ape" / "naf_rev2_732_sous_classes.csv", dtype=str)
    known = set(nomenclature.to_numpy().ravel())
    assert set(population.answers["naf"]) <= known


# --- answers --------------------------------------------------------------------------------------------------


def test_every_item_is_answered_with_what_the_codebook_allows(population: Population, book: Codebook) -> None:
    answers = population.answers
    assert list(answers.columns) == [item.name for item in book]
    for item in book:
        given = answers[item.name].dropna().unique()
        assert len(given), item.name
        if item.kind == "choice":
            assert set(given) <= {answer.code for answer in item.answers}, item.name
        elif item.kind == "number":
            assert item.bounds[0] <= min(given) <= max(given) <= item.bounds[1], item.name


def test_questions_are_answered_exactly_where_they_are_asked(population: Population, book: Codebook) -> None:
    answers = population.answers
    routed = [item for item in book if item.asked_if]
    assert routed
    for item in routed:
        asked = pd.Series(True, index=answers.index)
        for condition in item.asked_if:
            asked &= answers[condition.item].isin(condition.codes)
        assert answers.loc[~asked, item.name].isna().all(), item.name
        assert answers.loc[asked, item.name].notna().all(), item.name
        assert asked.any(), item.name
    assert answers["cdo_cost_keur"].isna().any()


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("dii_social_media_two", "dii_social_media"),
        ("dii_cloud_advanced", "dii_cloud"),
        ("dii_web_sales_b2c", "dii_ecommerce"),
        ("dii_ecommerce", "ecommerce"),
        ("ecommerce", "website"),
    ],
)
def test_a_use_implies_the_wider_use(population: Population, narrow: str, wide: str) -> None:
    answers = population.answers
    assert said_yes(answers, wide)[said_yes(answers, narrow)].all()
    assert not said_yes(answers, narrow)[said_yes(answers, wide)].all()


def test_ai_at_work_and_the_use_of_ai_are_the_same_firms(population: Population) -> None:
    answers = population.answers
    levels = answers[["ai_language", "ai_vision", "ai_audio", "ai_robotics", "ai_analytics"]].astype(int)
    assert ((levels.max(axis=1) >= 4) == said_yes(answers, "dii_ai")).all()


def test_web_share_agrees_with_online_sales(population: Population) -> None:
    answers = population.answers
    assert (answers.loc[~said_yes(answers, "ecommerce"), "web_share_now"] == 0).all()
    assert (answers.loc[said_yes(answers, "dii_ecommerce"), "web_share_now"] >= 1).all()


def test_nobody_leads_digital_or_answers_from_before_the_firm_was_founded(population: Population) -> None:
    answers = population.answers
    started = answers["arrangement_start"].dt.year.fillna(2026)
    assert (started >= answers["founding_year"]).all()
    assert (answers["respondent_seniority_years"] <= 2026 - answers["founding_year"]).all()


def test_the_row_none_of_these_is_ticked_by_those_who_ticked_nothing_else(
    population: Population, book: Codebook
) -> None:
    answers = population.answers
    for none in (item for item in book if item.name.endswith("_none") and not item.asked_if):
        others = [item.name for item in book if item.block == none.block and item.name != none.name]
        nothing = (answers[others] != "1").all(axis=1)
        assert (nothing == said_yes(answers, none.name)).all(), none.name


def test_data_not_digital_excludes_the_other_rows(population: Population, book: Codebook) -> None:
    exclusive = population.answers[said_yes(population.answers, "data_not_digital")]
    others = [i.name for i in book if i.block == "data_management" and i.name != "data_not_digital"]
    assert len(exclusive)
    assert (exclusive[others] == "0").all(axis=None)


def test_no_firm_was_more_advanced_in_2024_than_today(population: Population, book: Codebook) -> None:
    then = population.answers[list(book.score("baseline").items)]
    now = population.answers[list(book.score("current").items)]
    existed = population.answers["founding_year"] < 2024
    steps = now[existed].astype(int).to_numpy() - then[existed].astype(int).to_numpy()
    assert steps.min() == 0
    assert 0.3 < steps.mean() < 1.2
    assert (then[~existed] == "97").all(axis=None)


# --- published figures ----------------------------------------------------------------------------------------


@pytest.mark.reference_data
def test_uses_are_within_a_few_points_of_the_published_ones(
    population: Population, size_class: pd.Series, book: Codebook, reference_data: Path
) -> None:
    answers = population.answers
    dii = pd.concat([said_yes(answers, name) for name in book.score("dii").items], axis=1).sum(axis=1)
    tables = reference_data / "reference-tables"
    official = pd.read_csv(tables / "eurostat_dii_fr_eu.csv").query("geo == 'FR' and TIME_PERIOD == 2023")
    official = official.set_index(["size_emp", "indic_is"])["OBS_VALUE"]
    ai = pd.read_csv(tables / "insee_tic_ia.csv").query("year == 2024").set_index("group")["value_pct"]
    groups = {"10-49": "10-49", "50-249": "50-249", "250+": "GE250"}
    rows = [("website, 10+", 69.0, said_yes(answers, "website").mean())]  # Insee, statistiques/8616849
    rows += [("website, 10-49", 65.0, said_yes(answers, "website")[size_class == "10-49"].mean())]
    rows += [("cloud, 10+", 22.9, said_yes(answers, "dii_cloud").mean())]  # Eurostat 2023, press
    rows += [("online sellers, SME", 12.7, said_yes(answers, "dii_ecommerce")[size_class != "250+"].mean())]
    rows += [("social media, 10+", 66.7, said_yes(answers, "dii_social_media").mean())]  # "about two thirds"
    rows += [(f"AI, {size}", ai[size], said_yes(answers, "dii_ai")[size_class == size].mean()) for size in SIZES]
    bands = {"E_DI3_VLO": (0, 3), "E_DI3_LO": (4, 6), "E_DI3_HI": (7, 9), "E_DI3_VHI": (10, 12)}
    for size, eurostat in groups.items():
        for band, limits in bands.items():
            rows.append((f"{band}, {size}", official[eurostat, band], dii[size_class == size].between(*limits).mean()))
    rows.append(("E_DI3_GELO, SME", official["10-249", "E_DI3_GELO"], (dii[size_class != "250+"] >= 4).mean()))
    table = pd.DataFrame(rows, columns=["use", "published", "planted"]).assign(planted=lambda t: 100 * t["planted"])
    print("\n" + table.round(1).to_string(index=False))
    assert (table["published"] - table["planted"]).abs().max() < 4.5


def test_maturity_rises_with_size_and_differs_by_sector(
    population: Population, size_class: pd.Series, book: Codebook
) -> None:
    score = _dimension_points(population.answers, book).mean(axis=1)
    by_size = score.groupby(size_class, observed=True).mean()
    assert by_size.is_monotonic_increasing
    by_sector = score.groupby(population.answers["sector"]).mean()
    assert by_sector.idxmax() == "ict"
    assert by_sector[["construction", "agriculture", "transport"]].max() < by_sector.median()


# --- planted profiles -----------------------------------------------------------------------------------------


def _dimension_points(answers: pd.DataFrame, book: Codebook) -> pd.DataFrame:
    """Return a rough score of each dimension: the mean of the points of its items, 0 to 100."""
    means = {}
    for dimension in book.dimensions:
        items = [item for item in book.items_of(dimension.id) if not item.exclusive]
        means[dimension.id] = 100 * pd.concat(
            [answers[i.name].map(i.points).astype(float) for i in items], axis=1
        ).mean(axis=1)
    return pd.DataFrame(means)


def test_profiles_are_ordered_and_those_in_the_middle_cross_at_one_level(
    population: Population, book: Codebook
) -> None:
    answers, profile = population.answers, population.truth["profile"]
    level = _dimension_points(answers, book).mean(axis=1).groupby(profile).mean()
    assert level.is_monotonic_increasing
    assert level[2] - level[1] < 3
    assert min(level[1] - level[0], level[3] - level[2]) > 10
    front = (
        pd.concat([said_yes(answers, i) for i in ("ecommerce", "emarketing")], axis=1)
        .mean(axis=1)
        .groupby(profile)
        .mean()
    )
    back = pd.concat([said_yes(answers, i) for i in ("information_systems", "data_integrated")], axis=1)
    back = back.mean(axis=1).groupby(profile).mean()
    assert front[1] - front[2] > 0.25
    assert back[2] - back[1] > 0.25


def test_one_factor_dominates_the_six_dimensions(population: Population, book: Codebook) -> None:
    values = np.linalg.eigvalsh(_dimension_points(population.answers, book).corr())[::-1]
    assert values[0] / 6 > 0.5
    assert values[1] < 1


def test_profiles_are_as_hard_to_tell_apart_as_in_published_typologies(population: Population, book: Codebook) -> None:
    """Published: relative entropy 0.534, 52 % of firms above 0.8 (latent classes of Flash Eurobarometer 486)."""
    ticks = pd.get_dummies(population.answers[list(book.active)]).to_numpy(dtype=float)
    profile = population.truth["profile"].to_numpy()
    model = LogisticRegression(C=10, max_iter=300).fit(ticks[:20_000], profile[:20_000])
    posterior = model.predict_proba(ticks[20_000:])
    entropy = 1 + (posterior * np.log(posterior)).sum(axis=1).mean() / np.log(4)
    by_outcome = 1 + np.log(posterior[np.arange(20_000), profile[20_000:]]).mean() / np.log(4)
    print(f"\nrelative entropy {entropy:.3f} (by held-out likelihood {by_outcome:.3f})")
    print(f"share of firms above 0.8: {(posterior.max(axis=1) > 0.8).mean():.3f}")
    assert 0.45 < entropy < 0.65
    assert by_outcome == pytest.approx(entropy, abs=0.03)


# --- planted arrangements -------------------------------------------------------------------------------------


def test_dedicated_cdos_are_as_rare_and_shared_roles_as_frequent_as_published(population: Population) -> None:
    answers, category = population.answers, population.truth["size_category"]
    dedicated = answers["arrangement"].isin(["internal", "internal_with_experts"])
    assert dedicated[category == "eti"].mean() == pytest.approx(0.15, abs=0.03)
    assert dedicated[category == "pme"].mean() < 0.05
    shared = (answers["arrangement"] == "shared_role")[category == "eti"].mean()
    assert shared == pytest.approx(0.39, abs=0.04)


def test_the_best_arrangement_is_the_one_of_most_benefit_and_within_reach(population: Population) -> None:
    truth, answers = population.truth, population.answers
    benefits = truth.filter(like="benefit_")
    assert ("benefit_" + truth["best_arrangement"] == benefits.idxmax(axis=1)).all()
    assert truth["best_arrangement"].nunique() == 8
    without_team = answers["web_team_fte"] == 0
    delegated = truth["best_arrangement"] == "external_delegated_manager"
    assert delegated[without_team].mean() < 0.01 < delegated[~without_team].mean()
    poor = answers["cdo_budget_keur"] < 10
    assert (truth["best_arrangement"] == "internal")[poor].mean() < 0.01


def test_what_comparable_firms_have_is_best_in_40_to_50_percent_of_cases(population: Population) -> None:
    truth = population.truth
    peers = population.answers["stratum"] + population.answers["sector"]
    usual = truth["arrangement"].groupby(peers).agg(lambda have: have.mode()[0])
    share = (peers.map(usual) == truth["best_arrangement"]).mean()
    print(f"\nmost frequent arrangement among comparable firms is the best one: {share:.3f}")
    assert 0.40 <= share <= 0.50
    assert (truth["arrangement"] == truth["best_arrangement"]).mean() < share


def test_objectives_are_reached_more_where_the_arrangement_is_the_best_one(population: Population) -> None:
    truth, reached = population.truth, population.answers["objectives_reached"]
    right = truth["arrangement"] == truth["best_arrangement"]
    assert reached[right].mean() - reached[~right].mean() > 1
    in_place = ("outcome_" + truth["arrangement"]).to_numpy()
    mean = truth.to_numpy()[np.arange(len(truth)), truth.columns.get_indexer(in_place)].astype(float)
    assert (reached - mean).mean() == pytest.approx(0, abs=0.05)


def test_two_outcomes_of_a_firm_differ_by_the_benefits(population: Population) -> None:
    truth = population.truth
    inside = truth[["outcome_internal", "outcome_boss_led"]].apply(lambda o: o.between(0.01, 9.99)).all(axis=1)
    difference = truth["outcome_internal"] - truth["outcome_boss_led"]
    expected = truth["benefit_internal"] - truth["benefit_boss_led"]
    assert inside.any()
    assert np.allclose(difference[inside], expected[inside])


# --- the population -------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_population_and_another_seed_another() -> None:
    one, same, other = (make_population(300, random_state=seed) for seed in (5, 5, 6))
    pd.testing.assert_frame_equal(one.answers, same.answers)
    pd.testing.assert_frame_equal(one.truth, same.truth)
    assert not one.answers["arrangement"].equals(other.answers["arrangement"])


def test_margins_count_every_firm_once_a_variable_in_categories_of_the_survey(
    population: Population, book: Codebook
) -> None:
    margins = population.margins
    assert (margins.groupby("variable")["population"].sum() == 40_000).all()
    for variable in ("sector", "region"):
        counted = margins[margins["variable"] == variable].set_index("category")["population"]
        firms = population.answers[variable].value_counts()
        assert counted.to_dict() == {group: firms[group.split("+")].sum() for group in counted.index}
        assert sorted(code for group in counted.index for code in group.split("+")) == sorted(book[variable].codes)
    assert set(margins.loc[margins["variable"] == "size_category", "category"]) == {"pme", "eti"}


def test_a_population_that_is_too_small_is_refused() -> None:
    with pytest.raises(UsageError, match="n is 5; ask for 100"):
        make_population(5)


def test_an_item_that_the_codebook_lacks_is_named_with_the_nearest(book: Codebook) -> None:
    with pytest.raises(
        CodebookError, match="plants the item 'websit', which codebook cdo-2026 lacks; did you mean 'website'"
    ):
        planted_item(book, "websit")


# --- surveys --------------------------------------------------------------------------------------------------


def test_a_survey_has_the_respondents_asked_for_and_weights_that_sum_to_the_population(survey: Population) -> None:
    assert len(survey.answers) == 450
    assert survey.answers.index.is_unique
    assert survey.answers.index.equals(survey.truth.index)
    assert survey.answers["design_weight"].sum() == pytest.approx(40_000, abs=1)
    assert survey.margins["population"].sum() == 3 * 40_000


def test_large_firms_are_sampled_more_than_small_ones(population: Population, survey: Population) -> None:
    rate = survey.answers["stratum"].value_counts() / population.answers["stratum"].value_counts()
    assert rate["10-19"] < rate["50-99"] < rate["250-499"] < rate["2000-4999"]


def test_weights_repair_design_non_response_and_not_that_of_maturity(population: Population) -> None:
    theta = population.truth["theta"]
    bias = {}
    for cause in ("design", "maturity"):
        errors = []
        for seed in range(4):
            drawn = draw_survey(population, 800, nonresponse=cause, random_state=seed)
            errors.append(np.average(drawn.truth["theta"], weights=drawn.answers["design_weight"]) - theta.mean())
        bias[cause] = np.mean(errors) / theta.std()
    print(f"\nbias in standard deviations: {bias}")
    assert abs(bias["design"]) < 0.06
    assert bias["maturity"] > 0.20


def test_a_survey_larger_than_the_population_is_refused(population: Population) -> None:
    with pytest.raises(UsageError, match="n is 50000; ask for 1 to 40000 respondents"):
        draw_survey(population, 50_000)
    with pytest.raises(UsageError, match="nonresponse is 'mar'; use one of design, maturity"):
        draw_survey(population, 10, nonresponse="mar")  # type: ignore[arg-type]


def test_respondents_say_that_they_do_not_know_refuse_pass_over_and_give_up(survey: Population, book: Codebook) -> None:
    answers = survey.answers
    codes = answers[[item.name for item in book if item.kind == "choice"]]
    assert 0.002 < (codes == "98").mean(axis=None) < 0.03
    assert (codes == "99").any(axis=None)
    asked = [item.name for item in book if item.name not in planted()["gaps"]["never"] and not item.asked_if]
    asked = [name for name in asked if book[name].kind != "text"]
    gave_up = answers["submitted_at"].isna()
    assert 0.01 < gave_up.mean() < 0.08
    assert answers.loc[gave_up, asked[-1]].isna().all()
    assert answers.loc[~gave_up, asked].isna().mean(axis=None) < 0.04
    assert answers.loc[~gave_up, asked].isna().any(axis=None)


def test_nobody_answers_a_question_that_a_gap_left_unasked(survey: Population) -> None:
    answers = survey.answers
    unknown = answers["previous_arrangement"].isna() | (answers["previous_arrangement"] == "98")
    assert unknown.any()
    assert answers.loc[unknown, "previous_end"].isna().all()


# --- exports --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dirty(survey: Population, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[list[str]], pd.DataFrame]:
    """The records of a dirty CSV (header first), and what was spoilt."""
    path = tmp_path_factory.mktemp("export") / "enquete.csv"
    log = write_export(survey, path, random_state=1)
    return list(csv.reader(io.StringIO(path.read_bytes().decode("cp1252"), newline=""), delimiter=";")), log


def _cell(records: list[list[str]], book: Codebook, line: int, item: str) -> str:
    return records[line - 1][records[0].index(book[item].column)]


def test_a_dirty_export_has_every_kind_of_dirt_and_the_raw_headers(
    dirty: tuple[list[list[str]], pd.DataFrame], book: Codebook
) -> None:
    records, log = dirty
    assert records[0] == [item.column for item in book]
    assert set(log["kind"]) == set(dirt_kinds())
    assert list(log.columns) == ["line", "respondent", "item", "kind", "before", "after"]


def test_the_list_of_dirt_says_what_stands_in_the_file(
    dirty: tuple[list[list[str]], pd.DataFrame], book: Codebook
) -> None:
    records, log = dirty
    cells = log[(log["line"] != WHOLE_FILE) & (log["item"] != "")]
    written = [_cell(records, book, line, item) for line, item in zip(cells["line"], cells["item"], strict=True)]
    assert written == cells["after"].tolist()
    assert (cells["before"] != cells["after"]).all()


def test_spoilt_sirens_are_spoilt_as_the_list_says(dirty: tuple[list[list[str]], pd.DataFrame]) -> None:
    changes = dirty[1].set_index("kind")[["respondent", "after"]]
    assert not any(siren.is_valid(text) for text in changes.loc["invalid_siren", "after"])
    assert all(siret.is_valid(text) for text in changes.loc["siret_for_siren", "after"])
    for kind in ("lost_zeros", "spaced_siren"):
        texts, true = changes.loc[kind, "after"], changes.loc[kind, "respondent"]
        assert (texts.str.replace(" ", "").str.zfill(9) == true).all()
        assert (texts != true).all()


def test_amounts_keep_their_value_in_another_unit(dirty: tuple[list[list[str]], pd.DataFrame]) -> None:
    log = dirty[1]
    for kind, keur in (("amount_in_euros", 0.001), ("amount_in_keur", 1), ("amount_in_meur", 1000)):
        changes = log[log["kind"] == kind]
        numbers = changes["after"].str.replace(r"[^\d,]", "", regex=True).str.replace(",", ".").astype(float)
        assert np.allclose(numbers * keur, changes["before"].astype(float))


def test_doubles_and_tests_are_rows_of_their_own(
    dirty: tuple[list[list[str]], pd.DataFrame], survey: Population, book: Codebook
) -> None:
    records, log = dirty
    added = log[log["kind"].isin(["earlier_answer", "exact_duplicate", "test_row"])]
    assert len(records) - 1 == len(survey.answers) + len(added)
    for line in log.loc[log["kind"] == "exact_duplicate", "line"]:
        assert records[line - 1] in records[1 : line - 1]
    earlier = log[log["kind"] == "earlier_answer"]
    for line, respondent in zip(earlier["line"], earlier["respondent"], strict=True):
        assert respondent in survey.answers.index
        assert _cell(records, book, line, "objectives_reached") == ""
    tests = log.loc[log["kind"] == "test_row", "line"]
    assert {_cell(records, book, line, "company_name") for line in tests} == {"test", "azerty"}


def test_a_dirty_file_is_written_as_french_spreadsheets_do(
    dirty: tuple[list[list[str]], pd.DataFrame], book: Codebook
) -> None:
    records, _ = dirty
    column = {item.name: [row[place] for row in records[1:]] for place, item in enumerate(book)}
    assert all(len(date) == 16 and date[2] == date[5] == "/" for date in column["started_at"])
    assert any("," in weight for weight in column["design_weight"])
    assert not any("." in weight for weight in column["design_weight"])
    assert set(column["invested_design"]) <= {"Oui", ""}
    assert set(column["planned_design"]) <= {"Y", ""}
    assert any("€" in amount for amount in column["turnover_keur"])
    assert any("\u00a0" in amount for amount in column["turnover_keur"] + column["digital_budget_keur"])


def test_a_dirty_file_is_not_utf_8(survey: Population, tmp_path: Path) -> None:
    write_export(survey, tmp_path / "e.csv")
    with pytest.raises(UnicodeDecodeError):
        (tmp_path / "e.csv").read_text(encoding="utf-8")


def test_an_intake_reads_every_answer_that_was_not_spoilt(survey: Population, book: Codebook, tmp_path: Path) -> None:
    log = write_export(survey, tmp_path / "e.csv", random_state=4)
    read = read_survey(tmp_path / "e.csv", book)
    careless = log.loc[log["kind"].isin(["straight_liner", "speeder", "invalid_siren"]), "respondent"]
    kept = survey.answers.index.difference(pd.Index(careless))
    assert kept.isin(read.responses.index).all()
    spoilt = log.groupby("item")["respondent"].agg(set)
    for item in (item for item in book if item.kind in ("choice", "number")):
        rows = kept.difference(pd.Index(spoilt.get(item.name, set()), dtype="str"))
        missing_codes = [answer.code for answer in item.answers if answer.missing]
        true = survey.answers.loc[rows, item.name].replace(dict.fromkeys(missing_codes, np.nan))
        pd.testing.assert_series_equal(read.responses.loc[rows, item.name], true, check_dtype=False, atol=1e-9)


def test_a_clean_export_gives_the_answers_back(survey: Population, book: Codebook, tmp_path: Path) -> None:
    log = write_export(survey, tmp_path / "clean.csv", dirty=False)
    assert log.empty
    read = pd.read_csv(tmp_path / "clean.csv", dtype=str, keep_default_na=False, encoding="utf-8")
    read.columns = [item.name for item in book]
    for item in book:
        written, true = read[item.name], survey.answers[item.name].reset_index(drop=True)
        assert ((written == "") == true.isna()).all(), item.name
        told = true.notna()
        if item.kind == "number":
            assert np.allclose(written[told].astype(float), true[told]), item.name
        elif item.kind == "date":
            assert (pd.to_datetime(written[told], format="ISO8601") == true[told].dt.floor("s")).all(), item.name
        else:
            assert (written[told] == true[told]).all(), item.name


def test_a_workbook_holds_the_same_cells_as_the_csv_and_no_formula(survey: Population, tmp_path: Path) -> None:
    small = Population(survey.answers.head(40), survey.truth.head(40), survey.margins)
    write_export(small, tmp_path / "e.csv", random_state=1)
    write_export(small, tmp_path / "e.xlsx", random_state=1)
    text = (tmp_path / "e.csv").read_bytes().decode("cp1252")
    sheet = load_workbook(tmp_path / "e.xlsx").active
    assert sheet is not None
    cells = [["" if cell.value is None else cell.value for cell in row] for row in sheet.iter_rows()]
    assert cells == list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    assert "f" not in {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert any("=SOMME(A1)" in row for row in cells)


@pytest.mark.parametrize("name", ["e.csv", "e.xlsx"])
def test_the_same_seed_writes_the_same_bytes(survey: Population, tmp_path: Path, name: str) -> None:
    small = Population(survey.answers.head(40), survey.truth.head(40), survey.margins)
    written = []
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        (tmp_path / folder).mkdir()
        write_export(small, tmp_path / folder / name, random_state=seed)
        written.append((tmp_path / folder / name).read_bytes())
    assert written[0] == written[1] != written[2]


def test_an_export_elsewhere_than_csv_or_xlsx_or_nowhere_is_refused(survey: Population, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"e\.sav ends in '\.sav'"):
        write_export(survey, tmp_path / "e.sav")
    with pytest.raises(PublishError, match="cannot be written"):
        write_export(survey, tmp_path / "no" / "e.csv", dirty=False)


# --- the bundled sample ---------------------------------------------------------------------------------------


def test_the_bundled_sample_is_what_the_generator_writes(tmp_path: Path) -> None:
    for path in write_sample(tmp_path):
        assert path.read_bytes() == (sample_dir() / path.name).read_bytes(), path.name


def test_the_bundled_sample_is_small_and_has_450_firms() -> None:
    assert sum(path.stat().st_size for path in sample_dir().iterdir()) < 600_000
    truth = pd.read_csv(sample_dir() / "truth.csv", dtype={"siren": str})
    assert truth["siren"].nunique() == len(truth) == 450
    assert set(truth["profile"]) == {0, 1, 2, 3}
    assert truth["best_arrangement"].nunique() == 8


def test_a_sample_without_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="is not a folder"):
        write_sample(tmp_path / "nowhere")
