"""Reading and coding 200,000 firms by 120 columns, against the same rules as ordinary vectorised pandas and polars.

Coding starts from a table of text in memory (ours: columns of distinct texts and places, as the reader leaves them; the
peers': columns of text, as theirs do) and ends with codes, numbers, dates, kinds of missing answers and a count of the
problems of each kind. The whole job is also set beside a bare ``pandas.read_csv(dtype=str)`` of the same file, and its
time and memory are told at three sizes.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Codebook, read_codebook
from cdo_analysis.intake import RawTable, read_survey, read_table
from cdo_analysis.intake.coding import code_answers
from cdo_analysis.intake.findings import count_unreadable
from cdo_analysis.intake.matching import expected_headers
from cdo_analysis.intake.missing import settle_missing

SCALES, TICKS, NUMBERS = 70, 40, 8
LABELS = {"1": "Pas du tout d'accord", "2": "Plutôt pas d'accord", "3": "Ni l'un ni l'autre", "4": "Plutôt d'accord",
          "5": "Tout à fait d'accord"}  # fmt: skip
SPELLINGS = [
    *LABELS, *LABELS.values(), "TOUT À FAIT D'ACCORD", " plutôt d’accord", "NSP", "ne sait pas", "n.c.", "", "7", "oui",
]  # fmt: skip


def make_codebook() -> Codebook:
    """Return a questionnaire of 120 columns."""
    answers = ", ".join(f'{{ code = "{code}", label = "{label}", value = {code} }}' for code, label in LABELS.items())
    scale_rows = "\n".join(f'  {{ name = "s{n}", column = "S_{n}", label = "Ligne {n}" }},' for n in range(SCALES))
    tick_rows = "\n".join(f'  {{ name = "t{n}", column = "T_{n}", label = "Outil {n}" }},' for n in range(TICKS))
    numbers = "\n".join(
        f'[[item]]\nname = "n{n}"\ncolumn = "N{n}"\nkind = "number"\nunit = "keur"\nquestion = "Montant {n}"'
        for n in range(NUMBERS)
    )
    return read_codebook(
        f'id = "speed"\ntitle = "Vitesse"\nrespondent = "siren"\n[[item]]\nname = "siren"\ncolumn = "SIREN"\n'
        f'kind = "identifier"\nquestion = "SIREN"\n[[item]]\nname = "sent"\ncolumn = "ENVOI"\nkind = "date"\n'
        f'question = "Envoi"\n{numbers}\n[[item]]\nname = "scale"\nquestion = "Êtes-vous d\'accord ?"\n'
        f"answers = [{answers}]\nrows = [\n{scale_rows}\n]\n"
        f'[[item]]\nname = "tools"\nquestion = "Outils"\nselect = "any"\nrows = [\n{tick_rows}\n]\n',
        "speed.toml",
    )


def make_cells(n: int) -> pd.DataFrame:
    """Return `n` firms, as dirty as exports are: labels for codes, words for none, units, what is no answer."""
    rng = np.random.default_rng(2026)
    spellings, weights = np.array(SPELLINGS, dtype=object), np.r_[np.full(len(SPELLINGS) - 2, 14), 0.5, 0.5]
    amounts = rng.integers(1, 1_000, n).astype(str).astype(object)
    days = pd.date_range("2026-01-01", periods=60).strftime("%d/%m/%Y").to_numpy(dtype=object)
    columns: dict[str, np.ndarray] = {
        "SIREN": np.char.zfill(np.arange(n).astype(str), 9).astype(object),
        "ENVOI": days[rng.integers(0, 60, n)],
    }
    for place in range(NUMBERS):
        columns[f"N{place}"] = rng.permutation(amounts) + rng.choice(np.array(["", " k€", " 000 €", ",5"], object), n)
    for place in range(SCALES):
        columns[f"S_{place}"] = rng.choice(spellings, n, p=weights / weights.sum())
    for place in range(TICKS):
        columns[f"T_{place}"] = rng.choice(np.array(["Oui", "Non", "1", "0", "Y", ""], object), n)
    return pd.DataFrame(columns)


# --- the same rules, as they are ordinarily written --------------------------------------------------------------

CODES = {**{code: code for code in LABELS}, **{label.casefold(): code for code, label in LABELS.items()}}
MISSING = {"nsp": "dont_know", "ne sait pas": "dont_know", "n.c.": "no_answer", "": "no_answer"}
TICK_CODES = {"oui": "1", "1": "1", "y": "1", "non": "0", "0": "0"}


def code_with_pandas(cells: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Code the cells column by column with string methods and maps."""
    out, problems = {}, {"unknown_answer": 0, "not_a_number": 0, "not_a_date": 0}
    for header, texts in cells.items():
        name = str(header)
        plain = texts.str.strip().str.casefold().str.replace("’", "'", regex=False)
        if name[0] in "ST" and name[1] == "_":
            codes = plain.map(CODES if name[0] == "S" else TICK_CODES)
            kinds = plain.map(MISSING)
            problems["unknown_answer"] += int((codes.isna() & kinds.isna()).sum())
            out[name], out[f"{name}_missing"] = codes, kinds.where(codes.isna())
        elif name[0] == "N":
            scale = np.where(plain.str.endswith(" €"), 0.001, 1.0)
            digits = plain.str.replace(r"(?:\s*k?€)$", "", regex=True).str.replace(r"\s", "", regex=True)
            numbers = pd.to_numeric(digits.str.replace(",", ".", regex=False), errors="coerce") * scale
            problems["not_a_number"] += int((numbers.isna() & plain.map(MISSING).isna()).sum())
            out[name] = numbers
        elif name == "ENVOI":
            dates = pd.to_datetime(plain, format="%d/%m/%Y", errors="coerce")
            problems["not_a_date"] += int(dates.isna().sum())
            out[name] = dates
        else:
            out[name] = texts.str.strip()
    return pd.DataFrame(out), problems


def code_with_polars(frame: object) -> tuple[object, dict[str, int]]:
    """Code the cells with polars expressions, all columns in one query."""
    import polars as pl

    assert isinstance(frame, pl.DataFrame)
    expressions, counts = [], []
    for name in frame.columns:
        plain = pl.col(name).str.strip_chars().str.to_lowercase().str.replace_all("’", "'", literal=True)
        if name[1:2] == "_":
            codes = plain.replace_strict(CODES if name[0] == "S" else TICK_CODES, default=None)
            kinds = plain.replace_strict(MISSING, default=None)
            expressions += [codes.alias(name), pl.when(codes.is_null()).then(kinds).alias(f"{name}_missing")]
            counts.append((codes.is_null() & kinds.is_null()).sum().alias(name))
        elif name[0] == "N":
            scale = pl.when(plain.str.ends_with(" €")).then(0.001).otherwise(1.0)
            digits = plain.str.replace(r"\s*k?€$", "").str.replace_all(r"\s", "").str.replace(",", ".", literal=True)
            numbers = digits.cast(pl.Float64, strict=False) * scale
            expressions.append(numbers.alias(name))
            counts.append(numbers.is_null().sum().alias(name))
        elif name == "ENVOI":
            dates = plain.str.to_date("%d/%m/%Y", strict=False)
            expressions.append(dates.alias(name))
            counts.append(dates.is_null().sum().alias(name))
        else:
            expressions.append(pl.col(name).str.strip_chars())
    made = frame.lazy().select(expressions).collect()
    problems = frame.lazy().select(counts).collect()
    return made, {name: int(problems[name][0]) for name in problems.columns}


def code_with_ours(columns: pd.DataFrame, book: Codebook) -> tuple[pd.DataFrame, dict[str, int]]:
    """Code the columns, set out the answers and why the others are missing, and count the problems."""
    coded = code_answers(columns, book)
    settled = settle_missing(coded, columns, book)
    answers, missing = settled.tables(np.ones(len(columns), dtype=bool), columns.index)
    return answers.join(missing.add_suffix("_missing")), count_unreadable(coded)


def timed(job: Callable[[], object], repeats: int = 3) -> tuple[float, object]:
    """Return the median processor time of a job, which other work on the machine changes least, and its result."""
    times, result = [], None
    for _ in range(repeats):
        start = time.process_time()
        result = job()
        times.append(time.process_time() - start)
    return float(np.median(times)), result


def write_export(folder: Path, firms: int) -> Path:
    """Write the export of so many firms."""
    path = folder / f"export-{firms}.csv"
    made = make_cells(firms)
    with path.open("w", encoding="utf-8", newline="") as file:
        made.to_csv(file, sep=";", index=False)
    return path


def main() -> None:
    """Print the times, side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--firms", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--alone", type=Path, help="Read this export in this process and print what it took.")
    options = parser.parse_args()
    if options.alone:
        print(json.dumps(read_alone(options.alone)))
        return
    book = make_codebook()
    with tempfile.TemporaryDirectory() as folder:
        path = write_export(Path(folder), options.firms)
        print(f"{options.firms} firms x 120 columns, {path.stat().st_size / 1e6:.0f} MB; seconds of processor time")
        measure(path, book, options.repeats)
        print_scaling(Path(folder), options.firms)


def measure(path: Path, book: Codebook, repeats: int) -> None:
    """Time coding against its peers, and the whole job against a bare reading."""
    bare, text = timed(lambda: pd.read_csv(path, sep=";", dtype=str, keep_default_na=False), repeats)
    reading, raw = timed(lambda: read_table(path, known=expected_headers(book)), repeats)
    assert isinstance(raw, RawTable)
    assert isinstance(text, pd.DataFrame)
    ours, found = timed(lambda: code_with_ours(raw.columns, book)[1], repeats)
    theirs, result = timed(lambda: code_with_pandas(text)[1], 1)
    print(f"coding and issues, ours     {ours:7.2f} s   {found}")
    print(f"coding and issues, pandas   {theirs:7.2f} s   {result}   ours is {theirs / ours:.1f} times faster")
    if importlib.util.find_spec("polars"):
        import polars as pl

        frame = pl.read_csv(path, separator=";", infer_schema=False, empty_string_is_null=False)
        times, _ = timed(lambda: code_with_polars(frame), repeats)
        print(f"coding and issues, polars   {times:7.2f} s   ours is {times / ours:.1f} times faster")
    else:
        print("coding and issues, polars   not installed")
    whole, survey = timed(lambda: read_survey(path, book), repeats)
    print(f"reading to text             {reading:7.2f} s   {reading / bare:.1f} times pandas.read_csv ({bare:.2f} s)")
    print(f"reading to a tidy survey    {whole:7.2f} s   {whole / bare:.1f} times that; {survey!r}")


def read_alone(path: Path) -> dict[str, float]:
    """Read an export to a tidy survey; tell the processor time and the memory that it took above that of imports."""
    book = make_codebook()
    with tempfile.TemporaryDirectory() as folder:
        read_survey(write_export(Path(folder), 50), book)  # what is loaded at first use is no cost of rows
    before, start = peak_mb(), time.process_time()
    read_survey(path, book)
    return {"seconds": time.process_time() - start, "mb": peak_mb() - before, "all_mb": peak_mb()}


def peak_mb() -> float:
    """Return the largest memory that this process has had; its parent's, which getrusage may tell, left apart."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(status.read_text(encoding="ascii").partition("VmHWM:")[2].split()[0]) / 1024


def print_scaling(folder: Path, firms: int) -> None:
    """Print time and memory of a whole reading at a quarter, a half and all of the firms, each in its own process."""
    for n in (firms // 4, firms // 2, firms):
        path = write_export(folder, n)
        command = [sys.executable, __file__, "--alone", str(path)]
        told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        size = path.stat().st_size / 1e6
        print(
            f"{n:8d} firms, {size:4.0f} MB   {told['seconds']:6.2f} s, {told['seconds'] / n * 1e6:5.1f} µs a firm   "
            f"{told['mb']:5.0f} MB, {told['mb'] / size:.1f} times the text (the process: {told['all_mb']:.0f} MB)"
        )


if __name__ == "__main__":
    main()
