"""A person who is logged in is known at the front door."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from budget_site.edge.strangers import strangers


@pytest.mark.django_db
def test_only_who_is_logged_in_waits_less_beside_a_flood(admin_user: Any) -> None:
    client = Client(REMOTE_ADDR="192.0.2.77")
    client.get("/")
    client.post("/login/", {"username": "admin", "password": "wrong"})
    assert not strangers.knows("192.0.2.77")

    client.force_login(admin_user)
    client.get("/")

    assert strangers.knows("192.0.2.77")
