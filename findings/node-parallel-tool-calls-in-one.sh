#!/usr/bin/env bash
# Two parallel tool calls of a stream become one call of nonsense in Node's traces.
#
# Packages: npm openai 7.59.0, @langfuse/openai 5.11.1,
# @arizeai/openinference-instrumentation-openai 4.2.7, beside them
# @traceloop/instrumentation-openai 0.27.0.
# The stream: two tool calls, f({"x":1}) with index 0, then g({"y":2}) with index 1.
# Guess: each trace has two tool calls, as Traceloop's has.
# Seen:  Langfuse's has g with the arguments {"x":1}{"y":2}, OpenInference's a tool "fg"
#        with them and the id "ab". Both add every piece to the first call; neither reads
#        the index. The program itself gets both calls right.
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
const opened = (index, id, name) => ({
  tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }],
});
const more = (index, text) => ({ tool_calls: [{ index, function: { arguments: text } }] });
const { url, stop } = await serve(() => [
  chunk([[0, { role: "assistant", ...opened(0, "a", "f") }]]),
  chunk([[0, more(0, '{"x":1}')]]),
  chunk([[0, opened(1, "b", "g")]]),
  chunk([[0, more(1, '{"y":2}'), "tool_calls"]]),
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
  client = new OpenAI({ apiKey: "x", baseURL: url });
}
const tools = ["f", "g"].map((each) => ({
  type: "function",
  function: { name: each, parameters: { type: "object", properties: {} } },
}));
const messages = [{ role: "user", content: "hello" }];
const call = { model: "gpt-5", messages, tools, stream: true };
for await (const _ of await client.chat.completions.create(call));
stop();
const [{ attributes: told }] = spans.getFinishedSpans();
const said = told["langfuse.observation.output"] ?? told["gen_ai.output.messages"];
const first = "llm.output_messages.0.message.tool_calls.0.tool_call.";
if (said) {
  const [message] = [JSON.parse(said)].flat();
  const calls = message.tool_calls?.map((each) => each.function) ?? message.parts;
  console.log(JSON.stringify(calls.map((each) => [each.name, each.arguments])));
} else {
  const parts = ["id", "function.name", "function.arguments"];
  console.log(JSON.stringify(parts.map((each) => told[first + each])));
}
JS
traceloop=$(node look.mjs "$here" @traceloop/instrumentation-openai)
langfuse=$(node look.mjs "$here" @langfuse/openai)
openinference=$(node look.mjs "$here" @arizeai/openinference-instrumentation-openai)
test "$traceloop" = '[["f",{"x":1}],["g",{"y":2}]]' || { echo "changed: $traceloop" >&2; exit 1; }
test "$langfuse" = '[["g","{\"x\":1}{\"y\":2}"]]' || { echo "changed: $langfuse" >&2; exit 1; }
test "$openinference" = '["ab","fg","{\"x\":1}{\"y\":2}"]' || { echo "changed: $openinference" >&2; exit 1; }
echo "of f({\"x\":1}) and g({\"y\":2}) @langfuse/openai 5.11.1 makes $langfuse," \
  "@arizeai/openinference-instrumentation-openai 4.2.7 $openinference"
