"""The dated table of what each client gives each model."""

from __future__ import annotations

import pytest

from tracker.domain.providers.client_windows import CLAUDE_CODE, claude_code_window


@pytest.mark.parametrize(
    ("model", "window"),
    [
        ("claude-opus-4-6", 200_000),
        ("claude-opus-4-7", 1_000_000),
        ("claude-opus-4-7-20260416", 1_000_000),
        ("us.anthropic.claude-opus-4-8-v1:0", 1_000_000),
        ("claude-opus-5-5", 1_000_000),
        ("claude-opus-4-20250514", 200_000),
        ("claude-sonnet-4-6", 200_000),
        ("claude-sonnet-5", 1_000_000),
        ("claude-haiku-4-5-20251001", 200_000),
        ("claude-haiku-5-5", 1_000_000),
        ("claude-3-5-sonnet-20241022", 200_000),
        ("claude-3-opus", 200_000),
        ("claude-sonnet-4-5[1m]", 1_000_000),
        ("claude-nobody-6", None),
        ("gpt-5", None),
        ("", None),
    ],
)
def test_a_model_of_the_newest_client(model: str, window: int | None) -> None:
    assert claude_code_window(model, "2.1.332") == window
    assert claude_code_window(model) == window


@pytest.mark.parametrize("version", ["2.0.76", "1.0.17"])
def test_older_clients_knew_of_a_million_only_by_its_mark(version: str) -> None:
    assert claude_code_window("claude-opus-4-7", version) == 200_000
    assert claude_code_window("claude-opus-4-7[1m]", version) == 1_000_000


@pytest.mark.parametrize("version", ["", "next", "3"])
def test_a_version_nobody_can_read_counts_as_the_newest(version: str) -> None:
    assert claude_code_window("claude-opus-4-7", version) == 1_000_000


def test_every_version_has_a_table_newest_first() -> None:
    versions = [table.since for table in CLAUDE_CODE]

    assert versions == sorted(versions, reverse=True)
    assert versions[-1] == (0, 0, 0)
