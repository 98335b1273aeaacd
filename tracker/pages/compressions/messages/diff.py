"""What changed inside a message that was shortened, word by word, in bounded time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

# difflib is quadratic at worst: 1,500 on either side take at most about 0.2 s.
MOST_PIECES = 1_500
MOST_CHARACTERS = 400_000
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
SHOWN_EQUAL = 160  # characters of unchanged text left on each side of a change
SHOWN_GONE = 600  # characters of one removed stretch
MOST_SPANS = 400


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A piece of text. `mark` is "", lost, del, ins, or gap: a note in its place."""

    text: str
    mark: str = ""


def changes(old: str, new: str) -> list[MarkedText]:
    """`new` as spans, with what was removed from `old` in its place. Long spans are
    cut.

    Words are compared where there are few enough, else lines. Where even the lines are
    too many, only the beginning of `new` is shown.
    """
    if len(old) + len(new) > MOST_CHARACTERS:
        note = "too long to compare; showing the new text"
        return [MarkedText(note, "gap"), MarkedText(new[:2_000], "ins")]
    for split in (_WORDS, _LINES):
        left, right = split.findall(old), split.findall(new)
        start, end = _common(left, right)
        middle = (left[start : len(left) - end], right[start : len(right) - end])
        if max(map(len, middle)) <= MOST_PIECES:
            spans = [
                MarkedText("".join(left[:start])),
                *_spans(*middle),
                MarkedText("".join(left[len(left) - end :])) if end else MarkedText(""),
            ]
            return list(_readable(spans))[:MOST_SPANS]
    note = "too many changes to compare; showing the new text"
    return [MarkedText(note, "gap"), MarkedText(new[:2_000], "ins")]


def _common(left: Sequence[str], right: Sequence[str]) -> tuple[int, int]:
    """How many pieces are the same at the start and at the end."""
    shorter = min(len(left), len(right))
    start = 0
    while start < shorter and left[start] == right[start]:
        start += 1
    end = 0
    while end < shorter - start and left[-1 - end] == right[-1 - end]:
        end += 1
    return start, end


def _spans(left: Sequence[str], right: Sequence[str]) -> Iterator[MarkedText]:
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            yield MarkedText("".join(left[a:b]))
            continue
        if b > a:
            yield MarkedText("".join(left[a:b]), "del")
        if d > c:
            yield MarkedText("".join(right[c:d]), "ins")


def _readable(spans: Sequence[MarkedText]) -> Iterator[MarkedText]:
    """Without empty spans; long ones keep their ends and say what is left out."""
    present = [span for span in spans if span.text]
    for at, span in enumerate(present):
        most = SHOWN_GONE if span.mark else 2 * SHOWN_EQUAL
        if len(span.text) <= most:
            yield span
            continue
        head = 0 if at == 0 and not span.mark else most // 2
        tail = 0 if at == len(present) - 1 and not span.mark else most // 2
        word = {"del": "removed", "ins": "added"}.get(span.mark, "unchanged")
        left_out = len(span.text) - head - tail
        if head:
            yield MarkedText(span.text[:head], span.mark)
        yield MarkedText(f"{left_out:,} characters {word}", "gap")
        if tail:
            yield MarkedText(span.text[-tail:], span.mark)


def cut_at(text: str, *, most: int, lines: int) -> int:
    """Where a text is cut to about `most` characters and `lines` lines; its length
    where it is hardly longer.
    """
    end = most
    at = -1
    for _ in range(lines):
        at = text.find("\n", at + 1)
        if at < 0 or at >= most:
            break
    else:
        end = at
    return len(text) if len(text) <= end + SHOWN_EQUAL else end


def marked(text: str, facts: Sequence[str], *, cut: int) -> list[MarkedText]:
    """The text up to `cut` with the facts in it marked as lost; the first facts
    behind it are shown in their surroundings.
    """
    places = sorted(_places(text, facts))
    spans = _marked(text, 0, cut, places)
    shown_to = cut
    behind = [(a, b) for a, b in places if a >= cut][:3]
    for a, b in behind:
        start, stop = max(shown_to, a - 60), min(len(text), b + 60)
        if start >= stop:
            continue
        if start > shown_to:
            spans.append(MarkedText("…", "gap"))
        spans += _marked(text, start, stop, places)
        shown_to = stop
    if shown_to < len(text):
        spans.append(MarkedText("…", "gap"))
    return spans


def _places(text: str, facts: Sequence[str]) -> Iterator[tuple[int, int]]:
    end = 0
    found = sorted((at, at + len(f)) for f in facts if f and (at := text.find(f)) >= 0)
    for start, stop in found:
        if start >= end:
            yield start, stop
            end = stop


def _marked(
    text: str, start: int, stop: int, places: Sequence[tuple[int, int]]
) -> list[MarkedText]:
    spans, at = [], start
    for a, b in places:
        a, b = max(a, at), min(b, stop)
        if a >= b:
            continue
        spans += [MarkedText(text[at:a]), MarkedText(text[a:b], "lost")]
        at = b
    spans.append(MarkedText(text[at:stop]))
    return [span for span in spans if span.text]
