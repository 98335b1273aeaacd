"""OTLP bodies of LLM spans, made once and then only given new ids and numbers.

Building a hundred spans by protobuf takes longer than a server takes to read them.
"""

from __future__ import annotations

import os
import random
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

CONTENT_TYPE = "application/x-protobuf"
ID_BYTES = 24  # a trace id and a span id
SESSION = "chat-%07d"
FIRST, STEP, LAST = 20_000, 2_000, 190_000  # tokens of a session as it grows
ANSWER = "The capital of France is Paris, on the Seine. " * 3
QUESTION = "Which is the capital of France, and on which river does it lie? " * 3


class Spans:
    """The bodies of one load: sessions grow, and begin anew under another name."""

    def __init__(self, *, batch: int, sessions: int) -> None:
        self._random = random.Random(7)
        # Loads follow each other on one store: each brings sessions of its own.
        first = int.from_bytes(os.urandom(4), "big") % 8_000_000
        self._sessions = [(first + number, FIRST) for number in range(sessions)]
        self._next_session = first + sessions
        self._body, self._places = _template(batch)

    def next(self) -> bytes:
        body, ids = self._body, os.urandom(ID_BYTES * len(self._places))
        now = time.time_ns().to_bytes(8, "little")
        for number, (trace, span, ended, session, tokens) in enumerate(self._places):
            start = number * ID_BYTES
            name, used = self._grown()
            body[trace : trace + 16] = ids[start : start + 16]
            body[span : span + 8] = ids[start + 16 : start + 24]
            body[ended : ended + 8] = now
            body[session : session + 12] = (SESSION % name).encode()
            body[tokens : tokens + 3] = _varint(used)
        return bytes(body)

    def _grown(self) -> tuple[int, int]:
        number = self._random.randrange(len(self._sessions))
        name, used = self._sessions[number]
        used += STEP + self._random.randrange(STEP)
        if used > LAST:
            name, used = self._next_session, FIRST
            self._next_session += 1
        self._sessions[number] = name, used
        return name, used


def _varint(number: int) -> bytes:
    """Three bytes, for 16,384 to 2,097,151."""
    return bytes((number & 0x7F | 0x80, number >> 7 & 0x7F | 0x80, number >> 14))


def _template(batch: int) -> tuple[bytearray, list[tuple[int, ...]]]:
    """The body, and where each span's ids, end, session and input tokens stand."""
    request = ExportTraceServiceRequest()
    scoped = request.resource_spans.add().scope_spans.add()
    scoped.scope.name = "openinference.instrumentation.openai"
    ended = time.time_ns()
    marks = []
    for number in range(batch):
        # Marks that stand nowhere else: the places are found by them.
        trace, span = os.urandom(16), os.urandom(8)
        session, tokens = SESSION % (9_000_000 + number), 2_000_000 + number
        made = scoped.spans.add(
            name="ChatCompletion",
            trace_id=trace,
            span_id=span,
            start_time_unix_nano=ended - 800_000_000,
            end_time_unix_nano=ended,
        )
        made.status.code = 1
        made.attributes.extend(_attributes(session, tokens))
        marks.append((trace, span, session.encode(), b"\x18" + _varint(tokens)))
    body = bytearray(request.SerializeToString())
    places = []
    for trace, span, session_mark, token_mark in marks:
        at = body.index(trace)
        end = body.index(ended.to_bytes(8, "little"), at)
        name = body.index(session_mark, end)
        tokens = body.index(token_mark, name) + 1
        places.append((at, body.index(span, at), end, name, tokens))
    return body, places


def _attributes(session: str, tokens: int) -> list[KeyValue]:
    texts = {
        "openinference.span.kind": "LLM",
        "session.id": session,
        "llm.model_name": "gpt-5",
        "llm.provider": "openai",
        "input.value": QUESTION,
        "output.value": ANSWER,
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": QUESTION,
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": ANSWER,
    }
    numbers = {"llm.token_count.prompt": tokens, "llm.token_count.completion": 37}
    return [
        *(KeyValue(key=k, value=AnyValue(string_value=v)) for k, v in texts.items()),
        *(KeyValue(key=k, value=AnyValue(int_value=v)) for k, v in numbers.items()),
    ]
