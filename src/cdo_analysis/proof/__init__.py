"""Proof by planted truth: ways of choosing an arrangement, judged in made-up worlds whose best option is known.

``run_replicate`` → ``summarise`` → ``check_targets``; ``published_results`` gives the study that was published. The
worlds are made up: what wins in them shows what a method does under a law that we wrote, and nothing about companies.
"""

from cdo_analysis.proof.choosers import follow_classifier, follow_peers, follow_rules, keep_today, predict_best
from cdo_analysis.proof.published import PublishedStudy, publish, published_results
from cdo_analysis.proof.replicate import (
    CONFIDENCES,
    WAYS,
    find_false_claims,
    read_choice,
    run_replicate,
    score_decision,
    score_ways,
    usual_ways,
)
from cdo_analysis.proof.summary import mean_interval, share_interval, summarise
from cdo_analysis.proof.targets import check_targets

__all__ = [
    "CONFIDENCES",
    "WAYS",
    "PublishedStudy",
    "check_targets",
    "find_false_claims",
    "follow_classifier",
    "follow_peers",
    "follow_rules",
    "keep_today",
    "mean_interval",
    "predict_best",
    "publish",
    "published_results",
    "read_choice",
    "run_replicate",
    "score_decision",
    "score_ways",
    "share_interval",
    "summarise",
    "usual_ways",
]
