"""Findings as lines to read, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from cdo_analysis.messages import Catalogue, catalogue
from cdo_analysis.workbench.doctor.finding import Finding


def tell_findings(findings: Sequence[Finding], *, language: str = "fr", as_json: bool = False) -> str:
    """Write findings: a line each, and a remedy under each that is not well.

    Parameters
    ----------
    findings : sequence of Finding
    language : {'fr', 'en'}
    as_json : bool
        A JSON object, ``{"ok": …, "checks": [{"check", "state", "found", "remedy"}]}``.

    Returns
    -------
    str
    """
    say = catalogue(language)
    if not as_json:
        return "\n".join([*_lines(findings, say), _summary(findings, say)])
    told = [
        {"check": one.check, "state": one.state, "found": _found(one, say), "remedy": _remedy(one, say)}
        for one in findings
    ]
    return json.dumps({"ok": not any(_failed(one) for one in findings), "checks": told}, ensure_ascii=False, indent=1)


def _failed(finding: Finding) -> bool:
    return finding.state == "failed"


def _lines(findings: Sequence[Finding], say: Catalogue) -> Iterator[str]:
    states = {state: say(f"doctor.state_{state}") for state in ("ok", "warning", "failed")}
    names = {one.check: say(f"doctor.{one.check}.name") for one in findings}
    wide, long = max(map(len, states.values())), max(map(len, names.values()))
    for one in findings:
        yield f"{states[one.state]:<{wide}}  {names[one.check]:<{long}}  {_found(one, say)}"
        if one.state != "ok":
            yield f"{'':<{wide}}  {'':<{long}}  → {_remedy(one, say)}"


def _found(finding: Finding, say: Catalogue) -> str:
    key = f"doctor.{finding.check}.{finding.said}"
    return say(key if key in say else f"doctor.{finding.said}", **_fields(finding, say))


def _remedy(finding: Finding, say: Catalogue) -> str:
    if finding.state == "ok":
        return ""
    key = f"doctor.{finding.check}.{finding.said}_remedy"
    return say(key if key in say else f"doctor.{finding.said}_remedy", **_fields(finding, say))


def _fields(finding: Finding, say: Catalogue) -> dict[str, str]:
    written = say.numbers.number
    return {name: value if isinstance(value, str) else written(value) for name, value in finding.fields.items()}


def _summary(findings: Sequence[Finding], say: Catalogue) -> str:
    failed, warned = (sum(one.state == state for one in findings) for state in ("failed", "warning"))
    return say(f"doctor.summary_{'failed' if failed else 'ok'}", failed=failed, warned=warned, checks=len(findings))
