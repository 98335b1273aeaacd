from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from tests.default_policy import make_default_policy
from tracker.domain.reports import Parts, UsageReport
from tracker.ingest.arrivals import Arrival
from tracker.ingest.policy_form import FIELDS
from tracker.ingest.record import Recorder
from tracker.models import (
    ConfigVersion,
    LLMSession,
    Policy,
    Project,
    ProjectMember,
)
from tracker.pages import policy_trials
from tracker.pages.policy_numbers import NUMBER_FIELDS


@pytest.fixture
def policy(store: None) -> Policy:
    return make_default_policy()


@pytest.fixture
def boss(policy: Policy, django_user_model: Any) -> Client:
    client = Client()
    client.force_login(django_user_model.objects.create_superuser("boss", "", "x"))
    return client


@pytest.fixture
def member(policy: Policy, django_user_model: Any) -> Callable[..., Client]:
    """`member(project, role)`: the browser of somebody of this project."""

    def make(project: Project, role: str) -> Client:
        user = django_user_model.objects.create_user(f"{role}-{project.slug}")
        ProjectMember.objects.create(project=project, user=user, role=role)
        client = Client()
        client.force_login(user)
        return client

    return make


def report(project: Project, session: str, used: int, **more: Any) -> None:
    now = timezone.now()
    usage = UsageReport(
        session=session,
        used_tokens=used,
        parts=Parts(history=used),
        source="counted",
        at=now - more.pop("ago", timedelta()),
        **more,
    )
    Recorder().record([Arrival(project.pk, usage, now)])


def numbers(policy: Policy, **changes: Any) -> dict[str, str]:
    """The page's form as the browser sends it."""
    values = {name: getattr(policy, name) for name in NUMBER_FIELDS} | changes
    return {k: "" if v is None else str(v) for k, v in values.items()}


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
    import re

    row = next(r for r in page.split("<tr>") if f"> {word}</span>" in r)
    return re.findall(r'<td class="num[^"]*">(?:<b>)?([\d,]+)', row)[:2]


def test_the_list_shows_where_each_policy_applies(boss: Client, project: Project):
    Policy.objects.create(name="mine", project=project, warning_percent=70)

    page = boss.get("/policies/").content.decode()

    assert "2 policies judge your sessions" in page
    assert page.index("<b>mine</b>") < page.index("<b>default</b>")


def test_the_page_shows_the_saved_numbers(boss: Client, policy: Policy):
    page = boss.get(f"/policies/{policy.pk}/").content.decode()

    assert 'value="200,000"' in page and "= 156,800" in page
    assert "style=" not in page


def test_a_tokenizer_of_one_s_own_can_be_chosen(
    boss: Client, policy: Policy, settings: Any
):
    settings.TOKEN_BUDGET_TOKENIZERS = {"mine": "tests.house_tokenizers:words"}
    url = f"/policies/{policy.pk}/"

    page = boss.get(url).content.decode()
    saved = boss.post(url, numbers(policy, counting="mine"))
    refused = boss.post(url, numbers(policy, counting="tests.house_tokenizers:words"))

    assert '<option value="mine">mine (own tokenizer)</option>' in page
    assert saved.status_code == 302
    policy.refresh_from_db()
    assert policy.counting == "mine"
    assert refused.status_code == 422
    entry = LogEntry.objects.latest("pk").get_change_message()
    assert entry == "Count text as: estimated → mine"


def test_a_tokenizer_that_is_set_up_no_more_does_not_hinder_other_changes(
    boss: Client, policy: Policy
):
    Policy.objects.filter(pk=policy.pk).update(counting="gone")
    policy.refresh_from_db()
    url = f"/policies/{policy.pk}/"

    page = boss.get(url).content.decode()
    saved = boss.post(url, numbers(policy, warning_percent=70))

    assert "gone (not set up: estimated)" in page
    assert saved.status_code == 302
    policy.refresh_from_db()
    assert (policy.counting, policy.warning_percent) == ("gone", 70)


def test_a_trial_compares_without_storing_anything(
    boss: Client, policy: Policy, project: Project
):
    report(project, "a", 150_000)
    version = ConfigVersion.current()

    page = tried(boss, policy, warning_percent=70, target_percent=55)

    assert cells(page, "Warning") == ["0", "1"]
    assert "Sessions judged differently" in page and ">a</bdi>" in page
    policy.refresh_from_db()
    assert policy.warning_percent == 80
    assert ConfigVersion.current() == version
    assert LLMSession.objects.get().level == "ok"


def test_the_period_narrows_what_is_counted(
    boss: Client, policy: Policy, project: Project
):
    report(project, "old", 160_000, ago=timedelta(days=20))
    report(project, "week", 160_000, ago=timedelta(days=5))
    report(project, "now", 160_000)

    found = {p: cells(tried(boss, policy, period=p), "Warning") for p in PERIODS}

    assert found == {"24h": ["1", "1"], "14d": ["2", "2"], "all": ["3", "3"]}


PERIODS = ("24h", "14d", "all")


def test_a_contradiction_is_explained_and_not_tried(boss: Client, policy: Policy):
    page = tried(boss, policy, target_percent=90)

    assert "Not tried" in page and "must be below compress" in page
    assert 'id="hint-target_percent" hx-swap-oob="true"' in page


def test_saving_stores_logs_and_judges_at_once(
    boss: Client, policy: Policy, project: Project
):
    report(project, "a", 150_000)

    response = boss.post(f"/policies/{policy.pk}/", numbers(policy, warning_percent=70))

    assert response.status_code == 302
    policy.refresh_from_db()
    assert policy.warning_percent == 70
    assert LogEntry.objects.get().get_change_message() == "Warning: 80 % → 70 %"
    assert LLMSession.objects.get().level == "warning"


def test_grouped_numbers_are_taken_back(boss: Client, policy: Policy):
    data = numbers(policy) | {"window_tokens": "1,000,000", "reserved_tokens": "8 000"}

    assert boss.post(f"/policies/{policy.pk}/", data).status_code == 302
    policy.refresh_from_db()
    assert (policy.window_tokens, policy.reserved_tokens) == (1_000_000, 8_000)


def test_a_contradiction_is_not_saved(boss: Client, policy: Policy):
    response = boss.post(
        f"/policies/{policy.pk}/", numbers(policy, compress_percent=50)
    )

    assert response.status_code == 422
    assert "must not be above compress" in response.content.decode()
    policy.refresh_from_db()
    assert policy.compress_percent == 85


def test_the_scope_cannot_be_smuggled_in(
    boss: Client, policy: Policy, project: Project
):
    data = numbers(policy) | {"project": project.pk, "name": "x", "model_pattern": "y"}

    boss.post(f"/policies/{policy.pk}/", data)

    policy.refresh_from_db()
    assert (policy.name, policy.scope) == ("default", "default")
    assert {"project", "session", "model_pattern", "name"} == set(FIELDS) - set(
        NUMBER_FIELDS
    )


def test_a_viewer_may_try_but_not_save(
    member: Callable[..., Client], policy: Policy, project: Project
):
    viewer = member(project, "viewer")
    report(project, "a", 150_000)

    assert cells(tried(viewer, policy, warning_percent=70), "Warning") == ["0", "1"]
    assert viewer.post(f"/policies/{policy.pk}/", numbers(policy)).status_code == 403


def test_a_projects_administrator_saves_its_policies_only(
    member: Callable[..., Client], policy: Policy, project: Project
):
    own = Policy.objects.create(name="own", project=project, warning_percent=70)
    admin = member(project, "admin")

    saved = admin.post(f"/policies/{own.pk}/", numbers(own, warning_percent=60))
    refused = admin.post(f"/policies/{policy.pk}/", numbers(policy))

    assert (saved.status_code, refused.status_code) == (302, 403)
    own.refresh_from_db()
    assert own.warning_percent == 60


def test_nobody_tries_against_another_projects_sessions(
    member: Callable[..., Client], policy: Policy, project: Project
):
    other = Project.objects.create(slug="other", name="Other")
    hidden = Policy.objects.create(name="theirs", project=other, warning_percent=70)
    report(other, "secret", 150_000)
    viewer = member(project, "viewer")

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
        go_on.wait(10)
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


def test_a_stranger_is_sent_to_the_login(policy: Policy):
    for path in ("/policies/", f"/policies/{policy.pk}/"):
        assert "/login/" in Client().get(path)["Location"]


def test_the_list_names_each_field_once(boss):
    [(_, _, says)] = boss.get("/policies/").context["rows"]

    names = [name for name, _ in says]
    assert len(set(names)) == len(names)
    assert ("cooldown", "60 s") in says
