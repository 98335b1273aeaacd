"""What is imported behind the first reports: waited for, once, and stopped."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from budget_site.serving import later
from budget_site.serving.later import Later

MODULE = "a_module_of_this_test"


@pytest.fixture
def imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[threading.Event]:
    """Set to let the import of MODULE go on."""
    may_go_on = threading.Event()
    monkeypatch.setattr(later, "MODULE", MODULE)
    monkeypatch.setattr(later.memory, "settle", lambda: None)
    monkeypatch.setattr(threading, "of_this_test", may_go_on, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / f"{MODULE}.py").write_text(
        "import threading\n"
        "threading.of_this_test.wait()\n"
        "told = []\n"
        "def import_pages(): told.append('pages')\n"
        "def start_keepers(): told.append('keepers')\n"
        "async def stop_keepers(): told.append('stopped')\n"
    )
    yield may_go_on
    sys.modules.pop(MODULE, None)


async def test_who_needs_it_waits_for_all_of_it(imported: threading.Event) -> None:
    found = Later()
    found.begin()
    asking = [asyncio.create_task(found.module()) for _ in range(2)]
    await asyncio.sleep(0)
    assert not any(one.done() for one in asking)

    imported.set()
    one, other = await asyncio.gather(*asking)

    assert one is other
    assert one.told == ["pages", "keepers"]


async def test_one_who_leaves_ends_nothing(imported: threading.Event) -> None:
    found = Later()
    found.begin()
    asking = asyncio.create_task(found.module())
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)

    imported.set()

    assert (await found.module()).told == ["pages", "keepers"]


async def test_a_server_that_stops_early_stops_what_was_started(
    imported: threading.Event,
) -> None:
    found = Later()
    found.begin()
    stopping = asyncio.create_task(found.stop())
    imported.set()

    await stopping

    assert sys.modules[MODULE].told == ["pages", "keepers", "stopped"]


async def test_each_request_says_why_it_cannot_be_imported(
    imported: threading.Event, tmp_path: Path, caplog: Any
) -> None:
    (tmp_path / f"{MODULE}.py").write_text("import a_module_that_is_not_there\n")
    found = Later()
    found.begin()

    for _ in range(2):
        with pytest.raises(ModuleNotFoundError):
            await found.module()

    assert "Pages are not served" in caplog.text
    await found.stop()


async def test_without_a_beginning_the_first_who_asks_imports_it(
    imported: threading.Event,
) -> None:
    imported.set()
    found = Later()

    assert (await found.module()).__name__ == MODULE
    await found.stop()  # nothing
