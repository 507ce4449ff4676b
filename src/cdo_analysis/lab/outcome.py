"""What follows from a trial, as panels: the answer and what was changed, the kinds of evidence, the reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cdo_analysis.codebook import Item
from cdo_analysis.exhibits import Exhibit, View, company
from cdo_analysis.exhibits.variables import shorten
from cdo_analysis.intake.variants import answer_texts
from cdo_analysis.lab.panel import Panel, panel_of
from cdo_analysis.lab.trial import Trial
from cdo_analysis.reference import Criterion

LONGEST = 110
"""Letters of a question or an answer before it is cut."""


def answer_panel(start: Trial, trial: Trial) -> Panel:
    """Return the answer, what it was at the start, what was changed, and what would change it."""
    say, view = trial.say, trial.view
    facts = [(say("simulator.at_start"), start.title)] if trial.changed else []
    facts += [(say("simulator.changed"), "\n".join(_change_lines(trial)))] if trial.changed else []
    facts.append((say("simulator.answer"), "\n".join(company.answer_sentences(view, trial.id))))
    excluded = company.exclusion_sentences(view, trial.id)
    facts += [(say("simulator.excluded"), "\n".join(excluded))] if excluded else []
    if trial.recommendation["reason"] != "low_coverage":
        moves = company.change_sentences(view, trial.id) or (say("company.no_change"),)
        facts.append((say("company.changes_title"), "\n".join(moves)))
    return Panel(trial.title, trial.warning, facts, language=say.language)


def _change_lines(trial: Trial) -> Iterator[str]:
    say, book = trial.say, trial.after.codebook
    old, new = answer_texts(trial.before), answer_texts(trial.after)
    for name in trial.changed:
        before, after = (_said(trial, book[name], texts.get(name, "")) for texts in (old, new))
        yield say("simulator.change", question=label_of(trial, book[name]), before=before, after=after)


def _said(trial: Trial, item: Item, written: str) -> str:
    if not written:
        return trial.say("simulator.no_answer")
    if item.kind == "number":
        value = float(written)
        return trial.say.numbers.number(value, 0 if value.is_integer() else 1)
    return item.label_of(written, trial.say.language)


def kind_panel(exhibit: Exhibit) -> Panel:
    """Return a kind of evidence, with its name before its message."""
    label = exhibit.evidence_label[:1].upper() + exhibit.evidence_label[1:]
    return replace(panel_of(exhibit), title=f"{label} — {exhibit.title}", level=4)


def no_study_panel(view: View, kind: str) -> Panel:
    """Return what stands in the place of a kind of evidence that only a study can give."""
    label = view.say(f"evidence.{kind}")
    title = f"{label[:1].upper()}{label[1:]} — {view.say('simulator.no_study')}"
    return Panel(title, level=4, language=view.say.language)


def reasons_panel(view: View, id: str) -> Panel:
    """Return what speaks for and against each option that is open, or the questions to answer first."""
    found = company.reasons(view, id)
    if found is None:
        return Panel(view.say("company.title_no_cdo"), level=4, language=view.say.language)
    facts = [(f"{card.title}\n{card.headline}", "\n".join(card.lines)) for card in found.cards]
    said = [*found.paragraphs, *(f"— {line}" for line in found.bullets)]
    return Panel(found.title, facts=facts, paragraphs=said, level=4, language=view.say.language)


def label_of(trial: Trial, item: Item) -> str:
    """Return how an answer is called: as the criterion that it is, or as its question."""
    criterion = _criterion_of(trial, item)
    language = trial.say.language
    return criterion.label.of(language) if criterion else shorten(item.question.of(language), LONGEST)


def _criterion_of(trial: Trial, item: Item) -> Criterion | None:
    return next((c for c in trial.view.rules.criteria if c.item == item.name and not c.count), None)
