"""Overrides of analysts: kept with the study, shown beside the recommendation, refused where they name what is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from cdo_analysis.cli import main
from cdo_analysis.errors import InputError
from cdo_analysis.exhibits import company, panorama, view
from cdo_analysis.intake import read_survey
from cdo_analysis.pipeline import check_overrides, fit, read_overrides
from cdo_analysis.reference import load_arrangements
from cdo_analysis.resources import sample_dir
from cdo_analysis.study import Study

FIRMS = ["001146547", "001181056"]
TOML = """
[[override]]
firm = "001146547"
option = "external_adviser"
note = "Le dirigeant vient d'obtenir une subvention."
author = "C. Martin"
date = 2026-11-20
"""


def write(folder: Path, text: str, name: str = "avis.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def overridden(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The first 120 answers of the sample, with one decision of an analyst."""
    folder = tmp_path_factory.mktemp("overrides")
    lines = (sample_dir() / "enquete-cdo-2026.csv").read_text(encoding="cp1252").splitlines(keepends=True)
    export = write(folder, "".join(lines[:121]), "export.csv")
    first = read_survey(export, "cdo-2026").responses.index[0]
    path = write(folder, TOML.replace("001146547", first))
    return fit(export, "cdo-2026", folder / "study", overrides=path)


def test_toml_and_csv_say_the_same(tmp_path: Path) -> None:
    rows = "firm;option;note;author;date\n001146547;external_adviser;Le dirigeant vient d'obtenir une subvention.;"
    csv = write(tmp_path, f"{rows}C. Martin;2026-11-20\n", "avis.csv")
    assert read_overrides(csv).equals(read_overrides(write(tmp_path, TOML)))


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('note = "', 'note = ""  # "', "override 1 of avis.toml has no note"),
        ('author = "C. Martin"\n', "", "has no author"),
        ("date = 2026-11-20", 'date = "20/11/2026"', "has the date '20/11/2026'; write it as 2026-11-24"),
        ("option =", "opton =", "has 'opton', .*did you mean 'option'"),
        ("[[override]]", "[[overide]]", "holds 'overide'; write each decision as a table"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(tmp_path: Path, before: str, after: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_overrides(write(tmp_path, TOML.replace(before, after, 1)))


def test_an_unknown_firm_or_option_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    options = load_arrangements()
    with pytest.raises(InputError, match=r"the firm '001146574'.*did you mean '001146547'"):
        check_overrides(read_overrides(write(tmp_path, TOML.replace("001146547", "001146574"))), FIRMS, options)
    with pytest.raises(InputError, match=r"names the option 'external_advisor'.*did you mean 'external_adviser'"):
        check_overrides(read_overrides(write(tmp_path, TOML.replace("_adviser", "_advisor"))), FIRMS, options)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_decision_and_its_note_stand_beside_our_recommendation(overridden: Study, language: str) -> None:
    seen = view(overridden, language=language)
    one = overridden.column("overrides", "firm").iloc[0]
    shown = company.cover(seen, one)
    said = " ".join(shown.paragraphs)
    assert "C. Martin" in said
    assert "Le dirigeant vient d'obtenir une subvention." in said
    assert shown.title == company.title_of(seen, one), "our answer stays the title"
    reasons = company.reasons(seen, one)
    assert reasons is not None
    assert seen.option_label("external_adviser") in [card.title for card in reasons.cards]


def test_other_companies_and_the_shares_are_untouched(overridden: Study) -> None:
    seen = view(overridden, language="fr")
    others = [one for one in seen.scores.index if one != overridden.column("overrides", "firm").iloc[0]]
    assert company.override_sentences(seen, others[0]) == ()
    shown = panorama.portfolio(seen, "profile") or panorama.portfolio(seen, "sector")
    assert shown is not None


def test_the_command_line_says_what_is_wrong_before_anything_is_fitted(tmp_path: Path) -> None:
    path = write(tmp_path, TOML.replace("external_adviser", "external"))
    export = str(sample_dir() / "enquete-cdo-2026.csv")
    words = ["fit", export, "--codebook", "cdo-2026", "--out", str(tmp_path / "study"), "--overrides", str(path)]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 3
    assert "the option 'external', which does not exist" in done.output
    assert not (tmp_path / "study").exists()


def test_the_example_of_the_documentation_can_be_read(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[1] / "docs" / "overrides.md").read_text(encoding="utf-8")
    example = page.partition("```toml\n")[2].partition("```")[0]
    found = read_overrides(write(tmp_path, example))
    assert found["option"].tolist() == ["external_adviser"]
    check_overrides(found, ["001075217"], load_arrangements())
