"""The study: what the stages found, on disk, content-hashed, from which every report is rendered.

A study is a folder of Parquet tables and JSON documents with a ``study.json`` that names each file and its SHA-256.
There is no pickle in it. Its id is the hash of its content: the same survey, codebook, margins, seed and versions
give the same id.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from cdo_analysis.codebook import Codebook, read_codebook
from cdo_analysis.errors import InputError, PublishError
from cdo_analysis.showing import Shown

FORMAT = 1
_INDEX = "study.json"


@dataclass(frozen=True)
class Study(Shown):
    """A study opened for reading.

    Attributes
    ----------
    folder : Path
    info : mapping
        The content of ``study.json``: id, codebook, data (file, rows, hash), options, versions, files.
    """

    folder: Path
    info: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Hash of the content, 12 hexadecimal digits."""
        return str(self.info["id"])

    @cached_property
    def codebook(self) -> Codebook:
        """The questionnaire, as it was when the study was made."""
        return read_codebook(self._bytes("codebook.toml").decode("utf-8"), "codebook.toml")

    @property
    def outsider(self) -> str:
        """Id of the company that is seen beside the respondents without being one; empty where there is none."""
        return ""

    def has(self, name: str) -> bool:
        """Tell whether the study holds the table or document `name`."""
        files = self.info["files"]
        return f"{name}.parquet" in files or f"{name}.json" in files

    def table(self, name: str) -> pd.DataFrame:
        """Return the table `name`; each call reads it once and returns a copy."""
        if name not in self._tables:
            self._tables[name] = pd.read_parquet(io.BytesIO(self._bytes(f"{name}.parquet")))
        return self._tables[name].copy()

    def column(self, name: str, column: str) -> pd.Series:
        """Return one column of the table `name`."""
        return self.table(name)[column]

    def document(self, name: str) -> dict[str, Any]:
        """Return the JSON document `name`."""
        return dict(json.loads(self._bytes(f"{name}.json")))

    def text_path(self, name: str) -> Path:
        """Return the path of the TOML text `name`, once it is known to be what the fit wrote."""
        self._bytes(f"{name}.toml")
        return self.folder / f"{name}.toml"

    @cached_property
    def derived(self) -> dict[Hashable, Any]:
        """What was made from the study and is worth keeping as long as it is open, such as its views."""
        return {}

    @property
    def shared(self) -> dict[Hashable, Any]:
        """What is kept with the study, and serves every company that is seen beside it."""
        return self.derived

    @cached_property
    def _tables(self) -> dict[str, pd.DataFrame]:
        return {}

    def _bytes(self, file: str) -> bytes:
        if file not in self.info["files"]:
            raise InputError(f"the study {self.folder.name} holds no {file}; fit it again with this version.")
        try:
            data = (self.folder / file).read_bytes()
        except OSError as error:
            raise InputError(f"{file} of the study {self.folder.name} cannot be read: {error.strerror}.") from error
        if hashlib.sha256(data).hexdigest() != self.info["files"][file]:
            raise InputError(f"{file} of the study {self.folder.name} was changed after the fit; fit it again.")
        return data

    def __repr__(self) -> str:
        data = self.info["data"]
        return (
            f"<Study {self.id}: {data['respondents']} respondents of {data['file']}, codebook {self.info['codebook']}>"
        )


def read_study(folder: str | Path) -> Study:
    """Open a study folder.

    Parameters
    ----------
    folder : str or Path
        A folder that ``cdo-analysis fit`` wrote.

    Returns
    -------
    Study

    Raises
    ------
    InputError
        There is no study there, or it was written in another format.
    """
    path = Path(folder)
    if not (path / _INDEX).is_file():
        what = "is not a folder" if path.exists() and not path.is_dir() else "is not a study"
        raise InputError(
            f"{folder} {what} (no {_INDEX}); make one with: cdo-analysis fit EXPORT --codebook ID --out {folder}"
        )
    try:
        info = json.loads((path / _INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{_INDEX} of {folder} cannot be read ({error}); fit the study again.") from error
    if info.get("format") != FORMAT:
        raise InputError(f"{folder} has format {info.get('format')}, this version reads format {FORMAT}; fit it again.")
    return Study(path, info)


def studies_with(folder: str | Path, respondent: str) -> list[Path]:
    """Return the studies under a folder that hold a respondent, by its name in their answers."""
    found = []
    for index in sorted(Path(folder).rglob(_INDEX)):
        study = read_study(index.parent)
        if study.has("responses") and respondent in study.table("responses").index:
            found.append(index.parent)
    return found


def write_study(
    folder: str | Path,
    *,
    tables: Mapping[str, pd.DataFrame],
    documents: Mapping[str, Mapping[str, Any]],
    texts: Mapping[str, str],
    info: Mapping[str, Any],
) -> Study:
    """Write a study, whole or not at all.

    Parameters
    ----------
    folder : str or Path
        Where to; an older study there is replaced, anything else is left alone.
    tables, documents, texts : mapping
        Tables to Parquet, documents to JSON, TOML texts as they are, by name; ``codebook`` must be among the texts.
    info : mapping
        What else ``study.json`` says.

    Raises
    ------
    PublishError
        The folder holds something that is not a study, or cannot be written.
    """
    target = Path(folder)
    _check_target(target)
    staging: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        _fill(staging, tables, documents, texts, info)
        if not _same(staging, target):
            _replace(staging, target)
    except OSError as error:
        raise PublishError(
            f"the study cannot be written to {folder}: {error.strerror}; choose another --out."
        ) from error
    finally:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
    return read_study(target)


def _check_target(target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise PublishError(f"{target} is a file; name a folder for the study.")
    if target.is_dir() and any(target.iterdir()) and not (target / _INDEX).is_file():
        raise PublishError(f"{target} holds files that are not a study; name an empty or a new folder.")


def _fill(
    staging: Path,
    tables: Mapping[str, pd.DataFrame],
    documents: Mapping[str, Mapping[str, Any]],
    texts: Mapping[str, str],
    info: Mapping[str, Any],
) -> None:
    contents = {f"{name}.toml": text.encode("utf-8") for name, text in texts.items()}
    contents |= {f"{name}.json": _json(document) for name, document in documents.items()}
    contents |= {f"{name}.parquet": _parquet(table) for name, table in tables.items()}
    files = {}
    for file, data in sorted(contents.items()):
        (staging / file).write_bytes(data)
        files[file] = hashlib.sha256(data).hexdigest()
    identity = hashlib.sha256(_json({"files": files, **info})).hexdigest()[:12]
    index = {"format": FORMAT, "id": identity, **info, "files": files}
    (staging / _INDEX).write_bytes(_json(index))
    staging.chmod(0o755)


def _same(staging: Path, target: Path) -> bool:
    """Tell whether the study that stands there has the same content already."""
    index = target / _INDEX
    return index.is_file() and index.read_bytes() == (staging / _INDEX).read_bytes()


def _replace(staging: Path, target: Path) -> None:
    """Put the new folder in the place of the old one; the old one goes only when the new one stands."""
    old = target.with_name(f".{target.name}-old-{os.getpid()}")
    if target.exists():
        target.rename(old)
    staging.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _parquet(table: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.to_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def _json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n").encode("utf-8")
