"""The answer of GET /spend."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from tracker.api.shapes.fields import Answer, Tokens, said
from tracker.domain.spend.tables import Row
from tracker.reading.spend.cells import Spend


class SpendRow(Answer):
    """What one day, week, month, session or block came to."""

    name: Annotated[
        str,
        said("The day, the week's Sunday, the month's first day, a block's first hour, "
        "or the session's key."),
    ]  # fmt: skip
    title: Annotated[str, said("Of a session; else empty.")]
    models: list[str]
    input_tokens: Annotated[Tokens, said("Neither read from the cache nor written.")]
    output_tokens: Annotated[Tokens, said("Reasoning included.")]
    cache_creation_tokens: Tokens
    cache_read_tokens: Tokens
    total_tokens: Tokens
    cost_usd: Annotated[float, said("List prices. Of the requests with a price.")]
    requests: int
    unpriced_requests: Annotated[int, said("Without usage, or without a known price.")]

    @classmethod
    def of(cls, row: Row, spend: Spend | None = None) -> SpendRow:
        """`spend` where the key is a session's id."""
        whose = spend.sessions.get(row.key) if spend else None
        return cls(
            name=whose.key if whose else _text(row.key),
            title=whose.title if whose else "",
            models=sorted(row.models),
            input_tokens=row.input,
            output_tokens=row.output,
            cache_creation_tokens=row.cache_write,
            cache_read_tokens=row.cache_read,
            total_tokens=row.total,
            cost_usd=float(row.cost),
            requests=row.requests,
            unpriced_requests=row.unpriced,
        )


class SpendTable(Answer):
    results: list[SpendRow]
    total: Annotated[SpendRow, said("Of all, also of those beyond `limit`.")]
    row_count: int
    prices_as_of: Annotated[str, said("The oldest price list used; empty without.")]


def _text(key: object) -> str:
    return key.isoformat() if isinstance(key, date | datetime) else str(key)
