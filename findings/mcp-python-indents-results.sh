#!/usr/bin/env bash
# A tool's dict leaves the Python MCP server with indented lines, at 1.8 times the tokens.
#
# Packages: mcp 2.1.1, bpe-openai 0.1.4 (o200k_base without a download). A tool returns a
# dict of 50 rows of five fields.
# Guess: the text that the model reads is the JSON that `json.dumps` writes, or shorter.
# Seen:  two spaces a level and a line a field: 2,009 tokens, where compact JSON is 1,105.
#        The same data goes along as `structuredContent`, which most clients do not show to
#        the model. A list becomes a block of such lines for each item.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq mcp==2.1.1 bpe-openai==0.1.4
PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
import asyncio
import json

import bpe_openai
from mcp import Client
from mcp.server.mcpserver import MCPServer

server = MCPServer("stock")
rows = [
    {"id": n, "name": f"item {n}", "price": n * 3 + 1, "stock": n % 7, "open": n % 2 == 0}
    for n in range(50)
]


@server.tool()
def as_dict() -> dict[str, list[dict[str, str | int]]]:
    return {"rows": rows}


@server.tool()
def as_list() -> list[dict[str, str | int]]:
    return rows


async def texts(name):
    async with Client(server) as client:
        result = await client.call_tool(name, {})
    return [block.text for block in result.content]


def tokens(text):
    return len(bpe_openai.get_encoding("o200k_base").encode(text))


(text,) = asyncio.run(texts("as_dict"))
assert json.loads(text) == {"rows": rows} and text.startswith('{\n  "rows": [\n'), text[:40]
compact = json.dumps({"rows": rows}, separators=(",", ":"))
seen = tokens(text), tokens(compact)
assert seen == (2009, 1105), seen
blocks = asyncio.run(texts("as_list"))
assert len(blocks) == 50 and blocks[0].count("\n") == 6, blocks[:2]
print(
    f"mcp 2.1.1: a tool's dict is {seen[0]} tokens of indented JSON, {seen[1]} as compact",
    f"JSON; a list of {len(blocks)} is {len(blocks)} blocks of it",
)
PY
