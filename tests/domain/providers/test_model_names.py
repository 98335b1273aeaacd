from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.providers.model_names import (
    bare_name,
    family_name,
    is_long_context,
    known_as,
)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5-20250929"),
        (
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "claude-sonnet-4-5-20250929",
        ),
        (
            "bedrock/us-east-1/anthropic.claude-3-5-sonnet-20241022-v2:0:200k",
            "claude-3-5-sonnet-20241022",
        ),
        (
            "arn:aws:bedrock:us-east-1:123:inference-profile/"
            "eu.anthropic.claude-opus-4-6-v1",
            "claude-opus-4-6",
        ),
        ("anthropic.claude-3-haiku-20240307-v1", "claude-3-haiku-20240307"),
        (
            "global.anthropic.claude-haiku-4-5-20251001-v1:0",
            "claude-haiku-4-5-20251001",
        ),
        ("vertex_ai/claude-sonnet-4-5@20250929", "claude-sonnet-4-5-20250929"),
        ("vertex_ai/claude-opus-4-6@default", "claude-opus-4-6"),
        ("openrouter/anthropic/claude-sonnet-4.5:beta", "claude-sonnet-4-5"),
        ("Claude-Sonnet-4-5[1m]", "claude-sonnet-4-5"),
        ("openai/gpt-5", "gpt-5"),
        ("azure/gpt-4.1-mini", "gpt-4.1-mini"),
        ("ft:gpt-4o-2024-08-06:acme::abc123", "gpt-4o-2024-08-06"),
        ("models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("groq/openai/gpt-oss-120b", "gpt-oss-120b"),
        ("amazon.nova-pro-v1:0", "nova-pro"),
        ("openai:gpt-4o", "gpt-4o"),
        ("google_genai:gemini-2.5-pro", "gemini-2.5-pro"),
        ("google-gla:gemini-2.5-pro", "gemini-2.5-pro"),
        ("gateway/openai:gpt-5-mini", "gpt-5-mini"),
        (
            "bedrock_converse:us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "claude-sonnet-4-5-20250929",
        ),
        ("mistral:mistral-large-latest", "mistral-large-latest"),
        ("mistral:7b", "mistral:7b"),
        ("ollama:llama3.1:8b", "llama3.1:8b"),
        ("gemma3:latest", "gemma3"),
        ("databricks-claude-opus-4-6", "claude-opus-4-6"),
        ("databricks/databricks-claude-sonnet-4-5", "claude-sonnet-4-5"),
        ("anthropic--claude-4.5-sonnet", "claude-sonnet-4-5"),
        ("claude-4-sonnet-20250514", "claude-sonnet-4-20250514"),
        ("claude-3-7-sonnet-20250219", "claude-3-7-sonnet-20250219"),
        ("@cf/meta/llama-3.1-8b-instruct", "llama-3.1-8b-instruct"),
        (" GPT-5 ", "gpt-5"),
        ("", ""),
    ],
)
def test_every_spelling_becomes_the_providers_own(model: str, expected: str) -> None:
    assert bare_name(model) == expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-5-2025-08-07", ["gpt-5-2025-08-07", "gpt-5"]),
        ("claude-opus-4-5-20251101", ["claude-opus-4-5-20251101", "claude-opus-4-5"]),
        ("claude-3-5-sonnet-latest", ["claude-3-5-sonnet-latest", "claude-3-5-sonnet"]),
        ("gpt-4-0613", ["gpt-4-0613"]),
        ("gpt-5-mini", ["gpt-5-mini"]),
    ],
)
def test_a_name_loses_its_date_and_nothing_else(
    model: str, expected: list[str]
) -> None:
    assert list(known_as(model)) == expected


@pytest.mark.parametrize(
    ("family", "spellings"),
    [
        (
            "claude-sonnet-4-5",
            (
                "claude-sonnet-4-5-20250929",
                "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
                "bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
                "vertex_ai/claude-sonnet-4-5@20250929",
                "openrouter/anthropic/claude-sonnet-4.5:beta",
                "anthropic/claude-sonnet-4-5-latest",
                "claude-sonnet-4-5[1m]",
                "claude-sonnet-4-5-20250929[1M]",
            ),
        ),
        (
            "gpt-4o-mini",
            ("gpt-4o-mini-2024-07-18", "openai/GPT-4o-mini", "gpt-4o-mini-latest"),
        ),
        ("gpt-5-mini", ("azure/gpt-5-mini", "ft:gpt-5-mini-2025-08-07:acme::abc")),
        ("", ("",)),
    ],
)
def test_every_spelling_is_of_one_family(
    family: str, spellings: tuple[str, ...]
) -> None:
    assert {family_name(model) for model in spellings} == {family}


@pytest.mark.parametrize(
    ("model", "expected"),
    [("claude-sonnet-4-5[1m]", True), ("opus[1M] ", True), ("claude-opus-4-6", False)],
)
def test_the_mark_of_a_million_is_seen(model: str, expected: bool) -> None:
    assert is_long_context(model) is expected


@given(st.text(alphabet="claude-4.5@:/[1m]v0 FT\n", max_size=40))
def test_a_bare_name_is_a_fixed_point_of_itself_or_shorter(model: str) -> None:
    assert len(bare_name(bare_name(model))) <= len(bare_name(model))
    assert next(known_as(model)) == bare_name(model)
