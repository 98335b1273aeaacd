"""A project's own patterns: read, tried, and refused with a sentence.

They are RE2's, whose time is linear in the text. Where Python's `re` means more by the
same words, they are rewritten to mean that: `\\w` finds "ü", `{,3}` counts from 0.
"""

from __future__ import annotations

import re
from typing import Any

import re2

MOST_PATTERNS = 20
MOST_CHARACTERS = 300  # of one pattern
_UNICODE = {"w": r"\pL\pN_", "d": r"\p{Nd}", "s": r"\s\pZ"}
_NEGATED = {"W": "w", "D": "d", "S": "s"}
_FROM_NOTHING = re.compile(r"\{,(\d+)\}")
_CANNOT = (
    ("(?=", "looks ahead with (?=…)"),
    ("(?!", "looks ahead with (?!…)"),
    ("(?<=", "looks behind with (?<=…)"),
    ("(?<!", "looks behind with (?<!…)"),
    ("(?>", "has an atomic group (?>…)"),
    ("(?P=", "refers back to a group"),
    ("(?(", "depends on a group"),
)
_BACK = re.compile(r"(?<!\\)(?:\\\\)*\\[1-9]")
_POSSESSIVE = re.compile(r"[*+?}]\+")


class PatternError(ValueError):
    """An own pattern that cannot be used; the message says which line and why."""


def pattern_lines(text: str) -> tuple[str, ...]:
    """One regular expression a line; empty lines and `# notes` are none."""
    lines = [line.strip() for line in text.splitlines()]
    return tuple(line for line in lines if line and not line.startswith("#"))


def own_patterns(text: str) -> tuple[str, ...]:
    """The patterns of a text, tried out. Raises PatternError for what the engine
    cannot take, or what matches empty text.
    """
    found = pattern_lines(text)
    if len(found) > MOST_PATTERNS:
        raise PatternError(f"at most {MOST_PATTERNS} patterns, not {len(found)}")
    for number, pattern in enumerate(found, start=1):
        try:
            compiled = compile_own(pattern)
        except PatternError as error:
            raise PatternError(f"pattern {number} {error}") from error
        if compiled.search(""):
            raise PatternError(f"pattern {number} matches empty text")
    return found


def compile_own(pattern: str) -> Any:
    """RE2's compiled pattern. Raises PatternError, whose text follows "pattern 3 "."""
    if len(pattern) > MOST_CHARACTERS:
        raise PatternError(f"is longer than {MOST_CHARACTERS} characters")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(_as_python_means(pattern), options)
    except (re2.error, UnicodeError) as error:
        raise PatternError(_why_not(pattern, error)) from error


def _why_not(pattern: str, error: Exception) -> str:
    what = next((what for words, what in _CANNOT if words in pattern), "")
    if not what and _BACK.search(pattern):
        what = r"refers back to a group with \1"
    elif not what and _POSSESSIVE.search(pattern):
        what = "has a possessive quantifier such as *+"
    if what:
        return f"{what}, which cannot be searched in limited time: write it without"
    said = error.args[0] if error.args else error
    text = said.decode() if isinstance(said, bytes) else str(said)
    return f"is not a regular expression of RE2: {text}"


def _as_python_means(pattern: str) -> str:
    """`\\w`, `\\d`, `\\s` and their opposites for all alphabets."""
    parts: list[str] = []
    is_in_class = False
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\" and at + 1 < len(pattern):
            parts.append(_escape(pattern[at + 1], is_in_class))
            at += 2
            continue
        if is_in_class:
            is_in_class = char != "]"
        elif char == "[":
            is_in_class = True
            # "[]a]" and "[^]a]" contain the bracket.
            start = re.match(r"\[\^?\]?", pattern[at:])
            assert start is not None
            parts.append(start[0].replace("]", r"\]"))
            at += len(start[0])
            continue
        elif found := _FROM_NOTHING.match(pattern, at):
            parts.append(f"{{0,{found[1]}}}")
            at = found.end()
            continue
        parts.append(char)
        at += 1
    return "".join(parts)


def _escape(letter: str, is_in_class: bool) -> str:
    if letter in _UNICODE:
        return _UNICODE[letter] if is_in_class else f"[{_UNICODE[letter]}]"
    if letter in _NEGATED and not is_in_class:
        return f"[^{_UNICODE[_NEGATED[letter]]}]"
    return rf"\{letter}"
