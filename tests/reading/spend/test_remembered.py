"""Sums that hold until something is reported, deleted or set anew."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.utils import timezone

from tracker.models import ConfigVersion, LLMSession, Project
from tracker.reading.spend.remembered import (
    SETTLED_SECONDS,
    Remembered,
    present_version,
)


def test_an_answer_holds_as_long_as_its_version() -> None:
    answers, known = iter("abc"), Remembered(2)

    def ask(version: Any) -> str:
        return known.of("q", version, lambda: next(answers))

    assert [ask(1), ask(1), ask(2), ask(2)] == ["a", "a", "b", "b"]
    assert ask(None) == "c"
    assert ask(2) == "b"


def test_the_question_that_was_asked_longest_ago_is_forgotten() -> None:
    known = Remembered(2)
    for question in ("a", "b", "a", "c"):
        known.of(question, 1, lambda: "old")

    assert known.of("a", 1, lambda: "new") == "old"
    assert known.of("b", 1, lambda: "new") == "new"


def test_a_large_answer_is_not_kept() -> None:
    known = Remembered(2)
    for answer in ("old", "new"):
        found = known.of("q", 1, lambda said=answer: said, lambda _: False)
        assert found == answer


def test_of_those_who_ask_at_once_one_works() -> None:
    known, may_end, begun = Remembered(2), Event(), Event()

    def find() -> str:
        begun.set()
        assert may_end.wait(20)
        return "found"

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(known.of, "q", 1, find)
        assert begun.wait(20)
        second = threads.submit(known.of, "q", 1, lambda: "again")
        may_end.set()
        assert (first.result(20), second.result(20)) == ("found", "found")


def test_one_that_failed_is_asked_for_anew() -> None:
    known = Remembered(2)

    def fail() -> str:
        raise ValueError

    with pytest.raises(ValueError):
        known.of("q", 1, fail)
    assert known.of("q", 1, lambda: "found") == "found"


def test_what_is_stored_deleted_or_set_changes_the_version(project: Any) -> None:
    quiet = int((time.time() - SETTLED_SECONDS - 60) * 1_000_000)
    seen = {present_version()}

    LLMSession.objects.create(
        project=project, key="s", changed_us=quiet, created_at=timezone.now()
    )
    seen.add(present_version())
    Project.objects.filter(pk=project.pk).update(ok_count=1)
    seen.add(present_version())
    ConfigVersion.bump()
    seen.add(present_version())

    assert None not in seen and len(seen) == 4
    LLMSession.objects.update(changed_us=time.time_ns() // 1000)
    assert present_version() is None
