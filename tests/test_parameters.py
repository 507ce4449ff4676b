"""Parameters of a report: checked before any kernel starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdo_analysis.errors import UsageError
from cdo_analysis.reports import open_template, report, template_names
from cdo_analysis.reports.parameters import check_parameters, parse_parameters
from cdo_analysis.reports.run import file_stem
from cdo_analysis.study import Study

DECLARED = parse_parameters(
    """study: str = "a=b"
language: Literal["fr", "en"] = "fr"
level: float = 0.95
with_flags: bool = True
k: int = 3""",
    "demo",
)


def test_a_default_with_an_equals_sign_is_read() -> None:
    assert DECLARED["study"].default == "a=b"


def test_values_are_read_in_their_type_and_identifiers_stay_text() -> None:
    given = {"study": "005520135", "level": "0.9", "with_flags": "non", "k": "4"}
    read = {"study": "005520135", "level": 0.9, "with_flags": False, "k": 4}
    assert check_parameters(DECLARED, given, "demo") == read


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"langage": "fr"}, "has no parameter 'langage'; did you mean 'language'"),
        ({"language": "de"}, "not one of fr, en"),
        ({"k": "three"}, "is not int"),
        ({"study": 5520135}, "is not a text"),
        ({"with_flags": "maybe"}, "is not bool"),
    ],
)
def test_an_unknown_or_ill_typed_parameter_is_one_sentence(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        check_parameters(DECLARED, given, "demo")


def test_a_parameters_cell_holds_annotated_values_only() -> None:
    with pytest.raises(UsageError, match="line 2 of the parameters cell"):
        parse_parameters('a: str = "x"\nb = 3', "demo")


def test_every_template_declares_the_parameters_of_the_library() -> None:
    for name in template_names():
        declared = open_template(name).parameters
        assert {"study", "language", "disclosure"} <= set(declared)
        assert declared["language"].choices == ("fr", "en")


def test_nothing_is_written_for_a_wrong_parameter(sample_study: Study, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'language'"):
        report(sample_study, "quality", out=tmp_path / "out", parameters={"langage": "en"})
    with pytest.raises(UsageError, match="no company '999'"):
        report(sample_study, "company", company="999", out=tmp_path / "out")
    with pytest.raises(UsageError, match="needs a company"):
        report(sample_study, "company", out=tmp_path / "out")
    with pytest.raises(UsageError, match="no report 'panoramma'; did you mean 'panorama'"):
        report(sample_study, "panoramma", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "identifier", ["../../x", "a/b", "CON", "-rf", "é" * 130, "x" * 300, "nom.", "a\nb", "{siren}"]
)
def test_an_identifier_never_leaves_the_folder(identifier: str) -> None:
    stem = file_stem(identifier)
    assert Path(stem).name == stem
    assert stem.isascii()
    assert len(stem) < 60
    assert stem.strip("-.") == stem


def test_identifiers_that_differ_only_by_case_have_different_files() -> None:
    assert file_stem("FOO") != file_stem("foo")
