#!/usr/bin/env bash
# An embedding whose server tells no usage costs NaN tokens in the AI SDK.
#
# Packages: npm ai 6.0.326, @ai-sdk/openai-compatible 2.0.92. The server's answer has no
# `usage`, which the provider takes without an error.
# Guess: `usage.tokens` is undefined, as a chat answer's numbers are where none are told.
# Seen:  NaN, and null in JSON. One such call, and every sum it is added to is NaN too.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
cd "$work"
npm install --silent --no-audit --no-fund ai@6.0.326 @ai-sdk/openai-compatible@2.0.92
cat >look.mjs <<'JS'
import http from "node:http";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { embed, generateText } from "ai";

const message = { role: "assistant", content: "hi" };
const answers = {
  "/embeddings": {
    object: "list",
    model: "m",
    data: [{ object: "embedding", index: 0, embedding: [0.1, 0.2] }],
  },
  "/chat/completions": {
    id: "1",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, finish_reason: "stop", message }],
  },
};
const server = http.createServer((request, response) => {
  request.resume().on("end", () => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(answers[request.url]));
  });
});
await new Promise((started) => server.listen(0, "127.0.0.1", started));
const provider = createOpenAICompatible({
  name: "local",
  baseURL: `http://127.0.0.1:${server.address().port}`,
});
const model = provider("m");
const embeddings = provider.textEmbeddingModel("m");
const chat = (await generateText({ model, prompt: "hi", maxRetries: 0 })).usage;
const { usage } = await embed({ model: embeddings, value: "hi", maxRetries: 0 });
server.close();
server.closeAllConnections();
if (chat.totalTokens !== undefined) throw new Error(JSON.stringify(chat));
if (!Number.isNaN(usage.tokens)) throw new Error(JSON.stringify(usage));
console.log(
  `ai 6.0.326: without usage a chat answer has ${chat.totalTokens} tokens and an`,
  `embedding ${usage.tokens}, in JSON ${JSON.stringify(usage)}`,
);
JS
node look.mjs
