"""Read a codebook from TOML, and say in one sentence what is wrong with it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from cdo_analysis.codebook.model import (
    EXCLUSIVE_KEYS,
    ITEM_KINDS,
    MISSING_KINDS,
    SCORE_METHODS,
    Answer,
    Band,
    CdoBlock,
    Codebook,
    Condition,
    Dimension,
    Item,
    Roles,
    Score,
    Text,
)
from cdo_analysis.errors import CodebookError, did_you_mean
from cdo_analysis.resources import package_dir

Table = Mapping[str, Any]

_KEYS: dict[str, frozenset[str]] = {
    "codebook": frozenset(
        [
            "id",
            "version",
            "title",
            "respondent",
            "probability_sample",
            "population",
            "origin",
            "roles",
            "answers",
            "dimension",
            "item",
            "score",
            "profiles",
            "cdo",
            "notes",
        ]
    ),
    "answers": frozenset(["id", "answers"]),
    "answer": frozenset(["code", "label", "value", "missing", "arrangement"]),
    "dimension": frozenset(["id", "label"]),
    "item": frozenset(
        [
            "name",
            "column",
            "kind",
            "question",
            "answers",
            "dimension",
            "block",
            "reverse",
            "asked_if",
            "unit",
            "bounds",
            "check",
            "personal",
            "required",
        ]
    ),
    "battery": frozenset(
        [
            "name",
            "rows",
            "question",
            "select",
            "answers",
            "none",
            "dimension",
            "reverse",
            "asked_if",
            "column",
            "separator",
            "required",
        ]
    ),
    "row": frozenset(["name", "column", "label", "reverse", "exclusive", "code", "dimension"]),
    "condition": frozenset(["item", "codes"]),
    "score": frozenset(
        [
            "id",
            "method",
            "label",
            "version",
            "official",
            "dimensions",
            "items",
            "bands",
            "exclusive",
            "minimum_coverage",
            "main",
        ]
    ),
    "band": frozenset(["id", "start", "label"]),
    "profiles": frozenset(["active"]),
    "cdo": frozenset(["arrangement", "observed", "outcome", "covariates"]),
    "roles": frozenset(Roles.__dataclass_fields__),
}

_TICKED = (
    Answer("1", Text("Oui", "Yes"), value=1.0),
    Answer("0", Text("Non", "No"), value=0.0),
)


def codebook_ids() -> list[str]:
    """Return the ids of the codebooks that ship with the package."""
    return sorted(path.stem for path in package_dir("codebooks").glob("*.toml"))


def load_codebook(source: str | Path) -> Codebook:
    """Load a codebook by id, or from a TOML file.

    Parameters
    ----------
    source : str or Path
        Id of a codebook of the package (``"cdo-2026"``), or path of a TOML file.

    Returns
    -------
    Codebook

    Raises
    ------
    CodebookError
        In one sentence: the file, the table, what is wrong there and how to mend it.

    Examples
    --------
    >>> book = load_codebook("cdo-2026")
    >>> book["website"].dimension
    'readiness'
    """
    path = _locate(source)
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise CodebookError(f"{path.name} is not UTF-8 text; save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise CodebookError(f"{path.name} is not valid TOML: {error}; mend that line.") from error
    except OSError as error:
        raise CodebookError(f"{path.name} cannot be read: {error.strerror}.") from error
    return _Builder(path.name).build(table, text)


def read_codebook(text: str, name: str) -> Codebook:
    """Build a codebook from the text of a TOML file; `name` is what errors call it."""
    return _Builder(name).build(tomllib.loads(text), text)


def _locate(source: str | Path) -> Path:
    bundled = package_dir("codebooks") / f"{source}.toml"
    if str(source) in codebook_ids():
        return bundled
    path = Path(source)
    if path.is_file():
        return path
    if path.is_dir():
        raise CodebookError(
            f"{source} is a folder; name a codebook (a TOML file or one of {codebook_ids()})."
        )
    raise CodebookError(
        f"no codebook '{source}'{did_you_mean(str(source), codebook_ids())} A path to a TOML file works too."
    )


class _Builder:
    """Turns the tables of one TOML file into a codebook; knows the file name for its errors."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.answer_lists: dict[str, tuple[Answer, ...]] = {}

    def build(self, table: Table, text: str) -> Codebook:
        self._known(table, "codebook", "the file")
        for lists in table.get("answers", []):
            self._known(lists, "answers", "[[answers]]")
            where = f"[[answers]] '{lists.get('id', '?')}'"
            self.answer_lists[self._need(lists, "id", where)] = self._answers(lists.get("answers", []), where)
        book = Codebook(
            id=self._need(table, "id", "the file"),
            version=str(table.get("version", "")),
            title=self._text(self._need(table, "title", "the file"), "title"),
            respondent=str(table.get("respondent", "")),
            dimensions=tuple(self._dimension(entry) for entry in table.get("dimension", [])),
            items=tuple(self._items(table)),
            scores=tuple(self._score(entry) for entry in table.get("score", [])),
            active=tuple(self._sub(table, "profiles").get("active", ())),
            roles=Roles(**self._sub(table, "roles")),
            cdo=self._cdo(table),
            probability_sample=bool(table.get("probability_sample", False)),
            population=self._text(table.get("population", ""), "population"),
            origin=self._text(table.get("origin", ""), "origin"),
            source=text,
        )
        self._check_names(book)
        self._check_references(book)
        self._check_scores(book)
        return book

    # --- parts ------------------------------------------------------------------------------------------------

    def _items(self, table: Table) -> Iterable[Item]:
        """Yield items in the order of the file; an entry with `rows` is a battery, an item a row."""
        for entry in table.get("item", []):
            if "rows" in entry:
                yield from self._battery(entry)
            else:
                yield self._item(entry)

    def _item(self, entry: Table) -> Item:
        where = f"[[item]] '{entry.get('name', '?')}'"
        self._known(entry, "item", where)
        name = self._need(entry, "name", where)
        kind = entry.get("kind", "choice")
        self._one_of(kind, ITEM_KINDS, "kind", where)
        answers = self._answers(entry.get("answers", []), where)
        if kind == "choice" and not answers:
            raise self._error(
                where, "is a choice without answers", "write answers = [...] or the id of an [[answers]] list"
            )
        return Item(
            name=name,
            column=entry.get("column", name),
            kind=kind,
            question=self._text(self._need(entry, "question", where), where),
            block=entry.get("block", name),
            answers=answers,
            dimension=entry.get("dimension", ""),
            reverse=bool(entry.get("reverse", False)),
            asked_if=self._conditions(entry, where),
            unit=entry.get("unit", ""),
            bounds=self._bounds(entry, where),
            check=entry.get("check", ""),
            personal=bool(entry.get("personal", False)),
            required=bool(entry.get("required", True)),
        )

    def _battery(self, entry: Table) -> Iterable[Item]:
        where = f"[[item]] '{entry.get('name', '?')}'"
        self._known(entry, "battery", where)
        block = self._need(entry, "name", where)
        tick = entry.get("select", "each") == "any"
        self._one_of(entry.get("select", "each"), ("each", "any"), "select", where)
        answers = _TICKED if tick else self._answers(entry.get("answers", []), where)
        if not answers:
            raise self._error(
                where, "has no answers", 'write answers = "…" (an [[answers]] id) or select = "any"'
            )
        rows = list(self._need(entry, "rows", where))
        if "none" in entry:
            rows.append({**entry["none"], "exclusive": True, "dimension": ""})
        separator = str(entry.get("separator", ";" if "column" in entry else ""))
        for row in rows:
            here = f"{where}, row '{row.get('name', '?')}'"
            self._known(row, "row", here)
            name = self._need(row, "name", here)
            yield Item(
                name=name,
                column=entry["column"] if separator else row.get("column", name),
                kind="choice",
                question=self._text(self._need(row, "label", here), here),
                stem=self._text(self._need(entry, "question", where), where),
                block=block,
                answers=answers,
                dimension=row.get("dimension", entry.get("dimension", "")),
                reverse=bool(row.get("reverse", entry.get("reverse", False))),
                tick=tick,
                exclusive=bool(row.get("exclusive", False)),
                asked_if=self._conditions(entry, where),
                code=str(row.get("code", "")),
                separator=separator,
                required=bool(entry.get("required", True)),
            )

    def _answers(self, entries: str | list[Table], where: str) -> tuple[Answer, ...]:
        if isinstance(entries, str):
            if entries not in self.answer_lists:
                raise self._error(
                    where,
                    f"names the answers '{entries}'",
                    f"declare them in [[answers]]{did_you_mean(entries, self.answer_lists)}",
                )
            return self.answer_lists[entries]
        answers = tuple(self._answer(entry, where) for entry in entries)
        codes = [answer.code for answer in answers]
        twice = {code for code in codes if codes.count(code) > 1}
        if twice:
            raise self._error(
                where, f"has the code {min(twice)!r} twice", "give each answer a code of its own"
            )
        return answers

    def _answer(self, entry: Table, where: str) -> Answer:
        self._known(entry, "answer", f"an answer of {where}")
        code = self._need(entry, "code", f"an answer of {where}")
        if not isinstance(code, str):
            raise self._error(
                where,
                f"has the code {code!r} as a {type(code).__name__}",
                f'write it as text: code = "{code}"',
            )
        missing = entry.get("missing")
        if missing is not None:
            self._one_of(missing, MISSING_KINDS, "missing", f"the answer {code!r} of {where}")
        value = entry.get("value")
        return Answer(
            code=code,
            label=self._text(self._need(entry, "label", where), where),
            value=None if value is None else float(value),
            missing=missing,
            arrangement=entry.get("arrangement"),
        )

    def _dimension(self, entry: Table) -> Dimension:
        where = f"[[dimension]] '{entry.get('id', '?')}'"
        self._known(entry, "dimension", where)
        return Dimension(self._need(entry, "id", where), self._text(self._need(entry, "label", where), where))

    def _score(self, entry: Table) -> Score:
        where = f"[[score]] '{entry.get('id', '?')}'"
        self._known(entry, "score", where)
        method = self._need(entry, "method", where)
        self._one_of(method, SCORE_METHODS, "method", where)
        exclusive = entry.get("exclusive", "drop")
        self._one_of(exclusive, EXCLUSIVE_KEYS, "exclusive", where)
        return Score(
            id=self._need(entry, "id", where),
            method=method,
            label=self._text(self._need(entry, "label", where), where),
            version=str(entry.get("version", "")),
            official=bool(entry.get("official", False)),
            dimensions=tuple(entry.get("dimensions", ())),
            items=tuple(entry.get("items", ())),
            bands=tuple(self._band(band, where) for band in entry.get("bands", ())),
            exclusive=exclusive,
            minimum_coverage=float(entry.get("minimum_coverage", 0.5)),
            main=bool(entry.get("main", False)),
        )

    def _band(self, entry: Table, where: str) -> Band:
        self._known(entry, "band", f"a band of {where}")
        return Band(
            self._need(entry, "id", where),
            float(self._need(entry, "start", where)),
            self._text(self._need(entry, "label", where), where),
        )

    def _cdo(self, table: Table) -> CdoBlock | None:
        if "cdo" not in table:
            return None
        entry = self._sub(table, "cdo")
        return CdoBlock(
            arrangement=self._need(entry, "arrangement", "[cdo]"),
            observed=tuple(entry.get("observed", ())),
            outcome=entry.get("outcome", ""),
            covariates=tuple(entry.get("covariates", ())),
        )

    def _conditions(self, entry: Table, where: str) -> tuple[Condition, ...]:
        asked_if = entry.get("asked_if", [])
        conditions = [asked_if] if isinstance(asked_if, Mapping) else asked_if
        for condition in conditions:
            self._known(condition, "condition", f"asked_if of {where}")
            self._need(condition, "codes", f"asked_if of {where}")
        return tuple(
            Condition(self._need(c, "item", f"asked_if of {where}"), tuple(c["codes"])) for c in conditions
        )

    def _bounds(self, entry: Table, where: str) -> tuple[float, float]:
        bounds = entry.get("bounds", [float("-inf"), float("inf")])
        if len(bounds) != 2 or bounds[0] > bounds[1]:
            raise self._error(where, f"has bounds = {bounds}", "write bounds = [lowest, highest]")
        return float(bounds[0]), float(bounds[1])

    def _text(self, entry: str | Table, where: str) -> Text:
        if isinstance(entry, str):
            return Text(entry)
        extra = set(entry) - {"fr", "en"}
        if extra or "fr" not in entry:
            raise self._error(
                where, f"has a wording with the keys {sorted(entry)}", 'write { fr = "…", en = "…" }'
            )
        return Text(entry["fr"], entry.get("en", ""))

    # --- checks -----------------------------------------------------------------------------------------------

    def _check_names(self, book: Codebook) -> None:
        names = [item.name for item in book.items]
        for name in names:
            if not name.isidentifier():
                raise self._error(
                    f"item '{name}'", "has a name that is not a plain word", "use letters, digits and _"
                )
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise self._error(f"item '{twice[0]}'", "is declared twice", "give one of them another name")
        columns = [item.column for item in book.items if not item.separator]
        shared = sorted({column for column in columns if columns.count(column) > 1})
        if shared:
            raise self._error(
                f"column '{shared[0]}'", "is read by two items", "give each item its own column"
            )

    def _check_references(self, book: Codebook) -> None:
        known = {item.name for item in book.items}
        dimensions = {dimension.id for dimension in book.dimensions}
        derived = {"size_category"} | {score.id for score in book.scores} | dimensions
        for item in book.items:
            for condition in item.asked_if:
                self._refer(condition.item, known, f"asked_if of item '{item.name}'")
                unknown = set(condition.codes) - {answer.code for answer in book[condition.item].answers}
                if unknown:
                    raise self._error(
                        f"asked_if of item '{item.name}'",
                        f"names the code {min(unknown)!r} that '{condition.item}' lacks",
                        "use one of its codes",
                    )
            if item.dimension:
                self._refer(item.dimension, dimensions, f"item '{item.name}'")
        for role, name in vars(book.roles).items():
            if name and role != "attention_code":
                self._refer(name, known, f"[roles] {role}")
        if book.respondent:
            self._refer(book.respondent, known, "respondent")
        for name in book.active:
            self._refer(name, known, "[profiles] active")
        if book.cdo:
            for name in filter(None, (book.cdo.arrangement, book.cdo.outcome)):
                self._refer(name, known, "[cdo]")
            for name in (*book.cdo.observed, *book.cdo.covariates):
                self._refer(name, known | derived, "[cdo]")

    def _check_scores(self, book: Codebook) -> None:
        dimensions = {dimension.id for dimension in book.dimensions}
        known = {item.name for item in book.items}
        for score in book.scores:
            where = f"[[score]] '{score.id}'"
            key = self._parts_key(score, where)
            for part in getattr(score, key):
                self._refer(part, known if key == "items" else dimensions, where)
            for name in score.items if key == "items" else ():
                if not book[name].points:
                    raise self._error(
                        where,
                        f"counts '{name}', whose answers have no value",
                        "write value = … in its answers (0 or 1 for a count)",
                    )
            starts = [band.start for band in score.bands]
            if starts != sorted(set(starts)):
                raise self._error(
                    where,
                    f"has bands that start at {starts}",
                    "write them lowest first, each with its own start",
                )
        for item in book.items:
            if item.dimension and not item.points:
                raise self._error(
                    f"item '{item.name}'",
                    "belongs to a dimension but its answers have no value",
                    "write value = … in its answers",
                )

    def _parts_key(self, score: Score, where: str) -> str:
        """Return which of ``items`` and ``dimensions`` makes `score`; a likert score may be made of either."""
        keys = {"count": ["items"], "points": ["dimensions"], "likert": ["dimensions", "items"]}[score.method]
        filled = [key for key in keys if getattr(score, key)]
        if not filled:
            raise self._error(where, f"has no {' or '.join(keys)}", f"write {keys[0]} = [...]")
        if len(filled) > 1:
            raise self._error(where, "has both dimensions and items", "keep one of them")
        return filled[0]

    # --- words ------------------------------------------------------------------------------------------------

    def _refer(self, name: str, known: Iterable[str], where: str) -> None:
        known = set(known)
        if name not in known:
            raise self._error(
                where,
                f"names '{name}', which the file does not declare",
                f"declare it or mend the name{did_you_mean(name, known)}",
            )

    def _known(self, table: Table, kind: str, where: str) -> None:
        if not isinstance(table, Mapping):
            raise self._error(where, f"is {table!r}", "write a table")
        for key in table:
            if key not in _KEYS[kind]:
                raise self._error(
                    where,
                    f"has the key '{key}', which does not exist there",
                    f"remove or rename it{did_you_mean(key, _KEYS[kind])}",
                )

    def _need(self, table: Table, key: str, where: str) -> Any:
        if key not in table:
            raise self._error(where, f"has no '{key}'", f"add {key} = …")
        return table[key]

    def _one_of(self, value: object, known: Iterable[str], key: str, where: str) -> None:
        if value not in tuple(known):
            raise self._error(where, f"has {key} = {value!r}", f"use one of {', '.join(known)}")

    def _sub(self, table: Table, key: str) -> dict[str, Any]:
        entry = table.get(key, {})
        self._known(entry, key, f"[{key}]")
        return dict(cast("Table", entry))

    def _error(self, where: str, what: str, way_out: str) -> CodebookError:
        return CodebookError(f"{self.file}: {where} {what}; {way_out.rstrip('?.')}.")
