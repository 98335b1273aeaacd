"""Claude Code and Codex: installed from their lock, and run without a person."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
INSTALLED = ROOT / ".venv-clients" / "agents"
RUN_SECONDS = 300.0
PROMPT = "Read part.txt until you have read enough."
# One reading of it is 27,000 characters: below what both give a command's output.
PART = "".join(
    f"line {n}: the parser of module {n} reads E{1000 + n} from src/file_{n}.py\n"
    for n in range(400)
)


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    said: str


def install() -> None:
    """With exactly the versions of package-lock.json; no script of theirs is run."""
    lock = (HERE / "package-lock.json").read_bytes()
    done = INSTALLED / "installed.lock"
    if done.exists() and done.read_bytes() == lock:
        return
    shutil.rmtree(INSTALLED, ignore_errors=True)
    INSTALLED.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, INSTALLED)
    subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=INSTALLED, check=True,
    )  # fmt: skip
    bin_folder = INSTALLED / "bin"
    bin_folder.mkdir()
    modules = INSTALLED / "node_modules"
    (bin_folder / "claude").symlink_to(
        modules / "@anthropic-ai" / f"claude-code-{_platform()}" / "claude"
    )
    (bin_folder / "codex").symlink_to(modules / ".bin" / "codex")
    done.write_bytes(lock)


def _platform() -> str:
    machine = {"x86_64": "x64", "aarch64": "arm64"}[os.uname().machine]
    return f"{sys.platform}-{machine}"


def claude(*more: str) -> list[str]:
    return [
        str(INSTALLED / "bin" / "claude"), "--model", "claude-sonnet-4-5",
        "--allowedTools", "Bash", *more, "-p", PROMPT,
    ]  # fmt: skip


def codex(*more: str) -> list[str]:
    return [
        str(INSTALLED / "bin" / "codex"), "exec", "--skip-git-repo-check",
        "--dangerously-bypass-approvals-and-sandbox", "-m", "gpt-5-codex", *more,
        PROMPT,
    ]  # fmt: skip


def direct(command: Sequence[str], provider: str) -> list[str]:
    """Codex takes its provider from its configuration."""
    if not command[0].endswith("codex"):
        return list(command)
    said = f'{{name="OpenAI", base_url="{provider}/v1", wire_api="responses"'
    return [
        command[0], "-c", 'model_provider="fake"',
        "-c", f'model_providers.fake={said}, env_key="OPENAI_API_KEY"}}', *command[1:],
    ]  # fmt: skip


def wrapped(command: Sequence[str], site: str, key: str) -> list[str]:
    """As people run it: `token-budget wrap`."""
    module = "tracker.client.cli"
    return [
        sys.executable, "-m", module, "wrap", "--url", site, "--key", key, *command,
    ]  # fmt: skip


async def run(
    command: Sequence[str], folder: Path, more: Mapping[str, str] | None = None
) -> Ended:
    """In a home of its own. It knows nothing of this machine's keys and settings."""
    home = folder / f"home-{len(list(folder.iterdir()))}"
    work = home / "work"
    work.mkdir(parents=True)
    (work / "part.txt").write_text(PART)
    environment = {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "ANTHROPIC_API_KEY": "sk-ant-none",
        "OPENAI_API_KEY": "sk-none",
        "CODEX_API_KEY": "sk-none",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        **(more or {}),
    }
    process = await asyncio.create_subprocess_exec(
        *command, cwd=work, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        said, _ = await asyncio.wait_for(process.communicate(), RUN_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        return Ended(-1, f"not done after {RUN_SECONDS:.0f} s")
    return Ended(process.returncode or 0, said.decode(errors="replace")[-3_000:])
