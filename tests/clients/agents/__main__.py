"""Claude Code and Codex through the gateway, for sessions that fill their window.

`python -m tests.clients.agents [trial ...]`. The provider is this machine's own; the
site is `manage.py up`. Direct, the same session ends with "prompt is too long".
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import httpx

from tests.clients.agents.programs import (
    Ended,
    claude,
    codex,
    direct,
    install,
    run,
    wrapped,
)
from tests.clients.agents.provider import DONE, AgentsProvider
from tests.site_process import SiteProcess

# Codex shortens what a command says, and its own compaction begins at 244,800 tokens:
# behind a provider that takes fewer it fills the window within a minute, too.
WINDOWS = {"claude": 200_000, "codex": 120_000}
TURNS = 60
POLICY = """
import django
django.setup()
from tracker.changes.policies.changing import save_policy
from tracker.models import Policy, Project
save_policy(Policy(name="agents", project=Project.objects.get(),
    window_tokens={window}, compress_percent=75, warning_percent=70,
    cooldown_seconds=0, gateway_wait_seconds=30, gateway_session_tokens={limit}))
"""
PROGRAMS = {"claude": claude, "codex": codex}


class Trial:
    """A provider and a site in a folder of their own."""

    def __init__(self, folder: Path, provider: AgentsProvider) -> None:
        self.folder, self.provider = folder, provider
        (folder / "site").mkdir()
        (folder / "homes").mkdir()
        self.site = SiteProcess(folder / "site")
        for name in ("anthropic", "openai"):
            self.site.manage("upstream", "set", name, provider.url)
        made = self.site.manage("api_key", "create", "agents", "--scope", "gateway")
        self.key = made.split()[-1]

    def start(self, *, limit: int = 0) -> None:
        window = self.provider.window_tokens
        self.site.python("-c", POLICY.format(window=window, limit=limit))
        self.site.start_guarded()

    async def through(self, command: list[str], **more: str) -> Ended:
        line = wrapped(command, self.site.address, self.key)
        return await run(line, self.folder / "homes", more)

    async def past(self, command: list[str]) -> Ended:
        more = {"ANTHROPIC_BASE_URL": self.provider.url, "ENABLE_TOOL_SEARCH": "true"}
        line = direct(command, self.provider.url)
        return await run(line, self.folder / "homes", more)

    def rows(self, query: str, wanted: Callable[[list[tuple]], bool]) -> list[tuple]:
        """What is stored, once it is as `wanted`; what there is after a minute."""
        until = time.monotonic() + 60
        while True:
            with closing(sqlite3.connect(self.site.database)) as database:
                found = database.execute(query).fetchall()
            if wanted(found) or time.monotonic() > until:
                return found
            time.sleep(0.2)

    def requests(self) -> list[bytes]:
        """Bodies of the model calls, as the provider got them."""
        paths = ("/messages", "/responses")
        asked = [a for a in self.provider.asked if a.method == "POST"]
        return [a.body for a in asked if a.path.partition("?")[0].endswith(paths)]


async def fills_its_window(trial: Trial, name: str) -> str:
    """Direct it fails; through the gateway it ends well, and nothing was refused."""
    provider, program = trial.provider, PROGRAMS[name]
    provider.turns = TURNS
    ended = await trial.past(program())
    if DONE in ended.said:
        return "the session did not fill its window"
    begun = trial.requests()[0]
    provider.steps = 0
    provider.asked.clear()
    trial.start()
    ended = await trial.through(program())
    bodies = trial.requests()
    if ended.code or DONE not in ended.said:
        return f"it ended with {ended.code}: {ended.said}"
    if provider.steps != TURNS:
        return f"{provider.steps} turns of {TURNS}"
    larger = len(bodies[0]) / len(begun)
    if not 0.98 < larger < 1.02:
        return f"its first request is {larger:.2f} times as large as the direct one"
    calls = trial.rows(
        "select action, status, count(*) from tracker_gatewaycall group by 1, 2",
        lambda rows: sum(row[2] for row in rows) >= len(bodies),
    )
    if any(status != 200 for _, status, _ in calls):
        return f"calls failed: {calls}"
    cuts = trial.rows(
        "select before_tokens, after_tokens from tracker_compression "
        "where origin = 'gateway' order by at", bool,
    )  # fmt: skip
    if not cuts:
        return f"nothing was compressed: {calls}"
    told = ", ".join(f"{before:,} -> {after:,}" for before, after in cuts)
    print(f"  {name}: {len(bodies)} calls, compressed {told} tokens; {calls}")
    return ""


async def over_a_socket(trial: Trial, name: str) -> str:
    """Each call passes over the socket, and moves the session's gauge."""
    provider = trial.provider
    provider.turns = 5
    trial.start()
    option = "model_providers.token_budget.supports_websockets=true"
    ended = await trial.through(PROGRAMS[name]("-c", option))
    if ended.code or DONE not in ended.said:
        return f"it ended with {ended.code}: {ended.said}"
    if trial.requests() or provider.frames < 6:
        return f"{provider.frames} calls by socket, {len(trial.requests())} by HTTP"
    samples = trial.rows(
        "select used_tokens, source from tracker_usagesample",
        lambda rows: len(rows) == provider.frames,
    )
    calls = trial.rows("select status from tracker_gatewaycall", bool)
    if len(samples) != provider.frames or set(calls) != {(200,)}:
        return f"{provider.frames} calls, stored {samples}, {calls}"
    print(f"  {name}: {provider.frames} calls over its socket, each stored")
    return ""


async def asks_how_full_it_is(trial: Trial, name: str) -> str:
    """By the tools at /mcp, of a session that another call has made."""
    session = "asked-for"
    trial.start()
    report = {"session": session, "tokens": {"history": 90_000}}
    headers = {"Authorization": f"Bearer {trial.site.key}"}
    address = f"{trial.site.address}/api/v1/usage"
    async with httpx.AsyncClient(headers=headers) as http:
        (await http.post(address, json=report)).raise_for_status()
    trial.provider.turns = 1
    tool = "context_budget" if name == "codex" else "mcp__budget__context_budget"
    trial.provider.asks = (tool, {"session": session})
    ended = await trial.through(
        PROGRAMS[name](*_server(name, trial.site)),
        ENABLE_TOOL_SEARCH="false",  # else a tool is searched for before it is known
    )
    if ended.code or DONE not in ended.said:
        return f"it ended with {ended.code}: {ended.said}"
    if trial.provider.asks is not None:
        return f"it does not know the tool {tool}"
    if b"90000" not in (last := trial.requests()[-1]) and b"90,000" not in last:
        return "the tool's answer did not reach its model"
    print(f"  {name}: its model asked how full the session is, and was told")
    return ""


def _server(name: str, site: SiteProcess) -> list[str]:
    """What names the server of /mcp to this program."""
    url = f"{site.address}/mcp"
    if name == "codex":
        budget = f'{{url="{url}", http_headers={{Authorization="Bearer {site.key}"}}}}'
        return ["-c", f"mcp_servers.budget={budget}"]
    headers = {"Authorization": f"Bearer {site.key}"}
    server = {"type": "http", "url": url, "headers": headers}
    said = json.dumps({"mcpServers": {"budget": server}})
    return ["--mcp-config", said, "--allowedTools", "Bash,mcp__budget__context_budget"]


async def stops_at_its_budget(trial: Trial, name: str) -> str:
    """It says why, once: the same call is not tried again."""
    trial.provider.turns = TURNS
    trial.start(limit=150_000)
    ended = await trial.through(PROGRAMS[name]())
    stopped = trial.rows(
        "select status from tracker_gatewaycall where action = 'stopped'", bool
    )
    if "Token Budget stopped this call" not in ended.said:
        return f"it does not say why: {ended.said}"
    if len(stopped) != 1:
        return f"stopped calls: {stopped}"
    print(f"  {name}: stopped behind {len(trial.requests())} calls")
    return ""


TRIALS: dict[str, tuple[Callable[[Trial, str], Awaitable[str]], str]] = {
    "claude": (fills_its_window, "claude"),
    "codex": (fills_its_window, "codex"),
    "claude-budget": (stops_at_its_budget, "claude"),
    "codex-budget": (stops_at_its_budget, "codex"),
    "codex-socket": (over_a_socket, "codex"),
    "claude-mcp": (asks_how_full_it_is, "claude"),
    "codex-mcp": (asks_how_full_it_is, "codex"),
}


async def tried(name: str) -> bool:
    what, program = TRIALS[name]
    provider = AgentsProvider(window_tokens=WINDOWS[program])
    await provider.start()
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder), provider)
        try:
            wrong = await what(trial, program)
        finally:
            trial.site.end()
            await provider.stop()
    print(f"{name}: {wrong or 'as expected'}", flush=True)
    return not wrong


def main() -> int:
    install()
    wanted = sys.argv[1:] or list(TRIALS)
    if unknown := set(wanted) - set(TRIALS):
        print(f"no such trial: {unknown}; known: {', '.join(TRIALS)}")
        return 2
    ended = [asyncio.run(tried(name)) for name in wanted]
    return 0 if all(ended) else 1


if __name__ == "__main__":
    sys.exit(main())
