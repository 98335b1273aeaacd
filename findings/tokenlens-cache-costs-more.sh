#!/usr/bin/env bash
# By tokenlens a prompt from the cache costs more than the same prompt without one.
#
# Package: npm tokenlens 1.3.1, usage in the names of npm ai, whose `inputTokens` hold
# the cached ones.
# Guess: 100,000 input tokens, all cached, cost the cache price: half of gpt-4o's.
# Seen:  full price for all of them, and the cache price on top: 1.5 times the price
#        without a cache.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
cd "$work"
npm install --silent --no-audit --no-fund tokenlens@1.3.1
cat >look.mjs <<'JS'
import { estimateCost } from "tokenlens";

const usage = { inputTokens: 100_000, outputTokens: 0 };
const cost = (more) =>
  estimateCost({ modelId: "openai:gpt-4o", usage: { ...usage, ...more } }).totalUSD;
const [plain, cached] = [cost({}), cost({ cachedInputTokens: 100_000 })];
if (Math.abs(cached / plain - 1.5) > 1e-9) throw new Error(`${plain} ${cached}`);
console.log(
  `tokenlens 1.3.1: 100,000 prompt tokens cost $${plain} uncached, $${cached} cached`,
);
JS
node look.mjs
