"""Can the file be used: the conditions, their limits, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cdo_analysis.disclosure import EVERYBODY, Cell
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.study_view import View

GateState = Literal["ok", "attention", "blocking"]

ENOUGH_RESPONDENTS, FEWEST_RESPONDENTS = 100, 30
MOST_LEFT_OUT, MOST_INVALID, MOST_MISSING, MOST_FLAGGED = 0.10, 0.01, 0.20, 0.15
MOST_DESIGN_EFFECT = 2.0
_WORST_FIRST = ("blocking", "attention", "ok")


@dataclass(frozen=True)
class Gate:
    """One condition for using a survey: its state and what was found."""

    id: str
    state: GateState
    found: str = ""


def gates(view: View) -> list[Gate]:
    """Return the conditions that a survey meets or not, worst first."""
    found = [*_record_gates(view), *_answer_gates(view), *_design_gates(view)]
    return sorted(found, key=lambda gate: _WORST_FIRST.index(gate.state))


def _record_gates(view: View) -> list[Gate]:
    steps = view.study.table("flow").set_index("step")["n"]
    kept, received = int(steps["kept"]), int(steps["received"])
    left_out = 1 - kept / received
    return [
        Gate("respondents", _size_state(kept), view.numbers.number(kept)),
        Gate("left_out", _at_most(left_out, MOST_LEFT_OUT), view.numbers.share(left_out)),
    ]


def _answer_gates(view: View) -> list[Gate]:
    missing = view.study.table("missing")
    asked = max(int((missing != "not_asked").to_numpy().sum()), 1)
    unanswered = float(missing.isin(["no_answer", "abandoned"]).to_numpy().sum()) / asked
    invalid = float((missing == "invalid").to_numpy().sum()) / asked
    flagged = float(view.study.table("flags").any(axis=1).mean())
    return [
        Gate("invalid", _at_most(invalid, MOST_INVALID), _fine_share(view, invalid)),
        Gate("unanswered", _at_most(unanswered, MOST_MISSING), view.numbers.share(unanswered)),
        Gate("flagged", _at_most(flagged, MOST_FLAGGED), view.numbers.share(flagged)),
    ]


def _design_gates(view: View) -> list[Gate]:
    effect = float(view.study.info["weighting"]["design_effect"])
    return [
        Gate("design_effect", _at_most(effect, MOST_DESIGN_EFFECT), view.numbers.number(effect, 2)),
        Gate("margins", "ok" if view.study.has("margins") else "attention"),
        *_unit_gate(view),
        Gate("sampling", "ok" if view.book.probability_sample else "attention"),
    ]


def _unit_gate(view: View) -> list[Gate]:
    """Return whether respondents and margins are of one unit, where both say what they are."""
    facts = view.study.info["weighting"]
    if not (facts["unit"] and facts["margins_unit"]):
        return []
    return [Gate("units", "ok" if facts["unit"] == facts["margins_unit"] else "attention")]


def _size_state(kept: int) -> GateState:
    return "ok" if kept >= ENOUGH_RESPONDENTS else "attention" if kept >= FEWEST_RESPONDENTS else "blocking"


def _at_most(value: float, most: float) -> GateState:
    return "ok" if value <= most else "attention"


def _fine_share(view: View, value: float) -> str:
    """Write a share that is small when all is well, with two decimals."""
    percent = "\u00a0%" if view.language == "fr" else "%"
    return f"{view.numbers.number(value * 100, 2)}{percent}"


def gate_table(view: View) -> Exhibit:
    """Return the conditions for using the survey, worst first: state, what was found, the rule, what to do."""
    rows = []
    for gate in gates(view):
        action = view.say(f"gate.{gate.id}_action") if gate.state != "ok" else ""
        said = [view.say(f"gate.{gate.id}"), view.say(f"state.{gate.state}"), gate.found]
        rows.append([*said, view.say(f"gate.{gate.id}_rule"), action])
    header = [view.say(f"quality.gate_{name}") for name in ("condition", "state", "found", "rule", "action")]
    table = TableView(header, rows, numeric=(False, False, True, False, False))
    flagged = Cell.of({"flag:any": "yes"})
    facts = published.counted(view, [EVERYBODY]) + published.rounded(view, [flagged], EVERYBODY)
    notes = view.notes(weighted=False)
    return view.exhibit("gates", view.say("quality.gates_title"), table=table, notes=notes, published=facts)
