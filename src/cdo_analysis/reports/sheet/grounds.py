"""The second page of the sheet: what the evidence is worth, the eight options, the answers, what to bear in mind."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from cdo_analysis.cdo import answer_text, obstacle_sentences
from cdo_analysis.exhibits import company
from cdo_analysis.exhibits.outcome import gate_sentence
from cdo_analysis.reports.sheet.blocks import Block, Heading, Paragraph, Table
from cdo_analysis.reports.sheet.case import Case
from cdo_analysis.reports.sheet.words import capital, lower


def second_page(case: Case) -> Iterator[Block]:
    """Yield the blocks of the second page."""
    say = case.say
    yield Heading(say("sheet.evidence"), level=1, new_page=True)
    yield _evidence(case)
    yield Heading(say("sheet.review"))
    yield _review(case)
    yield Heading(say("sheet.answers"))
    yield from _answers(case)
    yield Heading(say("sheet.notice"))
    yield Paragraph(say("sheet.notice_rules", notice=case.view.rules.notice.of(say.language)), "small")
    yield Paragraph(say("sheet.notice_declared"), "small")


# --- evidence ---------------------------------------------------------------------------------------------------------


def _evidence(case: Case) -> Table:
    say = case.say
    says = [_advised(case), *_from_the_study(case)]
    rows = [
        [capital(say(f"evidence.{kind}")), text]
        for kind, text in zip(("advised", "observed", "estimated"), says, strict=True)
    ]
    header = [say("sheet.evidence_label"), say("sheet.evidence_says")]
    return Table(say("sheet.evidence_caption"), header, rows, (0.22, 0.78), look="dense")


def _advised(case: Case) -> str:
    rules, row = case.view.rules, case.row
    fields = {"rules": rules.id, "version": rules.version}
    notice = case.say("sheet.evidence_unvalidated") if not rules.validated_by_panel else ""
    if row["state"] == "abstained":
        return case.say("sheet.evidence_advised_none", notice=notice, **fields)
    shown = {"first": case.label(row["first"]), "share": case.share(case.shares[row["first"]])}
    return case.say("sheet.evidence_advised", notice=notice, **shown, **fields)


def _from_the_study(case: Case) -> list[str]:
    """Say what comparable respondents have, and what outcomes suggest; nothing where there is no study."""
    seen, say = case.view, case.say
    if not case.has_study:
        return [say("sheet.evidence_no_study")] * 2
    words = [say(f"company.{kind}_{case.row[f'{kind}_agreement']}") for kind in ("observed", "estimated")]
    bare = [_without_label(text) for text in words]
    if case.row["observed_agreement"] == "unavailable":
        bare[0] = say("sheet.observed_rare")
    if seen.estimates.gate is not None:
        bare[1] = f"{bare[1]} {gate_sentence(seen)}"
    about = {"study": seen.book.title.of(say.language), "n": say.numbers.number(seen.study.info["data"]["respondents"])}
    observed = say("sheet.evidence_observed", words=bare[0], peers=company.peers_words(seen, case.id), **about)
    return [" ".join(filter(None, [observed, seen.small_sample])), bare[1]]


def _without_label(sentence: str) -> str:
    """Return a sentence without the kind of evidence that it opens with, which the table says already."""
    rest = sentence.partition(":")[2].strip()
    return capital(rest)


def _review(case: Case) -> Table:
    """Return every option with its share of the weights, and what stands in its way."""
    say, feasible = case.say, case.view.advice.feasible.loc[case.id]
    # On too few answers, a share would look like an answer.
    rows, uncounted = [], case.row["reason"] == "low_coverage"
    for name, share in case.shares.items():
        obstacles = obstacle_sentences(case.view.advice, case.view.rules, case.id, name, language=say.language)
        within = say("sheet.review_within") if uncounted else case.share(share)
        written = within if feasible[name] else say("sheet.review_out")
        rows.append([case.label(name), written, " ".join(obstacles) or "–"])
    header = [say("sheet.option"), say("sheet.review_share"), say("sheet.review_obstacle")]
    return Table(say("sheet.review_caption"), header, rows, (0.32, 0.14, 0.54), look="dense")


# --- answers ----------------------------------------------------------------------------------------------------------


def _answers(case: Case) -> Iterator[Block]:
    """Yield the answers that the rules used, two to a row, and the criteria without an answer."""
    language, own = case.say.language, case.view.advice.answers.loc[case.id]
    given: list[list[str]] = []
    lacking: list[str] = []
    for criterion in case.view.rules.criteria:
        label, value = criterion.label.of(language), own[criterion.id]
        if pd.isna(value):
            lacking.append(lower(label))
        else:
            given.append([label, answer_text(criterion, value, language)])
    half = (len(given) + 1) // 2
    rows = [[*left, *right] for left, right in zip(given[:half], [*given[half:], ["", ""]], strict=False)]
    header = [case.say("sheet.question"), case.say("sheet.answer")] * 2
    if rows:
        yield Table(case.say("sheet.answers_caption"), header, rows, (0.35, 0.18, 0.33, 0.14), look="dense")
    if lacking:
        yield Paragraph(case.say("sheet.unanswered", listed=case.listed(lacking)), "small")
