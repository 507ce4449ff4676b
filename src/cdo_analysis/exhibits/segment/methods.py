"""How the segment was compared with the rest, and how to make the report again."""

from __future__ import annotations

from cdo_analysis.exhibits.exhibit import Exhibit
from cdo_analysis.exhibits.segment.part import Segment
from cdo_analysis.exhibits.study_view import View


def methods(view: View, part: Segment) -> Exhibit:
    """Return the box on the comparison: the two sides, errors, how many tests, thresholds, the command."""
    compared = ("not_cause", "means", "shares", "many", "practices", "title_rule") if part.is_enough else ()
    names = ("sides", *compared, "thresholds")
    fields = {"count": view.profile.count, "mean": view.profile.mean, "reliable": view.profile.reliable}
    bullets = [view.say(f"segment.method_{name}", **fields) for name in names]
    pairs = " ".join(f"-p {name}={code}" for name, code in part.codes.items())
    bullets.append(view.say("segment.method_command", command=f"cdo-analysis report segment … {pairs}"))
    return view.exhibit("comparison", view.say("segment.method_title"), bullets=bullets)
