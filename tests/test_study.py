"""The study on disk."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cdo_analysis.codebook import load_codebook
from cdo_analysis.errors import InputError, PublishError
from cdo_analysis.study import Study, read_study, write_study

TABLE = pd.DataFrame({"a": [1.5, float("nan")], "b": ["x", None]}, index=pd.Index(["1", "2"], name="respondent"))


def _write(folder: Path, table: pd.DataFrame = TABLE) -> Study:
    info = {"codebook": "itflex-csem 2018", "data": {"file": "a.csv", "respondents": 2}, "options": {}}
    return write_study(
        folder,
        tables={"t": table},
        documents={"d": {"k": [1]}},
        texts={"codebook": load_codebook("itflex-csem").source},
        info=info,
    )


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    study = read_study(_write(tmp_path / "s").folder)
    pd.testing.assert_frame_equal(study.table("t"), TABLE.astype({"b": "str"}).set_axis(TABLE.index.astype("str")))
    assert study.document("d") == {"k": [1]}
    assert study.codebook == load_codebook("itflex-csem")


def test_the_same_content_has_the_same_id_and_another_has_not(tmp_path: Path) -> None:
    first, again = _write(tmp_path / "a"), _write(tmp_path / "b")
    other = _write(tmp_path / "c", TABLE.assign(a=2.0))
    assert first.id == again.id
    assert first.id != other.id
    assert {p.name: p.read_bytes() for p in first.folder.iterdir()} == {
        p.name: p.read_bytes() for p in again.folder.iterdir()
    }


def test_a_study_is_replaced_and_nothing_else_is(tmp_path: Path) -> None:
    _write(tmp_path / "s")
    _write(tmp_path / "s", TABLE.assign(a=2.0))
    assert read_study(tmp_path / "s").table("t")["a"].tolist() == [2.0, 2.0]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    with pytest.raises(PublishError, match="not a study"):
        _write(tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "precious"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine", "s"], "no staging folder stays behind"


def test_a_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    folder = _write(tmp_path / "s").folder
    TABLE.to_parquet(folder / "t.parquet", compression="snappy")
    with pytest.raises(InputError, match=r"t\.parquet .* was changed"):
        read_study(folder).table("t")


def test_a_folder_without_study_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a study"):
        read_study(tmp_path)
    with pytest.raises(InputError, match="cdo-analysis fit"):
        read_study(tmp_path / "nowhere")


def test_there_is_no_pickle_in_a_study(tmp_path: Path) -> None:
    assert {p.suffix for p in _write(tmp_path / "s").folder.iterdir()} == {".parquet", ".json", ".toml"}
