"""The typology: what the profiles are on each dimension, where they are, and how far they can be trusted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdo_analysis import figures
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.panorama.profiles import STABLE, divided, has_profiles, profile_groups, profile_name
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.tables import mean_by_group, rows_of
from cdo_analysis.weighting import weighted_mean

_LOW_ENTROPY = 0.6
_CHOSEN = "\u00a0←"


def profiles_by_dimension(view: View) -> Exhibit | None:
    """Return the weighted mean of each dimension in each profile, as shaded numbers. None without profiles."""
    if not view.dimensions or not has_profiles(view):
        return None
    values = _dimension_means(view)
    gaps = values.max() - values.min()
    fields = {"dimension": gaps.idxmax(), "gap": view.numbers.number(gaps.max(), view.decimals)}
    rows = []
    for name, means in zip(values.index, values.to_numpy(), strict=True):
        rows.append([name, *(view.numbers.number(v, view.decimals) if np.isfinite(v) else "c" for v in means)])
    numeric = (False, *[True] * values.shape[1])
    return view.exhibit(
        "profiles-dimensions",
        subtitle=view.say("panorama.dimensions_axis", scale=view.scale_words),
        axes=figures.heat_table(values, numbers=view.numbers, scale=view.scale, decimals=view.decimals),
        table=TableView([view.say("label.profile"), *values.columns], rows, numeric=numeric),
        **view.caption("panorama.heat", fields, n=len(view.study.table("profile_assignment"))),
    )


def _dimension_means(view: View) -> pd.DataFrame:
    """Return a row a profile, a column a dimension, both as readers know them; NaN where it is hidden."""
    profiles = profile_groups(view)
    columns = {}
    for name in view.dimensions:
        scores = view.scores[name]
        means = mean_by_group(scores, profiles.values, view.design, order=profiles.order, profile=view.profile)
        columns[view.dimension_label(name)] = means["estimate"].to_numpy()
    return pd.DataFrame(columns, index=[profiles.labels[profile] for profile in profiles.order])


def profiles_by(view: View, variable: str) -> Exhibit | None:
    """Return how the profiles divide the groups of a variable: weighted shares, with n and interval in the table.

    None without profiles or without that variable.

    Parameters
    ----------
    view : View
    variable : str
        ``size_category``, or a role of the codebook: ``sector``, ``region``.
    """
    name = variable if variable == "size_category" else getattr(view.book.roles, variable)
    if not has_profiles(view) or not name:
        return None
    groups = view.groups(name)
    if not groups.order:
        return None
    what = view.say("size.word") if variable == "size_category" else view.say(f"variable.{variable}")
    return view.exhibit(
        f"profiles-{variable.replace('_', '-')}",
        level=3,
        **divided(view, profile_groups(view), groups, what),
        **view.caption("panorama.by", {"variable": what}, n=int(groups.values.notna().sum())),
    )


def confidence(view: View) -> Exhibit | None:
    """Return how sure the typology is: fit of each number of classes, stability, agreement with another method.

    None where no profiles were sought.
    """
    if not view.study.has("profile_table"):
        return None
    table = view.study.table("profile_table")
    chosen = len(view.study.table("profile_shares"))
    return view.exhibit(
        "confidence",
        view.say("panorama.confidence_title"),
        paragraphs=_confidence_words(view, table, chosen),
        table=_fit_table(view, table, chosen),
        notes=view.notes(n=len(view.scores)),
    )


def _fit_table(view: View, table: pd.DataFrame, chosen: int) -> TableView:
    """Return a row a number of classes, the chosen one with an arrow."""
    number = view.numbers.number
    rows = []
    for row in rows_of(table):
        likelihood = [number(row.log_likelihood, 1), number(row.parameters)]
        criteria = [number(value) for value in (row.aic, row.bic, row.sabic)]
        starts = f"{int(row.starts_at_best)} / {int(row.starts)}"
        classes = [number(row.relative_entropy, 2), number(row.smallest_n), starts]
        rows.append([f"{int(row.k)}{_CHOSEN if int(row.k) == chosen else ''}", *likelihood, *criteria, *classes])
    before = [view.say("label.log_likelihood"), view.say("label.parameters")]
    after = [view.say("label.entropy"), view.say("label.smallest"), view.say("label.starts")]
    header = ["k", *before, "AIC", "BIC", "saBIC", *after]
    return TableView(header, rows, numeric=[True] * len(header), caption=view.say("panorama.confidence_caption"))


def _confidence_words(view: View, table: pd.DataFrame, chosen: int) -> list[str]:
    words = [view.say("panorama.k_chosen", k=chosen)]
    if chosen == 1:
        return words
    status = view.study.column("profile_assignment", "status")
    between = weighted_mean(status.eq("between").astype(float), view.design).estimate
    entropy = float(table.loc[table["k"].eq(chosen), "relative_entropy"].iloc[0])
    low = "low" if entropy < _LOW_ENTROPY else "high"
    return [
        *words,
        view.say("panorama.between", share=view.numbers.share(between)),
        view.say(f"panorama.entropy_{low}", entropy=view.numbers.number(entropy, 2)),
        *_stability_words(view),
        view.say("panorama.one_factor"),
    ]


def _stability_words(view: View) -> list[str]:
    """Say how stable each profile is, and how far k-means finds the same ones."""
    stability = view.study.table("profile_stability")
    each = [f"{profile_name(view, int(r.profile))} ({view.numbers.number(r.jaccard, 2)})" for r in rows_of(stability)]
    unstable = int(stability["jaccard"].lt(STABLE).sum())
    words = [view.say("panorama.stability", listed=view.list_words(each), unstable=unstable)]
    agreement = view.study.info["profiles"]["means_agreement"]
    if agreement is not None:
        words.append(view.say("panorama.agreement", ari=view.numbers.number(agreement, 2)))
    return words
