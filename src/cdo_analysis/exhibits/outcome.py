"""What exhibits of arrangements share: options that stand for several, the gate of an estimate, its assumptions."""

from __future__ import annotations

from cdo_analysis.cdo import Merging
from cdo_analysis.exhibits.study_view import View


def gate_sentence(view: View) -> str:
    """Return the sentence of the gate that an estimate did not pass, with its numbers; small counts are hidden."""
    gate = view.estimates.gate
    assert gate is not None
    if not gate.details.get("declared", True):
        return view.say("estimate_gate.undeclared")
    found, number, share = gate.details, view.numbers.number, view.numbers.share
    smallest = min(found.get("counts", {}).values(), default=0)
    return view.say(
        f"estimate_gate.{gate.id}",
        measured=number(found.get("measured", 0)),
        minimum=number(found.get("minimum", 0)),
        refused=", ".join(found.get("refused", [])) or view.numbers.absent,
        smallest="c" if 0 < smallest < view.profile.count else number(smallest),
        aside=share(found.get("share_set_aside", 0.0)),
        outside=share(found.get("share_outside", 0.0)),
    )


def assumptions(view: View) -> list[str]:
    """Return the sentences of what must hold for an estimate to mean something."""
    return [view.say(f"assumption.{name}") for name in view.estimates.assumptions]


def merging_words(view: View, merging: Merging | None) -> list[str]:
    """Say which options stand for several rare ones, and which were too rare to be shown at all."""
    if merging is None:
        return []
    words = []
    for name, members in merging.merged.items():
        if name in merging.counts:
            listed = view.list_words([view.option_label(member) for member in members])
            words.append(view.say("option.merged", group=view.option_label(name), listed=listed))
    aside = [view.option_label(name) for name in merging.set_aside]
    return [*words, *([view.say("option.set_aside", listed=view.list_words(aside))] if aside else [])]


def too_few_words(view: View) -> list[str]:
    """Say which options are compared with too few firms for anything to be concluded of them."""
    few = [str(arm) for arm in view.estimates.means.index if arm not in view.estimates.may_claim]
    if not few:
        return []
    listed = view.list_words([view.say("label.quoted", text=view.option_label(arm)) for arm in few])
    least = next(gate.details["minimum_to_claim"] for gate in view.estimates.gates if gate.id == "arms")
    return [view.say("panorama.estimates_few", listed=listed, least=least)]
