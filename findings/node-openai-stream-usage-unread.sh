#!/usr/bin/env bash
# Two Node instrumentations do not read the usage that an OpenAI stream carries.
#
# Packages: npm openai 7.59.0, @traceloop/instrumentation-openai 0.27.0,
# @arizeai/openinference-instrumentation-openai 4.2.7.
# The calls: chat completions of 100 and 30 tokens, whole, and streamed with
# `stream_options: {include_usage: true}`, whose last chunk tells the same usage.
# Guess: both spans of each instrumentation say 100 and 30, as their Python twins' do.
# Seen:  the whole answer's do. The streams' have the text and no token, in both:
#        asking for usage, the usual cure, changes nothing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
here=$(cd "$(dirname "$0")" && pwd)
cd "$work"
npm install --silent --no-audit --no-fund --legacy-peer-deps openai@7.59.0 \
  @traceloop/instrumentation-openai@0.27.0 @arizeai/openinference-instrumentation-openai@4.2.7 \
  @opentelemetry/sdk-trace-node@2.12.1 @opentelemetry/sdk-trace-base@2.12.1
cat >look.mjs <<'JS'
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import OpenAI from "openai";

const [here, name] = process.argv.slice(2);
const { chunk, completion, serve } = await import(`${here}/fake_provider.mjs`);
const usage = { prompt_tokens: 100, completion_tokens: 30, total_tokens: 130 };
let asked = 0;
const { url, stop } = await serve((path, body) => {
  if (!body.stream) return completion({ content: "hi" }, usage);
  asked += body.stream_options.include_usage;
  return [chunk([[0, { role: "assistant", content: "hi" }, "stop"]]), chunk([], usage)];
});
const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
const { OpenAIInstrumentation } = await import(name);
const watch = new OpenAIInstrumentation();
watch.setTracerProvider(provider);
watch.manuallyInstrument(OpenAI);
const client = new OpenAI({ apiKey: "x", baseURL: url });
const call = { model: "gpt-5", messages: [{ role: "user", content: "hello" }] };
await client.chat.completions.create(call);
const more = { stream: true, stream_options: { include_usage: true } };
let told = 0;
for await (const part of await client.chat.completions.create({ ...call, ...more }))
  told = part.usage?.total_tokens ?? told;
stop();
const tokens = ({ attributes }) =>
  ["gen_ai.usage.input_tokens", "llm.token_count.prompt"]
    .map((key) => attributes[key])
    .find(Boolean) ?? null;
if (told !== 130 || asked !== 1) throw new Error("the program itself was told no usage");
console.log(JSON.stringify(spans.getFinishedSpans().map(tokens)));
JS
for name in @traceloop/instrumentation-openai @arizeai/openinference-instrumentation-openai; do
  seen=$(node look.mjs "$here" "$name")
  test "$seen" = "[100,null]" || { echo "changed: $name $seen" >&2; exit 1; }
done
echo "openai 7.59.0, a stream with usage: @traceloop/instrumentation-openai 0.27.0 and" \
  "@arizeai/openinference-instrumentation-openai 4.2.7 have no tokens of it (whole, stream: $seen)"
