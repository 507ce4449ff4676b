"""Shared fixtures: the reference data, the bundled sample and its study, the browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cdo_analysis.study import Study

REFERENCE_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def skip_or_fail(reason: str) -> None:
    """Skip with the reason; in CI, where everything must be there, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"not to be skipped in CI: {reason}")
    pytest.skip(reason)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say what the run took in memory: the largest single process, workers and kernels included."""
    if os.environ.get("PYTEST_XDIST_WORKER") or config.option.collectonly:
        return
    try:
        import resource
    except ImportError:  # Windows does not count it so
        return
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"peak memory of the largest process: {peak / 1024:.0f} MB")


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Folder of the reference data; the test is skipped, saying why, where it is absent."""
    if not REFERENCE_DATA.is_dir():
        skip_or_fail("the reference data (../shared/data beside the project) are absent; their licences forbid copies")
    return REFERENCE_DATA


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of the test run, so that the study of the sample is fitted anew, and once for all workers."""
    base = tmp_path_factory.getbasetemp()
    cache = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "cache"
    os.environ["XDG_CACHE_HOME"] = str(cache)
    return cache


@pytest.fixture(scope="session")
def sample_study(own_cache: Path) -> Study:
    """The study of the bundled sample."""
    from cdo_analysis.pipeline import open_study

    return open_study("sample")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; the test is skipped, saying why, where there is none."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        skip_or_fail("there is no Chromium on this machine")
    assert found is not None
    return found


@dataclass(frozen=True)
class RunningServer:
    """A server of ours that runs: where it answers, where it writes, what it says."""

    address: str
    folder: Path
    log: Path
    process: subprocess.Popen[bytes]

    def said(self) -> str:
        """What it printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def running_server(folder: Path, *words: str, path: str = "/") -> Iterator[RunningServer]:
    """Run a command of ours that serves at ``{port}`` in a folder, until the tests are done with it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    own = {f"JUPYTER_{kind}_DIR": str(folder / ".jupyter" / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    own |= {f"JUPYTERLAB_{kind}_DIR": str(folder / ".jupyter" / kind.lower()) for kind in ("SETTINGS", "WORKSPACES")}
    command = [sys.executable, "-c", "from cdo_analysis.cli import main; main()", *(w.format(port=port) for w in words)]
    environment = {**os.environ, **own, "PYTHONPATH": str(Path(__file__).resolve().parents[1] / "src")}
    log = folder / "server.log"
    with (
        log.open("wb") as written,
        subprocess.Popen(command, cwd=folder, stdout=written, stderr=subprocess.STDOUT, env=environment) as process,
    ):
        server = RunningServer(f"http://127.0.0.1:{port}", folder, log, process)
        try:
            _wait_for(f"{server.address}{path}", server)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_for(address: str, server: RunningServer, *, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except urllib.error.HTTPError:
            return  # it answers, though not to us
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"nothing answers at {address}:\n{server.said()[-2000:]}")


@pytest.fixture(scope="session")
def jupyterlab(sample_study: Study, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One JupyterLab for all tests, as ``cdo-analysis lab`` opens it, without a token as the browser has none."""
    options = ["--no-browser", "--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    options += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    words = ["lab", "--folder", "work", "--study", str(sample_study.folder), "--", *options]
    with running_server(tmp_path_factory.mktemp("lab"), *words, path="/api") as server:
        yield server


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """A headless Chromium to be driven; closed with the module, as its loop would be in the way of others."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()
