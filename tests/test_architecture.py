"""docs/architecture.md lists the way of one POST to an open page. Here a real POST is
traced, and the list is compared with the files whose functions ran.
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.live.conftest import application, open_socket
from tracker.ingest.repeating import RepeatingThread

__all__ = ["application", "open_socket"]

ROOT = Path(__file__).parents[1]
MOST_FILES, MOST_FORMS = 25, 8
REPORT = {"session": "s", "title": "Refund bot", "event_id": "e", "model": "m"}


def section(name: str) -> str:
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    return text.split(f"### {name}\n", 1)[1].split("\n#", 1)[0]


def listed(name: str) -> list[str]:
    """The first file that each numbered or dotted line of this section names."""
    lines = re.findall(r"^(?:\d+\.|-) (?:\*\*)?`([\w/]+\.py)`", section(name), re.M)
    return list(lines)


ROAD = listed("The road")
BESIDE = re.findall(r"`([\w/]+\.py)`", section("Beside the road"))
FORMS = re.findall(r"^\d+\. `(\w+)` \(`([\w/]+\.py)`\)", section("The forms"), re.M)


class Trace:
    """Which file's functions ran, in every thread, and which file called them."""

    def __init__(self) -> None:
        self.is_on = False
        self.files: set[str] = set()
        self.calls: set[tuple[str, str, str]] = set()  # caller, file, function
        self._known: dict[str, str | None] = {}

    def __call__(self, frame: FrameType, event: str, arg: Any) -> None:
        if not self.is_on or event != "call":
            return
        # What a thread does from time to time by itself is no part of the way.
        if isinstance(threading.current_thread(), RepeatingThread):
            return
        name = self._name(frame)
        if name is None:
            return
        self.files.add(name)
        caller = frame.f_back
        while caller is not None and self._name(caller) is None:
            caller = caller.f_back
        if caller is not None:
            by = self._name(caller) or ""
            self.calls.add((by, name, frame.f_code.co_qualname))

    def _name(self, frame: FrameType) -> str | None:
        """The file's path from the root; None for a file that is not the product's."""
        path = frame.f_code.co_filename
        if path not in self._known:
            inside = path.removeprefix(f"{ROOT}/")
            rooms = ("tracker/", "budget_site/")
            self._known[path] = inside if inside.startswith(rooms) else None
        return self._known[path]


@pytest.fixture
def trace() -> Iterator[Trace]:
    """Asked for before the application, so that its threads are traced, too."""
    made, before = Trace(), sys.getprofile()
    threading.setprofile(made)
    sys.setprofile(made)
    yield made
    sys.setprofile(before)
    threading.setprofile(None)


async def test_a_report_passes_the_listed_files_and_no_other(
    trace: Trace, api: Any, open_socket: Callable[..., Any]
) -> None:
    from tracker.live.hub import hub

    socket = await open_socket()
    await socket.next()
    # No polling meanwhile: it may read the rows before their news comes. A poll that
    # runs now has ended when its tick has delivered something.
    hub._polled_at = time.monotonic() + 3_600
    # The first report fills what every process keeps: policies, keys, sessions.
    await api.post("/usage", {**REPORT, "event_id": "1", "tokens": {"history": 5}})
    await socket.first("counts")

    trace.is_on = True
    await api.post("/usage", {**REPORT, "tokens": {"history": 170_000}})
    await socket.first("event")
    trace.is_on = False

    # A thread of a pool that has its first query just now opens its connection.
    assert trace.files - {*ROAD, *BESIDE, "budget_site/sqlite/base.py"} == set()
    assert set(ROAD) - trace.files == set()
    # A file beside the road is asked and answers: it never passes the report on. It
    # may use the forms, what they hold, and the rules of the domain.
    types = set(re.findall(r"`([A-Z]\w+)`", section("The forms")))
    assert {
        (by, file, name)
        for by, file, name in trace.calls
        if by in BESIDE
        and file in ROAD
        and not file.startswith("tracker/domain/")
        and name.split(".")[0] not in types
    } == set()


def test_the_list_is_short_and_in_the_order_of_the_imports() -> None:
    assert len(ROAD) == len(set(ROAD)) <= MOST_FILES
    assert not {*ROAD} & {*BESIDE}
    reached = {ROAD[0]}
    for path in ROAD:
        assert path in reached, f"no file before {path} leads to it"
        named = imports(path)
        # A file beside the road may be asked for the next one on it: get_writer().
        reached |= named.union(*(imports(p) for p in named.intersection(BESIDE)))


def test_the_files_beside_the_road_are_imported_by_those_on_it() -> None:
    reached, waiting = set(), [*ROAD]
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting += imports(path)

    assert set(BESIDE) - reached == set()


def test_the_forms_are_few_and_stand_in_files_on_the_road() -> None:
    assert 0 < len(FORMS) <= MOST_FORMS
    for name, path in FORMS:
        assert path in ROAD
        module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
        assert isinstance(getattr(module, name), type)


def imports(path: str) -> set[str]:
    """The product's files that this one names in its imports, wherever they stand."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            file = name.replace(".", "/")
            for candidate in (f"{file}.py", f"{file}/__init__.py"):
                if (ROOT / candidate).is_file():
                    found.add(candidate)
    return found
