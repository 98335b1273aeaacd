"""A provider on this machine: Anthropic's, OpenAI's and Gemini's calls, with their
rules, a window and a prompt cache.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.gateway.provider_rules import (
    PromptCache,
    Refused,
    check_anthropic,
    check_chat,
    check_responses,
    tokens,
)

STREAM = "text/event-stream; charset=utf-8"
WORDS = "I have read it. The next step is to change the parser. "


@dataclass
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key.lower() == name]
        return found[0] if found else None


@dataclass
class FakeUpstream:
    """`asked` is what came. `next_answers` are given once each, before all others.
    `hold` keeps streams after their first event until it is set.
    """

    window_tokens: int = 200_000
    asked: list[Asked] = field(default_factory=list)
    next_answers: list[Callable[[web.Request], Any]] = field(default_factory=list)
    hold: asyncio.Event | None = None
    is_packed: bool = False
    more_headers: dict[str, str] = field(default_factory=dict)  # of whole answers
    cache: PromptCache = field(default_factory=PromptCache)
    url: str = ""
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    sent: list[bytes] = field(default_factory=list)  # the bodies of the answers
    port: int = 0
    _runner: web.AppRunner | None = None
    _count: int = 0

    async def start(self) -> None:
        app = web.Application(client_max_size=256 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=1
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def last(self) -> Asked:
        return self.asked[-1]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        pairs = [(k.decode(), v.decode()) for k, v in request.raw_headers]
        self.asked.append(Asked(request.method, request.raw_path, pairs, body))
        if self.next_answers:
            found: web.StreamResponse = await self.next_answers.pop(0)(request)
            return found
        self._count += 1
        path = request.path
        try:
            if path.endswith("/messages/count_tokens"):
                return web.json_response({"input_tokens": self._size(json.loads(body))})
            if path.endswith("/messages"):
                return await self._anthropic(request, json.loads(body))
            if path.endswith("/chat/completions"):
                return await self._chat(request, json.loads(body))
            if path.endswith("/responses/compact"):
                return await self._compacted(request, json.loads(body))
            if path.endswith("/responses"):
                return await self._responses(request, json.loads(body))
            if "enerateContent" in path:
                return await self._gemini(request, json.loads(body))
        except Refused as error:
            return web.json_response(refusal(str(error)), status=400)
        except (ConnectionResetError, asyncio.CancelledError):
            self.gone.set()
            raise
        return web.Response(body=b"from the upstream", headers={"X-Way": "other"})

    def _size(self, body: dict[str, Any]) -> int:
        return sum(
            tokens(body.get(part))
            for part in ("tools", "system", "messages", "input", "contents")
        )

    def _check_window(self, size: int) -> None:
        if size > self.window_tokens:
            raise Refused(
                f"prompt is too long: {size} tokens > {self.window_tokens} maximum"
            )

    async def _anthropic(
        self, request: web.Request, body: dict[str, Any]
    ) -> web.StreamResponse:
        check_anthropic(body)
        usage = self.cache.usage(body)
        self._check_window(sum(usage.values()))
        number, output = f"msg_{self._count:04}", 21
        message = {
            "id": number, "type": "message", "role": "assistant",
            "model": body["model"], "content": [],
            "usage": {**usage, "output_tokens": 1},
        }  # fmt: skip
        if not body.get("stream"):
            message["content"] = [{"type": "text", "text": WORDS}]
            message["usage"] = {**usage, "output_tokens": output}
            return await self._json(request, message)
        delta = {"type": "text_delta", "text": WORDS[:8]}
        ending = {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn"},
            "usage": {"output_tokens": output},
        }
        return await self._stream(
            request,
            [
                {"type": "message_start", "message": message},
                *[{"type": "content_block_delta", "index": 0, "delta": delta}] * 20,
                ending,
                {"type": "message_stop"},
            ],
            named=True,
        )  # fmt: skip

    async def _chat(
        self, request: web.Request, body: dict[str, Any]
    ) -> web.StreamResponse:
        check_chat(body)
        size = self._size(body)
        self._check_window(size)
        usage = {
            "prompt_tokens": size, "completion_tokens": 9, "total_tokens": size + 9,
            "prompt_tokens_details": {"cached_tokens": size // 2},
        }  # fmt: skip
        head = {"id": f"chatcmpl-{self._count}", "model": body["model"]}
        if not body.get("stream"):
            said = {"role": "assistant", "content": WORDS}
            answer = {**head, "choices": [{"index": 0, "message": said}]}
            return await self._json(request, {**answer, "usage": usage})
        piece = {"index": 0, "delta": {"content": "word "}}
        chunks = [{**head, "choices": [piece]}] * 20
        if (body.get("stream_options") or {}).get("include_usage"):
            chunks = [*chunks, {**head, "choices": [], "usage": usage}]
        return await self._stream(request, chunks, ending=b"data: [DONE]\n\n")

    async def _responses(
        self, request: web.Request, body: dict[str, Any]
    ) -> web.StreamResponse:
        check_responses(body)
        size = self._size(body)
        self._check_window(size)
        answer = {
            "id": f"resp_{self._count}", "model": body["model"], "output": [],
            "usage": {
                "input_tokens": size, "output_tokens": 7, "total_tokens": size + 7,
                "input_tokens_details": {"cached_tokens": 0},
            },
        }  # fmt: skip
        if not body.get("stream"):
            return await self._json(request, answer)
        begun = {**answer, "usage": None}
        return await self._stream(
            request,
            [
                {"type": "response.created", "response": begun},
                *[{"type": "response.output_text.delta", "delta": "word "}] * 20,
                {"type": "response.completed", "response": answer},
            ],
            named=True,
        )

    async def _compacted(
        self, request: web.Request, body: dict[str, Any]
    ) -> web.Response:
        check_responses(body)
        size = self._size(body)
        self._check_window(size)
        item = {"type": "compaction", "id": "cmp_1", "encrypted_content": "gAAA"}
        answer = {
            "id": f"resp_{self._count}", "object": "response.compaction",
            "output": [item],
            "usage": {"input_tokens": size, "output_tokens": 90,
                      "total_tokens": size + 90},
        }  # fmt: skip
        return await self._json(request, answer)

    async def _gemini(
        self, request: web.Request, body: dict[str, Any]
    ) -> web.StreamResponse:
        size = self._size(body)
        self._check_window(size)
        answer = {
            "candidates": [{"content": {"parts": [{"text": WORDS}]}}],
            "responseId": f"gem{self._count}", "modelVersion": "gemini-3-pro",
            "usageMetadata": {
                "promptTokenCount": size, "candidatesTokenCount": 5,
                "totalTokenCount": size + 5,
            },
        }  # fmt: skip
        if "stream" not in request.path:
            return await self._json(request, answer)
        if request.query.get("alt") != "sse":
            return await self._json(request, [answer] * 3)
        return await self._stream(request, [answer] * 3)

    async def _json(self, request: web.Request, answer: Any) -> web.Response:
        text = json.dumps(answer, indent=1).encode()
        return await self._sized(request, text, "application/json")

    async def _sized(
        self, request: web.Request, text: bytes, kind: str
    ) -> web.Response:
        headers = {"Content-Type": kind, "X-Limit-Left": "12"} | self.more_headers
        if self.is_packed and "gzip" in request.headers.get("Accept-Encoding", ""):
            text = gzip.compress(text)
            headers["Content-Encoding"] = "gzip"
        self.sent.append(text)
        return web.Response(body=text, headers=headers)

    async def _stream(
        self,
        request: web.Request,
        events: list[Any],
        *,
        named: bool = False,
        ending: bytes = b"",
    ) -> web.StreamResponse:
        parts = [
            (f"event: {event['type']}\n" if named else "").encode()
            + f"data: {json.dumps(event)}\n\n".encode()
            for event in events
        ]
        if self.is_packed:
            return await self._sized(request, b"".join([*parts, ending]), STREAM)
        response = web.StreamResponse(headers={"Content-Type": STREAM})
        await response.prepare(request)
        self.sent.append(b"".join([*parts, ending]))
        for number, part in enumerate(parts):
            await response.write(part)
            if not number and self.hold is not None:
                await self.hold.wait()
        if ending:
            await response.write(ending)
        await response.write_eof()
        return response


def refusal(message: str) -> dict[str, Any]:
    return {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": message},
    }
