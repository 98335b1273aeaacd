"""Loopback servers, and clients that report to them from a folder of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client.fake_providers import Providers
from tests.client.fake_server import BudgetServer
from tracker.client import BudgetClient


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where spools go: never the developer's own folder."""
    monkeypatch.setenv("TOKEN_BUDGET_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("TOKEN_BUDGET_URL", raising=False)
    monkeypatch.delenv("TOKEN_BUDGET_KEY", raising=False)
    return tmp_path / "state"


@pytest.fixture
def server(state: Path) -> Iterator[BudgetServer]:
    server = BudgetServer()
    yield server
    server.stop()


@pytest.fixture
def providers() -> Iterator[Providers]:
    providers = Providers()
    yield providers
    providers.stop()


@pytest.fixture
def budget(server: BudgetServer) -> Iterator[BudgetClient]:
    client = BudgetClient(server.url, "tb_key", session="chat-42")
    yield client
    client.close()
