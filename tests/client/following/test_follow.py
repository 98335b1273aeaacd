"""`token-budget follow` against the real application, with files that grow."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sources.transcripts.builder import (
    assistant,
    boundary,
    summary_message,
    user,
    write,
)
from tracker.client.config import Config
from tracker.client.following.delivery import AnotherProject, Delivery, KeyRefused
from tracker.client.following.follow import Following
from tracker.client.following.notebook import AlreadyFollowed, Notebook

Follow = Callable[..., Delivery]
WHEN = "2026-01-05T12:00:00.000Z"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "projects" / "app"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def follow(tmp_path: Path, folder: Path) -> Follow:
    """Follow until all is sent or nobody answers, as a process of its own would."""

    def once(url: str, key: str) -> Delivery:
        notebook = Notebook(tmp_path / "state" / "n.db")
        delivery = Delivery(Config(url, key), notebook, lambda _: None)
        try:
            Following([folder], notebook, delivery).run(threading.Event(), once=True)
        finally:
            delivery.close()
            notebook.close()
        return delivery

    return once


def waiting(tmp_path: Path) -> int:
    notebook = Notebook(tmp_path / "state" / "n.db")
    try:
        return int(notebook.waiting)
    finally:
        notebook.close()


def compacted(path: Path) -> Path:
    return write(
        path,
        user("Fix /srv/app/main.py, it fails with E1042."),
        assistant(1, 90_000),
        boundary(90_000),
        user("Summary: /srv/app/main.py fails with E1042.", isCompactSummary=True),
        assistant(2, 12_000),
    )


async def test_what_is_new_arrives_once_though_the_program_ends_between(
    url: str, key: str, folder: Path, follow: Follow, in_db: Any
) -> None:
    from tracker.models import Compression, UsageSample

    path = compacted(folder / "a.jsonl")

    first = await asyncio.to_thread(follow, url, key)
    again = await asyncio.to_thread(follow, url, key)
    with path.open("a") as file:
        file.write(write(folder / "b.txt", assistant(3, 13_000)).read_text())
    third = await asyncio.to_thread(follow, url, key)

    assert (first.stored, again.stored, third.stored) == (3, 0, 1)
    assert first.known + again.known + third.known == 0  # sent once each

    def rows() -> tuple[Any, ...]:
        samples = UsageSample.objects.order_by("at").values_list(
            "used_tokens", "origin"
        )
        compression = Compression.objects.get()
        return list(samples), compression.text.before, compression.performed_by

    samples, before, performer = await in_db(rows)
    assert samples == [(n, "claude_code") for n in (90_000, 12_000, 13_000)]
    assert "E1042" in str(before)
    assert performer == "client"


async def test_messages_stay_here_where_the_project_keeps_none(
    url: str, key: str, folder: Path, follow: Follow, in_db: Any, project: Any
) -> None:
    from tracker.models import Compression, Project

    compacted(folder / "a.jsonl")
    await in_db(lambda: Project.objects.update(keep_messages="no"))
    sent: list[bytes] = []

    def listening() -> None:
        inner = Delivery._ask

        def ask(self: Delivery, method: str, body: bytes | None) -> Any:
            sent.append(body or b"")
            return inner(self, method, body)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Delivery, "_ask", ask)
            follow(url, key)

    await asyncio.to_thread(listening)

    assert b"before_tokens" in b"".join(sent)
    assert b"E1042 " not in b"".join(sent) and b"Summary:" not in b"".join(sent)
    row = await in_db(Compression.objects.get)
    assert (row.before_tokens, row.after_tokens) == (90_000, 12_000)


async def test_while_the_server_is_away_reports_wait_on_disk(
    url: str, key: str, folder: Path, follow: Follow, tmp_path: Path, in_db: Any
) -> None:
    from tracker.models import UsageSample

    path = compacted(folder / "a.jsonl")

    await asyncio.to_thread(follow, "http://127.0.0.1:9", key)
    path.unlink()  # the client deletes its file meanwhile
    assert await asyncio.to_thread(waiting, tmp_path) == 3
    await asyncio.to_thread(follow, url, key)

    assert await asyncio.to_thread(waiting, tmp_path) == 0
    assert await in_db(UsageSample.objects.count) == 2


async def test_a_revoked_key_ends_it_and_another_one_goes_on(
    url: str, key: str, folder: Path, follow: Follow, tmp_path: Path, in_db: Any
) -> None:
    from tracker.models import UsageSample

    compacted(folder / "a.jsonl")

    await asyncio.to_thread(follow, "http://127.0.0.1:9", key)
    with pytest.raises(KeyRefused, match="401"):
        await asyncio.to_thread(follow, url, "tb_revoked")
    assert await asyncio.to_thread(waiting, tmp_path) == 3
    await asyncio.to_thread(follow, url, key)

    assert await in_db(UsageSample.objects.count) == 2


async def test_a_key_of_another_project_gets_nothing_of_what_waits(
    url: str, key: str, folder: Path, follow: Follow, in_db: Any
) -> None:
    from tracker.changes.access.api_keys import create_api_key, create_project
    from tracker.models import UsageSample

    def other_key() -> str:
        project, _ = create_project(slug="other")
        return create_api_key(project=project, name="k")[1]

    other = await in_db(other_key)
    await asyncio.to_thread(follow, url, key)
    compacted(folder / "a.jsonl")

    with pytest.raises(AnotherProject, match="other"):
        await asyncio.to_thread(follow, url, other)

    assert await in_db(UsageSample.objects.count) == 0


def test_two_programs_do_not_follow_the_same_files(tmp_path: Path) -> None:
    first = Notebook(tmp_path / "n.db")

    with pytest.raises(AlreadyFollowed):
        Notebook(tmp_path / "n.db")

    first.close()
    assert (tmp_path / "n.db").stat().st_mode & 0o077 == 0


async def test_a_file_the_client_deletes_keeps_its_history_and_that_is_noted(
    url: str, key: str, folder: Path, follow: Follow, in_db: Any
) -> None:
    from tracker.models import DeletedFile, UsageSample

    path = compacted(folder / "a.jsonl")
    other = {"sessionId": "b"}
    write(folder / "b.jsonl", user("Hi.", **other), assistant(9, 5_000, **other))
    await asyncio.to_thread(follow, url, key)

    path.unlink()
    await asyncio.to_thread(follow, url, key)

    assert (await in_db(DeletedFile.objects.select_related("session").get)).at
    assert await in_db(UsageSample.objects.count) == 3


def test_a_folder_that_is_away_is_no_deletion(tmp_path: Path, folder: Path) -> None:
    from tracker.sources.transcripts.following.follow import Follower

    path = compacted(folder / "a.jsonl")
    gone: list[str] = []
    follower = Follower([folder], deleted=gone.append)

    follower.tick(lambda _: None)
    path.unlink()
    follower.tick(lambda _: None)

    assert gone == []


CLAUDE_CODE_LINES = [
    user("Hi."), assistant(1, 90_000), boundary(90_000), summary_message(),
]  # fmt: skip
PI_LINES = [
    {"type": "session", "version": 3, "id": "s", "cwd": "/srv/app", "timestamp": WHEN},
    {
        "type": "message", "id": "a", "timestamp": WHEN,
        "message": {
            "role": "assistant", "content": [], "model": "m", "responseId": "r",
            "usage": {"input": 90_000, "cacheRead": 0, "cacheWrite": 0, "output": 1},
        },
    },
    {
        "type": "compaction", "id": "c", "firstKeptEntryId": "a", "timestamp": WHEN,
        "summary": "A summary", "tokensBefore": 90_000,
    },
]  # fmt: skip


@pytest.mark.parametrize("lines", [CLAUDE_CODE_LINES, PI_LINES])
async def test_a_compaction_at_a_file_s_end_is_told_though_the_program_ended_before(
    url: str,
    key: str,
    folder: Path,
    follow: Follow,
    in_db: Any,
    lines: list[dict[str, Any]],
) -> None:
    from tracker.models import Compression

    path = write(folder / "a.jsonl", *lines)
    ended = await asyncio.to_thread(follow, url, key)  # more lines may still come
    now = path.stat().st_mtime_ns
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tracker.client.following.follow.FINISHED_SECONDS", -1.0)
        await asyncio.to_thread(follow, url, key)
        again = await asyncio.to_thread(follow, url, key)

    assert path.stat().st_mtime_ns == now
    assert (ended.stored, again.stored + again.known) == (1, 0)
    assert (await in_db(Compression.objects.get)).before_tokens >= 90_000
