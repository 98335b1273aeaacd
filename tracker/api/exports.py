"""GET /api/v1/export/{what}.{format}: everything of a project, streamed."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from asgiref.sync import sync_to_async
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse

from tracker.api import queries
from tracker.api.endpoint import endpoint, not_found
from tracker.api.keys.keyring import KeyGrant
from tracker.changes.audit import audit
from tracker.models import (
    Compression,
    LLMSession,
    Project,
    ThresholdEvent,
    UsageSample,
)
from tracker.reading.csv_text import csv_text
from tracker.reading.line_texts import CSV, line_text
from tracker.reading.plain_rows import Column, PlainRows, for_csv, for_json

# Rows read and sent at a time: memory stays small, and a page's queries, which take
# milliseconds to build, are few. The first page is short: its bytes come at once.
CHUNK = 8_000
FIRST_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Export:
    """What an export sends: `rows` in the `order`, whose last field is unique.
    `columns` are pairs of the name in the file and the field in Django.
    """

    rows: Callable[[], QuerySet[Any]]
    columns: tuple[tuple[str, str], ...]
    time: str
    order: tuple[str, ...] = ("pk",)


def _columns(text: str, **named: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, named.get(name, name)) for name in text.split())


EXPORTS = {
    "sessions": Export(
        LLMSession.objects.all,
        _columns(
            "id session title model used_tokens system_tokens history_tokens "
            "user_context_tokens tools_tokens unattributed_tokens source message_count "
            "window_tokens window_source available_tokens used_ratio level policy "
            "first_at last_at sample_count event_count compression_count saved_tokens "
            "origin metadata",
            session="key",
            policy="policy_name",
        ),
        time="last_at",
    ),
    "usage": Export(
        UsageSample.objects.all,
        _columns(
            "id session lane at event_id model used_tokens system_tokens "
            "history_tokens user_context_tokens tools_tokens unattributed_tokens "
            "input_tokens output_tokens cache_read_tokens cache_creation_tokens "
            "cache_hour_tokens message_count window_tokens window_source "
            "available_tokens level source parts_source origin is_late "
            "is_clock_skewed implausible partial added cache_reason",
            session="session__key",
        ),
        time="at",
        # PostgreSQL has no index on a sample's id alone.
        order=("session_id", "at", "pk"),
    ),
    "events": Export(
        ThresholdEvent.objects.all,
        _columns(
            "id seq session at from_level to_level used_tokens available_tokens "
            "policy event_id",
            session="session__key",
            policy="policy_name",
        ),
        time="at",
    ),
    "compressions": Export(
        Compression.objects.all,
        _columns(
            "id seq session at event_id lane model origin performed_by trigger "
            "strategy before_tokens after_tokens claimed_before_tokens "
            "claimed_after_tokens target_tokens before_message_count "
            "after_message_count is_advice score facts_kept facts_lost review "
            "review_note reviewed_by reviewed_at",
            session="session__key",
            reviewed_by="reviewed_by__username",
        ),
        time="at",
    ),
}
FORMATS = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}


@endpoint(GET="read")
def export(
    request: HttpRequest, grant: KeyGrant, *, what: str, kind: str
) -> StreamingHttpResponse:
    """Numbers and names, never messages. `since` and `until` limit the rows' times."""
    queries.check_names(request, "since", "until")
    wanted = EXPORTS.get(what)
    if wanted is None or kind not in FORMATS:
        raise not_found(f"export {what}.{kind}")
    project = Project.objects.filter(pk=grant.project_id).first()
    if project is None:  # deleted, and its key is still remembered
        raise not_found("project")
    rows = wanted.rows().filter(project=project)
    if since := queries.time(request, "since"):
        rows = rows.filter(**{f"{wanted.time}__gte": since})
    if until := queries.time(request, "until"):
        rows = rows.filter(**{f"{wanted.time}__lt": until})
    audit("export", target=f"{what}.{kind}", project=project)
    response = StreamingHttpResponse(
        streamed(rows, wanted, kind), content_type=FORMATS[kind]
    )
    name = f"{project.slug}-{what}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


async def streamed(
    rows: QuerySet[Any], wanted: Export, kind: str
) -> AsyncIterator[bytes]:
    """Read page by page, each after the last row of the page before. One long
    transaction would make a backup or a writer wait until the client has read all.
    """
    names = [name for name, _ in wanted.columns]
    places = [place for _, place in wanted.columns]
    line = line_text(kind, rows.model, wanted.columns)
    source = PlainRows(rows, wanted.order, places if line is None else [line])
    end = "\r\n" if kind == CSV else "\n"
    if kind == CSV:
        yield csv_text([names]).encode()
    last: tuple[Any, ...] | None = ()

    def page() -> bytes:
        """In a thread: reports wait neither for the database nor for the writing."""
        nonlocal last
        assert last is not None
        most = CHUNK if last else min(CHUNK, FIRST_CHUNK)
        found = source.after(last, most)
        last = source.place(found[-1]) if len(found) == most else None
        if line is not None:
            return end.join([*(row[-1] for row in found), ""]).encode(
                "utf-8", "replace"
            )
        columns = list(zip(source.columns(found), source.kinds, strict=False))
        return as_csv(columns) if kind == CSV else as_ndjson(names, columns)

    while last is not None:
        if part := await sync_to_async(page)():
            yield part


def as_csv(columns: list[tuple[Column, str]]) -> bytes:
    """`columns` are those of one page, each with its kind."""
    text = io.StringIO()
    csv.writer(text).writerows(zip(*(for_csv(*each) for each in columns), strict=True))
    return text.getvalue().encode("utf-8", "replace")


def as_ndjson(names: list[str], columns: list[tuple[Column, str]]) -> bytes:
    rows = zip(*(for_json(*each) for each in columns), strict=True)
    return msgspec.json.Encoder().encode_lines(
        [dict(zip(names, row, strict=True)) for row in rows]
    )
