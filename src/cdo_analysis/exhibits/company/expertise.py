"""Kinds of expertise: which ones the company says it needs, which of them nobody brings, which have aged."""

from __future__ import annotations

from dataclasses import dataclass

from cdo_analysis.exhibits.study_view import View

KINDS = ("seo", "ux", "technical", "data", "systems")
"""The five kinds of the founding article: SEO, UX, technical, data, IT systems."""

_TICKED = "1"


@dataclass(frozen=True)
class Expertise:
    """Kinds of expertise of one company, as words.

    Attributes
    ----------
    asked : bool
        False where the survey did not ask, or the company did not answer, which ones it needs.
    needed : tuple of str
        Those that it says it needs.
    missing : tuple of str
        Those of them that it has not bought in the last twelve months.
    aged : tuple of str
        Those in which the knowledge of whoever leads digital calls for an update.
    """

    asked: bool
    needed: tuple[str, ...]
    missing: tuple[str, ...]
    aged: tuple[str, ...]


def expertise_of(view: View, company: str) -> Expertise:
    """Return which kinds of expertise a company needs, lacks, and has to update."""
    needed, bought, aged = (_ticked(view, company, block) for block in ("need", "expert", "aged"))
    if needed is None:
        return Expertise(False, (), (), _words(view, aged or ()))
    missing = tuple(kind for kind in needed if kind not in (bought or ()))
    return Expertise(True, _words(view, needed), _words(view, missing), _words(view, aged or ()))


def expertise_sentences(view: View, company: str) -> tuple[str, ...]:
    """Return what is said of the expertise that a company lacks."""
    found = expertise_of(view, company)
    if not found.asked:
        return (view.say("company.expertise_unknown"),)
    if not found.needed:
        said = [view.say("company.expertise_none")]
    elif found.missing:
        said = [view.say("company.expertise_missing", listed=view.list_words(found.missing))]
    else:
        said = [view.say("company.expertise_covered", listed=view.list_words(found.needed))]
    if found.aged:
        said.append(view.say("company.expertise_aged", listed=view.list_words(found.aged)))
    return tuple(said)


def _ticked(view: View, company: str, block: str) -> tuple[str, ...] | None:
    """Return the kinds that were ticked in a list; None where it was not put, or not answered."""
    columns = [name for name in (f"{block}_{kind}" for kind in KINDS) if name in view.responses]
    own = view.responses.loc[company, columns]
    if not columns or own.isna().all():
        return None
    return tuple(name.partition("_")[2] for name in columns if own[name] == _TICKED)


def _words(view: View, kinds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(view.say(f"expertise.{kind}") for kind in kinds)
