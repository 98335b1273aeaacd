"""Names from outside, written so that they cannot deceive a reader.

A name may hold characters that cannot be seen and yet change what is read: overrides
of the writing direction, characters without width, controls. `visible` writes their
code point instead. static/tracker/live/event_stream.js does the same with live news.
"""

from __future__ import annotations

import re

# Joiners and direction marks belong to some scripts and to emoji: what counts as
# hidden is one without such a neighbour before it.
_HIDDEN = re.compile(
    r"(?<![^\x00-\x7f])[\u200c-\u200f\u061c]|"
    r"[\x00-\x1f\x7f-\x9f\xad\u115f\u1160\u180e\u200b\u2028-\u202e\u2060-\u206f"
    r"\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]+"
)
# What a spreadsheet takes for the beginning of a formula, the full-width forms too.
_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")


def visible(text: str) -> str:
    """`text` with each hidden character as `‹U+202E›`, a run of them as one mark."""
    if text.isascii() and text.isprintable():
        return text
    return _HIDDEN.sub(_mark, text)


def visible_lines(text: str) -> str:
    """What a person wrote: the same, and its lines stay lines."""
    return "\n".join(visible(line) for line in text.splitlines())


def _mark(found: re.Match[str]) -> str:
    run = found[0]
    more = f" +{len(run) - 1}" if len(run) > 1 else ""
    return f"‹U+{ord(run[0]):04X}{more}›"


def no_formula(text: str) -> str:
    """`text` as a spreadsheet's cell: never computed, shown as it is."""
    return f"'{text}" if text[:1] in _FORMULA else text
