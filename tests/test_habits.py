"""What the panorama says of the observed choice and of experts: figures, tables, hidden cells, both languages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cdo_analysis as cdo
from cdo_analysis.exhibits.panorama.habits import _hidden_bins
from cdo_analysis.figures import calibration_dots, difference_dots, signed
from cdo_analysis.messages import Numbers
from cdo_analysis.pipeline import fit
from cdo_analysis.resources import sample_dir
from cdo_analysis.study import Study


@pytest.mark.parametrize("language", ["fr", "en"])
def test_effects_are_drawn_with_their_table_and_called_observed(sample_study: Study, language: str) -> None:
    view = cdo.view(sample_study, language=language)
    exhibit = cdo.panorama.choice_effects(view)
    assert exhibit is not None
    assert exhibit.evidence == "observed"
    assert exhibit.axes is not None
    assert exhibit.table is not None
    effects = view.observed.effects
    assert len(exhibit.table.rows) == len(effects.drop_duplicates(["column", "level"]))
    assert len(exhibit.table.header) == 2 + effects["option"].nunique()
    stars = sum(cell.endswith("*") for row in exhibit.table.rows for cell in row)
    assert stars == effects["told"].sum()
    words = " ".join(exhibit.paragraphs)
    assert f"{int(effects['told'].sum())} {'sur' if language == 'fr' else 'of'} {len(effects)}" in words
    assert "{" not in exhibit.to_text()


def test_an_effect_of_few_companies_is_hidden(sample_study: Study) -> None:
    view = cdo.view(sample_study, disclosure="prudent")
    effects = view.observed.effects
    small = effects["level"].eq(effects["level"].iloc[0]) & effects["column"].eq(effects["column"].iloc[0])
    view.observed.effects.loc[small, "n"] = view.profile.mean - 1
    exhibit = cdo.panorama.choice_effects(view)
    assert exhibit is not None
    assert exhibit.table is not None
    assert set(exhibit.table.rows[0][1:]) == {"c"}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_quality_of_predictions_is_said_with_its_doubt(sample_study: Study, language: str) -> None:
    view = cdo.view(sample_study, language=language)
    exhibit = cdo.panorama.choice_quality(view)
    assert exhibit is not None
    quality, words = view.observed.quality, " ".join(exhibit.paragraphs)
    assert quality is not None
    for number in (quality.log_loss, quality.base_log_loss, quality.brier):
        assert view.numbers.number(number, 3) in words
    assert len(exhibit.paragraphs) == 4
    assert exhibit.alt
    assert "{" not in exhibit.to_text()


def test_bins_that_few_companies_make_are_hidden(sample_study: Study) -> None:
    view = cdo.view(sample_study)
    table = view.observed.calibration
    table.loc[0, "firms"] = view.profile.count - 1
    table.loc[1, "firms"] = table.loc[1, "n"] - 1
    table.loc[2, "firms"] = 0
    hidden = _hidden_bins(view)["observed"].isna().tolist()
    assert hidden[:3] == [True, True, False]


def test_without_experts_nothing_is_said_of_them(sample_study: Study) -> None:
    assert cdo.panorama.experts_overview(cdo.view(sample_study)) is None


@pytest.mark.slow
def test_experts_read_from_a_file_are_shown_with_their_disagreement(tmp_path: Path) -> None:
    families = ("attentes", "moyens", "stade", "transaction")
    rows = [
        f"{name},{family},{weight},CCI,2026-11-20"
        for name, weights in {"A. Martin": (9, 1, 1, 1), "B. Roux": (1, 1, 1, 9)}.items()
        for family, weight in zip(families, weights, strict=True)
    ]
    panel = tmp_path / "panel.csv"
    panel.write_text("\n".join(["expert,name,weight,author,date", *rows]))
    export = sample_dir() / "enquete-cdo-2026.csv"
    view = cdo.view(fit(export, "cdo-2026", tmp_path / "study", experts=panel), language="en")
    exhibit = cdo.panorama.experts_overview(view)
    assert exhibit is not None
    assert exhibit.table is not None
    assert exhibit.table.header[1:] == ["A. Martin", "B. Roux"]
    assert "A. Martin, written down by CCI on 20 November 2026" in exhibit.paragraphs[0]
    first = pd.DataFrame(view.advice.by_expert.argmax(axis=2).T)  # type: ignore[union-attr]
    differs = (first[0] != first[1]).to_numpy()
    share = view.weights[differs].sum() / view.weights.sum()
    assert view.numbers.share(share) in exhibit.title
    assert view.study.info["options"]["experts"] == "panel.csv"


def test_differences_are_written_with_their_sign_and_hidden_bins_are_not_drawn() -> None:
    numbers = Numbers("fr")
    assert [signed(numbers, value) for value in (3.6, -12.2, 0.2, -0.2)] == ["+4", "−12", "0", "0"]
    rows = pd.DataFrame({"label": ["a", "b"], "estimate": [4.0, -3.0], "low": [1.0, -6.0], "high": [7.0, 0.0]})
    assert [text.get_text() for text in difference_dots(rows, numbers=numbers, label="points").texts] == ["+4", "−3"]
    bins = pd.DataFrame(
        {"predicted": [0.1, 0.4], "observed": [0.2, np.nan], "low": [0.1, np.nan], "high": [0.3, np.nan]}
    )
    axes = calibration_dots(bins, numbers=numbers, labels=("x", "y"), words=("dots", "line"))
    assert [len(line.get_xdata()) for line in axes.lines] == [2, 1]  # type: ignore[arg-type]
