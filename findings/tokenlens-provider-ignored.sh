#!/usr/bin/env bash
# tokenlens answers for another provider than the one that stands in the model's id.
#
# Package: npm tokenlens 1.3.1, its built-in catalogue.
# Guess: "openai:gpt-5" has OpenAI's window of 400,000, gemini-2.5-pro Google's 1,048,576.
# Seen:  "openai:gpt-5" is resolved to azure:gpt-5 with 272,000, gemini-2.5-pro to a
#        window of 128,000: a gauge made with it is full at an eighth.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
cd "$work"
npm install --silent --no-audit --no-fund tokenlens@1.3.1
cat >look.mjs <<'JS'
import { getContextWindow, remainingContext } from "tokenlens";

const usage = { inputTokens: 1000, outputTokens: 0 };
const asked = "openai:gpt-5";
const { id } = remainingContext({ modelId: asked, usage }).model;
const gpt = getContextWindow(asked).totalMax;
const gemini = getContextWindow("gemini-2.5-pro").totalMax;
const seen = [id, gpt, gemini].join();
if (seen !== "azure:gpt-5,272000,128000") throw new Error(seen);
console.log(
  `tokenlens 1.3.1: ${asked} is answered as ${id} with a window of ${gpt},`,
  `gemini-2.5-pro with ${gemini}`,
);
JS
node look.mjs
