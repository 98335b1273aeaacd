"""Finds texts by their words without reading them all again for each question."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from tracker.domain.review.bit_sums import items_of, likely_heaviest, mask_of

_WORD = re.compile(r"\w+")
# A list of holders that is so many times longer than the candidates is searched for
# each of them instead of being read.
_SEARCHED_FACTOR = 8
_MOST_SEARCHED = 32  # items, about as long as the bits of all of them take
_MOST_READ = 500  # holders, about as long as the sums of their bits take
_PART_CHARACTERS = 1_000


class WordIndex:
    """Answers which of the added items contain a word. Items are numbered in the order
    added.

    A conversation of 10,000 messages asks about thousands of sentences. Reading every
    item with a common word for each of them took time in the square of the length.
    """

    def __init__(self) -> None:
        self._holders: defaultdict[str, list[int]] = defaultdict(list)
        self._masks: dict[str, int] = {}

    def add(self, item: int, words: Iterable[str]) -> None:
        """Each word once. `item` is not less than the last one."""
        self._masks.clear()
        for word in words:
            self._holders[word].append(item)

    @property
    def words(self) -> Collection[str]:
        return self._holders.keys()

    def holders(self, word: str) -> Sequence[int]:
        return self._holders.get(word, ())

    def holding_all(self, words: Collection[str]) -> Iterator[int]:
        """Items that hold each of the words (one at least), in the order added."""
        rarest, *others = sorted(words, key=lambda word: len(self.holders(word)))
        found = self.holders(rarest)
        if len(found) > _MOST_SEARCHED and others:
            # "https example org" stands in each line of a list of addresses.
            common = self._mask(rarest)
            for word in others:
                common &= self._mask(word)
            yield from items_of(common)
            return
        lists = [self.holders(word) for word in others]
        for item in found:
            if all(_holds(holders, item) for holders in lists):
                yield item

    def best(
        self, weights: Mapping[str, float], share: float, most: int
    ) -> list[tuple[int, float]]:
        """Of the items holding at least `share` (above 0) of the weight the `most`
        heaviest, equal ones in the order added; each with what it holds.

        An item that misses the rarest words is left out unread once these weigh more
        than it may miss: of the weights 3, 2, 1 and a share of 0.7 an item without the
        first cannot hold 4.2 of 6.
        """
        order = sorted(weights, key=lambda word: (len(self.holders(word)), word))
        total = sum(weights[word] for word in order)
        may_miss = total * (1 - share) * 1.000001  # never less for rounding
        asked, rarest = 0.0, 0
        while rarest < len(order) and asked <= may_miss:
            asked += weights[order[rarest]]
            rarest += 1
        if sum(len(self.holders(word)) for word in order[:rarest]) > _MOST_READ:
            # Where all items share twenty words, each question would read all of them.
            pairs = ((self._mask(word), weights[word]) for word in order)
            found = dict.fromkeys(likely_heaviest(pairs, share * total, most), 0.0)
        else:
            rare = (self.holders(word) for word in order[:rarest])
            found = dict.fromkeys(chain.from_iterable(rare), 0.0)
        for word in order:
            self._weigh(word, weights[word], found)
        heavy = [(item, held) for item, held in found.items() if held >= share * total]
        return sorted(heavy, key=lambda entry: (-entry[1], entry[0]))[:most]

    def _weigh(self, word: str, weight: float, found: dict[int, float]) -> None:
        """Add the weight to those found that hold the word."""
        holders = self.holders(word)
        if len(holders) <= _SEARCHED_FACTOR * len(found):
            for item in holders:
                if item in found:
                    found[item] += weight
        else:
            for item in found:
                if _holds(holders, item):
                    found[item] += weight

    def _mask(self, word: str) -> int:
        mask = self._masks.get(word)
        if mask is None:
            mask = self._masks[word] = mask_of(self.holders(word))
        return mask


class TextIndex:
    """Lower-case texts, searched for a literal between word borders."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self._index = WordIndex()
        self._parts: list[tuple[int, str]] = []
        for at, text in enumerate(texts):
            for part in _parts(text):
                words = dict.fromkeys(_WORD.findall(part))
                self._index.add(len(self._parts), words)
                self._parts.append((at, part))

    def holding(self, literal: str) -> Iterator[int]:
        """Numbers of the texts that hold the lower-case `literal`, in order. "app.py"
        stands in "src/app.py:3", and not in "myapp.py".
        """
        line = max(literal.split("\n"), key=len)  # a part holds whole lines
        last = -1
        for number in self._holding_words(_WORD.findall(line)):
            at, part = self._parts[number]
            if at == last or not stands_in(part, line):
                continue
            if line == literal or stands_in(self.texts[at], literal):
                last = at
                yield at

    def _holding_words(self, words: Sequence[str]) -> Iterator[int]:
        if not words:
            yield from range(len(self._parts))
            return
        yield from self._index.holding_all(set(words))


def stands_in(text: str, literal: str) -> bool:
    """Whether `text` holds `literal`, and not as a part of a longer word."""
    # Not a regular expression: with a look-behind it is 20 times slower here.
    at = text.find(literal)
    while at >= 0:
        end = at + len(literal)
        is_start = at == 0 or not _is_word(text[at - 1])
        if is_start and (end == len(text) or not _is_word(text[end])):
            return True
        at = text.find(literal, at + 1)
    return False


def _is_word(mark: str) -> bool:
    return mark.isalnum() or mark == "_"


def _parts(text: str) -> Iterator[str]:
    """`text` in runs of whole lines. A summary may have a megabyte: to search all of
    it for each literal takes the square of a conversation's length.
    """
    start = 0
    while len(text) - start > _PART_CHARACTERS:
        end = text.find("\n", start + _PART_CHARACTERS)
        if end < 0:
            break
        yield text[start:end]
        start = end + 1
    yield text[start:]


def _holds(holders: Sequence[int], item: int) -> bool:
    at = bisect_left(holders, item)
    return at < len(holders) and holders[at] == item
