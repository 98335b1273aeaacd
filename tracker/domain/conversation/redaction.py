"""Takes secrets out of text before it is stored: keys, tokens, e-mail, own patterns.

The built-in patterns are linear in the length of the text. Own patterns run under a
time limit; when it is used up the text is withheld, never stored as it came.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import regex  # re with a timeout

MOST_PATTERNS = 20
MOST_CHARACTERS = 300  # of one own pattern
OWN_SECONDS = 0.5  # for one compression: its writing transaction waits meanwhile
TRIAL_SECONDS = 0.05  # a pattern slower than this on 2,000 characters is refused
KEY, EMAIL, OWN = "[redacted key]", "[redacted e-mail]", "[redacted]"
WITHHELD = "[withheld: a redaction pattern took too long]"

_TRIALS = tuple(
    f"{unit * (2_000 // len(unit))}!" for unit in ("a", "0", " ", "a1 ", "aA@.-")
)

# Possessive quantifiers (++) never go back over what they took: no text can make
# these slow. Each names what it knows; a word before it is kept for the reader.
_BUILT_IN: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:[^-]|-(?!----))*+"
            r"(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?",
            KEY,
        ),
        # OpenAI, Anthropic, Stripe; this product; GitHub, GitLab, Slack; AWS; Google;
        # Hugging Face, npm, PyPI.
        (r"\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}+", KEY),
        (r"\btb_[A-Za-z0-9_-]{20,}+", KEY),
        (r"\b(?:gh[pousr]|github_pat|glpat|npm|hf|pypi)[-_][A-Za-z0-9_-]{16,}+", KEY),
        (r"\bxox[a-z]-[A-Za-z0-9-]{10,}+", KEY),
        (r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", KEY),
        (r"\bAIza[A-Za-z0-9_-]{30,}+", KEY),
        # JSON web tokens
        (r"\beyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{8,}+(?:\.[A-Za-z0-9_-]*+)?", KEY),
        (r"(?i)\b(bearer|basic)(\s{1,4})[A-Za-z0-9._~+/=-]{8,}+", rf"\1\2{KEY}"),
        # user:password@ in addresses
        (r"(://[^\s/:@]{1,128}:)[^\s/@]{1,256}@", rf"\1{KEY}@"),
        # password=…, "api_key": "…", CLIENT_SECRET_KEY: …
        (
            r"(?i)((?:api[_-]?key|secret|password|passwd|access[_-]?token|"
            r"auth[_-]?token)(?:[_-][a-z0-9]{1,20}){0,2}[\"']?\s{0,4}[=:]\s{0,4}"
            r"[\"']?)(?!\[redacted)[^\s\"',;]{6,}+",
            rf"\1{KEY}",
        ),
        (
            r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]++@[A-Za-z0-9-]{1,63}"
            r"(?:\.[A-Za-z0-9-]{1,63}){1,8}",
            EMAIL,
        ),
    )
)
_SECRET_NAME = re.compile(
    r"(?i)(?:api[_-]?key|secret|password|passwd|access[_-]?token|auth[_-]?token|"
    r"^authorization$)"
)


class PatternError(ValueError):
    """An own pattern that cannot be used; the message says which line and why."""


def own_patterns(text: str) -> tuple[str, ...]:
    """The patterns of a text, tried out. Raises PatternError for what does not
    compile, matches everything or is slow.
    """
    found = pattern_lines(text)
    if len(found) > MOST_PATTERNS:
        raise PatternError(f"at most {MOST_PATTERNS} patterns, not {len(found)}")
    for number, pattern in enumerate(found, start=1):
        problem = _problem(pattern)
        if problem:
            raise PatternError(f"pattern {number} {problem}")
    return found


def pattern_lines(text: str) -> tuple[str, ...]:
    """One regular expression a line; empty lines and `# notes` are none."""
    lines = [line.strip() for line in text.splitlines()]
    return tuple(line for line in lines if line and not line.startswith("#"))


def _problem(pattern: str) -> str:
    if len(pattern) > MOST_CHARACTERS:
        return f"is longer than {MOST_CHARACTERS} characters"
    try:
        compiled = regex.compile(pattern)
    except (regex.error, OverflowError, RecursionError) as error:
        return f"is not a regular expression: {error}"
    if compiled.search(""):
        return "matches empty text"
    try:
        for trial in _TRIALS:
            compiled.sub(OWN, trial, timeout=TRIAL_SECONDS)
    except TimeoutError:
        return "is too slow on 2,000 characters: avoid nested repetition such as (a+)+"
    return ""


class Redactor:
    """Redacts the texts of one compression. `clock` answers seconds.

    All its own patterns together may take `seconds`; what comes after is withheld,
    and so is everything where a pattern does not compile.
    """

    def __init__(
        self,
        patterns: Sequence[str] = (),
        *,
        clock: Callable[[], float],
        seconds: float = OWN_SECONDS,
    ) -> None:
        self._clock = clock
        self._until = clock() + seconds
        self._own = []
        try:
            self._own = [regex.compile(pattern) for pattern in patterns]
        except regex.error:
            self._own, self._until = [regex.compile("(?!)")], float("-inf")

    def text(self, text: str) -> str:
        for pattern, replacement in _BUILT_IN:
            text = pattern.sub(replacement, text)
        for own in self._own:
            left = self._until - self._clock()
            if left <= 0:
                return WITHHELD
            try:
                text = own.sub(OWN, text, timeout=left)
            except TimeoutError:
                return WITHHELD
        return text

    def value(self, value: Any) -> Any:
        """The same JSON value, every text in it redacted, names of fields too. A text
        in a field named like a secret goes whole.
        """
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, (list, tuple)):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {
                self.text(str(key)): KEY
                if isinstance(item, str) and item and _SECRET_NAME.search(str(key))
                else self.value(item)
                for key, item in value.items()
            }
        return value
