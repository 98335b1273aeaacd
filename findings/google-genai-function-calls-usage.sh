#!/usr/bin/env bash
# Gemini's SDK runs a tool loop by itself and tells the last request's usage only.
#
# Package: google-genai 3.6.1, a Python function given as a tool (automatic calling).
# Guess: `usage_metadata` is the sum over the two requests of the call.
# Seen:  `usage_metadata` is the second request's; the first one's 1,000 prompt tokens
#        are nowhere: the history of automatic calls holds contents without usage.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq google-genai==3.6.1
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
import logging

from fake_provider import serve
from google import genai
from google.genai import types

logging.disable(logging.CRITICAL)
asked = []


def answer(path, body):
    asked.append(path)
    first = len(asked) == 1
    part = {"functionCall": {"name": "add", "args": {"x": 1}}} if first else {"text": "2"}
    prompt, candidates = (1000, 10) if first else (1200, 20)
    return {
        "candidates": [
            {"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": [part]}}
        ],
        "usageMetadata": {
            "promptTokenCount": prompt,
            "candidatesTokenCount": candidates,
            "totalTokenCount": prompt + candidates,
        },
    }


def add(x: int) -> int:
    """Add one."""
    return x + 1


client = genai.Client(
    api_key="x", http_options=types.HttpOptions(base_url=serve(answer))
)
response = client.models.generate_content(
    model="gemini-2.5-pro",
    contents="What is 1 + 1?",
    config=types.GenerateContentConfig(tools=[add]),
)
usage = response.usage_metadata
assert len(asked) == 2, asked
assert (usage.prompt_token_count, usage.total_token_count) == (1200, 1220), usage
kept = [item.model_dump_json() for item in response.automatic_function_calling_history]
assert not any("1000" in text for text in kept), kept
print(
    f"google-genai 3.6.1: {len(asked)} requests of 1,010 and 1,220 tokens;",
    f"the response's usage says {usage.total_token_count}",
)
PY
