"""What names or reaches a person: found at reading, set apart from the answers, hidden in free texts."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable

import pandas as pd

from cdo_analysis.codebook import Codebook
from cdo_analysis.errors import UsageError
from cdo_analysis.intake.bands import fold
from cdo_analysis.intake.issues import IssueLog
from cdo_analysis.intake.names import NAME, find_names, hide_names

SHORTEST_KEY = 16
MOSTLY = 0.5
FEWEST_AT_ONE_ADDRESS = 3
FEWEST_AT_ONCE, AT_ONCE = 3, pd.Timedelta(minutes=1)

_BYTE = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_PATTERNS = {
    "e-mail": re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"),
    "IBAN": re.compile(r"\b[A-Z]{2}[0-9]{2}(?:[ ]?[A-Z0-9]{4}){3,7}(?:[ ]?[A-Z0-9]{1,3})?\b"),
    "social security number": re.compile(
        r"\b[12][ ]?[0-9]{2}[ ]?(?:0[1-9]|1[0-2])[ ]?(?:[0-9]{2}|2[AB])[ ]?[0-9]{3}[ ]?[0-9]{3}(?:[ ]?[0-9]{2})?\b"
    ),
    "telephone": re.compile(
        r"(?<![\w.,])(?:(?:\+|00)[1-9][0-9]{0,2}[ .-]?(?:\(0\))?|0)[1-9](?:[ .-]?[0-9]{2}){4}(?!\w)"
    ),
    "IP address": re.compile(rf"(?<![\w.]){_BYTE}(?:\.{_BYTE}){{3}}(?![\w.])"),
}  # fmt: skip
_MARKS = set("@0123456789")
_HEALTH = re.compile(
    r"\b(?:arrets? maladie|maladies?|burn-?out|depression|depressif|depressive|cancer|handicap\w*|grossesse|enceinte|"
    r"diabete|vih|accident du travail|sick leave|illness|disabled|disability|pregnant|pregnancy)\b"
)
_CONTACT_HEADERS = re.compile(
    r"(?:.*\b)?(?:e-?mail|courriel|messagerie|recipientemail|telephone|phone|mobile|portable|tel|fax|nom|prenom|"
    r"name|firstname|lastname|recipientlastname|recipientfirstname|contact|adresse|address|username|linkedin)(?:\b.*)?"
)
_MACHINE_HEADERS = re.compile(
    r"(?:ip|ipaddr|ip ?address|adresse ip|ipaddress|location(?:latitude|longitude|accuracy)|_?geolocation|latitude|"
    r"longitude|_?gps.*|deviceid|device id|subscriberid|simserial|phonenumber|user ?agent|browser meta info|"
    r"refurl|referrer url|url referente|q_.*ipaddress)"
)
_BROWSERS = re.compile(r"(?:user ?agent|browser|navigateur)(?: ?meta info)?")
_ADDRESSES = re.compile(r"(?:ip|ipaddr|ip ?address|adresse ip|ipaddress)")


def find_personal(text: str) -> tuple[str, ...]:
    """Return the kinds of personal data that a text holds.

    Examples
    --------
    >>> find_personal("Appelez Mme Martin au 06 12 34 56 78 ou martin@exemple.fr"), find_personal("12 000 salariés")
    (('e-mail', 'telephone', 'name of a person'), ())
    """
    kinds = [kind for kind, pattern in _PATTERNS.items() if pattern.search(text)] if _MARKS & set(text) else []
    return (*kinds, NAME) if find_names(text) else tuple(kinds)


def hide_personal(text: str) -> str:
    """Return a text whose personal data are replaced by their kind.

    Examples
    --------
    >>> hide_personal("Mon numéro : 06.12.34.56.78")
    'Mon numéro : [telephone]'
    """
    for kind, pattern in _PATTERNS.items():
        text = pattern.sub(f"[{kind}]", text)
    return hide_names(text)


def set_apart(cells: pd.DataFrame, codebook: Codebook, log: IssueLog) -> pd.DataFrame:
    """Return the columns beside the questionnaire that hold personal data, by their headers or by what is in them.

    Parameters
    ----------
    cells : DataFrame of str
    codebook : Codebook
    log : IssueLog
        Receives a row a column; never what it holds.

    Returns
    -------
    DataFrame of str
    """
    asked = {item.column for item in codebook}
    found = {}
    for header in cells.columns:
        if header in asked:
            continue
        kind = _kind_of(header, cells[header])
        if kind:
            found[header] = cells[header]
            log.add("personal_column", column=header[:60], value=header, what=kind)
    return pd.DataFrame(found, index=cells.index, copy=False)


def _kind_of(header: str, texts: pd.Series) -> str:
    folded = fold(header)
    if _MACHINE_HEADERS.fullmatch(folded):
        return "the address or place of a machine"
    if len(folded) <= 40 and _CONTACT_HEADERS.fullmatch(folded):
        return "a name or a way to reach somebody"
    written = [text for text in texts.cat.categories if text.strip()]
    kinds = [find_personal(text) for text in written[:200]]
    told = sum(bool(kind) for kind in kinds)
    return kinds[[bool(k) for k in kinds].index(True)][0] if kinds and told > MOSTLY * len(kinds) else ""


def contacts_of(apart: pd.DataFrame) -> pd.DataFrame:
    """Return what reaches a person among the columns set apart; addresses of machines and places are dropped."""
    kept = [
        header
        for header in apart.columns
        if not _MACHINE_HEADERS.fullmatch(fold(header)) and _kind_of(header, apart[header]) != "IP address"
    ]
    return apart[kept].astype(object).astype("str")


def flag_same_address(apart: pd.DataFrame, lines: pd.Series, log: IssueLog) -> pd.Series:
    """Flag records that came from one machine; the address itself is never told."""
    flagged = pd.Series(False, index=apart.index)
    for header in apart.columns:
        if not _ADDRESSES.fullmatch(fold(header)):
            continue
        address = apart[header].astype("str").str.strip()
        n = address.map(address[address.ne("")].value_counts()).fillna(0)
        many = n >= FEWEST_AT_ONE_ADDRESS
        log.add_cells("same_address", n[many].astype(int).astype(str), lines=lines, item="")
        flagged |= many
    return flagged


def flag_bursts(apart: pd.DataFrame, submitted: pd.Series, lines: pd.Series, log: IssueLog) -> pd.Series:
    """Flag records of one browser of which several were sent within a minute; the browser itself is never told."""
    flagged = pd.Series(False, index=apart.index)
    for header in apart.columns:
        if not _BROWSERS.fullmatch(fold(header)):
            continue
        sent = pd.DataFrame({"browser": apart[header].astype("str").str.strip(), "when": submitted})
        sent = sent[sent["browser"].ne("") & sent["when"].notna()].sort_values(["browser", "when"], kind="stable")
        ahead = FEWEST_AT_ONCE - 1
        times = sent.groupby("browser")["when"]
        starts = (times.shift(-ahead) - sent["when"]) <= AT_ONCE
        burst = pd.concat(
            [starts.groupby(sent["browser"]).shift(back, fill_value=False) for back in range(ahead + 1)], axis=1
        )
        found = sent.index[burst.any(axis=1)]
        many = pd.Series(str(FEWEST_AT_ONCE) + " or more", index=found, dtype=object)
        log.add_cells("sent_at_once", many, lines=lines, item="")
        flagged[found] = True
    return flagged


def mask_texts(responses: pd.DataFrame, codebook: Codebook, lines: pd.Series, log: IssueLog) -> pd.DataFrame:
    """Hide personal data in the free texts that the codebook does not mark as personal, and say where.

    Parameters
    ----------
    responses : DataFrame
        As in :class:`~cdo_analysis.intake.Survey`.
    codebook : Codebook
    lines : Series of int
    log : IssueLog
        Receives a row a text; the text is not told.

    Returns
    -------
    DataFrame
        A new frame where something was hidden.
    """
    masked = {}
    for item in codebook:
        if item.kind != "text" or item.personal or item.name == codebook.roles.company_name:
            continue
        texts = responses[item.name].dropna()
        kinds = texts.map(find_personal)
        found = kinds[kinds.map(bool)]
        for respondent, what in found.items():
            log.add(
                "personal_text", respondent=str(respondent), line=int(lines[str(respondent)]), item=item.name,
                what=", ".join(what),
            )  # fmt: skip
        if len(found):
            hidden = responses[item.name].copy()
            hidden.loc[found.index] = texts.loc[found.index].map(hide_personal)
            masked[item.name] = hidden
        _tell_sensitive(texts, item.name, lines, log)
    return responses.assign(**masked) if masked else responses


def _tell_sensitive(texts: pd.Series, name: str, lines: pd.Series, log: IssueLog) -> None:
    for respondent, text in texts.items():
        word = _HEALTH.search(fold(text))
        if word:
            log.add(
                "sensitive_text", respondent=str(respondent), line=int(lines[str(respondent)]), item=name, value=word[0]
            )


def pseudonyms(identifiers: Iterable[str], key: bytes) -> list[str]:
    """Return a keyed hash of each identifier: the same key gives the same names, and without it none can be found.

    Parameters
    ----------
    identifiers : iterable of str
    key : bytes
        At least 16 bytes, kept apart from the data: nine digits could be tried one by one without it.

    Raises
    ------
    UsageError
        The key is too short.

    Examples
    --------
    >>> pseudonyms(["732829320"], b"a key of sixteen")
    ['p-5bf9ec3cd8a761a3']
    """
    if len(key) < SHORTEST_KEY:
        raise UsageError(f"the key of pseudonyms has {len(key)} bytes; write at least {SHORTEST_KEY} of them.")
    return ["p-" + hmac.new(key, text.encode("utf-8"), hashlib.sha256).hexdigest()[:16] for text in identifiers]
