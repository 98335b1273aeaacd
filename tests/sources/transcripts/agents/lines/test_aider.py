"""aider's history of chats."""

from __future__ import annotations

from pathlib import Path

from tests.sources.transcripts.agents.session_files import numbers, told
from tracker.sources.transcripts.agents.registry import client_of

HISTORY = """
# aider chat started at 2026-01-05 12:00:00

> Main model: m1 with diff edit format
> Repo-map: using 4096 tokens

#### /add app.py

> Added app.py to the chat

#### Make it faster,
#### please

Here is how.

> a quote of the model's

> Tokens: 4.1k sent, 1.2k received. Cost: $0.01 message, $0.02 session.

#### Again

Done.

> Tokens: 855 sent, 12k cache write, 30k cache hit, 40 received.

# aider chat started at 2026-01-06 09:30:00

#### Hello

Hi.

> Tokens: 900 sent, 2 received.
"""


def written(folder: Path, history: str) -> Path:
    path = folder / ".aider.chat.history.md"
    path.write_text(history)
    return path


def test_its_rounded_numbers_are_told_as_estimates(tmp_path: Path) -> None:
    news = told(written(tmp_path, HISTORY), "aider")

    assert numbers(news.samples) == [
        ("main", 4_100, 0, 0, 1_200),
        ("main", 30_855, 30_000, 0, 40),
        ("main", 900, 0, 0, 2),
    ]
    assert {s.source for s in news.samples} == {"estimated"}
    assert {s.counted for s in news.samples} == {None}
    assert [s.model for s in news.samples] == ["m1", "m1", ""]
    assert list(news.sessions.values()) == ["/add app.py", "Hello"]


def test_a_command_is_no_message_and_aiders_own_lines_are_none(tmp_path: Path) -> None:
    news = told(written(tmp_path, HISTORY), "aider")

    # Typed; then typed, answered and typed again: a command went to no model.
    assert [s.message_count for s in news.samples] == [1, 3, 1]


def test_a_line_that_is_being_written_waits(tmp_path: Path) -> None:
    path = written(tmp_path, HISTORY.removesuffix("received.\n") + "received.")

    assert len(told(path, "aider").samples) == 2


def test_another_markdown_file_of_that_name_is_nobodys(tmp_path: Path) -> None:
    assert client_of(written(tmp_path, "# Notes on aider\n\n> Tokens: 4")) is None
