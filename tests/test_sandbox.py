"""Binary files are parsed apart: whatever they hold, the caller gets a table or a sentence, and lives."""

from __future__ import annotations

import io
import os
import random
import struct
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

from cdo_analysis.errors import InputError
from cdo_analysis.sandbox import CPU_SECONDS, check_archive, parse, run


def made_sav(folder: Path) -> bytes:
    frame = pd.DataFrame({"siren": ["732829320", "005520135"] * 6, "avis": np.arange(12.0)})
    labels = {"avis": {99.0: "Refus", 1.0: "Peu"}}
    pyreadstat.write_sav(frame, folder / "made.sav", variable_value_labels=labels, missing_ranges={"avis": [99]})
    return (folder / "made.sav").read_bytes()


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes with a few of them changed, cut or repeated."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        place = rng.randrange(4, len(changed))
        how = rng.randrange(4)
        if how == 0:
            changed[place] = rng.randrange(256)
        elif how == 1:
            changed[place : place + 4] = struct.pack("<i", rng.choice([-1, 0, 2**31 - 1, 10**6, -(2**31)]))
        elif how == 2:
            del changed[place : place + rng.randint(1, 40)]
        else:
            changed[place:place] = changed[place : place + rng.randint(1, 40)]
    return bytes(changed)


def outcome(data: bytes) -> str:
    try:
        found = parse("statistics", data, "e.sav", kind="sav")
    except InputError as error:
        return "refused" if "\n" not in str(error) else f"two lines: {error}"
    assert {len(column) for column in found["columns"]} <= {0, *range(10**6)}
    return "read"


MUTANTS = int(os.environ.get("CDO_ANALYSIS_MUTANTS", "100"))
"""How many the slow test tries; a thousand were tried once."""


@pytest.mark.parametrize("n", [12, pytest.param(MUTANTS, marks=pytest.mark.slow)])
def test_no_mutated_statistical_file_ends_the_caller(tmp_path: Path, n: int) -> None:
    rng = random.Random(n)
    data = made_sav(tmp_path)
    mutants = [mutated(data, rng) for _ in range(n)]
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(outcome, mutants))
    assert len(outcomes) == n
    assert {"refused", "read"} >= set(outcomes)
    assert outcome(data) == "read"


def test_a_parser_that_dies_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = openpyxl.Workbook()
    for row in range(4_000):
        book.active.append([f"une réponse un peu longue {row} {column}" for column in range(40)])
    data = io.BytesIO()
    book.save(data)
    monkeypatch.setattr(run, "MEMORY_BYTES", 60_000_000)
    with pytest.raises(InputError, match=r"could not be read|more memory|damaged"):
        parse("workbook", data.getvalue(), "e.xlsx", kind="xlsx")


def test_a_parser_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "CPU_SECONDS", 0)
    with pytest.raises(InputError, match=r"used more than|ran for more|SIG|status"):
        parse("workbook", b"PK", "e.xlsx", kind="xlsx")
    assert CPU_SECONDS == 10


def test_an_archive_that_lies_about_its_sizes_meets_the_limits_of_the_child() -> None:
    """The sheet says that it unpacks to a hundred bytes, and would unpack to two billion."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/sheet.xml", b"0" * 40_000_000)
    small = data.getvalue().replace(struct.pack("<I", 40_000_000), struct.pack("<I", 100))
    assert check_archive(small, "e.xlsx") == "xlsx"
    with pytest.raises(InputError):
        parse("workbook", small, "e.xlsx", kind="xlsx")
