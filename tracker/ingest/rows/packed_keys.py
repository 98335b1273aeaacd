"""Event keys of sessions that rest, many to a row: a fifth of what a row each takes.

A key is 16 bytes of digest and 8 of its time. A row holds the session's keys from its
`first` to before the next row's, in the order of their digests, so that one look at an
index finds the only row where a key can be.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from tracker.ingest.rows.of_session import OfProject, rows_of
from tracker.models import EventKey, PackedKeys

MOST = 32  # keys of a row: with more, SQLite would keep it on pages of its own
_KEY = struct.Struct(">16sq")  # digest, microseconds since 1970
_DIGEST = struct.Struct(">16s8x")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def pack(keys: Mapping[bytes, datetime]) -> Iterator[tuple[bytes, bytes, datetime]]:
    """`first`, `keys` and `oldest_at` of rows of about the same length."""
    digests = sorted(keys)
    rows = -(-len(digests) // MOST)
    for row in range(rows):
        part = digests[row * len(digests) // rows : (row + 1) * len(digests) // rows]
        packed = (_KEY.pack(d, (keys[d] - _EPOCH) // _MICROSECOND) for d in part)
        yield part[0], b"".join(packed), min(keys[digest] for digest in part)


def unpack(keys: bytes) -> Iterator[tuple[bytes, datetime]]:
    for digest, us in _KEY.iter_unpack(keys):
        yield digest, _EPOCH + timedelta(microseconds=us)


def time_of(session: OfProject, digest: bytes) -> datetime | None:
    """Where to find the sample of this key, None without it. A key that is packed at
    this moment is in either place: so look at the event keys before these.
    """
    rows = rows_of(PackedKeys, session, first__lte=digest)
    held = rows.order_by("-first").values_list("keys", flat=True).first()
    return dict(unpack(bytes(held))).get(digest) if held else None


def digests_of(session_ids: Collection[int]) -> dict[int, set[bytes]]:
    """All keys of these sessions, packed or not."""
    found: dict[int, set[bytes]] = {pk: set() for pk in session_ids}
    loose = EventKey.objects.filter(session__in=session_ids).order_by()
    for pk, digest in loose.values_list("session_id", "digest").iterator():
        found[pk].add(bytes(digest))
    packed = PackedKeys.objects.filter(session__in=session_ids).order_by()
    for pk, keys in packed.values_list("session_id", "keys").iterator():
        found[pk].update(digest for (digest,) in _DIGEST.iter_unpack(bytes(keys)))
    return found


def without_before(rows: Iterable[PackedKeys], before: datetime) -> int:
    """Take the keys from before then out of these rows, which are locked; answers how
    many. A row keeps its `first`: it says where keys are looked for.
    """
    count = 0
    gone: dict[int, list[bytes]] = {}
    for row in rows:
        keys = dict(unpack(bytes(row.keys)))
        kept = {digest: at for digest, at in keys.items() if at >= before}
        count += len(keys) - len(kept)
        if kept:
            ((_, packed, oldest_at),) = pack(kept)
            own = PackedKeys.objects.filter(session_id=row.session_id, first=row.first)
            own.update(keys=packed, oldest_at=oldest_at)
        else:
            gone.setdefault(row.session_id, []).append(bytes(row.first))
    for pk, firsts in gone.items():
        PackedKeys.objects.filter(session_id=pk, first__in=firsts).delete()
    return count
