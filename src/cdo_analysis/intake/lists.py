"""A tick list that stands in one cell: "CRM; ERP;" to one reading an option."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cdo_analysis.codebook import Item
from cdo_analysis.intake.values import Reading, fold, option_names, read_missing

_SEPARATORS = (";", ",", "|", "\n", " ")


def read_list(text: str, options: Sequence[Item]) -> list[Reading]:
    """Read one cell for every option of a list.

    Parameters
    ----------
    text : str
        The cell. An option's name may hold the separator: the longest name that fits is taken.
    options : sequence of Item
        The options, with one separator.

    Returns
    -------
    list of Reading
        One an option: ``ticked`` or ``not_ticked``. Where a part of the cell is no option of the list, the options
        that were not found are ``invalid``: one of them may be what is meant.

    Examples
    --------
    >>> from cdo_analysis.codebook import Text
    >>> crm, erp = (Item(n, "T", "choice", Text(n), code=n, separator=";") for n in ("crm", "erp"))
    >>> [reading.value for reading in read_list("ERP;", [crm, erp])]
    ['0', '1']
    >>> [reading.missing for reading in read_list("crm;epr", [crm, erp])]
    [None, 'invalid']
    """
    separator = options[0].separator
    names = [option_names(option) for option in options]
    parts = [part for part in text.split(separator) if part.strip()]
    if not parts:
        return [Reading(missing="no_answer", rule="blank")] * len(options)
    found, unknown = _match(parts, separator, frozenset().union(*names))
    missing = read_missing(text)
    if not found and missing:
        return [missing] * len(options)
    written_out = any(option.other for option in options)  # what no option names is the text of "other"
    rest = Reading("0", None, "not_ticked")
    if unknown and not written_out:
        rest = Reading(missing="invalid", rule="unknown_answer")
    return [
        Reading("1", None, "other_text" if unknown and option.other else "ticked")
        if own & found or (unknown and option.other)
        else rest
        for option, own in zip(options, names, strict=True)
    ]


def best_separator(texts: Iterable[str], options: Sequence[Item]) -> str:
    """Return the mark by which most cells are lists of `options`: ``;``, ``,``, ``|``, a line end or a blank.

    Examples
    --------
    >>> from cdo_analysis.codebook import Text
    >>> both = [Item(n, "T", "choice", Text(n), code=n) for n in ("crm", "erp")]
    >>> best_separator(["crm erp", "erp"], both), best_separator(["crm, erp"], both)
    (' ', ',')
    """
    names = frozenset().union(*(option_names(option) for option in options))
    written = [text for text in texts if text.strip()]

    def fits(mark: str) -> int:
        parts = ([part for part in text.split(mark) if part.strip()] for text in written)
        return sum(not _match(cut, mark, names)[1] for cut in parts)

    best, most = _SEPARATORS[0], -1
    for mark in _SEPARATORS:
        n = fits(mark)
        if n > most:
            best, most = mark, n
        if most == len(written):
            break
    return best


def _match(parts: list[str], separator: str, names: frozenset[str]) -> tuple[set[str], list[str]]:
    """Return the names that the parts make, several parts together where they must, and the parts left over."""
    found: set[str] = set()
    unknown: list[str] = []
    most = max((name.count(separator.strip() or " ") for name in names), default=0) + 1  # parts of the longest name
    start = 0
    while start < len(parts):
        ends = range(min(len(parts), start + most), start, -1)
        joined = ((end, fold(separator.join(parts[start:end]))) for end in ends)
        end, name = next(((end, name) for end, name in joined if name in names), (start + 1, ""))
        if name:
            found.add(name)
        else:
            unknown.append(parts[start])
        start = end
    return found, unknown
