"""Changes of session files, told by the system or found by looking at all."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.sources.transcripts.builder import append, assistant, user, write
from tracker.sources.transcripts.following import follow as following
from tracker.sources.transcripts.following import watching
from tracker.sources.transcripts.following.follow import follow
from tracker.sources.transcripts.following.news import TranscriptNews

ENOUGH = 60.0
Start = Callable[..., "Heard"]


class Heard:
    """The ids of the samples that were told, and how often all files were looked at."""

    def __init__(self) -> None:
        self.ids: list[str | None] = []
        self.deleted: list[str] = []
        self.idles = 0
        self.changed = threading.Condition()

    def take(self, news: TranscriptNews) -> None:
        with self.changed:
            self.ids += [sample.event_id for sample in news.samples]
            self.changed.notify_all()

    def idle(self) -> None:
        with self.changed:
            self.idles += 1
            self.changed.notify_all()

    def gone(self, name: str) -> None:
        with self.changed:
            self.deleted.append(Path(name).name)
            self.changed.notify_all()

    def until(self, is_so: Callable[[], bool]) -> bool:
        with self.changed:
            return self.changed.wait_for(is_so, ENOUGH)


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Follow a folder in a thread until the test ends."""
    stop, threads = threading.Event(), []

    def begin(folder: Path) -> Heard:
        heard = Heard()
        thread = threading.Thread(
            target=follow,
            args=([folder],),
            kwargs={
                "on_reports": heard.take, "on_idle": heard.idle, "interval": 0.05,
                "stop": stop, "deleted": heard.gone,
            },
        )  # fmt: skip
        thread.start()
        threads.append(thread)
        return heard

    yield begin
    stop.set()
    for thread in threads:
        thread.join(ENOUGH)


@pytest.fixture
def only_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found here, the system told: nobody looks at all files again."""
    monkeypatch.setattr(watching, "LOOK_AGAIN_SECONDS", 10_000.0)


def watched(heard: Heard) -> bool:
    """Whether all looks of the beginning are over."""
    return heard.until(lambda: heard.idles > 5)


@pytest.mark.usefixtures("only_told")
def test_growth_new_files_and_new_folders_are_told(
    start: Start, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jsonl", user("Hello"), assistant(1, 5_000))
    heard = start(tmp_path)
    assert watched(heard)

    append(path, assistant(2, 6_000))
    assert heard.until(lambda: "req_2" in heard.ids)
    write(tmp_path / "b.jsonl", assistant(3, 5_000))
    assert heard.until(lambda: "req_3" in heard.ids)
    write(tmp_path / "deep/er/c.jsonl", assistant(4, 5_000))
    assert heard.until(lambda: "req_4" in heard.ids)
    append(tmp_path / "deep/er/c.jsonl", assistant(5, 6_000))
    assert heard.until(lambda: "req_5" in heard.ids)

    assert heard.ids == [f"req_{n}" for n in range(1, 6)]


@pytest.mark.usefixtures("only_told")
def test_a_file_that_went_is_told(start: Start, tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", assistant(1, 5_000))
    gone = write(tmp_path / "b.jsonl", assistant(2, 5_000))
    heard = start(tmp_path)
    assert watched(heard)

    gone.unlink()

    assert heard.until(lambda: heard.deleted == ["b.jsonl"])


@pytest.mark.usefixtures("only_told")
def test_behind_a_link_growth_is_found_all_the_same(
    start: Start, tmp_path: Path
) -> None:
    path = write(tmp_path / "elsewhere/a.jsonl", assistant(1, 5_000))
    (tmp_path / "folder").mkdir()
    os.symlink(path, tmp_path / "folder/a.jsonl")
    heard = start(tmp_path / "folder")
    assert watched(heard)

    append(path, assistant(2, 6_000))

    assert heard.until(lambda: "req_2" in heard.ids)


def test_what_nothing_tells_of_is_found_by_looking_again(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_AGAIN_SECONDS", 0.2)
    monkeypatch.setattr(watching, "_is_news", lambda name, is_known: False)
    monkeypatch.setattr(following.Changes, "wait", _deaf(following.Changes.wait))
    path = write(tmp_path / "a.jsonl", assistant(1, 5_000))
    heard = start(tmp_path)
    assert watched(heard)

    append(path, assistant(2, 6_000))

    assert heard.until(lambda: "req_2" in heard.ids)


def _deaf(usual: Callable[..., set[str] | None]) -> Callable[..., set[str] | None]:
    """As `usual`, without what it is told: an empty set for a set."""

    def wait(changes: watching.Changes, known: set[str]) -> set[str] | None:
        found = usual(changes, known)
        return None if found is None else set()

    return wait


@pytest.mark.parametrize("why", ["foreign", "too many folders", "no package"])
def test_where_nothing_can_be_told_all_are_looked_at(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    def refuses(*paths: str, **options: object) -> Iterator[None]:
        raise OSError("no space left for watches")
        yield

    if why == "foreign":
        monkeypatch.setattr(watching, "_is_foreign", lambda path: True)
    elif why == "no package":
        monkeypatch.setitem(__import__("sys").modules, "watchfiles", None)
    else:
        monkeypatch.setattr("watchfiles.watch", refuses)
    path = write(tmp_path / "a.jsonl", assistant(1, 5_000))
    heard = start(tmp_path)
    assert watched(heard)

    append(path, assistant(2, 6_000))

    assert heard.until(lambda: "req_2" in heard.ids)


def test_a_folder_that_comes_later_is_watched(start: Start, tmp_path: Path) -> None:
    heard = start(tmp_path / "later")
    assert watched(heard)

    write(tmp_path / "later/a.jsonl", assistant(1, 5_000))

    assert heard.until(lambda: heard.ids == ["req_1"])


def test_only_the_system_is_asked_while_nothing_changes(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, only_told: None
) -> None:
    looks: list[float] = []
    usual = following.transcript_looks

    def counted(*args: object, **options: object) -> Iterator[object]:
        looks.append(time.monotonic())
        return usual(*args, **options)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(following, "transcript_looks", counted)
    write(tmp_path / "a.jsonl", assistant(1, 5_000))
    heard = start(tmp_path)
    assert watched(heard)
    before, idles = len(looks), heard.idles

    assert heard.until(lambda: heard.idles > idles + 10)

    assert len(looks) == before


def test_a_local_folder_is_watched_and_one_of_another_machine_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = (
        "21 1 0:1 / / rw - ext4 /dev/root rw\n"
        "22 21 0:2 / /mnt/home\\040net rw - nfs4 server:/home rw\n"
    )
    monkeypatch.setattr(watching.Path, "read_text", lambda *_: mounts)

    assert not watching._is_foreign(Path("/srv/sessions"))
    assert watching._is_foreign(Path("/mnt/home net/me/.claude"))
