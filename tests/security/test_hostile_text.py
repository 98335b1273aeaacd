"""Hostile texts through every input; then every address is asked and read.

What a browser makes of them is tests/browser/test_hostile.py.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import httpx
import pytest

from tests.isolation.api_calls import API
from tests.isolation.export_calls import EXPORTS
from tests.isolation.page_calls import PAGES
from tests.isolation.world import CSRF, ORIGIN
from tests.security import hostile
from tests.security.looking import look
from tests.security.pouring import Pourer, write_transcripts

SENT = [
    *("q", "model", "project", "level", "period", "order", "cursor", "axis", "last"),
    *("lane", "kind", "view", "show", "review", "sort", "theme", "from", "to", "full"),
    *("side", "activity", "trigger", "after", "session", "alarms", "next"),
]
DRY_RUN = ("policy", "summariser", "target")
PROJECT = ("name", "slug", "keep_messages", "redaction_patterns", "retention_days")
INLINES = {"members-TOTAL_FORMS": "0", "members-INITIAL_FORMS": "0"}


@pytest.fixture
async def client(project: Any, key: str, in_db: Any) -> AsyncIterator[Any]:
    """A superuser's browser, which also carries a key for the API."""
    from budget_site.asgi import application

    def log_in() -> str:
        from django.contrib.auth import get_user_model
        from django.test import Client

        django = Client()
        django.force_login(get_user_model().objects.create_superuser("boss"))
        return django.cookies["sessionid"].value

    cookies = {"sessionid": await in_db(log_in), "csrftoken": CSRF}
    headers = {"Authorization": f"Bearer {key}", "Origin": ORIGIN, "X-CSRFToken": CSRF}
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(
        transport=transport, base_url=ORIGIN, cookies=cookies, headers=headers
    ) as found:
        yield found


@pytest.fixture
async def poured(client: Any, tmp_path: Path, in_db: Any) -> Any:
    from django.core.management import call_command

    await Pourer(client).everything()
    write_transcripts(tmp_path)
    await in_db(lambda: call_command("import_transcripts", str(tmp_path)))
    await in_db(name_things)
    return client


def name_things() -> None:
    """Projects, policies and models as a hostile administrator would name them."""
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from tracker.changes.access.api_keys import create_api_key
    from tracker.changes.comments import comment
    from tracker.changes.share_links import make_link
    from tracker.models import (
        AlertChannel,
        AlertDelivery,
        AlertRule,
        CatalogueModel,
        Compression,
        LLMSession,
        Policy,
        Project,
        SavedView,
        ShareLink,
    )

    boss = get_user_model().objects.get(username="boss")
    cut = Compression.objects.latest("pk")
    make_link(
        ShareLink(project=cut.project, compression=cut, shows="page"), days=1, user=boss
    )
    for text in hostile.NAMES.values():
        comment(cut, text, user=boss)
    sessions = list(LLMSession.objects.order_by("pk")[: len(hostile.NAMES)])
    for number, text in enumerate(hostile.NAMES.values()):
        project = Project.objects.create(slug=f"p{number}", name=text[:100])
        create_api_key(project=project, name=text[:100])
        session = sessions[number]
        Policy.objects.create(name=text[:100], session=session, message_limit=30)
        Policy.objects.create(
            name=f"2 {text}"[:100], project=project, model_pattern=text[:100]
        )
        CatalogueModel.objects.create(name=text[:100], window_tokens=9_000)
        channel = AlertChannel.objects.create(
            project=project, name=text[:100], kind="webhook",
            target="https://example.com/", site_address="http://localhost/",
        )  # fmt: skip
        rule = AlertRule.objects.create(
            project=project, channel=channel, name=text[:100], kind="level"
        )
        SavedView.objects.create(owner=boss, project=project, name=text[:60])
        for shows in ("page", "badge"):
            link = ShareLink(project=session.project, session=session, shows=shows)
            make_link(link, days=1, user=boss)
        now = timezone.now()
        AlertDelivery.objects.create(
            project=project, channel=channel, rule=rule, about="event 1",
            message={"title": text, "text": text}, created_at=now, due_at=now,
            state="failed", answer=text[:300].replace("\0", ""),
        )  # fmt: skip


def addresses() -> list[str]:
    """Every page and list, plain and with each of its questions asked badly."""
    from tracker.models import (
        AlertChannel,
        AlertDelivery,
        AlertRule,
        Compression,
        LLMSession,
        Policy,
        ShareLink,
    )

    links = list(ShareLink.objects.order_by("-pk"))
    ids = {
        "alert_channel": pks(AlertChannel),
        "alert_rule": pks(AlertRule),
        "alert_delivery": pks(AlertDelivery),
        # The first were named by each text; the rest by the sources, which are alike.
        "session": pks(LLMSession, most=len(hostile.NAMES), step=2),
        "compression": pks(Compression, step=3),
        "policy": pks(Policy, step=9),
        "key": [1],
        "share_link": [1],
        "share_token": [one.token for one in links if one.shows == "page"],
        "badge_token": [one.token for one in links if one.shows == "badge"],
    }
    found = []
    for calls in (PAGES | EXPORTS | API).values():
        for call in calls:
            if call.method != "GET" or "logout" in call.path:
                continue
            named = re.findall(r"\{(\w+)\}", call.path)
            if "session_key" in named:
                found += keyed(call.path)
                continue
            rows = list(ids[named[0]]) if named else [0]
            if not call.path.endswith("}/"):  # not the thing's own page
                rows = rows[::12]
            found += [call.path.format(**dict.fromkeys(named, pk)) for pk in rows]
    return list(dict.fromkeys(found)) + list(badly_asked())


def pks(model: Any, *, most: int = 0, step: int = 1) -> list[int]:
    found = list(model.objects.order_by("pk").values_list("pk", flat=True))
    return found[:most:step] + found[most::12] if most else found[::step]


def keyed(path: str) -> list[str]:
    step = 1 if path.endswith("}") else 9
    keys = (quote(text, safe="") for text in list(hostile.NAMES.values())[::step])
    return [path.replace("{session_key}", key) for key in keys]


LISTS = ("/", "/sessions/", "/events/", "/compressions/", "/fleet/", "/policies/",
         "/compressions/retention/", "/integrations/", "/sessions/1/", "/login/",
         "/compressions/1/", "/favicon.svg", "/fleet/fleet.csv",
         "/api/v1/events")  # fmt: skip


def badly_asked() -> Iterator[str]:
    """Each list by some of the texts, so that all texts and all questions are asked."""
    for place, path in enumerate(LISTS):
        for number, text in list(enumerate(hostile.TEXTS.values()))[place % 7 :: 7]:
            chosen = SENT[number % len(SENT)]
            both = {"q": text, chosen: text}
            if chosen == "project":
                del both["q"]
            yield f"{path}?{httpx.QueryParams(both)}"


def admin_addresses() -> list[str]:
    """Each list, searched and filtered badly, and the first rows of each."""
    from django.contrib import admin
    from django.urls import reverse

    found = ["/admin/"]
    for model, its_admin in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        listed = reverse(f"admin:{name}_changelist")
        filters = [f for f in its_admin.list_filter if isinstance(f, str)]
        found.append(listed)
        for text in list(hostile.TEXTS.values())[::15]:
            asked = httpx.QueryParams(dict.fromkeys(["q", "o", *filters], text))
            found.append(f"{listed}?{asked}")
        rows = model._default_manager.order_by("-pk").values_list("pk", flat=True)
        for pk in rows[:1]:
            pages = ("change", "history", "delete")
            found += [reverse(f"admin:{name}_{page}", args=[pk]) for page in pages]
    return found


def forms() -> Iterator[tuple[str, dict[str, str]]]:
    """Every form, each of its fields filled with the texts."""
    from tracker.changes.policies.form import FIELDS
    from tracker.models import Compression, Policy

    cut, policy = Compression.objects.latest("pk").pk, Policy.objects.latest("pk").pk
    for number, text in enumerate(hostile.TEXTS.values()):
        policy_form = dict.fromkeys(FIELDS, text)
        if number % 2 == 0:
            yield f"/compressions/{cut}/review/", {"verdict": "flagged", "note": text}
        if number % 6 == 0:
            yield f"/policies/{policy}/", policy_form
            yield f"/policies/{policy}/try/", policy_form
            yield f"/compressions/{cut}/dry-run/", dict.fromkeys(DRY_RUN, text)
            yield "/compressions/review/", {"ids": text, "verdict": text, "back": text}
            yield "/keys/first/", {"project": text}
            yield "/sessions/picked/", {"with": text, "tag": text, "do": "add"}
            yield "/sessions/views/", {"name": text, "query": text}
            yield f"/compressions/{cut}/comment/", {"text": text}
            yield f"/compressions/{cut}/assign/", {"assignee": text}
            yield "/share/sessions/1/", {"shows": text, "days": text}
            yield "/projects/p3/people/", {"username": text, "role": text}
            yield "/projects/p3/delete/", {"confirm": text}
            yield "/sessions/1/delete/", {"confirm": text}
        if number % 12 == 0:
            yield "/admin/tracker/policy/add/", policy_form
            yield "/admin/tracker/project/add/", dict.fromkeys(PROJECT, text) | INLINES
            yield "/admin/tracker/apikey/add/", {"name": text, "scopes": text}
            yield "/admin/tracker/cataloguemodel/add/", {"name": text}
            yield "/admin/auth/user/add/", {"username": text}


def shape(address: str) -> str:
    """What addresses of one kind have in common: one of each is followed."""
    parts = urlsplit(address)
    if parts.path.startswith("/admin/"):
        return parts.path
    names = sorted(pair.split("=")[0] for pair in parts.query.split("&"))
    return re.sub(r"\d+", "#", parts.path) + "?" + "&".join(names)


async def test_hostile_text_is_text_wherever_it_is_shown(
    poured: Any, in_db: Any, caplog: pytest.LogCaptureFixture
) -> None:
    wrong: list[str] = []
    asked = await in_db(lambda: addresses() + admin_addresses())
    assert len(asked) > 400
    led_to: dict[str, str] = {}
    for address in asked:
        answer = await poured.get(address)
        looked = look(answer)
        wrong += [f"GET {address}: {what}" for what in looked.wrong]
        for link in looked.links:
            led = urljoin(str(answer.url), link).removeprefix(ORIGIN).split("#")[0]
            led_to.setdefault(shape(led), led)
    for address in set(led_to.values()) - set(asked):
        wrong += [f"GET {address}: {w}" for w in look(await poured.get(address)).wrong]
    for path, data in await in_db(lambda: list(forms())):
        answer = await poured.post(path, data=data)
        # What was refused is said again to the one who just typed it.
        found = (what for what in look(answer).wrong if "hidden char" not in what)
        wrong += [f"POST {path} {data}: {what}" for what in found]

    assert wrong == [], "\n".join(dict.fromkeys(wrong))
    said = [record.getMessage() for record in caplog.records]
    assert [line for line in said if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", line)] == []
