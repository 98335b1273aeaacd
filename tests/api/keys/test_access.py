"""Who is counted as a stranger at the front door, and who is known there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from budget_site.edge.strangers import strangers
from tracker.api.errors import ApiError
from tracker.api.keys.access import authorize, usable
from tracker.api.keys.keyring import KeyGrant, keyring
from tracker.changes.access.api_keys import create_api_key, revoke_api_key
from tracker.changes.request_context import begin, leave
from tracker.models import ApiKey


@pytest.fixture
def grant(project: Any) -> KeyGrant:
    found = keyring.find(create_api_key(project=project, name="k")[1])
    assert found is not None
    return found


def ended(project: Any, how: str) -> str:
    """A key that can open nothing any more, unknown to this process."""
    row, key = create_api_key(project=project, name=how)
    if how == "revoked":
        revoke_api_key(row)
    else:
        ApiKey.objects.filter(pk=row.pk).update(
            expires_at=datetime(2026, 1, 1, tzinfo=UTC)
        )
    return key


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_a_key_that_has_ended_is_no_guess_and_opens_nothing(
    project: Any, how: str
) -> None:
    """A busy client that went on with it held up all others of its address."""
    key = ended(project, how)
    context = begin("", "192.0.2.79")
    try:
        for scope in ("ingest", "read"):
            with pytest.raises(ApiError, match="revoked or expired") as refused:
                authorize(f"Bearer {key}", scope)
            assert refused.value.status == 401
        assert not context.is_unknown and not strangers.knows("192.0.2.79")
    finally:
        leave()


def test_an_expired_key_is_no_guess_and_a_valid_one_is_known(grant: KeyGrant) -> None:
    """Also where it was good when it was read."""
    context = begin("", "192.0.2.78")
    try:
        with pytest.raises(ApiError, match="expired"):
            usable(replace(grant, ends_at=datetime(2026, 1, 1, tzinfo=UTC)))
        assert not context.is_unknown and not strangers.knows("192.0.2.78")

        with pytest.raises(ApiError, match="expired"):
            usable(None)
        assert context.is_unknown

        usable(grant)
        assert strangers.knows("192.0.2.78")
    finally:
        leave()
