"""Lanes of a session, told in order."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tracker.sources.transcripts.agents.conversations import Conversations
from tracker.sources.transcripts.following.news import TranscriptNews


def conversations() -> Conversations:
    return Conversations("a_client", TranscriptNews(Path("session")))


def test_a_compaction_no_request_has_followed_is_told_at_the_end() -> None:
    told = conversations()
    lane = told.of("s")
    lane.say({"role": "user", "content": "Hello " * 500})
    lane.answered("a", None, fresh=9_000, output=10)
    lane.compacted("c", None, summary="A summary", claimed=(0, 2_000))
    assert told.news.compressions == []

    told.flush()

    [compaction] = told.news.compressions
    assert (compaction.before_tokens, compaction.after_tokens) == (9_000, 2_000)
    assert compaction.sets_gauge
    [continuation] = told.news.continuations
    assert [m["content"] for m in continuation.messages] == ["A summary"]


def test_an_answer_without_input_moves_nothing_and_one_without_both_is_none() -> None:
    told = conversations()
    told.of("s").answered("a", None, fresh=0, output=10)
    told.of("s").answered("b", None, fresh=0, output=0)

    [sample] = told.news.samples
    assert (sample.event_id, sample.implausible) == ("a", "zero_input")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["user", "assistant", "system"]),
            st.text(max_size=200),
            st.integers(1, 5_000),
        )
    )
)
def test_parts_add_up_to_what_was_used(turns: list[tuple[str, str, int]]) -> None:
    told = conversations()
    for number, (role, text, used) in enumerate(turns):
        told.of("s").say({"role": role, "content": text})
        told.of("s").answered(f"r{number}", None, fresh=used, output=1)

    for sample in told.news.samples:
        assert sample.parts.total == sample.used_tokens
