#!/usr/bin/env bash
# A streamed answer's usage is the sum of what each chunk said so far: 306 for 103 tokens.
#
# Package: mirascope 2.8.2 with openai 2.54.0. The server tells the usage so far on each
# chunk (vLLM's continuous_usage_stats does): totals 101, 102, 103.
# Guess: 100 input and 3 output tokens, as the last chunk says.
# Seen:  300 input and 6 output: each chunk's usage is taken for an increment.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq "mirascope[openai]==2.8.2" openai==2.54.0
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
from fake_provider import serve
from mirascope import llm


def chunk(delta, finish, output):
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    usage = {"prompt_tokens": 100, "completion_tokens": output, "total_tokens": 100 + output}
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return head | {"choices": [choice], "usage": usage}


stream = [
    chunk({"role": "assistant", "content": "h"}, None, 1),
    chunk({"content": "i"}, None, 2),
    chunk({}, "stop", 3),
]
url = serve(lambda path, body: stream)
llm.register_provider("openai:completions", scope="own/", base_url=url, api_key="x")
response = llm.Model("own/m").stream("hi")
response.finish()
told = [response.usage.input_tokens, response.usage.output_tokens]
assert (response.text(), told) == ("hi", [300, 6]), (response.text(), told)
print(
    "mirascope 2.8.2: a stream whose last chunk says 100 input and 3 output tokens has",
    f"{told[0]} and {told[1]}",
)
PY
