#!/usr/bin/env bash
# gpt-tokenizer's estimateCost charges GPT-5 like GPT-4 Turbo: eight times its price.
#
# Packages: npm gpt-tokenizer 4.0.0 (its summary names "pricing for GPT-5"), beside it
# @pydantic/genai-prices 0.1.8.
# Guess: both name the same price of a million input tokens of gpt-5, give or take a
# price change.
# Seen:  10 dollars against 1.25. gpt-5, gpt-4.1, gpt-4o and gpt-4-turbo share one price;
#        gpt-5-mini has none.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
cd "$work"
npm install --silent --no-audit --no-fund gpt-tokenizer@4.0.0 @pydantic/genai-prices@0.1.8
cat >look.mjs <<'JS'
import { calcPrice } from "@pydantic/genai-prices";

const tokens = 1_000_000;
const inputPrice = async (model) =>
  (await import(`gpt-tokenizer/model/${model}`)).estimateCost(tokens).main.input;
const prices = [];
for (const model of ["gpt-5", "gpt-4.1", "gpt-4o", "gpt-4-turbo"])
  prices.push(await inputPrice(model));
const none = await inputPrice("gpt-5-mini").catch((error) => error.message);
const other = calcPrice({ input_tokens: tokens }, "gpt-5", { providerId: "openai" });
if (prices.join() !== "10,10,10,10") throw new Error(prices);
if (!String(none).startsWith("No cost information")) throw new Error(none);
if (other.total_price !== 1.25) throw new Error(JSON.stringify(other));
console.log(
  `gpt-tokenizer 4.0.0: a million input tokens of gpt-5 cost $${prices[0]},`,
  `as of gpt-4-turbo; genai-prices says $${other.total_price}`,
);
JS
node look.mjs
