"""Hostile texts in a real Chromium: nothing runs, nothing opens, nothing sticks out."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.security import hostile
from tests.security.pouring import Pourer, write_transcripts

pytestmark = pytest.mark.browser

PLACES = """
import django; django.setup()
from tracker.models import Compression, LLMSession, Policy, Project
for number, text in enumerate({names!r}):
    project = Project.objects.create(slug=f"h{{number}}", name=text[:100])
    Policy.objects.create(name=text[:100], project=project, message_limit=30)
named = LLMSession.objects.exclude(title="").order_by("pk")[:{most}]
cuts = Compression.objects.order_by("pk")
print(*[f"/sessions/{{s.pk}}/" for s in named][::3])
print(*[f"/compressions/{{c.pk}}/?show=all" for c in cuts][::4])
print(*[f"/policies/{{p.pk}}/" for p in Policy.objects.order_by("-pk")][::12])
"""
LISTS = ("/", "/sessions/", "/events/", "/compressions/?review=all", "/fleet/",
         "/compressions/retention/", "/policies/", "/integrations/")  # fmt: skip
ADMIN = ("llmsession", "usagesample", "compression", "project", "policy", "auditentry")
# What a script would leave behind, and what a browser says of itself.
TRACES = "[window.pwned, document.querySelectorAll('x-pwned, [x-pwned]').length]"


@pytest.fixture(scope="module")
def poured(server, tmp_path_factory):
    async def pour() -> None:
        headers = {"Authorization": f"Bearer {server.key}"}
        async with httpx.AsyncClient(
            base_url=server.address, headers=headers, timeout=60
        ) as client:
            await Pourer(client).everything()

    # In a thread of its own: Playwright's loop may run in this one.
    with ThreadPoolExecutor(1) as other:
        other.submit(lambda: asyncio.run(pour())).result()
    folder = tmp_path_factory.mktemp("transcripts")
    write_transcripts(folder)
    server.manage("import_transcripts", str(folder))
    names = list(hostile.NAMES.values())
    code = PLACES.format(names=names[::4], most=len(names))
    server.places = server.python("-c", code).split()
    return server


def test_hostile_text_does_nothing_in_a_browser(poured, visit):
    visitor = visit(poured, width=390)
    dialogs = []
    visitor.page.on("dialog", lambda dialog: (dialogs.append(dialog), dialog.dismiss()))
    texts = list(hostile.TEXTS.values())[::8]
    asked = [f"/sessions/?{httpx.QueryParams({'q': t, 'model': t})}" for t in texts]
    wrong = []
    for path in [*LISTS, *poured.places, *asked]:
        page = visitor.open(path)
        page.wait_for_timeout(60)
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > 390:
            wrong.append(f"{path} is {wide} wide")
        wrong += [f"{path}: {what}" for what in visitor.refused()]
        visitor.complaints.clear()
        if page.evaluate(TRACES) != [None, 0]:
            wrong.append(f"{path}: {page.evaluate(TRACES)}")
    for name in ADMIN:
        page = visitor.open(f"/admin/tracker/{name}/")
        wrong += [f"admin {name}: {what}" for what in visitor.refused()]
        if page.evaluate(TRACES) != [None, 0]:
            wrong.append(f"admin {name}: {page.evaluate(TRACES)}")

    assert wrong == [], "\n".join(wrong)
    assert dialogs == []
    assert visitor.page.evaluate("document.cookie").count("pwned") == 0


def test_news_of_hostile_sessions_are_shown_as_the_server_shows_them(poured, visit):
    page = visit(poured).open_live("/")
    page.click("[data-stream-pause]")
    for number, text in enumerate(hostile.NAMES.values()):
        poured.report(f"live {number}", 1_000, title=text)
        poured.report(f"live {number}", 187_000, title=text)
    poured.report("live last", 187_000, title="the last of them")
    waiting = "() => document.querySelector('[data-stream-waiting]').textContent"
    page.wait_for_function(f"{waiting} === '14 waiting'")
    page.click("[data-stream-pause]")
    # Only the newest are kept: more of them may still come after those 14.
    first = "() => document.querySelector('[data-stream-lines] bdi').textContent"
    page.wait_for_function(f"{first} === 'the last of them'")
    live = page.locator("[data-stream-lines] bdi").all_text_contents()
    page.reload()
    assert live == page.locator("[data-stream-lines] bdi").all_text_contents()
    assert page.evaluate(TRACES) == [None, 0]
