"""Maturity: how the scores are spread, dimension by dimension, and from one size of company to another."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdo_analysis import figures
from cdo_analysis.disclosure import Cell, Fact
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.tables import mean_by_group, mean_of_columns, ranked, rows_of, share_by_category
from cdo_analysis.weighting import weighted_mean


def distribution(view: View) -> Exhibit | None:
    """Return how the main score is spread over the respondents, in ten bands of its scale. None without a score."""
    if view.main is None:
        return None
    scores, scale, shares = view.scores[view.main.id].dropna(), view.scale, _band_shares(view)
    name, half = view.score_words(view.main), sum(scale) / 2
    labels = (name, view.say("label.respondent_share"))
    axes = figures.score_distribution(shares, numbers=view.numbers, labels=labels, scale=scale)
    below = weighted_mean((scores < half).astype(float), view.design)
    fields = {
        "share": view.numbers.share(below.estimate),
        "half": view.numbers.number(half, view.decimals),
        "mean": view.numbers.number(weighted_mean(scores, view.design).estimate, view.decimals),
    }
    caption = view.caption("panorama.distribution", fields, n=len(scores))
    table, facts = _bands_table(view, shares), _bands_published(view, view.main.id, shares)
    return view.exhibit("distribution", subtitle=name, axes=axes, table=table, published=facts, **caption)


def _bands_published(view: View, main: str, shares: pd.DataFrame) -> list[Fact]:
    """Return what the bands, the share under half of the scale and the mean tell."""
    variable = f"score:{main}"
    scored, lower = published.known(view, variable), Cell.of({variable: [str(b) for b in range(published.BANDS // 2)]})
    facts = published.counted(view, [scored]) + published.counted(view, *published.divided_by(view, shares, variable))
    facts += published.told(view, [lower], scored)
    return facts + published.averaged(view, view.scores[main], [scored], decimals=view.decimals)


def _band_shares(view: View) -> pd.DataFrame:
    """Return the share of the respondents in each band of the score."""
    bands, order = published.score_bands(view), [str(band) for band in range(published.BANDS)]
    table = share_by_category(bands, view.weights[bands.index], order=order, profile=view.profile)
    return published.withhold(view, table, f"score:{view.main.id}" if view.main else "")


def _bands_table(view: View, shares: pd.DataFrame) -> TableView:
    """Return the share of the respondents in each band of the score, the ends of each band written."""
    edges = np.linspace(*view.scale, published.BANDS + 1)
    ends = [view.numbers.number(edge, 0 if edges[-1] - edges[0] >= 10 else 1) for edge in edges]
    rows = []
    for low, high, row in zip(ends, ends[1:], rows_of(shares), strict=False):
        cells = ["c", "c"] if row.flag == "c" else [view.count(row.n), view.numbers.share(row.estimate)]
        rows.append([f"{low} – {high}", *cells])
    header = [view.say("label.score"), "n", view.say("label.share")]
    return TableView(header, rows, numeric=(False, True, True))


def dimensions(view: View) -> Exhibit | None:
    """Return the mean of each dimension with its interval, the highest first. None without dimensions."""
    if not view.dimensions:
        return None
    means = mean_of_columns(view.scores[view.dimensions], view.design, profile=view.profile)
    table = ranked(means, view.dimension_label)
    axis, decimals = view.say("panorama.dimensions_axis", scale=view.scale_words), view.decimals
    first, last = table.iloc[0], table.dropna(subset="estimate").iloc[-1]
    fields = {
        "first": first["label"],
        "last": last["label"],
        "high": view.numbers.number(first["estimate"], decimals),
        "low": view.numbers.number(last["estimate"], decimals),
        "interval": view.numbers.interval(first["low"], first["high"], decimals=decimals),
    }
    return view.exhibit(
        "dimensions",
        subtitle=axis,
        axes=figures.dots_with_intervals(table, numbers=view.numbers, label=axis),
        table=view.estimate_table(table, view.say("label.dimension"), decimals=decimals),
        published=_means_facts(view, [(str(row.category), Cell(), row.flag) for row in rows_of(means)]),
        **view.caption("panorama.dimensions", fields, n=len(view.scores)),
    )


def _means_facts(view: View, rows: list[tuple[str, Cell, str]]) -> list[Fact]:
    """Return what a table of means of dimensions says: the n and the mean of each (dimension, group, flag)."""
    facts: list[Fact] = published.counted(view, [Cell()])
    for name, group, flag in rows:
        cell = group & published.known(view, f"score:{name}")
        facts += published.averaged(view, view.scores[name], [cell], [flag], decimals=view.decimals)
        facts += [] if flag == "c" else published.counted(view, [cell])
    return facts


def dimensions_by_size(view: View) -> Exhibit | None:
    """Return the mean of each dimension in each size category, with its interval.

    None without dimensions, or where all respondents are of one category.
    """
    sizes = view.groups("size_category")
    if not view.dimensions or len(sizes.order) < 2:
        return None
    table = _means_by_size(view)
    visible = set(table.loc[table["flag"].ne("c"), "group"])
    shown = [sizes.labels[size] for size in sizes.order if sizes.labels[size] in visible]
    axis = view.say("panorama.dimensions_axis", scale=view.scale_words)
    by_dimension = table.groupby("label", sort=False)["estimate"]
    fields = {"dimension": (by_dimension.max() - by_dimension.min()).idxmax(), "groups": view.list_words(shown)}
    rows = table.assign(label=table["label"] + " — " + table["group"])
    named = [(row.dimension, Cell.of(size_category=str(row.category)), row.flag) for row in rows_of(table)]
    return view.exhibit(
        "sizes",
        level=3,
        subtitle=axis,
        axes=figures.dots_by_group(table, numbers=view.numbers, label=axis, groups=shown),
        table=view.estimate_table(rows, view.say("label.dimension"), decimals=view.decimals),
        published=[*_means_facts(view, named), *published.counted(view, [published.known(view, "size_category")])],
        **view.caption("panorama.sizes", fields, n=int(sizes.values.notna().sum())),
    )


def _means_by_size(view: View) -> pd.DataFrame:
    """Return a row a (dimension, size category): label, group, and the columns of means."""
    sizes = view.groups("size_category")
    parts = []
    for name in view.dimensions:
        scores = view.scores[name]
        means = mean_by_group(scores, sizes.values, view.design, order=sizes.order, profile=view.profile)
        group = means["category"].map(sizes.labels)
        parts.append(means.assign(label=view.dimension_label(name), group=group, dimension=name))
    return pd.concat(parts, ignore_index=True)


def intensity(view: View) -> Exhibit | None:
    """Return how the counted score (DII) is spread over its levels, with intervals. None without such a score."""
    score = next((score for score in view.book.scores if score.method == "count" and score.bands), None)
    if score is None:
        return None
    levels, order = view.study.column("bands", score.id).astype("str"), [band.id for band in score.bands]
    known = levels.where(levels.isin(order))
    table = share_by_category(known, view.design, order=order, profile=view.profile)
    table = published.withhold(view, table, f"band:{score.id}")
    table["label"] = [band.label.of(view.language) for band in score.bands]
    basic = weighted_mean(known.dropna().ne(order[0]).astype(float), view.design)
    name = score.label.of(view.language)
    interval = view.numbers.interval(basic.low, basic.high, share=True)
    fields = {"share": view.numbers.share(basic.estimate), "name": name, "interval": interval}
    label, variable = view.say("label.respondent_share"), f"band:{score.id}"
    facts = published.counted(view, *published.divided_by(view, table, variable))
    facts += published.told(view, [Cell.of({variable: order[0]})], published.known(view, variable))
    return view.exhibit(
        "intensity",
        subtitle=name,
        axes=figures.dots_with_intervals(table, numbers=view.numbers, label=label, share=True),
        table=view.estimate_table(table, view.say("label.level"), share=True),
        paragraphs=[] if score.official else [view.say("panorama.intensity_words")],
        published=published.counted(view, [published.known(view, variable)]) + facts,
        **view.caption("panorama.intensity", fields, n=basic.n),
    )
