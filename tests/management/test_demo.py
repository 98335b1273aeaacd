from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import uvicorn
from django.core.management import CommandError, call_command

from tests.default_policy import make_default_policy
from tracker.management.demo.story import calls_of, read_story
from tracker.models import (
    ApiKey,
    Compression,
    LLMSession,
    Project,
    ProjectMember,
    ThresholdEvent,
)

CALLS = calls_of(read_story())


@pytest.fixture
def address(store: None) -> Iterator[str]:
    """The real application on a free loopback port."""
    from budget_site.asgi import application

    make_default_policy()
    config = uvicorn.Config(application, port=0, lifespan="on", log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def demo(**options: Any) -> str:
    out = StringIO()
    call_command("demo", stdout=out, **options)
    return out.getvalue()


def test_the_story_is_labelled_and_lasts_a_few_minutes():
    sessions = read_story()["sessions"]

    assert 120 <= max(call.seconds for call in CALLS) <= 300
    assert all(s["title"].startswith("Demo: ") for s in sessions)
    assert all(s["session"].startswith("demo/") for s in sessions)
    assert len({s["model"] for s in sessions}) >= 5


def test_calls_come_in_the_order_of_time():
    assert [c.seconds for c in CALLS] == sorted(c.seconds for c in CALLS)


def test_the_demo_is_played_through_the_endpoint_and_taken_away(address: str):
    said = demo(address=address, fast=True)

    assert f"{len(CALLS)} calls played" in said
    levels = dict(LLMSession.objects.values_list("key", "level"))
    assert levels["demo/translate-release-notes"] == "ok"
    assert levels["demo/nightly-import"] == "exceeded"
    reached = set(ThresholdEvent.objects.values_list("to_level", flat=True))
    assert reached == {"ok", "warning", "compress", "critical", "exceeded"}
    by = set(Compression.objects.values_list("performed_by", flat=True))
    assert by == {"tracker", "client"}
    assert not ApiKey.objects.usable().filter(name="demo player").exists()

    assert "gone" in demo(remove=True)

    assert not Project.objects.filter(slug="demo").exists()
    assert not LLMSession.objects.exists()
    assert "no demo" in demo(remove=True)


def test_a_second_time_begins_anew(address: str, django_user_model: Any):
    django_user_model.objects.create_user("ana")

    demo(address=address, fast=True)
    demo(address=address, speed=2_000.0, member="ana", verbosity=2)

    session = LLMSession.objects.get(key="demo/incident-chat")
    assert session.sample_count == 15
    assert ProjectMember.objects.get().user.get_username() == "ana"


def test_a_project_of_ones_own_is_left_alone(store: None):
    Project.objects.create(slug="demo", name="Ours")

    for options in ({"fast": True}, {"remove": True}):
        with pytest.raises(CommandError, match="your own exists|not the demo's"):
            demo(**options)

    assert Project.objects.get().name == "Ours"


def test_a_server_that_does_not_answer_is_named(store: None):
    with pytest.raises(CommandError, match="Nothing answers at http://127.0.0.1:9"):
        demo(address="http://127.0.0.1:9", fast=True)


def test_a_speed_of_zero_is_refused(store: None):
    with pytest.raises(CommandError, match="above 0"):
        demo(speed=0.0)
