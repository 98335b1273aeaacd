#!/usr/bin/env bash
# Traceloop's spans of a streamed Claude answer: one output token too many, old input.
#
# Packages: opentelemetry-instrumentation-anthropic 0.62.4, anthropic 2.14.0.
# The stream: message_start says 10 input and 1 output; the closing message_delta, which
# is cumulative, says 2,500 input (a server tool ran) and 90 output.
# Guess: the span says what the last event says: 2,500 and 90.
# Seen:  input 10, output 91: the two outputs are added, the newer input is not read.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq opentelemetry-instrumentation-anthropic==0.62.4 opentelemetry-sdk==1.45.2 anthropic==2.14.0
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
from anthropic import Anthropic
from fake_provider import claude_stream, serve
from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
AnthropicInstrumentor().instrument(tracer_provider=provider)
start = {"input_tokens": 10, "output_tokens": 1}
end = {"input_tokens": 2500, "output_tokens": 90}
url = serve(lambda path, body: claude_stream(start, end))
for _ in Anthropic(api_key="x", base_url=url).messages.create(
    model="claude-opus-4-5",
    max_tokens=100,
    messages=[{"role": "user", "content": "hi"}],
    stream=True,
):
    pass
(span,) = spans.get_finished_spans()
told = [span.attributes[f"gen_ai.usage.{side}_tokens"] for side in ("input", "output")]
assert told == [10, 91], told
print(
    "opentelemetry-instrumentation-anthropic 0.62.4: a stream that ends with 2500",
    f"input and 90 output tokens makes a span with {told[0]} and {told[1]}",
)
PY
