"""The policies' pages: the list, a policy's numbers, saving them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.admin.models import LogEntry
from django.test import Client

from tests.pages.policies.policy_form import numbers, report
from tracker.changes.policies.form import FIELDS
from tracker.models import LLMSession, Policy, Project
from tracker.pages.policies.form import NUMBER_FIELDS


def test_the_list_shows_where_each_policy_applies(boss: Client, project: Project):
    Policy.objects.create(name="mine", project=project, warning_percent=70)

    page = boss.get("/policies/").content.decode()

    assert "2 policies apply to your sessions" in page
    assert page.index("<b>mine</b>") < page.index("<b>default</b>")


def test_the_list_names_each_field_once(boss):
    [(_, _, says)] = boss.get("/policies/").context["rows"]

    names = [name for name, _ in says]
    assert len(set(names)) == len(names)
    assert ("cooldown", "60 s") in says


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
    assert entry == "Counting: by_script → mine"


def test_a_tokenizer_that_is_set_up_no_more_does_not_hinder_other_changes(
    boss: Client, policy: Policy
):
    Policy.objects.filter(pk=policy.pk).update(counting="gone")
    policy.refresh_from_db()
    url = f"/policies/{policy.pk}/"

    page = boss.get(url).content.decode()
    saved = boss.post(url, numbers(policy, warning_percent=70))

    assert "gone (not set up; text is estimated)" in page
    assert saved.status_code == 302
    policy.refresh_from_db()
    assert (policy.counting, policy.warning_percent) == ("gone", 70)


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


def test_a_projects_administrator_saves_its_policies_only(
    browser_of: Callable[..., Client], policy: Policy, project: Project
):
    own = Policy.objects.create(name="own", project=project, warning_percent=70)
    admin = browser_of(project, "admin")

    saved = admin.post(f"/policies/{own.pk}/", numbers(own, warning_percent=60))
    refused = admin.post(f"/policies/{policy.pk}/", numbers(policy))

    assert (saved.status_code, refused.status_code) == (302, 403)
    own.refresh_from_db()
    assert own.warning_percent == 60


def test_a_stranger_is_sent_to_the_login(policy: Policy):
    for path in ("/policies/", f"/policies/{policy.pk}/"):
        assert "/login/" in Client().get(path)["Location"]
