"""install shows, writes and takes back: each byte as it was."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tracker.client.cli import main

TO = ["--url", "http://b:8000", "--key", "tb_1"]
CONFIG = b'model = "gpt-5.5"\r\n# mine\n[tools]\nweb = true'
SETTINGS = b'{ "theme": "dark",\n   "telemetry": {"enabled": false} }'
CLAUDE = b'{"model":"opus"}'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: Path) -> Path:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    for name in ("CODEX_HOME", "XDG_CONFIG_HOME", "CLAUDE_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    for folder, name, content in (
        (".codex", "config.toml", CONFIG),
        (".gemini", "settings.json", SETTINGS),
        (".gemini", ".env", b"GEMINI_API_KEY=x"),
        (".qwen", "settings.json", SETTINGS),
        (".claude", "settings.json", CLAUDE),
    ):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_bytes(content)
        (tmp_path / folder / name).chmod(0o644)
    return tmp_path


def files(home: Path) -> dict[str, tuple[bytes, int]]:
    """All but our own state and Claude Code's backups."""
    return {
        str(path.relative_to(home)): (path.read_bytes(), path.stat().st_mode & 0o777)
        for path in home.rglob("*")
        if path.is_file() and "state" not in path.parts and ".backup-" not in path.name
    }


@pytest.mark.parametrize(
    "client", ["codex", "gemini", "qwen", "opencode", "claude-code"]
)
def test_what_is_written_is_taken_back_byte_for_byte(client: str, home: Path) -> None:
    before = files(home)
    assert main(["install", client, *TO]) == 0
    assert files(home) == before  # shown only

    assert main(["install", client, *TO, "--write"]) == 0
    changed = files(home).items() - before.items()
    assert changed
    assert all(mode == 0o600 for _, (_, mode) in changed)  # they hold the key
    assert any(b"tb_1" in content for _, (content, _) in changed)

    assert main(["uninstall", client]) == 0
    assert files(home) == before
    assert main(["uninstall", client]) == 1  # nothing is left to take back


def test_a_file_that_changed_since_is_left_alone(home: Path) -> None:
    path = home / ".codex/config.toml"
    main(["install", "codex", *TO, "--write"])
    path.write_bytes(path.read_bytes() + b"\n# mine, too\n")

    assert main(["uninstall", "codex"]) == 1
    assert b"# mine, too" in path.read_bytes()
    assert main(["uninstall", "codex", "--force"]) == 0
    assert path.read_bytes() == CONFIG


def test_what_somebody_wrote_between_two_installs_is_not_taken_back(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = home / ".claude/settings.json"
    assert main(["install", "claude-code", *TO, "--write"]) == 0
    theirs = json.loads(path.read_bytes()) | {"permissions": {"allow": ["Bash(ls)"]}}
    path.write_text(json.dumps(theirs))
    newer = ["--url", "http://b:8000", "--key", "tb_2", "--force", "--write"]
    assert main(["install", "claude-code", *newer]) == 0

    assert main(["uninstall", "claude-code"]) == 1

    assert "has changed since" in capsys.readouterr().err
    assert json.loads(path.read_bytes())["permissions"] == theirs["permissions"]


def test_a_file_named_from_its_folder_is_put_back_from_another(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home / ".claude")
    given = ["--settings", "settings.json", "--write"]
    assert main(["install", "claude-code", *TO, *given]) == 0

    monkeypatch.chdir(home)

    assert main(["uninstall", "claude-code"]) == 0
    assert (home / ".claude/settings.json").read_bytes() == CLAUDE
    assert not (home / "settings.json").exists()


def test_codex_sends_its_events_with_the_key_in_a_header(home: Path) -> None:
    main(["install", "codex", *TO, "--write"])

    found = tomllib.loads((home / ".codex/config.toml").read_text())
    assert found["model"] == "gpt-5.5"
    assert found["otel"]["exporter"]["otlp-http"] == {
        "endpoint": "http://b:8000/v1/logs",
        "protocol": "binary",
        "headers": {"authorization": "Bearer tb_1"},
    }


def test_gemini_keeps_what_else_is_set(home: Path) -> None:
    main(["install", "gemini", *TO, "--write", "--backup"])

    found = json.loads((home / ".gemini/settings.json").read_text())
    assert found["theme"] == "dark"
    assert found["telemetry"]["otlpEndpoint"] == "http://b:8000"
    assert (home / ".gemini/.env").read_text().splitlines() == [
        "GEMINI_API_KEY=x",
        "OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer%20tb_1",
    ]
    [copy] = home.glob(".gemini/settings.json.backup-*")
    assert copy.read_bytes() == SETTINGS


@pytest.mark.parametrize(
    ("client", "name", "content", "said"),
    [
        (
            "codex",
            ".codex/config.toml",
            "[otel]\nenvironment = 'x'\n",
            "[otel] already",
        ),
        ("codex", ".codex/config.toml", "= 1", "not valid TOML"),
        ("gemini", ".gemini/settings.json", "// mine\n{}", "not plain JSON"),
        ("gemini", ".gemini/settings.json", '{"telemetry": 1}', "not a JSON object"),
        (
            "qwen",
            ".qwen/settings.json",
            '{"telemetry": {"otlpEndpoint": "http://other"}}',
            "http://other already",
        ),
        ("gemini", ".gemini/.env", "OTEL_EXPORTER_OTLP_HEADERS=x", "already"),
    ],
)
def test_what_would_be_lost_is_not_touched(
    client: str,
    name: str,
    content: str,
    said: str,
    home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (home / name).write_text(content)

    assert main(["install", client, *TO, "--write"]) == 1

    assert said in capsys.readouterr().err
    assert (home / name).read_text() == content


@pytest.mark.parametrize(
    ("client", "name"), [("codex", ".codex/config.toml"), ("gemini", ".gemini/.env")]
)
def test_a_file_in_another_encoding_is_named(
    client: str, name: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / name).write_bytes("# größer\n".encode("latin-1"))

    assert main(["install", client, *TO, "--write"]) == 1

    assert f"{home / name} is not UTF-8 (byte 4)" in capsys.readouterr().err
    assert (home / name).read_bytes() == "# größer\n".encode("latin-1")


def test_copilot_reads_its_environment_alone(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(home)

    assert main(["install", "copilot", *TO, "--write"]) == 0

    assert "OTEL_EXPORTER_OTLP_ENDPOINT=http://b:8000" in capsys.readouterr().out
    assert files(home) == before
