#!/usr/bin/env bash
# While Claude streams a tool's input, the SDK shows unfinished numbers as finished.
#
# Packages: anthropic 2.14.0 with jiter 0.19.0 (its parser of unfinished JSON).
# Guess: what is unfinished is left out, numbers as well as strings.
# Seen:  after the piece {"limit": 12 the snapshot is {"limit": 12}, after 5} it is
#        {"limit": 125}. An unfinished string in the same place is left out.
# Who acts on a snapshot early asks for 12 lines where the model wanted 125.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq anthropic==2.14.0 jiter==0.19.0
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
from anthropic import Anthropic
from fake_provider import claude_stream, serve

pieces = ['{"limit": 12', '5, "path": "/a', '/b"}']
block = {"type": "tool_use", "id": "toolu_1", "name": "read", "input": {}}
deltas = tuple({"type": "input_json_delta", "partial_json": p} for p in pieces)
usage = {"input_tokens": 10, "output_tokens": 1}
url = serve(lambda path, body: claude_stream(usage, usage, block, deltas))
with Anthropic(api_key="x", base_url=url).messages.stream(
    model="claude-opus-4-5",
    max_tokens=100,
    messages=[{"role": "user", "content": "hi"}],
) as stream:
    seen = [dict(e.snapshot) for e in stream if e.type == "input_json"]
assert seen == [
    {"limit": 12},
    {"limit": 125},
    {"limit": 125, "path": "/a/b"},
], seen
print(
    f"anthropic 2.14.0: a tool input's snapshots were {seen}:",
    "a number is shown half-way, a string is not",
)
PY
