"""Families of models with open weights -> their windows, in the spellings of all hosts.
Also those that their makers sell, or sold, and that the snapshot has not.

Source: the makers' model cards, as of 2026-11. A host may serve less (Ollama starts
with 4,096 unless told otherwise): a report's `window_tokens` or a policy then says so.
"""

from __future__ import annotations

import re
from functools import lru_cache

AS_OF = "2026-11-01"
SOURCE = "the makers' model cards"
# The first that fits, of a bare name whose separators are all dashes: Groq writes
# llama-3.3-70b-versatile, Ollama llama3.3:70b, Fireworks llama-v3p3-70b-instruct.
_WINDOWS: tuple[tuple[re.Pattern[str], int], ...] = tuple(
    (re.compile(pattern), window)
    for pattern, window in (
        (r"(meta-)?llama-?4-scout", 10_485_760),
        (r"(meta-)?llama-?4-maverick", 1_048_576),
        (r"(meta-)?llama-?v?3(-|p)[123]\b", 131_072),
        (r"(meta-)?llama-?v?3\b", 8_192),
        (r"(meta-)?llama-?v?2\b", 4_096),
        (r"code-?llama", 16_384),
        (r"gpt-oss", 131_072),
        (r"qwen-?3-coder", 262_144),
        (r"qwen-?3-.*2507", 262_144),
        (r"qwen-?3-(next|vl|5)", 262_144),
        (r"qwen-?3\b", 131_072),
        (r"qwen-?2(-5)?-(coder-)?(instruct-)?(0-5b|1-5b|3b)", 32_768),
        (r"qwen-?2-5\b", 131_072),
        (r"qwq\b", 131_072),
        (r"gemma-?3-(1b|270m)", 32_768),
        (r"gemma-?3n", 32_768),
        (r"gemma-?[34]\b", 131_072),
        (r"gemma-?2?(-[0-9]+b.*)?$", 8_192),
        (r"mixtral-8x22b", 65_536),
        (r"mixtral", 32_768),
        (r"(open-)?mistral-nemo", 131_072),
        (r"(open-)?mistral-7b", 32_768),
        (r"mistral-small-?3-[12]", 131_072),
        (r"devstral", 131_072),
        (r"codestral-22b", 32_768),
        (r"phi-?3-.*128k", 131_072),
        (r"phi-?3-5", 131_072),
        (r"phi-?3\b", 4_096),
        (r"phi-?4-mini", 131_072),
        (r"phi-?4\b", 16_384),
        (r"deepseek-r1-distill", 131_072),
        (r"deepseek-(r1|v3)", 163_840),
        (r"kimi-k2-(0905|thinking)", 262_144),
        (r"kimi-k2\b", 131_072),
        (r"glm-?4-5\b", 131_072),
        (r"granite-?[34](-[0-9])?\b", 131_072),
        (r"command-r(7b)?\b", 131_072),
        (r"command-a\b", 256_000),
        (r"(nvidia-)?nemotron-3-(nano|super|ultra)", 1_048_576),
        (r"(nvidia-)?nemotron-nano", 131_072),
        (r"minimax-m1", 1_000_000),
        (r"mimo-v2-flash", 262_144),
        (r"hunyuan-a13b", 262_144),
        (r"(ai21-)?jamba-", 262_144),
        (r"seed-oss", 524_288),
        (r"ernie-4-5", 131_072),
        (r"longcat-flash", 131_072),
        (r"(olmo-?3|smollm-?3|solar-pro-?2)\b", 65_536),
        # Without open weights, and missing in the snapshot: xAI's, Google's,
        # Anthropic's, OpenAI's, Mistral's, Perplexity's.
        (r"grok-4(-0709|-latest)?$", 256_000),
        (r"grok-4(-1)?-fast", 2_000_000),
        (r"grok-[23](-mini|-fast|-beta|-latest|-[0-9]{4}|-vision)*$", 131_072),
        (r"gemini-1-5-pro", 2_097_152),
        (r"gemini-(1-5|2-0|3|3-1)-(flash|pro)", 1_048_576),
        (r"claude-v?2-1$", 200_000),
        (r"claude-(2|2-0|instant.*)$", 100_000),
        (r"chatgpt-4o-latest$", 128_000),
        (r"mistral-medium-25[0-9]{2}$", 131_072),
        (r"codestral-25[0-9]{2}$", 262_144),
        (r"sonar-pro$", 200_000),
        (r"sonar(-reasoning(-pro)?|-deep-research)?$", 128_000),
    )
)
_SEPARATORS = re.compile(r"[.:_]+")


@lru_cache(maxsize=4096)
def open_window(name: str) -> int | None:
    """The window in tokens of the family a bare name belongs to, None if unknown.

    open_window("llama-3.3-70b-versatile") and open_window("llama3.3:70b") are 131,072.
    """
    dashed = _SEPARATORS.sub("-", name)
    for pattern, window in _WINDOWS:
        if pattern.match(dashed):
            return window
    return None
