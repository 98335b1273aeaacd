"""Reads, beside the relay, what an answer says it used."""

from __future__ import annotations

import logging
import zlib
from dataclasses import dataclass, field
from typing import Any, Protocol

import brotli
import msgspec
import zstandard
from msgspec import Raw, Struct

from tracker.domain.caching.told_reasons import told_reason

# A longer line or body is relayed and not read: `response.completed` repeats the whole
# answer with its instructions and tools, a few hundred KB. What follows such a line, as
# a picture of 10 MB, is read again: the usage comes at the end.
MOST_BYTES = 8 * 1024 * 1024
logger = logging.getLogger(__name__)


class _Inner(Struct):
    """`message` of Anthropic's first event, `response` of OpenAI's."""

    id: str = ""
    model: str = ""
    usage: dict[str, Any] | None = None
    output: Raw = Raw()
    diagnostics: Any = None
    prompt_cache_diagnostics: Any = None


class _Event(Struct):
    """One event of a stream, or a whole answer, of any provider."""

    id: str | None = None
    responseId: str | None = None
    model: str | None = None
    modelVersion: str | None = None
    usage: dict[str, Any] | None = None
    usageMetadata: dict[str, Any] | None = None
    message: _Inner | None = None
    response: _Inner | None = None
    context_management: dict[str, Any] | None = None
    output: Raw = Raw()
    diagnostics: Any = None
    prompt_cache_diagnostics: Any = None


@dataclass(slots=True)
class Answered:
    """`usage` as the provider wrote it; empty where it said none. `output`: the items
    of a whole answer of Responses, as JSON. `cache_reason`: why the provider says that
    its cache was missed (domain/caching/told_reasons.py).
    """

    response_id: str = ""
    model: str = ""
    usage: dict[str, Any] = field(default_factory=dict)
    context_management: dict[str, Any] | None = None
    is_complete: bool = False  # the answer came to its end
    output: bytes = b""
    cache_reason: str | None = None


_event = msgspec.json.Decoder(_Event)
_events = msgspec.json.Decoder(list[_Event])


class _Unpacker(Protocol):
    def __call__(self, chunk: bytes, /) -> bytes: ...


class AnswerReader:
    """Fed with an answer's bytes as they pass. Never raises, changes nothing, and holds
    at most MOST_BYTES.
    """

    def __init__(self, content_type: str, content_encoding: str) -> None:
        self.answered = Answered()
        self._is_stream = "event-stream" in content_type
        self._unpack = _unpacker(content_encoding)
        self._waiting = bytearray()
        self._is_reading = "json" in content_type or self._is_stream
        self._is_in_long_line = False  # which is left out, up to its end

    def feed(self, chunk: bytes) -> None:
        if not self._is_reading:
            return
        try:
            if self._unpack is not None:
                chunk = self._unpack(chunk)
            if self._is_stream:
                self._read_lines(chunk)
            elif len(self._waiting) + len(chunk) > MOST_BYTES:
                self._stop()
            else:
                self._waiting += chunk
        except Exception as error:  # noqa: BLE001  # the call goes on, whatever it is
            logger.warning("An answer could not be read for its usage: %s", error)
            self._stop()

    def finish(self) -> Answered:
        """What was read, after the last byte."""
        self.answered.is_complete = True
        if self._waiting:
            if self._is_stream:
                self._line(bytes(self._waiting))
            else:
                self._body(bytes(self._waiting))
            self._waiting.clear()
        return self.answered

    def _stop(self) -> None:
        self._is_reading = False
        self._waiting.clear()

    def _read_lines(self, chunk: bytes) -> None:
        head, newline, rest = chunk.rpartition(b"\n")
        if not newline:
            if not self._is_in_long_line:
                self._waiting += chunk
            if len(self._waiting) > MOST_BYTES:
                self._waiting.clear()
                self._is_in_long_line = True
            return
        if self._is_in_long_line:
            head = head.partition(b"\n")[2]
            self._is_in_long_line = False
        lines = bytes(self._waiting) + head
        self._waiting[:] = rest
        # Hundreds of lines hold a few letters each; only two or three hold usage.
        if self.answered.response_id and b"usage" not in lines:
            return
        for line in lines.split(b"\n"):
            if not self.answered.response_id or b"usage" in line:
                self._line(line)

    def _line(self, line: bytes) -> None:
        if line.startswith(b"data:"):
            try:
                self._take(_event.decode(line[5:]))
            except msgspec.MsgspecError:
                return  # such as [DONE], or an error's text under `message`

    def _body(self, body: bytes) -> None:
        try:
            if body.lstrip()[:1] == b"[":  # Gemini's stream without alt=sse
                for event in _events.decode(body):
                    self._take(event)
            else:
                self._take(_event.decode(body))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return

    def _take(self, event: _Event) -> None:
        inner = event.message or event.response or _Inner()
        known = self.answered
        known.response_id = known.response_id or (
            inner.id or event.id or event.responseId or ""
        )
        model = inner.model or event.model or event.modelVersion
        known.model = known.model or model or ""
        for usage in (inner.usage, event.usage, event.usageMetadata):
            for name, value in (usage or {}).items():
                # Anthropic's last event repeats some numbers and leaves others null.
                if value is not None:
                    known.usage[name] = value
        known.context_management = event.context_management or known.context_management
        known.output = bytes(inner.output or event.output) or known.output
        for told in (inner, event):
            reason = told_reason(told.diagnostics, told.prompt_cache_diagnostics)
            known.cache_reason = reason or known.cache_reason


def _unpacker(encoding: str) -> _Unpacker | None:
    if encoding == "gzip":
        return zlib.decompressobj(wbits=31).decompress
    if encoding == "deflate":
        return zlib.decompressobj().decompress
    if encoding == "br":
        return brotli.Decompressor().process  # type: ignore[no-any-return]  # untyped
    if encoding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress
    return None
