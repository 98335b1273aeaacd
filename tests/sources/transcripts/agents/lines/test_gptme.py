"""gptme's conversations."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tests.sources.transcripts.agents.session_files import numbers, told, write_lines
from tracker.sources.transcripts.agents.registry import client_of


def test_what_the_cache_held_is_added_and_the_folder_names_the_session(
    tmp_path: Path,
) -> None:
    usage = {"input_tokens": 1_600, "cache_read_tokens": 2_400, "output_tokens": 30}
    told_of_it = {"model": "openai/gpt-4o-mini", "served_model": "gpt-4o-mini"}
    path = write_lines(
        tmp_path / "evening" / "conversation.jsonl",
        {"role": "system", "content": "Be kind.", "timestamp": "2026-01-05T12:00:00"},
        {"role": "user", "content": "Hello", "timestamp": "2026-01-05T12:00:01"},
        {
            "role": "assistant",
            "content": "Hello.",
            "timestamp": "2026-01-05T12:00:02.5",
            "metadata": {**told_of_it, "usage": usage},
        },
    )

    news = told(path, "gptme")

    [sample] = news.samples
    assert numbers([sample]) == [("main", 4_000, 2_400, 0, 30)]
    assert (sample.session, sample.model) == ("evening", "gpt-4o-mini")
    assert sample.at == datetime(2026, 1, 5, 12, 0, 2, 500_000, UTC)
    assert sample.parts.system > 0 and sample.parts.total == 4_000


def test_an_older_version_wrote_its_numbers_without_a_box(tmp_path: Path) -> None:
    counts = {"input_tokens": 1_600, "cache_read_tokens": 2_400, "output_tokens": 30}
    answer = {"role": "assistant", "content": "Hello.", "timestamp": "2026-01-05T12:00"}
    path = write_lines(
        tmp_path / "evening" / "conversation.jsonl",
        answer | {"metadata": {"model": "openai/gpt-4o-mini", "cost": 0.1, **counts}},
        answer | {"metadata": {"model": "openai/gpt-4o-mini"}},
    )

    assert numbers(told(path, "gptme").samples) == [("main", 4_000, 2_400, 0, 30)]


def test_json_lines_of_that_name_without_messages_are_not_gptmes(
    tmp_path: Path,
) -> None:
    path = write_lines(tmp_path / "a" / "conversation.jsonl", {"body": "Hello"})

    assert client_of(path) is None
