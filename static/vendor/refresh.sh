#!/usr/bin/env bash
# Fetches plotly.js (finance bundle) from npm, with its licence, its style rules as a
# stylesheet (our content security policy allows no inline ones) and the hashes.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "plotly.js-finance-dist-min@${1:-latest}" && tar xzf ./*.tgz)
cp "$work/package/plotly-finance.min.js" plotly-finance.min.js
cp "$work/package/LICENSE" plotly-LICENSE.txt
node - > plotly.css <<'JS'
const code = require("fs").readFileSync("plotly-finance.min.js", "utf8");
const start = code.lastIndexOf("{", code.indexOf('"X,X div"'));
const rules = Function(`return ${code.slice(start, code.indexOf("};for(", start) + 1)}`)();
console.log("/* plotly.js' own style rules, made by refresh.sh. */");
for (const [selector, rule] of Object.entries(rules)) {
  const full = selector.replace(/^,/, " ,").replace(/X/g, ".js-plotly-plot .plotly").replace(/Y/g, ".plotly-notifier");
  console.log(`${full} { ${rule} }`);
}
JS
sha256sum plotly-finance.min.js plotly-LICENSE.txt plotly.css > SHA256SUMS
