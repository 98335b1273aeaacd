#!/usr/bin/env bash
# js-tiktoken knows exact model names only; Python's tiktoken goes by their beginnings.
#
# Packages: npm js-tiktoken 1.0.21, PyPI tiktoken 0.14.0.
# Guess: the port resolves a new or fine-tuned model as the original does.
# Seen:  gpt-5.5, ft:gpt-4o-mini:acme::1 and gpt-oss-20b throw "Unknown model" in
#        JavaScript; Python says o200k_base, o200k_base and o200k_harmony. Code that
#        catches the error and falls back to cl100k_base counts another vocabulary.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq tiktoken==0.14.0
npm install --silent --no-audit --no-fund js-tiktoken@1.0.21
cat >look.mjs <<'JS'
import { execFileSync } from "node:child_process";
import { getEncodingNameForModel } from "js-tiktoken";

const names = ["gpt-5", "gpt-5.5", "ft:gpt-4o-mini:acme::1", "gpt-oss-20b"];
const look = (name) => {
  try {
    return getEncodingNameForModel(name);
  } catch (error) {
    return error.message;
  }
};
const port = names.map(look);
const code =
  "import sys, tiktoken.model as m; " +
  "print(*map(m.encoding_name_for_model, sys.argv[1:]))";
const original = execFileSync("venv/bin/python", ["-c", code, ...names])
  .toString()
  .trim()
  .split(" ");
const seen = JSON.stringify([port, original]);
const unknown = "Unknown model";
const expected = JSON.stringify([
  ["o200k_base", unknown, unknown, unknown],
  ["o200k_base", "o200k_base", "o200k_base", "o200k_harmony"],
]);
if (seen !== expected) throw new Error(seen);
console.log(`js-tiktoken 1.0.21: ${names} are ${port}; tiktoken 0.14.0: ${original}`);
JS
node look.mjs
