"""From the tables of a codebook file to its objects, one function a kind of table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from cdo_analysis.codebook.consistency import build_collection, build_consistency
from cdo_analysis.codebook.entry import Entry
from cdo_analysis.codebook.items import build_answer_lists, build_items
from cdo_analysis.codebook.model import (
    EXCLUSIVE_KEYS,
    SCORE_METHODS,
    Band,
    CdoBlock,
    Codebook,
    Dimension,
    Roles,
    Score,
)
from cdo_analysis.codebook.sampling import build_weighting
from cdo_analysis.codebook.variants import build_variant

_FILE_KEYS = (
    "id", "version", "title", "respondent", "probability_sample", "population", "origin", "roles", "answers",
    "dimension", "item", "score", "variant", "profiles", "cdo", "weighting", "consistency", "collection",
    "notes",
)  # fmt: skip
_SCORE_KEYS = (
    "id", "method", "label", "version", "official", "dimensions", "items", "bands", "exclusive", "minimum_coverage",
    "main",
)  # fmt: skip
_CDO_KEYS = ("arrangement", "observed", "outcome", "covariates")
_ROLES = tuple(role.name for role in fields(Roles))


def build_codebook(table: Mapping[str, Any], text: str, *, file: str) -> Codebook:
    """Build the codebook of a file, each table well formed; whether they fit together is checked afterwards.

    Parameters
    ----------
    table : mapping
        The file, parsed.
    text : str
        The file, as written.
    file : str
        What errors call it.

    Returns
    -------
    Codebook

    Raises
    ------
    CodebookError
        A key is unknown or lacking, or holds what it cannot hold.
    """
    top = Entry(file, "the file", table).only(_FILE_KEYS)
    lists = build_answer_lists(top)
    profiles = top.part("profiles").only(["active", "scores", "nested"])
    return Codebook(
        id=top.name("id"),
        version=top.text("version", ""),
        title=top.wording("title"),
        respondent=top.text("respondent", ""),
        dimensions=tuple(_dimension(entry) for entry in top.tables("dimension", by="id")),
        items=tuple(build_items(top, lists)),
        scores=tuple(_score(entry) for entry in top.tables("score", by="id")),
        variants=tuple(build_variant(entry) for entry in top.tables("variant", by="id")),
        active=profiles.names("active"),
        active_scores=profiles.names("scores"),
        nested=tuple(_nested(entry) for entry in profiles.tables("nested", "pair", by="dropped")),
        roles=_roles(top),
        cdo=_cdo(top) if "cdo" in top else None,
        weighting=build_weighting(top.part("weighting")),
        consistency=tuple(build_consistency(entry) for entry in top.tables("consistency", by="id")),
        collection=build_collection(top.part("collection")),
        probability_sample=top.flag("probability_sample"),
        population=top.optional_wording("population"),
        origin=top.optional_wording("origin"),
        source=text,
        file=file,
    )


def _dimension(entry: Entry) -> Dimension:
    entry.only(["id", "label"])
    return Dimension(entry.name("id"), entry.wording("label"))


def _nested(entry: Entry) -> tuple[str, str]:
    entry.only(["kept", "dropped"])
    return entry.name("kept"), entry.name("dropped")


def _score(entry: Entry) -> Score:
    entry.only(_SCORE_KEYS)
    coverage = entry.number("minimum_coverage", 0.5)
    if not 0.0 <= coverage <= 1.0:
        raise entry.wrong("minimum_coverage", "write a share between 0 and 1")
    return Score(
        id=entry.name("id"),
        method=entry.one_of("method", SCORE_METHODS),
        label=entry.wording("label"),
        version=entry.text("version", ""),
        official=entry.flag("official"),
        dimensions=entry.names("dimensions"),
        items=entry.names("items"),
        bands=tuple(_band(band) for band in entry.tables("bands", "band", by="id")),
        exclusive=entry.one_of("exclusive", EXCLUSIVE_KEYS, "drop"),
        minimum_coverage=coverage,
        main=entry.flag("main"),
    )


def _band(entry: Entry) -> Band:
    entry.only(["id", "start", "label"])
    return Band(entry.name("id"), entry.number("start"), entry.wording("label"))


def _roles(top: Entry) -> Roles:
    entry = top.part("roles").only(_ROLES)
    return Roles(**{role: entry.text(role) for role in entry.table})


def _cdo(top: Entry) -> CdoBlock:
    entry = top.part("cdo").only(_CDO_KEYS)
    return CdoBlock(
        arrangement=entry.name("arrangement"),
        observed=entry.names("observed"),
        outcome=entry.text("outcome", ""),
        covariates=entry.names("covariates"),
    )
