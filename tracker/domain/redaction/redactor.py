"""Redacts texts: what looks like a secret, what is named like one, e-mail addresses,
and the matches of a project's own patterns.

All patterns are RE2's (https://github.com/google/re2): the time of a search is linear
in the text, whatever the text is. Matches are counted against a limit of time, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import re2

from tracker.domain.redaction import named_values, token_shapes
from tracker.domain.redaction.named_values import (
    is_credential,
    is_mixed,
    is_secret,
    looks_random,
    value_behind,
)
from tracker.domain.redaction.own_patterns import PatternError, compile_own

SECONDS = 5.0  # for all texts of one report
PAUSE_EVERY = 50  # matches, about 0.5 ms of Python
KEY, EMAIL, OWN = "[redacted key]", "[redacted e-mail]", "[redacted]"
WITHHELD = "[withheld: redaction took too long]"
UNUSABLE = "[withheld: a redaction pattern of this project cannot be used]"

# Takes a match; returns its replacement and where it ends, or None to keep it.
Judge = Callable[[Any], tuple[str, int] | None]
MAIL = r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}([A-Za-z]{2,24})\b"
_PICTURES = frozenset((b"png", b"jpg", b"jpeg", b"svg", b"webp", b"gif"))


class Redactor:
    """Redacts the texts of one report. `clock` answers seconds.

    All together may take `seconds`; what comes after is withheld. If one of its own
    patterns cannot be used, every text is withheld: nothing passes unredacted. `pause`
    is called again and again while there are many matches: others may want to run.
    """

    def __init__(
        self,
        patterns: Sequence[str] = (),
        *,
        clock: Callable[[], float],
        seconds: float = SECONDS,
        pause: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock = clock
        self._pause = pause
        self._checks = 0
        self._until = clock() + seconds
        self._short: dict[str, str] = {}
        self._own: tuple[Any, ...] | None
        try:
            self._own = _compiled(tuple(patterns))
        except PatternError:
            self._own = None

    def text(self, text: str) -> str:
        """Short texts are remembered: names of fields come again and again."""
        if len(text) > 60:
            return self._searched(text)
        found = self._short.get(text)
        if found is None:
            found = self._searched(text)
            if len(self._short) < 10_000:
                self._short[text] = found
        return found

    def _searched(self, text: str) -> str:
        if self._own is None:
            return UNUSABLE if text else text
        data = text.encode("utf-8", "surrogatepass")
        try:
            for pattern, judge in _known():
                data = self._replaced(pattern, judge, data)
            for own in self._own:
                data = self._replaced(own, _own, data)
        except TimeoutError:
            return WITHHELD
        return data.decode("utf-8", "surrogatepass")

    def value(self, value: Any) -> Any:
        """The same JSON value, every text in it redacted, names of fields too. A text
        in a field named like a secret goes whole.
        """
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, (list, tuple)):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            named = value.get("name", value.get("key"))
            return {
                self.text(str(key)): self._field(
                    named if key == "value" and isinstance(named, str) else str(key),
                    item,
                )
                for key, item in value.items()
            }
        return value

    def _field(self, name: str, item: Any) -> Any:
        if not isinstance(item, str):
            return self.value(item)
        is_whole = name.lower() in _HEADERS or is_secret(name, item, is_quoted=True)
        return KEY if is_whole and item else self.text(item)

    def _replaced(self, pattern: Any, judge: Judge, data: bytes) -> bytes:
        parts: list[bytes] = []
        end = at = 0
        while True:
            self._check_time()
            match = pattern.search(data, at)
            if match is None:
                break
            found = judge(match)
            if found is None:
                at = match.end()
                continue
            parts += (
                data[end : match.start()],
                found[0].encode("utf-8", "surrogatepass"),
            )
            end = at = found[1]
        if not parts:
            return data
        parts.append(data[end:])
        return b"".join(parts)

    def _check_time(self) -> None:
        self._checks += 1
        if self._checks % PAUSE_EVERY == 0:
            self._pause()
        if self._clock() > self._until:
            raise TimeoutError


_AFTER = (*token_shapes.AFTER, *token_shapes.AFTER_IF_MIXED)
_HEADERS = frozenset(
    ("authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key")
)


@lru_cache(maxsize=1)
def _known() -> tuple[tuple[Any, Judge], ...]:
    """The built-in patterns, compiled once. One for all would be twice as slow."""
    found: tuple[tuple[str, Judge], ...] = (
        (_either(pattern for _, pattern in token_shapes.WHOLE), _whole),
        (_either(pattern for _, pattern in _AFTER), _after),
        (named_values.BEARER, _bearer),
        (named_values.NAMED, _named),
        (_either(pattern for _, pattern in token_shapes.IF_RANDOM), _random),
        (MAIL, _mail),
    )
    return tuple((_compile(pattern), judge) for pattern, judge in found)


@lru_cache(maxsize=64)
def _compiled(patterns: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(compile_own(pattern) for pattern in patterns)


def _either(patterns: Any) -> str:
    return "|".join(f"(?:{pattern})" for pattern in patterns)


def _compile(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem = 64 * 1024 * 1024  # of states; a smaller one makes it slower
    return re2.compile(pattern, options)


def _text(match: Any, group: int = 0) -> str:
    return (match[group] or b"").decode("utf-8", "surrogatepass")


def _own(match: Any) -> tuple[str, int]:
    return OWN, match.end()


def _whole(match: Any) -> tuple[str, int]:
    return KEY, match.end()


def _after(match: Any) -> tuple[str, int] | None:
    number, kept = next(
        (number, group)
        for number, group in enumerate(match.groups())
        if group is not None
    )
    if match[0].startswith(b"[redacted", len(kept)):
        return None
    value = match[0][len(kept) :].decode("utf-8", "replace")
    if number >= len(token_shapes.AFTER) and not is_mixed(value):
        return None
    sign = "@" if match[0].endswith(b"@") else ""
    return f"{kept.decode('utf-8', 'surrogatepass')}{KEY}{sign}", match.end()


def _bearer(match: Any) -> tuple[str, int] | None:
    if not match[1] and not is_credential(_text(match, 4)):
        return None
    return "".join(_text(match, n) for n in (1, 2, 3)) + KEY, match.end()


def _named(match: Any) -> tuple[str, int] | None:
    name, quote = _text(match, 1), match[2] or b""
    value = value_behind(name, quote, match.string, match.end())
    text = value.decode("utf-8", "replace")
    if not is_secret(name, text, is_quoted=bool(quote)):
        return None
    return f"{_text(match)}{KEY}", match.end() + len(value)


def _random(match: Any) -> tuple[str, int] | None:
    return (KEY, match.end()) if looks_random(_text(match)) else None


def _mail(match: Any) -> tuple[str, int] | None:
    """An icon@2x.png is a picture, git@github.com nobody's mail."""
    if match[1].lower() in _PICTURES or match[0].startswith(b"git@"):
        return None
    return EMAIL, match.end()
