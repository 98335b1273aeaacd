from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from tracker.domain.budget.policy import Threshold
from tracker.models import ConfigVersion, LLMSession, Policy, Project

ADD = "/admin/tracker/policy/add/"


def change(policy: Policy) -> str:
    return f"/admin/tracker/policy/{policy.pk}/change/"


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200, response.status_code
    return dict(response.context["adminform"].form.errors)


def test_the_migrated_default_sets_every_field(default_policy: Policy):
    assert default_policy.overrides()["compress"] == Threshold(basis_points=8_500)
    assert len(default_policy.overrides()) == 23


def test_a_change_is_stored_counted_and_written_into_the_history(
    staff: Client, default_policy: Policy, policy_data: Callable[..., Any]
):
    version = ConfigVersion.current()
    data = policy_data(default_policy, reserved_tokens=20_000, target_percent=55)

    response = staff.post(change(default_policy), data)

    assert response.status_code == 302, errors(response)
    default_policy.refresh_from_db()
    assert default_policy.reserved_tokens == 20_000
    assert ConfigVersion.current() == version + 1
    entry = LogEntry.objects.get()
    assert entry.get_change_message() == "Reserve: 4,000 → 20,000; Target: 60 % → 55 %"
    history = staff.get(f"/admin/tracker/policy/{default_policy.pk}/history/")
    assert "4,000 → 20,000" in history.content.decode()


def test_a_tokenizer_of_one_s_own_can_be_chosen(
    staff: Client,
    default_policy: Policy,
    policy_data: Callable[..., Any],
    settings: Any,
):
    settings.TOKEN_BUDGET_TOKENIZERS = {"mine": "tests.house_tokenizers:words"}
    url = change(default_policy)

    page = staff.get(url).content.decode()
    saved = staff.post(url, policy_data(default_policy, counting="mine"))
    refused = staff.post(url, policy_data(default_policy, counting="other"))

    assert '<option value="mine">mine (own tokenizer)</option>' in page
    assert "TOKEN_BUDGET_TOKENIZERS" in page
    assert saved.status_code == 302
    default_policy.refresh_from_db()
    assert default_policy.counting == "mine"
    assert "counting" in errors(refused)


def test_a_change_judges_open_sessions_at_once(
    staff: Client,
    default_policy: Policy,
    policy_data: Callable[..., Any],
    report: Callable[..., None],
):
    report("a", 150_000)

    staff.post(change(default_policy), policy_data(default_policy, warning_percent=70))

    assert LLMSession.objects.get().level == "warning"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"warning_percent": 90}, "warning_percent", "must not be above compress"),
        ({"compress_percent": 96}, "compress_percent", "must not be above critical"),
        ({"critical_percent": 101}, "critical_percent", "above 100"),
        ({"target_percent": 85}, "target_percent", "must be below compress"),
        ({"reserved_tokens": 200_000}, "reserved_tokens", "takes up the whole window"),
        ({"reserved_tokens": -1}, "reserved_tokens", "negative"),
        ({"keep_first": 14}, "keep_first", "nothing is left to summarise"),
        ({"warning_tokens": 5}, "warning_tokens", "not both"),
        ({"message_limit": None}, "message_limit", "must set this field"),
        ({"mode": ""}, "mode", "must set this field"),
        ({"window_tokens": None}, "window_tokens", "must set this field"),
        ({"model_pattern": "x"}, "model_pattern", "applies to everything"),
    ],
)
def test_a_contradiction_is_explained_at_its_field(
    staff: Client,
    default_policy: Policy,
    policy_data: Callable[..., Any],
    changes: dict[str, Any],
    field: str,
    words: str,
):
    response = staff.post(
        change(default_policy), policy_data(default_policy, **changes)
    )

    assert words in " ".join(errors(response)[field])
    assert not LogEntry.objects.exists()


def test_thresholds_may_be_tokens(
    staff: Client, default_policy: Policy, policy_data: Callable[..., Any]
):
    data = policy_data(default_policy, warning_percent=None, warning_tokens=150_000)

    assert staff.post(change(default_policy), data).status_code == 302
    default_policy.refresh_from_db()
    assert default_policy.overrides()["warning"] == Threshold(tokens=150_000)


def test_a_projects_policy_is_checked_together_with_the_default(
    staff: Client, project: Project, policy_data: Callable[..., Any]
):
    data = policy_data(Policy(), name="mine", project=project.pk, compress_percent=70)

    response = staff.post(ADD, data)

    assert (
        "combined with the policy “default”" in errors(response)["compress_percent"][0]
    )
    assert Policy.objects.count() == 1


def test_a_scope_exists_once(
    staff: Client, project: Project, policy_data: Callable[..., Any]
):
    data = policy_data(Policy(), name="mine", project=project.pk, warning_percent=70)
    first = staff.post(ADD, data)
    assert first.status_code == 302, errors(first)

    again = staff.post(ADD, data | {"name": "mine too"})

    assert "already has this scope" in str(again.context["errors"])


def test_the_default_cannot_be_deleted_others_can(
    staff: Client, default_policy: Policy
):
    other = Policy.objects.create(name="other", model_pattern="m*")
    url = "/admin/tracker/policy/{}/delete/"

    refused = staff.post(url.format(default_policy.pk), {"post": "yes"})
    done = staff.post(url.format(other.pk), {"post": "yes"})

    assert (refused.status_code, done.status_code) == (403, 302)
    assert list(Policy.objects.all()) == [default_policy]


def test_the_list_says_where_each_applies_and_links_to_the_trial(
    staff: Client, default_policy: Policy
):
    page = staff.get("/admin/tracker/policy/").content.decode()

    assert "everything" in page and "all 23 fields" in page
    assert f'href="/policies/{default_policy.pk}/"' in page


def test_a_new_policy_is_tried_on_history_before_it_applies(
    staff: Client, default_policy: Policy, project: Project
):
    from tests.pages.policies.policy_form import numbers, report

    report(project, "s", 100_000)
    said = {"name": "team", "project": project.pk, "_save": "Save"}

    form = staff.get(ADD).content.decode()
    added = staff.post(ADD, said)

    team = Policy.objects.get(name="team")
    assert "tried on history before they apply" in form
    assert (added.status_code, added["Location"]) == (302, f"/policies/{team.pk}/")
    assert team.overrides() == {}
    tried = staff.post(f"{added['Location']}try/", numbers(team, warning_percent=50))
    assert "1 more warning" in tried.content.decode()
    team.refresh_from_db()
    assert team.overrides() == {}
    assert LLMSession.objects.get().level == "ok"


def test_a_new_policy_with_numbers_leads_back_to_the_list(
    staff: Client, default_policy: Policy, project: Project
):
    said = {"name": "team", "project": project.pk, "warning_percent": 50, "_save": "1"}

    assert staff.post(ADD, said)["Location"] == "/admin/tracker/policy/"
