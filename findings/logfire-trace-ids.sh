#!/usr/bin/env bash
# Logfire's trace ids begin with the time: what shortens them shows one id for all.
#
# Packages: pip logfire 5.4.0, opentelemetry-sdk as it brings it. 200 root spans, one after the
# other, by Logfire and by the plain SDK.
# Guess: 200 ids with 200 different first 8 digits, as by the plain SDK; ids are random.
# Seen:  one or two beginnings by Logfire, whose first 48 bits are the time; 200 different ends.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work"
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq logfire==5.4.0 2>/dev/null
venv/bin/python - <<'PY'
import logfire
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


def ends(spans):
    ids = [f"{span.context.trace_id:032x}" for span in spans.get_finished_spans()]
    return len({each[:8] for each in ids}), len({each[-8:] for each in ids})


by_logfire, plain = InMemorySpanExporter(), InMemorySpanExporter()
logfire.configure(
    send_to_logfire=False,
    console=False,
    inspect_arguments=False,
    additional_span_processors=[SimpleSpanProcessor(by_logfire)],
)
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(plain))
for _ in range(200):
    with logfire.span("call"):
        pass
    with provider.get_tracer("plain").start_as_current_span("call"):
        pass
(beginnings, endings), others = ends(by_logfire), ends(plain)
assert beginnings <= 2 and endings == 200 and others == (200, 200), (
    f"changed: {beginnings}, {endings}, {others}"
)
print("logfire 5.4.0: of 200 traces the first 8 digits of the id are the same, the last 8 all differ")
PY
