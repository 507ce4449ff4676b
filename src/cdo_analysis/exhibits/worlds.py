"""The simulation study as exhibits: what each way of choosing costs in made-up worlds, and whether to trust ours."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd

from cdo_analysis import figures
from cdo_analysis.datasets import load_worlds
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.messages import Catalogue, catalogue
from cdo_analysis.proof import WAYS, PublishedStudy, check_targets
from cdo_analysis.tables import rows_of

_SHOWN = ("peers", "classifier", "outcome_model", "rules", "ours")
_TRUST = ("coverage", "set_size", "one_or_two", "answered_0.95", "error_0.95", "any_claim", "false_claims")
_HIDDEN = ("claimed", "false_claims", "sturdy", "false_sturdy_claims", "any_claim", "any_false_sturdy")
_COUNTS = ("set_size",)
_DECIMALS = 2


def regret_by_world(summary: pd.DataFrame, *, n: int, language: str = "fr") -> Exhibit:
    """Return the mean regret of each way of choosing in each world with an effect, with 95 % intervals.

    Parameters
    ----------
    summary : DataFrame
        From :func:`~cdo_analysis.proof.summarise`.
    n : int
        Companies a survey.
    language : {'fr', 'en'}

    Returns
    -------
    Exhibit
    """
    say = catalogue(language)
    part = summary[summary["n"].eq(n) & ~summary["world"].str.startswith("no_effect")]
    dots = _dots(part.assign(label=part["world"].map(_world_names(say))), say)
    return _regret(dots, say, "by_world", id="regret-by-world", n=say.numbers.number(n))


def regret_by_size(summary: pd.DataFrame, *, world: str, language: str = "fr") -> Exhibit:
    """Return the mean regret of each way of choosing in one world, by number of companies; parameters as above."""
    say = catalogue(language)
    part = summary[summary["world"].eq(world)]
    labels = [say("label.n", n=say.numbers.number(n)) for n in part["n"]]
    fields = {"world": _world_names(say)[world]}
    return _regret(_dots(part.assign(label=labels), say), say, "by_size", id="regret-by-size", **fields)


def trust(summary: pd.DataFrame, *, n: int, language: str = "fr") -> Exhibit:
    """Return, world by world, whether the set holds the best option, how wide it is, what is answered and claimed."""
    say = catalogue(language)
    part = summary[summary["n"].eq(n)]
    table = _measures(part.assign(label=part["world"].map(_world_names(say))), _TRUST, say, "worlds.world")
    title = say("worlds.trust_title", n=say.numbers.number(n))
    paragraphs = [say("worlds.trust_words")]
    return Exhibit("trust", title, level=3, paragraphs=paragraphs, table=table, language=say.language)


def hidden_confounding(summary: pd.DataFrame, *, language: str = "fr") -> Exhibit:
    """Return the claims that are false, by strength of what is hidden and number of companies."""
    say = catalogue(language)
    part = summary[summary["world"].str.contains("hidden")]
    names = _world_names(say)
    sizes = [say("label.n", n=say.numbers.number(n)) for n in part["n"]]
    labels = [f"{names[world]}, {size}" for world, size in zip(part["world"], sizes, strict=True)]
    table = _measures(part.assign(label=labels), _HIDDEN, say, "worlds.world")
    paragraphs = [say("worlds.hidden_words")]
    title = say("worlds.hidden_title")
    return Exhibit("hidden", title, level=3, paragraphs=paragraphs, table=table, language=say.language)


def targets(summary: pd.DataFrame, *, language: str = "fr") -> Exhibit:
    """Return what the study had to reach, whether it did, and every place where it did not."""
    say = catalogue(language)
    checked = check_targets(summary)
    names, rows, missed = _world_names(say), [], []
    for target, part in checked.groupby("target", sort=False):
        count = say("worlds.cells", reached=int(part["reached"].sum()), cells=len(part))
        verdict = say("worlds.reached" if part["reached"].all() else "worlds.not_reached")
        rows.append([say(f"worlds.target_{target}"), count, verdict])
        missed += [_miss(row, names, say) for row in rows_of(part[~part["reached"].astype(bool)])]
    header = [say(f"worlds.{name}") for name in ("target", "cells_header", "verdict")]
    return Exhibit(
        "targets",
        say("worlds.targets_title"),
        level=3,
        bullets=missed,
        table=TableView(header, rows),
        language=say.language,
    )


def origin(study: PublishedStudy, *, language: str = "fr") -> Exhibit:
    """Return where a published study comes from: its date, its command, its worlds, its number of runs."""
    say = catalogue(language)
    fewest, most = study.summary["replicates"].min(), study.summary["replicates"].max()
    fields = {"fewest": say.numbers.number(fewest), "most": say.numbers.number(most)}
    sentence = say("worlds.origin", date=study.date, command=study.command, version=study.worlds_version, **fields)
    return Exhibit(
        "origin",
        say("worlds.origin_title"),
        level=3,
        alert=say("worlds.made_up"),
        paragraphs=[sentence],
        language=say.language,
    )


def _regret(dots: pd.DataFrame, say: Catalogue, key: str, *, id: str, **fields: str) -> Exhibit:
    """Return the figure of regrets, with its description, its reading and its numbers."""
    groups = list(dict.fromkeys(dots["group"]))
    ours = say("worlds.way_ours")
    own = dots[dots["group"].eq(ours)].sort_values("estimate")
    words: dict[str, Any] = {**fields, "ways": ", ".join(groups)}
    for place, row in (("lowest", own.iloc[0]), ("highest", own.iloc[-1])):
        words |= {place: row["label"], f"{place}_value": say.numbers.number(row["estimate"], _DECIMALS)}
    return Exhibit(
        id,
        say(f"worlds.{key}_title", **words),
        level=3,
        subtitle=say("worlds.regret_subtitle"),
        axes=figures.contest(dots, numbers=say.numbers, label=say("worlds.regret_label"), groups=groups, ours=ours),
        alt=say(f"worlds.{key}_alt", **words),
        table=_wide(dots, groups, say),
        notes=[
            (say("notes.reading"), say("worlds.regret_reading")),
            (say("notes.scope"), say("worlds.scope")),
            (say("notes.source"), say("worlds.source")),
        ],
        words={"data": say("page.data")},
        language=say.language,
    )


def _dots(part: pd.DataFrame, say: Catalogue) -> pd.DataFrame:
    """Return label, group, estimate, low, high of the regrets that are drawn, the ways in their order."""
    names = {f"regret_{way}": say(f"worlds.way_{way}") for way in WAYS if way in _SHOWN}
    kept = part[part["measure"].isin(list(names))]
    return kept.assign(group=kept["measure"].map(names))[["label", "group", "estimate", "low", "high"]]


def _wide(dots: pd.DataFrame, groups: list[str], say: Catalogue) -> TableView:
    """Return the regrets as a table: a row a label, a column a way."""
    wide = dots.pivot(index="label", columns="group", values="estimate").loc[list(dict.fromkeys(dots["label"]))]
    rows = [
        [label, *(say.numbers.number(value, _DECIMALS) for value in wide.loc[label, groups])] for label in wide.index
    ]
    return TableView(["", *groups], rows, numeric=(False, *[True] * len(groups)))


def _measures(part: pd.DataFrame, measures: Sequence[str], say: Catalogue, first: str) -> TableView:
    """Return measures side by side, a row a label."""
    wide = part.pivot(index="label", columns="measure", values="estimate").loc[list(dict.fromkeys(part["label"]))]
    write = {
        name: (say.numbers.share if name not in _COUNTS else partial(say.numbers.number, decimals=1))
        for name in measures
    }
    columns = [[write[name](float(value)) for value in wide[name]] for name in measures]
    rows = [list(row) for row in zip(wide.index.astype("str"), *columns, strict=True)]
    header = [say(first), *(say(f"worlds.{name.partition('.')[0].removesuffix('_0')}") for name in measures)]
    return TableView(header, rows, numeric=(False, *[True] * len(measures)))


def _miss(row: Any, names: dict[str, str], say: Catalogue) -> str:
    """Say where a requirement was not reached, and what was found."""
    found = [say.numbers.number(value, _DECIMALS) for value in (row.found, row.low, row.high, row.required)]
    return say(
        "worlds.missed",
        target=say(f"worlds.target_{row.target}"),
        world=names[row.world],
        n=say.numbers.number(row.n),
        found=found[0],
        low=found[1],
        high=found[2],
        required=found[3],
    )


def _world_names(say: Catalogue) -> dict[str, str]:
    return {name: law.label[say.language] for name, law in load_worlds().items()}
