"""The method: how the survey was made and read."""

from __future__ import annotations

from cdo_analysis.exhibits.exhibit import Exhibit
from cdo_analysis.exhibits.study_view import View


def methods(view: View) -> Exhibit:
    """Return how the survey was made and read: what a reviewer asks first."""
    return view.exhibit("methods", view.say("methods.title"), bullets=[*_survey_words(view), *_study_words(view)])


def _survey_words(view: View) -> list[str]:
    population = view.book.population.of(view.language) or view.say("notes.respondents")
    return [
        view.say("methods.instrument", codebook=view.book_words, origin=view.book.origin.of(view.language)),
        view.say("methods.population", population=population),
        view.say("methods.recruitment"),
        _weighting_words(view),
        view.say("methods.precision"),
        view.say("methods.missing"),
    ]


def _weighting_words(view: View) -> str:
    if not view.study.has("margins"):
        return view.say("methods.no_weighting")
    facts = view.study.info["weighting"]
    source = facts["margins_source"] or view.numbers.absent
    return view.say("methods.weighting", method=view.say(f"methods.method_{facts['method']}"), source=source)


def _study_words(view: View) -> list[str]:
    info, limits = view.study.info, view.profile
    version, sha = info["versions"]["cdo-analysis"], info["data"]["sha256"][:12]
    return [
        view.say("methods.disclosure", profile=limits.id, count=limits.count, mean=limits.mean),
        *([view.say("disclosure.rounding", step=limits.rounding)] if limits.rounding > 1 else []),
        view.say("methods.personal"),
        view.say("methods.versions", version=version, id=view.study.id, sha=sha),
        view.say("methods.command", command=_command(view)),
    ]


def _command(view: View) -> str:
    file, seed = view.study.info["data"]["file"], view.study.info["options"]["seed"]
    margins = " --margins …" if view.study.has("margins") else ""
    unit = " --other-unit" if view.other_unit else ""
    return f"cdo-analysis fit {file} --codebook {view.book.id} --seed {seed}{margins}{unit}"
