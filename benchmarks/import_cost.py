"""What imports cost: the bare package, the command line, and all public names against the libraries that they need.

    python benchmarks/import_cost.py [--runs 5]

Each time is that of a fresh process, from its first line to its last, the best of some runs: a busy machine only adds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

BARE = "import cdo_analysis"
ALL = "import cdo_analysis as cdo; [getattr(cdo, name) for name in cdo.__all__]"
COMMAND = "import cdo_analysis.cli"
_CLOCK = "import time, sys; start = time.perf_counter()\n{code}\nprint(time.perf_counter() - start)"
_MODULES = "import json, sys; before = set(sys.modules)\n{code}\n"
_MODULES += "print(json.dumps([name for name in sys.modules if name not in before]))"


def seconds(code: str, runs: int) -> float:
    """Return the time that a fresh process takes to run `code`, the best of some runs."""
    return min(float(_run(_CLOCK.format(code=code))) for _ in range(runs))


def libraries(code: str) -> list[str]:
    """Return the modules of others that `code` loads, in their order."""
    loaded: list[str] = json.loads(_run(_MODULES.format(code=code)))
    return [name for name in loaded if name.partition(".")[0] not in {"cdo_analysis", "__mp_main__"}]


def _run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    needed = libraries(ALL)
    theirs = "import importlib\nfor name in " + repr(needed) + ":\n"
    theirs += "    try:\n        importlib.import_module(name)\n    except ImportError:\n        pass"
    both, alone = seconds(ALL, runs), seconds(theirs, runs)
    for what, took in (
        ("import cdo_analysis", seconds(BARE, runs)),
        ("import cdo_analysis.cli (--help)", seconds(COMMAND, runs)),
        ("all public names", both),
        (f"the {len(needed)} modules of others that they load", alone),
    ):
        print(f"{what:<52}{took:8.3f} s")
    print(f"{'all public names / the modules of others':<52}{both / alone:8.2f}")


if __name__ == "__main__":
    main()
