"""Rubin's rules by hand, and multiple imputation where answers are missing for a known reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cdo_analysis.codebook import Codebook, read_codebook
from cdo_analysis.errors import UsageError
from cdo_analysis.exhibits import view
from cdo_analysis.exhibits.quality import robustness
from cdo_analysis.maturity import impute_answers, pool, score_maturity
from cdo_analysis.study import Study
from cdo_analysis.weighting import weighted_mean

ITEMS = ["a1", "a2", "a3", "a4"]


@pytest.fixture(scope="module")
def book() -> Codebook:
    text = 'id = "t"\ntitle = "t"\n[[dimension]]\nid = "a"\nlabel = "a"\n[[score]]\nid = "s"\nmethod = "points"\n'
    text += 'label = "s"\ndimensions = ["a"]\n'
    answers = '[{ code = "0", value = 0, label = "0" }, { code = "1", value = 1, label = "1" }]'
    for name in ITEMS:
        text += f'[[item]]\nname = "{name}"\nquestion = "?"\ndimension = "a"\nanswers = {answers}\n'
    return read_codebook(text, "t.toml")


def test_rubins_rules_are_those_of_hand_arithmetic() -> None:
    # Estimates 10, 12, 14: mean 12, between 4, (1 + 1/3) * 4 = 16/3; within 2; total 22/3; share 8/11.
    pooled = pool(np.array([10.0, 12.0, 14.0]), np.array([1.0, 2.0, 3.0]))
    assert pooled.estimate == 12
    assert pooled.se == pytest.approx(np.sqrt(22 / 3))
    assert pooled.missing_information == pytest.approx(8 / 11)
    assert pooled.df == pytest.approx(2 * (11 / 8) ** 2)  # 3.78
    # Student's law with 3.78125 degrees of freedom: qt(0.975, 3.78125) = 2.840953 in R.
    assert pooled.high - pooled.estimate == pytest.approx(2.840953 * np.sqrt(22 / 3), abs=1e-4)


def test_a_small_sample_has_the_degrees_of_freedom_of_barnard_and_rubin() -> None:
    pooled = pool(np.array([10.0, 12.0, 14.0]), np.array([1.0, 2.0, 3.0]), complete_df=20)
    # Observed: 21/23 * 20 * 3/11 = 4.98024; 1 / (1/3.78125 + 1/4.98024) = 2.14932.
    assert pooled.df == pytest.approx(2.14932, abs=1e-4)


def test_nothing_missing_leaves_the_error_as_it_is() -> None:
    pooled = pool(np.array([5.0, 5.0]), np.array([4.0, 4.0]))
    assert (pooled.se, pooled.missing_information) == (2, 0)
    assert pooled.high == pytest.approx(5 + 1.959964 * 2, abs=1e-5)
    with pytest.raises(UsageError, match="1 imputation cannot be pooled"):
        pool(np.array([5.0]), np.array([4.0]))


def test_answers_that_were_given_stay_and_the_others_come_from_donors(book: Codebook) -> None:
    answers = pd.DataFrame({name: ["1"] * 30 + [None] * 3 for name in ITEMS}, dtype="str")
    answers.loc[0, "a1"] = "0"
    for completed in impute_answers(answers, book, imputations=3):
        assert completed.head(30).equals(answers.head(30))
        assert completed[ITEMS].notna().all(axis=None)
        assert completed.loc[30:, ["a2", "a3", "a4"]].eq("1").all(axis=None)


def test_the_same_seed_gives_the_same_draws(book: Codebook) -> None:
    answers = pd.DataFrame({name: list("0101") * 6 + [None] * 6 for name in ITEMS}, dtype="str")
    first, second = (list(impute_answers(answers, book, imputations=2, random_state=4)) for _ in range(2))
    assert all(one.equals(other) for one, other in zip(first, second, strict=True))
    assert not first[0].equals(first[1])


def survey(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return answers and the same with gaps: large companies, which do more, leave questions out far more often."""
    large = rng.random(240) < 0.5
    done = rng.random((240, 4)) < np.where(large, 0.8, 0.3)[:, None]
    full = pd.DataFrame(done.astype(int).astype(str), columns=ITEMS, dtype="str").assign(size=np.where(large, "l", "s"))
    gone = rng.random(240) < np.where(large, 0.6, 0.1)
    return full, full.assign(**{name: full[name].mask(pd.Series(gone)) for name in ITEMS})


def test_imputation_undoes_a_bias_that_its_classes_explain_and_its_interval_covers(book: Codebook) -> None:
    rng, truth, kept, inside, error = np.random.default_rng(6), 100 * 0.55, [], 0, []
    for repeat in range(60):
        _, gaps = survey(rng)
        kept.append(score_maturity(gaps, book).values["s"].mean() - truth)
        draws = impute_answers(gaps, book, classes=["size"], imputations=10, random_state=repeat)
        values = [score_maturity(completed, book).values["s"] for completed in draws]
        pooled = pool(np.array([v.mean() for v in values]), np.array([v.var() / len(v) for v in values]))
        error.append(pooled.estimate - truth)
        inside += pooled.low <= truth <= pooled.high
    # Answering: 0.9 * 0.3 and 0.4 * 0.8, hence a mean of 45.4 among those who answer: a bias of -9.6.
    assert np.mean(kept) == pytest.approx(-9.6, abs=1.2)
    assert np.mean(error) == pytest.approx(0, abs=1.2)
    assert 0.88 <= inside / 60 <= 1  # 0.95 less 2.5 errors of sqrt(0.95 * 0.05 / 60)


def test_a_codebook_without_a_score_has_nothing_to_impute() -> None:
    none = read_codebook('id = "t"\ntitle = "t"\n[[item]]\nname = "a"\nkind = "number"\nquestion = "?"\n', "t.toml")
    with pytest.raises(UsageError, match="no score for which answers could be imputed"):
        next(iter(impute_answers(pd.DataFrame({"a": [1.0]}), none)))


def test_the_imputed_mean_of_a_study_rests_on_the_errors_of_its_design(sample_study: Study) -> None:
    seen = view(sample_study)
    plain = weighted_mean(seen.scores["dma"], seen.design)
    row = sample_study.table("imputed").loc["all"]
    assert (row["as_measured"], row["as_measured_se"]) == pytest.approx((plain.estimate, plain.se))
    assert row["low"] < row["as_measured"] < row["high"]  # few answers are missing here: imputing moves little


@pytest.mark.parametrize(("language", "method"), [("en", "pooled by Rubin's rules"), ("fr", "règles de Rubin")])
def test_the_quality_report_names_the_method_and_shows_the_other_ways(
    sample_study: Study, language: str, method: str
) -> None:
    shown = robustness(view(sample_study, language=language))
    assert shown is not None
    assert method in " ".join(shown.paragraphs)
    assert shown.table is not None
    assert len(shown.table.rows) == 4 + 2 + 6  # variants, compensation, a graded model a dimension
