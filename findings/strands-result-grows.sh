#!/usr/bin/env bash
# A result that was put aside gets more tokens when its agent is asked again.
#
# Package: strands-agents 1.62.0 with anthropic 2.14.0.
# Guess: `result.metrics.accumulated_usage` is what that call used, and stays.
# Seen:  17 tokens after the first call; after the second the first result says 34. All
#        results of an agent share one metrics object, of the agent's whole life. One call's
#        usage is in the last item of `metrics.agent_invocations`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq strands-agents==1.62.0 anthropic==2.14.0
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
from fake_provider import claude_stream, serve
from strands import Agent
from strands.models.anthropic import AnthropicModel

start = {"input_tokens": 10, "output_tokens": 1}
url = serve(lambda path, body: claude_stream(start, {"output_tokens": 7}))
model = AnthropicModel(
    client_args={"api_key": "x", "base_url": url},
    model_id="claude-opus-4-5",
    max_tokens=100,
)
agent = Agent(model=model, callback_handler=None)
first = agent("hi")
before = first.metrics.accumulated_usage["totalTokens"]
second = agent("again")
after = first.metrics.accumulated_usage["totalTokens"]
own = [run.usage["totalTokens"] for run in first.metrics.agent_invocations]
assert (before, after, own) == (17, 34, [17, 17]), (before, after, own)
assert first.metrics is second.metrics
print(
    f"strands-agents 1.62.0: the first result says {before} tokens, and {after}",
    "after the agent was asked again",
)
PY
