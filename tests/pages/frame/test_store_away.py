"""Where another file lies in the place of the database, nothing is read from the old
one.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError

from tracker.pages.frame import store_away


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
