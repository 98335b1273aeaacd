"""Tokens of a text by the scripts it is written in: the default estimate.

ceil(characters / 3.5) is fair for Latin letters and code, a third of the truth for
Chinese and a fifth for emoji. Here each character weighs what its script weighs in
o200k_base: a Chinese one 0.75 tokens, a Korean one 0.6, a digit 0.64 (three make a
token, and what stands between digits makes another), an emoji 1.5.

Source of the weights: one text in 18 languages, code, logs and JSON, counted by
o200k_base (`make bench ARGS=counting` prints the error of each).
"""

from __future__ import annotations

from bisect import bisect_right

_UNIT = 140  # weights are 140ths of a token: 1 / 3.5 is 40 of them
_LATIN = 40
_DIGIT = 90
# First code point of a stretch -> the weight of its characters.
_STRETCHES: tuple[tuple[int, int], ...] = (
    (0x0000, _LATIN),
    (0x0370, 52),  # Greek
    (0x0400, _LATIN),  # Cyrillic
    (0x0530, 58),  # Armenian, Hebrew
    (0x0600, _LATIN),  # Arabic
    (0x0700, 58),
    (0x0900, 53),  # India's scripts
    (0x0E00, 57),  # Thai, Lao, Tibetan, Burmese, Georgian
    (0x1100, 84),  # Hangul's letters
    (0x1200, 90),  # Ethiopic, Cherokee, Khmer and others that few texts taught
    (0x1E00, _LATIN),  # Vietnamese
    (0x1F00, 90),  # ancient Greek
    (0x2000, _LATIN),  # quotation marks, dashes
    (0x2190, 140),  # arrows, mathematics, boxes
    (0x2600, 210),  # the older emoji
    (0x2800, 140),
    (0x3000, 70),  # Chinese full stops, commas and brackets
    (0x3040, 92),  # Japanese syllables
    (0x3100, 140),
    (0x3400, 280),  # rare Chinese characters
    (0x4E00, 105),  # Chinese
    (0xA000, 140),
    (0xAC00, 84),  # Korean
    (0xD7B0, 140),
    (0xFE00, 140),  # variation selectors, presentation forms
    (0xFF00, 70),  # full-width forms
    (0xFFF0, 140),
    (0x10000, 280),
    (0x1F000, 210),  # emoji
    (0x20000, 350),  # the rarest Chinese characters
)
_STARTS = [start for start, _ in _STRETCHES]
_JOINER = "\u200d"  # makes one picture of several emoji, and a token of its own
_REMEMBERED = 10_000  # characters; a text of all of Unicode shall not stay in memory


class _Weights(dict[str, int]):
    """Weights of characters, each looked up once."""

    def __missing__(self, character: str) -> int:
        weight = _STRETCHES[bisect_right(_STARTS, ord(character)) - 1][1]
        if len(self) < _REMEMBERED:
            self[character] = weight
        return weight


_weights = _Weights({_JOINER: 140})
_ASCII = bytes(range(128))
_DIGITS = b"0123456789"


def tokens_by_script(text: str) -> int:
    """Estimated tokens, rounded up: 7 Latin letters are 2, 4 Chinese characters 3."""
    # Bytes are deleted in C: most of most texts is ASCII, which need not be looked at
    # one by one, and counting ten digits takes five times as long.
    letters = text.encode("utf-8", "surrogatepass")
    digits = len(letters) - len(letters.translate(None, _DIGITS))
    others = ""
    if not text.isascii():
        others = letters.translate(None, _ASCII).decode("utf-8", "surrogatepass")
    weight = _LATIN * (len(text) - len(others)) + (_DIGIT - _LATIN) * digits
    if others:
        weight += sum(map(_weights.__getitem__, others))
    return -(-weight // _UNIT)
