"""manage.py up as an administrator meets it: its words in a journal, and Ctrl-C."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.ports import free_port
from tracker.changes.access.first_start import FirstStart
from tracker.management.commands.up import Command

ROOT = Path(__file__).parents[3]
MESSAGES = [{"role": "user", "content": f"{n}: {'word ' * 400}"} for n in range(30)]


@pytest.fixture
def port() -> int:
    return free_port()


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


READY = r"Delete it when you have read it"


def test_the_first_secrets_are_in_a_file_and_not_in_the_journal(
    up: subprocess.Popen[bytes], port: int, tmp_path: Path
) -> None:
    said = words_until(up, READY)
    path = tmp_path / "first_start.txt"
    kept = path.read_text()
    key = re.findall(r"API key +(tb_[\w-]+)", kept)[0]
    link = re.findall(r"Open +(http\S+)", kept)[0]
    password = re.findall(r"admin / (\S+) at", kept)[0]

    assert str(path) in said and f"http://127.0.0.1:{port}" in said
    assert not [secret for secret in (key, link, password) if secret in said]
    assert path.stat().st_mode & 0o077 == 0
    assert f"http://127.0.0.1:{port}/api/v1/usage" in kept
    assert "Log in as" in httpx.get(link, timeout=60).text
    bearer = {"Authorization": f"Bearer {key}"}
    address = f"http://127.0.0.1:{port}/api/v1/sessions"
    sessions = httpx.get(address, headers=bearer, timeout=60)
    assert sessions.json()["results"] == []


def test_a_terminal_shows_them_and_no_file_is_made(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    from tracker.management.commands import up as command

    made: list[str] = []
    monkeypatch.setattr(command, "kept_for_owner", made.append)
    shown = command.Command()
    monkeypatch.setattr(shown.stdout, "isatty", lambda: True)

    first = FirstStart("admin", "pass-1", "token-1", "tb_key", "tb_gateway")
    shown._say("http://127.0.0.1:8000", first)

    said = capsys.readouterr().out
    assert "pass-1" in said and "token-1" in said and "tb_key" in said
    assert made == []


def test_an_ipv6_address_is_printed_with_brackets() -> None:
    from tracker.management.commands.up import in_address

    assert in_address("::1") == "[::1]"
    assert in_address("127.0.0.1") == "127.0.0.1"
    assert in_address("budget.example") == "budget.example"


def test_what_it_stores_is_readable_by_its_owner_alone(
    up: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    words_until(up, READY)

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert tmp_path / "db.sqlite3" in files
    assert [path.name for path in files if path.stat().st_mode & 0o077] == []


def test_ctrl_c_reaches_server_and_worker_and_ends_them_in_silence(
    up: subprocess.Popen[bytes], port: int, tmp_path: Path
) -> None:
    words_until(up, READY)
    key = re.findall(r"tb_[\w-]+", (tmp_path / "first_start.txt").read_text())[0]
    done = httpx.post(
        f"http://127.0.0.1:{port}/api/v1/sessions/s/optimize",
        json={"messages": MESSAGES},
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
    )
    assert done.json()["compressed"] is True  # by a worker, which waits for more

    os.killpg(up.pid, signal.SIGINT)
    out, err = up.communicate(timeout=120)

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


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"transcripts": [Path("/no/such/projects")]}, "no folder /no/such/projects:"),
        ({"processes": 0}, "must be 1 or more"),
        ({"processes": 2}, "set DATABASE_URL and REDIS_URL"),
    ],
    ids=str,
)
def test_what_cannot_be_started_is_said_before_anything_is_made(
    options: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core.management import CommandError, call_command

    from tracker.management.commands import up

    made: list[object] = []
    for name in ("_collect_static", "call_command", "begin", "serve"):
        monkeypatch.setattr(up, name, lambda *args, **more: made.append(args))

    with pytest.raises(CommandError, match=words):
        call_command("up", **options)

    assert made == []


def test_several_processes_do_not_each_import_transcripts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    from django.core.management import CommandError, call_command

    from tracker.management.commands import up

    monkeypatch.setattr(up.connection, "vendor", "postgresql")
    settings.REDIS_URL = "redis://127.0.0.1"

    with pytest.raises(CommandError, match="import_transcripts FOLDER --watch"):
        call_command("up", processes=2, transcripts=[tmp_path])


def test_the_agents_of_this_person_are_named_with_their_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ".claude" / "projects"
    folder.mkdir(parents=True)
    (folder / "a.jsonl").write_text("{}\n")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "XDG_DATA_HOME", "LLM_USER_PATH"):
        monkeypatch.delenv(name, raising=False)
    said = StringIO()
    command = Command(stdout=said)

    assert [found.folder for found in command._agents()] == [folder]
    assert "Claude Code: 1 session files, 0.0 MB" in said.getvalue()

    (folder / "a.jsonl").unlink()
    assert command._agents() == []
    assert "No coding agent has left sessions here" in said.getvalue()
