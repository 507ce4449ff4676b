"""With what care the answers were given, and how they were read: flags, readings, problems of the file."""

from __future__ import annotations

import pandas as pd

from cdo_analysis.disclosure import EVERYBODY, Cell, Fact
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.quality.respondents import shorten
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.intake import FLAGS, count_issues
from cdo_analysis.tables import rows_of
from cdo_analysis.weighting import weighted_mean

_EXAMPLES = 2


def care(view: View) -> Exhibit:
    """Return how many respondents were flagged, flag by flag, and the main score with and without them."""
    flags = view.study.table("flags")
    flagged = flags.any(axis=1)
    rows = []
    for name in FLAGS:
        n = int(flags[name].sum())
        count = "c" if 0 < n < view.profile.count else view.count(n)
        rows.append([view.say(f"flag.{name}"), count, view.say(f"flag.{name}_rule")])
    header = [view.say("quality.flag"), view.say("label.respondents"), view.say("quality.rule")]
    share = view.numbers.share(float(flagged.mean()), n=len(flags))
    return view.exhibit(
        "care",
        view.say("quality.care_title", share=share),
        paragraphs=[view.say("quality.care_kept"), *_with_and_without(view, flagged)],
        table=TableView(header, rows, numeric=(False, True, False)),
        notes=view.notes(n=len(flags), weighted=False),
        published=_flag_facts(view, flags),
    )


def _flag_facts(view: View, flags: pd.DataFrame) -> list[Fact]:
    counts = flags[list(FLAGS)].sum()
    cells = [Cell.of({f"flag:{name}": "yes"}) for name in FLAGS]
    facts = published.counted(view, [EVERYBODY])
    facts += published.counted(view, cells, counts.between(1, view.profile.count - 1))
    return facts + published.rounded(view, [Cell.of({"flag:any": "yes"})], EVERYBODY)


def _with_and_without(view: View, flagged: pd.Series) -> list[str]:
    """Say the weighted mean of the main score, and what it is without the flagged; nothing where they are too few."""
    if view.main is None or flagged.sum() < view.profile.count or (~flagged).sum() < view.profile.mean:
        return []
    scores, decimals = view.scores[view.main.id], view.decimals
    everyone, careful = weighted_mean(scores, view.design), weighted_mean(scores[~flagged], view.design)
    fields = {
        "all": view.numbers.number(everyone.estimate, decimals),
        "low": view.numbers.number(everyone.low, decimals),
        "high": view.numbers.number(everyone.high, decimals),
        "careful": view.numbers.number(careful.estimate, decimals),
    }
    return [view.say("quality.with_and_without", score=view.main.label.of(view.language), **fields)]


def changes(view: View) -> Exhibit:
    """Return how written answers were read: which rule, how many cells, with examples that name nobody."""
    recodings = view.study.table("recodings")
    counts = recodings.groupby("rule")["n"].sum().sort_values(ascending=False)
    rows = []
    for rule, n in zip(counts.index, counts, strict=True):
        examples = _examples(view, recodings[recodings["rule"] == rule])
        rows.append([view.say(f"rule.{rule}"), view.numbers.number(n), examples])
    header = [view.say("quality.rule"), view.say("label.cells"), view.say("quality.examples")]
    return view.exhibit(
        "changes",
        view.say("quality.changes_title", n=view.numbers.number(float(counts.sum()))),
        paragraphs=[view.say("quality.changes_lead")],
        table=TableView(header, rows, numeric=(False, True, False)) if rows else None,
        notes=view.notes(weighted=False),
    )


def _examples(view: View, recodings: pd.DataFrame) -> str:
    """Quote two readings that enough companies share: what one company wrote is its own."""
    personal = {item.name for item in view.book if item.personal or item.kind in {"identifier", "text"}}
    open_to_all = recodings[~recodings["item"].isin(personal)]
    common = open_to_all.groupby(["before", "after"], sort=False)["n"].sum().reset_index()
    common = common[common["n"] >= view.profile.count].nlargest(_EXAMPLES, "n")
    nothing = view.say("label.missing")
    quoted = (view.say("label.quoted", text=shorten(row.before, 24)) for row in rows_of(common))
    return view.join_parts(f"{text} → {after or nothing}" for text, after in zip(quoted, common["after"], strict=True))


def issue_table(view: View) -> Exhibit:
    """Return how many problems of each kind the export had, how grave they are, and what was done."""
    counts = count_issues(view.study.table("issues"))
    rows = []
    for row in rows_of(counts):
        kind, done = view.say(f"issue.{row.rule}"), view.say(f"issue_action.{row.rule}")
        rows.append([kind, view.say(f"severity.{row.severity}"), view.numbers.number(row.n), done])
    header = [view.say("quality.problem"), view.say("quality.severity"), "n", view.say("quality.done")]
    title = view.say("quality.issues_title", n=view.numbers.number(float(counts["n"].sum())))
    table = TableView(header, rows, numeric=(False, False, True, False)) if rows else None
    return view.exhibit("issues", title, paragraphs=[view.say("quality.issues_lead")], table=table)
