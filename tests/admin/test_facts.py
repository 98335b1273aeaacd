from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tracker.models import LLMSession, Policy

FACTS = ("llmsession", "usagesample", "thresholdevent", "compression")


@pytest.mark.parametrize("name", FACTS)
def test_facts_are_listed_searched_and_opened_but_not_touched(
    staff: Client, report: Callable[..., None], name: str
):
    report("chat/42 ✨", 190_000, title="مرحبا")
    from django.apps import apps

    row = apps.get_model("tracker", name).objects.get()
    base = f"/admin/tracker/{name}/"

    assert staff.get(base).status_code == 200
    found = staff.get(base, {"q": '"chat/42 ✨"'})
    assert found.context["cl"].result_count == 1
    assert staff.get(f"{base}{row.pk}/change/").status_code == 200
    assert staff.get(f"{base}add/").status_code == 403
    assert staff.post(f"{base}{row.pk}/change/", {"level": "ok"}).status_code == 403
    assert staff.post(f"{base}{row.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("name", FACTS)
def test_no_list_counts_its_whole_table(
    staff: Client, report: Callable[..., None], name: str
):
    report("a", 190_000)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        staff.get(f"/admin/tracker/{name}/")

    counts = [
        q["sql"]
        for q in queries
        if "COUNT(*)" in q["sql"] and f"tracker_{name}" in q["sql"]
    ]
    assert counts and all("LIMIT 10000" in sql for sql in counts)


def test_sessions_are_found_by_a_text_with_a_quotation_mark(
    staff: Client, report: Callable[..., None]
):
    report("a", 10, title='Says "hello there" to all')
    report("b", 10, title="Says hello there")

    for asked in ('"hello there"', "hello there", '"\\"hello there\\""'):
        found = staff.get("/admin/tracker/llmsession/", {"q": asked})
        keys = {row.key for row in found.context["cl"].result_list}
        assert keys == ({"a"} if "\\" in asked else {"a", "b"}), asked


def test_samples_offer_dates_within_one_session_only(
    staff: Client, report: Callable[..., None]
):
    report("a", 190_000)
    pk = LLMSession.objects.get().pk

    everything = staff.get("/admin/tracker/usagesample/")
    one = staff.get("/admin/tracker/usagesample/", {"session__id__exact": pk})

    assert everything.context["cl"].date_hierarchy is None
    assert one.context["cl"].date_hierarchy == "at"
    assert one.context["cl"].result_count == 1


def test_samples_without_a_session_are_the_newest_ones(
    staff: Client, report: Callable[..., None], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tracker.admin.recorded.samples.LISTED", 1)
    report("a", 190_000)
    report("b", 190_000)
    old, new = LLMSession.objects.get(key="a"), LLMSession.objects.get(key="b")
    for session, days in ((old, 8), (new, 1)):
        at = timezone.now() - timedelta(days=days)
        session.samples.update(at=at)
        LLMSession.objects.filter(pk=session.pk).update(last_at=at)
    newest, older = new.samples.get(), old.samples.get()

    def found(**given: object) -> list[int]:
        page = staff.get("/admin/tracker/usagesample/", given)
        return [row.pk for row in page.context["cl"].result_list]

    assert found() == found(level="critical") == [newest.pk]
    assert found(level="ok") == found(source="reported") == []
    assert found(session__id__exact=old.pk) == found(q="a") == [older.pk]
    assert found(q=newest.event_id) == [newest.pk]
    assert found(q=older.event_id) == []
    both = {"q": older.event_id, "session__id__exact": old.pk}
    assert found(**both) == [older.pk]

    def is_said(**given: object) -> bool:
        page = staff.get("/admin/tracker/usagesample/", given).content.decode()
        return "The newest samples:" in page

    assert is_said() and is_said(level="critical")
    assert not is_said(session__id__exact=old.pk) and not is_said(q="a")


def test_no_filter_asks_history_which_values_there_are(
    staff: Client, report: Callable[..., None]
):
    report("a", 190_000)

    for name in ("usagesample", "llmsession"):
        with CaptureQueriesContext(connection) as queries:
            page = staff.get(f"/admin/tracker/{name}/")
        assert "?origin=api" in page.content.decode()
        told = [q["sql"] for q in queries if "DISTINCT" in q["sql"]]
        assert not [sql for sql in told if "usagesample" in sql]
        assert all('DISTINCT "tracker_llmsession"."origin"' in sql for sql in told)


def test_a_session_shows_field_by_field_which_policy_judges_it(
    staff: Client, report: Callable[..., None]
):
    report("a", 1_000, model="small-1")
    Policy.objects.create(
        name="small ones", model_pattern="small-*", warning_percent=70
    )
    pk = LLMSession.objects.get().pk

    page = staff.get(f"/admin/tracker/llmsession/{pk}/change/").content.decode()

    assert "<th scope='row'>Warning</th><td>70 %</td><td>small ones</td>" in page
    assert "<th scope='row'>Compress</th><td>85 %</td><td>default</td>" in page
    assert f'href="/sessions/{pk}/"' in page


def test_the_admin_carries_no_inline_script_or_style(
    staff: Client, report: Callable[..., None], default_policy: Policy
):
    report("a", 190_000)
    pk = LLMSession.objects.get().pk

    for path in (
        "",
        "tracker/policy/",
        f"tracker/policy/{default_policy.pk}/change/",
        "tracker/llmsession/",
        f"tracker/llmsession/{pk}/change/",
        "tracker/apikey/add/",
    ):
        page = staff.get(f"/admin/{path}")
        text = page.content.decode()
        assert page.status_code == 200 and "tracker/admin/admin.css" in text
        assert "style=" not in text and "<style" not in text and "onclick" not in text
        assert "<script>" not in text
        assert "'unsafe" not in page["Content-Security-Policy"]
