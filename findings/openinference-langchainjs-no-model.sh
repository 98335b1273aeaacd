#!/usr/bin/env bash
# OpenInference's spans of LangChain.js name every provider's model, but not Gemini's.
#
# Packages: npm @arizeai/openinference-instrumentation-langchain 4.1.1, @langchain/core 1.4.0,
# @langchain/google-genai 2.3.2, @langchain/mistralai 1.2.0.
# Guess: both spans have llm.model_name.
# Seen:  Mistral's has, Gemini's has not: it is read from the call's parameters, where
#        Gemini's model is none. It stands in the JSON of `metadata` alone, as
#        ls_model_name.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
cd "$work"
npm install --silent --no-audit --no-fund --legacy-peer-deps \
  @arizeai/openinference-instrumentation-langchain@4.1.1 @langchain/core@1.4.0 \
  @langchain/google-genai@2.3.2 @langchain/mistralai@1.2.0 \
  @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1
cat >look.mjs <<'JS'
import http from "node:http";
import { LangChainInstrumentation } from "@arizeai/openinference-instrumentation-langchain";
import * as manager from "@langchain/core/callbacks/manager";
import { ChatGoogleGenerativeAI } from "@langchain/google-genai";
import { ChatMistralAI } from "@langchain/mistralai";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({
  spanProcessors: [new SimpleSpanProcessor(exporter)],
});
new LangChainInstrumentation({ tracerProvider }).manuallyInstrument(manager);

const said = { role: "model", parts: [{ text: "hi" }] };
const gemini = {
  candidates: [{ index: 0, finishReason: "STOP", content: said }],
  usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 1, totalTokenCount: 10 },
};
const message = { role: "assistant", content: "hi" };
const mistral = {
  id: "1",
  object: "chat.completion",
  created: 1,
  model: "mistral-large-latest",
  choices: [{ index: 0, finish_reason: "stop", message }],
  usage: { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 },
};
const server = http.createServer((request, response) => {
  request.resume().on("end", () => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(request.url.includes("gemini") ? gemini : mistral));
  });
});
await new Promise((started) => server.listen(0, "127.0.0.1", started));
const url = `http://127.0.0.1:${server.address().port}`;
const shared = { apiKey: "x", maxRetries: 0 };
const models = [
  new ChatMistralAI({ ...shared, model: "mistral-large-latest", serverURL: url }),
  new ChatGoogleGenerativeAI({ ...shared, model: "gemini-2.5-pro", baseUrl: url }),
];
for (const model of models) await model.invoke("hi");
server.close();
server.closeAllConnections();
const [one, other] = exporter.getFinishedSpans().map((span) => span.attributes);
const names = [one, other].map((span) => span["llm.model_name"]);
const beside = JSON.parse(other.metadata).ls_model_name;
if (names[0] !== "mistral-large-latest" || names[1] !== undefined) throw new Error(names);
if (beside !== "gemini-2.5-pro" || other["llm.token_count.total"] !== 10)
  throw new Error(JSON.stringify(other));
console.log(
  `openinference-instrumentation-langchain 4.1.1: llm.model_name is ${names[0]} and`,
  `${names[1]}; ${beside} stands in the metadata alone`,
);
JS
node look.mjs
