"""What a compression keeps of the messages: read as JSON that is not decoded."""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from tracker.models.compressions import Compression, CompressionText


def texts(pk: int, column: str) -> QuerySet[CompressionText, str | None]:
    """As JSON that is not decoded: a page shows 50 of some thousand messages."""
    rows = CompressionText.objects.filter(pk=pk)
    return rows.values_list(Cast(column, TextField()), flat=True)


def raw_list(text: str | None) -> list[msgspec.Raw]:
    if not text:
        return []
    try:
        return msgspec.json.decode(text, type=list[msgspec.Raw])
    except msgspec.DecodeError:  # null, or NaN: json writes it, and no other reads it
        found = json.loads(text)
        rows = found if isinstance(found, list) else []
        return [msgspec.Raw(json.dumps(row).encode()) for row in rows]


def shared(left: Sequence[msgspec.Raw], right: Sequence[msgspec.Raw]) -> int:
    """How many messages are the same at the beginning of both."""
    for at, (one, other) in enumerate(zip(left, right, strict=False)):
        if bytes(one) != bytes(other):
            return at
    return min(len(left), len(right))


def carried(row: Compression) -> int:
    is_applied = not row.is_advice and row.refused_at is None
    count = row.after_message_count if is_applied else row.before_message_count
    return count or 0
