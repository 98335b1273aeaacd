#!/usr/bin/env bash
# LiteLLM sends Claude a sentence that nobody wrote in place of an empty message.
#
# Package: litellm 1.110.2, `completion` with an Anthropic model, read at the wire.
# Guess: an assistant message with empty content is left out or sent as a blank.
# Seen:  "[System: Empty message content sanitised to satisfy protocol]" is sent as the
#        assistant's own words. The provider counts and bills it; no count made from
#        the caller's messages has it.
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

sent = []


def answer(path, body):
    sent.append(body["messages"])
    return claude_message({"input_tokens": 10, "output_tokens": 1})


litellm.completion(
    model="anthropic/claude-opus-4-5",
    api_key="x",
    api_base=serve(answer),
    messages=[
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": ""},
        {"role": "user", "content": "two"},
    ],
)
(messages,) = sent
said = messages[1]["content"]
said = said if isinstance(said, str) else said[0]["text"]
expected = "[System: Empty message content sanitised to satisfy protocol]"
assert messages[1]["role"] == "assistant" and said == expected, messages
print(f"litellm 1.110.2: an empty assistant message goes to Claude as {said!r}")
PY
