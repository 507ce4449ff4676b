"""Reports by the hundred: our batch beside the ``papermill`` command followed by ``nbconvert``, and its memory.

Both sides run two reports side by side, from the same notebook and the same fitted study, and end with an HTML page on
the disk. ``papermill`` starts a kernel a report, imports everything and opens the study, as whoever schedules it today
has it. Ours is timed from its command line to its end, start of the warm process included; the steady rate beside it
leaves the start out, as in a night of hundreds. Two notebooks: the template of the package (its imports stand above the
parameters) and the same one with everything below the parameters. ``--reports 1000`` draws the memory of a long batch.
Last, one report from a cold start, beside a bare process that imports the same libraries and runs the same cells.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import nbformat
import psutil

from cdo_analysis.pipeline import fit_sample, open_study
from cdo_analysis.reports import Plan, Source, make_reports, open_template
from cdo_analysis.resources import notebooks_dir

SIDE_BY_SIDE = 2


def main() -> None:
    """Print the ratios, then the memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, help="A fitted study (default: the sample is fitted).")
    parser.add_argument("--peers", type=int, default=6, help="Reports that papermill and nbconvert make.")
    parser.add_argument("--reports", type=int, default=20, help="Reports that we make.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        study = open_study(options.study) if options.study else fit_sample(work / "study")
        place = str(options.study.resolve() if options.study else work / "study")
        firms = list(study.table("scores").index)
        for name, template in (("shared cells run once", shared(work)), ("no shared cell", without_shared(work))):
            peer, peer_cpu = papermill_rate(template, place, firms[: options.peers], work)
            whole, rate, cpu, said = our_rate(template, place, (firms * 3)[: options.reports], work)
            print(f"{name}: papermill + nbconvert {peer:.2f} reports/s ({peer_cpu:.2f} s of processor each)")
            print(
                f"  ours, {options.reports} reports with the start: {whole:.2f}/s, {whole / peer:.1f} times", end="; "
            )
            print(
                f"once started {rate:.2f}/s, {rate / peer:.1f} times; processor {cpu:.2f} s, {peer_cpu / cpu:.1f} times"
            )
            print(f"  {said}", flush=True)
        bare, cold = cold_start(shared(work), place, firms[0], work)
        print(
            f"one report from a cold start {cold:.2f} s; bare imports and cells {bare:.2f} s: {cold / bare:.2f} times"
        )


def shared(work: Path) -> Path:
    """Return the template of the package."""
    return Path(shutil.copy(notebooks_dir() / "company.ipynb", work / "company.ipynb"))


def without_shared(work: Path) -> Path:
    """Return the template with its imports below the parameters."""
    notebook = nbformat.read(notebooks_dir() / "company.ipynb", as_version=4)
    cells = notebook.cells
    place = next(i for i, cell in enumerate(cells) if "parameters" in cell.metadata.get("tags", []))
    imports = [cell for cell in cells[:place] if cell.cell_type == "code"]
    parameters = cells[place]
    parameters.source = re.sub(r"Literal\[.*?\]", "str", parameters.source)
    notebook.cells = [*(c for c in cells[:place] if c not in imports), parameters, *imports, *cells[place + 1 :]]
    path = work / "company-alone.ipynb"
    nbformat.write(notebook, path)
    return path


def papermill_rate(template: Path, study: str, firms: list[str], work: Path) -> tuple[float, float]:
    """Return reports a second of the two commands, two side by side, after one to warm up; and their processor time."""

    def make(firm: str) -> None:
        out = work / f"peer-{firm}.ipynb"
        command = [
            sys.executable,
            "-m",
            "papermill",
            str(template),
            str(out),
            "-r",
            "study",
            study,
            "-r",
            "company",
            firm,
        ]
        subprocess.run([*command, "--no-progress-bar", "-k", "python3"], check=True, capture_output=True)
        convert = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", str(out)]
        subprocess.run(convert, check=True, capture_output=True)

    make(firms[0])
    start, used = time.perf_counter(), processor()
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        list(pool.map(make, firms))
    return len(firms) / (time.perf_counter() - start), (processor() - used) / len(firms)


def processor() -> float:
    """Return the processor time of all that this process has started and that has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def our_rate(template: Path, study: str, firms: list[str], work: Path) -> tuple[float, float, float, str]:
    """Return our rate with the start and without, the processor time of a report, and a line on memory."""
    source, opened = Source(study), open_template(str(template))
    tasks = [source.task(opened, company=firm) for firm in firms]
    plan = Plan(work / f"ours-{template.stem}", study=str(source.folder), workers=SIDE_BY_SIDE)
    ends, start, used = [], time.perf_counter(), processor()
    with memory() as seen:
        for outcome in make_reports(tasks, plan):
            assert outcome.exit_code == 0, outcome
            ends.append(time.perf_counter())
    steady = (len(ends) - SIDE_BY_SIDE) / (ends[-1] - ends[SIDE_BY_SIDE - 1])
    return len(ends) / (ends[-1] - start), steady, (processor() - used) / len(ends), memory_line(seen, ends)


BARE = """
import sys, json
import papermill, nbformat, matplotlib.figure, seaborn, pandas, scipy.stats, sklearn.linear_model
values = json.loads(sys.argv[2])
space = {}
for cell in nbformat.read(sys.argv[1], as_version=4).cells:
    if cell.cell_type == "code":
        *before, last = cell.source.rstrip().splitlines()
        shown = last.startswith("cdo.")
        exec("\\n".join(before if shown else [*before, last]), space)
        if "parameters" in cell.metadata.get("tags", []):
            space |= values
        piece = eval(last, space) if shown else None
        piece is None or piece.to_html()
"""


def cold_start(template: Path, study: str, firm: str, work: Path) -> tuple[float, float]:
    """Return the seconds of a bare process that imports and runs the cells, and of our command; the best of three."""
    values = json.dumps({"study": study, "company": firm})
    ours = [sys.executable, "-c", "from cdo_analysis.cli import main; main()", "report", "company", study]
    ours += ["--company", firm, "--out", str(work / "one")]
    commands = ([sys.executable, "-c", BARE, str(template), values], ours)
    best = [float("inf")] * 2
    for _ in range(3):
        for i, command in enumerate(commands):
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            best[i] = min(best[i], time.perf_counter() - start)
    return best[0], best[1]


@contextmanager
def memory() -> Iterator[list[tuple[float, float]]]:
    """Sample the proportional memory (PSS, in MB) of this process's children, ten times a second."""
    seen: list[tuple[float, float]] = []
    done = threading.Event()

    def watch() -> None:
        me = psutil.Process()
        while not done.wait(0.1):
            total = 0.0
            for child in me.children(recursive=True):
                try:
                    total += child.memory_full_info().pss
                except psutil.Error:
                    continue
            seen.append((time.perf_counter(), total / 1e6))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def memory_line(seen: list[tuple[float, float]], ends: list[float]) -> str:
    """Say the peak, and the median while each fifth of the reports was made: growth shows."""
    fifths = []
    for i in range(5):
        low, high = ends[i * (len(ends) - 1) // 5], ends[(i + 1) * (len(ends) - 1) // 5]
        during = sorted(value for when, value in seen if low <= when <= high)
        fifths.append(f"{during[len(during) // 2]:.0f}" if during else "-")
    return f"peak {max(v for _, v in seen):.0f} MB in all, by fifths {' '.join(fifths)}"


if __name__ == "__main__":
    main()
