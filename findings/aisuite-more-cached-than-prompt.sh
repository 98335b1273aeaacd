#!/usr/bin/env bash
# aisuite puts Claude's usage into OpenAI's names: more cached tokens than prompt tokens.
#
# Packages: aisuite 0.2.0 and any-llm-sdk 1.40.2, both with anthropic 0.125.0. Claude says
# 10 input, 100 cache read, 5 cache creation (three numbers apart).
# Guess: in OpenAI's names `prompt_tokens` holds the cached ones: 115 in both packages.
# Seen:  any-llm says prompt_tokens 115 with 100 cached; aisuite says prompt_tokens 10
#        with 100 of them cached, total_tokens 13.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq aisuite==0.2.0 any-llm-sdk==1.40.2 anthropic==0.125.0
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
import aisuite
import any_llm
from fake_provider import claude_message, serve

usage = {
    "input_tokens": 10,
    "cache_read_input_tokens": 100,
    "cache_creation_input_tokens": 5,
    "output_tokens": 3,
}
url = serve(lambda path, body: claude_message(usage))
messages = [{"role": "user", "content": "hi"}]

client = aisuite.Client({"anthropic": {"api_key": "x", "base_url": url}})
suite = client.chat.completions.create(
    model="anthropic:claude-opus-4-5", messages=messages
).usage
other = any_llm.completion(
    model="claude-opus-4-5",
    provider="anthropic",
    api_key="x",
    api_base=url,
    messages=messages,
).usage
told = [(u.prompt_tokens, u.prompt_tokens_details.cached_tokens) for u in (suite, other)]
assert told == [(10, 100), (115, 100)], told
print(
    f"aisuite 0.2.0: {told[0][0]} prompt tokens, {told[0][1]} of them cached;",
    f"any-llm-sdk 1.40.2 on the same answer: {told[1][0]}, {told[1][1]} of them cached",
)
PY
