"""How far scores depend on choices that could have been others: weights, one answer, variants, missing answers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdo_analysis.disclosure import EVERYBODY, Cell, Fact
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.tables import rows_of

_OFTEN = 0.10


def robustness(view: View) -> Exhibit | None:
    """Return the other ways to reach the scores, how firm levels are, and the mean with missing answers imputed.

    None without a score.
    """
    if not view.study.has("alternatives") or view.main is None:
        return None
    table = view.study.table("alternatives")
    header = [view.say(f"quality.alternative_{name}") for name in ("way", "n", "mean", "rank")]
    rows = [_row(view, name, row) for name, row in zip(table.index, rows_of(table), strict=True)]
    return view.exhibit(
        "robustness",
        view.say("quality.robustness_title"),
        table=TableView(header, rows, numeric=(False, True, True, True)),
        paragraphs=[*_levels(view), view.say("quality.robustness_words"), *_imputed(view)],
        notes=view.notes(n=len(view.scores)),
        published=_published(view, table),
    )


def _published(view: View, table: pd.DataFrame) -> list[Fact]:
    """Return the n of each way of counting, and of each group of which the missing answers were imputed."""
    facts = published.counted(view, [EVERYBODY])
    for name, row in zip(table.index, rows_of(table), strict=True):
        n = published.variable(view, f"score:{name}").notna().sum() if name in view.scores else -1
        if n == row.n:
            facts += published.counted(view, [published.known(view, f"score:{name}")])
        elif int(row.n) != len(view.scores):
            facts += published.plain(f"way:{name}@{view.study.id}", int(row.n))
    if not view.study.has("imputed") or view.main is None:
        return facts
    shown = view.study.table("imputed")
    groups = [str(group) for group, row in shown.iterrows() if row["measured"] >= view.profile.mean]
    cells = [EVERYBODY if group == "all" else Cell.of(size_category=group) for group in groups]
    scored = published.known(view, f"score:{view.main.id}")
    facts += published.counted(view, [*cells, *(cell & scored for cell in cells)])
    return facts + published.averaged(view, view.scores[view.main.id], [cell & scored for cell in cells], decimals=1)


def _row(view: View, name: str, row: object) -> list[str]:
    kind, n, mean, rank = (getattr(row, key) for key in ("kind", "n", "mean", "rank_correlation"))
    if n < view.profile.mean:
        return [_way(view, str(kind), name), view.count(n), "c", "c"]
    shown = view.numbers.number(mean, 1) if kind != "graded" else view.numbers.absent
    return [_way(view, str(kind), name), view.count(n), shown, view.numbers.number(rank, 2)]


def _way(view: View, kind: str, name: str) -> str:
    if kind == "variant":
        label = next(variant.label for variant in view.book.variants if variant.id == name)
        return label.of(view.language)
    if kind == "graded":
        return view.say("quality.alternative_graded", dimension=view.dimension_label(name))
    return view.say(f"quality.alternative_{name}")


def _levels(view: View) -> list[str]:
    """Say how often the level of a company depends on the weights of the dimensions or on one answer."""
    table = view.study.table("sensitivity").dropna(subset=["weights_flip", "answer_flip"])
    if len(table) < view.profile.mean:
        return []
    weights = view.weights[table.index]
    mean = {name: float(np.average(table[name], weights=weights)) for name in table}
    often = table["weights_flip"].gt(_OFTEN)
    enough = all(count == 0 or count >= view.profile.count for count in (often.sum(), (~often).sum()))
    fields = {name: view.numbers.number(mean[name], 1) for name in ("weights_sd", "answer_sd")}
    fields |= {name: view.numbers.share(mean[name]) for name in ("weights_flip", "answer_flip")}
    fields["often"] = view.numbers.share(float(np.average(often, weights=weights))) if enough else "c"
    return [view.say("quality.robustness_levels", limit=view.numbers.share(_OFTEN), **fields)]


def _imputed(view: View) -> list[str]:
    """Say what the mean is once missing answers are drawn several times, and by which method."""
    if not view.study.has("imputed"):
        return []
    table = view.study.table("imputed")
    table = table[table["measured"] >= view.profile.mean]
    words = [_imputed_words(view, str(name), row) for name, row in table.iterrows()]
    if not words:
        return []
    draws = view.numbers.number(int(table["imputations"].iloc[0]))
    return [view.say("quality.imputed_method", draws=draws), *words]


def _imputed_words(view: View, group: str, row: pd.Series) -> str:
    decimals = 1
    fields = {name: view.numbers.number(row[name], decimals) for name in ("as_measured", "estimate", "low", "high")}
    fields |= {name: view.count(row[name]) for name in ("n", "measured")}
    fields["missing"] = view.numbers.share(row["missing_information"])
    label = view.say("quality.imputed_all") if group == "all" else view.say(f"size.{group}")
    return view.say("quality.imputed", group=label, **fields)
