"""The settings are shown, or written on request; what is wrong is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tracker.client.claude_code.install import install
from tracker.client.config import Config

CONFIG = Config("http://b:8000", "tb_1")


def run(path: Path, config: Config = CONFIG, **options: bool) -> int:
    given: dict[str, Any] = {"telemetry": False, "writes": False, "force": False}
    return install(config, path, **{**given, **options})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


def test_the_exact_settings_are_shown_and_nothing_is_written(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(path) == 0

    first, _, shown = capsys.readouterr().out.partition("\n")
    assert str(path) in first
    assert json.loads(shown)["env"] == {
        "TOKEN_BUDGET_URL": "http://b:8000",
        "TOKEN_BUDGET_KEY": "tb_1",
    }
    assert not path.exists()


def test_they_are_written_on_request_with_a_copy_of_the_old_file(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_text('{"model": "opus", "statusLine": {"command": "mine"}}')

    assert run(path, telemetry=True, writes=True) == 0

    written = json.loads(path.read_text())
    assert written["model"] == "opus"
    assert written["statusLine"] == {"command": "mine"}
    assert written["env"]["OTEL_LOGS_EXPORTER"] == "otlp"
    (backup,) = path.parent.glob("*.backup-*")
    assert json.loads(backup.read_text())["statusLine"] == {"command": "mine"}
    said = capsys.readouterr().out
    assert str(backup) in said
    assert "statusLine has another value and was not changed" in said


def test_force_replaces_what_is_not_ours(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_text('{"statusLine": {"command": "mine"}}')

    assert run(path, writes=True, force=True) == 0

    assert "token-budget" in json.loads(path.read_text())["statusLine"]["command"]
    assert "was not changed" not in capsys.readouterr().out


def test_without_a_server_it_says_what_is_missing(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(path, Config("", "tb_1")) == 2

    assert "TOKEN_BUDGET_URL" in capsys.readouterr().out


def test_a_broken_file_is_said_and_left_as_it_is(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_text("{")

    assert run(path, writes=True) == 1

    assert "is not valid JSON" in capsys.readouterr().err
    assert path.read_text() == "{"
