"""Hostile texts through every way in: REST, OTLP, LiteLLM, transcripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from tests.security import hostile
from tests.sources.otlp.bodies import PROTOBUF, logs, span, traces
from tests.sources.test_litellm import PAYLOAD
from tests.sources.transcripts.builder import (
    assistant,
    codex,
    said,
    usage_record,
    user,
    write,
)

TAKEN, REFUSED = {200, 201}, {400, 422}


class Pourer:
    """`client` has the server's address and a key. Every status is checked."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def post(
        self, path: str, body: Any, expected: set[int] = TAKEN, **headers: str
    ) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} | headers
        answer = await self.client.post(path, content=content, headers=sent)
        assert answer.status_code in expected, f"{path}: {answer.text[:300]}"
        return answer.json() if answer.content[:1] in (b"{", b"[") else None

    async def everything(self) -> None:
        await self.usage()
        await self.what_is_refused()
        await self.compressions()
        await self.optimize()
        await self.otlp()
        await self.litellm()

    async def usage(self) -> None:
        """Each text as key, title, model, event id, lane and metadata; with events."""
        batch = []
        for number, text in enumerate(hostile.NAMES.values()):
            common = {"session": text, "title": text, "model": text[:200]}
            batch += [
                common
                | {"tokens": {"history": used}, "event_id": f"{used} {text}"[:255]}
                | {"metadata": {text: [text]} if len(text) < 100 else None}
                for used in (1_000, 157_000 + 8_000 * (number % 6))
            ]
            batch.append(common | {"lane": text, "tokens": {"history": 9}})
        answer = await self.post("/api/v1/usage", batch)
        assert answer["rejected"] == []
        body = {"session": "hostile messages", "messages": hostile.messages()}
        body |= {"system": hostile.MARKUP["script"], "user_context": "<x-pwned>"}
        await self.post("/api/v1/usage", body)
        # Blocks of no known kind are taken beside a provider's number alone.
        body = {
            "session": "hostile messages",
            "messages": [hostile.block_of_no_known_kind()],
        }
        await self.post("/api/v1/usage", body, {422})
        body |= {"usage": {"prompt_tokens": 90_000, "completion_tokens": 1}}
        await self.post("/api/v1/usage", body)

    async def what_is_refused(self) -> None:
        for text in hostile.CONTROLS.values():
            for field in ("session", "title", "model", "lane", "event_id"):
                body = {"session": "s", "tokens": {}} | {field: text}
                error = await self.post("/api/v1/usage", body, {422})
                assert error["error"]["field"] == field
        for text in hostile.NAMES.values():
            await self.post("/api/v1/usage", {"session": "s", text: text}, {422})
        for place in (b'{"session": %s, "tokens": {}}', b'{"session": "s", %s: 1}'):
            body = place % hostile.LONE_SURROGATE
            await self.post("/api/v1/usage", body, {400})

    async def compressions(self) -> None:
        for text in list(hostile.TEXTS.values())[::3]:
            key = quote(text if text in hostile.NAMES.values() else "controls", safe="")
            if key in (".", ".."):
                key = key.replace(".", "%2E")
            before = [{"role": "user", "content": f"{text} {n}"} for n in range(4)]
            body = {"before": before, "after": before[:1], "summary": f"- {text}"}
            body |= {"strategy": text[:64], "trigger": "auto"}
            path = f"/api/v1/sessions/{key}/compressions"
            await self.post(path, body, TAKEN | REFUSED | {404})
        body = {"before": hostile.messages(), "after": hostile.messages()[:4]}
        body["summary"] = "\n".join(hostile.TEXTS.values())
        done = await self.post("/api/v1/sessions/all%20texts/compressions", body)
        huge = [{"role": "user", "content": hostile.HUGE_WORD}] * 2
        body = {"before": huge, "after": huge[:1], "summary": "W" * 100_000}
        await self.post("/api/v1/sessions/huge%20word/compressions", body)
        path = f"/api/v1/compressions/{done['compression']['id']}/review"
        note = "\n".join(hostile.TEXTS.values())[:10_000]
        body = {"review": "flagged", "note": note}
        await self.post(path, body, {422})  # it holds a NUL
        await self.post(path, body | {"note": note.replace("\0", "")})

    async def optimize(self) -> None:
        body = {"messages": hostile.messages(), "force": True}
        body |= {"system": "<x-pwned>", "model": hostile.MARKUP["script"]}
        await self.post("/api/v1/sessions/optimized/optimize", body)

    async def otlp(self) -> None:
        spans = [
            span(
                number + 1,
                {
                    "session.id": text,
                    "gen_ai.request.model": text,
                    "gen_ai.agent.name": text,
                    "gen_ai.usage.input_tokens": 1_000 + number,
                    "gen_ai.input.messages": text,
                    "gen_ai.response.id": text,
                    text: text,
                },
                name=text,
                scope=text,
            )
            for number, text in enumerate(hostile.TEXTS.values())
        ]
        events = [
            {
                "body": text,
                "event.name": "api_request",
                "session.id": text,
                "model": text,
                "input_tokens": 5,
                "request_id": text,
                "query_source": f"agent:{text}",
            }
            for text in hostile.TEXTS.values()
        ]
        kind = {"Content-Type": PROTOBUF}
        resource = {"service.name": "<x-pwned>", "telemetry.sdk.name": "<x-pwned>"}
        body = traces(*spans, resource=resource)
        await self.post("/v1/traces", body, **kind)
        await self.post("/v1/logs", logs(*events, resource=resource), **kind)

    async def litellm(self) -> None:
        calls = [
            PAYLOAD
            | {"id": text, "litellm_call_id": text, "session_id": text, "model": text}
            | {"trace_id": text, "messages": [{"role": text, "content": text}]}
            for text in hostile.TEXTS.values()
        ]
        await self.post("/api/v1/sources/litellm", calls)


def write_transcripts(folder: Path) -> None:
    """A Claude Code and a Codex transcript of hostile prompts, names and answers."""
    for number, text in enumerate(hostile.TEXTS.values()):
        content = [{"type": "tool_use", "id": "c", "name": text, "input": {text: text}}]
        write(
            folder / "claude" / f"{number}.jsonl",
            user(text, sessionId=f"claude-{number}", cwd=text, gitBranch=text),
            assistant(
                number, 190_000, content=content, model=text,
                sessionId=f"claude-{number}",
            ),
            {"type": "summary", "summary": text, "leafUuid": text},
        )  # fmt: skip
        write(
            folder / "codex" / f"rollout-{number}.jsonl",
            codex("session_meta", {"id": f"{text}-{number}", "cwd": text}),
            codex("turn_context", {"model": text}),
            said("user", text),
            usage_record(number, 20_000, 20_005),
        )
