"""Where another file lies in the place of the database, nothing is read from the old
one. What names a row that was deleted meanwhile is answered as such a row.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError

from tracker.pages.frame.middleware import store_away


@pytest.mark.parametrize(
    ("path", "status"),
    [("/login/", 503), ("/api/v1/sessions/quiz", 503), ("/healthz", 200)],
)
def test_every_address_but_a_probe_says_so(
    store: None, client: Any, monkeypatch: pytest.MonkeyPatch, path: str, status: int
) -> None:
    def replaced() -> None:
        raise OperationalError("the database file was replaced")

    monkeypatch.setattr(store_away, "refuse_another", replaced)

    assert client.get(path).status_code == status


@pytest.fixture
def cut(make_session: Any, make_compression: Any) -> Any:
    return make_compression(make_session("chat-1"))


@pytest.mark.parametrize(
    ("path", "form", "name"),
    [
        ("/compressions/{}/comment/", {"text": "seen"}, "comment"),
        ("/compressions/{}/assign/", {"assignee": "admin-search"}, "assign"),
        ("/share/compressions/{}/", {"shows": "page", "days": "1"}, "make_link"),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_what_names_a_row_that_is_deleted_meanwhile_is_not_found(
    browser_of: Any,
    project: Any,
    cut: Any,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    form: dict[str, str],
    name: str,
) -> None:
    from tracker.pages.compressions import comments
    from tracker.pages.share import making

    owner = making if name == "make_link" else comments
    stored = getattr(owner, name)

    def deleted_before(*arguments: Any, **named: Any) -> Any:
        cut.session.delete()
        return stored(*arguments, **named)

    monkeypatch.setattr(owner, name, deleted_before)

    answer = browser_of(project, "admin").post(path.format(cut.pk), form)

    assert answer.status_code == 404
    assert "Page not found" in answer.content.decode()
