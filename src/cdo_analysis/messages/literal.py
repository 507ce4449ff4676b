"""Text that others wrote, made fit to be printed anywhere: what has no sign of its own gets a visible one."""

from __future__ import annotations

import re

MARK = "\ufffd"
"""Stands where a character was that cannot, or may not, be printed."""

# Control characters, surrogates and what is no character: no format can hold all of them. Marks that change the
# direction of all that follows (embeddings, overrides, isolates) would let a name reorder the sentence around it.
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


def printable(text: str) -> str:
    r"""Return `text` with :data:`MARK` in place of each character that cannot be printed, or that would hide others.

    Letters of every script, emoji, the joiners between them and line ends stay as they are.

    Examples
    --------
    >>> printable("a\x00b \u202egnp.exe")
    'a\ufffdb \ufffdgnp.exe'
    """
    return _UNPRINTABLE.sub(MARK, text)
