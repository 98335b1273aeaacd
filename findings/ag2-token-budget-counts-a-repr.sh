#!/usr/bin/env bash
# AG2's token budget of 1,000 lets a history of 1,000,000 characters through.
#
# Package: pip ag2 1.2.1. `TokenBudgetPolicy` estimates tokens at four characters each. Ten
# turns whose prompts have 100,000 characters each; and ten short turns beside the usage
# records that AG2 keeps in the same history and sends to no model.
# Guess: it counts the text that goes to the model. Of the long history the newest turn alone
#        stays; the short one stays whole, since usage records are free.
# Seen:  it counts an event's printed form, which cuts a long text short: a prompt of 100,000
#        characters counts 138. A usage record, printed whole, counts 265. So the long history
#        stays whole under 1,000 tokens, and under 500 the short one loses turns.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work"
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq ag2==1.2.1 2>/dev/null
venv/bin/python - <<'PY'
import asyncio

from ag2.events import ModelMessage, ModelRequest, ModelResponse, Usage, UsageEvent
from ag2.policies.token_budget import TokenBudgetPolicy


def turn(text):
    said = ModelResponse(message=ModelMessage("ok"))
    return [ModelRequest.ensure_request([text]), said]


def kept_characters(events, max_tokens):
    _, kept = asyncio.run(TokenBudgetPolicy(max_tokens).apply([], events, None))
    return sum(len(e.parts[0].content) for e in kept if isinstance(e, ModelRequest))


used = UsageEvent(
    Usage(prompt_tokens=1000, completion_tokens=50, total_tokens=1050),
    kind="model_call",
    model="gpt-5",
    provider="openai",
)
long = [event for _ in range(10) for event in turn("word " * 20_000)]
short = [event for _ in range(10) for event in turn("hi")]
counted = [event for _ in range(10) for event in [*turn("hi"), used]]
seen = {
    "of a million": kept_characters(long, 1000),
    "of 20": kept_characters(short, 500),
    "of 20 with usage": kept_characters(counted, 500),
}
assert seen["of a million"] == 1_000_000 and seen["of 20"] == 20, f"changed: {seen}"
assert seen["of 20 with usage"] < 20, f"changed: {seen}"
print(
    "ag2 1.2.1: a budget of 1,000 tokens keeps 1,000,000 characters; one of 500 keeps "
    f"{seen['of 20 with usage']} of 20 beside usage records"
)
PY
