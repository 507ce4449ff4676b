"""The main job on the bundled sample, with its time and its peak memory: fit once, render the three reports."""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cdo_analysis.pipeline import fit_sample
from cdo_analysis.reports import report


def main() -> None:
    """Fit the sample, render the reports, print where they are and what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, default=Path("reports/study"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    parser.add_argument("--language", default="fr", choices=["fr", "en"])
    options = parser.parse_args()
    start = time.perf_counter()
    study = fit_sample(options.study)
    print(f"study {study.id} -> {options.study}   {time.perf_counter() - start:.1f} s")
    company = str(study.table("scores").index[0])

    def render(name: str) -> str:
        begun = time.perf_counter()
        about = company if name == "company" else None
        made = report(study, name, company=about, out=options.out, parameters={"language": options.language})
        return f"{made.html}   {time.perf_counter() - begun:.1f} s   {made.title}"

    with ThreadPoolExecutor(2) as pool:  # each report has a process of its own
        for line in pool.map(render, ("panorama", "quality", "company")):
            print(line)
    print(f"in all {time.perf_counter() - start:.1f} s{peak_memory()}")


def peak_memory() -> str:
    """Return the peak memory of the largest process, kernels included; nothing where the system does not count it."""
    try:
        import resource
    except ImportError:
        return ""
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return f", peak memory of the largest process {peak / 1024:.0f} MB"


if __name__ == "__main__":
    main()
