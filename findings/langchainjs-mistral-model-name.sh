#!/usr/bin/env bash
# The longer a streamed Mistral answer, the longer the name of its model in LangChain.js.
#
# Packages: npm @langchain/mistralai 1.2.0, @langchain/core 1.4.0. Each chunk of the stream
# names the model, as Mistral's API does.
# Guess: the joined message's response_metadata.model is "mistral-large-latest".
# Seen:  the name once for each chunk but the empty first, all in a row: no table of prices
#        or windows has it. The same metadata says 0 prompt tokens, usage_metadata 100.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
cd "$work"
npm install --silent --no-audit --no-fund @langchain/mistralai@1.2.0 @langchain/core@1.4.0
cat >look.mjs <<'JS'
import http from "node:http";
import { concat } from "@langchain/core/utils/stream";
import { ChatMistralAI } from "@langchain/mistralai";

const name = "mistral-large-latest";
const chunk = (delta, finish_reason = null, usage = undefined) => ({
  id: "1",
  object: "chat.completion.chunk",
  created: 1,
  model: name,
  choices: [{ index: 0, delta, finish_reason }],
  usage,
});
const chunks = [
  chunk({ role: "assistant", content: "" }),
  chunk({ content: "h" }),
  chunk({ content: "i" }),
  chunk({ content: "" }, "stop", {
    prompt_tokens: 100,
    completion_tokens: 2,
    total_tokens: 102,
  }),
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
const model = new ChatMistralAI({
  model: name,
  apiKey: "x",
  maxRetries: 0,
  serverURL: `http://127.0.0.1:${server.address().port}`,
});
let message;
for await (const part of await model.stream("hi"))
  message = message ? concat(message, part) : part;
server.close();
server.closeAllConnections();
const { model: told, prompt } = message.response_metadata;
if (told !== name.repeat(chunks.length - 1)) throw new Error(told);
if (prompt !== 0 || message.usage_metadata.input_tokens !== 100) throw new Error(prompt);
console.log(`@langchain/mistralai 1.2.0: the model of a streamed answer is "${told}"`);
JS
node look.mjs
