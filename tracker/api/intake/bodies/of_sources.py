"""Bodies of OTLP/HTTP and of LiteLLM's callback -> what they contain."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from django.conf import settings
from msgspec.json import encode

from tracker.api.errors import ApiError, too_large
from tracker.api.shapes.usage import TakenIn
from tracker.sources.body_errors import SourceError
from tracker.sources.litellm import read_litellm
from tracker.sources.otlp import read_otlp
from tracker.sources.otlp.reading import Reading
from tracker.sources.otlp.wire.answers import success_body
from tracker.sources.otlp.wire.decode import is_json

LITELLM_PATH = "/api/v1/sources/litellm"
OTLP_PATHS = {
    f"{prefix}/v1/{signal}": signal
    for prefix in ("", "/api/public/otel")  # the second is Langfuse's
    for signal in ("traces", "logs", "metrics")
}
PATHS = frozenset((*OTLP_PATHS, LITELLM_PATH))


@dataclass(frozen=True, slots=True)
class Taken:
    """What a body contained, in whichever format, and the answer its sender expects."""

    source: str
    reading: Reading
    answer: bytes

    @property
    def trace_ids(self) -> set[str]:
        return {each.span.trace_id for each in self.reading.heard}


def source_of(path: str) -> str:
    """The name in SourceActivity: `/v1/traces` -> `otlp_traces`."""
    return "litellm" if path == LITELLM_PATH else f"otlp_{OTLP_PATHS[path]}"


def read_source(path: str, packed: bytes, encoding: bytes, kind: str) -> Taken:
    """Raises ApiError 400, 413 or 415."""
    body = unpacked(packed, encoding)
    return _litellm(body) if path == LITELLM_PATH else _otlp(path, body, kind)


def unpacked(body: bytes, encoding: bytes) -> bytes:
    """The body without its compression. ApiError 413 before a small one has been
    unpacked to more than OTLP_BODY_BYTES.
    """
    if encoding in (b"", b"identity"):
        return body
    if encoding != b"gzip":
        raise ApiError(415, "content_encoding", "send gzip or an uncompressed body")
    unpacker = zlib.decompressobj(wbits=31)
    try:
        whole = unpacker.decompress(body, settings.OTLP_BODY_BYTES)
    except zlib.error as error:
        raise ApiError(400, "gzip", f"the body is not gzip: {error}") from error
    if unpacker.unconsumed_tail:
        raise too_large(settings.OTLP_BODY_BYTES)
    if not unpacker.eof:
        raise ApiError(400, "gzip", "the gzip body ends early")
    if unpacker.unused_data:  # it would be acknowledged without being read
        raise ApiError(400, "gzip", "the body holds more than one gzip member")
    return whole


def _otlp(path: str, body: bytes, kind: str) -> Taken:
    signal = OTLP_PATHS[path]
    try:
        reading = read_otlp(signal, body, content_type=kind)
    except SourceError as error:
        raise ApiError(error.status, "otlp", error.message) from error
    answer = success_body(signal, reading, as_json=is_json(kind))
    return Taken(source_of(path), reading, answer)


def _litellm(body: bytes) -> Taken:
    try:
        reading = read_litellm(body)
    except SourceError as error:
        raise ApiError(error.status, "litellm", error.message) from error
    answer = TakenIn(
        accepted=len(reading.reports),
        ignored=reading.ignored,
        rejected=reading.rejected,
        error=reading.error_message,
    )
    return Taken(source_of(LITELLM_PATH), reading, encode(answer))
