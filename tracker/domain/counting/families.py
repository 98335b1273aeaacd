"""Which tokenizer and which overheads a model has, as far as is known.

Only OpenAI publishes its tokenizer. For the others o200k_base stands in, times a
factor where somebody measured one; calibration (calibration.py) then learns the rest
from what the provider reports.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from tracker.domain.counting.media_tokens import ImageRule
from tracker.domain.counting.overheads import (
    CLAUDE,
    CLAUDE_LARGE_IMAGES,
    OPENAI,
    OPENAI_PATCHES,
    OPENAI_TILES,
    Overheads,
)
from tracker.domain.providers.model_names import bare_name


@dataclass(frozen=True, slots=True)
class Family:
    """Models that share a rule: tokens = `encoding`'s tokens x `factor_percent` / 100.

    With `is_published` the encoding is the model's own, so the number is a count; else
    it is an estimate. `source` says where the factor comes from.
    """

    name: str
    encoding: str
    factor_percent: int
    is_published: bool
    overheads: Overheads
    source: str


OPENAI_O200K = Family(
    name="OpenAI",
    encoding="o200k_base",
    factor_percent=100,
    is_published=True,
    overheads=OPENAI,
    source="tiktoken",
)
OPENAI_CL100K = replace(OPENAI_O200K, name="OpenAI up to GPT-4", encoding="cl100k_base")
# On 3,727 texts of 19 kinds the mean error of the two factors was 12 % and 11 %; per
# kind Claude counts 1.10 to 1.91 and 1.20 to 1.95 times o200k's tokens.
CLAUDE_3 = Family(
    name="Claude 3 to 4.6",
    encoding="o200k_base",
    factor_percent=118,
    is_published=False,
    overheads=CLAUDE,
    source="sammcj/ingest #65; recorded count_tokens answers: 1.19 on code",
)
CLAUDE_47 = Family(
    name="Claude 4.7 and later",
    encoding="o200k_base",
    factor_percent=153,
    is_published=False,
    # The frame of a request with one message is 6 tokens; 4.7's alone was 11 (ctok).
    overheads=replace(CLAUDE, message=3, image=CLAUDE_LARGE_IMAGES),
    source="sammcj/ingest #65; recorded count_tokens answers: 1.45 on code",
)
OTHER = replace(
    OPENAI_O200K,
    name="unknown",
    is_published=False,
    source="no measurement: o200k_base stands in",
)
# An unknown or empty name is counted as if o200k_base were its encoding.
UNNAMED = replace(OPENAI_O200K, name="default")


def _tiles(*, base: int, tile: int) -> ImageRule:
    return replace(OPENAI_TILES, base=base, per_square=tile, low_detail=base)


_OPENAI = re.compile(r"(gpt|chatgpt|o\d|codex|computer-use|text-embedding|davinci)\b")
_CL100K = re.compile(r"gpt-4(?![.o\d])|gpt-3|gpt-35|text-embedding")
_OTHER_VENDORS = re.compile(
    r"(gemini|gemma|llama|mistral|mixtral|ministral|magistral|codestral|devstral"
    r"|pixtral|voxtral|qwen|qwq|deepseek|grok|command|kimi|moonshot|glm|minimax|nova"
    r"|phi|jamba|nemotron|meta-llama)"
)
_CLAUDE_VERSION = re.compile(r"claude-(?:[a-z]+-)?(\d{1,2})(?:-(\d{1,2}))?(?!\d)")
# litellm 1.109's table, from OpenAI's vision guide; the first that matches.
_SMALL_PATCHES = replace(OPENAI_PATCHES, max_squares=1536, per_square=1.62)
_OPENAI_IMAGES: tuple[tuple[str, ImageRule], ...] = (
    ("gpt-4o-mini", _tiles(base=2833, tile=5667)),
    (r"gpt-4\.1-(mini|nano)|gpt-5-(mini|nano)", _SMALL_PATCHES),
    (r"gpt-5\.[2-9]|gpt-[6-9]|gpt-\d\d", OPENAI_PATCHES),
    ("gpt-5", _tiles(base=70, tile=140)),
    (r"o\d", _tiles(base=75, tile=150)),
)


@lru_cache(maxsize=4096)
def family_of(model: str) -> Family:
    """The family of a model by its name, in any spelling (model_names.py)."""
    name = bare_name(model)
    if name.startswith("claude"):
        return _claude(name)
    if _OPENAI.match(name):
        family = OPENAI_CL100K if _CL100K.match(name) else OPENAI_O200K
        return replace(family, overheads=replace(OPENAI, image=_openai_image(name)))
    return OTHER if _OTHER_VENDORS.match(name) else UNNAMED


def _claude(name: str) -> Family:
    version = _CLAUDE_VERSION.match(name)
    numbers = (int(version[1]), int(version[2] or 0)) if version else (0, 0)
    if numbers == (4, 7):
        return replace(CLAUDE_47, overheads=replace(CLAUDE_47.overheads, reply=8))
    # Names without a number ("claude-mythos-preview") came with the newer tokenizer.
    is_unnumbered = version is None and name not in ("claude", "claude-instant")
    return CLAUDE_47 if numbers > (4, 7) or is_unnumbered else CLAUDE_3


def _openai_image(name: str) -> ImageRule:
    rules = (rule for pattern, rule in _OPENAI_IMAGES if re.match(pattern, name))
    return next(rules, OPENAI_TILES)
