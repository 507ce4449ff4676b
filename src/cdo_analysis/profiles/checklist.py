"""The SMART-LCA checklist, filled from what was done: what a referee asks of a latent class analysis.

It holds codes and facts; reports say them in French and in English.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import pandas as pd

from cdo_analysis.profiles.choice import SMALLEST_N, SMALLEST_SHARE, Effort
from cdo_analysis.profiles.find import Profiles
from cdo_analysis.profiles.residuals import CHI_SQUARE_95

Row = tuple[str, str, dict[str, Any], str]

TO_ANSWER = "analyst"
"""The answer of what no computation knows: the research question, the preregistration, the meaning of the profiles."""


def smart_lca(profiles: Profiles) -> pd.DataFrame:
    """Fill the reporting checklist for latent class analysis from a result.

    Parameters
    ----------
    profiles : Profiles

    Returns
    -------
    DataFrame, a row a point
        ``section``, ``item``: codes of the part and the point; ``answer``: code of the answer, ``"analyst"`` where no
        computation knows it; ``facts``: JSON of the figures that the answer is written with (a name that ends in
        ``share`` is 0 to 1); ``field``: where the result holds the detail.

    References
    ----------
    Van Lissa, Garnier-Villarreal, Anadria (2023), "Recommended practices in latent class analysis using the
    open-source R-package tidySEM", Structural Equation Modeling: the checklist SMART-LCA.
    """
    parts = {"before": _before, "data": _data, "model": _model, "number": _choice, "after": _after}
    rows = [(part, *row) for part, fill in parts.items() for row in fill(profiles)]
    table = pd.DataFrame(rows, columns=["section", "item", "answer", "facts", "field"])
    return table.assign(facts=[json.dumps(facts, ensure_ascii=False, sort_keys=True) for facts in table["facts"]])


def _before(profiles: Profiles) -> Iterator[Row]:
    yield "question", TO_ANSWER, {}, ""
    tried = profiles.table["k"]
    yield "exploratory", "exploratory", {"low": int(tried.min()), "high": int(tried.max())}, "table"
    yield "validity", TO_ANSWER, {}, ""
    size = {"n": profiles.model.n_observations_, "parameters": profiles.model.n_parameters_}
    yield "size", "size", size, "model"
    yield "preregistration", TO_ANSWER, {}, ""


def _data(profiles: Profiles) -> Iterator[Row]:
    sizes = [len(found) for found in profiles.model.categories_]
    numbers = profiles.model.n_features_in_ - len(sizes)
    kind = "mixed" if sizes and numbers else "numbers" if numbers else "answers"
    kind += "_alike" if sizes and min(sizes) == max(sizes) else ""
    facts = {"answers": len(sizes), "numbers": numbers, "low": min(sizes, default=0), "high": max(sizes, default=0)}
    yield "indicators", f"indicators_{kind}", facts, "practices, measures"
    dropped = len(profiles.dropped)
    yield "repeated", "repeated" if dropped else "none", {"n": dropped}, "dropped"
    yield "missing", "fiml", {}, "model"
    weighted = bool(profiles.settings.get("weighted"))
    yield "weights", "weighted" if weighted else "unweighted", {}, "shares"


def _model(profiles: Profiles) -> Iterator[Row]:
    model = profiles.model
    software = {"version": version("cdo-analysis"), "python": platform.python_version()}
    yield "software", "software", software, "settings"
    yield "estimator", "estimator", {}, "model"
    yield "starts", "starts", {"starts": model.n_init, "best": model.starts_at_best_}, "table"
    state = "converged" if model.converged_ else "not_converged"
    yield "convergence", state, {"iterations": model.n_iter_, "tolerance": f"{model.tol:g}"}, "table"
    yield "seed", "seed", {"seed": str(profiles.settings.get("random_state"))}, "settings"
    above = profiles.residuals["residual"].gt(CHI_SQUARE_95).mean() if len(profiles.residuals) else 0.0
    yield "independence", "independence", {"share": float(above)}, "residuals"


def _choice(profiles: Profiles) -> Iterator[Row]:
    grouping = profiles.grouping
    yield "rule", "rule", {"n": SMALLEST_N, "share": SMALLEST_SHARE}, "table"
    yield "fit", "fit", {}, "table"
    effort = profiles.settings.get("effort")
    samples = effort.ratio_test_samples if isinstance(effort, Effort) else 0
    yield "ratio_test", "ratio_test" if samples else "left_out", {"samples": samples}, "table"
    bic = grouping.table.groupby("model")["bic"].min()
    classes = float(bic.drop(["continuum", "independence"], errors="ignore").min())
    facts = {"continuum": float(bic["continuum"]), "classes": classes}
    yield "continuum", f"verdict_{grouping.verdict}", facts, "grouping"
    yield "shape", f"shape_{grouping.shape}", {}, "grouping"
    yield "chosen", "chosen", {"k": profiles.model.n_clusters}, "model"


def _after(profiles: Profiles) -> Iterator[Row]:
    chosen = profiles.model.n_clusters
    row = profiles.table[profiles.table["k"].eq(chosen)].iloc[0]
    entropy = {"entropy": float(row["relative_entropy"])} if chosen > 1 else {}
    yield "entropy", "entropy" if chosen > 1 else "one_class", entropy, "table"
    posterior = {"mean": float(row["mean_posterior"]), "least": float(row["min_posterior"])}
    yield "posterior", "posterior", posterior, "assignment, errors"
    yield "sizes", "sizes", {"n": int(row["smallest_n"]), "share": float(row["smallest_share"])}, "shares"
    between = float(profiles.assignment["status"].eq("between").mean())
    yield "between", "between", {"share": between}, "assignment"
    jaccard = profiles.stability["jaccard"]
    stability = {"low": float(jaccard.min()), "mean": float(jaccard.mean())}
    yield "stability", "stability", stability, "stability"
    agreement = float(profiles.means_agreement)
    known = {} if pd.isna(agreement) else {"rand": agreement}
    yield "other", "other" if known else "none", known, "means_agreement"
    yield "names", "names", {"n": int(profiles.stability["named"].sum()), "k": chosen}, "stability"
    yield "reproducible", "reproducible", {}, "model"
