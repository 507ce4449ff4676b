"""Shared fixtures: the reference data, the bundled sample and its study, the browser."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

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
