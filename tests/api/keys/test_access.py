"""Who is counted as a stranger at the front door, and who is known there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from budget_site.edge.strangers import strangers
from tracker.api.errors import ApiError
from tracker.api.keys.access import usable
from tracker.api.keys.keyring import KeyGrant, keyring
from tracker.changes.access.api_keys import create_api_key
from tracker.changes.request_context import begin, leave


@pytest.fixture
def grant(project: Any) -> KeyGrant:
    found = keyring.find(create_api_key(project=project, name="k")[1])
    assert found is not None
    return found


def test_an_expired_key_is_no_guess_and_a_valid_one_is_known(grant: KeyGrant) -> None:
    """A busy client whose key had run out held up all others of its address."""
    context = begin("", "192.0.2.78")
    try:
        with pytest.raises(ApiError, match="expired"):
            usable(replace(grant, expires_at=datetime(2026, 1, 1, tzinfo=UTC)))
        assert not context.is_unknown and not strangers.knows("192.0.2.78")

        with pytest.raises(ApiError, match="expired"):
            usable(None)
        assert context.is_unknown

        usable(grant)
        assert strangers.knows("192.0.2.78")
    finally:
        leave()
