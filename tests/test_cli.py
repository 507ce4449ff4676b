"""The command line: one sentence an error, its exit code, and nothing written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cdo_analysis.cli import main
from cdo_analysis.resources import sample_dir
from cdo_analysis.study import Study

EXPORT = str(sample_dir() / "enquete-cdo-2026.csv")
MARGINS = str(sample_dir() / "margins.csv")


def _run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from cdo_analysis.cli import main\n"
        "result = CliRunner().invoke(main, ['--help']); assert result.exit_code == 0, result.output\n"
        "heavy = {'pandas', 'numpy', 'matplotlib', 'sklearn', 'papermill', 'scipy', 'pyarrow'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_import_of_the_package_is_light_and_offers_about_fifteen_names() -> None:
    code = (
        "import sys, cdo_analysis as cdo\n"
        "assert not {'pandas', 'numpy'} & set(sys.modules)\n"
        "assert 12 <= len(cdo.__all__) <= 20, len(cdo.__all__)\n"
        "assert set(cdo.__all__) == set(cdo._HOMES) <= set(dir(cdo))\n"
        "assert all(getattr(cdo, name) is not None for name in cdo.__all__)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_check_counts_the_problems_and_lists_them_on_request() -> None:
    short = _run("check", EXPORT, "--codebook", "cdo-2026")
    assert short.exit_code == 0
    assert "450 respondents kept" in short.output
    assert "[important] siren_wrong_key (siren): 5" in short.output
    full = _run("check", EXPORT, "--codebook", "cdo-2026", "--all")
    assert full.output.count("siren_wrong_key") == 0
    assert full.output.count("fails its key") == 5


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("check", "{tmp}/empty.csv", "--codebook", "cdo-2026"), 3, "is empty"),
        (("check", "{tmp}/header.csv", "--codebook", "cdo-2026"), 3, "0 rows"),
        (("check", "{tmp}", "--codebook", "cdo-2026"), 3, "is a folder"),
        (("check", "{tmp}/nowhere.csv", "--codebook", "cdo-2026"), 3, "does not exist"),
        (("check", EXPORT, "--codebook", "cdo-2062"), 3, "did you mean 'cdo-2026'?"),
        (("check", EXPORT, "--codebook", "itflex-csem"), 3, "is it the codebook of this survey?"),
        (("check", "{tmp}/lacking.csv", "--codebook", "cdo-2026"), 3, "lacks 1 column(s)"),
        (("fit", "{tmp}/empty.csv", "--codebook", "cdo-2026", "--out", "{tmp}/out"), 3, "is empty"),
        (("fit", EXPORT, "--codebook", "cdo-2026", "--margins", EXPORT, "--out", "{tmp}/out"), 3, "UTF-8"),
        (("fit", EXPORT, "--codebook", "cdo-2026", "--rules", EXPORT, "--out", "{tmp}/out"), 3, "UTF-8"),
        (("report", "panorama", "{tmp}/nowhere", "--out", "{tmp}/out"), 3, "is not a study"),
        (("report", "panorama", "{study}", "--out", "{tmp}/out", "-p", "langage=en"), 2, "did you mean 'language'?"),
        (("report", "panorama", "{study}", "--out", "{tmp}/out", "-p", "language"), 2, "is not NAME=VALUE"),
        (("report", "panorama", "{study}", "--out", "{tmp}/out", "-p", "language=de"), 2, "not one of fr, en"),
        (("report", "panorama", "{study}", "--company", "1", "--out", "{tmp}/out"), 2, "not about one company"),
        (("report", "company", "{study}", "--company", "123", "--out", "{tmp}/out"), 2, "no company '123'"),
        (("report", "compani", "{study}", "--out", "{tmp}/out"), 2, "did you mean 'company'?"),
        (("report", "quality", "{study}", "--out", "{tmp}/empty.csv"), 8, "is a file"),
    ],
)
def test_an_error_is_one_sentence_with_its_code_and_writes_nothing(
    sample_study: Study, tmp_path: Path, words: tuple[str, ...], code: int, sentence: str
) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    header = Path(EXPORT).read_bytes().splitlines()[0]
    (tmp_path / "header.csv").write_bytes(header + b"\n")
    lines = [line.split(b";", 1)[1] for line in Path(EXPORT).read_bytes().splitlines()[:3]]
    (tmp_path / "lacking.csv").write_bytes(b"\n".join(lines))
    before = sorted(p.name for p in tmp_path.iterdir())
    result = _run(*(word.format(tmp=tmp_path, study=sample_study.folder) for word in words))
    assert result.exit_code == code, result.output
    assert result.stderr.startswith("cdo-analysis: ")
    assert result.stderr.count("\n") == 1
    assert sentence in result.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_debug_shows_where_an_error_comes_from(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--debug", "check", str(tmp_path), "--codebook", "cdo-2026"])
    assert type(result.exception).__name__ == "InputError"


@pytest.mark.slow
def test_the_sample_is_copied_and_fits_as_the_readme_says(tmp_path: Path) -> None:
    copied = _run("sample", str(tmp_path / "essai"))
    assert copied.exit_code == 0
    assert (tmp_path / "essai" / "enquete-cdo-2026.csv").read_bytes() == Path(EXPORT).read_bytes()
    words = ["fit", str(tmp_path / "essai" / "enquete-cdo-2026.csv"), "--codebook", "cdo-2026"]
    fitted = _run(*words, "--margins", str(tmp_path / "essai" / "margins.csv"), "--out", str(tmp_path / "study"))
    assert fitted.exit_code == 0
    assert "450 respondents" in fitted.output


@pytest.mark.slow
def test_the_same_survey_and_seed_give_the_same_study(sample_study: Study, tmp_path: Path) -> None:
    note = str(sample_study.info["options"]["note"])
    words = ["fit", EXPORT, "--codebook", "cdo-2026", "--margins", MARGINS, "--note", note]
    assert f"study {sample_study.id}" in _run(*words, "--out", str(tmp_path / "s")).output
    other = _run(*words, "--out", str(tmp_path / "t"), "--seed", "7")
    assert sample_study.id not in other.output


@pytest.mark.slow
def test_a_report_is_rendered_and_says_where_it_is(sample_study: Study, tmp_path: Path) -> None:
    company = sample_study.table("scores").index[0]
    result = _run("report", "company", str(sample_study.folder), "--company", company, "--out", str(tmp_path))
    assert result.exit_code == 0
    assert str(tmp_path / f"company-{company}.html") in result.output
