#!/usr/bin/env bash
# A continued run's result has the tokens of all the runs before it once more.
#
# Package: smolagents 1.26.0, `agent.run(..., reset=False, return_full_result=True)`.
# Guess: each RunResult has its own run's usage; three runs of 110 tokens say 110 each.
# Seen:  110, 220 and 330: the result adds up the steps in the agent's memory, which a
#        continued run keeps. Who adds up the results books 660 tokens for 330.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq smolagents==1.26.0 openai==3.57.0
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
from fake_provider import serve
from smolagents import OpenAIServerModel, ToolCallingAgent

requests = []


def answer(path, body):
    requests.append(path)
    call = {"name": "final_answer", "arguments": '{"answer": "hi"}'}
    tool_call = {"id": f"call_{len(requests)}", "type": "function", "function": call}
    message = {"role": "assistant", "content": None, "tool_calls": [tool_call]}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    }


model = OpenAIServerModel("m", api_base=serve(answer), api_key="x")
agent = ToolCallingAgent([], model, verbosity_level=0, return_full_result=True)
results = [agent.run("hi", reset=number == 0) for number in range(3)]
told = [result.token_usage.total_tokens for result in results]
assert len(requests) == 3, requests
assert told == [110, 220, 330], told
print(
    f"smolagents 1.26.0: three runs of one request and 110 tokens each say {told}",
    "when the second and third continue the first",
)
PY
