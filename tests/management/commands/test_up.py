"""manage.py up as an administrator meets it: its words in a journal, and Ctrl-C."""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]
MESSAGES = [{"role": "user", "content": f"{n}: {'word ' * 400}"} for n in range(30)]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def up(tmp_path: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """In a group of its own, as a terminal's; output goes to a pipe, as a journal's."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up", "--port", str(port)],
        cwd=ROOT, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | {
            "DJANGO_SETTINGS_MODULE": "budget_site.settings",
            "TOKEN_BUDGET_DATA": str(tmp_path),
            "TOKEN_BUDGET_STATIC_FROM_SOURCE": "1",
        },
    )  # fmt: skip
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def words_until(process: subprocess.Popen[bytes], pattern: str) -> str:
    assert process.stdout is not None
    said, deadline = "", time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if select.select([process.stdout], [], [], 0.1)[0]:
            said += os.read(process.stdout.fileno(), 65536).decode()
        if re.search(pattern, said):
            return said
    raise AssertionError(f"{pattern!r} was not said: {said!r}")


def test_the_first_words_reach_a_journal_while_it_runs(
    up: subprocess.Popen[bytes], port: int
) -> None:
    said = words_until(up, r"curl [^$]*163000")
    key = re.findall(r"API key +(tb_[\w-]+)", said)[0]
    link = re.findall(r"Open +(http\S+)", said)[0]

    assert f"http://127.0.0.1:{port}/api/v1/usage" in said
    assert httpx.get(link).status_code == 302
    bearer = {"Authorization": f"Bearer {key}"}
    sessions = httpx.get(f"http://127.0.0.1:{port}/api/v1/sessions", headers=bearer)
    assert sessions.json()["results"] == []


def test_what_it_stores_is_readable_by_its_owner_alone(
    up: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    words_until(up, r"curl [^$]*163000")

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert tmp_path / "db.sqlite3" in files
    assert [path.name for path in files if path.stat().st_mode & 0o077] == []


def test_ctrl_c_reaches_server_and_worker_and_ends_them_in_silence(
    up: subprocess.Popen[bytes], port: int
) -> None:
    key = re.findall(r"tb_[\w-]+", words_until(up, r"curl [^$]*163000"))[0]
    done = httpx.post(
        f"http://127.0.0.1:{port}/api/v1/sessions/s/optimize",
        json={"messages": MESSAGES},
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
    )
    assert done.json()["compressed"] is True  # by a worker, which waits for more

    os.killpg(up.pid, signal.SIGINT)
    out, err = up.communicate(timeout=30)

    assert up.returncode == 0
    assert "Everything acknowledged is stored." in out.decode()
    assert err.decode() == ""


def test_transcripts_are_found_below_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core.management import load_command_class

    monkeypatch.setenv("HOME", str(tmp_path))
    parser = load_command_class("tracker", "up").create_parser("manage.py", "up")

    options = parser.parse_args(["--transcripts", "~/.claude/projects"])

    assert options.transcripts == [tmp_path / ".claude/projects"]
