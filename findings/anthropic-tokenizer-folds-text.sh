#!/usr/bin/env bash
# Anthropic's published tokenizer counts another text than the one it is given.
#
# Package: npm @anthropic-ai/tokenizer 0.0.4 (the vocabulary that LiteLLM and others ship).
# Guess: look-alike characters count apart, and "<EOT>" in a text is five characters.
# Seen:  the text is folded by NFKC first, so full-width letters, ligatures and circled
#        digits count as plain ones; the words "<EOT>" and "<META>" are one token each,
#        the control token itself.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
cd "$work"
npm install --silent --no-audit --no-fund @anthropic-ai/tokenizer@0.0.4
cat >look.mjs <<'JS'
import { countTokens } from "@anthropic-ai/tokenizer";

const same = [
  ["ｃｏｎｔｅｘｔ　ｗｉｎｄｏｗ", "context window"],
  ["①②③④⑤⑥⑦⑧⑨", "123456789"],
  ["eﬃcient oﬀer", "efficient offer"],
];
for (const [folded, plain] of same) {
  const [a, b] = [countTokens(folded), countTokens(plain)];
  if (a !== b) throw new Error(`${folded} ${a}, ${plain} ${b}`);
}
const control = ["<EOT>", "<META>", "<eot>"].map((text) => countTokens(text));
if (control[0] !== 1 || control[1] !== 1 || control[2] < 2) throw new Error(control);
console.log(
  `@anthropic-ai/tokenizer 0.0.4: "${same[0][0]}" counts as "context window"`,
  `(${countTokens(same[0][0])}), "<EOT>" in a text is ${control[0]} token`,
);
JS
node look.mjs
