"""Other proxies as processes of their own, each in front of the bench's provider.

`TOKEN_BUDGET_RIVALS="headroom=/venv/bin/headroom,litellm=/venv/bin/litellm"` names
their programs (PyPI: `headroom-ai[proxy]`, `litellm[proxy]`). Each runs as its makers
set it by default, with one worker.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil

from tests.bench.server import free_port

START_SECONDS = 180
KEY = "sk-bench"


class Rival:
    """A running proxy and what it started."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._root = psutil.Process(process.pid)

    @property
    def _all(self) -> list[psutil.Process]:
        return [self._root, *self._root.children(recursive=True)]

    @property
    def cpu_seconds(self) -> float:
        times = [each.cpu_times() for each in self._all]
        return float(sum(each.user + each.system for each in times))

    @property
    def memory_mb(self) -> float:
        return sum(each.memory_info().rss for each in self._all) / 1e6


@contextlib.contextmanager
def rivals(folder: Path, upstream: str) -> Iterator[dict[str, Rival]]:
    """Those of the environment, listening."""
    named = os.environ.get("TOKEN_BUDGET_RIVALS", "")
    programs = dict(each.split("=", 1) for each in named.split(",") if each)
    with contextlib.ExitStack() as stack:
        yield {
            name: stack.enter_context(_running(name, program, folder, upstream))
            for name, program in programs.items()
        }


@contextlib.contextmanager
def _running(name: str, program: str, folder: Path, upstream: str) -> Iterator[Rival]:
    port, home = free_port(), folder / name
    home.mkdir()
    arguments = _ARGUMENTS[name](home, port, upstream)
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "ANTHROPIC_API_KEY": "k",
        "LITELLM_MASTER_KEY": KEY,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, *arguments], env=env, stdout=log, stderr=log
        )
    try:
        _wait_for(process, port, home / "log")
        yield Rival(process, port)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _headroom(home: Path, port: int, upstream: str) -> list[str]:
    """Without its limit of 60 requests a minute."""
    return ["proxy", "--port", str(port), "--anthropic-api-url", upstream,
            "--no-rate-limit", "--no-telemetry"]  # fmt: skip


def _litellm(home: Path, port: int, upstream: str) -> list[str]:
    model = {
        "model_name": "claude-*",
        "litellm_params": {"model": "anthropic/claude-*", "api_base": upstream},
    }
    config = home / "config.yaml"
    config.write_text(json.dumps({"model_list": [model]}))  # JSON is YAML
    return ["--config", str(config), "--port", str(port), "--host", "127.0.0.1",
            "--telemetry", "False"]  # fmt: skip


_ARGUMENTS = {"headroom": _headroom, "litellm": _litellm}


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            said = log.read_text(errors="replace")[-2_000:]
            raise RuntimeError(f"{process.args} ended: {said}")
        with contextlib.suppress(httpx.HTTPError):
            httpx.get(f"http://127.0.0.1:{port}/health/liveliness", timeout=2)
            return
        time.sleep(0.2)  # a program of others tells nobody that it listens
    raise RuntimeError(f"{process.args} does not listen after {START_SECONDS} s")
