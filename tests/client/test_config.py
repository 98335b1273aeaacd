"""Which server and key are used, and where reports wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracker.client.config import Config, state_folder


def test_arguments_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN_BUDGET_URL", "http://environment/")
    monkeypatch.setenv("TOKEN_BUDGET_KEY", "tb_env")

    assert Config.of() == Config("http://environment", "tb_env")
    assert Config.of("http://given") == Config("http://given", "tb_env")
    assert not Config.of("").is_on


def test_spools_of_two_servers_or_keys_are_two_folders() -> None:
    folders = {
        Config(url, key).spool_folder
        for url in ("http://a", "http://b")
        for key in "xy"
    }

    assert len(folders) == 4


def test_the_state_folder_is_the_given_one_or_the_platforms(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TOKEN_BUDGET_STATE", str(tmp_path / "given"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert state_folder() == tmp_path / "given"

    monkeypatch.delenv("TOKEN_BUDGET_STATE")
    assert state_folder() == tmp_path / "xdg" / "token-budget"

    monkeypatch.delenv("XDG_STATE_HOME")
    assert state_folder() == Path.home() / ".local" / "state" / "token-budget"
