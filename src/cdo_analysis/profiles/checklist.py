"""The SMART-LCA checklist, filled from what was done: what a referee asks of a latent class analysis."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import version

import pandas as pd

from cdo_analysis.profiles.choice import SMALLEST_N, SMALLEST_SHARE, Effort
from cdo_analysis.profiles.find import Profiles

Row = tuple[str, str, str, str]

TO_ANSWER = "to be answered by the analyst"
"""What no computation knows: the research question, the preregistration, the meaning of the profiles."""


def smart_lca(profiles: Profiles) -> pd.DataFrame:
    """Fill the reporting checklist for latent class analysis from a result.

    Parameters
    ----------
    profiles : Profiles

    Returns
    -------
    DataFrame, a row an item
        ``section``, ``item``, ``answer``, ``where`` (the field that holds the detail). An answer that no computation
        knows says that the analyst has it.

    References
    ----------
    Van Lissa, Garnier-Villarreal, Anadria (2023), "Recommended practices in latent class analysis using the
    open-source R-package tidySEM", Structural Equation Modeling: the checklist SMART-LCA.
    """
    rows = [*_before(profiles), *_data(profiles), *_model(profiles), *_choice(profiles), *_after(profiles)]
    return pd.DataFrame(rows, columns=["section", "item", "answer", "where"])


def _before(profiles: Profiles) -> Iterator[Row]:
    section = "pre-analysis"
    yield section, "research question that calls for latent classes", TO_ANSWER, ""
    answer = f"exploratory: {min(profiles.table['k'])} to {max(profiles.table['k'])} classes compared"
    yield section, "confirmatory or exploratory", answer, "table"
    yield section, "indicators valid for the construct", TO_ANSWER, ""
    n = profiles.model.n_observations_
    yield section, "sample size", f"{n} respondents, {profiles.model.n_parameters_} parameters", "model"
    yield section, "preregistration", TO_ANSWER, ""


def _data(profiles: Profiles) -> Iterator[Row]:
    section = "observed data"
    sizes = [len(found) for found in profiles.model.categories_]
    answer = f"{len(sizes)} categorical items of {min(sizes)} to {max(sizes)} answers"
    yield section, "indicators and scales", answer, "practices"
    dropped = ", ".join(f"{row.item} ({row.reason} of {row.kept})" for row in profiles.dropped.itertuples())
    yield section, "items left out for repeating another", dropped or "none", "dropped"
    answer = "full-information maximum likelihood: missing at random given the other answers"
    yield section, "missing answers", answer, "LatentClasses"
    weighted = "pseudo-maximum likelihood, weights scaled to n" if profiles.settings.get("weighted") else "none"
    yield section, "survey weights", weighted, "shares: weighted and unweighted"


def _model(profiles: Profiles) -> Iterator[Row]:
    section, model = "model and estimation", profiles.model
    yield (
        section,
        "software",
        f"cdo-analysis {version('cdo-analysis')}, Python {platform.python_version()}",
        "study, versions",
    )
    yield section, "estimator", "EM, local independence within a class", "LatentClasses"
    yield section, "random starts", f"{model.n_init}; {model.starts_at_best_} reached the best likelihood", "table"
    answer = f"{'yes' if model.converged_ else 'no'}, {model.n_iter_} iterations, tolerance {model.tol:g} per row"
    yield section, "convergence", answer, "table"
    yield section, "seed", str(profiles.settings.get("random_state")), "settings"
    above = profiles.residuals["residual"].gt(3.84).mean() if len(profiles.residuals) else 0.0
    yield section, "local independence", f"{above:.0%} of bivariate residuals above 3.84", "residuals"


def _choice(profiles: Profiles) -> Iterator[Row]:
    section, grouping = "number of classes", profiles.grouping
    answer = f"lowest BIC whose smallest class has {SMALLEST_N} respondents or {SMALLEST_SHARE:.0%}"
    yield section, "rule", answer, "choose_number"
    yield section, "fit of every number", "log-likelihood, AIC, BIC, sample-adjusted BIC, CAIC, entropy", "table"
    effort = profiles.settings.get("effort")
    samples = effort.ratio_test_samples if isinstance(effort, Effort) else 0
    answer = f"{samples} samples a test, unweighted, sequential" if samples else "not asked for"
    yield section, "bootstrap likelihood-ratio test", answer, "table, ratio_test_p"
    bic = grouping.table.groupby("model")["bic"].min()
    answer = f"{grouping.verdict}: BIC {bic['continuum']:.1f} for one continuum, {_lowest(bic):.1f} for classes"
    yield section, "one continuum instead of classes", answer, "grouping"
    yield section, "levels or types", grouping.shape, "grouping, shape"
    yield section, "classes chosen", str(profiles.model.n_clusters), "model"


def _lowest(bic: pd.Series) -> float:
    return float(bic.drop(["continuum", "independence"], errors="ignore").min())


def _after(profiles: Profiles) -> Iterator[Row]:
    section, chosen = "classification and interpretation", profiles.model.n_clusters
    row = profiles.table[profiles.table["k"].eq(chosen)].iloc[0]
    answer = f"relative entropy {row['relative_entropy']:.2f}" if chosen > 1 else "one class"
    yield section, "entropy", answer, "table"
    answer = f"mean {row['mean_posterior']:.2f}, {row['min_posterior']:.2f} in the least sure class"
    yield section, "posterior of the assigned class", answer, "assignment, errors"
    answer = f"smallest class: {int(row['smallest_n'])} respondents, {row['smallest_share']:.1%}"
    yield section, "class sizes", answer, "shares"
    between = profiles.assignment["status"].eq("between").mean()
    yield section, "respondents between two classes", f"{between:.0%} (unweighted)", "assignment, status"
    listed = ", ".join(f"{value:.2f}" for value in profiles.stability["jaccard"])
    yield section, "stability (bootstrap Jaccard, cold starts)", listed, "stability"
    agreement = profiles.means_agreement
    answer = "none" if pd.isna(agreement) else f"adjusted Rand index {agreement:.2f} with k-means on the scores"
    yield section, "other method", answer, "means_agreement"
    answer = f"{int(profiles.stability['named'].sum())} of {chosen} may be named; names: {TO_ANSWER}"
    yield section, "names", answer, "stability, named"
    yield "reproducibility", "code and data", "same input and seed, same bytes; the study keeps the model", "model"
