#!/usr/bin/env bash
# The OpenAI SDK has no final response for an answer that reached its token limit.
#
# Package: openai 3.57.0, `client.responses.stream`. The server ends the stream with
# `response.incomplete` (reason max_output_tokens), which holds the response and its usage.
# Guess: `get_final_response()` returns it, with status "incomplete".
# Seen:  RuntimeError "Didn't receive a `response.completed` event."; the 105 tokens that
#        are billed stand in the event alone. (The chat helper makes a completion even of
#        a stream without an end.)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq openai==3.57.0
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
from fake_provider import serve
from openai import OpenAI


def response(status, usage=None):
    why = {"reason": "max_output_tokens"} if status == "incomplete" else None
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": "gpt-5",
        "status": status,
        "incomplete_details": why,
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage,
    }


usage = {
    "input_tokens": 100,
    "output_tokens": 5,
    "total_tokens": 105,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens_details": {"reasoning_tokens": 5},
}
names = "created", "incomplete"
states = response("in_progress"), response("incomplete", usage)
events = [
    {"type": f"response.{name}", "sequence_number": number, "response": state}
    for number, (name, state) in enumerate(zip(names, states))
]
client = OpenAI(api_key="x", base_url=serve(lambda path, body: events), max_retries=0)
with client.responses.stream(model="gpt-5", input="hi") as stream:
    last = list(stream)[-1]
    try:
        said = repr(stream.get_final_response())
    except RuntimeError as error:
        said = str(error)
assert last.type == "response.incomplete", last
assert last.response.usage.total_tokens == 105, last
assert "response.completed" in said, said
print(f"openai 3.57.0: the final response of an answer cut by its limit: {said}")
PY
