#!/usr/bin/env bash
# Mastra's token limiter leaves out the newest question and sends the older ones.
#
# Package: npm @mastra/core 1.71.0 (it asks for Node 22.13 and runs with 20). A prompt of a short question, its
# answer and a new question with a log of 15,000 characters, under a limit of 1,000 tokens.
# Guess: the newest message always goes to the model, or there is an error.
# Seen:  messages are tried from the newest to the oldest, and one that does not fit is passed
#        over ("best-fit", the default). What goes out ends with the model's last answer, and
#        there is no error; one comes with "contiguous", or when nothing older fits.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work"
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --legacy-peer-deps @mastra/core@1.71.0
cat >seen.mjs <<'JS'
import assert from "node:assert";
import { TokenLimiterProcessor } from "@mastra/core/processors";

const said = (role, text) => ({ role, content: [{ type: "text", text }] });
const prompt = [
  { role: "system", content: "Be brief." },
  said("user", "What is 2+2?"),
  said("assistant", "4"),
  said("user", `Which service fails? ${"error line ".repeat(1500)}`),
];
const sent = async (options) => {
  const limiter = new TokenLimiterProcessor(options);
  try {
    return (await limiter.processLLMRequest({ prompt }))?.prompt.map(({ role }) => role).join(" ");
  } catch (error) {
    return error.constructor.name;
  }
};
assert.equal(await sent(1000), "system user assistant", "changed");
assert.equal(await sent({ limit: 1000, trimMode: "contiguous" }), "TripWire", "changed");
console.log("@mastra/core 1.71.0: what goes out is the system prompt, 'What is 2+2?' and '4'");
JS
node seen.mjs
