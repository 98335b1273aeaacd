"""While the database is away, nobody waits in line for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError

from tracker.api.keys import asking, keyring


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Iterator[keyring.Keyring]:
    """A new one, whose answers are stale at once."""
    from tracker.reading import config_cache

    monkeypatch.setattr(config_cache, "CHECK_SECONDS", -1.0)
    ring = keyring.Keyring()
    monkeypatch.setattr(asking, "keyring", ring)
    yield ring
    ring._grants.forget()


def is_away(*_: Any) -> None:
    raise OperationalError("the server has not answered")


@pytest.mark.django_db(transaction=True)
async def test_a_known_key_goes_on_and_an_unknown_one_hears_why(
    ring: keyring.Keyring, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = await asking.find_for_writing(key)
    monkeypatch.setattr(ring, "find", is_away)

    assert known is not None
    assert await asking.find_for_writing(key) == known
    with pytest.raises(OperationalError):
        await asking.find_for_writing("tb_never_seen")
    with pytest.raises(OperationalError):  # nobody looks at it again
        await asking.find_for_reading(key)
