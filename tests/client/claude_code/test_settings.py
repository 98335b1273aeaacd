"""Settings are merged, not overwritten; what is replaced is kept beside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tracker.client.claude_code import settings as claude_code
from tracker.client.config import Config

CONFIG = Config("http://budget:8000", "tb_1")
WANTED = claude_code.wanted_settings(CONFIG, "/bin/token-budget", telemetry=False)
WITH_TELEMETRY = claude_code.wanted_settings(CONFIG, "token-budget", telemetry=True)


def merge(existing: dict[str, Any], **more: Any) -> tuple[dict[str, Any], list[str]]:
    return claude_code.merge_settings(existing, WANTED, **more)


def test_into_nothing_everything_is_written() -> None:
    merged, kept = merge({})

    assert merged == WANTED
    assert kept == []


def test_a_second_time_changes_nothing() -> None:
    merged, kept = merge(merge({})[0])

    assert (merged, kept) == (WANTED, [])


def test_what_others_set_stays_and_is_told() -> None:
    existing = {
        "model": "opus",
        "env": {"OTEL_LOGS_EXPORTER": "console", "TOKEN_BUDGET_KEY": "tb_old"},
        "statusLine": {"type": "command", "command": "my-line"},
        "hooks": {
            "Stop": [{"hooks": [{"type": "command", "command": "beep"}]}],
            "PostCompact": [{"hooks": [{"type": "command", "command": "note"}]}],
        },
    }

    merged, kept = claude_code.merge_settings(existing, WITH_TELEMETRY)

    assert merged["model"] == "opus"
    assert merged["statusLine"]["command"] == "my-line"
    assert merged["env"]["OTEL_LOGS_EXPORTER"] == "console"
    assert merged["env"]["TOKEN_BUDGET_KEY"] == "tb_1"
    assert merged["hooks"]["Stop"] == existing["hooks"]["Stop"]
    commands = [e["hooks"][0]["command"] for e in merged["hooks"]["PostCompact"]]
    assert commands == ["note", "token-budget hook"]
    assert kept == ["env.OTEL_LOGS_EXPORTER", "statusLine"]
    assert existing["env"]["TOKEN_BUDGET_KEY"] == "tb_old"


def test_force_replaces_what_others_set() -> None:
    existing = {"statusLine": {"command": "my-line"}}

    merged, kept = merge(existing, force=True)

    assert merged["statusLine"] == WANTED["statusLine"]
    assert kept == []


def test_our_own_older_entries_are_replaced() -> None:
    old = claude_code.wanted_settings(CONFIG, "/old/token-budget", telemetry=False)

    merged, kept = merge(old)

    assert (merged, kept) == (WANTED, [])


def test_telemetry_points_at_the_server_with_the_key() -> None:
    environment = WITH_TELEMETRY["env"]

    assert environment["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://budget:8000"
    assert environment["OTEL_EXPORTER_OTLP_HEADERS"] == "Authorization=Bearer tb_1"
    assert "CLAUDE_CODE_ENABLE_TELEMETRY" not in WANTED["env"]


@pytest.mark.parametrize(
    "existing",
    [{"env": []}, {"hooks": "none"}, {"hooks": {"PostCompact": {"a": 1}}}],
    ids=str,
)
def test_odd_structures_are_refused(existing: dict[str, Any]) -> None:
    with pytest.raises(claude_code.SettingsError):
        merge(existing)


@pytest.mark.parametrize("text", ["{", "[]", "7"])
def test_a_file_that_is_no_settings_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text)

    with pytest.raises(claude_code.SettingsError, match=r"settings\.json"):
        claude_code.read_settings(path)


def test_a_missing_or_empty_file_is_no_settings(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"

    assert claude_code.read_settings(path) == {}
    path.write_text("\n")
    assert claude_code.read_settings(path) == {}


def test_writing_keeps_the_old_file_and_is_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "settings.json"

    assert claude_code.write_settings(path, {"model": "opus"}) is None
    backup = claude_code.write_settings(path, WANTED)

    assert backup is not None
    assert json.loads(backup.read_text()) == {"model": "opus"}
    assert json.loads(path.read_text()) == WANTED
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(path.parent.iterdir()) == sorted([path, backup])


def test_a_link_to_dotfiles_elsewhere_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.json"
    real.write_text("{}")
    link = tmp_path / "settings.json"
    link.symlink_to(real)

    claude_code.write_settings(link, WANTED)

    assert link.is_symlink()
    assert json.loads(real.read_text()) == WANTED


def test_the_path_follows_claude_codes_own_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", "/somewhere")
    assert claude_code.settings_path() == Path("/somewhere/settings.json")
    monkeypatch.delenv("CLAUDE_CONFIG_DIR")
    assert claude_code.settings_path() == Path.home() / ".claude" / "settings.json"
