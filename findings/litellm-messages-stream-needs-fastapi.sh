#!/usr/bin/env bash
# LiteLLM's Messages call works when whole and misses fastapi when streamed.
#
# Package: litellm 1.110.2 as `pip install litellm` gives it, without its proxy extra;
# `litellm.anthropic.messages.acreate` with a Claude model.
# Guess: `stream=True` gives the stream that goes with the whole answer.
# Seen:  the whole answer comes; the same call streamed raises "No module named 'fastapi'":
#        the SDK's stream is wrapped by a module of the proxy.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1 LITELLM_LOCAL_MODEL_COST_MAP=True
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq litellm==1.110.2
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
import asyncio

import litellm
from fake_provider import claude_message, claude_stream, serve

usage = {"input_tokens": 10, "output_tokens": 3}
start = usage | {"output_tokens": 1}
url = serve(
    lambda path, body: (
        claude_stream(start, usage) if body.get("stream") else claude_message(usage)
    )
)


async def ask(stream):
    return await litellm.anthropic.messages.acreate(
        model="anthropic/claude-opus-4-5",
        max_tokens=100,
        messages=[{"role": "user", "content": "hi"}],
        api_key="x",
        api_base=url,
        stream=stream,
    )


whole = asyncio.run(ask(False))["usage"]["output_tokens"]
try:
    asyncio.run(ask(True))
except Exception as error:
    said = str(error)
else:
    raise AssertionError("the streamed call works")
assert whole == 3 and "No module named 'fastapi'" in said, (whole, said)
print(
    f"litellm 1.110.2: the whole answer has {whole} output tokens, the streamed call",
    "raises \"No module named 'fastapi'\"",
)
PY
