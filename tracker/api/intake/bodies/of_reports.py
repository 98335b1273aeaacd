"""Reads the reports of a body of POST /usage: one object, an array or NDJSON.

Each report of a batch is read by itself, so that the good ones are stored and the bad
ones named.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec
from django.conf import settings

from tracker.api.errors import ApiError
from tracker.api.intake.counting import MessageCounter
from tracker.api.keys.keyring import KeyGrant
from tracker.domain.forms import form
from tracker.domain.reports import UsageReport
from tracker.sources.body_errors import BodyError, unreadable
from tracker.sources.native import decode_open, decode_usage, to_report

_array = msgspec.json.Decoder(list[msgspec.Raw])


@form(frozen=True, slots=True)
class ReadReport:
    """A report, or the error in it: exactly one of the two is set.

    `counted` tells how its text was counted here; None where it brought no text.
    """

    report: UsageReport | None
    error: BodyError | None = None
    counted: MessageCounter | None = None


@dataclass(frozen=True, slots=True)
class ReadBody:
    reports: list[ReadReport]
    is_batch: bool


def read_reports(
    body: bytes,
    grant: KeyGrant,
    is_lines: bool,
    client: Callable[[], str] = str,
    *,
    most_new: int | None = None,
) -> ReadBody:
    """`client` is asked for the program that sent it, where text is counted.

    Raises ApiError 400 when the body is not JSON, 413 for too many reports; TakesLong
    where more than `most_new` bytes of messages, or text that takes long, are to be
    counted.
    """
    if is_lines:
        return _batch(_lines(body), grant, most_new, client)
    start = body.lstrip(b" \t\r\n")[:1]
    if start == b"[":
        try:
            return _batch(_array.decode(body), grant, most_new, client)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise ApiError(400, "not_json", f"not valid JSON: {error}") from error
    read = _read(body, grant, most_new, client)
    if read.error is not None and not read.error.is_json:
        raise ApiError(400, "not_json", read.error.message)
    return ReadBody([read], is_batch=False)


def _lines(body: bytes) -> list[msgspec.Raw]:
    """At most one line more than is allowed: millions of them would fill the memory."""
    filled = (msgspec.Raw(line) for line in io.BytesIO(body) if line.strip())
    return list(itertools.islice(filled, settings.USAGE_BATCH_REPORTS + 1))


def _batch(
    items: list[msgspec.Raw],
    grant: KeyGrant,
    most_new: int | None,
    client: Callable[[], str],
) -> ReadBody:
    most = settings.USAGE_BATCH_REPORTS
    if not items:
        raise ApiError(422, "invalid", "the batch holds no report")
    if len(items) > most:
        raise ApiError(413, "too_many", f"at most {most:,} reports in one request")
    if most_new is not None:
        most_new //= len(items)
    return ReadBody(
        [_read(item, grant, most_new, client) for item in items], is_batch=True
    )


def _read(
    body: bytes | msgspec.Raw,
    grant: KeyGrant,
    most_new: int | None,
    client: Callable[[], str],
) -> ReadReport:
    try:
        counted = MessageCounter(grant, most_new=most_new)
        report = to_report(decode_open(body), counted, client)
        if counted.unread:
            # A block was not understood, so this count is too small to learn from.
            report = replace(report, counted=None, counter="", client="")
        return ReadReport(report, counted=counted if counted.used else None)
    except BodyError as error:
        return ReadReport(None, error)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return _refused(body, error)


def _refused(body: bytes | msgspec.Raw, why: Exception) -> ReadReport:
    """A message is not as it should be: decoded whole, the error tells its place.
    Tools may be so deep that they can be decoded, but not weighed.
    """
    try:
        decode_usage(body)
    except BodyError as error:
        return ReadReport(None, error)
    return ReadReport(None, unreadable(why))
