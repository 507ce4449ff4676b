"""The maturity of one company beside that of its peers, itself left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cdo_analysis import figures
from cdo_analysis.disclosure import EVERYBODY, Cell, Fact
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.maturity import peer_percentiles
from cdo_analysis.maturity.scores import GRADES
from cdo_analysis.tables import peer_band, rows_of


def dimensions(view: View, company: str) -> Exhibit | None:
    """Return the company on each dimension beside its peers: rounded mean and middle half of the others, with their n.

    None without dimensions.
    """
    if not view.dimensions:
        return None
    level, peers, alike = _peers(view, company)
    table = _beside_peers(view, company, peers)
    words = (view.say("company.own_score"), view.say("company.peer_mean"), view.say("company.peer_half"))
    axis, scale = view.scale_words, view.scale
    fields = {"level": level, "n": view.count(len(peers)), **_extremes(table)}
    variant = "" if "best" in fields else "plain"
    return view.exhibit(
        "dimensions",
        subtitle=view.say("company.dimensions_subtitle", **fields),
        axes=figures.company_and_peers(table, numbers=view.numbers, words=words, label=axis, scale=scale),
        table=_peers_table(view, table, words),
        paragraphs=[
            view.say("company.dimensions_words", origin=view.book.origin.of(view.language)),
            *_standing(view, company),
            *grade_sentences(view, company),
            *_doubt(view, company),
        ],
        published=_published(view, table, alike),
        **view.caption("company.dimensions", fields, n=len(peers), variant=variant),
    )


def _published(view: View, table: pd.DataFrame, alike: Cell) -> list[Fact]:
    """Return what the benchmarks tell their reader, who can put the company's own scores back among its peers."""
    facts = published.counted(view, [alike])
    for name, row in zip(view.dimensions, rows_of(table), strict=True):
        scored = alike & published.known(view, f"score:{name}")
        facts += published.counted(view, [scored])
        facts += published.averaged(view, view.scores[name], [scored], [np.isnan(row.mean)], decimals=_decimals(view))
    if view.main is None:
        return facts
    return facts + published.counted(view, [alike & published.known(view, f"score:{view.main.id}")])


def _standing(view: View, company: str) -> list[str]:
    """Say what share of its peers the company is ahead of on the main score, rounded, with its interval."""
    sector = view.book.roles.sector
    known = [name for name in ("size_category", sector) if name]
    widening = [["size_category", sector], [sector], ["size_category"]] if sector else [["size_category"]]
    if view.main is None:
        return []
    main, fewest = view.main.id, view.profile.quartiles
    how: dict[str, Any] = {"widening": widening, "fewest": fewest, "sample_weight": view.weights}
    table = view.once("percentiles", lambda: peer_percentiles(view.scores[main], view.responses[known], **how))
    found: dict[str, Any] = dict(table.loc[company])
    if not found["peers"] >= fewest:
        return []
    names = [*widening, []][int(found["level"])]
    listed = view.list_words([view.groups(name).labels[str(view.responses.at[company, name])] for name in names])
    level = view.say("company.peer_level", listed=listed) if names else view.say("company.peer_all")
    fields = {name: view.numbers.share(found[name] / 100) for name in ("percentile", "low", "high")}
    score = view.main.label.of(view.language)
    return [view.say("company.standing", score=score, level=level, n=view.count(found["peers"]), **fields)]


def _doubt(view: View, company: str) -> list[str]:
    """Say how far the main score and its band depend on the weights of the dimensions and on one answer."""
    if not view.study.has("sensitivity"):
        return []
    row: dict[str, Any] = dict(view.study.table("sensitivity").loc[company])
    if not np.isfinite([row["weights_flip"], row["answer_flip"]]).all():
        return []
    fields = {f"{name}_same": view.numbers.share(1 - row[f"{name}_flip"]) for name in ("weights", "answer")}
    return [view.say("company.sensitivity", **fields)]


def _decimals(view: View) -> int:
    low, high = view.scale
    return 0 if high - low > 10 else 1


def _beside_peers(view: View, company: str, peers: pd.Index) -> pd.DataFrame:
    """Return a row a dimension: label, company, and mean, low, high, n of the peers."""
    scores, weights = view.scores.loc[peers], view.weights[peers]
    bands = []
    for name in view.dimensions:
        bands.append(peer_band(scores[name], weights, profile=view.profile, decimals=_decimals(view)))
    own = view.scores.loc[company, view.dimensions].to_numpy(dtype=float)
    labels = [view.dimension_label(name) for name in view.dimensions]
    grades = [_grade(view, company, name)[0] if view.study.has("grades") else "" for name in view.dimensions]
    return pd.DataFrame(bands).assign(label=labels, company=own, grade=grades)


def _extremes(table: pd.DataFrame) -> dict[str, object]:
    """Return the dimensions on which the company is furthest above and below its peers; empty under two known ones."""
    gaps = (table["company"] - table["mean"]).set_axis(table["label"]).dropna()
    return {"best": gaps.idxmax(), "worst": gaps.idxmin()} if len(gaps) > 1 else {}


def grade_sentences(view: View, company: str) -> tuple[str, ...]:
    """Return the grade of confidence of the main score (A, B, C), its coverage, and what the grades mean.

    Where there is no score, which dimensions were too little answered. Empty without a score in the questionnaire.
    """
    if view.main is None or not view.study.has("grades"):
        return ()
    meaning = view.say("company.grade_meaning", **{name: view.numbers.share(start) for name, start in GRADES})
    grade, coverage = _grade(view, company, view.main.id)
    if grade:
        said = view.say("company.grade_score", grade=grade, coverage=view.numbers.share(coverage))
        return (said, meaning)
    lacking = [name for name in view.dimensions if not _grade(view, company, name)[0]]
    if not lacking:
        return (view.say("company.grade_none", coverage=view.numbers.share(coverage)),)
    listed = view.list_words([view.say("label.quoted", text=view.dimension_label(name)) for name in lacking])
    return (view.say("company.grade_lacking", listed=listed),)


def _grade(view: View, company: str, name: str) -> tuple[str, float]:
    """Return the grade of a score or dimension, empty where there is none, and the share of its items measured."""
    grades = view.once("grades", lambda: view.study.table("grades").astype("str"))
    coverage = view.study.table("coverage")
    if name not in grades or company not in grades.index:
        return "", float("nan")
    grade, measured = str(grades.at[company, name]), coverage[name][company]
    return (grade if grade in dict(GRADES) else ""), float(measured)


def _peers_table(view: View, table: pd.DataFrame, words: tuple[str, str, str]) -> TableView:
    decimals = _decimals(view)

    def shown(value: float) -> str:
        return view.numbers.number(value, decimals) if np.isfinite(value) else "c"

    rows = []
    for row in rows_of(table):
        own, half = view.numbers.number(row.company, decimals), f"{shown(row.low)} – {shown(row.high)}"
        rows.append([row.label, own, row.grade or "-", shown(row.mean), half, view.count(row.n)])
    header = [view.say("label.dimension"), words[0], view.say("company.grade"), *words[1:], "n"]
    return TableView(header, rows, numeric=(False, True, False, True, True, True))


def _peers(view: View, company: str) -> tuple[str, pd.Index, Cell]:
    """Return the peers of a company, itself left out, in the narrowest group that is large enough, and that group."""
    everyone = view.responses.index[view.responses.index != company]
    sector = view.book.roles.sector
    for names in (["size_category", sector], [sector], ["size_category"]):
        used = [name for name in names if name]
        own = view.responses.loc[company, used]
        if len(used) < len(names) or own.isna().any():
            continue
        peers = everyone[(view.responses.loc[everyone, used] == own).all(axis=1)]
        if len(peers) >= view.profile.quartiles:
            listed = view.list_words([view.groups(name).labels[str(own[name])] for name in used])
            alike = Cell.of({name: str(own[name]) for name in used})
            return view.say("company.peer_level", listed=listed), peers, alike
    return view.say("company.peer_all"), everyone, EVERYBODY
