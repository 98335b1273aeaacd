"""A session's row: its description is written where it has changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db import connection

from tests.ingest.judging.reported_text import Door, text
from tracker.models import LLMSession


def test_a_description_is_written_when_it_changes_and_left_alone_otherwise(
    door: Door,
) -> None:
    def told() -> tuple[str, dict[str, str], int]:
        row = LLMSession.objects.get()
        return row.title, row.metadata, row.used_tokens

    named = replace(text(1_000), title="First", metadata={"team": "search"})
    door(named)
    assert told() == ("First", {"team": "search"}, 1_000)

    door(replace(text(2_000), title="Second"))
    door(replace(text(3_000), metadata={"branch": "main"}))
    assert told() == ("Second", {"team": "search", "branch": "main"}, 3_000)

    # By hand, so that a statement that names the title would be seen.
    LLMSession.objects.update(title="By hand")
    door(text(4_000))
    door(text(5_000))
    assert told() == ("By hand", {"team": "search", "branch": "main"}, 5_000)


def test_a_new_session_is_written_once_with_all_that_is_searched(door: Door) -> None:
    seen: list[str] = []
    raw: Any = connection.connection
    raw.set_trace_callback(seen.append)
    try:
        door(replace(text(1_000), title="First", metadata={"team": "search"}))
    finally:
        raw.set_trace_callback(None)

    # SQLite tells a statement again when its trigger has run: as a set.
    writes = ("INSERT INTO tracker_llmsession ", "UPDATE tracker_llmsession ")
    assert len({sql for sql in seen if sql.startswith(writes)}) == 1
    with connection.cursor() as cursor:
        for word, count in (("First", 1), ("chat", 1), ("nobody", 0)):
            cursor.execute(
                "SELECT count(*) FROM tracker_sessionsearch WHERE text MATCH %s", [word]
            )
            assert cursor.fetchone() == (count,)


def test_a_refused_report_leaves_no_session_and_takes_no_id_of_one(
    recorder: Any, usage: Any
) -> None:
    refused = usage("small", 1_000, title="Refused", window_tokens=1)
    answers = recorder.record([usage("first", 1), refused, usage("second", 2)])

    assert answers[1].field == "window_tokens"
    (third,) = recorder.record([usage("small", 1_000, title="Taken")])
    rows = dict(LLMSession.objects.values_list("key", "id"))
    assert rows.keys() == {"first", "second", "small"}
    assert rows["small"] == third.session_id
    assert len(set(rows.values())) == 3
    assert [each.session_id for each in (answers[0], answers[2])] == [
        rows["first"],
        rows["second"],
    ]


def test_the_id_of_a_deleted_session_is_not_given_again(
    recorder: Any, usage: Any
) -> None:
    (first,) = recorder.record([usage("first", 1)])
    LLMSession.objects.filter(pk=first.session_id).delete()
    recorder.__init__()

    (second,) = recorder.record([usage("second", 2)])
    assert second.session_id > first.session_id
