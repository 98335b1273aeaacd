"""A site below a path: the paths a proxy may pass on, and the addresses to print."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from budget_site.environment import env_path_prefix
from budget_site.path_prefix import bare, below_prefix, site_link


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("/budget/events/", "/events/"),
        ("/events/", "/events/"),  # the proxy took the prefix away
        ("/budget", "/"),
        ("/budget/", "/"),
        ("/budgets/", "/budgets/"),  # another name that begins alike
        ("/budget/budget/", "/budget/"),
    ],
)
def test_both_kinds_of_proxy_reach_the_same_page(
    settings: Any, asked: str, meant: str
) -> None:
    settings.PATH_PREFIX = "/budget"

    found = bare({"path": asked, "type": "http"})

    assert found == {"path": meant, "type": "http"}
    assert below_prefix(found) == {
        "path": f"/budget{meant}",
        "root_path": "/budget",
        "type": "http",
    }


def test_at_the_root_nothing_changes(settings: Any) -> None:
    scope = {"path": "/budget/", "type": "http"}

    assert bare(scope) is scope
    assert below_prefix(scope) is scope


def test_an_address_with_or_without_the_prefix_gives_one_link(settings: Any) -> None:
    settings.PATH_PREFIX = "/budget"

    for address in ("https://ops.example", "https://ops.example/budget/"):
        link = site_link(address, "session", 7)
        assert link == "https://ops.example/budget/sessions/7/"


@pytest.mark.parametrize("written", ["/a/budget", "a/budget/", " /a/budget/ "])
def test_the_slashes_of_the_setting_do_not_matter(
    monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("PREFIX", written)

    assert env_path_prefix("PREFIX") == "/a/budget"


@pytest.mark.parametrize("wrong", ["/a b", "/../x", "https://host/budget", "/a//b"])
def test_a_setting_that_is_no_path_is_refused(
    monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv("PREFIX", wrong)

    with pytest.raises(ImproperlyConfigured, match="such as /budget"):
        env_path_prefix("PREFIX")
