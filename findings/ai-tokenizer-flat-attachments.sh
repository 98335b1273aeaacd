#!/usr/bin/env bash
# ai-tokenizer counts an attached text of any length as 100 tokens, and reasoning as none.
#
# Package: npm ai-tokenizer 1.0.6, `count` of its "sdk" part, on messages in the AI SDK's
# format: a file part of plain text, a reasoning part, a text part, 2,000 words each.
# Guess: each counts about 2,000 tokens: all three are text that the request carries.
# Seen:  the text part counts its words; the file 100, whether of 1 word or 2,000; the
#        reasoning adds nothing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
cd "$work"
npm install --silent --no-audit --no-fund ai-tokenizer@1.0.6
cat >look.mjs <<'JS'
import { models, Tokenizer } from "ai-tokenizer";
import * as encoding from "ai-tokenizer/encoding/o200k_base";
import { count } from "ai-tokenizer/sdk";

const model = models["openai/gpt-5"];
const tokenizer = new Tokenizer(encoding);
const total = (role, ...content) =>
  count({ tokenizer, model, messages: [{ role, content }] }).messages[0].total;
const text = (words) => "word ".repeat(words);
const file = (words) => ({ type: "file", mediaType: "text/plain", data: text(words) });
const reasoning = { type: "reasoning", text: text(2000) };

const counted = {
  text: total("user", { type: "text", text: text(2000) }) - total("user"),
  file: total("user", file(2000)) - total("user"),
  short: total("user", file(1)) - total("user"),
  reasoning: total("assistant", reasoning) - total("assistant"),
};
if (!(counted.text >= 2000)) throw new Error(JSON.stringify(counted));
if ([counted.file, counted.short, counted.reasoning].join() !== "100,100,0")
  throw new Error(JSON.stringify(counted));
console.log(
  `ai-tokenizer 1.0.6: 2,000 words are ${counted.text} tokens as text, ${counted.file}`,
  `as a text file, ${counted.reasoning} as reasoning`,
);
JS
node look.mjs
