#!/usr/bin/env bash
# One streamed message of LangChain.js carries two usages: 103 and 409 tokens.
#
# Packages: npm @langchain/openai 1.5.8, @langchain/core 1.4.0. The server tells the usage
# so far on each chunk (vLLM's continuous_usage_stats does): totals 101, 102, 103.
# Guess: the joined message says 103 everywhere.
# Seen:  usage_metadata says 103 (the last), response_metadata.usage says 409: all chunks
#        added, the last one twice.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
cd "$work"
npm install --silent --no-audit --no-fund @langchain/openai@1.5.8 @langchain/core@1.4.0
cat >look.mjs <<'JS'
import http from "node:http";
import { concat } from "@langchain/core/utils/stream";
import { ChatOpenAI } from "@langchain/openai";

const chunk = (delta, finish_reason, output) => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, finish_reason }],
  usage: {
    prompt_tokens: 100,
    completion_tokens: output,
    total_tokens: 100 + output,
  },
});
const chunks = [
  chunk({ role: "assistant", content: "h" }, null, 1),
  chunk({ content: "i" }, null, 2),
  chunk({}, "stop", 3),
];
const body =
  chunks.map((data) => `data: ${JSON.stringify(data)}\n\n`).join("") +
  "data: [DONE]\n\n";
const server = http.createServer((request, response) => {
  request.resume().on("end", () => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(body);
  });
});
await new Promise((started) => server.listen(0, "127.0.0.1", started));
const model = new ChatOpenAI({
  model: "m",
  apiKey: "x",
  maxRetries: 0,
  configuration: { baseURL: `http://127.0.0.1:${server.address().port}` },
});
let message;
for await (const part of await model.stream("hi"))
  message = message ? concat(message, part) : part;
server.close();
server.closeAllConnections();
const seen = [
  message.usage_metadata.total_tokens,
  message.response_metadata.usage.total_tokens,
];
if (seen.join() !== "103,409") throw new Error(seen);
console.log(
  `@langchain/openai 1.5.8: usage_metadata says ${seen[0]} tokens,`,
  `response_metadata.usage of the same message ${seen[1]}`,
);
JS
node look.mjs
