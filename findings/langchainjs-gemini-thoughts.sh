#!/usr/bin/env bash
# LangChain.js leaves Gemini's thoughts out of the output: 100 + 20 tokens are 128.
#
# Packages: npm @langchain/google-genai 2.3.2, @langchain/core 1.4.0. The answer: 100
# prompt tokens, 20 candidates' tokens, 8 thoughts' tokens, 128 in total.
# Guess: output_tokens are 28, 8 of them reasoning, as LangChain for Python
# (langchain-google-genai 4.4.3) says of the same answer.
# Seen:  input 100, output 20, total 128, and no word of the 8; streamed too. Who adds
#        input and output, or prices the output, misses the thoughts.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
cd "$work"
npm install --silent --no-audit --no-fund @langchain/google-genai@2.3.2 @langchain/core@1.4.0
cat >look.mjs <<'JS'
import http from "node:http";
import { concat } from "@langchain/core/utils/stream";
import { ChatGoogleGenerativeAI } from "@langchain/google-genai";

const answer = JSON.stringify({
  candidates: [
    { index: 0, finishReason: "STOP", content: { role: "model", parts: [{ text: "hi" }] } },
  ],
  usageMetadata: {
    promptTokenCount: 100,
    candidatesTokenCount: 20,
    thoughtsTokenCount: 8,
    totalTokenCount: 128,
  },
});
const server = http.createServer((request, response) => {
  request.resume().on("end", () => {
    const streams = request.url.includes("stream");
    const type = streams ? "text/event-stream" : "application/json";
    response.writeHead(200, { "content-type": type });
    response.end(streams ? `data: ${answer}\n\n` : answer);
  });
});
await new Promise((started) => server.listen(0, "127.0.0.1", started));
const model = new ChatGoogleGenerativeAI({
  model: "gemini-2.5-pro",
  apiKey: "x",
  maxRetries: 0,
  baseUrl: `http://127.0.0.1:${server.address().port}`,
});
let streamed;
for await (const part of await model.stream("hi"))
  streamed = streamed ? concat(streamed, part) : part;
const messages = [await model.invoke("hi"), streamed];
server.close();
server.closeAllConnections();
for (const { usage_metadata: usage } of messages) {
  const seen = [usage.input_tokens, usage.output_tokens, usage.total_tokens];
  if (seen.join() !== "100,20,128") throw new Error(seen);
  if (usage.output_token_details?.reasoning) throw new Error(JSON.stringify(usage));
}
const told = messages[0].usage_metadata;
console.log(
  `@langchain/google-genai 2.3.2: input ${told.input_tokens}, output`,
  `${told.output_tokens}, total ${told.total_tokens}: 8 thoughts' tokens are in neither`,
);
JS
node look.mjs
