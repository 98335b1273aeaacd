"""Words to what they carry: plain terms, entities (paths, ids, numbers), names."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain

_STOP_TEXT = """
a an the and or but if then else when while of to in on at by for with from into onto
about as is are was were be been being am do does did done have has had having i me my
mine we us our you your yours he him his she her hers it its they them their this that
these those there here what which who whom whose how why where not no nor so too very
can could will would shall should may might must just also than more most some any each
other own same s t ll re ve d m don didn doesn isn aren wasn weren won wouldn couldn
shouldn hey hi hello oh wow yeah yes ok okay thanks thank really thing things get got go
going know like think well up out down over all one
"""
STOP_WORDS = frozenset(_STOP_TEXT.split())
# A longer word is pieces of so many characters: one of 10 MB would be read letter by
# letter, and be kept by the caches below.
LONGEST_WORD = 1_000
_SPLIT = re.compile(
    rf"[^\s\"'’`<>()\[\]{{}}|;=，。！？、；：（）「」]{{1,{LONGEST_WORD}}}"
)
_EDGES = ".,:!?*#-–—…~’“”‘_&\\"
_WIDE = re.compile(
    "[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+"
)
_GROUPED = re.compile(r"[^\d]?\d{1,3}(?:,\d{3})+(?:\.\d+)?%?")
_FILE = re.compile(
    r"(?i)[\w\-.]*\w\.(?:py|js|ts|tsx|jsx|go|rs|java|c|h|cc|cpp|rb|md|json|ya?ml|toml"
    r"|txt|sh|sql|html|css|cfg|ini|log|csv|pl|php|lock|xml|pdf|png|env)(?::\d+)*"
)
_IDENTIFIER = re.compile(
    r"[A-Za-z]+(?:_[A-Za-z0-9]+)+|[a-z]+[A-Z]\w*|[A-Z][a-z]+(?:[A-Z][a-z0-9]+)+"
    r"|[A-Z]{2,}[A-Z0-9_]*"
)
_NAME = re.compile(r"[A-Z][a-zà-ÿ]{2,}")
_PART = re.compile(r"[^\W_]+")
_SUFFIXES = ("ingly", "edly", "ing", "ies", "ied", "ed", "es", "ly", "s")

Features = tuple[str, ...]
TERM, ENTITY, NAME = "t", "e", "n"  # the first letter of each feature


def words_of(text: str) -> list[str]:
    """The raw words of `text`: cut at spaces, brackets and quotes, and a word of 2,500
    characters into 1,000, 1,000 and 500.
    """
    return _SPLIT.findall(text)


def features_of(text: str) -> Features:
    """Everything `text` carries, as features: `tcustomer`, `esrc/app.py`, `nCaroline`.

    A capital at the very start of a text makes no name. They stand in the order of the
    text, as `terms_of` has them: weights summed over a set come out a little different
    in each process, and another process would then choose another summary.
    """
    found: dict[str, None] = {}
    is_first = True
    for word in words_of(text):
        for feature in word_features(word):
            if is_first and feature[0] == NAME:
                continue
            found[feature] = None
        is_first = False
    return tuple(found)


def terms_of(text: str) -> Features:
    """The content words of `text`, stemmed, with numbers and parts of identifiers."""
    words = words_of(text)
    return tuple(dict.fromkeys(chain.from_iterable(map(word_terms, words))))


@lru_cache(maxsize=32_768)
def word_features(word: str) -> Features:
    """What one raw word carries; () for function words and bare punctuation."""
    word = word.strip(_EDGES)
    if not word:
        return ()
    if "," in word and not _GROUPED.fullmatch(word):
        parts = [part for part in word.split(",") if part]
        return tuple(feature for part in parts for feature in word_features(part))
    if not word.isascii() and _WIDE.search(word):
        return _wide_features(word)
    lower = word.lower()
    if lower in STOP_WORDS:
        return ()
    features = [TERM + (stem(lower) if lower.isalpha() else lower)]
    if is_entity(word):
        features.append(ENTITY + lower)
        folder, _, name = lower.rpartition("/")
        if folder and len(name) > 2:
            features.append(ENTITY + name)
    elif _NAME.fullmatch(word):
        features.append(NAME + word)
    return tuple(features)


@lru_cache(maxsize=32_768)
def word_terms(word: str) -> Features:
    """The plain alphanumeric terms inside one raw word."""
    if not word.isascii() and _WIDE.search(word):
        return tuple(feature[1:] for feature in _wide_features(word))
    parts = _PART.findall(word.replace(",", "").lower())
    return tuple(
        stem(part) if part.isalpha() else part
        for part in parts
        if part not in STOP_WORDS
    )


def is_entity(word: str) -> bool:
    """Whether a word is a literal one cannot guess: path, id, number, address."""
    if any(map(str.isdigit, word)):
        return True
    if "/" in word or "@" in word:
        return len(word) > 2
    return bool(_IDENTIFIER.fullmatch(word) or _FILE.fullmatch(word))


def stem(word: str) -> str:
    if not word.endswith(_SUFFIXES):  # nearly all
        return word
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)] + ("y" if suffix in ("ies", "ied") else "")
    return word


def _wide_features(word: str) -> Features:
    """Scripts without spaces: pairs of characters; the rest as usual."""
    features: list[str] = []
    rest = _WIDE.sub(" ", word)
    for run in _WIDE.findall(word):
        if len(run) == 1:
            features.append(TERM + run)
        features.extend(TERM + run[at : at + 2] for at in range(len(run) - 1))
    for part in rest.split():
        features.extend(word_features(part))
    return tuple(features)
