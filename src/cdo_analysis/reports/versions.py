"""What a report is made with: this package's code, and the versions of what it stands on."""

from __future__ import annotations

from typing import Any

from cdo_analysis.resources import code_hash

_VERSIONS = ("cdo-analysis", "pandas", "numpy", "scikit-learn", "matplotlib", "seaborn", "papermill")


def code_and_versions() -> dict[str, Any]:
    """Return the hash of the code, and versions: two machines of which these are equal make the same reports."""
    from importlib.metadata import version

    return {"code_sha256": code_hash(), "versions": {name: version(name) for name in _VERSIONS}}
