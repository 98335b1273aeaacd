#!/usr/bin/env bash
# Sentry's OpenAI integration has no span for `parse`, and no tokens for a raw response.
#
# Packages: sentry-sdk 2.75.0, openai 3.57.0. The same chat answer, 100 and 20 tokens, asked
# for by `create`, by `parse` (structured outputs) and by `with_raw_response.create`.
# Guess: three spans of 100 and 20 tokens, as PostHog's and Braintrust's wrappers have
#        them for `parse`.
# Seen:  one. `parse` leaves nothing but the HTTP request, the raw response a span without
#        any usage.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq sentry-sdk==2.75.0 openai==3.57.0
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
import openai
import sentry_sdk
from fake_provider import serve
from sentry_sdk.integrations.openai import OpenAIIntegration
from sentry_sdk.transport import Transport

message = {"role": "assistant", "content": "hi"}
url = serve(
    lambda path, body: {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-5",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    }
)
sent = []


class Recorder(Transport):
    def capture_envelope(self, envelope):
        sent.extend(item.payload.json for item in envelope.items if item.payload.json)


sentry_sdk.init(
    dsn="http://key@127.0.0.1:1/1",
    transport=Recorder,
    traces_sample_rate=1.0,
    integrations=[OpenAIIntegration()],
)
completions = openai.OpenAI(api_key="x", base_url=url).chat.completions
question = {"model": "gpt-5", "messages": [{"role": "user", "content": "hi"}]}


def told(ask):
    """The input and output tokens of each span of a model that `ask` leaves."""
    sent.clear()
    with sentry_sdk.start_transaction(name="t"):
        ask(**question)
    sentry_sdk.flush()
    spans = [span["attributes"] for item in sent for span in item.get("items", ())]
    names = [f"gen_ai.usage.{way}_tokens" for way in ("input", "output")]
    return [[span.get(name, {}).get("value") for name in names] for span in spans]


seen = [
    told(completions.create),
    told(completions.parse),
    told(completions.with_raw_response.create),
]
assert seen == [[[100, 20]], [], [[None, None]]], seen
print(
    "sentry-sdk 2.75.0: create has a span of 100 and 20 tokens, parse none,",
    "with_raw_response.create one without tokens",
)
PY
