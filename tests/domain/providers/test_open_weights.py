"""Windows of open-weight models, whoever hosts them."""

from __future__ import annotations

import pytest

from tracker.domain.providers.catalogue import window_of
from tracker.domain.providers.open_weights import open_window


@pytest.mark.parametrize(
    ("model", "window"),
    [
        ("groq/llama-3.3-70b-versatile", 131_072),
        ("groq:llama-3.1-8b-instant", 131_072),
        ("ollama:llama3.1:8b", 131_072),
        ("ollama/llama3.2", 131_072),
        ("accounts/fireworks/models/llama-v3p1-70b-instruct", 131_072),
        ("databricks-meta-llama-3-3-70b-instruct", 131_072),
        ("meta-llama/Meta-Llama-3-8B-Instruct", 8_192),
        ("meta-llama/Llama-4-Scout-17B-16E-Instruct", 10_485_760),
        ("openai/gpt-oss-120b", 131_072),
        ("openai.gpt-oss-20b-1:0", 131_072),
        ("gpt-oss:20b", 131_072),
        ("Qwen/Qwen2.5-Coder-32B-Instruct", 131_072),
        ("qwen2.5-coder:1.5b", 32_768),
        ("qwen3-coder:30b", 262_144),
        ("Qwen/Qwen3-235B-A22B-Instruct-2507", 262_144),
        ("gemma3:27b", 131_072),
        ("gemma2:9b", 8_192),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", 32_768),
        ("mistral-nemo:12b", 131_072),
        ("microsoft/phi-4", 16_384),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-70B", 131_072),
        ("gemma:7b", 8_192),
        ("gemma4:12b", 131_072),
        ("qwen3.5:27b", 262_144),
        ("xai/grok-4", 256_000),
        ("grok-4-0709", 256_000),
        ("x-ai/grok-4.1-fast", 2_000_000),
        ("xai/grok-3-mini-fast", 131_072),
        ("google/gemini-3-pro-preview", 1_048_576),
        ("gemini-2.0-flash-001", 1_048_576),
        ("models/gemini-1.5-pro-002", 2_097_152),
        ("nvidia/nemotron-nano-9b-v2", 131_072),
        ("ai21.jamba-1-5-large-v1:0", 262_144),
        ("perplexity/sonar-pro", 200_000),
    ],
)
def test_a_family_is_known_in_every_hosts_spelling(model: str, window: int) -> None:
    assert window_of(model) == window


def test_a_makers_own_row_wins_over_its_family() -> None:
    assert window_of("llama-3.3-70b-instruct") == 128_000


@pytest.mark.parametrize(
    "name", ["", "llama", "llamafile", "house-model", "qwen30b", "grok-5", "gemma-5-9b"]
)
def test_what_belongs_to_no_family_is_not_guessed(name: str) -> None:
    assert open_window(name) is None
