"""The first ten minutes of an analyst, timed from an empty environment: install, doctor, sample, study, reports, lab.

    python benchmarks/first_ten_minutes.py [--keep FOLDER]

Packages come from the lock, by pip and from the index that this machine is configured for. Each step is what the person
would type; a step that fails ends the run with what it said.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = "essai/enquete-cdo-2026.csv"
LAB_STARTS_IN = 120


class Steps:
    """The steps of a run, in an environment and a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.total = folder, 0.0
        self.programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
        (folder / "work").mkdir(parents=True)
        print(f"{'step':<48}{'seconds':>9}{'since the start':>17}")

    def command(self, name: str, program: str | Path, *words: str | Path) -> None:
        """Time a command; end the run where it fails."""
        with self.timed(name):
            line = [str(program), *map(str, words)]
            done = subprocess.run(line, cwd=self.folder / "work", capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{name} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}")

    def ours(self, name: str, *words: str) -> None:
        """Time a command of ours."""
        self.command(name, self.programs / "cdo-analysis", *words)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Time what is done inside, and print its line."""
        start = time.perf_counter()
        yield
        took = time.perf_counter() - start
        self.total += took
        print(f"{name:<48}{took:9.1f}{self.total:17.1f}", flush=True)


def install(steps: Steps) -> None:
    """Make an empty environment, install the locked versions, then the wheel of this checkout."""
    pip = (steps.programs / "python", "-m", "pip", "--disable-pip-version-check", "--quiet")
    steps.command("python -m venv", sys.executable, "-m", "venv", steps.folder / "venv")
    steps.command(
        "pip install, versions of the lock", *pip, "install", "--require-hashes", "-r", ROOT / "requirements.lock"
    )
    build = ("wheel", "--no-deps", "--no-build-isolation", "-w", steps.folder / "wheel", ROOT)
    steps.command("the wheel is built", *pip, *build)
    wheel = next((steps.folder / "wheel").glob("*.whl"))
    steps.command("pip install, the wheel", *pip, "install", "--no-deps", wheel)


def analyse(steps: Steps) -> None:
    """Go from the sample to three reports."""
    steps.ours("cdo-analysis doctor", "doctor")
    steps.ours("cdo-analysis init", "init", "etude")
    steps.ours("cdo-analysis sample", "sample", "essai")
    steps.ours("cdo-analysis check", "check", SAMPLE, "--codebook", "cdo-2026")
    fit = ["--codebook", "cdo-2026", "--margins", "essai/margins.csv", "--out", "study"]
    steps.ours("cdo-analysis fit (450 answers)", "fit", SAMPLE, *fit)
    for name in ("quality", "panorama"):
        steps.ours(f"cdo-analysis report {name}", "report", name, "study", "--out", "reports")
    steps.ours("cdo-analysis report company", "report", "company", "study", "--company", "001075217")


def open_lab(steps: Steps) -> None:
    """Start JupyterLab, until it has served the tiles of the launcher; then stop it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    words = ["lab", "--", "--no-browser", f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    tiles = f"http://127.0.0.1:{port}/lab/extensions/cdo-analysis/static/tiles.json"
    with (steps.folder / "lab.log").open("wb") as log:
        command = [str(steps.programs / "cdo-analysis"), *words, *root]
        server = subprocess.Popen(command, cwd=steps.folder / "work", stdout=log, stderr=subprocess.STDOUT)
        try:
            with steps.timed("cdo-analysis lab, until the launcher is there"):
                _wait(lambda: b"Panorama" in urllib.request.urlopen(tiles, timeout=2).read(), server)
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait(answered: Callable[[], bool], server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + LAB_STARTS_IN
    while time.monotonic() < until and server.poll() is None:
        try:
            if answered():
                return
        except OSError:
            time.sleep(0.1)
    sys.exit("JupyterLab did not answer; see lab.log in the folder that --keep names.")


def main() -> None:
    """Run the steps in a temporary folder, or in the one that is to be kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--keep", type=Path, help="New folder to work in, and to keep.")
    keep = parser.parse_args().keep
    for name in ("PYTHONPATH", "JUPYTER_PATH", "JUPYTER_CONFIG_PATH"):
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory(prefix="first-ten-minutes-", ignore_cleanup_errors=True) as made:
        os.environ["XDG_CACHE_HOME"] = f"{made}/cache"
        steps = Steps(keep.resolve() if keep else Path(made) / "run")
        install(steps)
        analyse(steps)
        open_lab(steps)
    print(f"{'from nothing to three reports and JupyterLab':<48}{steps.total:9.1f} s = {steps.total / 60:.1f} minutes")


if __name__ == "__main__":
    main()
