"""Where the files that travel with the package stand: templates, sample, codebooks, reference data."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
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


_CODE = frozenset({".py", ".toml", ".j2", ".css", ".csv"})


@lru_cache(maxsize=1)
def code_hash() -> str:
    """Return the SHA-256 of the code and data of the package, templates included."""
    return hash_of([_PACKAGE, notebooks_dir()], _CODE | {".ipynb"})


def hash_of(folders: Iterable[Path], suffixes: Iterable[str]) -> str:
    """Return the SHA-256 of the files of some folders that have one of the suffixes, in the order of their names."""
    digest, wanted = hashlib.sha256(), set(suffixes)
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in wanted:
                digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
