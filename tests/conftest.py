"""Shared fixtures: the reference data, the bundled sample and its study."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REFERENCE_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Folder of the reference data; the test is skipped, saying why, where it is absent (a failure in CI)."""
    if not REFERENCE_DATA.is_dir():
        reason = "the reference data (../shared/data beside the project) are absent; their licences forbid copying them"
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must have the reference data: {reason}")
        pytest.skip(reason)
    return REFERENCE_DATA
