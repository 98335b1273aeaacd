#!/usr/bin/env bash
# One Claude call through Bedrock has 1,210, 10 or 10 input tokens, by who watches it.
#
# Packages: boto3 1.44.8 with openinference-instrumentation-bedrock 0.1.61,
# opentelemetry-instrumentation-bedrock 0.62.4 (Traceloop) and
# opentelemetry-instrumentation-botocore 0.66b2. The answer of `invoke_model`, whole and
# streamed: 10 new tokens, 1,000 read from the cache, 200 written to it.
# Guess: all say 1,210 input tokens, as the OpenTelemetry convention asks, or 10 with the
#        cache in attributes of its own; the stream says what the whole answer says.
# Seen:  OpenInference says 1,210, and of the stream no longer that 1,000 were cached.
#        Traceloop says 10 beside the cache, and of the stream 10 alone. Botocore says 10
#        alone of both: 1,200 tokens are nowhere.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1 AWS_CONFIG_FILE="$work/none" AWS_EC2_METADATA_DISABLED=true
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq boto3==1.44.8 openinference-instrumentation-bedrock==0.1.61 \
  opentelemetry-instrumentation-bedrock==0.62.4 opentelemetry-instrumentation-botocore==0.66b2 \
  opentelemetry-sdk==1.45.2
cat >"$work/watch.py" <<'PY'
import importlib
import json
import sys

import boto3
from fake_bedrock import serve_bedrock
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

module, instrumentor = sys.argv[1:]
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
watch = getattr(importlib.import_module(module), instrumentor)()
watch.instrument(tracer_provider=provider)
client = boto3.client(
    "bedrock-runtime",
    region_name="us-east-1",
    endpoint_url=serve_bedrock(),
    aws_access_key_id="x",
    aws_secret_access_key="x",
)
asked = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "hi"}],
}
call = {"modelId": "anthropic.claude-opus-4-5-20251101-v1:0", "body": json.dumps(asked)}
client.invoke_model(**call)["body"].read()
for _ in client.invoke_model_with_response_stream(**call)["body"]:
    pass


def told(span):
    """(input, cached) as the span says them."""
    names = (
        ("gen_ai.usage.input_tokens", "llm.token_count.prompt"),
        (
            "gen_ai.usage.cache_read.input_tokens",
            "llm.token_count.prompt_details.cache_read",
        ),
    )
    return [next(filter(None, map(span.attributes.get, each)), None) for each in names]


print(json.dumps([told(span) for span in spans.get_finished_spans()]))
PY
seen() { PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore "$work/watch.py" "$@"; }
openinference=$(seen openinference.instrumentation.bedrock BedrockInstrumentor)
traceloop=$(seen opentelemetry.instrumentation.bedrock BedrockInstrumentor)
botocore=$(seen opentelemetry.instrumentation.botocore BotocoreInstrumentor)
test "$openinference" = "[[1210, 1000], [1210, null]]" || { echo "changed: $openinference" >&2; exit 1; }
test "$traceloop" = "[[10, 1000], [10, null]]" || { echo "changed: $traceloop" >&2; exit 1; }
test "$botocore" = "[[10, null], [10, null]]" || { echo "changed: $botocore" >&2; exit 1; }
echo "Bedrock, 1,210 input tokens, (input, cached) of the answer and of the stream:" \
  "openinference 0.1.61 $openinference, traceloop 0.62.4 $traceloop, botocore 0.66b2 $botocore"
