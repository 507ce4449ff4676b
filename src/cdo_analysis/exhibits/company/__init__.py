"""Exhibits of the report for one company: three kinds of evidence side by side, why, what would change the answer.

Each function takes a view of a study and the id of a respondent, and returns one piece of the report; None where the
study has nothing to show. Those whose name ends in ``_sentences``, :func:`argument_for`, :func:`plan_for` and
:func:`expertise_of` return plain text, for whoever lays it out otherwise (the Word sheet).
"""

from cdo_analysis.exhibits.company.argument import Argument, argument_for, change_sentences, changes, reasons
from cdo_analysis.exhibits.company.choice import (
    answer_of,
    answer_words,
    first_shares,
    name_and_unit,
    name_of,
    options_in_set,
    options_open,
    settling_criterion,
)
from cdo_analysis.exhibits.company.evidence import NEAREST, advised, estimated, observed, peers_words
from cdo_analysis.exhibits.company.expertise import Expertise, expertise_of, expertise_sentences
from cdo_analysis.exhibits.company.head import (
    answer_sentences,
    cover,
    exclusion_sentences,
    sureness_sentences,
    title_of,
)
from cdo_analysis.exhibits.company.overridden import override_sentences
from cdo_analysis.exhibits.company.peers import dimensions, grade_sentences
from cdo_analysis.exhibits.company.profile import profile
from cdo_analysis.exhibits.company.record import answers, limits, unanswered
from cdo_analysis.exhibits.company.spending import (
    Plan,
    costs,
    plan_for,
    plan_sentences,
    scope_sentences,
    sequence_sentences,
    steps,
)

__all__ = [
    "NEAREST",
    "Argument",
    "Expertise",
    "Plan",
    "advised",
    "answer_of",
    "answer_sentences",
    "answer_words",
    "answers",
    "argument_for",
    "change_sentences",
    "changes",
    "costs",
    "cover",
    "dimensions",
    "estimated",
    "exclusion_sentences",
    "expertise_of",
    "expertise_sentences",
    "first_shares",
    "grade_sentences",
    "limits",
    "name_and_unit",
    "name_of",
    "observed",
    "options_in_set",
    "options_open",
    "override_sentences",
    "peers_words",
    "plan_for",
    "plan_sentences",
    "profile",
    "reasons",
    "scope_sentences",
    "sequence_sentences",
    "settling_criterion",
    "steps",
    "sureness_sentences",
    "title_of",
    "unanswered",
]
