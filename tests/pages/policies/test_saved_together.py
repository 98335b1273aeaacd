"""Two people save one policy at once, and what a policy may choose."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from tests.pages.policies.policy_form import numbers
from tracker.changes.policies.changing import PolicyConflict, delete_policy, save_policy
from tracker.models import AuditEntry, Policy, Project


def seen(policy: Policy) -> str:
    return Policy.objects.get(pk=policy.pk).updated_at.isoformat()


def test_the_page_says_when_its_numbers_were_saved(boss: Client, policy: Policy):
    page = boss.get(f"/policies/{policy.pk}/").content.decode()

    assert f'name="seen" value="{seen(policy)}"' in page


def test_the_second_of_two_savers_is_answered_with_the_others_change(
    boss: Client, policy: Policy
):
    mine = numbers(policy, target_percent=55) | {"seen": seen(policy)}
    theirs = numbers(policy, warning_percent=70) | {"seen": seen(policy)}

    assert boss.post(f"/policies/{policy.pk}/", theirs).status_code == 302
    answer = boss.post(f"/policies/{policy.pk}/", mine)

    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Someone else saved this policy in the meantime" in page
    assert "Warning: 80 % → 70 %" in page
    policy.refresh_from_db()
    assert (policy.warning_percent, policy.target_percent) == (70, 60)
    assert AuditEntry.objects.filter(action="policy_changed").count() == 1


def test_a_name_taken_over_tells_nothing_of_its_former_project(policy: Policy):
    from tracker.changes.seen_form import conflict_message

    theirs = Policy.objects.create(
        name="strict", project=Project.objects.create(slug="b", name="B")
    )
    theirs.warning_percent = Decimal(41)
    save_policy(theirs)
    assert "41" in conflict_message(theirs)
    delete_policy(theirs)
    ours = Policy.objects.create(
        name="strict", project=Project.objects.create(slug="c", name="C")
    )

    assert "41" not in conflict_message(ours)


def test_of_two_at_the_same_moment_one_is_refused(policy: Policy):
    moment = seen(policy)
    found = [Policy.objects.get(pk=policy.pk) for _ in range(2)]
    found[0].warning_percent = found[1].target_percent = Decimal(55)

    save_policy(found[0], seen=moment)
    with pytest.raises(PolicyConflict):
        save_policy(found[1], seen=moment)

    policy.refresh_from_db()
    assert (policy.warning_percent, policy.target_percent) == (55, 60)


def test_a_summariser_that_does_not_exist_is_refused(boss: Client, policy: Policy):
    answer = boss.post(f"/policies/{policy.pk}/", numbers(policy, summariser="gone"))

    assert answer.status_code == 422
    policy.refresh_from_db()
    assert policy.summariser == "extractive"


def test_one_that_is_set_up_no_more_does_not_hinder_other_changes(
    boss: Client, policy: Policy
):
    Policy.objects.filter(pk=policy.pk).update(summariser="house")
    policy.refresh_from_db()

    answer = boss.post(f"/policies/{policy.pk}/", numbers(policy, target_percent=55))

    assert answer.status_code == 302
    policy.refresh_from_db()
    assert (policy.summariser, policy.target_percent) == ("house", 55)


def test_another_process_knows_a_trial(boss: Client, policy: Policy, monkeypatch: Any):
    """As with two processes behind a proxy: the other one has it not in memory."""
    from tracker.pages.policies import trials

    started = trials.start_trial(7, policy, policy_sessions(), period="14d", since=None)
    started.wait(60)
    monkeypatch.setattr(trials, "_trials", {})

    found = trials.trial_of(7, started.id)

    assert found is not None and found.state == "done"
    assert found.result == started.result
    assert trials.trial_of(8, started.id) is None


def test_a_newer_trial_in_another_process_ends_the_older(
    policy: Policy, monkeypatch: Any
):
    from tracker.pages.policies import trials

    gate = threading.Event()

    def wait_for_gate(*args: Any, progress: Any, **more: Any) -> None:
        gate.wait(60)
        progress(1)

    monkeypatch.setattr(trials, "try_policy", wait_for_gate)
    monkeypatch.setattr(trials, "TELL_EVERY", -1.0)
    older = trials.start_trial(7, policy, policy_sessions(), period="14d", since=None)
    monkeypatch.setattr(trials, "_trials", {})
    trials.start_trial(7, policy, policy_sessions(), period="14d", since=None)
    gate.set()
    older.wait(60)

    assert older.state == "superseded"


def policy_sessions() -> Any:
    from tracker.models import LLMSession

    return LLMSession.objects.all()
