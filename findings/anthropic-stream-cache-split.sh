#!/usr/bin/env bash
# A streamed Claude answer's cache total moves on, its split by lifetime stays behind.
#
# Package: anthropic 2.14.0. The usage of a closing message_delta is cumulative and may
# be larger than the first one (a server tool ran in between); it has the total
# `cache_creation_input_tokens`, but no `cache_creation` with the 5-minute and 1-hour parts.
# Guess: the final message's parts add up to its total, or the parts are gone.
# Seen:  total 1700 beside {"ephemeral_5m": 700, "ephemeral_1h": 0} of the first event.
# A bill made from the parts misses 1,000 written tokens; take the total.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq anthropic==2.14.0
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
from anthropic import Anthropic
from fake_provider import claude_stream, serve

start = {
    "input_tokens": 10,
    "cache_read_input_tokens": 0,
    "cache_creation_input_tokens": 700,
    "cache_creation": {
        "ephemeral_5m_input_tokens": 700,
        "ephemeral_1h_input_tokens": 0,
    },
    "output_tokens": 1,
}
end = {
    "input_tokens": 25,
    "cache_read_input_tokens": 700,
    "cache_creation_input_tokens": 1700,
    "output_tokens": 90,
    "server_tool_use": {"web_search_requests": 1, "web_fetch_requests": 0},
}
url = serve(lambda path, body: claude_stream(start, end))
with Anthropic(api_key="x", base_url=url).messages.stream(
    model="claude-opus-4-5",
    max_tokens=100,
    messages=[{"role": "user", "content": "hi"}],
) as stream:
    usage = stream.get_final_message().usage
parts = usage.cache_creation
split = parts.ephemeral_5m_input_tokens + parts.ephemeral_1h_input_tokens
assert (usage.input_tokens, usage.cache_creation_input_tokens) == (25, 1700), usage
assert split == 700, usage
print(
    "anthropic 2.14.0: the final message of a stream says",
    f"cache_creation_input_tokens {usage.cache_creation_input_tokens},",
    f"but its parts by lifetime add up to {split}",
)
PY
