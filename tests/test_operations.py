"""The examples of docs/operations.md name what there is."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs/operations.md").read_text("utf-8")


def example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    assert found, f"no {language} example"
    return found[1]


def test_every_command_and_make_target_exists() -> None:
    commands = ROOT / "tracker/management/commands"
    known = {path.stem for path in commands.glob("[a-z]*.py")} | {"migrate", "check"}
    targets = re.findall(r"^([\w./-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)

    named = re.findall(r"manage\.py\"?,? \"?([a-z_]+)", TEXT)
    made = re.findall(r"(?:`|RUN |\n|&& )make ([\w./-]+)", TEXT)

    assert named and set(named) <= known
    assert made and set(made) <= set(targets)


@pytest.mark.parametrize("language", ["env", "dockerfile"])
def test_every_setting_of_an_example_is_one(language: str) -> None:
    reference = (ROOT / "docs/reference.md").read_text("utf-8")
    named = set(re.findall(r"TOKEN_BUDGET_[A-Z_]+", example(language)))

    assert named
    assert [name for name in named if f"`{name}`" not in reference] == []


def test_unit_and_commands_read_the_same_settings() -> None:
    (kept,) = set(re.findall(r"EnvironmentFile=(\S+)", example("ini")))

    assert f"`{kept}`" in TEXT
    assert f"set -a && . {kept}\n" in TEXT


def test_the_server_is_started_with_options_it_has() -> None:
    from django.core.management import load_command_class

    parser = load_command_class("tracker", "up").create_parser("manage.py", "up")
    for language in ("ini", "dockerfile"):
        line = next(x for x in example(language).splitlines() if "manage.py" in x)
        words = re.findall(r"[\w./:-]+", line.split("up", 1)[1])
        assert parser.parse_args(words).port == 8000


def test_the_image_holds_neither_secrets_nor_another_environment() -> None:
    left_out = (ROOT / ".dockerignore").read_text().split()

    assert "COPY . ." in example("dockerfile")
    assert {"data", ".venv", ".git"} <= set(left_out)


def test_the_health_check_asks_an_address_there_is() -> None:
    from django.urls import resolve

    (path,) = re.findall(r"127\.0\.0\.1:8000(/\w+)'", example("dockerfile"))

    assert resolve(path).url_name == "healthz"


def test_a_websocket_passes_the_proxy() -> None:
    """What the app compares and counts by: origin with its port, address, scheme."""
    site = example("nginx")

    for line in (
        "proxy_set_header Host $http_host;",
        "proxy_set_header Upgrade $http_upgrade;",
        "proxy_set_header Connection $connection_upgrade;",
        "proxy_set_header X-Forwarded-Proto $scheme;",
        "proxy_set_header X-Forwarded-For $remote_addr;",
    ):
        assert line in site
    from django.conf import settings

    (size,) = re.findall(r"client_max_body_size (\d+)m;", site)
    assert int(size) * 1024 * 1024 >= settings.OPTIMIZE_BODY_BYTES


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_finds_nothing_to_complain_of(tmp_path: Path) -> None:
    unit = tmp_path / "token-budget.service"
    there_is = re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", example("ini"))
    unit.write_text(there_is)

    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_the_unit_is_closed_to_what_it_does_not_need(tmp_path: Path) -> None:
    unit = tmp_path / "token-budget.service"
    unit.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", example("ini")))

    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(unit)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    (score,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert float(score) <= 3.0
