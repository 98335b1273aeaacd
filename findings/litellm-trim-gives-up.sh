#!/usr/bin/env bash
# LiteLLM's trim_messages hands an agent's history back untrimmed, or cut inside a pair.
#
# Package: litellm 1.110.2, `litellm.utils.trim_messages`. The history is a valid one: the
# assistant's message with tool_calls has content None, as OpenAI sends it.
# Guess: the oldest messages go, a call goes together with its result.
# Seen:  for 500 tokens the list comes back with all its 705 tokens (a TypeError on the
#        None is logged and swallowed); for 300 the call is gone and its result stays,
#        right after the system message.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1 LITELLM_LOCAL_MODEL_COST_MAP=True
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq litellm==1.110.2
"$work/venv/bin/python" -W ignore - <<'PY'
import logging

import litellm
from litellm.utils import trim_messages

logging.disable(logging.CRITICAL)
call = {"name": "read", "arguments": '{"x": "' + "y " * 200 + '"}'}
history = [
    {"role": "system", "content": "s " * 50},
    {"role": "user", "content": "u " * 200},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "call_1", "type": "function", "function": call}],
    },
    {"role": "tool", "tool_call_id": "call_1", "content": "r " * 200},
    {"role": "user", "content": "now " * 20},
]


def trimmed(limit):
    copy = [dict(message) for message in history]
    kept = trim_messages(copy, model="gpt-4o", max_tokens=limit)
    count = litellm.token_counter(model="gpt-4o", messages=kept)
    return count, [message["role"] for message in kept]


whole = litellm.token_counter(model="gpt-4o", messages=history)
assert trimmed(500) == (whole, [m["role"] for m in history]), trimmed(500)
count, roles = trimmed(300)
assert count <= 300 and roles == ["system", "tool", "user"], (count, roles)
print(
    f"litellm 1.110.2: trim_messages to 500 tokens returns all {whole};",
    f"to 300 it returns {', '.join(roles)}: a result without its call",
)
PY
