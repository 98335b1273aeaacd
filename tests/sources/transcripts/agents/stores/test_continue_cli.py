"""Continue's session files."""

from __future__ import annotations

from pathlib import Path

from tests.sources.transcripts.agents.session_files import (
    numbers,
    reader_of,
    told,
    write_document,
)
from tracker.sources.transcripts.agents.stores.continue_cli import CONTINUE_CLI

NAME = "11111111-2222-4333-8444-555555555555.json"


def test_the_providers_usage_of_each_answer(tmp_path: Path) -> None:
    usage = {"prompt_tokens": 4_100, "completion_tokens": 34}
    usage_with_cache = usage | {"prompt_tokens_details": {"cached_tokens": 2_000}}
    history = [
        {"message": {"role": "user", "content": "Hello"}},
        {"message": {"role": "assistant", "content": "Hi.", "usage": usage_with_cache}},
    ]
    document = {"sessionId": "s", "title": "A talk", "history": history}
    path = write_document(tmp_path / "sessions" / NAME, document)

    news = told(path, "continue_cli")

    assert numbers(news.samples) == [("main", 4_100, 2_000, 0, 34)]
    assert news.sessions == {"s": "A talk"}


def test_a_file_that_is_half_written_is_read_when_it_is_whole(tmp_path: Path) -> None:
    usage = {"prompt_tokens": 4_100, "completion_tokens": 34}
    answer = {"message": {"role": "assistant", "content": "Hi.", "usage": usage}}
    document = {"sessionId": "s", "history": [answer]}
    path = write_document(tmp_path / "sessions" / NAME, document)
    reader = reader_of(path, "continue_cli")
    whole = path.read_text()
    path.write_text(whole[:20])

    assert reader.read_new().samples == []

    path.write_text(whole)
    assert len(reader.read_new().samples) == 1


def test_documents_of_other_names_are_other_clients() -> None:
    """Kimi Code and Cline keep documents below folders named `sessions`, too."""
    assert CONTINUE_CLI.may_read(f"/home/me/.continue/sessions/{NAME}")
    assert not CONTINUE_CLI.may_read("/home/me/.kimi-code/sessions/w/s/state.json")
    assert not CONTINUE_CLI.may_read("/home/me/.cline/data/sessions/17_7/17_7.json")
