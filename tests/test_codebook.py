from __future__ import annotations

import copy
import json
import re
import tomllib
from collections import Counter
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import date
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdo_analysis.codebook import MISSING_KINDS, Codebook, Text, codebook_ids, load_codebook, read_codebook
from cdo_analysis.errors import CodebookError

HEAD = 'id = "wave"\ntitle = "Une vague"\n'
NUMBER = '[[item]]\nname = "size"\nkind = "number"\nquestion = "Effectif ?"\n'
CHOICE = (
    '[[item]]\nname = "site"\nquestion = "Un site web ?"\n'
    'answers = [{ code = "1", label = "Oui", value = 1 }, { code = "0", label = "Non", value = 0 }]\n'
)
MEASURES = 'dimension = "tools"\n'
TOOLS = '[[dimension]]\nid = "tools"\nlabel = "Outils"\n'
TICKS = (
    '[[item]]\nname = "uses"\nquestion = "Que faites-vous en ligne ?"\nselect = "any"\n{more}'
    'rows = [{{ name = "sell", code = "vendre", label = "Vendre" }}, '
    '{{ name = "buy", code = "acheter", label = "Acheter" }}]\n'
)
SCALE = (
    '[[answers]]\nid = "scale"\nanswers = [{ code = "a", label = "A", value = 1 }, '
    '{ code = "b", label = "B", value = 2 }, { code = "c", label = "C", value = 5 }]\n'
)

Write = Callable[[str], Codebook]


@pytest.fixture
def load(tmp_path: Path) -> Write:
    """Write a codebook as ``wave.toml`` and load it."""

    def write(text: str) -> Codebook:
        path = tmp_path / "wave.toml"
        path.write_text(HEAD + text, encoding="utf-8")
        return load_codebook(path)

    return write


@pytest.fixture(scope="module")
def book() -> Codebook:
    return load_codebook("cdo-2026")


# --- a wrong codebook: one sentence that names the file, the table and the way out --------------------------------

WRONG = {
    "an unknown key": (
        NUMBER + 'quesion = "?"\n',
        "wave.toml: [[item]] 'size' has the key 'quesion', which does not exist there; remove or rename it; "
        "did you mean 'question'?",
    ),
    "an unknown key of the file": (
        'dimensions = ["tools"]\n',
        "wave.toml: the file has the key 'dimensions', which does not exist there; remove or rename it; "
        "did you mean 'dimension'?",
    ),
    "an unknown key of a row": (
        TICKS.format(more="").replace("code =", "coed ="),
        "wave.toml: the row 'sell' of [[item]] 'uses' has the key 'coed', which does not exist there; "
        "remove or rename it; "
        "did you mean 'code'?",
    ),
    "an item without a question": (
        '[[item]]\nname = "size"\nkind = "number"\n',
        "wave.toml: [[item]] 'size' has no 'question'; add question = ….",
    ),
    "a wording in an unknown language": (
        '[[item]]\nname = "size"\nkind = "number"\nquestion = { de = "Größe?" }\n',
        "wave.toml: [[item]] 'size' has question with the keys ['de']; write question = { fr = \"…\", en = \"…\" }.",
    ),
    "an unknown kind": (
        NUMBER.replace('"number"', '"integer"'),
        "wave.toml: [[item]] 'size' has kind = 'integer'; use one of identifier, text, number, choice, date.",
    ),
    "an item declared twice": (
        NUMBER + NUMBER + 'column = "OTHER"\n',
        "wave.toml: [[item]] 'size' is declared twice; give one of them another name.",
    ),
    "a name that is not a plain word": (
        NUMBER.replace('"size"', '"size of firm"'),
        "wave.toml: item 'size of firm' has a name that is not a plain word; use letters, digits and _.",
    ),
    "two items on one column": (
        NUMBER + 'column = "Q1"\n' + CHOICE + 'column = "Q1"\n',
        "wave.toml: column 'Q1' is read by two items; give each item its own column.",
    ),
    "bounds upside down": (
        NUMBER + "bounds = [10, 0]\n",
        "wave.toml: [[item]] 'size' has bounds = [10, 0]; write bounds = [lowest, highest].",
    ),
    "a choice without answers": (
        '[[item]]\nname = "site"\nquestion = "?"\n',
        "wave.toml: [[item]] 'site' is a choice without answers; "
        "write answers = [...] or the id of an [[answers]] list.",
    ),
    "a battery without answers": (
        TICKS.format(more="").replace('select = "any"\n', ""),
        "wave.toml: [[item]] 'uses' has no answers; write answers = \"…\" (an [[answers]] id) or select = \"any\".",
    ),
    "a battery that selects in an unknown way": (
        TICKS.format(more="").replace('"any"', '"some"'),
        "wave.toml: [[item]] 'uses' has select = 'some'; use one of each, any.",
    ),
    "an unknown list of answers": (
        '[[answers]]\nid = "yes_no"\nanswers = [{ code = "1", label = "Oui" }]\n'
        '[[item]]\nname = "site"\nquestion = "?"\nanswers = "yes_or_no"\n',
        "wave.toml: [[item]] 'site' names the answers 'yes_or_no'; declare them in [[answers]]; did you mean 'yes_no'?",
    ),
    "a code that is a number": (
        CHOICE.replace('"1"', "1"),
        "wave.toml: the answer number 1 of [[item]] 'site' has code = 1; write text in quotes: code = \"…\".",
    ),
    "a code given twice": (
        CHOICE.replace('"0"', '"1"'),
        "wave.toml: [[item]] 'site' has the code '1' twice; give each answer a code of its own.",
    ),
    "an unknown kind of missing": (
        CHOICE.replace("value = 0", 'missing = "unknown"'),
        "wave.toml: the answer '0' of [[item]] 'site' has missing = 'unknown'; "
        f"use one of {', '.join(MISSING_KINDS)}.",
    ),
    "an unknown dimension": (
        TOOLS + CHOICE + 'dimension = "tool"\n',
        "wave.toml: item 'site' names 'tool', which the file does not declare; declare it or mend the name; "
        "did you mean 'tools'?",
    ),
    "a dimension measured by answers without value": (
        TOOLS + CHOICE.replace(", value = 1", "").replace(", value = 0", "") + 'dimension = "tools"\n',
        "wave.toml: item 'site' belongs to a dimension but its answers have no value; "
        "write value = … in its answers.",
    ),
    "an unknown role": (
        '[roles]\nheads = "size"\n' + NUMBER,
        "wave.toml: [roles] has the key 'heads', which does not exist there; remove or rename it; known: ",
    ),
    "a role given to an unknown item": (
        '[roles]\nheadcount = "sizes"\n' + NUMBER,
        "wave.toml: [roles] headcount names 'sizes', which the file does not declare; declare it or mend the name; "
        "did you mean 'size'?",
    ),
    "an unknown respondent": (
        'respondent = "siren"\n' + NUMBER,
        "wave.toml: respondent names 'siren', which the file does not declare; declare it or mend the name; ",
    ),
    "an unknown active item": (
        '[profiles]\nactive = ["website"]\n' + CHOICE,
        "wave.toml: [profiles] active names 'website', which the file does not declare; "
        "declare it or mend the name; ",
    ),
    "a CDO block without arrangement": (
        '[cdo]\noutcome = "size"\n' + NUMBER,
        "wave.toml: [cdo] has no 'arrangement'; add arrangement = ….",
    ),
    "a CDO block with an unknown covariate": (
        '[cdo]\narrangement = "site"\ncovariates = ["sizes"]\n' + NUMBER + CHOICE,
        "wave.toml: [cdo] covariates names 'sizes', which the file does not declare; declare it or mend the name; "
        "did you mean 'size'?",
    ),
    "a routing to an unknown item": (
        CHOICE + NUMBER + 'asked_if = { item = "sites", codes = ["1"] }\n',
        "wave.toml: asked_if of item 'size' names 'sites', which the file does not declare; "
        "declare it or mend the name; did you mean 'site'?",
    ),
    "a routing to an unknown code": (
        CHOICE + NUMBER + 'asked_if = { item = "site", codes = ["2"] }\n',
        "wave.toml: asked_if of item 'size' names the code '2' that 'site' lacks; use one of its codes.",
    ),
    "a routing without codes": (
        CHOICE + NUMBER + 'asked_if = { item = "site" }\n',
        "wave.toml: asked_if of [[item]] 'size' has no 'codes'; add codes = ….",
    ),
    "an unknown method of scoring": (
        '[[score]]\nid = "s"\nlabel = "S"\nmethod = "sum"\n',
        "wave.toml: [[score]] 's' has method = 'sum'; use one of points, likert, count.",
    ),
    "a score without label": (
        '[[score]]\nid = "s"\nmethod = "count"\n',
        "wave.toml: [[score]] 's' has no 'label'; add label = ….",
    ),
    "points without dimensions": (
        CHOICE + '[[score]]\nid = "s"\nlabel = "S"\nmethod = "points"\nitems = ["site"]\n',
        "wave.toml: [[score]] 's' has no dimensions; write dimensions = [...].",
    ),
    "a count without items": (
        TOOLS + '[[score]]\nid = "s"\nlabel = "S"\nmethod = "count"\ndimensions = ["tools"]\n',
        "wave.toml: [[score]] 's' has no items; write items = [...].",
    ),
    "a mean of nothing": (
        '[[score]]\nid = "s"\nlabel = "S"\nmethod = "likert"\n',
        "wave.toml: [[score]] 's' has no dimensions or items; write dimensions = [...].",
    ),
    "a mean of dimensions and of items": (
        TOOLS
        + CHOICE
        + '[[score]]\nid = "s"\nlabel = "S"\nmethod = "likert"\ndimensions = ["tools"]\nitems = ["site"]\n',
        "wave.toml: [[score]] 's' has both dimensions and items; keep one of them.",
    ),
    "a score of an unknown dimension": (
        TOOLS + '[[score]]\nid = "s"\nlabel = "S"\nmethod = "points"\ndimensions = ["tool"]\n',
        "wave.toml: [[score]] 's' names 'tool', which the file does not declare; declare it or mend the name; "
        "did you mean 'tools'?",
    ),
    "a score of an unknown item": (
        CHOICE + '[[score]]\nid = "s"\nlabel = "S"\nmethod = "likert"\nitems = ["sites"]\n',
        "wave.toml: [[score]] 's' names 'sites', which the file does not declare; declare it or mend the name; "
        "did you mean 'site'?",
    ),
    "a count of answers without value": (
        NUMBER + '[[score]]\nid = "s"\nlabel = "S"\nmethod = "count"\nitems = ["size"]\n',
        "wave.toml: [[score]] 's' counts 'size', whose answers have no value; "
        "write value = … in its answers.",
    ),
    "an unknown key for the exclusive option": (
        TOOLS + '[[score]]\nid = "s"\nlabel = "S"\nmethod = "points"\ndimensions = ["tools"]\nexclusive = "keep"\n',
        "wave.toml: [[score]] 's' has exclusive = 'keep'; use one of drop, point, lost_point.",
    ),
    "bands that do not rise": (
        TOOLS + CHOICE + MEASURES + '[[score]]\nid = "s"\nlabel = "S"\nmethod = "points"\ndimensions = ["tools"]\n'
        'bands = [{ id = "a", start = 50, label = "A" }, { id = "b", start = 0, label = "B" }]\n',
        "wave.toml: [[score]] 's' has bands that start at [50.0, 0.0]; "
        "write them lowest first, each with its own start.",
    ),
    "two bands with one start": (
        TOOLS + CHOICE + MEASURES + '[[score]]\nid = "s"\nlabel = "S"\nmethod = "points"\ndimensions = ["tools"]\n'
        'bands = [{ id = "a", start = 0, label = "A" }, { id = "b", start = 0, label = "B" }]\n',
        "wave.toml: [[score]] 's' has bands that start at [0.0, 0.0]; ",
    ),
    "a band without start": (
        TOOLS + '[[score]]\nid = "s"\nlabel = "S"\nmethod = "points"\ndimensions = ["tools"]\nbands = [{ id = "a" }]\n',
        "wave.toml: the band 'a' of [[score]] 's' has no 'start'; add start = ….",
    ),
    "a table that is not one": (
        'roles = "size"\n',
        "wave.toml: [roles] is 'size'; write a table.",
    ),
    "a line that is not TOML": (
        "[[item]\n",
        "wave.toml is not valid TOML: ",
    ),
}  # fmt: skip

ONE_CELL = TICKS.format(more='column = "U1"\n')
SCORE = '[[score]]\nid = "s"\nlabel = "S"\nmethod = "{0}"\n{1}\n'
MAIN = SCORE.format("count", 'items = ["site"]\nmain = true')
SCORED = TOOLS + CHOICE + MEASURES
TEXT = '[[item]]\nname = "note"\nkind = "text"\nquestion = "Un mot ?"\n'
LED = CHOICE.replace('label = "Oui"', 'label = "Oui", arrangement = "internal"')

MISTYPED = {
    "items that are a text": (
        'item = "size"\n',
        "wave.toml: the file has item = 'size'; write [[item]] tables.",
    ),
    "one item in simple brackets": (
        NUMBER.replace("[[item]]", "[item]"),
        "wave.toml: the file has item = {'name': 'size', 'kind': 'number', 'question': 'Effectif ?'}; "
        "write [[item]] tables.",
    ),
    "an item that is a text": (
        'item = ["size"]\n',
        "wave.toml: [[item]] number 1 is 'size'; write a table.",
    ),
    "rows that are a text": (
        '[[item]]\nname = "uses"\nquestion = "?"\nselect = "any"\nrows = "sell"\n',
        "wave.toml: [[item]] 'uses' has rows = 'sell'; write rows = [{ … }, { … }].",
    ),
    "a row that is a text": (
        '[[item]]\nname = "uses"\nquestion = "?"\nselect = "any"\nrows = ["sell"]\n',
        "wave.toml: the row number 1 of [[item]] 'uses' is 'sell'; write a table.",
    ),
    "a battery without rows": (
        '[[item]]\nname = "uses"\nquestion = "?"\nselect = "any"\nrows = []\n',
        "wave.toml: [[item]] 'uses' has no rows; write rows = [{ … }, { … }], one a statement.",
    ),
    "a none row that is a text": (
        TICKS.format(more='none = "nothing"\n'),
        "wave.toml: the none row of [[item]] 'uses' is 'nothing'; write a table.",
    ),
    "a none row that measures something": (
        TOOLS + TICKS.format(more='none = { name = "nothing", label = "Rien", dimension = "tools" }\n'),
        "wave.toml: the none row of [[item]] 'uses' has the key 'dimension', which does not exist there; "
        "remove or rename it; known: code, column, label, name, reverse.",
    ),
    "answers that are a number": (
        '[[item]]\nname = "site"\nquestion = "?"\nanswers = 5\n',
        "wave.toml: [[item]] 'site' has answers = 5; write answers = [{ … }, { … }].",
    ),
    "an answer that is a text": (
        '[[item]]\nname = "site"\nquestion = "?"\nanswers = ["oui"]\n',
        "wave.toml: the answer number 1 of [[item]] 'site' is 'oui'; write a table.",
    ),
    "a list of answers without answers": (
        '[[answers]]\nid = "yes_no"\n' + NUMBER,
        "wave.toml: [[answers]] 'yes_no' has no 'answers'; add answers = ….",
    ),
    "a code that is blank": (
        CHOICE.replace('"1"', '" "'),
        "wave.toml: the answer ' ' of [[item]] 'site' has code = ' '; "
        "write something, on one line, without blanks around it nor two in a row.",
    ),
    "a value in quotes": (
        CHOICE.replace("value = 1", 'value = "1"'),
        "wave.toml: the answer '1' of [[item]] 'site' has value = '1'; write a finite number, without quotes.",
    ),
    "a value that is no number": (
        CHOICE.replace("value = 1", "value = nan"),
        "wave.toml: the answer '1' of [[item]] 'site' has value = nan; write a finite number, without quotes.",
    ),
    "a value too large": (
        CHOICE.replace("value = 1", f"value = 1{'0' * 400}"),
        f"wave.toml: the answer '1' of [[item]] 'site' has value = 1{'0' * 59}…; "
        "write a finite number, without quotes.",
    ),
    "a name that is a number": (
        NUMBER.replace('"size"', "1"),
        "wave.toml: [[item]] number 1 has name = 1; write text in quotes: name = \"…\".",
    ),
    "a name on two lines": (
        NUMBER.replace('"size"', '"size\\nof firm"'),
        r"wave.toml: [[item]] 'size\nof firm' has name = 'size\nof firm'; "
        "write something, on one line, without blanks around it nor two in a row.",
    ),
    "a header that no export can have": (
        NUMBER + 'column = "Q1 "\n',
        "wave.toml: [[item]] 'size' has column = 'Q1 '; "
        "write something, on one line, without blanks around it nor two in a row.",
    ),
    "a question that is a number": (
        NUMBER.replace('"Effectif ?"', "1"),
        "wave.toml: [[item]] 'size' has question = 1; write text in quotes, or question = { fr = \"…\", en = \"…\" }.",
    ),
    "a question that is a number in one language": (
        NUMBER.replace('"Effectif ?"', '{ fr = "Effectif ?", en = 2 }'),
        "wave.toml: [[item]] 'size', question, has en = 2; write text in quotes: en = \"…\".",
    ),
    "an empty question": (
        NUMBER.replace("Effectif ?", ""),
        "wave.toml: [[item]] 'size' has an empty question; write question = \"…\".",
    ),
    "true in quotes": (
        NUMBER + 'required = "true"\n',
        "wave.toml: [[item]] 'size' has required = 'true'; write required = true or required = false, without quotes.",
    ),
    "true in quotes for the file": (
        'probability_sample = "false"\n' + NUMBER,
        "wave.toml: the file has probability_sample = 'false'; "
        "write probability_sample = true or probability_sample = false, without quotes.",
    ),
    "a version that is a number": (
        "version = 2026.10\n" + NUMBER,
        "wave.toml: the file has version = 2026.1; write text in quotes: version = \"…\".",
    ),
    "a version that is a date": (
        "version = 2026-01-31\n" + NUMBER,
        "wave.toml: the file has version = 2026-01-31; write text in quotes: version = \"…\".",
    ),
    "bounds that are a text": (
        NUMBER + 'bounds = "0-10"\n',
        "wave.toml: [[item]] 'size' has bounds = '0-10'; write bounds = [lowest, highest].",
    ),
    "bounds in quotes": (
        NUMBER + 'bounds = ["0", "10"]\n',
        "wave.toml: [[item]] 'size' has bounds = ['0', '10']; write bounds = [lowest, highest].",
    ),
    "routing that is a text": (
        CHOICE + NUMBER + 'asked_if = "site"\n',
        "wave.toml: asked_if of [[item]] 'size' is 'site'; write a table.",
    ),
    "codes that are one text": (
        CHOICE + NUMBER + 'asked_if = { item = "site", codes = "10" }\n',
        "wave.toml: asked_if of [[item]] 'size' has codes = '10'; "
        "write a list of texts in quotes: codes = [\"…\", \"…\"].",
    ),
    "codes that are numbers": (
        CHOICE + NUMBER + 'asked_if = { item = "site", codes = [1] }\n',
        "wave.toml: asked_if of [[item]] 'size' has codes = [1]; "
        "write a list of texts in quotes: codes = [\"…\", \"…\"].",
    ),
    "no code at all": (
        CHOICE + NUMBER + 'asked_if = { item = "site", codes = [] }\n',
        "wave.toml: asked_if of [[item]] 'size' has an empty list of codes; "
        "name the answers after which the question is asked.",
    ),
    "dimensions that are one text": (
        SCORED + SCORE.format("points", 'dimensions = "tools"'),
        "wave.toml: [[score]] 's' has dimensions = 'tools'; "
        "write a list of texts in quotes: dimensions = [\"…\", \"…\"].",
    ),
    "items that are one text": (
        SCORED + SCORE.format("count", 'items = "site"'),
        "wave.toml: [[score]] 's' has items = 'site'; write a list of texts in quotes: items = [\"…\", \"…\"].",
    ),
    "an item counted twice": (
        SCORED + SCORE.format("count", 'items = ["site", "site"]'),
        "wave.toml: [[score]] 's' has 'site' twice in items; keep one of them.",
    ),
    "a band that starts at a text": (
        SCORED + SCORE.format("points", 'dimensions = ["tools"]\nbands = [{ id = "a", start = "low", label = "A" }]'),
        "wave.toml: the band 'a' of [[score]] 's' has start = 'low'; write a finite number, without quotes.",
    ),
    "a band twice": (
        SCORED + SCORE.format("points", 'dimensions = ["tools"]\nbands = [{ id = "a", start = 0, label = "A" }, '
        '{ id = "a", start = 50, label = "B" }]'),
        "wave.toml: [[score]] 's' has the band 'a' twice; give one of them another id.",
    ),
    "a coverage that is a text": (
        SCORED + SCORE.format("points", 'dimensions = ["tools"]\nminimum_coverage = "half"'),
        "wave.toml: [[score]] 's' has minimum_coverage = 'half'; write a finite number, without quotes.",
    ),
    "a coverage in per cent": (
        SCORED + SCORE.format("points", 'dimensions = ["tools"]\nminimum_coverage = 50'),
        "wave.toml: [[score]] 's' has minimum_coverage = 50; write a share between 0 and 1.",
    ),
    "a role that is a number": (
        "[roles]\nsector = 1\n" + NUMBER,
        "wave.toml: [roles] has sector = 1; write text in quotes: sector = \"…\".",
    ),
    "active items that are one text": (
        '[profiles]\nactive = "size"\n' + NUMBER,
        "wave.toml: [profiles] has active = 'size'; write a list of texts in quotes: active = [\"…\", \"…\"].",
    ),
    "observed items that are one text": (
        '[cdo]\narrangement = "site"\nobserved = "size"\n' + NUMBER + LED,
        "wave.toml: [cdo] has observed = 'size'; write a list of texts in quotes: observed = [\"…\", \"…\"].",
    ),
    "covariates that are one text": (
        '[cdo]\narrangement = "site"\ncovariates = "size"\n' + NUMBER + LED,
        "wave.toml: [cdo] has covariates = 'size'; write a list of texts in quotes: covariates = [\"…\", \"…\"].",
    ),
}  # fmt: skip

MISFIT = {
    "a file without items": (
        "",
        "wave.toml: the file has no [[item]]; describe at least one question.",
    ),
    "a list of answers declared twice": (
        SCALE + SCALE + NUMBER,
        "wave.toml: [[answers]] 'scale' is declared twice; give one of them another id.",
    ),
    "a dimension declared twice": (
        TOOLS + TOOLS + NUMBER,
        "wave.toml: [[dimension]] 'tools' is declared twice; give one of them another id.",
    ),
    "a score declared twice": (
        CHOICE + SCORE.format("count", 'items = ["site"]') * 2,
        "wave.toml: [[score]] 's' is declared twice; give one of them another id.",
    ),
    "a battery declared twice": (
        TICKS.format(more="") + TICKS.format(more="").replace('"sell"', '"rent"').replace('"buy"', '"lend"'),
        "wave.toml: [[item]] 'uses' is declared twice; give one of them another name.",
    ),
    "a row with the name of an item": (
        NUMBER + TICKS.format(more="").replace('"sell"', '"size"'),
        "wave.toml: item 'size' is declared twice; give one of them another name.",
    ),
    "an item with the name of a computed column": (
        NUMBER.replace('"size"', '"size_category"'),
        "wave.toml: item 'size_category' has the name of the size category, which is computed; rename one of them.",
    ),
    "a dimension with the name of an item": (
        CHOICE + TOOLS.replace('"tools"', '"site"'),
        "wave.toml: [[dimension]] 'site' has the name of an item; rename one of them.",
    ),
    "a score with the name of a dimension": (
        SCORED + SCORE.format("points", 'dimensions = ["tools"]').replace('"s"', '"tools"'),
        "wave.toml: [[score]] 'tools' has the name of a dimension; rename one of them.",
    ),
    "a score with the name of an item": (
        CHOICE + SCORE.format("count", 'items = ["site"]').replace('"s"', '"site"'),
        "wave.toml: [[score]] 'site' has the name of an item; rename one of them.",
    ),
    "a count whose lowest value has the name of an item": (
        CHOICE.replace('"site"', '"s_low"') + SCORE.format("count", 'items = ["s_low"]'),
        "wave.toml: the column 's_low' of [[score]] 's' has the name of an item; rename one of them.",
    ),
    "two main scores": (
        CHOICE + MAIN + MAIN.replace('"s"', '"t"'),
        "wave.toml: [[score]] 't' is a second main score; keep main = true in one of them.",
    ),
    "two items on one column but for its case": (
        NUMBER + 'column = "Q1"\n' + CHOICE + 'column = "q1"\n',
        "wave.toml: column 'q1' is read by two items; give each item its own column.",
    ),
    "an item on the column of a tick list": (
        NUMBER + 'column = "U1"\n' + ONE_CELL,
        "wave.toml: column 'U1' is read by two items; give each item its own column.",
    ),
    "two tick lists in one cell": (
        ONE_CELL + ONE_CELL.replace('"uses"', '"more"').replace('"sell"', '"rent"').replace('"buy"', '"lend"'),
        "wave.toml: column 'U1' is read by two items; give each item its own column.",
    ),
    "a separator without column": (
        TICKS.format(more='separator = ","\n'),
        "wave.toml: [[item]] 'uses' has a separator and no column; add column = \"…\", or remove the separator.",
    ),
    "an empty separator": (
        TICKS.format(more='column = "U1"\nseparator = ""\n'),
        "wave.toml: [[item]] 'uses' has separator = ''; write what stands between two options: separator = \";\".",
    ),
    "a grid in one cell": (
        SCALE + ONE_CELL.replace('select = "any"', 'answers = "scale"'),
        "wave.toml: [[item]] 'uses' has column, which only a tick list in one cell has; "
        "remove column, or write select = \"any\".",
    ),
    "a column for a row of a list in one cell": (
        ONE_CELL.replace('name = "sell",', 'name = "sell", column = "U2",'),
        "wave.toml: the row 'sell' of [[item]] 'uses' has a column, and so has its battery; remove one of them.",
    ),
    "an option whose code holds the separator": (
        ONE_CELL.replace('"vendre"', '"vendre;louer"'),
        "wave.toml: [[item]] 'uses' has the row 'sell' whose text holds the separator ';'; "
        "give the row a code without it, as the export writes it.",
    ),
    "an option without code whose label holds the separator": (
        ONE_CELL.replace('code = "vendre", label = "Vendre"', 'label = "Vendre ; louer"'),
        "wave.toml: [[item]] 'uses' has the row 'sell' whose text holds the separator ';'; "
        "give the row a code without it, as the export writes it.",
    ),
    "two options that are written alike": (
        ONE_CELL.replace('label = "Acheter"', 'label = " VENDRE"'),
        "wave.toml: [[item]] 'uses' reads 'vendre' both as 'sell' and as 'buy'; "
        "give each row a code and a label of its own.",
    ),
    "a tick list with answers": (
        SCALE + TICKS.format(more='answers = "scale"\n'),
        "wave.toml: [[item]] 'uses' has answers and select = \"any\"; "
        "remove one of them: a tick list is ticked or not.",
    ),
    "a choice that nobody can answer": (
        '[[item]]\nname = "site"\nquestion = "?"\nanswers = [{ code = "98", label = "NSP", missing = "dont_know" }]\n',
        "wave.toml: [[item]] 'site' is a choice whose answers are all missing; give it an answer without missing = ….",
    ),
    "a number with an answer": (
        NUMBER + 'answers = [{ code = "0", label = "Aucun" }]\n',
        "wave.toml: [[item]] 'size' is a number with the answer '0', which is not a missing one; "
        "write missing = … in it, or kind = \"choice\".",
    ),
    "a text with answers": (
        SCALE + TEXT + 'answers = "scale"\n',
        "wave.toml: [[item]] 'note' has answers and kind = 'text'; remove the answers, or write kind = \"choice\".",
    ),
    "a text with bounds": (
        TEXT + "bounds = [0, 10]\n",
        "wave.toml: [[item]] 'note' has bounds and kind = 'text'; remove bounds, or write kind = \"number\".",
    ),
    "a check of what is no identifier": (
        TEXT + 'check = "siren"\n',
        "wave.toml: [[item]] 'note' has check and kind = 'text'; remove check, or write kind = \"identifier\".",
    ),
    "an unknown check": (
        TEXT.replace('"text"', '"identifier"') + 'check = "siret"\n',
        "wave.toml: [[item]] 'note' has check = 'siret'; use one of siren, naf, naf-2025.",
    ),
    "a routing on the item itself": (
        CHOICE + 'asked_if = { item = "site", codes = ["1"] }\n',
        "wave.toml: asked_if of item 'site' names the item itself; name an item that is asked before it.",
    ),
    "a routing on a later item": (
        NUMBER + 'asked_if = { item = "site", codes = ["1"] }\n' + CHOICE,
        "wave.toml: asked_if of item 'size' names 'site', which is asked later; put that item before this one.",
    ),
    "a routing on a missing answer": (
        CHOICE.replace("value = 0", 'missing = "refused"') + NUMBER + 'asked_if = { item = "site", codes = ["0"] }\n',
        "wave.toml: asked_if of item 'size' names the code '0', which is no answer to 'site' but refused; "
        "name codes that are answers.",
    ),
    "a dimension measured by answers that are all worth the same": (
        TOOLS + CHOICE.replace("value = 0", "value = 1") + MEASURES,
        "wave.toml: item 'site' belongs to a dimension but its answers are all worth 1; give them different values.",
    ),
    "points of a dimension without items": (
        TOOLS + CHOICE + SCORE.format("points", 'dimensions = ["tools"]'),
        "wave.toml: [[score]] 's' averages the dimension 'tools', which has no item to count; "
        "give it items, or take it out of the score.",
    ),
    "a mean of a dimension without items": (
        TOOLS + CHOICE + SCORE.format("likert", 'dimensions = ["tools"]'),
        "wave.toml: [[score]] 's' averages the dimension 'tools', which has no item to count; "
        "give it items, or take it out of the score.",
    ),
    "points of a dimension whose only item is dropped": (
        TOOLS + '[[item]]\nname = "uses"\nquestion = "?"\nselect = "any"\ndimension = "tools"\n'
        'rows = [{ name = "paper", label = "Papier", exclusive = true }]\n'
        + SCORE.format("points", 'dimensions = ["tools"]'),
        "wave.toml: [[score]] 's' averages the dimension 'tools', which has no item to count; "
        "give it items, or take it out of the score.",
    ),
    "a mean of two scales": (
        CHOICE + CHOICE.replace('"site"', '"shop"').replace("value = 1", "value = 5")
        + SCORE.format("likert", 'items = ["site", "shop"]'),
        "wave.toml: [[score]] 's' averages 'site' (worth 0 to 1) with 'shop' (worth 0 to 5); "
        "give them one scale, or put them in two scores.",
    ),
    "points of dimensions and of items": (
        SCORED + SCORE.format("points", 'dimensions = ["tools"]\nitems = ["site"]'),
        "wave.toml: [[score]] 's' has both dimensions and items; keep dimensions.",
    ),
    "a turnover in euros": (
        '[roles]\nturnover = "size"\n' + NUMBER + 'unit = "eur"\n',
        "wave.toml: [roles] turnover names 'size', whose unit is 'eur'; "
        "write unit = \"keur\" there: legal sizes are in thousands of euros.",
    ),
    "a headcount that is a choice": (
        '[roles]\nheadcount = "site"\n' + CHOICE,
        "wave.toml: [roles] headcount names 'site', whose kind is choice; name an item of kind number.",
    ),
    "an attention check without its right answer": (
        '[roles]\nattention = "site"\n' + CHOICE,
        "wave.toml: [roles] attention_code is '', which is no answer to 'site'; write the code of its right answer.",
    ),
    "a right answer without attention check": (
        '[roles]\nattention_code = "1"\n' + CHOICE,
        "wave.toml: [roles] has attention_code and no attention; add attention = …, the item of that code.",
    ),
    "a respondent known by a number": (
        'respondent = "size"\n' + NUMBER,
        "wave.toml: respondent names 'size', whose kind is number; name an item of kind identifier.",
    ),
    "an arrangement whose answers say none": (
        '[cdo]\narrangement = "site"\n' + CHOICE,
        "wave.toml: [cdo] arrangement names 'site', whose answers have no arrangement; "
        "write arrangement = \"…\" in its answers.",
    ),
    "an outcome in words": (
        '[cdo]\narrangement = "site"\noutcome = "note"\n' + LED + TEXT,
        "wave.toml: [cdo] outcome names 'note', whose answers are no numbers; "
        "name an item of kind number, or with numbers for codes.",
    ),
    "an arrangement explained by itself": (
        '[cdo]\narrangement = "site"\nobserved = ["site"]\n' + LED,
        "wave.toml: [cdo] observed names 'site', which it is to explain; take it out of observed.",
    ),
    "an outcome explained by itself": (
        '[cdo]\narrangement = "site"\noutcome = "size"\ncovariates = ["size"]\n' + LED + NUMBER,
        "wave.toml: [cdo] covariates names 'size', which it is to explain; take it out of covariates.",
    ),
    "a dimension observed that no score averages": (
        TOOLS + '[cdo]\narrangement = "site"\nobserved = ["tools"]\n' + LED + MEASURES,
        "wave.toml: [cdo] observed names the dimension 'tools', which no score averages; "
        "put it in a score, or name its items.",
    ),
    "a response group that is no item": (
        '[weighting]\nresponse_group = "hrg"\n' + CHOICE,
        "wave.toml: [weighting] response_group names 'hrg', which the file does not declare; "
        "declare it or mend the name; known: site.",
    ),
    "a scope with a code that is no answer": (
        '[weighting]\nin_scope = { item = "site", codes = ["yes"] }\n' + CHOICE,
        "wave.toml: [weighting] in_scope names the code 'yes' that 'site' lacks; use one of its codes.",
    ),
    "a bounded calibration without bounds": (
        '[weighting]\nmethod = "logit"\n' + CHOICE,
        "wave.toml: [weighting] has method = 'logit' and no bounds; add bounds = [0.5, 2.0].",
    ),
    "bounds that do not enclose one": (
        '[weighting]\nmethod = "truncated"\nbounds = [1.2, 2]\n' + CHOICE,
        "wave.toml: [weighting] has bounds = [1.2, 2]; "
        "write bounds = [lowest, highest] around 1, for the methods logit and truncated.",
    ),
    "sizes of strata without a stratum": (
        '[weighting]\nstrata = [{ code = "a", population = 10 }]\n' + CHOICE,
        "wave.toml: [weighting] strata has sizes and no item says the stratum; add stratum = … to [roles].",
    ),
    "a stratum without units": (
        '[roles]\nstratum = "site"\n[weighting]\nstrata = [{ code = "a", population = 0 }]\n' + CHOICE,
        "wave.toml: the stratum 'a' of [weighting] has population = 0; write how many units the stratum has, above 0.",
    ),
    "a draw that was none": (
        "[weighting]\nwithout_replacement = true\n" + CHOICE,
        "wave.toml: [weighting] describes a draw, and probability_sample is false; "
        "write probability_sample = true if units were drawn at random.",
    ),
    "an unknown unit": (
        '[weighting]\nunit = "siren"\n' + CHOICE,
        "wave.toml: [weighting] has unit = 'siren'; use one of legal_unit, enterprise, establishment.",
    ),
}  # fmt: skip

CASES = WRONG | MISTYPED | MISFIT


def assert_is_sentence(message: str, start: str) -> None:
    """Check that a message is one sentence of one line; all of it is `start`, unless that ends in a blank."""
    assert message.startswith(start) if start.endswith(" ") else message == start
    assert "\n" not in message
    assert re.search(r"[^.?][.?]$", message)
    assert "?;" not in message


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_codebook_is_refused_in_one_sentence(load: Write, case: str) -> None:
    text, sentence = CASES[case]
    with pytest.raises(CodebookError) as caught:
        load(text)
    assert_is_sentence(str(caught.value), sentence)


def test_no_case_replaces_another() -> None:
    assert len(CASES) == len(WRONG) + len(MISTYPED) + len(MISFIT)


def test_a_codebook_without_title_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wave.toml"
    path.write_text('id = "wave"\n')
    with pytest.raises(CodebookError, match=r"^wave\.toml: the file has no 'title'; add title = …\.$"):
        load_codebook(path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wave.toml"
    path.touch()
    with pytest.raises(CodebookError, match=r"^wave\.toml: the file has no 'id'; add id = …\.$"):
        load_codebook(path)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wave.toml"
    path.write_bytes('title = "Maturité"'.encode("cp1252"))
    with pytest.raises(CodebookError, match=r"^wave\.toml is not UTF-8 text; save it as UTF-8\.$"):
        load_codebook(path)


def test_a_folder_is_not_a_codebook(tmp_path: Path) -> None:
    with pytest.raises(CodebookError, match="is a folder; name a codebook"):
        load_codebook(tmp_path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[item]\n", "wave.toml is not valid TOML: "),
        ('id = "wave"\nid = "wave"\n', "wave.toml is not valid TOML: "),
        ("[" * 5000, "wave.toml is not valid TOML: "),
        ("id = " + "[" * 5000, "wave.toml nests lists or tables too deep to be read; flatten them."),
        ("id = " + "1" * 5000, "wave.toml holds a number that is too long to be read; write a shorter one."),
        ("id = 0x" + "1" * 5000, 'wave.toml: the file has id = …; write text in quotes: id = "…".'),
    ],
)
def test_a_text_that_is_not_toml_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(CodebookError) as caught:
        read_codebook(text, "wave.toml")
    assert_is_sentence(str(caught.value), sentence)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("absent.toml", r"^no codebook '.*absent\.toml'; known: .*\. A path to a TOML file works too\.$"),
        ("absent\0.toml", r"^no codebook '.*\.toml'; known: .*\. A path to a TOML file works too\.$"),
        ("a" * 5000, r"^'.*a' cannot be reached \(File name too long\); name a codebook or its path\.$"),
    ],
    ids=["absent", "impossible", "too long"],
)
def test_a_file_that_does_not_exist_is_refused(tmp_path: Path, name: str, sentence: str) -> None:
    with pytest.raises(CodebookError, match=sentence):
        load_codebook(tmp_path / name)


def test_a_file_saved_by_the_windows_notepad_is_read(tmp_path: Path) -> None:
    path = tmp_path / "wave.toml"
    path.write_text(HEAD + NUMBER, encoding="utf-8-sig")
    assert load_codebook(path).source == HEAD + NUMBER


def test_an_unknown_id_gets_the_nearest_one() -> None:
    with pytest.raises(CodebookError) as caught:
        load_codebook("cdo-2025")
    assert str(caught.value) == "no codebook 'cdo-2025'; did you mean 'cdo-2026'? A path to a TOML file works too."


def test_an_unknown_id_that_is_near_none_gets_the_list() -> None:
    with pytest.raises(CodebookError) as caught:
        load_codebook("zzz")
    known = ", ".join(codebook_ids())
    assert str(caught.value) == f"no codebook 'zzz'; known: {known}. A path to a TOML file works too."


def test_a_long_list_of_names_is_not_spelled_out(load: Write) -> None:
    items = "".join(NUMBER.replace('"size"', f'"size_{number}"') for number in range(30))
    with pytest.raises(CodebookError) as caught:
        load('respondent = "zzz"\n' + items)
    assert_is_sentence(
        str(caught.value),
        "wave.toml: respondent names 'zzz', which the file does not declare; declare it or mend the name.",
    )


# --- whatever is wrong --------------------------------------------------------------------------------------------

WHOLE: dict[str, Any] = {  # every kind of table, every key
    "id": "wave",
    "version": "1",
    "title": {"fr": "Une vague", "en": "A wave"},
    "respondent": "firm",
    "probability_sample": False,
    "population": "PME",
    "origin": {"fr": "nous"},
    "notes": {"field": "Appeler le matin."},
    "roles": {"headcount": "size", "turnover": "sales", "stratum": "led", "attention": "site",
              "attention_code": "1"},
    "profiles": {"active": ["site", "sell"]},
    "cdo": {"arrangement": "led", "observed": ["size_category", "sales", "tools"], "outcome": "size",
            "covariates": ["dii"]},
    "weighting": {"unit": "legal_unit", "strata": [{"code": "01", "population": 120}], "without_replacement": False,
                  "cluster": "firm", "response_group": "site", "in_scope": {"item": "site", "codes": ["1", "0"]},
                  "calibrated": {"item": "site", "codes": ["1"]}, "calibrate_on": "respondents", "method": "logit",
                  "bounds": [0.5, 2], "residuals": "base"},
    "answers": [{"id": "scale", "answers": [
        {"code": "a", "label": "A", "value": 1}, {"code": "b", "label": {"fr": "B", "en": "B"}, "value": 2.5},
        {"code": "98", "label": "NSP", "missing": "dont_know"}]}],
    "dimension": [{"id": "tools", "label": "Outils"}, {"id": "people", "label": {"fr": "Équipe", "en": "Team"}}],
    "score": [
        {"id": "dma", "method": "points", "label": "DMA", "version": "1", "official": False, "exclusive": "drop",
         "dimensions": ["tools", "people"], "minimum_coverage": 0.5, "main": True,
         "bands": [{"id": "low", "start": 0, "label": "Bas"}, {"id": "high", "start": 50, "label": "Haut"}]},
        {"id": "dii", "method": "count", "label": "DII", "items": ["site", "sell"]},
        {"id": "mean", "method": "likert", "label": "Moyenne", "items": ["easy", "hard"]},
    ],
    "item": [
        {"name": "firm", "column": "ID", "kind": "identifier", "question": "SIREN ?", "check": "siren",
         "personal": True, "required": False},
        {"name": "size", "kind": "number", "question": "Effectif ?", "unit": "uta", "bounds": [0, 5000],
         "answers": [{"code": "9999", "label": "NSP", "missing": "dont_know"}]},
        {"name": "sales", "kind": "number", "question": "CA ?", "unit": "keur"},
        {"name": "site", "question": {"fr": "Un site ?", "en": "A site?"}, "dimension": "tools", "block": "web",
         "answers": [{"code": "1", "label": "Oui", "value": 1}, {"code": "0", "label": "Non", "value": 0}]},
        {"name": "uses", "question": "Que faites-vous ?", "select": "any", "column": "U1", "separator": ",",
         "dimension": "tools", "required": True, "asked_if": {"item": "site", "codes": ["1"]},
         "rows": [{"name": "sell", "code": "v", "label": "Vendre"}, {"name": "buy", "label": "Acheter"}],
         "none": {"name": "nothing", "label": "Rien"}},
        {"name": "grid", "question": "Est-ce… ?", "answers": "scale", "dimension": "people", "reverse": False,
         "rows": [{"name": "easy", "column": "G1", "label": "Facile"},
                  {"name": "hard", "column": "G2", "label": "Dur", "reverse": True, "exclusive": False}]},
        {"name": "led", "question": "Qui ?", "asked_if": [{"item": "sell", "codes": ["1", "0"]}],
         "answers": [{"code": "me", "label": "Moi", "arrangement": "boss_led"}, {"code": "no", "label": "Personne"}]},
        {"name": "since", "kind": "date", "question": "Depuis quand ?"},
    ],
}  # fmt: skip

Place = tuple[str | int, ...]


def written(value: object) -> str:
    """Return `value` in TOML; JSON writes texts, numbers and lists alike."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {written(entry)}" for key, entry in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return value.isoformat() if isinstance(value, date) else json.dumps(value).replace("NaN", "nan")


def file_of(tables: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(key)} = {written(value)}\n" for key, value in tables.items())


def places(value: object, place: Place = ()) -> list[Place]:
    """Return where each entry of nested tables and lists stands."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, entry in inner for found in ((*place, key), *places(entry, (*place, key)))]


def at(value: Any, place: Place) -> Any:
    for key in place:
        value = value[key]
    return value


KINDS_OF_CHANGE = ("replace", "copy", "remove", "repeat", "rename")
ODD = st.sampled_from(
    [0, 1, -3, 2.5, float("nan"), True, False, "", " ", "x", "true", "site", "size", "tools", "a\nb", "é\u00a0", [], {},
     ["x"], [1], [[]], {"fr": 1}, {"x": "y"}, date(2026, 1, 31)]
)  # fmt: skip


@st.composite
def changed(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a codebook with one to three changes: another value, a table elsewhere, a key that is gone or misspelt."""
    tables = copy.deepcopy(WHOLE)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(places(tables)))
        parent: Any = at(tables, place[:-1])
        key: Any = place[-1]
        change = draw(st.sampled_from(KINDS_OF_CHANGE))
        if change == "replace":
            parent[key] = copy.deepcopy(draw(ODD))
        elif change == "copy":
            parent[key] = copy.deepcopy(at(tables, draw(st.sampled_from(places(tables)))))
        elif change == "remove":
            del parent[key]
        elif isinstance(parent, list):
            parent.insert(draw(st.integers(0, len(parent))), copy.deepcopy(parent[key]))
        else:
            parent[f"{key}x" if change == "rename" else f"{key}\n"] = parent.pop(key)
    return tables


def mistyped(value: object, hint: Any) -> list[str]:
    """Return what in a codebook is not of its declared type: what slipped through as something else."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return [] if value in inner else [f"{value!r} is none of {inner}"]
    if origin in (Union, UnionType):
        return min((mistyped(value, one) for one in inner), key=len)
    if origin is tuple:
        if not isinstance(value, tuple) or (inner[-1] is not ... and len(value) != len(inner)):
            return [f"{value!r} is no {hint}"]
        kinds = [inner[0]] * len(value) if inner[-1] is ... else list(inner)
        return [fault for entry, kind in zip(value, kinds, strict=True) for fault in mistyped(entry, kind)]
    if is_dataclass(value) and type(value) is hint:
        hints = get_type_hints(hint)
        return [fault for f in fields(value) for fault in mistyped(getattr(value, f.name), hints[f.name])]
    return [] if type(value) is hint else [f"{value!r} is no {hint}"]


def test_the_whole_example_loads_and_has_the_declared_types() -> None:
    book = read_codebook(file_of(WHOLE), "wave.toml")
    assert len(book.items) == 11
    assert mistyped(book, Codebook) == []
    assert mistyped(replace(book, version=1), Codebook) == ["1 is no <class 'str'>"]  # type: ignore[arg-type]


def read_or_refuse(text: str) -> Codebook | str:
    try:
        return read_codebook(text, "wave.toml")
    except CodebookError as error:
        return str(error)


@settings(max_examples=400, deadline=None)
@given(changed())
def test_a_changed_codebook_loads_well_typed_or_is_refused_in_one_sentence(tables: dict[str, Any]) -> None:
    text = file_of(tables)
    tomllib.loads(text)
    found = read_or_refuse(text)
    if isinstance(found, str):
        assert found.startswith("wave.toml: ")
        assert_is_sentence(found, found)
    else:
        assert mistyped(found, Codebook) == []


# --- a right codebook ---------------------------------------------------------------------------------------------


def test_codes_with_a_leading_zero_or_a_letter_stay_text(load: Write) -> None:
    answers = '[{ code = "01", label = "Ain" }, { code = "2A", label = "Corse-du-Sud" }, { code = "1", label = "Un" }]'
    item = load(f'[[item]]\nname = "place"\nquestion = "Où ?"\nanswers = {answers}\n')["place"]
    assert item.codes == ("01", "2A", "1")
    assert item.label_of("01") == "Ain"


def test_a_code_that_the_codebook_lacks_is_its_own_label(load: Write) -> None:
    assert load(CHOICE)["site"].label_of("7") == "7"


def test_points_run_from_the_lowest_to_the_highest_value(load: Write) -> None:
    item = load(SCALE + '[[item]]\nname = "level"\nquestion = "?"\nanswers = "scale"\n')["level"]
    assert item.points == {"a": 0.0, "b": 0.25, "c": 1.0}
    assert item.values == {"a": 1.0, "b": 2.0, "c": 5.0}


def test_a_reverse_item_gives_its_points_and_values_backwards(load: Write) -> None:
    item = load(SCALE + '[[item]]\nname = "level"\nquestion = "?"\nreverse = true\nanswers = "scale"\n')["level"]
    assert item.points == {"a": 1.0, "b": 0.75, "c": 0.0}
    assert item.values == {"a": 5.0, "b": 4.0, "c": 1.0}


def test_an_answer_that_means_missing_is_neither_a_code_nor_worth_points(load: Write) -> None:
    answers = (
        '[{ code = "1", label = "Oui", value = 1 }, { code = "98", label = "NSP", missing = "dont_know", value = 98 }]'
    )
    item = load(f'[[item]]\nname = "site"\nquestion = "?"\nanswers = {answers}\n')["site"]
    assert item.codes == ("1",)
    assert list(item.points) == ["1"]
    assert item.label_of("98") == "NSP"


def test_a_tick_list_is_one_item_a_row_and_its_none_row_contradicts_the_others(load: Write) -> None:
    none = 'dimension = "tools"\nnone = { name = "nothing", column = "U_NONE", label = "Rien" }\n'
    book = load(TOOLS + TICKS.format(more=none))
    assert [item.name for item in book] == ["sell", "buy", "nothing"]
    assert all(item.tick and item.block == "uses" and item.codes == ("1", "0") for item in book)
    assert [item.exclusive for item in book] == [False, False, True]
    assert [item.name for item in book.items_of("tools")] == ["sell", "buy"]
    assert book["sell"].wording() == "Que faites-vous en ligne ? — Vendre"
    assert not book["sell"].separator


def test_a_tick_list_in_one_cell_shares_its_column(load: Write) -> None:
    book = load(TICKS.format(more='column = "U1"\n'))
    assert [(item.column, item.code, item.separator) for item in book] == [
        ("U1", "vendre", ";"),
        ("U1", "acheter", ";"),
    ]


def test_the_separator_of_a_tick_list_in_one_cell_can_be_chosen(load: Write) -> None:
    assert load(TICKS.format(more='column = "U1"\nseparator = ", "\n'))["buy"].separator == ", "


def test_a_grid_gives_its_answers_to_each_row_and_a_row_may_be_reversed(load: Write) -> None:
    rows = 'rows = [{ name = "easy", label = "Facile" }, { name = "hard", label = "Dur", reverse = true }]\n'
    book = load(SCALE + '[[item]]\nname = "grid"\nquestion = "Est-ce… ?"\nanswers = "scale"\n' + rows)
    assert book["easy"].points == {"a": 0.0, "b": 0.25, "c": 1.0}
    assert book["hard"].points == {"a": 1.0, "b": 0.75, "c": 0.0}
    assert not book["easy"].tick


def test_conditions_may_be_one_table_or_several(load: Write) -> None:
    yes = '{ item = "site", codes = ["1"] }'
    one = load(CHOICE + NUMBER + f"asked_if = {yes}\n")["size"]
    two = load(CHOICE + NUMBER + f"asked_if = [{yes}, {yes}]\n")["size"]
    assert one.asked_if[0].codes == ("1",)
    assert len(two.asked_if) == 2


def test_a_mean_may_be_made_of_dimensions_or_of_items(load: Write) -> None:
    score = '[[score]]\nid = "{0}"\nlabel = "S"\nmethod = "likert"\n{1}\n'
    book = load(
        TOOLS + CHOICE + MEASURES + score.format("a", 'dimensions = ["tools"]') + score.format("b", 'items = ["site"]')
    )
    assert book.score("a").dimensions == ("tools",)
    assert book.score("b").items == ("site",)


def test_notes_for_the_field_are_allowed_and_left_alone(load: Write) -> None:
    assert load('notes = "Appeler le matin."\n' + NUMBER)["size"].kind == "number"


def test_the_text_of_the_file_is_kept(load: Write) -> None:
    assert load(NUMBER).source == HEAD + NUMBER


def test_english_falls_back_on_french() -> None:
    assert Text("Oui").of("en") == "Oui"


@pytest.mark.parametrize("name", codebook_ids())
def test_each_codebook_of_the_package_is_found_under_its_own_id(name: str) -> None:
    assert load_codebook(name).id == name


# --- cdo-2026: the questionnaire of the project -------------------------------------------------------------------

AREAS = "design planning operations collaboration inbound marketing outbound administration purchasing security"
BATTERIES = {  # domain notes, section 2.1: questions Q1 (twice), Q2, Q3, … Q11
    "invested": ("strategy", " ".join(f"invested_{area}" for area in AREAS.split())),
    "planned": ("strategy", " ".join(f"planned_{area}" for area in AREAS.split())),
    "prepared": (
        "strategy",
        "prepared_needs prepared_finance prepared_infrastructure prepared_specialists prepared_management "
        "prepared_staff prepared_architecture prepared_servitisation prepared_satisfaction prepared_risks",
    ),
    "technologies": (
        "readiness",
        "connectivity website web_forms live_chat ecommerce emarketing egovernment remote_collaboration intranet "
        "information_systems",
    ),
    "advanced": ("readiness", "adv_simulation adv_vr_ar adv_cad_cam adv_mes adv_iot adv_blockchain adv_additive"),
    "skills": (
        "human",
        "skill_assessment skill_training_plan skill_short_training skill_learning_by_doing skill_traineeships "
        "skill_external_training skill_subsidised",
    ),
    "engagement": (
        "human",
        "engage_awareness engage_transparency engage_acceptance engage_involvement engage_autonomy "
        "engage_job_redesign engage_flexible_work engage_support_team",
    ),
    "data_management": (
        "data",
        "data_policy data_not_digital data_stored data_integrated data_real_time data_analysed data_enriched "
        "data_dashboards",
    ),
    "data_security": ("data", "sec_policy sec_client_data sec_training sec_monitoring sec_backup sec_continuity"),
    "ai": ("automation", "ai_language ai_vision ai_audio ai_robotics ai_analytics"),
    "green_practices": (
        "green",
        "green_business_model green_services green_products green_production green_emissions green_energy "
        "green_materials green_transport green_consumer green_paperless",
    ),
    "green_management": ("green", "greenm_strategy greenm_certification greenm_procurement greenm_energy greenm_reuse"),
}
SIZES = {
    "invested": 10, "planned": 10, "prepared": 10, "technologies": 10, "advanced": 7, "skills": 7, "engagement": 8,
    "data_management": 8, "data_security": 6, "ai": 5, "green_practices": 10, "green_management": 5,
}  # fmt: skip
DII = (
    "dii_internet_access dii_erp dii_fast_line dii_web_sales_b2c dii_ecommerce dii_social_media dii_social_media_two "
    "dii_crm dii_cloud dii_cloud_advanced dii_ai dii_analytics"
)
OTHERS = (
    "siren company_name naf sector region headcount turnover_keur balance_sheet_keur group_position answering_for "
    "founding_year customers respondent_role respondent_seniority_years mode stratum design_weight started_at "
    "submitted_at duration_s goal_growth goal_productivity goal_customer_experience goal_new_offer goal_data_ai "
    "goal_compliance goal_recruitment goal_first goal_second urgency_months entrant_pressure need_seo need_ux "
    "need_technical need_data need_systems need_marketing need_none digital_budget_keur cdo_budget_keur "
    "cash_constraint ict_specialists_fte web_team_fte recruitment_difficulty leader_hours_week leader_digital_skill "
    "leader_training life_cycle roadmap projects_count sites_count departments_involved then_strategy then_readiness "
    "then_human then_data then_automation then_green now_strategy now_readiness now_human now_data now_automation "
    "now_green knowledge_specificity need_frequency horizon_months confidentiality provider_trust "
    "outsourcing_experience arrangement arrangement_scope cdo_role_type reporting_line arrangement_start "
    "cdo_seniority_years cdo_days_month cdo_cost_keur team_managed expert_seo expert_ux expert_technical expert_data "
    "expert_systems expert_other expert_none expert_days_year expert_contact aged_seo aged_ux aged_technical "
    "aged_data aged_systems aged_none previous_arrangement previous_end satisfaction intention objectives_reached "
    "web_share_now web_share_before leads_change projects_on_time skills_retained turnover_growth unmet_expert_need "
    "attention_check comment contact_email"
)
ARRANGEMENTS = [
    "none_yet", "boss_led", "shared_role", "internal", "internal_with_experts", "external_adviser",
    "external_delegated_manager", "interim",
]  # fmt: skip
TICKED = [name for name in SIZES if name not in {"advanced", "ai", "green_management"}]
SCALES = (
    "goal_growth goal_recruitment attention_check entrant_pressure cash_constraint recruitment_difficulty "
    "leader_digital_skill then_strategy now_strategy knowledge_specificity confidentiality provider_trust leads_change "
    "skills_retained unmet_expert_need"
)
KNOWN_UNITS = {
    "keur", "uta", "percent", "fte", "months", "hours_per_week", "days_per_month", "days_per_year", "years", "seconds",
    "count", "points",
}  # fmt: skip


def _wordings(book: Codebook) -> dict[str, Text]:
    texts = {"title": book.title, "population": book.population, "origin": book.origin}
    texts |= {f"dimension {dimension.id}": dimension.label for dimension in book.dimensions}
    for score in book.scores:
        texts |= {f"score {score.id}": score.label}
        texts |= {f"score {score.id}, band {band.id}": band.label for band in score.bands}
    for item in book:
        texts |= {item.name: item.question}
        texts |= {f"{item.name}, stem": item.stem} if item.tick or item.stem else {}
        texts |= {f"{item.name}, code {answer.code}": answer.label for answer in item.answers}
    return texts


def test_the_questionnaire_has_the_items_of_the_project_and_no_other(book: Codebook) -> None:
    expected = [name for _, names in BATTERIES.values() for name in names.split()]
    expected += [f"{battery}_none" for battery in TICKED] + DII.split() + OTHERS.split()
    assert Counter(item.name for item in book) == Counter(expected)


def test_the_dma_core_has_96_atoms_in_12_batteries(book: Codebook) -> None:
    sizes = Counter(item.block for item in book if item.dimension)
    assert sizes == SIZES
    assert sizes.total() == 96


@pytest.mark.parametrize("battery", BATTERIES)
def test_a_dma_battery_has_the_rows_of_its_question_in_order(book: Codebook, battery: str) -> None:
    dimension, names = BATTERIES[battery]
    rows = [item for item in book if item.block == battery and item.dimension]
    assert [row.name for row in rows] == names.split()
    assert {row.dimension for row in rows} == {dimension}


@pytest.mark.parametrize("battery", TICKED)
def test_a_tick_list_ends_with_none_of_these(book: Codebook, battery: str) -> None:
    rows = [item for item in book if item.block == battery]
    assert all(row.tick for row in rows)
    assert rows[-1].name == f"{battery}_none"
    assert rows[-1].exclusive
    assert not rows[-1].dimension


def test_only_undigitised_data_and_none_of_these_exclude_the_rest(book: Codebook) -> None:
    exclusive = {item.name for item in book if item.exclusive}
    none_rows = {f"{battery}_none" for battery in TICKED} | {"need_none", "expert_none", "aged_none"}
    assert exclusive == none_rows | {"data_not_digital"}


@pytest.mark.parametrize("battery", ["advanced", "ai"])
def test_levels_run_from_0_to_5(book: Codebook, battery: str) -> None:
    for item in (item for item in book if item.block == battery):
        assert item.values == {str(level): float(level) for level in range(6)}


def test_green_management_is_worth_nothing_a_half_or_one(book: Codebook) -> None:
    assert book["greenm_reuse"].points == {"0": 0.0, "0.5": 0.5, "1": 1.0}


def test_the_dii_counts_twelve_questions_answered_by_yes_or_no(book: Codebook) -> None:
    score = book.score("dii")
    assert score.items == tuple(DII.split())
    assert len(score.items) == 12
    assert all(book[name].points == {"1": 1.0, "0": 0.0} for name in score.items)
    assert [(band.id, band.start) for band in score.bands] == [
        ("very_low", 0),
        ("low", 4),
        ("high", 7),
        ("very_high", 10),
    ]
    assert score.version == "v3-2023"


def test_the_main_score_averages_six_dimensions_that_all_have_items(book: Codebook) -> None:
    score = book.main_score
    assert score is not None
    assert score.id == "dma"
    assert score.dimensions == ("strategy", "readiness", "human", "data", "automation", "green")
    assert all(book.items_of(dimension) for dimension in score.dimensions)
    assert score.exclusive == "drop"
    assert [(band.id, band.start) for band in score.bands] == [("q1", 0), ("q2", 25), ("q3", 50), ("q4", 75)]


def test_no_score_claims_the_official_wording(book: Codebook) -> None:
    assert not any(score.official for score in book.scores)
    assert "inspirée du DMA" in book.score("dma").label.fr
    assert "d'après le DII" in book.score("dii").label.fr


def test_the_state_of_digital_is_asked_alike_for_one_date_and_for_today(book: Codebook) -> None:
    for then, now in zip(book.score("baseline").items, book.score("current").items, strict=True):
        assert then.removeprefix("then_") == now.removeprefix("now_")
        assert book[then].question == book[now].question
        assert book[then].values == book[now].values
    assert "1er janvier 2024" in book["then_data"].stem.fr


def test_invested_and_planned_name_the_same_activities(book: Codebook) -> None:
    for area in AREAS.split():
        assert book[f"invested_{area}"].question == book[f"planned_{area}"].question


def test_every_wording_is_written_in_french_and_in_english(book: Codebook) -> None:
    lacking = [where for where, text in _wordings(book).items() if not text.fr.strip() or not text.en.strip()]
    assert lacking == []


def test_every_wording_survives_a_windows_1252_export(book: Codebook) -> None:
    for text in _wordings(book).values():
        assert text.fr.encode("cp1252").decode("cp1252") == text.fr


def test_no_wording_has_stray_blanks(book: Codebook) -> None:
    stray = re.compile(r"^\s|\s$|\s\s|\n")
    assert [w for w, text in _wordings(book).items() if stray.search(text.fr) or stray.search(text.en)] == []


@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_answer_can_be_told_by_its_label(book: Codebook, language: str) -> None:
    for item in book:
        labels = [getattr(answer.label, language).casefold() for answer in item.answers]
        assert len(set(labels)) == len(labels), item.name


def test_columns_are_unique_and_written_in_capitals(book: Codebook) -> None:
    columns = [item.column for item in book]
    assert len(set(columns)) == len(columns)
    assert [column for column in columns if not re.fullmatch(r"[A-Z][A-Z0-9_]*", column)] == []


def test_batteries_have_the_columns_of_a_limesurvey_export(book: Codebook) -> None:
    assert [book[name].column for name in ("invested_design", "planned_security", "ai_analytics")] == [
        "A1_SQ001", "A2_SQ010", "E1_SQ005",
    ]  # fmt: skip
    assert [book[name].column for name in ("invested_none", "siren", "turnover_keur")] == ["A1_NONE", "SIREN", "CA"]


def test_a_question_is_routed_by_answers_that_come_before_it(book: Codebook) -> None:
    place = {item.name: index for index, item in enumerate(book)}
    for item in book:
        for condition in item.asked_if:
            asker = book[condition.item]
            assert place[asker.name] < place[item.name]
            assert set(condition.codes) <= set(asker.codes)
            assert not asker.asked_if


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        ("arrangement_start", {"none_yet"}),
        ("satisfaction", {"none_yet"}),
        ("cdo_cost_keur", {"none_yet", "boss_led"}),
        ("cdo_seniority_years", {"none_yet", "boss_led"}),
        ("cdo_days_month", {"none_yet", "boss_led"}),
        ("reporting_line", {"none_yet", "boss_led"}),
        ("team_managed", {"none_yet", "boss_led"}),
        ("aged_seo", {"none_yet"}),
    ],
)
def test_attributes_are_asked_where_someone_leads(book: Codebook, name: str, left_out: set[str]) -> None:
    (condition,) = book[name].asked_if
    assert condition.item == "arrangement"
    assert set(condition.codes) == set(ARRANGEMENTS) - left_out


def test_details_of_outside_experts_are_asked_where_some_were_bought(book: Codebook) -> None:
    for name in ("expert_days_year", "expert_contact"):
        (condition,) = book[name].asked_if
        assert (condition.item, condition.codes) == ("expert_none", ("0",))


@pytest.mark.parametrize(
    "name", ["web_share_now", "web_share_before", "objectives_reached", "arrangement", "intention"]
)
def test_outcomes_and_arrangement_are_asked_of_all(book: Codebook, name: str) -> None:
    assert book[name].asked_if == ()


def test_the_arrangements_are_the_eight_of_the_project(book: Codebook) -> None:
    answers = book["arrangement"].answers
    assert [answer.code for answer in answers] == ARRANGEMENTS
    assert [answer.arrangement for answer in answers] == ARRANGEMENTS
    assert all(answer.missing is None for answer in answers)


def test_past_and_future_arrangements_are_the_same_eight(book: Codebook) -> None:
    assert list(book["previous_arrangement"].codes) == [*ARRANGEMENTS, "never"]
    assert list(book["intention"].codes) == ["no_change", *ARRANGEMENTS]


@pytest.mark.parametrize("name", SCALES.split())
def test_a_scale_has_five_steps_and_two_ways_not_to_answer(book: Codebook, name: str) -> None:
    item = book[name]
    assert item.values == {str(step): float(step) for step in range(1, 6)}
    missing = {answer.code: answer.missing for answer in item.answers if answer.missing}
    assert missing.items() >= {"98": "dont_know", "99": "refused"}.items()


def test_a_number_says_its_unit_and_what_can_be_true(book: Codebook) -> None:
    numbers = [item for item in book if item.kind == "number"]
    assert {item.name for item in numbers if item.unit not in KNOWN_UNITS} == {"founding_year"}
    assert all(float("-inf") < item.bounds[0] < item.bounds[1] < float("inf") for item in numbers)


def test_the_legal_size_can_be_computed_up_to_large_companies(book: Codebook) -> None:
    assert book["headcount"].bounds[1] >= 5_000
    assert book["turnover_keur"].bounds[1] > 1_500_000
    assert book["balance_sheet_keur"].bounds[1] > 2_000_000


def test_what_the_survey_team_fills_in_may_be_absent_and_what_names_a_person_is_marked(book: Codebook) -> None:
    optional = {item.name for item in book if not item.required}
    assert optional == {
        "naf", "stratum", "design_weight", "started_at", "mode", "contact_email", "comment", "company_name",
    }  # fmt: skip
    assert {item.name for item in book if item.personal} == {"comment", "contact_email"}


def test_identifiers_are_checked(book: Codebook) -> None:
    assert book.respondent == "siren"
    assert (book["siren"].check, book["naf"].check) == ("siren", "naf")
    assert book["region"].codes.index("01") >= 0
    assert len(book["region"].codes) == 18


def test_the_attention_check_asks_for_the_answer_that_is_right(book: Codebook) -> None:
    code = book.roles.attention_code
    assert code == "4"
    assert book["attention_check"].label_of(code) in book["attention_check"].question.fr


def test_the_profiles_rest_on_three_items_a_dimension(book: Codebook) -> None:
    assert Counter(book[name].dimension for name in book.active) == dict.fromkeys(
        ("strategy", "readiness", "human", "data", "automation", "green"), 3
    )


def test_an_estimate_may_only_use_what_precedes_the_arrangement(book: Codebook) -> None:
    assert book.cdo is not None
    assert book.cdo.outcome == "objectives_reached"
    assert book.cdo.covariates == ("headcount", "sector", "founding_year", "baseline", "customers", "group_position")


def test_the_respondents_chose_themselves(book: Codebook) -> None:
    assert not book.probability_sample
