#!/usr/bin/env bash
# Haystack's OpenAI generator has no usage as soon as it streams.
#
# Package: haystack-ai 3.4.1 with openai 3.57.0, `OpenAIChatGenerator`. The server tells
# usage in a stream when asked (stream_options.include_usage), as OpenAI does.
# Guess: the generator asks for it: the reply's meta has a usage field in both ways.
# Seen:  meta["usage"] is a dict without a streaming callback, None with one: the request
#        has no stream_options.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1 HAYSTACK_TELEMETRY_ENABLED=False
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq haystack-ai==3.4.1 openai==3.57.0
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
from fake_provider import serve
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage
from haystack.utils import Secret

asked = []
usage = {"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 105}
head = {"id": "chatcmpl-1", "created": 1, "model": "gpt-5"}


def answer(path, body):
    asked.append(body)
    said = {"role": "assistant", "content": "hi"}
    choice = {"index": 0, "finish_reason": "stop"}
    if not body.get("stream"):
        choice["message"] = said
        return {**head, "object": "chat.completion", "choices": [choice], "usage": usage}
    chunk = {**head, "object": "chat.completion.chunk"}
    events = [{**chunk, "choices": [{**choice, "delta": said}]}]
    if (body.get("stream_options") or {}).get("include_usage"):
        events.append({**chunk, "choices": [], "usage": usage})
    return events


url = serve(answer)


def told(callback):
    generator = OpenAIChatGenerator(
        api_key=Secret.from_token("x"),
        model="gpt-5",
        api_base_url=url,
        streaming_callback=callback,
    )
    return generator.run([ChatMessage.from_user("hi")])["replies"][0].meta["usage"]


whole, streamed = told(None), told(lambda chunk: None)
assert whole["prompt_tokens"] == 100 and streamed is None, (whole, streamed)
assert asked[1]["stream"] and not asked[1].get("stream_options"), asked[1]
print(
    f"haystack-ai 3.4.1: usage is {whole['total_tokens']} tokens for a whole answer",
    f"and {streamed} for a streamed one",
)
PY
