#!/usr/bin/env bash
# A Genkit answer that took a tool call has the usage of its last request alone.
#
# Packages: npm genkit 1.42.0, @genkit-ai/compat-oai 1.42.0. The model asks for a tool (100 and
# 10 tokens), then answers (300 and 20 tokens); 40 tokens of each prompt were cached.
# Guess: `generate()`, which makes both requests, reports 430 tokens, 80 of them cached.
# Seen:  320, and none cached: the first request's usage is nowhere in the response, and the
#        plugin reads no `cached_tokens`, for which Genkit has a field.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1 GENKIT_ENV=prod
here=$(cd "$(dirname "$0")" && pwd)
cd "$work"
npm install --silent --no-audit --no-fund --legacy-peer-deps genkit@1.42.0 @genkit-ai/compat-oai@1.42.0
cat >look.mjs <<'JS'
import { openAICompatible } from "@genkit-ai/compat-oai";
import { genkit, z } from "genkit";

const [here] = process.argv.slice(2);
const { completion, serve } = await import(`${here}/fake_provider.mjs`);
const usage = (given, said) => ({
  prompt_tokens: given,
  completion_tokens: said,
  total_tokens: given + said,
  prompt_tokens_details: { cached_tokens: 40 },
});
const call = { id: "a", type: "function", function: { name: "clock", arguments: '{"zone":"UTC"}' } };
let requests = 0;
const { url } = await serve((path, body) => {
  requests += 1;
  return body.messages.some((message) => message.role === "tool")
    ? completion({ content: "noon" }, usage(300, 20))
    : completion({ content: null, tool_calls: [call] }, usage(100, 10));
});
const ai = genkit({ plugins: [openAICompatible({ name: "fake", apiKey: "x", baseURL: url })] });
const about = { name: "clock", description: "the time", inputSchema: z.object({ zone: z.string() }) };
const clock = ai.defineTool(about, async () => "12:00");
const said = await ai.generate({ model: "fake/gpt-5", prompt: "time?", tools: [clock] });
const { inputTokens, outputTokens, totalTokens, cachedContentTokens = null } = said.usage;
const seen = JSON.stringify([requests, inputTokens, outputTokens, totalTokens, cachedContentTokens]);
if (said.text !== "noon" || seen !== "[2,300,20,320,null]") throw new Error(seen);
console.log(
  "genkit 1.42.0, two requests of 110 and 320 tokens, 80 cached:",
  `(requests, input, output, total, cached) ${seen}`,
);
process.exit();
JS
node look.mjs "$here"
