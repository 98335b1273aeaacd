#!/usr/bin/env bash
# A Bedrock call by an inference profile's ARN loses its tokens, in three ways.
#
# Packages: boto3 1.44.8 with openinference-instrumentation-bedrock 0.1.61,
# opentelemetry-instrumentation-bedrock 0.62.4 (Traceloop) and
# opentelemetry-instrumentation-botocore 0.66b2. Application inference profiles are how AWS
# lets costs be split by team; `invoke_model` takes their ARN as model, and the answer is the
# same: 10 new input tokens, 1,000 read from the cache, 200 written to it, 50 of output.
# Guess: the span has another model name and the same tokens.
# Seen:  of 1,210 and 50 tokens OpenInference says 10 and 50. Traceloop and botocore say
#        nothing; Traceloop has the cache alone. All three look for "anthropic" in the
#        model's id to know how to read the answer. `converse` keeps its tokens.
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
hi = {"role": "user", "content": "hi"}
version = "bedrock-2023-05-31"
body = {"anthropic_version": version, "max_tokens": 100, "messages": [hi]}
place = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"
for model in ("anthropic.claude-opus-4-5-20251101-v1:0", place):
    client.invoke_model(modelId=model, body=json.dumps(body))["body"].read()
hi["content"] = [{"text": "hi"}]
client.converse(modelId=place, messages=[hi])
names = (
    ("gen_ai.usage.input_tokens", "llm.token_count.prompt"),
    ("gen_ai.usage.output_tokens", "llm.token_count.completion"),
)
told = [
    [next(filter(None, map(span.attributes.get, each)), None) for each in names]
    for span in spans.get_finished_spans()
]
print(json.dumps(told))
PY
seen() { PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore "$work/watch.py" "$@"; }
openinference=$(seen openinference.instrumentation.bedrock BedrockInstrumentor)
traceloop=$(seen opentelemetry.instrumentation.bedrock BedrockInstrumentor)
botocore=$(seen opentelemetry.instrumentation.botocore BotocoreInstrumentor)
test "$openinference" = "[[1210, 50], [10, 50], [1210, 50]]" || { echo "changed: $openinference" >&2; exit 1; }
test "$traceloop" = "[[10, 50], [null, null], [10, 50]]" || { echo "changed: $traceloop" >&2; exit 1; }
test "$botocore" = "[[10, 50], [null, null], [10, 50]]" || { echo "changed: $botocore" >&2; exit 1; }
echo "Bedrock, (input, output) by the model's id, by a profile's ARN, and by converse and the ARN:" \
  "openinference 0.1.61 $openinference, traceloop 0.62.4 $traceloop, botocore 0.66b2 $botocore"
