"""Find a codebook, read it, and say in one sentence what is wrong with it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from cdo_analysis.codebook.build import build_codebook
from cdo_analysis.codebook.check import check_codebook
from cdo_analysis.codebook.model import Codebook
from cdo_analysis.errors import CodebookError, did_you_mean
from cdo_analysis.resources import package_dir


def codebook_ids() -> list[str]:
    """Return the ids of the codebooks that ship with the package."""
    return sorted(path.stem for path in package_dir("codebooks").glob("*.toml"))


def load_codebook(source: str | Path) -> Codebook:
    """Load a codebook by id, or from a TOML file.

    Parameters
    ----------
    source : str or Path
        Id of a codebook of the package (``"cdo-2026"``), or path of a TOML file.

    Returns
    -------
    Codebook

    Raises
    ------
    CodebookError
        In one sentence: the file, the table, what is wrong there and how to mend it.

    Examples
    --------
    >>> book = load_codebook("cdo-2026")
    >>> book["website"].dimension
    'readiness'
    """
    path = _locate(source)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CodebookError(f"{path.name} is not UTF-8 text; save it as UTF-8.") from error
    except OSError as error:
        raise CodebookError(f"{path.name} cannot be read ({error.strerror}); check its permissions.") from error
    return read_codebook(text, path.name)


def read_codebook(text: str, name: str) -> Codebook:
    """Build a codebook from the text of a TOML file.

    Parameters
    ----------
    text : str
        The content of the file.
    name : str
        What errors call it.

    Returns
    -------
    Codebook

    Raises
    ------
    CodebookError
        As in :func:`load_codebook`.

    Examples
    --------
    >>> read_codebook("title = 'Une vague'", "wave.toml")
    Traceback (most recent call last):
        ...
    cdo_analysis.errors.CodebookError: wave.toml: the file has no 'id'; add id = ….
    """
    book = build_codebook(_parse(text, name), text, file=name)
    check_codebook(book, name)
    return book


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CodebookError(f"{name} is not valid TOML: {error}; mend that line.") from error
    except ValueError as error:  # an integer of thousands of digits
        raise CodebookError(f"{name} holds a number that is too long to be read; write a shorter one.") from error
    except RecursionError as error:
        raise CodebookError(f"{name} nests lists or tables too deep to be read; flatten them.") from error


def _locate(source: str | Path) -> Path:
    ids = codebook_ids()
    if str(source) in ids:
        return package_dir("codebooks") / f"{source}.toml"
    path = Path(source)
    try:
        if path.is_file():
            return path
        is_dir = path.is_dir()
    except OSError as error:
        raise CodebookError(f"'{source}' cannot be reached ({error.strerror}); name a codebook or its path.") from error
    if is_dir:
        raise CodebookError(f"'{source}' is a folder; name a codebook: a TOML file, or one of {', '.join(ids)}.")
    hint = did_you_mean(str(source), ids)
    stop = "" if hint.endswith("?") else "."
    raise CodebookError(f"no codebook '{source}'{hint}{stop} A path to a TOML file works too.")
