"""The head of the report on quality: the verdict, and how many records were received, left out and kept."""

from __future__ import annotations

import pandas as pd

from cdo_analysis import figures
from cdo_analysis.disclosure import EVERYBODY
from cdo_analysis.exhibits import published
from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.quality.conditions import gates
from cdo_analysis.exhibits.study_view import View


def cover(view: View) -> Exhibit:
    """Return the head of the report: the verdict, how many answered, what the report says."""
    data = view.study.info["data"]
    received, kept = view.numbers.number(data["received"]), view.numbers.number(data["respondents"])
    lead = view.say("quality.lead", kept=kept, received=received, items=len(view.book.items))
    head = view.cover(_verdict(view), view.book.title.of(view.language), [lead])
    return head.publishing(published.counted(view, [EVERYBODY]))


def _verdict(view: View) -> str:
    states = [gate.state for gate in gates(view)]
    if "blocking" in states:
        return view.say("quality.title_blocking")
    attention = states.count("attention")
    if attention == 0:
        return view.say("quality.title_ok")
    return view.say("quality.title_attention_one" if attention == 1 else "quality.title_attention", n=attention)


def flow(view: View) -> Exhibit:
    """Return how many records were received, left out at each step, and kept."""
    steps = view.study.table("flow")
    names = [view.say(f"flow.{step}") for step in steps["step"]]
    rows = [[name, view.numbers.number(n)] for name, n in zip(names, steps["n"], strict=True)]
    header = [view.say("label.step"), view.say("label.records")]
    kept, received = int(steps["n"].iloc[-1]), int(steps["n"].iloc[0])
    fields = {
        "kept": view.numbers.number(kept),
        "received": view.numbers.number(received),
        "parts": view.join_parts(" ".join(row) for row in rows),
    }
    drawn = pd.DataFrame({"label": names, "estimate": steps["n"].astype(float)})
    return view.exhibit(
        "flow",
        axes=figures.bars(drawn, numbers=view.numbers, label=view.say("label.records")),
        table=TableView(header, rows, numeric=(False, True)),
        published=published.counted(view, [EVERYBODY]),
        **view.caption("quality.flow", fields, n=kept, weighted=False),
    )
