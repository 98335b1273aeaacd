#!/usr/bin/env bash
# Two of three watched OpenAI clients for Node have lost the stream helper.
#
# Packages: npm openai 7.59.0, @langfuse/openai 5.11.1,
# @traceloop/instrumentation-openai 0.27.0, @arizeai/openinference-instrumentation-openai 4.2.7.
# Guess: a watched client does all that it did: `chat.completions.stream()` with
#        `finalChatCompletion()`, and `create().withResponse()`.
# Seen:  Langfuse's has neither ("is not a function": what it returns is a plain promise).
#        Traceloop's stream helper fails inside the SDK ("create(...).finally is not a
#        function"), its `withResponse` works. OpenInference's does both.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
here=$(cd "$(dirname "$0")" && pwd)
cd "$work"
npm install --silent --no-audit --no-fund --legacy-peer-deps openai@7.59.0 @langfuse/openai@5.11.1 \
  @traceloop/instrumentation-openai@0.27.0 @arizeai/openinference-instrumentation-openai@4.2.7 \
  @opentelemetry/sdk-trace-node@2.12.1
cat >look.mjs <<'JS'
import { observeOpenAI } from "@langfuse/openai";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import OpenAI from "openai";

const [here, name] = process.argv.slice(2);
const { chunk, completion, serve } = await import(`${here}/fake_provider.mjs`);
const { url } = await serve((path, body) =>
  body.stream
    ? [chunk([[0, { role: "assistant", content: "hi" }, "stop"]])]
    : completion({ content: "hi" }),
);
const provider = new NodeTracerProvider();
provider.register();
let client = new OpenAI({ apiKey: "x", baseURL: url });
if (name === "@langfuse/openai") client = observeOpenAI(client);
else if (name !== "none") {
  const { OpenAIInstrumentation } = await import(name);
  const watch = new OpenAIInstrumentation();
  watch.setTracerProvider(provider);
  watch.manuallyInstrument(OpenAI);
}
const call = { model: "gpt-5", messages: [{ role: "user", content: "hello" }] };
const tried = async (what) => {
  try {
    return (await what()).choices[0].message.content;
  } catch (error) {
    return error.message.replace(/^.*\./, "");
  }
};
const { completions } = client.chat;
const seen = [
  await tried(() => completions.stream(call).finalChatCompletion()),
  await tried(async () => (await completions.create(call).withResponse()).data),
];
console.log(JSON.stringify(seen));
process.exit(); // Langfuse's stream helper has a request on its way that nobody can await
JS
none=$(node look.mjs "$here" none)
langfuse=$(node look.mjs "$here" @langfuse/openai)
traceloop=$(node look.mjs "$here" @traceloop/instrumentation-openai)
openinference=$(node look.mjs "$here" @arizeai/openinference-instrumentation-openai)
lost="is not a function"
test "$none" = '["hi","hi"]' || { echo "changed: $none" >&2; exit 1; }
test "$openinference" = '["hi","hi"]' || { echo "changed: $openinference" >&2; exit 1; }
test "$traceloop" = "[\"finally $lost\",\"hi\"]" || { echo "changed: $traceloop" >&2; exit 1; }
test "$langfuse" = "[\"finalChatCompletion $lost\",\"withResponse $lost\"]" || { echo "changed: $langfuse" >&2; exit 1; }
echo "openai 7.59.0, (stream helper, withResponse): @langfuse/openai 5.11.1 $langfuse," \
  "@traceloop/instrumentation-openai 0.27.0 $traceloop"
