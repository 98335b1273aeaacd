"""Drive the real clients, each group in its own environment, against the real server.

`python -m tests.clients.run [--record] [group ...]`: makes .venv-clients/<group> from
its lock, lets drive.py talk to a fake provider, and checks what the server stored.
`--record` renews the fixtures that `make test` replays; `--one-by-one` sends each span
as it ends, the inner one of a call before the one around it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from tests.browser.conftest import Server
from tests.client.fake_providers import Providers
from tests.clients.expected import CALLS, GROUPS, ONE_BY_ONE, SPANS, Call
from tests.clients.recording_proxy import Exported, RecordingProxy, write_fixture

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
VENVS = ROOT / ".venv-clients"
FIXTURES = ROOT / "tests" / "sources" / "fixtures" / "clients"
WAIT_SECONDS = 10.0
PROGRAM_SECONDS = 120.0


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.start()
        try:
            failed = [
                group
                for group in options.groups or (SPANS if options.one_by_one else GROUPS)
                if not drive(
                    group,
                    server=server,
                    record=options.record,
                    one_by_one=options.one_by_one,
                )
            ]
        finally:
            server.end()
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", help=f"of {', '.join(GROUPS)}; or all")
    parser.add_argument("--record", action="store_true", help="renew the fixtures")
    parser.add_argument("--one-by-one", action="store_true", help=f"of {SPANS} alone")
    options = parser.parse_args()
    if unknown := set(options.groups) - set(GROUPS):
        parser.error(f"no such group: {', '.join(sorted(unknown))}")
    return options


def drive(group: str, *, server: Server, record: bool, one_by_one: bool) -> bool:
    """Run one group's program; True if the server stored exactly its calls."""
    python = _environment(group)
    providers, proxy = Providers(), RecordingProxy(server.address)
    try:
        with tempfile.TemporaryDirectory() as home:
            env = _addresses(home, providers, proxy, server.key)
            env |= {"ONE_BY_ONE": "yes"} if one_by_one else {}
            stopped = _run_program(group, python, env)
        wrong = stopped or _wrong(group, server, proxy.exported)
    finally:
        providers.stop()
        proxy.stop()
    if record and not wrong:
        name = f"{group}{ONE_BY_ONE}" if one_by_one else group
        write_fixture(FIXTURES / f"{name}.jsonl", proxy.exported)
    calls, sent = len(CALLS[group]), len(proxy.exported)
    print(f"{group}: {calls} calls, {sent} requests: {wrong or 'as expected'}")
    return not wrong


def _environment(group: str) -> Path:
    """The group's own python, with exactly the versions of its lock."""
    venv, lock = VENVS / group, HERE / group / "requirements.lock"
    done = venv / "installed.lock"
    if not done.exists() or done.read_text() != lock.read_text():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)
        install = ["install", "-q", "--disable-pip-version-check", "-r", str(lock)]
        subprocess.run([str(venv / "bin" / "pip"), *install], check=True)
        done.write_text(lock.read_text())
    return venv / "bin" / "python"


def _addresses(
    home: str, providers: Providers, proxy: RecordingProxy, key: str
) -> dict[str, str]:
    """All the program knows: nothing of this machine's keys, proxies or settings."""
    return {
        "HOME": home,
        "PATH": os.environ["PATH"],
        "PROVIDER_URL": providers.url,
        "BUDGET_URL": proxy.url,
        "BUDGET_KEY": key,
    }


def _run_program(group: str, python: Path, env: dict[str, str]) -> str:
    """Why the program did not end well; "" if it did. What it says goes to stderr."""
    program = [str(python), str(HERE / group / "drive.py")]
    try:
        subprocess.run(program, env=env, check=True, timeout=PROGRAM_SECONDS)
    except subprocess.SubprocessError as error:
        return str(error)
    return ""


def _wrong(group: str, server: Server, exported: list[Exported]) -> str:
    """What is not as expected, in words; "" if all is."""
    refused = [f"{e.path} answered {e.status}" for e in exported if e.status >= 300]
    if refused or not exported:
        return "; ".join(refused) or "nothing was exported"
    wanted = sorted(_expected_row(call) for call in CALLS[group])
    stored: list[Any] = []
    deadline = time.monotonic() + WAIT_SECONDS
    while stored != wanted and time.monotonic() < deadline:
        stored = sorted(_stored(server, {call.session for call in CALLS[group]}))
        time.sleep(0.1)
    return "" if stored == wanted else f"stored {stored}, not {wanted}"


def _expected_row(call: Call) -> tuple[Any, ...]:
    return call.session, call.model, call.used_tokens, call.output_tokens, "reported"


def _stored(server: Server, sessions: set[str]) -> list[tuple[Any, ...]]:
    headers = {"Authorization": f"Bearer {server.key}"}
    rows = []
    for session in sessions:
        path = f"/api/v1/sessions/{quote(session, safe='')}/usage"
        answer = httpx.get(server.address + path, headers=headers)
        for sample in answer.json().get("results", []):
            names = ("model", "used_tokens", "output_tokens", "source")
            rows.append((session, *(sample[name] for name in names)))
    return rows


if __name__ == "__main__":
    sys.exit(main())
