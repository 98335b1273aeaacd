from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.counting.families import (
    CLAUDE_3,
    CLAUDE_47,
    OTHER,
    UNNAMED,
    family_of,
)


@pytest.mark.parametrize(
    "model",
    [
        "claude-3-5-sonnet-20241022",
        "claude-3-opus-latest",
        "claude-opus-4-20250514",
        "claude-sonnet-4-5[1m]",
        "us.anthropic.claude-opus-4-6-v1",
        "vertex_ai/claude-haiku-4-5@20251001",
        "claude-2.1",
        "claude-instant-1.2",
        "claude-instant",
    ],
)
def test_claude_up_to_4_6_is_one_family(model: str) -> None:
    assert family_of(model) == CLAUDE_3
    assert CLAUDE_3.factor_percent == 118


@pytest.mark.parametrize(
    "model",
    [
        "claude-opus-4-8",
        "claude-opus-5",
        "claude-sonnet-5-5",
        "claude-haiku-5-5",
        "anthropic/claude-fable-5.1",
        "claude-mythos-preview",
    ],
)
def test_claude_from_4_7_is_another(model: str) -> None:
    assert family_of(model) == CLAUDE_47
    assert CLAUDE_47.factor_percent == 153


def test_claude_4_7_alone_has_a_longer_frame() -> None:
    family = family_of("claude-opus-4-7-20260416")

    assert family.factor_percent == 153
    assert family.overheads.message + family.overheads.reply == 11


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("gpt-5", "o200k_base"),
        ("azure/gpt-4o-2024-08-06", "o200k_base"),
        ("gpt-4.1-mini", "o200k_base"),
        ("gpt-4.5-preview", "o200k_base"),
        ("o3-mini", "o200k_base"),
        ("groq/openai/gpt-oss-120b", "o200k_base"),
        ("chatgpt-4o-latest", "o200k_base"),
        ("gpt-4", "cl100k_base"),
        ("gpt-4-turbo-2024-04-09", "cl100k_base"),
        ("gpt-4-0613", "cl100k_base"),
        ("gpt-3.5-turbo", "cl100k_base"),
        ("gpt-35-turbo", "cl100k_base"),
        ("ft:gpt-3.5-turbo-0125:acme::x", "cl100k_base"),
    ],
)
def test_openai_models_have_their_own_published_encoding(
    model: str, encoding: str
) -> None:
    family = family_of(model)

    assert (family.encoding, family.factor_percent) == (encoding, 100)
    assert family.is_published


@pytest.mark.parametrize(
    "model", ["gemini/gemini-2.5-pro", "meta.llama3-1-70b-instruct-v1:0", "grok-4.5"]
)
def test_other_vendors_are_only_stood_in_for(model: str) -> None:
    assert family_of(model) == OTHER
    assert not OTHER.is_published


@pytest.mark.parametrize("model", ["", "my-model", "gptzilla"])
def test_an_unknown_name_is_counted_as_by_default(model: str) -> None:
    assert family_of(model) == UNNAMED
    assert UNNAMED.is_published


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("gpt-4o", 765),
        ("gpt-4.1", 765),
        ("gpt-4o-mini", 2833 + 4 * 5667),
        ("gpt-5", 70 + 4 * 140),
        ("gpt-5.1", 70 + 4 * 140),
        ("gpt-5-mini", 1659),
        ("gpt-4.1-mini", 1659),
        ("gpt-5.4", 1229),
        ("gpt-6-astra", 1229),
        ("o3", 75 + 4 * 150),
        ("claude-sonnet-4-5", 1369),
        ("claude-opus-5", 1369),
    ],
)
def test_a_picture_of_1024_pixels_costs_what_the_family_takes(
    model: str, tokens: int
) -> None:
    assert family_of(model).overheads.image.tokens((1024, 1024)) == tokens


@given(st.text(max_size=50) | st.from_regex(r"claude-[a-z0-9-]{0,20}", fullmatch=True))
def test_every_name_has_a_family(model: str) -> None:
    family = family_of(model)

    assert family.factor_percent >= 100
    assert family.is_published == (family.factor_percent == 100 and family != OTHER)
