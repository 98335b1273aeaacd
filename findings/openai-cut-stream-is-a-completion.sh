#!/usr/bin/env bash
# The OpenAI SDK's stream helper makes a completion of a stream that was cut off.
#
# Package: openai 3.57.0, `client.chat.completions.stream`. The body ends cleanly after
# the first word (as behind a proxy with a time limit): no finish_reason, no usage chunk,
# no [DONE].
# Guess: `get_final_completion()` raises, for no choice has finished.
# Seen:  a completion with content "hi", finish_reason None and usage None; no error.
# npm ai 6.0.326 says "Response stream ended without a finish reason" to the same bytes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq openai==3.57.0
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
from fake_provider import serve
from openai import OpenAI

first = {
    "id": "chatcmpl-1",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "gpt-5",
    "choices": [
        {
            "index": 0,
            "delta": {"role": "assistant", "content": "hi"},
            "finish_reason": None,
        }
    ],
}
url = serve(lambda path, body: [first])
with OpenAI(api_key="x", base_url=url, max_retries=0).chat.completions.stream(
    model="gpt-5",
    messages=[{"role": "user", "content": "hi"}],
    stream_options={"include_usage": True},
) as stream:
    final = stream.get_final_completion()
choice = final.choices[0]
assert (choice.message.content, choice.finish_reason, final.usage) == (
    "hi",
    None,
    None,
), final
print(
    "openai 3.57.0: a stream cut after one word is handed over as a completion with",
    f"finish_reason {choice.finish_reason} and usage {final.usage}, and no error",
)
PY
