"""The parameters of a template: its ``parameters`` cell is the schema, read as Python, checked before any kernel."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, SupportsIndex

from cdo_analysis.errors import UsageError, did_you_mean

_TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
_TRUE, _FALSE = frozenset({"true", "oui", "yes", "1"}), frozenset({"false", "non", "no", "0"})


@dataclass(frozen=True)
class Parameter:
    """One parameter of a template.

    Attributes
    ----------
    name : str
    type : type
        str, int, float or bool.
    default : object
    choices : tuple of str
        From ``Literal[...]``; empty where any value of the type will do.
    """

    name: str
    type: type
    default: Any
    choices: tuple[str, ...] = ()

    def read(self, value: object, template: str) -> Any:
        """Return `value` in the parameter's type; a text is never turned into a number where text is asked.

        Raises
        ------
        UsageError
            It is not of the type, or not one of the choices.
        """
        if self.type is str and not isinstance(value, str):
            raise self._wrong(value, template, "a text")
        try:
            typed = _READ[self.type](value)
        except (TypeError, ValueError):
            raise self._wrong(value, template, self.type.__name__) from None
        if self.choices and typed not in self.choices:
            raise UsageError(
                f"{template}: {self.name} = {value!r} is not one of {', '.join(self.choices)}"
                f"{did_you_mean(str(value), self.choices)}"
            )
        return typed

    def _wrong(self, value: object, template: str, wanted: str) -> UsageError:
        return UsageError(
            f"{template}: {self.name} = {value!r} is not {wanted}; write one, as in {self.name}={self.default!r}."
        )


def _read_int(value: object) -> int:
    """Read a whole number as people write it: not 1_000, nor digits of another script, nor the truth as 1."""
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]+\s*", value):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        raise ValueError(value)
    return operator.index(value)


def _read_float(value: object) -> float:
    """Read a number, which is neither infinite nor none."""
    if isinstance(value, bool) or (isinstance(value, str) and not _NUMBER.fullmatch(value)):
        raise ValueError(value)
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number):
        raise ValueError(value)
    return number


_NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*")


def _read_bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE | _FALSE:
        return word in _TRUE
    raise ValueError(word)


_READ: dict[type, Callable[[Any], Any]] = {str: str, int: _read_int, float: _read_float, bool: _read_bool}


def parse_parameters(source: str, template: str) -> dict[str, Parameter]:
    r"""Read the parameters that a cell declares: ``name: type = default``, one a line.

    Parameters
    ----------
    source : str
        Source of the cell tagged ``parameters``.
    template : str
        Name of the template, for errors.

    Returns
    -------
    dict of str to Parameter

    Raises
    ------
    UsageError
        The cell holds something else than annotated assignments of plain values.

    Examples
    --------
    >>> found = parse_parameters('study: str = ""\nlanguage: Literal["fr", "en"] = "fr"', "panorama")
    >>> found["language"].choices
    ('fr', 'en')
    """
    parameters = {}
    for node in ast.parse(source).body:
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None):
            raise UsageError(
                f"{template}: line {node.lineno} of the parameters cell is not 'name: type = value'; write it so."
            )
        kind, choices = _annotation(node.annotation, template)
        parameters[node.target.id] = Parameter(node.target.id, kind, ast.literal_eval(node.value), choices)
    return parameters


def _annotation(node: ast.expr, template: str) -> tuple[type, tuple[str, ...]]:
    if isinstance(node, ast.Name) and node.id in _TYPES:
        return _TYPES[node.id], ()
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Literal":
        choices = ast.literal_eval(node.slice)
        return str, tuple(choices) if isinstance(choices, tuple) else (choices,)
    raise UsageError(
        f"{template}: '{ast.unparse(node)}' is not a type of parameters; use str, int, float, bool or Literal."
    )


def check_parameters(declared: Mapping[str, Parameter], given: Mapping[str, object], template: str) -> dict[str, Any]:
    """Return `given` in the declared types.

    Raises
    ------
    UsageError
        A name is not declared, or a value does not fit; with what was meant, where that can be guessed.

    Examples
    --------
    >>> declared = parse_parameters('segment: str = ""', "panorama")
    >>> check_parameters(declared, {"segmnet": "ETI"}, "panorama")
    Traceback (most recent call last):
    cdo_analysis.errors.UsageError: panorama has no parameter 'segmnet'; did you mean 'segment'?
    """
    for name in given:
        if name not in declared:
            raise UsageError(f"{template} has no parameter '{name}'{did_you_mean(name, declared)}")
    return {name: declared[name].read(value, template) for name, value in given.items()}
