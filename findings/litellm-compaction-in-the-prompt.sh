#!/usr/bin/env bash
# LiteLLM's prompt of a call in which Claude compacted is larger than any prompt there was.
#
# Package: litellm 1.110.2. Claude's answer with server-side compaction: `usage` says 30,000
# input and 300 output tokens; its `iterations` are the compaction (190,000 and 2,000) and
# the message (30,000 and 300).
# Guess: prompt_tokens is 30,000, as the answer's own usage says.
# Seen:  220,000, and 2,300 completion tokens: what is billed. A gauge that takes
#        prompt_tokens for what is in the window shows a window of 200,000 overfull.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1 LITELLM_LOCAL_MODEL_COST_MAP=True
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq litellm==1.110.2
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
import litellm
from fake_provider import claude_message, serve

message = {"input_tokens": 30_000, "output_tokens": 300}
compaction = {"input_tokens": 190_000, "output_tokens": 2_000}
iterations = [{"type": "compaction", **compaction}, {"type": "message", **message}]
url = serve(lambda path, body: claude_message({**message, "iterations": iterations}))
usage = litellm.completion(
    model="anthropic/claude-opus-4-5",
    messages=[{"role": "user", "content": "hi"}],
    api_key="x",
    api_base=url,
).usage
told = (usage.prompt_tokens, usage.completion_tokens)
assert told == (220_000, 2_300), told
print(
    f"litellm 1.110.2: of a usage of {message['input_tokens']} input tokens after a",
    f"compaction it says {told[0]} prompt tokens",
)
PY
