"""The order of the stages. Start reading at :func:`analyse`, in ``stages``.

export -> tidy survey -> weights -> maturity scores -> profiles -> CDO fit -> study, from which reports are rendered.

Stages do not know each other: each takes DataFrames and gives DataFrames, and ``stages`` alone says what follows what.
``weights`` says how the sample was drawn;
``storage`` keeps what they found as a study; ``opening`` opens one; ``outside`` sets beside it a company that is not
one of its respondents, ``alone`` makes a study in memory of one company.
"""

from cdo_analysis.pipeline.alone import StudyAlone, firm_alone
from cdo_analysis.pipeline.names import read_names
from cdo_analysis.pipeline.opening import SAMPLE, fit_sample, open_study, sample_study, study_call
from cdo_analysis.pipeline.outside import StudyWithFirm, with_firm
from cdo_analysis.pipeline.overrides import check_overrides, read_overrides
from cdo_analysis.pipeline.stages import SEED, Analysis, analyse
from cdo_analysis.pipeline.storage import fit, save
from cdo_analysis.pipeline.typology import FEWEST_FOR_PROFILES, Typology, TypologyOptions, find_typology
from cdo_analysis.pipeline.weights import find_margins, weigh

__all__ = [
    "FEWEST_FOR_PROFILES",
    "SAMPLE",
    "SEED",
    "Analysis",
    "StudyAlone",
    "StudyWithFirm",
    "Typology",
    "TypologyOptions",
    "analyse",
    "check_overrides",
    "find_margins",
    "find_typology",
    "firm_alone",
    "fit",
    "fit_sample",
    "open_study",
    "read_names",
    "read_overrides",
    "sample_study",
    "save",
    "study_call",
    "weigh",
    "with_firm",
]
