#!/usr/bin/env bash
# Four JavaScript counters of chat messages count no word of a tool call's arguments.
#
# Packages: npm gpt-tokenizer 4.0.0, openai-chat-tokens 0.2.8, gpt-tokens 1.3.14,
# openai-gpt-token-counter 1.1.2. The messages: a question, an assistant's message with
# `tool_calls` in OpenAI's format, the tool's result.
# Guess: arguments of 500 words count about 500 tokens more than arguments of one word.
# Seen:  the same count for both, in each of the four. They read `content` and the older
#        `function_call` at most: an agent's history looks much smaller than it is.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
cd "$work"
npm install --silent --no-audit --no-fund gpt-tokenizer@4.0.0 openai-chat-tokens@0.2.8 \
  gpt-tokens@1.3.14 openai-gpt-token-counter@1.1.2
cat >look.mjs <<'JS'
import { encode, encodeChat } from "gpt-tokenizer/model/gpt-4o";
import { GPTTokens } from "gpt-tokens";
import { promptTokensEstimate } from "openai-chat-tokens";
import counter from "openai-gpt-token-counter";

const model = "gpt-4o";
const history = (words) => {
  const text = JSON.stringify({ text: "word ".repeat(words) });
  const call = { name: "write", arguments: text };
  return [
    { role: "user", content: "Write it down." },
    {
      role: "assistant",
      content: "",
      tool_calls: [{ id: "call_1", type: "function", function: call }],
    },
    { role: "tool", tool_call_id: "call_1", content: "done" },
  ];
};
const counts = {
  "gpt-tokenizer": (messages) => encodeChat(messages).length,
  "openai-chat-tokens": (messages) => promptTokensEstimate({ messages }),
  "gpt-tokens": (messages) => new GPTTokens({ model, messages }).usedTokens,
  "openai-gpt-token-counter": (messages) => counter.chat(messages, model),
};
const said = [];
for (const [name, count] of Object.entries(counts)) {
  const [short, long] = [count(history(1)), count(history(500))];
  if (!(short > 0) || short !== long) throw new Error(`${name}: ${short}, ${long}`);
  said.push(`${name} ${long}`);
}
const real = encode(history(500)[1].tool_calls[0].function.arguments).length;
if (real < 500) throw new Error(real);
console.log(`a history with a tool call of ${real} tokens counts: ${said.join(", ")}`);
JS
node look.mjs
