"""Known keys are kept in memory, and forgotten where one of them changed."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_key_that_was_read_before_its_revocation_was_seen_is_not_remembered(
    project: Any, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.api.keys import keyring
    from tracker.changes.access.api_keys import revoke_api_key
    from tracker.models import ApiKey
    from tracker.reading import config_cache

    monkeypatch.setattr(config_cache, "CHECK_SECONDS", -1.0)
    ring = keyring.Keyring()
    read = keyring._read

    def read_slowly(asked: str) -> Any:
        """Meanwhile it is revoked, and another thread sees that."""
        monkeypatch.setattr(keyring, "_read", read)
        found = read(asked)
        revoke_api_key(ApiKey.objects.get())
        assert ring.find("tb_another") is None
        return found

    monkeypatch.setattr(keyring, "_read", read_slowly)

    assert not ring.find(key).has_ended  # it was good when it was read
    found = ring.find(key)
    assert found.has_ended and not found.scopes


def test_unknown_keys_are_remembered_up_to_a_number_and_good_ones_stay(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.api.keys import keyring

    monkeypatch.setattr(keyring, "UNKNOWN_REMEMBERED", 3)
    ring = keyring.Keyring()
    ring.find(key)

    for number in range(10):
        assert ring.find(f"tb_{number}") is None

    assert len(ring._grants.get()) <= 4
    assert ring.cached(key) is not None
