from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from budget_site.environment import (
    KNOWN,
    PREFIX,
    TESTS,
    env_address,
    env_tokenizers,
    unknown_variables,
)

NAME = "TOKEN_BUDGET_TOKENIZERS"
ROOT = Path(__file__).parents[2]
NAMED = re.compile(rf"[\"']({PREFIX}[A-Z_]+)[\"']")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("llama=house.llama:count", {"llama": "house.llama:count"}),
        (" a = m:f , b-2=p.q.f,", {"a": "m:f", "b-2": "p.q.f"}),
    ],
)
def test_tokenizers_are_read_by_name(
    text: str, found: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, text)

    assert env_tokenizers(NAME) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("llama", "write name=package.module:function"),
        ("llama=count", "write name=package.module:function"),
        ("Llama=m:f", "small letters"),
        ("llama=m:f()", "'llama=m:f\\(\\)'"),
        ("counted=m:f", "'counted', which is taken"),
        ("a=m:f,a=m:g", "'a', which is taken"),
    ],
)
def test_a_wrong_tokenizer_stops_the_start_and_says_what_to_write(
    text: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, text)

    with pytest.raises(ImproperlyConfigured, match=words):
        env_tokenizers(NAME)


def manage(tmp_path: Path, *arguments: str, **wrong: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=Path(__file__).parents[2],
        env=os.environ
        | {"DJANGO_SETTINGS_MODULE": "budget_site.settings"}
        | {"TOKEN_BUDGET_DATA": str(tmp_path)}
        | wrong,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stderr


def test_a_wrong_setting_ends_a_command_with_one_line(tmp_path: Path) -> None:
    ended = manage(tmp_path, "up", TOKEN_BUDGET_BEHIND_TLS="maybe")

    assert ended == (1, "TOKEN_BUDGET_BEHIND_TLS is 'maybe': set it to 1 or 0.\n")


def test_an_address_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "TOKEN_BUDGET_OTLP_LOGS"
    monkeypatch.setenv(name, " https://collector.example/v1/logs ")
    assert env_address(name) == "https://collector.example/v1/logs"

    monkeypatch.setenv(name, "collector:4318")
    with pytest.raises(ImproperlyConfigured, match=name):
        env_address(name)


def test_a_misspelled_name_is_told_with_the_one_that_was_meant() -> None:
    environment = {
        "TOKEN_BUDGET_PROXYS": "10.0.0.1",
        "TOKEN_BUDGET_KEEP_EVERYTHING_FOR_EVER": "1",
        "TOKEN_BUDGET_PROXIES": "10.0.0.1",
        "PATH": "/bin",
    }

    assert unknown_variables(environment) == {
        "TOKEN_BUDGET_KEEP_EVERYTHING_FOR_EVER": "",
        "TOKEN_BUDGET_PROXYS": "TOKEN_BUDGET_PROXIES",
    }


def test_the_names_are_those_that_the_product_reads() -> None:
    sources = [ROOT / "manage.py"]
    for top in ("budget_site", "tracker"):
        sources += (ROOT / top).rglob("*.py")
    read = {name for path in sources for name in NAMED.findall(path.read_text())}

    assert KNOWN - {PREFIX + name for name in TESTS.split()} == read


def test_each_command_says_so(tmp_path: Path) -> None:
    ours = (PREFIX, "DJANGO_")
    given = {name: v for name, v in os.environ.items() if not name.startswith(ours)}
    given |= {"TOKEN_BUDGET_DATA": str(tmp_path), f"{PREFIX}PROXYS": "1"}
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert "TOKEN_BUDGET_PROXYS is set, and nothing reads it" in done.stderr
    assert "Did you mean TOKEN_BUDGET_PROXIES?" in done.stderr
