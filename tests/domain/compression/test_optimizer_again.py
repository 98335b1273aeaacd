"""A conversation that was compressed before: what is new, and from what it is told."""

from __future__ import annotations

from tests.domain.compression.small_window import run
from tests.domain.small_talk import chat, talk
from tracker.domain.compression.summary.middle import (
    messages_behind_summary,
    numbered_originals,
)
from tracker.domain.compression.summary.summary_lines import frame_summary


def test_only_messages_since_the_last_compression_count():
    first = run(chat(400))
    more = [*first.messages, *chat(7, start=900)]

    counted = run(more)
    told = run(more, messages_since_compression=21)

    assert messages_behind_summary(more) == 20
    assert counted.trigger == ""
    assert told.trigger == "messages"


def test_without_a_summary_all_messages_are_new():
    assert messages_behind_summary(talk(3)) == 6
    assert messages_behind_summary([]) == 0


def test_a_summary_inside_a_message_leaves_that_message_new():
    messages = [
        {"role": m["role"], "content": [{"type": "text", "text": m["content"]}]}
        for m in chat(400)
    ]

    outcome = run(messages)

    assert outcome.plan.summary_way in ("next", "previous")
    assert len(outcome.messages) == 8
    assert messages_behind_summary(outcome.messages) in (6, 7)
    assert run(outcome.messages).messages is outcome.messages


def test_a_new_summary_is_made_from_the_originals_where_they_are_stored():
    note = {"role": "user", "content": "The blue notebook is under W-7741, of course."}
    before = [*chat(4), note, *chat(50, start=4)]
    # The earlier summary has nothing of it left.
    poor = {"role": "user", "content": frame_summary((), first=3, last=100)}
    messages = [*before[:2], poor, *before[100:], *chat(200, start=500)]

    nested = run(messages, force=True)
    rebuilt = run(messages, force=True, originals=numbered_originals([before]))

    assert "W-7741" not in nested.summary
    [line] = [line for line in rebuilt.plan.lines if "W-7741" in line.text]
    assert (line.number, line.kind, line.sources) == (9, "earlier", (2,))


def test_originals_leave_out_summaries_and_keep_the_oldest():
    messages = talk(60)
    first = run(messages)
    more = [*first.messages, *talk(60, start=100)]

    originals = numbered_originals([messages, more])

    assert len(originals) == 240
    assert originals[3] is messages[2]
    assert originals[121] is more[9]


def test_the_summary_is_replaced_not_nested():
    first = run(talk(60))
    second = run([*first.messages, *talk(60, start=100)])

    assert second.summary.count("<earlier") == 1
    assert second.plan.fates[2] == "summarised"
    assert second.summary.startswith('<earlier messages="3-234">')
