"""Where Claude Code compacts: its environment, then the nearest settings file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracker.client.claude_code.compaction_trigger import compact_at_tokens
from tracker.client.claude_code.statusline import read_statusline, report_of

NAME = "CLAUDE_CODE_AUTO_COMPACT_WINDOW"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "home"))
    return tmp_path / "home"


def put(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def test_nobody_set_it(tmp_path: Path) -> None:
    assert compact_at_tokens("", {}) is None
    assert compact_at_tokens(str(tmp_path), {NAME: "soon"}) is None


def test_the_nearest_file_counts_and_the_environment_before_all(
    home: Path, tmp_path: Path
) -> None:
    project = tmp_path / "work"
    put(home, "settings.json", '{"autoCompactWindow": 400000}')
    assert compact_at_tokens(str(project), {}) == 400_000

    put(project / ".claude", "settings.json", '{"autoCompactWindow": 300000}')
    assert compact_at_tokens(str(project), {}) == 300_000

    put(project / ".claude", "settings.local.json", '{"autoCompactWindow": 200000}')
    assert compact_at_tokens(str(project), {}) == 200_000
    assert compact_at_tokens(str(project), {NAME: "100000"}) == 100_000
    assert compact_at_tokens("", {}) == 400_000


@pytest.mark.parametrize("text", ["{", "[]", '{"autoCompactWindow": true}', "\xff"])
def test_a_file_that_says_nothing_is_passed_over(
    home: Path, tmp_path: Path, text: str
) -> None:
    put(home, "settings.json", '{"autoCompactWindow": 400000}')
    folder = tmp_path / "work/.claude"
    folder.mkdir(parents=True)
    (folder / "settings.json").write_bytes(text.encode("latin-1"))

    assert compact_at_tokens(str(tmp_path / "work"), {}) == 400_000


def test_the_report_tells_it() -> None:
    line = read_statusline(
        {
            "session_id": "s",
            "workspace": {"project_dir": "/srv/work"},
            "context_window": {"current_usage": {"input_tokens": 9}},
        }
    )

    assert line.project == "/srv/work"
    told = report_of(line, compact_at_tokens=300_000)
    assert told is not None and told["compact_at_tokens"] == 300_000
    untold = report_of(line)
    assert untold is not None and "compact_at_tokens" not in untold
