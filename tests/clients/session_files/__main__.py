"""Session files that real agents write now, compared with what they were served.

`python -m tests.clients.session_files [client ...]` installs the releases of
package-lock.json, lets each talk twice to a provider on this machine, reads the files
that it wrote, and says where the requests or their numbers differ.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.client.fake_providers import (
    ANTHROPIC_USAGE,
    CHAT_USAGE,
    RESPONSES_USAGE,
    Providers,
)
from tracker.sources.transcripts.finding.folders import transcript_looks
from tracker.sources.transcripts.following.reader import NotATranscript
from tracker.sources.transcripts.opening import open_session

HERE = Path(__file__).parent
INSTALLED = Path(__file__).parents[3] / ".venv-clients" / "session_files"
RUN_SECONDS = 180.0
_CLAUDE = sum(ANTHROPIC_USAGE[name] for name in ANTHROPIC_USAGE if "input" in name)
# By the end of the path: what the window held, and the output.
SERVED = {
    "/messages": (_CLAUDE, ANTHROPIC_USAGE["output_tokens"]),
    "/completions": (CHAT_USAGE["prompt_tokens"], CHAT_USAGE["completion_tokens"]),
    "/responses": (RESPONSES_USAGE["input_tokens"], RESPONSES_USAGE["output_tokens"]),
}
_CODEX = """model = "gpt-5.5"
model_provider = "fake"
[model_providers.fake]
name = "fake"
base_url = "{url}/v1"
wire_api = "responses"
env_key = "OPENAI_API_KEY"
"""


@dataclass(frozen=True, slots=True)
class Agent:
    """How to run one headless. `settings` are files below its home."""

    program: str  # below node_modules
    first: tuple[str, ...]
    again: tuple[str, ...]
    folder: str
    settings: Callable[[str], dict[str, str]] = field(default=lambda _: {})


def _opencode(name: str) -> Callable[[str], dict[str, str]]:
    def settings(url: str) -> dict[str, str]:
        model = {"name": "m1", "limit": {"context": 200_000, "output": 8_000}}
        provider = {
            "npm": "@ai-sdk/openai-compatible",
            "options": {"baseURL": f"{url}/v1", "apiKey": "none"},
            "models": {"m1": model},
        }
        own = {"provider": {"fake": provider}, "model": "fake/m1", "autoupdate": False}
        own |= {"small_model": "fake/m1", "share": "disabled"}
        return {f".config/{name}/opencode.json": json.dumps(own)}

    return settings


AGENTS = {
    "claude": Agent(
        "@anthropic-ai/claude-code-linux-x64/claude",
        ("--model", "claude-sonnet-4-5", "-p", "Hello"),
        ("--model", "claude-sonnet-4-5", "--continue", "-p", "Again"),
        ".claude/projects",
    ),
    "codex": Agent(
        ".bin/codex",
        ("exec", "--skip-git-repo-check", "Hello"),
        ("exec", "--skip-git-repo-check", "resume", "--last", "Again"),
        ".codex/sessions",
        lambda url: {".codex/config.toml": _CODEX.format(url=url)},
    ),
    "opencode": Agent(
        "opencode-linux-x64-baseline/bin/opencode",
        ("run", "Hello"),
        ("run", "--continue", "Again"),
        ".local/share/opencode",
        _opencode("opencode"),
    ),
    "kilo": Agent(
        "@kilocode/cli-linux-x64/bin/kilo",
        ("run", "Hello"),
        ("run", "--continue", "Again"),
        ".local/share/kilo",
        _opencode("kilo"),
    ),
}


def install() -> None:
    """Exactly what package-lock.json has; no script of a package is run."""
    lock = (HERE / "package-lock.json").read_bytes()
    done = INSTALLED / "installed.lock"
    if done.exists() and done.read_bytes() == lock:
        return
    shutil.rmtree(INSTALLED, ignore_errors=True)
    INSTALLED.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, INSTALLED)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=INSTALLED, check=True)
    done.write_bytes(lock)


def tried(name: str) -> bool:
    """True if each request is in the files once, with the numbers it was served."""
    agent, providers = AGENTS[name], Providers()
    try:
        with tempfile.TemporaryDirectory() as home:
            _run(agent, Path(home), providers.url)
            served = Counter(_served(providers))
            read = Counter(_read(Path(home) / agent.folder))
    finally:
        providers.stop()
    wrong = not served or served != read
    said = f"served {dict(served)}, read {dict(read)}" if wrong else "as served"
    print(f"{name}: {served.total()} requests: {said}", flush=True)
    return not wrong


def _run(agent: Agent, home: Path, url: str) -> None:
    for path, content in agent.settings(url).items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_text(content)
    (home / "work").mkdir()
    environment = {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": "none",
        "OPENAI_API_KEY": "none",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }
    for words in (agent.first, agent.again):
        subprocess.run(
            [str(INSTALLED / "node_modules" / agent.program), *words],
            cwd=home / "work", env=environment, timeout=RUN_SECONDS, check=True,
            stdin=subprocess.DEVNULL, capture_output=True,
        )  # fmt: skip


def _served(providers: Providers) -> Iterator[tuple[int, int]]:
    """Of each request of the conversation. One without tools asks for a title, and
    opencode and Kilo Code write no line of it.
    """
    for request in providers.requests:
        path = request.path.partition("?")[0]
        for end, told in SERVED.items():
            if path.endswith(end) and request.json().get("tools"):
                yield told


def _read(folder: Path) -> Iterator[tuple[int, int]]:
    for path, _ in transcript_looks(folder):
        try:
            reader = open_session(path)
        except NotATranscript:
            continue
        for news in (reader.read_new(), reader.flush()):
            for sample in news.samples:
                yield sample.used_tokens, sample.output_tokens or 0


def main() -> int:
    wanted = sys.argv[1:] or list(AGENTS)
    if unknown := set(wanted) - set(AGENTS):
        print(f"no such client: {unknown}; known: {', '.join(AGENTS)}")
        return 2
    install()
    ended = [tried(name) for name in wanted]
    return 0 if all(ended) else 1


if __name__ == "__main__":
    sys.exit(main())
