"""Write the bundled sample: ``python -m cdo_analysis.datasets data/sample``."""

from __future__ import annotations

import sys

from cdo_analysis.datasets.sample import write_sample
from cdo_analysis.errors import CdoAnalysisError

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m cdo_analysis.datasets FOLDER")
    try:
        for path in write_sample(sys.argv[1]):
            print(path)
    except CdoAnalysisError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
