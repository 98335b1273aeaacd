#!/usr/bin/env bash
# Whether a streamed agent run has usage depends on the address of the provider.
#
# Package: openai-agents 0.24.0 with openai 3.57.0, `OpenAIChatCompletionsModel`.
# Guess: a streamed run asks for `stream_options.include_usage` wherever it goes.
# Seen:  it asks at https://api.openai.com/v1 only. Through a gateway, which speaks the
#        same API, the run counts 1 request and 0 tokens, without a warning.
#        `ModelSettings(include_usage=True)` asks everywhere.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq openai-agents==0.24.0 openai==3.57.0
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
import asyncio
import json

import httpx2
from agents import Agent, ModelSettings, OpenAIChatCompletionsModel, Runner
from agents import set_tracing_disabled
from fake_provider import event, serve
from openai import AsyncOpenAI

set_tracing_disabled(True)


def answer(path, body):
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    delta = {"role": "assistant", "content": "hi"}
    said = {"index": 0, "delta": delta, "finish_reason": "stop"}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    asked = (body.get("stream_options") or {}).get("include_usage")
    end = [chunk | {"choices": [], "usage": usage}] if asked else []
    return [chunk | {"choices": [said]}, *end]


def in_process(request):
    """Answer for api.openai.com without leaving the process."""
    text = "".join(map(event, answer("", json.loads(request.content))))
    kind = {"content-type": "text/event-stream"}
    return httpx2.Response(200, headers=kind, text=text)


async def told(client, settings=None):
    model = OpenAIChatCompletionsModel("m", openai_client=client)
    agent = Agent(name="a", model=model, model_settings=settings or ModelSettings())
    run = Runner.run_streamed(agent, "hi")
    async for _ in run.stream_events():
        pass
    usage = run.context_wrapper.usage
    return usage.requests, usage.total_tokens


async def main():
    inside = httpx2.AsyncClient(transport=httpx2.MockTransport(in_process))
    openai = AsyncOpenAI(
        api_key="x", base_url="https://api.openai.com/v1", http_client=inside
    )
    gateway = AsyncOpenAI(api_key="x", base_url=serve(answer))
    asked = ModelSettings(include_usage=True)
    return [await told(openai), await told(gateway), await told(gateway, asked)]


seen = asyncio.run(main())
assert seen == [(1, 110), (1, 0), (1, 110)], seen
print(
    "openai-agents 0.24.0: a streamed run has 110 tokens from api.openai.com and 0 from",
    f"another address: (requests, tokens) {seen}",
)
PY
