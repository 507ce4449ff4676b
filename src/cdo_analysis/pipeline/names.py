"""The names that an analyst gives to profiles, in a small file: read, checked, carried with the study.

A name is shown only where it is deserved: see :func:`judge_names`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from cdo_analysis.errors import InputError
from cdo_analysis.profiles import NAMEABLE

COLUMNS = ("profile", "fr", "en", "state")
"""What a study keeps of a name: the profile (from 0), the name in both languages, and whether it is shown."""

SAME = 0.8
"""Similarity under which a profile is not taken for that of the reference, and does not inherit its name."""


def read_names(path: str | Path) -> pd.DataFrame:
    r"""Read the names of profiles.

    Parameters
    ----------
    path : str or Path
        TOML with a table ``[[profile]]`` for each: ``number`` (as reports show it, from 1), ``name`` (text, or
        ``{ fr = "…", en = "…" }``).

    Returns
    -------
    DataFrame
        ``profile`` (int, from 0), ``fr``, ``en``.

    Raises
    ------
    InputError
        In one sentence: the file, what is wrong there and the way out.

    Examples
    --------
    >>> from pathlib import Path
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "names.toml"
    ...     _ = file.write_text('[[profile]]\nnumber = 1\nname = { fr = "Prudents", en = "Cautious" }')
    ...     read_names(file).to_dict("records")
    [{'profile': 0, 'fr': 'Prudents', 'en': 'Cautious'}]
    """
    file = Path(path)
    try:
        table = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise InputError(f"{file.name} cannot be read ({error.strerror}); name a TOML file of names.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{file.name} is not valid TOML: {error}; mend that line.") from error
    entries = table.get("profile")
    if set(table) != {"profile"} or not isinstance(entries, list):
        raise InputError(f"{file.name} holds no list of names; write each as [[profile]] with number and name.")
    rows = list(_rows(file.name, entries))
    found = pd.DataFrame(rows, columns=["profile", "fr", "en"]).astype({"fr": "str", "en": "str"})
    for column, what in (("profile", "number"), ("fr", "name"), ("en", "name")):
        if found[column].duplicated().any():
            raise InputError(f"{file.name} gives one {what} twice; each profile has one number and a name of its own.")
    return found.sort_values("profile", ignore_index=True)


def _rows(file: str, entries: list[Any]) -> Iterator[tuple[int, str, str]]:
    for place, entry in enumerate(entries, 1):
        where = f"profile {place} of {file}"
        if not isinstance(entry, Mapping) or set(entry) != {"number", "name"}:
            raise InputError(f'{where} is {entry!r}; write number = 1 and name = "…", nothing else.')
        number, name = entry["number"], entry["name"]
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise InputError(f"{where} has number = {number!r}; write the number that the report shows, from 1.")
        words = name if isinstance(name, Mapping) else {"fr": name}
        fr, en = words.get("fr"), words.get("en", words.get("fr"))
        if not (isinstance(fr, str) and fr.strip() and isinstance(en, str) and en.strip()) or set(words) - {"fr", "en"}:
            raise InputError(f'{where} has name = {name!r}; write text, or {{ fr = "…", en = "…" }}.')
        yield number - 1, " ".join(fr.split()), " ".join(en.split())


def judge_names(names: pd.DataFrame, stability: pd.DataFrame, verdict: str) -> pd.DataFrame:
    """Say which names are shown.

    Parameters
    ----------
    names : DataFrame
        ``profile``, ``fr``, ``en``.
    stability : DataFrame
        ``profile``, ``jaccard``: a row a profile.
    verdict : {"profiles", "continuum", "no_grouping"}

    Returns
    -------
    DataFrame
        The columns of :data:`COLUMNS`: ``state`` is ``"shown"``, ``"no_profiles"`` where the answers form a continuum
        or no group at all, ``"unstable"`` where the bootstrap Jaccard of the profile is under 0.6.

    Raises
    ------
    InputError
        A name is given to a profile that there is not, though there are profiles.
    """
    k = len(stability)
    beyond = names.loc[names["profile"] >= k, "profile"]
    if verdict == "profiles" and len(beyond):
        raise InputError(f"a name is given to profile {beyond.iloc[0] + 1}, and there are {k}; mend the file of names.")
    stable = stability.set_index("profile")["jaccard"].reindex(names["profile"]) >= NAMEABLE
    states = [("shown" if ok else "unstable") if verdict == "profiles" else "no_profiles" for ok in stable]
    return names.assign(state=states).astype({"state": "str"})[list(COLUMNS)]


def inherit_names(names: pd.DataFrame, matches: pd.DataFrame) -> pd.DataFrame:
    """Return the names of a reference for the profiles that are the same here; others have none.

    Examples
    --------
    >>> names = pd.DataFrame({"profile": [0, 1], "fr": ["Prudents", "Outillés"], "en": ["Cautious", "Equipped"]})
    >>> matches = pd.DataFrame({"profile": [0, 1], "reference": [0, 1], "similarity": [0.95, 0.5]})
    >>> inherit_names(names, matches)["en"].tolist()
    ['Cautious']
    """
    same = matches[matches["similarity"] >= SAME]
    kept = same.merge(names.rename(columns={"profile": "reference"}), on="reference")
    return kept[["profile", "fr", "en"]].sort_values("profile", ignore_index=True)
