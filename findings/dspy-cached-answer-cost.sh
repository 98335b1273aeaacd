#!/usr/bin/env bash
# DSPy repeats the price of a cached answer, but not its usage.
#
# Package: dspy 3.4.1 with litellm 1.110.2, the default cache and `lm.history`.
# Guess: the second, cached answer has neither usage nor cost: no request was made.
# Seen:  1 request; both entries of the history cost $0.0003, the second with usage {}.
#        The sum over the history is twice the bill.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1 LITELLM_LOCAL_MODEL_COST_MAP=True DSPY_CACHEDIR="$work/cache"
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq dspy==3.4.1 litellm==1.110.2
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
import dspy
from fake_provider import serve

requests = []


def answer(path, body):
    requests.append(body)
    text = "[[ ## answer ## ]]\nhi\n\n[[ ## completed ## ]]"
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4o",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": text},
            }
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 105},
    }


lm = dspy.LM("openai/gpt-4o", api_key="x", api_base=serve(answer))
dspy.configure(lm=lm)
predict = dspy.Predict("question -> answer")
for _ in range(2):
    predict(question="How old?")
costs = [entry["cost"] for entry in lm.history]
usages = [dict(entry["usage"]) for entry in lm.history]
assert len(requests) == 1 and usages[0]["prompt_tokens"] == 100, (requests, usages)
assert usages[1] == {} and costs[0] == costs[1] > 0, (usages, costs)
print(
    f"dspy 3.4.1: {len(requests)} request, and a history of {len(costs)} answers",
    f"that cost ${costs[0]:.4f} and ${costs[1]:.4f}; the second has usage {usages[1]}",
)
PY
