"""Is there any grouping, or one continuum? What comes before any profile, with what it rests on."""

from __future__ import annotations

import numpy as np

from cdo_analysis.exhibits.exhibit import Exhibit, TableView
from cdo_analysis.exhibits.panorama.portrait import active_numbers
from cdo_analysis.exhibits.panorama.profiles import best_bic, refused_names, verdict_of
from cdo_analysis.exhibits.study_view import View
from cdo_analysis.tables import rows_of


def grouping(view: View) -> Exhibit | None:
    """Return the verdict on grouping, the BIC of one continuum and of classes, and what follows for names.

    None where no profiles were sought.
    """
    if not view.study.has("profile_grouping"):
        return None
    verdict = verdict_of(view)
    return view.exhibit(
        "grouping",
        view.say(f"typology.verdict_{verdict}"),
        paragraphs=[
            view.say(f"typology.verdict_{verdict}_words"),
            bic_words(view),
            *([view.say("typology.cut_numbers")] if active_numbers(view) else []),
            *_bootstrap_words(view),
            *_shape_words(view),
            *refused_names(view),
        ],
        table=_models(view),
        notes=view.notes(reading=view.say("typology.grouping_reading"), n=len(view.scores)),
    )


def bic_words(view: View) -> str:
    """Return the sentence that sets the BIC of the continuum against that of the best classes."""
    bic = best_bic(view)
    one, several = (view.numbers.number(bic.get(name, np.nan), 1) for name in ("continuum", "best"))
    ordered = bic.get("ordered_classes", np.inf) <= bic.get("best", np.inf)
    return view.say(f"typology.bic{'_ordered' if ordered else ''}", continuum=one, classes=several, k=int(bic["k"]))


def _bootstrap_words(view: View) -> list[str]:
    facts = view.study.info["profiles"]
    if facts.get("p_continuum") is None:
        return []
    p = view.numbers.number(facts["p_continuum"], 3)
    return [view.say("typology.bootstrap", p=p, replicates=facts["replicates"])]


def _shape_words(view: View) -> list[str]:
    facts = view.study.info["profiles"]
    shape = facts.get("shape", "none")
    if shape == "none" or verdict_of(view) == "no_grouping":
        return []
    kind = shape if verdict_of(view) == "profiles" else "continuum"
    return [view.say(f"typology.shape_{kind}", share=view.numbers.share(facts["crossed"]))]


def _models(view: View) -> TableView:
    table = view.study.table("profile_grouping").sort_values("bic", kind="stable").drop_duplicates("model")
    lowest, rows = table["bic"].min(), []
    for row in rows_of(table):
        mark = "\u00a0←" if row.bic == lowest else ""
        name = view.say(f"typology.model_{row.model}", k=int(row.k)) + mark
        rows.append([name, view.numbers.number(row.log_likelihood, 1), str(int(row.parameters))])
        rows[-1].append(view.numbers.number(row.bic, 1))
    header = [view.say("typology.model"), view.say("label.log_likelihood"), view.say("label.parameters"), "BIC"]
    caption = view.say("typology.grouping_caption")
    return TableView(header, rows, numeric=(False, True, True, True), caption=caption)
