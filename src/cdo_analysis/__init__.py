"""From a survey export to the Chief Digital Officer arrangement that fits each company.

export -> tidy survey -> weights -> maturity scores -> profiles -> CDO fit -> study -> reports

>>> import cdo_analysis as cdo
>>> study = cdo.open_study("sample")                       # the bundled survey, synthetic
>>> cdo.report(study, "panorama", out="reports").html      # doctest: +SKIP
PosixPath('reports/panorama.html')

Or a stage at a time: ``read_survey``, ``calibrate``, ``score_maturity``, ``find_profiles``, ``analyse``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

# Names are imported when they are first asked for: `import cdo_analysis` and `cdo-analysis --help` stay light.
_HOMES = {
    "LatentClasses": "cdo_analysis.profiles",
    "analyse": "cdo_analysis.pipeline",
    "calibrate": "cdo_analysis.weighting",
    "company": "cdo_analysis.exhibits.company",
    "find_profiles": "cdo_analysis.profiles",
    "fit": "cdo_analysis.pipeline",
    "lab": "cdo_analysis.lab",
    "load_codebook": "cdo_analysis.codebook",
    "make_population": "cdo_analysis.datasets",
    "open_study": "cdo_analysis.pipeline",
    "panorama": "cdo_analysis.exhibits.panorama",
    "quality": "cdo_analysis.exhibits.quality",
    "read_margins": "cdo_analysis.weighting",
    "read_survey": "cdo_analysis.intake",
    "reliability": "cdo_analysis.maturity",
    "report": "cdo_analysis.reports",
    "score_maturity": "cdo_analysis.maturity",
    "segment": "cdo_analysis.exhibits.segment",
    "view": "cdo_analysis.exhibits",
    "weighting": "cdo_analysis.weighting",
}

__all__ = [
    "LatentClasses",
    "analyse",
    "calibrate",
    "company",
    "find_profiles",
    "fit",
    "lab",
    "load_codebook",
    "make_population",
    "open_study",
    "panorama",
    "quality",
    "read_margins",
    "read_survey",
    "reliability",
    "report",
    "score_maturity",
    "segment",
    "view",
    "weighting",
]

if TYPE_CHECKING:
    from cdo_analysis import lab, weighting
    from cdo_analysis.codebook import load_codebook
    from cdo_analysis.datasets import make_population
    from cdo_analysis.exhibits import company, panorama, quality, segment, view
    from cdo_analysis.intake import read_survey
    from cdo_analysis.maturity import reliability, score_maturity
    from cdo_analysis.pipeline import analyse, fit, open_study
    from cdo_analysis.profiles import LatentClasses, find_profiles
    from cdo_analysis.reports import report
    from cdo_analysis.weighting import calibrate, read_margins


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'cdo_analysis' has no attribute '{name}'")
    home = import_module(_HOMES[name])
    value = home if _HOMES[name].endswith(f".{name}") else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__doc__", "__name__"]
