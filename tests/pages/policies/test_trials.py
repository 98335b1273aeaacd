"""Trying other numbers on a policy's page, without storing anything."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.pages.policies.policy_form import numbers, report
from tracker.models import ConfigVersion, LLMSession, Policy, Project
from tracker.pages.policies import trials as policy_trials

PERIODS = ("24h", "14d", "all")


def tried(client: Client, policy: Policy, **changes: Any) -> str:
    """The finished trial's fragment."""
    url = f"/policies/{policy.pk}/"
    period = changes.pop("period", "14d")
    data = numbers(policy, **changes) | {"period": period}
    page = client.post(f"{url}try/", data)
    assert page.status_code == 200
    for trial in list(policy_trials._trials.values()):
        trial.thread.join()
        if f"trials/{trial.id}/" in page.content.decode():
            page = client.get(f"{url}trials/{trial.id}/")
    return page.content.decode()


def cells(page: str, word: str) -> list[str]:
    """Saved and tried of the row that begins with this word."""
    row = next(r for r in page.split("<tr>") if f"> {word}</span>" in r)
    return re.findall(r'<td class="num[^"]*">(?:<b>)?([\d,]+)', row)[:2]


def test_a_trial_compares_without_storing_anything(
    boss: Client, policy: Policy, project: Project
):
    report(project, "a", 150_000)
    version = ConfigVersion.current()

    page = tried(boss, policy, warning_percent=70, target_percent=55)

    assert cells(page, "Warning") == ["0", "1"]
    assert "Sessions that reach another level" in page and ">a</bdi>" in page
    policy.refresh_from_db()
    assert policy.warning_percent == 80
    assert ConfigVersion.current() == version
    assert LLMSession.objects.get().level == "ok"


def test_more_warnings_alone_are_a_difference(
    boss: Client, policy: Policy, project: Project
):
    """The sentence once knew only compressions, critical and exceeded."""
    report(project, "a", 150_000)

    page = tried(boss, policy, warning_percent=70)

    assert "With this change, 1 more warning over the last 14 days" in page
    assert re.search(r'id="what-if-sentence"[^>]*>1 more warning\.<', page)


def test_the_period_narrows_what_is_counted(
    boss: Client, policy: Policy, project: Project
):
    report(project, "old", 160_000, ago=timedelta(days=20))
    report(project, "week", 160_000, ago=timedelta(days=5))
    report(project, "now", 160_000)

    found = {p: cells(tried(boss, policy, period=p), "Warning") for p in PERIODS}

    assert found == {"24h": ["1", "1"], "14d": ["2", "2"], "all": ["3", "3"]}


def test_a_contradiction_is_explained_and_not_tried(boss: Client, policy: Policy):
    page = tried(boss, policy, target_percent=90)

    assert "Not tried" in page and "must be below compress" in page
    assert 'id="hint-target_percent" hx-swap-oob="true"' in page


def test_a_viewer_may_try_but_not_save(
    browser_of: Callable[..., Client], policy: Policy, project: Project
):
    viewer = browser_of(project, "viewer")
    report(project, "a", 150_000)

    assert cells(tried(viewer, policy, warning_percent=70), "Warning") == ["0", "1"]
    assert viewer.post(f"/policies/{policy.pk}/", numbers(policy)).status_code == 403


def test_nobody_tries_against_another_projects_sessions(
    browser_of: Callable[..., Client], policy: Policy, project: Project
):
    other = Project.objects.create(slug="other", name="Other")
    hidden = Policy.objects.create(name="theirs", project=other, warning_percent=70)
    report(other, "secret", 150_000)
    viewer = browser_of(project, "viewer")

    page = tried(viewer, policy, warning_percent=70)

    assert "secret" not in page and "0 sessions" in page
    assert viewer.get(f"/policies/{hidden.pk}/").status_code == 404
    assert "theirs" not in viewer.get("/policies/").content.decode()


def test_a_newer_trial_ends_the_one_before(
    boss: Client,
    policy: Policy,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
):
    report(project, "a", 150_000)
    go_on, states = threading.Event(), []

    def slow(*args: Any, progress: Callable[[int], None], **options: Any) -> Any:
        go_on.wait(60)
        try:
            progress(1)
        except policy_trials.Superseded:
            states.append("superseded")
            raise
        states.append("went on")

    monkeypatch.setattr(policy_trials, "try_policy", slow)
    url = f"/policies/{policy.pk}/try/"
    first = boss.post(url, numbers(policy)).content.decode()
    before = list(policy_trials._trials.values())[-1]
    assert "Replaying" in first and before.id in first
    boss.post(url, numbers(policy))
    after = list(policy_trials._trials.values())[-1]

    go_on.set()
    before.thread.join()
    after.thread.join()

    assert sorted(states) == ["superseded", "went on"]
    gone = boss.get(f"/policies/{policy.pk}/trials/{before.id}/")
    assert (gone.status_code, gone["HX-Trigger"]) == (204, "policy-try")


def test_a_failed_trial_says_so(
    boss: Client, policy: Policy, monkeypatch: pytest.MonkeyPatch
):
    def broken(*args: Any, **options: Any) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(policy_trials, "try_policy", broken)

    assert "The trial failed" in tried(boss, policy)
