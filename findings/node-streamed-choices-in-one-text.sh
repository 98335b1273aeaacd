#!/usr/bin/env bash
# Three tracers for Node store two streamed answers as one text, their words mixed.
#
# Packages: npm openai 7.59.0, @langfuse/openai 5.11.1,
# @traceloop/instrumentation-openai 0.27.0, @arizeai/openinference-instrumentation-openai 4.2.7.
# The stream has two choices (n=2), "the cat" and "two dogs", a word at a time in turns.
# Guess: the span holds two texts, or the first.
# Seen:  one text, "the two cat dogs", in all three: none reads a piece's index.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
here=$(cd "$(dirname "$0")" && pwd)
cd "$work"
npm install --silent --no-audit --no-fund --legacy-peer-deps openai@7.59.0 @langfuse/openai@5.11.1 \
  @traceloop/instrumentation-openai@0.27.0 @arizeai/openinference-instrumentation-openai@4.2.7 \
  @opentelemetry/sdk-trace-node@2.12.1 @opentelemetry/sdk-trace-base@2.12.1
cat >look.mjs <<'JS'
import { observeOpenAI } from "@langfuse/openai";
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import OpenAI from "openai";

const [here, name] = process.argv.slice(2);
const { chunk, serve } = await import(`${here}/fake_provider.mjs`);
const words = ["the", " two", " cat", " dogs"];
const { url } = await serve(() => [
  ...words.map((content, place) => chunk([[place % 2, { content }]])),
  ...[0, 1].map((index) => chunk([[index, {}, "stop"]])),
]);
const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
let client = new OpenAI({ apiKey: "x", baseURL: url });
if (name === "@langfuse/openai") client = observeOpenAI(client);
else {
  const { OpenAIInstrumentation } = await import(name);
  const watch = new OpenAIInstrumentation();
  watch.setTracerProvider(provider);
  watch.manuallyInstrument(OpenAI);
}
const messages = [{ role: "user", content: "hello" }];
const call = { model: "gpt-5", messages, n: 2, stream: true };
for await (const _ of await client.chat.completions.create(call));
const told = JSON.stringify(spans.getFinishedSpans()[0].attributes);
const known = ["the cat", "two dogs", "the two cat dogs"];
console.log(JSON.stringify(known.filter((text) => told.includes(text))));
process.exit();
JS
for name in @langfuse/openai @traceloop/instrumentation-openai @arizeai/openinference-instrumentation-openai; do
  seen=$(node look.mjs "$here" "$name")
  test "$seen" = '["the two cat dogs"]' || { echo "changed: $name $seen" >&2; exit 1; }
done
echo "openai 7.59.0, the streamed answers 'the cat' and 'two dogs': @langfuse/openai 5.11.1," \
  "@traceloop/instrumentation-openai 0.27.0 and" \
  "@arizeai/openinference-instrumentation-openai 4.2.7 store $seen"
