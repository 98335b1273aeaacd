"""Packed keys are read as they were, and lie in rows of bounded length."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from tracker.ingest.rows.packed_keys import MOST, pack, unpack

AT = datetime(2026, 11, 22, 12, 0, 0, 123_456, tzinfo=UTC)


def keys(count: int) -> dict[bytes, datetime]:
    return {
        hashlib.md5(str(n).encode(), usedforsecurity=False).digest(): AT
        + timedelta(microseconds=n)
        for n in range(count)
    }


@pytest.mark.parametrize("count", [1, 2, MOST, MOST + 1, 100, 1_000])
def test_what_is_packed_is_unpacked(count: int) -> None:
    given = keys(count)
    rows = list(pack(given))

    found = [pair for _, packed, _ in rows for pair in unpack(packed)]
    assert dict(found) == given and len(found) == count
    assert [digest for digest, _ in found] == sorted(given)
    lengths = [len(packed) // 24 for _, packed, _ in rows]
    assert max(lengths) <= MOST and max(lengths) - min(lengths) <= 1
    for first, packed, oldest_at in rows:
        digests, times = zip(*unpack(packed), strict=True)
        assert (first, oldest_at) == (digests[0], min(times))


def test_nothing_makes_no_row() -> None:
    assert list(pack({})) == []


def test_a_time_before_1970_is_kept() -> None:
    early = {b"d" * 16: datetime(1969, 12, 31, 23, 59, tzinfo=UTC)}
    ((_, packed, oldest_at),) = pack(early)
    assert dict(unpack(packed)) == early
    assert oldest_at == early[b"d" * 16]
