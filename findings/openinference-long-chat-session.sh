#!/usr/bin/env bash
# A chat of 59 messages loses its session id on the way through OpenInference.
#
# Packages: openinference-instrumentation-anthropic 3.1.0, opentelemetry-sdk 1.45.2 with
# its default limit of 128 attributes, anthropic 2.14.0.
# Guess: a long chat loses some message attributes; session.id, set first, stays.
# Seen:  each message takes two attributes and the SDK drops the oldest ones: session.id,
#        llm.provider and input.value are gone, the token counts stay. The longer (and
#        fuller) a conversation, the surer it falls out of its session.
# OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT raises the limit.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq openinference-instrumentation-anthropic==3.1.0 opentelemetry-sdk==1.45.2 anthropic==2.14.0
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
import logging

from anthropic import Anthropic
from fake_provider import claude_message, serve
from openinference.instrumentation import using_session
from openinference.instrumentation.anthropic import AnthropicInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

logging.disable(logging.CRITICAL)
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
AnthropicInstrumentor().instrument(tracer_provider=provider)
usage = {"input_tokens": 10, "output_tokens": 3}
client = Anthropic(api_key="x", base_url=serve(lambda path, body: claude_message(usage)))


def told(count):
    roles = [("user", "assistant")[n % 2] for n in range(count)]
    spans.clear()
    with using_session("chat-1"):
        client.messages.create(
            model="claude-opus-4-5",
            max_tokens=10,
            messages=[{"role": role, "content": "x"} for role in roles],
        )
    (span,) = spans.get_finished_spans()
    names = "session.id", "llm.provider", "llm.token_count.prompt"
    return [span.attributes.get(name) for name in names]


short, long = told(5), told(59)
assert short == ["chat-1", "anthropic", 10], short
assert long == [None, None, 10], long
print(
    "openinference-anthropic 3.1.0: session, provider and prompt tokens are",
    f"{short} at 5 messages and {long} at 59",
)
PY
