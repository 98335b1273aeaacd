#!/usr/bin/env bash
# Of one server, the AI SDK's provider made for other servers streams without any usage.
#
# Packages: npm ai 6.0.326, @ai-sdk/openai 3.0.141, @ai-sdk/openai-compatible 2.0.92.
# The server tells a stream's usage where it is asked for, as OpenAI's and vLLM do.
# Guess: both providers ask for it, so both streams have the 100 and 10 tokens that both
#        have of a whole answer.
# Seen:  @ai-sdk/openai asks, to any address. @ai-sdk/openai-compatible asks only where it
#        was made with `includeUsage: true`, and else has no number, and no warning.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
cp "$(dirname "$0")/fake_provider.mjs" "$work"
cd "$work"
npm install --silent --no-audit --no-fund ai@6.0.326 @ai-sdk/openai@3.0.141 @ai-sdk/openai-compatible@2.0.92
cat >look.mjs <<'JS'
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, streamText } from "ai";
import { chunk, completion, serve } from "./fake_provider.mjs";

const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };
const { url, stop } = await serve((path, body) => {
  if (!body.stream) return completion({ content: "hi" }, usage);
  const said = [chunk([[0, { role: "assistant", content: "hi" }]]), chunk([[0, {}, "stop"]])];
  return body.stream_options?.include_usage ? [...said, chunk([], usage)] : said;
});
const made = { baseURL: url, apiKey: "x", name: "own" };
const models = [
  createOpenAI(made).chat("m"),
  createOpenAICompatible(made)("m"),
  createOpenAICompatible({ ...made, includeUsage: true })("m"),
];
const seen = [];
for (const model of models) {
  const whole = await generateText({ model, prompt: "hi" });
  const stream = streamText({ model, prompt: "hi" });
  await stream.consumeStream();
  const warned = (await stream.warnings)?.length ?? 0;
  const [before, after] = [whole.usage, await stream.usage];
  seen.push([before.inputTokens, before.outputTokens, after.inputTokens ?? null, after.outputTokens ?? null, warned]);
}
stop();
const told = JSON.stringify(seen);
if (told !== "[[100,10,100,10,0],[100,10,null,null,0],[100,10,100,10,0]]") throw new Error(told);
console.log(
  "@ai-sdk/openai-compatible 2.0.92: an answer has 100 and 10 tokens, and streamed none;",
  "by @ai-sdk/openai it has them from the same server",
);
JS
node look.mjs
