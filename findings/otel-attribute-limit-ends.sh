#!/usr/bin/env bash
# Over its limit of attributes OpenTelemetry drops the first in Python, the last in Node.
#
# Packages: PyPI opentelemetry-sdk 1.45.2, npm @opentelemetry/sdk-trace-base 2.12.1.
# Guess: both SDKs keep the first 128 attributes of a span and drop what comes later.
# Seen:  Python keeps the newest 128 (the model's name, set first, is gone), Node the
#        oldest 128 (the usage, set last, is gone). A span with a long conversation in
#        numbered attributes loses another half of itself in each language.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq opentelemetry-sdk==1.45.2
npm install --silent --no-audit --no-fund @opentelemetry/sdk-trace-base@2.12.1
cat >look.mjs <<'JS'
import { execFileSync } from "node:child_process";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";

const exporter = new InMemorySpanExporter();
const spanProcessors = [new SimpleSpanProcessor(exporter)];
const span = new BasicTracerProvider({ spanProcessors }).getTracer("t").startSpan("s");
span.setAttribute("model", "m");
for (let i = 0; i < 130; i++) span.setAttribute(`message.${i}`, "x");
span.setAttribute("usage", 1);
span.end();
const attributes = exporter.getFinishedSpans()[0].attributes;
const node = ["model" in attributes, "usage" in attributes];

const code = `
from opentelemetry.sdk.trace import TracerProvider
span = TracerProvider().get_tracer("t").start_span("s")
span.set_attribute("model", "m")
for i in range(130): span.set_attribute(f"message.{i}", "x")
span.set_attribute("usage", 1)
print(str(["model" in span.attributes, "usage" in span.attributes]).lower())`;
const options = { stdio: ["ignore", "pipe", "ignore"] };
const python = JSON.parse(execFileSync("venv/bin/python", ["-c", code], options));

const seen = JSON.stringify({ node, python });
if (seen !== '{"node":[true,false],"python":[false,true]}') throw new Error(seen);
console.log(`OpenTelemetry at 132 attributes: [first kept, last kept] is ${seen}`);
JS
node look.mjs
