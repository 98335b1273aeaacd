#!/usr/bin/env bash
# OpenInference's span of a streamed Groq answer holds the stream's repr, and no token.
#
# Packages: openinference-instrumentation-groq 0.1.33, opentelemetry-instrumentation-groq
# 0.62.4 (Traceloop), groq 1.7.0. Groq tells a stream's usage unasked, in `x_groq.usage`.
# Guess: both spans end with the stream, with the text "hi" and its 100 and 10 tokens.
# Seen:  Traceloop's does. OpenInference's ends before the first chunk: its output is
#        "<groq.Stream object at …>", it has no model and no tokens, and its status is OK.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq openinference-instrumentation-groq==0.1.33 \
  opentelemetry-instrumentation-groq==0.62.4 opentelemetry-sdk==1.45.2 groq==1.7.0
cat >"$work/watch.py" <<'PY'
import importlib
import json
import sys

from fake_provider import serve
from groq import Groq
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
module = importlib.import_module(sys.argv[1])
module.GroqInstrumentor().instrument(tracer_provider=provider)
usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}


def chunk(delta, finish, **more):
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return head | {"choices": [choice]} | more


stream = [
    chunk({"role": "assistant", "content": "hi"}, None),
    chunk({}, "stop", x_groq={"id": "r", "usage": usage}),
]
client = Groq(api_key="x", base_url=serve(lambda path, body: stream))
asked = [{"role": "user", "content": "hello"}]
for _ in client.chat.completions.create(model="m", messages=asked, stream=True):
    pass
(span,) = spans.get_finished_spans()
told = span.attributes
tokens = [
    told.get("gen_ai.usage.input_tokens", told.get("llm.token_count.prompt")),
    told.get("gen_ai.usage.output_tokens", told.get("llm.token_count.completion")),
]
said = told.get("gen_ai.output.messages", told.get("output.value"))
print(json.dumps([tokens, span.status.status_code.name, said.split(" at 0x")[0]]))
PY
seen() { PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore "$work/watch.py" "$1"; }
traceloop=$(seen opentelemetry.instrumentation.groq)
openinference=$(seen openinference.instrumentation.groq)
case "$traceloop" in '[[100, 10], "OK", '*hi*) ;; *) echo "changed: $traceloop" >&2; exit 1 ;; esac
test "$openinference" = '[[null, null], "OK", "<groq.Stream object"]' || { echo "changed: $openinference" >&2; exit 1; }
echo "openinference-instrumentation-groq 0.1.33, (tokens, status, output): $openinference;" \
  "Traceloop's 0.62.4 has 100 and 10 tokens"
