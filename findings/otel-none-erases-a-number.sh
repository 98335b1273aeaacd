#!/usr/bin/env bash
# OpenTelemetry's Python SDK takes None as a value now: it erases a number told before.
#
# Packages: opentelemetry-sdk 1.45.2, opentelemetry-exporter-otlp-proto-common 1.45.2.
# Guess: None is refused with a warning and the earlier value stays, as for years; a list
# with None in it is refused as a whole.
# Seen:  set_attribute(name, None) replaces 10 by None, exported as a value of no kind;
#        [1, None] is exported as two values, the second of no kind. An instrumentation
#        that sets an optional usage field twice unsays it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq opentelemetry-sdk==1.45.2 opentelemetry-exporter-otlp-proto-common==1.45.2
"$work/venv/bin/python" -W ignore - <<'PY'
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
name = "gen_ai.usage.input_tokens"
span = provider.get_tracer("t").start_span("chat")
span.set_attribute(name, 10)
span.set_attribute(name, None)
span.set_attribute("list", [1, None])
span.end()

request = encode_spans(spans.get_finished_spans())
sent = request.resource_spans[0].scope_spans[0].spans[0].attributes
values = {item.key: item.value for item in sent}
assert values[name].WhichOneof("value") is None, values
kinds = [v.WhichOneof("value") for v in values["list"].array_value.values]
assert kinds == ["int_value", None], values
print(
    f"opentelemetry-sdk 1.45.2: {name} set to 10 and then to None is exported",
    "as a value of no kind",
)
PY
