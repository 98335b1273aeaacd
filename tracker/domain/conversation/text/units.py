"""Cuts text into the lines a summary is made of: sentences, lines, JSON records."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tracker.domain.conversation.text.text_repair import repair_text

LONG_LINE = 90  # characters; a shorter line is never cut into sentences
UNIT_CHARACTERS = 210  # about 60 tokens: one thought, one JSON record
_MOST_CHARACTERS = 2 * UNIT_CHARACTERS  # a run without any space is cut here
_SENTENCE = re.compile(
    r"(?<=[.!?。！？])[\"')\]]*\s+(?=[A-Z0-9\"'(\[*\-])|(?<=[。！？])"
)
_CLAUSE = re.compile(r"(?<=[,;])\s+")
_MAY_END = re.compile(r"[.!?][\"')\]]*\s|[。！？]")
_JOINS = "\u200d\ufe0e\ufe0f"
_FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))
_LONGEST_CLUSTER = 32


def split_units(text: str) -> list[str]:
    """`text` as short units in reading order; JSON is flattened to `key: value`."""
    text = text.strip()
    if not text:
        return []
    if text[0] in "[{":
        records = _json_records(text)
        if records:
            return [part for record in records for part in _cut(record)]
    units: list[str] = []
    for line in text.splitlines():
        line = line.strip()
        if not line:
            continue
        if len(line) <= LONG_LINE:
            units.append(line)
            continue
        for sentence in sentences(line):
            units.extend(_cut(sentence))
    return units


def sentences(text: str) -> list[str]:
    """The sentences of a unit; a short line may hold several."""
    if not _MAY_END.search(text):
        text = text.strip()
        return [text] if text else []
    return [part for part in map(str.strip, _SENTENCE.split(text)) if part]


def clauses(text: str, most: int) -> list[str]:
    """`text` in parts of up to `most` characters, cut behind commas and semicolons.

    A part without any may be longer. "id: 7, city: Bonn, zip: 53111" in parts of 20:
    "id: 7, city: Bonn," and "zip: 53111".
    """
    parts: list[str] = []
    start = 0
    fits: re.Match[str] | None = None
    for mark in (*_CLAUSE.finditer(text), None):
        end = mark.start() if mark else len(text)
        if end - start > most and fits is not None:
            parts.append(text[start : fits.start()])
            start = fits.end()
        fits = mark
    return [*parts, text[start:]]


def safe_cut(text: str, at: int) -> int:
    """The nearest place at or before `at` that is not inside an emoji or accent.

    Rows of joined characters longer than any emoji are cut where they are.
    """
    for place in range(at, max(0, at - _LONGEST_CLUSTER), -1):
        if place >= len(text) or not _joined(text, place):
            return place
    return 0 if at < _LONGEST_CLUSTER else at


def _joined(text: str, at: int) -> bool:
    """Whether the characters on both sides of `at` are drawn as one."""
    left, right = text[at - 1], text[at]
    if right in _JOINS or left == "\u200d":
        return True
    code = ord(right)
    if code < 0x300:
        return False
    if right in _FLAG_LETTERS and left in _FLAG_LETTERS:
        # Two letters make one flag: inside a pair an odd number stands before.
        before = text[:at]
        return (at - len(before.rstrip(_FLAG_LETTERS))) % 2 == 1
    is_combining = code <= 0x36F or 0x1AB0 <= code <= 0x1AFF or 0x20D0 <= code <= 0x20FF
    is_skin_tone = 0x1F3FB <= code <= 0x1F3FF
    return is_combining or is_skin_tone


def _json_records(text: str) -> list[str]:
    try:
        # JSON may spell half an emoji as an escape: parsed, it is no UTF-8 any more.
        return [repair_text(record) for record in _flatten(json.loads(text), "")]
    except (ValueError, RecursionError):
        return []


def _flatten(data: Any, prefix: str) -> Iterator[str]:
    """Each object's own values as one `key: value, …` line under its path."""
    if isinstance(data, dict):
        own = [f"{k}: {v}" for k, v in data.items() if not isinstance(v, dict | list)]
        if own:
            yield (f"{prefix} " if prefix else "") + ", ".join(own)
        for key, value in data.items():
            if isinstance(value, dict | list):
                yield from _flatten(value, f"{prefix}.{key}" if prefix else str(key))
    else:
        own = [str(item) for item in data if not isinstance(item, dict | list)]
        if own:
            yield (f"{prefix}: " if prefix else "") + ", ".join(own)
        for at, item in enumerate(data):
            if isinstance(item, dict | list):
                yield from _flatten(item, f"{prefix}[{at}]")


def _cut(text: str) -> list[str]:
    """`text` in parts of about a unit, cut at spaces where there are any."""
    parts: list[str] = []
    start = 0
    while len(text) - start > UNIT_CHARACTERS:
        end = text.rfind(" ", start + 1, start + UNIT_CHARACTERS)
        if end < 0:
            end = text.find(" ", start + UNIT_CHARACTERS, start + _MOST_CHARACTERS)
        if end < 0:
            end = safe_cut(text, min(start + _MOST_CHARACTERS, len(text)))
        parts.append(text[start:end].strip())
        start = end
    parts.append(text[start:].strip())
    return [part for part in parts if part]
