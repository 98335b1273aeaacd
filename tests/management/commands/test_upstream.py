"""manage.py upstream: what it sets is where calls go."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from tracker.migrations._first_release import first_rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def providers(db: None) -> None:
    """What the migration adds: a test that empties the tables may have run before."""
    first_rows.add_providers(apps, None)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("upstream", *arguments)
    return capsys.readouterr().out


def test_the_providers_everybody_has_are_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    listed = said(capsys, "list")

    assert "https://api.anthropic.com" in listed
    assert "https://api.openai.com" in listed


def test_set_adds_changes_and_keeps_the_dialect(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from tracker.models import AuditEntry, ConfigVersion, Upstream

    before = ConfigVersion.current()
    said(capsys, "set", "local", "http://127.0.0.1:11434/", "--dialect", "other")
    answer = said(capsys, "set", "local", "http://127.0.0.1:11435")

    row = Upstream.objects.get(name="local")
    assert (row.base_url, row.dialect) == ("http://127.0.0.1:11435", "other")
    assert "/gateway/local/ goes to http://127.0.0.1:11435" in answer
    assert ConfigVersion.current() == before + 2
    assert AuditEntry.objects.filter(action="upstream_set").count() == 2


def test_remove_takes_it_away(capsys: pytest.CaptureFixture[str]) -> None:
    from tracker.models import Upstream

    said(capsys, "remove", "openai")

    assert not Upstream.objects.filter(name="openai").exists()
    with pytest.raises(CommandError, match="no upstream"):
        call_command("upstream", "remove", "openai")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com",
        "api.example.com",
        "https://",
        "https://user:secret@example.com",
        "https://example.com/?a=1",
        "https://example.com/#a",
        "https://example.com/a/../b",
        "http://example.com:port",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(CommandError):
        call_command("upstream", "set", "local", url)


def test_a_name_that_is_no_word_is_refused() -> None:
    with pytest.raises(CommandError):
        call_command("upstream", "set", "a/b", "http://127.0.0.1:1")
