"""A digest tells of many sessions, and of none that is deleted before it is sent."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tracker.domain.alert_digests import MOST_LINES, together, without


def message(session: str | None, number: int = 0) -> dict[str, Any]:
    about = {} if session is None else {"session": session}
    title = f"{session} is at {number} %"
    return {"title": title, "text": "Critical.", "rule": "Daily", "at": "now", **about}


def stored(digest: dict[str, Any]) -> Any:
    """As the database gives it back: JSON has lists alone."""
    return msgspec.json.decode(msgspec.json.encode(digest))


def test_lines_of_a_deleted_session_go_and_the_rest_adds_up() -> None:
    told = [message("b", n) for n in range(MOST_LINES - 2)]
    told += [message("a"), message(None), message("a"), message("c"), message("c")]

    left = without(stored(together(told)), {"a"})

    assert left is not None
    lines = left["text"].split("\n")
    assert lines[0] == "b is at 0 %. Critical." and lines[-1] == "… and 2 more."
    assert len(lines) == MOST_LINES
    assert left["title"] == f"{MOST_LINES + 1} alerts of “Daily”"
    assert left["sessions"] == ["b", "c"]
    assert "a is at" not in str(left)


def test_a_digest_about_nothing_else_is_none() -> None:
    digest = stored(together([message("a"), message("b")]))

    one = without(digest, {"a"})

    assert one is not None and one["title"] == "1 alert of “Daily”"
    assert without(one, {"b"}) is None


@pytest.mark.parametrize("gone", [["a"], ["a", "b"]])
def test_of_one_that_an_earlier_release_wrote_all_lines_go(gone: list[str]) -> None:
    digest = stored(together([message("a"), message("b")]))
    del digest["parts"], digest["beyond"]

    left = without(digest, gone)

    assert left is not None and "a is at" not in str(left)
