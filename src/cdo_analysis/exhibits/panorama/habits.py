"""What goes with the way digital is led today (*constaté*), and how far the model that says so can be trusted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdo_analysis import figures
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.outcome import merging_words
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.tables import rows_of

_DRAWN = 12
_NAMED = 4
_VAGUE = 0.5
"""An inclusive value with a larger standard error tells nothing: 0 and 2 are both within two of them from 1."""


def choice_effects(view: View) -> Exhibit | None:
    """Return by how many points an answer goes with each arrangement, the others equal; what stands out is drawn.

    None where how digital is led was not asked, or could not be modelled.
    """
    if not view.has_cdo or view.observed.quality is None or view.observed.effects.empty:
        return None
    effects = _shown(view, view.observed.effects)
    told = effects[effects["told"] & effects["shown"]]
    drawn = effects[effects["shown"]].sort_values("p_value", kind="stable").head(_DRAWN)
    drawn = drawn.reindex(drawn["effect"].abs().sort_values(ascending=False, kind="stable").index)
    fields = {"n": len(drawn), "told": len(told), "all": len(effects), "chance": round(0.05 * len(effects))}
    parts = {
        "table": _effect_table(view, effects),
        "paragraphs": [
            view.say("panorama.effects_words"),
            view.say("panorama.effects_told", **fields),
            view.say("panorama.effects_penalty"),
            *merging_words(view, view.observed.merging),
        ],
        **view.evidence("observed"),
    }
    n = view.observed.quality.n
    shown = effects[effects["shown"]].drop_duplicates(["column", "level"])
    parts["published"] = [
        *published.plain(f"modelled@{view.study.id}", n),
        *(f for r in rows_of(shown) for f in published.plain(f"effect:{r.column}={r.level}@{view.study.id}", int(r.n))),
    ]
    if drawn.empty:
        title = view.say("panorama.effects_title_none")
        return view.exhibit("choice-effects", title, level=3, notes=view.notes(n=n), **parts)
    variant = "" if len(told) else "none"
    lines = [f"{view.option_label(row.option)} — {_change(view, row, short=True)}" for row in rows_of(drawn)]
    scaled = {"estimate": drawn["effect"] * 100, "low": drawn["low"] * 100, "high": drawn["high"] * 100}
    first = {"first": lines[0], "effect": figures.signed(view.numbers, float(scaled["estimate"].iloc[0]))}
    axis = view.say("panorama.effects_axis")
    return view.exhibit(
        "choice-effects",
        level=3,
        subtitle=view.say("panorama.effects_subtitle"),
        axes=figures.difference_dots(pd.DataFrame({"label": lines, **scaled}), numbers=view.numbers, label=axis),
        **view.caption("panorama.effects", {**fields, **first}, n=n, variant=variant),
        **parts,
    )


def _shown(view: View, effects: pd.DataFrame) -> pd.DataFrame:
    """Mark the changes that enough companies are behind: with the level, and with the level it is compared to."""
    return effects.assign(shown=effects["n"] >= view.profile.mean)


def _change(view: View, row: object, *, short: bool = False) -> str:
    """Name a change: "Secteur : commerce (au lieu de : industrie)", the end left out where short; "Effectif × 2,7"."""
    column, level, against, step = (str(getattr(row, name)) for name in ("column", "level", "against", "step"))
    name = column_label(view, column)
    if level:
        labels = {"level": level_label(view, column, level), "against": level_label(view, column, against)}
        if short:
            return view.say("panorama.effects_level_short", name=name, level=labels["level"])
        return view.say("panorama.effects_level", name=name, **labels)
    key = "panorama.effects_factor" if getattr(row, "logged") else "panorama.effects_more"  # noqa: B009
    return view.say(key, name=name, step=view.numbers.number(float(step), 1))


def column_label(view: View, column: str) -> str:
    """Return how a column is called: as the rules call it, else as the questionnaire words it."""
    if column == "size_category":
        return view.say("size.word").capitalize()
    if column in view.rules.ids:
        return view.rules[column].label.of(view.language)
    if column == view.book.roles.sector:
        return view.say("variable.sector").capitalize()
    if column in view.book:
        return view.book[column].question.of(view.language)
    return next((score.label.of(view.language) for score in view.book.scores if score.id == column), column)


def level_label(view: View, column: str, level: str) -> str:
    """Return how a level is called; missing and rare ones have words of their own."""
    if level in ("(missing)", "(rare)"):
        return view.say(f"panorama.level_{level.strip('()')}")
    if column == "size_category":
        return view.say(f"size.{level}")
    return view.book[column].label_of(level, view.language) if column in view.book else level


def _effect_table(view: View, effects: pd.DataFrame) -> TableView:
    """Return a row a change and a column an option: effect, interval, an asterisk where it stands out."""
    options = list(dict.fromkeys(effects["option"]))
    rows = []
    for _, change in effects.groupby(["column", "level"], sort=False):
        first = next(rows_of(change))
        cells = [_cell(view, row) for row in rows_of(change)]
        rows.append([_change(view, first), view.count(first.n) if first.shown else "c", *cells])
    header = [view.say("panorama.effects_change"), "n", *(view.option_label(option) for option in options)]
    return TableView(header, rows, numeric=(False, *[True] * (len(options) + 1)))


def _cell(view: View, row: object) -> str:
    if not getattr(row, "shown"):  # noqa: B009
        return "c"
    effect, low, high = (figures.signed(view.numbers, getattr(row, name) * 100) for name in ("effect", "low", "high"))
    between = " ; " if view.language == "fr" else ", "
    return f"{effect} [{low}{between}{high}]{' *' if getattr(row, 'told') else ''}"  # noqa: B009


def choice_quality(view: View) -> Exhibit | None:
    """Return whether predictions of the arrangement come true: calibration, log-loss, nests, separation.

    None where how digital is led was not asked, or could not be modelled.
    """
    if not view.has_cdo or view.observed.quality is None or view.observed.calibration.empty:
        return None
    quality, table = view.observed.quality, _hidden_bins(view)
    inside = int(((table["low"] <= table["predicted"]) & (table["predicted"] <= table["high"])).sum())
    fields = {"inside": inside, "bins": int(table["observed"].notna().sum())}
    words = [*_loss_words(view), _slope_words(view), _nest_words(view), _separation_words(view)]
    return view.exhibit(
        "choice-quality",
        level=3,
        subtitle=view.say("panorama.calibration_subtitle"),
        axes=figures.calibration_dots(
            table,
            numbers=view.numbers,
            labels=(view.say("panorama.calibration_predicted"), view.say("panorama.calibration_observed")),
            words=(view.say("panorama.calibration_dots"), view.say("panorama.calibration_line")),
        ),
        table=_bin_table(view, table),
        paragraphs=[text for text in words if text],
        published=published.plain(f"modelled@{view.study.id}", quality.n),
        **view.caption("panorama.calibration", fields, n=quality.n),
        **view.evidence("observed"),
    )


def _hidden_bins(view: View) -> pd.DataFrame:
    """Hide the bins where too few companies had, or did not have, what was predicted."""
    table = view.observed.calibration.copy()
    hidden = pd.Series(False, index=table.index)
    for count in (table["firms"], table["n"] - table["firms"]):
        hidden |= count.gt(0) & count.lt(view.profile.count)
    table.loc[hidden, ["observed", "low", "high"]] = np.nan
    return table


def _bin_table(view: View, table: pd.DataFrame) -> TableView:
    share = view.numbers.share
    rows = []
    for row in rows_of(table):
        hidden = not np.isfinite(row.observed)
        interval = "c" if hidden else f"{share(row.low)} – {share(row.high)}"
        rows.append([share(row.predicted), view.count(row.n), "c" if hidden else share(row.observed), interval])
    names = ("calibration_predicted", "calibration_n", "calibration_observed")
    header = [*(view.say(f"panorama.{name}") for name in names), view.say("label.interval")]
    return TableView(header, rows, numeric=(True, True, True, True))


def _loss_words(view: View) -> list[str]:
    quality, number = view.observed.quality, view.numbers.number
    assert quality is not None
    low, high = quality.gain - 1.96 * quality.gain_se, quality.gain + 1.96 * quality.gain_se
    key = "panorama.loss_better" if low > 0 else "panorama.loss_worse" if high < 0 else "panorama.loss_same"
    return [
        view.say(
            key,
            loss=number(quality.log_loss, 3),
            base=number(quality.base_log_loss, 3),
            gain=number(quality.gain, 3),
            interval=view.numbers.interval(low, high, decimals=3),
            brier=number(quality.brier, 3),
            base_brier=number(quality.base_brier, 3),
        )
    ]


def _slope_words(view: View) -> str:
    check = view.observed.nesting
    if check is None:
        return ""
    interval = view.numbers.interval(
        check.slope - 1.96 * check.slope_se, check.slope + 1.96 * check.slope_se, decimals=2
    )
    return view.say("panorama.slope", slope=view.numbers.number(check.slope, 2), interval=interval)


def _nest_words(view: View) -> str:
    """Say whether options of one group are closer to each other than the model supposes."""
    check = view.observed.nesting
    if check is None:
        return view.say("panorama.nests_none")
    groups = [
        f"{view.option_label(name)} ({', '.join(map(view.option_label, names))})"
        for name, names in check.groups.items()
    ]
    number = view.numbers.number
    kind = "refuted" if check.refuted else "vague" if check.se > _VAGUE or not check.converged else "kept"
    kind = "unbounded" if check.unbounded else kind
    return view.say(
        f"panorama.nests_{kind}",
        groups=view.list_words(groups),
        value=number(check.value, 2),
        se=number(check.se, 2),
        statistic=number(check.statistic, 2),
        p=number(check.p_value, 3),
    )


def _separation_words(view: View) -> str:
    """Say which options no company with some answer has: only the penalty keeps these coefficients finite."""
    found = [s for s in view.observed.separations if not s.rises and "(" not in s.feature]
    if not view.observed.separations:
        return view.say("panorama.separation_none")
    named = []
    for separation in found[:_NAMED]:
        column, _, level = separation.feature.partition("=")
        answer = (
            f"{column_label(view, column)} = {level_label(view, column, level)}"
            if level
            else column_label(view, column)
        )
        named.append(view.say("panorama.separation_cell", option=view.option_label(separation.option), answer=answer))
    listed = view.join_parts(named)
    key = "panorama.separation" if named else "panorama.separation_other"
    return view.say(key, n=len(view.observed.separations), listed=listed)
