"""What goes wrong in survey files, done on purpose and written down, so that an intake can be checked against it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Codebook, Item
from cdo_analysis.datasets.answers import yes_and_no
from cdo_analysis.datasets.dirt_cells import CELL_DIRT
from cdo_analysis.datasets.mess import Mess
from cdo_analysis.datasets.planted import planted

_ISO = "%Y-%m-%d %H:%M:%S"


def soil(cells: pd.DataFrame, book: Codebook, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Spoil a clean table of text.

    Parameters
    ----------
    cells : DataFrame of str
        Index: respondent; a column an item; not changed.
    book : Codebook
        The questionnaire.
    rng : Generator
        Source of randomness.

    Returns
    -------
    table : DataFrame of str
        The spoilt table, with more rows than `cells`.
    log : DataFrame
        What was done: line, respondent, item, kind, before, after.
    """
    mess = Mess(cells, book, rng)
    for kinds in (CARELESS, CELL_DIRT, MORE_ROWS):
        for kind, spoil in kinds.items():
            spoil(mess, kind)
    mess.join_added()
    _write_french(mess)
    return mess.table(), mess.log()


def dirt_kinds() -> list[str]:
    """Return the kinds of dirt that :func:`soil` puts in every file of forty respondents or more."""
    return [*CARELESS, *CELL_DIRT, *MORE_ROWS, "tick_style", "decimal_comma", "day_first"]


# --- careless respondents -------------------------------------------------------------------------------------


def _straight_line(mess: Mess, kind: str) -> None:
    """Give the same answer down every grid: 3 (or 4) where there is one, else the last column."""
    grids = [item for item in mess.book if _is_scale(item) and item.name != mess.book.roles.attention]
    for row in mess.rows(mess.book.roles.duration, mess.wanted(kind)):
        code = mess.one_of(("3", "4"))
        for item in grids:
            if mess.columns[item.name][row]:
                mess.columns[item.name][row] = code if code in item.codes else item.codes[-1]
        mess.note(row, "", kind, "", code)


def _is_scale(item: Item) -> bool:
    return item.kind == "choice" and not item.tick and (bool(item.stem) or {"3", "4"} <= set(item.codes))


def _speed(mess: Mess, kind: str) -> None:
    """Answer everything in a minute or two."""
    for row in mess.rows("duration_s", mess.wanted(kind)):
        seconds = int(mess.rng.integers(55, 140))
        started = datetime.strptime(mess.columns["started_at"][row], _ISO)
        mess.columns["submitted_at"][row] = (started + timedelta(seconds=seconds)).strftime(_ISO)
        mess.write(row, "duration_s", str(seconds), kind)


def _fail_attention(mess: Mess, kind: str) -> None:
    item, right = mess.book[mess.book.roles.attention], mess.book.roles.attention_code
    passed = mess.columns[item.name] == right
    for row in mess.rows(item.name, mess.wanted(kind), among=passed):
        mess.write(row, item.name, mess.one_of([code for code in item.codes if code != right]), kind)


def _contradict(mess: Mess, kind: str) -> None:
    """Tick "none of these" beside other rows of the list."""
    nones = [item for item in mess.book if item.exclusive]
    for place, count in enumerate(np.bincount(mess.rng.integers(len(nones), size=mess.wanted(kind)))):
        none = nones[place]
        rows = [item for item in mess.book if item.block == none.block and not item.exclusive]
        ticked = np.any([mess.columns[item.name] == item.codes[yes_and_no(item)[0]] for item in rows], axis=0)
        unticked = mess.columns[none.name] == none.codes[yes_and_no(none)[1]]
        for row in mess.rows(none.name, int(count), among=ticked & unticked):
            mess.write(row, none.name, none.codes[yes_and_no(none)[0]], kind)


CARELESS: Mapping[str, Callable[[Mess, str], None]] = MappingProxyType(
    {
        "straight_liner": _straight_line,
        "speeder": _speed,
        "failed_attention": _fail_attention,
        "contradictory_none": _contradict,
    }
)

# --- more rows than respondents -------------------------------------------------------------------------------


def _answer_earlier(mess: Mess, kind: str) -> None:
    """Have a first try, left half-way some days before, stand beside the whole answer."""
    names = list(mess.columns)
    for row in mess.rows("submitted_at", mess.wanted(kind)):
        cells = {name: str(mess.columns[name][row]) for name in names}
        stop = int(mess.rng.integers(len(names) // 3, len(names) // 2))
        cells |= dict.fromkeys(names[stop:], "") | {"duration_s": ""}
        days = int(mess.rng.integers(1, 6))
        for name in ("started_at", "submitted_at"):
            cells[name] = (datetime.strptime(cells[name], _ISO) - timedelta(days=days)).strftime(_ISO)
        first = mess.add_row(cells, mess.respondents[row], place=float(row) * mess.rng.random() - 0.5)
        mess.note(first, "", kind, "", f"stops before {names[stop]}")


def _repeat_rows(mess: Mess, kind: str) -> None:
    """Append some rows a second time, as when an export is pasted under another."""
    for row in mess.rows("submitted_at", mess.wanted(kind)):
        again = mess.add_row(
            {name: str(cells[row]) for name, cells in mess.columns.items()}, mess.respondents[row], place=np.inf
        )
        mess.note(again, "", kind, "", "")


def _try_out(mess: Mess, kind: str) -> None:
    """Leave the answers of those who tried the questionnaire before it opened."""
    for word, siren in zip(planted()["spelling"]["test"], ("000000000", "123456789"), strict=True):
        source = int(mess.rng.integers(len(mess.respondents)))
        cells = {name: str(column[source]) for name, column in mess.columns.items()}
        cells |= {"siren": siren, "company_name": word, "comment": word, "contact_email": "test@example.invalid"}
        opens = datetime.combine(planted()["field"]["opens"], datetime.min.time()) - timedelta(days=4, hours=-10)
        cells |= {"started_at": opens.strftime(_ISO), "submitted_at": (opens + timedelta(minutes=3)).strftime(_ISO)}
        cells["duration_s"] = "180"
        mess.note(mess.add_row(cells, "", place=-1.0), "", kind, "", word)


MORE_ROWS: Mapping[str, Callable[[Mess, str], None]] = MappingProxyType(
    {"earlier_answer": _answer_earlier, "exact_duplicate": _repeat_rows, "test_row": _try_out}
)

# --- the whole file -------------------------------------------------------------------------------------------


def _write_french(mess: Mess) -> None:
    """Write ticks, decimals and dates as a French platform and a French spreadsheet do."""
    styles = planted()["spelling"]["ticks"]
    blocks = list(dict.fromkeys(item.block for item in mess.book if item.tick))
    for place, block in enumerate(blocks):
        ticked, unticked = styles[place % len(styles)]
        mess.note(-1, block, "tick_style", "1/0", f"{ticked}/{unticked}")
    for item in mess.book:
        column = mess.columns[item.name]
        if item.tick:
            yes, no = (item.codes[place] for place in yes_and_no(item))
            written = dict(zip((yes, no), styles[blocks.index(item.block) % len(styles)], strict=True))
            mess.columns[item.name] = np.array([written.get(text, text) for text in column], dtype=object)
        elif item.kind in ("number", "choice"):
            mess.columns[item.name] = np.array(
                [re.sub(r"^(-?\d+)\.(\d+)$", r"\1,\2", text) for text in column], dtype=object
            )
        elif item.kind == "date":
            mess.columns[item.name] = np.array([_day_first(text) for text in column], dtype=object)
    mess.note(-1, "", "decimal_comma", ".", ",")
    mess.note(-1, "", "day_first", "yyyy-mm-dd", "dd/mm/yyyy")


def _day_first(text: str) -> str:
    """Write an ISO date as the French do; leave the rest as it is.

    Examples
    --------
    >>> _day_first("2026-03-12 14:05:00"), _day_first("2025-01-01"), _day_first("n.c.")
    ('12/03/2026 14:05', '01/01/2025', 'n.c.')
    """
    return re.sub(r"^(\d{4})-(\d\d)-(\d\d)( \d\d:\d\d)?(:\d\d)?$", lambda m: f"{m[3]}/{m[2]}/{m[1]}{m[4] or ''}", text)
