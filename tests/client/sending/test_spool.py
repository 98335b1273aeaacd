"""Bodies on disk: oldest first, each for one process, within a limit."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tracker.client.sending.spool import Spool


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "spool"


def test_bodies_come_out_oldest_first_and_once(folder: Path) -> None:
    spool = Spool(folder)
    for number in range(3):
        assert spool.add(b"%d" % number)

    claims = [spool.claim(), spool.claim(), spool.claim()]

    assert [claim and claim.body for claim in claims] == [b"0", b"1", b"2"]
    assert spool.claim() is None


def test_a_claim_is_nobody_elses_until_it_is_given_back(folder: Path) -> None:
    one, other = Spool(folder), Spool(folder)
    one.add(b"body")
    claim = one.claim()
    assert claim is not None

    assert other.claim() is None
    claim.give_back()
    again = other.claim()
    assert again is not None and again.body == b"body"
    again.done()
    assert other.is_empty()
    assert list(folder.iterdir()) == []


def test_the_claim_of_a_process_that_died_is_free_after_a_while(folder: Path) -> None:
    spool = Spool(folder)
    spool.add(b"body")
    assert spool.claim() is not None
    (claimed,) = folder.iterdir()
    assert spool.claim() is None

    long_ago = time.time() - 3600
    os.utime(claimed, (long_ago, long_ago))

    again = spool.claim()
    assert again is not None and again.body == b"body"
    assert spool.claim() is None


def test_over_the_limit_the_oldest_go(folder: Path) -> None:
    spool = Spool(folder, max_bytes=25)
    for letter in (b"a", b"b", b"c", b"d"):
        spool.add(letter * 10)

    claims = [spool.claim(), spool.claim(), spool.claim()]

    assert [claim and claim.body[:1] for claim in claims] == [b"c", b"d", None]


def test_only_the_owner_can_read_it(folder: Path) -> None:
    Spool(folder).add(b"private")

    (file,) = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    spool = Spool(tmp_path / "file" / "spool")

    assert spool.add(b"x") is False
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
    claim = spool.claim()
    assert claim is not None

    claim.done()
    claim.give_back()
    claim.done()

    assert spool.is_empty()
