"""The world that every door is tried in."""

from __future__ import annotations

import pytest

from tests.isolation.world import World, make_world


@pytest.fixture(autouse=True)
def demo_that_does_not_play(monkeypatch: pytest.MonkeyPatch) -> None:
    from tracker.pages.start import demo

    monkeypatch.setattr(demo, "_play", lambda *given: given[-1].write("begun"))


@pytest.fixture
def world(store: None) -> World:
    return make_world(("optimize",))
