"""Where the files that travel with the package stand: templates, sample, codebooks, reference data."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

_PACKAGE = Path(str(files("cdo_analysis")))
_CHECKOUT = _PACKAGE.parent.parent


def notebooks_dir() -> Path:
    """Return the folder of the report templates (in the wheel, or in the checkout)."""
    bundled = _PACKAGE / "_bundle" / "notebooks"
    return bundled if bundled.is_dir() else _CHECKOUT / "notebooks"


def sample_dir() -> Path:
    """Return the folder of the bundled sample (in the wheel, or in the checkout)."""
    bundled = _PACKAGE / "_bundle" / "sample"
    return bundled if bundled.is_dir() else _CHECKOUT / "data" / "sample"


def package_dir(name: str) -> Path:
    """Return the folder `name` of the package: ``codebooks``, ``reference``, ``messages``, …."""
    return _PACKAGE / name
