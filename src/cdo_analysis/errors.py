"""What can go wrong, one class a kind of trouble, one sentence a case.

Every error of ours says what came, what was expected, where, and the way out. The command line prints it as one
line and leaves with the exit code of its class.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from difflib import get_close_matches


class CdoAnalysisError(Exception):
    """The root of the errors that this package raises on purpose.

    Attributes
    ----------
    exit_code : int
        What ``cdo-analysis`` returns to the shell when this error ends a command.
    """

    exit_code = 1

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows of the error: its sentence; asked again (``%tb``), the whole traceback."""
        if getattr(self, "_was_shown", False):
            return "".join(traceback.format_exception(self)).splitlines()
        self._was_shown = True
        return [f"{type(self).__name__}: {' '.join(str(self).split())}", "(%tb shows where it came from)"]


class UsageError(CdoAnalysisError, ValueError):
    """A parameter, option or argument that cannot be used as it is."""

    exit_code = 2


class InputError(CdoAnalysisError, ValueError):
    """A survey export, a margins file or a study that cannot be used."""

    exit_code = 3


class CodebookError(CdoAnalysisError, ValueError):
    """A questionnaire description that does not hold together."""

    exit_code = 3


class DisclosureError(CdoAnalysisError, RuntimeError):
    """A result that would show what too few companies answered."""

    exit_code = 4


class ReportError(CdoAnalysisError, RuntimeError):
    """A notebook that did not run to its end."""

    exit_code = 5


class TimeLimitError(CdoAnalysisError, RuntimeError):
    """A report that took longer than it may."""

    exit_code = 6


class ProcessDiedError(CdoAnalysisError, RuntimeError):
    """A report whose process was killed, or ended without a word."""

    exit_code = 7


class BusyError(CdoAnalysisError, RuntimeError):
    """A report that another run is making."""

    exit_code = 75


class InterruptedRunError(CdoAnalysisError, RuntimeError):
    """A run that a signal asked to stop."""

    def __init__(self, number: int) -> None:
        super().__init__(f"interrupted (signal {number}); what was running is stopped, what was published stays.")
        self.exit_code = 128 + number


class PublishError(CdoAnalysisError, RuntimeError):
    """A result that could not be written where it was asked for."""

    exit_code = 8


MOST_LISTED = 15


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `` ; did you mean 'x'?`` for the nearest known word, or the list of known words where it is short.

    Parameters
    ----------
    word : str
        What was written.
    known : iterable of str
        What could have been written.

    Returns
    -------
    str
        The end of a sentence, starting with a semicolon.

    Examples
    --------
    >>> did_you_mean("segmnet", ["segment", "language"])
    "; did you mean 'segment'?"
    >>> did_you_mean("zzz", ["fr", "en"])
    '; known: en, fr'
    """
    names = sorted({str(name) for name in known})
    close = get_close_matches(word, names, n=1, cutoff=0.7)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; known: {', '.join(names)}" if 0 < len(names) <= MOST_LISTED else ""
