"""The child: it binds itself to its limits before it imports any parser, then parses one file."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from cdo_analysis.errors import InputError

_FEWEST_FILES = 64


def main() -> None:
    """Read the order on standard input, parse ``in`` and write ``out.json``."""
    order = json.loads(sys.stdin.read())
    _bind(order["memory"], order["seconds"], order["largest"])
    try:
        found = _parse(order)
    except MemoryError:
        found = {"error": f"{order['name']} needs more memory than a workbook may take; export the answers as CSV."}
    Path("out.json").write_text(json.dumps(found), encoding="ascii")


def _parse(order: dict[str, Any]) -> dict[str, Any]:
    parser = import_module(f"cdo_analysis.sandbox.{order['parser']}")
    try:
        found: dict[str, Any] = parser.read(Path("in"), order["name"], **order["options"])
    except InputError as error:
        return {"error": str(error)}
    except MemoryError:
        raise
    except Exception as error:  # whatever a library says of a damaged file, the caller gets one sentence
        detail = " ".join(str(error).split()).rstrip(".")[:120]
        return {"error": f"{order['name']} is damaged ({type(error).__name__}: {detail}); save or copy it again."}
    return found


def _bind(memory: int, seconds: int, largest: int) -> None:
    """Bind this process to its limits; Windows has none of them, and only the caller's clock then counts."""
    try:
        import resource
    except ImportError:
        return
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, largest),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _FEWEST_FILES),
    ):
        hard = resource.getrlimit(limit)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (value, value))


if __name__ == "__main__":
    main()
