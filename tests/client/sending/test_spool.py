"""Bodies on disk: oldest first, each for one process, within a limit."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tracker.client.sending import spool as module
from tracker.client.sending.spool import Claim, Spool


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "spool"


def claimed(spool: Spool) -> Claim:
    claim = spool.claim()
    assert claim is not None
    return claim


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_bodies_come_out_oldest_first_and_once(folder: Path) -> None:
    spool = Spool(folder)
    for number in range(3):
        assert spool.add(b"%d" % number) == 0

    assert [claimed(spool).body for _ in range(3)] == [b"0", b"1", b"2"]
    assert spool.claim() is None


def test_a_claim_is_nobody_elses_until_it_is_given_back(folder: Path) -> None:
    one, other = Spool(folder), Spool(folder)
    one.add(b"body")
    claim = claimed(one)

    assert other.claim() is None
    one.give_back(claim)
    again = claimed(other)
    assert again.body == b"body"
    again.done()
    assert other.is_empty()
    assert list(folder.iterdir()) == []


def test_what_is_given_back_keeps_its_place_or_goes_last(folder: Path) -> None:
    spool = Spool(folder)
    for number in range(3):
        spool.add(b"%d" % number)

    spool.give_back(claimed(spool))
    first = claimed(spool)
    assert first.body == b"0"
    spool.give_back(first, last=True)

    assert [claimed(spool).body for _ in range(3)] == [b"1", b"2", b"0"]
    assert spool.holds_own()


def test_the_claim_of_a_process_that_died_is_free_after_a_while(folder: Path) -> None:
    spool = Spool(folder)
    spool.add(b"body")
    dead = claimed(spool)
    assert spool.claim() is None

    age(dead.path, 3600)

    assert claimed(spool).body == b"body"
    assert spool.claim() is None


def test_a_stale_claim_is_taken_over_by_one_process_only(folder: Path) -> None:
    one, other = Spool(folder), Spool(folder)
    one.add(b"body")
    dead = claimed(one)
    age(dead.path, 3600)
    listed = other._free_files()  # both have seen it before one takes it

    assert claimed(one).body == b"body"
    assert [module._claim(path) for path in listed] == [None]


def test_what_waited_long_is_no_stale_claim_when_it_is_claimed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, other = Spool(folder), Spool(folder)
    spool.add(b"body")
    (path,) = folder.iterdir()
    age(path, 3600)
    seen: list[bool] = []
    rename = Path.rename

    def look_between(self: Path, target: Path) -> Path:
        result = rename(self, target)
        seen.append(other.is_empty())
        return result

    monkeypatch.setattr(Path, "rename", look_between)
    claimed(spool)

    assert seen == [True]


def test_what_arrives_after_a_look_at_the_folder_is_found(folder: Path) -> None:
    spool, other = Spool(folder), Spool(folder)
    for number in range(2):
        spool.add(b"%d" % number)
    claimed(spool).done()
    claimed(other).done()
    spool.add(b"2")

    assert claimed(spool).body == b"2"


def test_over_the_limit_the_oldest_go_and_their_reports_are_counted(
    folder: Path,
) -> None:
    spool = Spool(folder, max_bytes=25)

    lost = [spool.add(json.dumps([letter] * 2).encode()) for letter in "abcd"]

    assert lost == [0, 0, 2, 2]
    assert [json.loads(claimed(spool).body)[0] for _ in range(2)] == ["c", "d"]
    assert spool.claim() is None


def test_the_folder_is_not_measured_each_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(folder, max_bytes=16_000)
    measured = []
    monkeypatch.setattr(module, "_size", lambda path: measured.append(path) or 100)

    for _ in range(30):
        spool.add(b"x" * 100)

    assert len(measured) < 60  # each time it would be 1 + 2 + … + 30 = 465


def test_a_file_that_another_process_takes_meanwhile_is_no_loss(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, other = Spool(folder, max_bytes=12), Spool(folder)
    spool.add(b"[1, 2]")
    free_files = spool._free_files

    def then_it_is_sent() -> list[Path]:
        found = free_files()
        other.claim()
        return found

    monkeypatch.setattr(spool, "_free_files", then_it_is_sent)

    assert spool.add(b"[3, 4, 5]") == 0
    monkeypatch.undo()
    assert claimed(spool).body == b"[3, 4, 5]"


def test_a_file_that_is_taken_just_before_it_is_deleted_is_no_loss(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, other = Spool(folder, max_bytes=12), Spool(folder)
    spool.add(b"[1, 2]")

    def then_it_is_sent(path: Path) -> int:
        other.claim()
        return 10

    monkeypatch.setattr(module, "_size", then_it_is_sent)

    assert spool.add(b"[3, 4, 5]") == 0


def test_a_file_that_vanishes_is_passed_over(folder: Path) -> None:
    spool, other = Spool(folder), Spool(folder)
    for number in range(3):
        spool.add(b"%d" % number)
    assert claimed(spool).body == b"0"  # and it has seen the others

    claimed(other).done()

    assert claimed(spool).body == b"2"


def test_a_body_that_cannot_be_written_leaves_nothing_behind(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", full)
    spool = Spool(folder)

    with pytest.raises(OSError, match="No space left"):
        spool.add(b"[1]")

    assert list(folder.iterdir()) == []
    assert not spool.holds_own()


def test_only_the_owner_can_read_it(folder: Path) -> None:
    Spool(folder).add(b"private")

    (file,) = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    spool = Spool(tmp_path / "file" / "spool")

    with pytest.raises(OSError):
        spool.add(b"x")
    assert spool.claim() is None
    assert spool.is_empty()


def test_strange_files_in_the_folder_are_left_alone(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("mine")
    (folder / ".half-written.json").write_text("[")
    spool = Spool(folder)

    assert spool.claim() is None
    assert len(list(folder.iterdir())) == 2


def test_giving_back_what_is_gone_does_no_harm(folder: Path) -> None:
    spool = Spool(folder)
    spool.add(b"body")
    claim = claimed(spool)

    claim.done()
    spool.give_back(claim)
    claim.done()

    assert spool.is_empty()


def test_ones_own_are_there_until_they_are_sent_by_whomever(folder: Path) -> None:
    one, other = Spool(folder), Spool(folder)
    one.add(b"body")
    assert (one.holds_own(), other.holds_own()) == (True, False)

    claim = claimed(other)
    assert one.is_empty() and one.holds_own()  # on its way, and not yet stored
    claim.done()

    assert not one.holds_own()
