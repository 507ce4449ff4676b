"""The published examples: one report of each kind on the bundled sample (synthetic), and the meeting sheet of one firm.

They are made in a folder of their own and copied to ``reports/example/``: what a run leaves beside them (ledger,
notebooks, the page of the folder) is no example.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Any

from cdo_analysis.pipeline import fit_sample
from cdo_analysis.reports import report
from cdo_analysis.reports.sheet import write_sheet
from cdo_analysis.study import Study, read_study

ROOT = Path(__file__).resolve().parents[1]
COMPANY, ANSWERS = "001075217", "02-mecanique.toml"
REPORTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("quality", {}),
    ("panorama", {}),
    ("segment", {"parameters": {"size": "eti"}}),
    ("company", {"company": COMPANY}),
)
"""The template of each example, and what it is about."""


def make_examples(study: Study, out: Path) -> list[Path]:
    """Make the examples in `out`, in French; return them."""
    made = []
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cdo-analysis-example-") as folder:
        for name, about in REPORTS:
            page = report(study, name, out=folder, **about).html
            made.append(Path(shutil.copyfile(page, out / page.name)))
    sheet = out / "fiche-entretien.docx"
    write_sheet(ROOT / "data" / "examples" / ANSWERS, sheet, study=study.folder)
    return [*made, sheet]


def main() -> None:
    """Fit the sample where no study is named, make the examples, print where they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, help="a study of the sample (default: it is fitted)")
    parser.add_argument("--out", type=Path, default=ROOT / "reports" / "example")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cdo-analysis-study-") as folder:
        study = read_study(options.study) if options.study else fit_sample(Path(folder) / "study")
        for path in make_examples(study, options.out):
            print(f"{path.stat().st_size / 1000:6.0f} kB   {path.name}")


if __name__ == "__main__":
    main()
