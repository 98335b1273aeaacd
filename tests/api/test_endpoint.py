"""Work that follows an answer is of the project that was answered."""

from __future__ import annotations

from tracker.api.endpoint import respond
from tracker.workers.callers import Caller, on_behalf_of, present_caller


def test_work_after_an_answer_takes_the_projects_turns_and_no_keys() -> None:
    seen: list[Caller] = []
    with on_behalf_of(Caller(7, 8)):
        answer = respond(200, {}, afterwards=lambda: seen.append(present_caller()))

    answer.close()

    assert seen == [Caller(7)]
