"""Which arrangement fits: three kinds of evidence, side by side, and a recommendation, a set or an abstention.

*Constaté* (:func:`fit_observed`, :func:`peer_shares`): what comparable firms have. *Conseillé* (:func:`advise`): what
stated expert rules advise. *Estimé sous hypothèses* (:func:`estimate_outcomes`): what a declared outcome suggests,
where every gate is passed. They are never mixed in one number; :func:`recommend` says where they agree.

Knows neither surveys nor questionnaires: tables of answers, arrangements and weights come in, tables of ids and numbers
come out.
"""

from cdo_analysis.cdo.advice import Advice, advise, draw_weights, rank_first_shares
from cdo_analysis.cdo.arms import Merging, merge_rare
from cdo_analysis.cdo.calibration import brier_score, calibration_curve
from cdo_analysis.cdo.changes import Change, what_would_change
from cdo_analysis.cdo.choice import ChoiceModel, ChoiceQuality, ObservedChoice
from cdo_analysis.cdo.decision import Decision, ExpertEffects, decide, measure_disagreement
from cdo_analysis.cdo.disagreement import Disagreement, find_disagreement
from cdo_analysis.cdo.effect_test import EffectTest, find_effect
from cdo_analysis.cdo.effects import average_effects
from cdo_analysis.cdo.estimated import ASSUMPTIONS, Estimates, estimate_outcomes
from cdo_analysis.cdo.fit import CdoColumns, CdoFit, fit_cdo
from cdo_analysis.cdo.gates import GATES, EstimateSettings, Gate
from cdo_analysis.cdo.logit import MultinomialFit, fit_multinomial
from cdo_analysis.cdo.nested import (
    ChoiceFit,
    LikelihoodRatio,
    LongNames,
    Nests,
    fit_conditional,
    fit_nested,
    likelihood_ratio,
)
from cdo_analysis.cdo.nesting import NestCheck, check_nests
from cdo_analysis.cdo.observed import ObservedSettings, fit_observed
from cdo_analysis.cdo.peers import PeerShares, peer_shares
from cdo_analysis.cdo.policy import POLICIES, policy_values
from cdo_analysis.cdo.projection import Projection, doubly_robust_scores
from cdo_analysis.cdo.reasons import (
    Reasons,
    answer_text,
    contributions,
    leaders,
    obstacle_sentences,
    reason_table,
    reasons,
)
from cdo_analysis.cdo.recommend import (
    CLEAR_COVERAGE,
    CLEAR_GAP,
    MINIMUM_COVERAGE,
    SET_ACCEPTABILITY,
    SURVEY_ERROR,
    Recommendation,
    recommend,
)
from cdo_analysis.cdo.robustness import (
    confounder_bounds,
    confounder_strength,
    e_value,
    e_value_of_difference,
    robustness_value,
)
from cdo_analysis.cdo.separation import Separation, find_separation
from cdo_analysis.cdo.suitability import check_feasibility, derive_answers, score_suitability

__all__ = [
    "ASSUMPTIONS",
    "CLEAR_COVERAGE",
    "CLEAR_GAP",
    "GATES",
    "MINIMUM_COVERAGE",
    "POLICIES",
    "SET_ACCEPTABILITY",
    "SURVEY_ERROR",
    "Advice",
    "CdoColumns",
    "CdoFit",
    "Change",
    "ChoiceFit",
    "ChoiceModel",
    "ChoiceQuality",
    "Decision",
    "Disagreement",
    "EffectTest",
    "EstimateSettings",
    "Estimates",
    "ExpertEffects",
    "Gate",
    "LikelihoodRatio",
    "LongNames",
    "Merging",
    "MultinomialFit",
    "NestCheck",
    "Nests",
    "ObservedChoice",
    "ObservedSettings",
    "PeerShares",
    "Projection",
    "Reasons",
    "Recommendation",
    "Separation",
    "advise",
    "answer_text",
    "average_effects",
    "brier_score",
    "calibration_curve",
    "check_feasibility",
    "check_nests",
    "confounder_bounds",
    "confounder_strength",
    "contributions",
    "decide",
    "derive_answers",
    "doubly_robust_scores",
    "draw_weights",
    "e_value",
    "e_value_of_difference",
    "estimate_outcomes",
    "find_disagreement",
    "find_effect",
    "find_separation",
    "fit_cdo",
    "fit_conditional",
    "fit_multinomial",
    "fit_nested",
    "fit_observed",
    "leaders",
    "likelihood_ratio",
    "measure_disagreement",
    "merge_rare",
    "obstacle_sentences",
    "peer_shares",
    "policy_values",
    "rank_first_shares",
    "reason_table",
    "reasons",
    "recommend",
    "robustness_value",
    "score_suitability",
    "what_would_change",
]
