"""At least once: tries again with pauses, gives up, survives a restart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tracker.alerts import outbox
from tracker.changes.alerts import send_again
from tracker.models import AlertDelivery

pytestmark = pytest.mark.usefixtures("private_targets")


def fresh(delivery: AlertDelivery) -> AlertDelivery:
    return AlertDelivery.objects.get(pk=delivery.pk)


def test_what_is_due_is_sent_once(
    receiver: Any, make_channel: Any, put_out: Any
) -> None:
    hook = receiver()
    delivery = put_out(make_channel(hook.url))

    assert [outbox.deliver_due(), outbox.deliver_due()] == [1, 0]

    stored = fresh(delivery)
    assert (stored.state, stored.attempts) == ("sent", 1)
    assert stored.answer.startswith("200 in ")
    assert len(hook.got) == 1


def test_a_failing_receiver_is_tried_again_later_and_later_then_given_up(
    receiver: Any, make_channel: Any, put_out: Any
) -> None:
    hook = receiver(503)
    delivery = put_out(make_channel(hook.url))
    now, pauses = timezone.now(), []

    while fresh(delivery).state == "waiting":
        now = max(now, fresh(delivery).due_at)
        assert outbox.deliver_due(now) == 1
        after = fresh(delivery)
        pauses.append(round((after.due_at - timezone.now()).total_seconds()))

    assert after.state == "failed" and after.attempts == len(outbox.PAUSES) + 1
    assert pauses[:-1] == list(outbox.PAUSES)
    assert len(hook.got) == 6
    assert len({headers["X-Token-Budget-Delivery"] for headers, _ in hook.got}) == 1


def test_a_receiver_that_recovers_gets_it_and_by_hand_once_more(
    receiver: Any, make_channel: Any, put_out: Any
) -> None:
    hook = receiver(503, 200)
    delivery = put_out(make_channel(hook.url))

    outbox.deliver_due()
    assert fresh(delivery).answer.startswith("503 in ")
    assert outbox.deliver_due() == 0  # its pause is not over
    outbox.deliver_due(timezone.now() + timedelta(seconds=11))
    assert fresh(delivery).state == "sent"

    send_again(fresh(delivery))
    outbox.deliver_due()
    assert len(hook.got) == 3


def test_a_process_that_died_while_sending_leaves_it_to_the_next(
    receiver: Any, make_channel: Any, put_out: Any, monkeypatch: Any
) -> None:
    hook = receiver()
    delivery = put_out(make_channel(hook.url))

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(outbox, "note", die)
        with pytest.raises(KeyboardInterrupt):
            outbox.deliver_due()
    assert outbox.deliver_due() == 0  # its claim still holds
    assert outbox.deliver_due(timezone.now() + outbox.CLAIM) == 1

    assert fresh(delivery).state == "sent" and len(hook.got) == 2


def test_two_processes_do_not_both_take_one(
    make_channel: Any, put_out: Any, monkeypatch: Any
) -> None:
    delivery = put_out(make_channel("http://127.0.0.1:1/"))
    stale = AlertDelivery.objects.get(pk=delivery.pk)
    now = timezone.now()

    assert outbox._claim(delivery, now)
    assert not outbox._claim(stale, now)


def test_one_dead_channel_holds_up_no_other(
    receiver: Any, make_channel: Any, put_out: Any
) -> None:
    hook = receiver()
    dead = put_out(make_channel("http://127.0.0.1:1/"))
    alive = put_out(make_channel(hook.url))

    assert outbox.deliver_due() == 2

    assert (fresh(dead).state, fresh(alive).state) == ("waiting", "sent")


def test_many_messages_to_one_channel_let_anothers_go_first(
    receiver: Any, make_channel: Any, put_out: Any
) -> None:
    hook = receiver()
    crowd = make_channel("http://127.0.0.1:1/")
    for _ in range(2 * outbox.AT_ONCE):
        put_out(crowd)
    alone = put_out(make_channel(hook.url))

    assert outbox.deliver_due() == outbox.AT_ONCE

    assert fresh(alone).state == "sent"


def test_a_channel_removed_while_it_is_told_leaves_the_others_noted(
    receiver: Any, make_channel: Any, put_out: Any, monkeypatch: Any
) -> None:
    hook = receiver()
    gone, kept = make_channel(hook.url), make_channel(hook.url)
    put_out(gone)
    delivery = put_out(kept)
    note = outbox.note

    def remove_first(row: AlertDelivery, sent: Any) -> None:
        if row.channel_id == gone.pk:
            gone.delete()
        note(row, sent)

    monkeypatch.setattr(outbox, "note", remove_first)
    outbox.deliver_due()

    assert fresh(delivery).state == "sent"
    assert outbox.deliver_due(timezone.now() + outbox.CLAIM) == 0
    assert len(hook.got) == 2


def test_the_log_is_kept_thirty_days(make_channel: Any, put_out: Any) -> None:
    channel = make_channel("http://127.0.0.1:1/")
    old, waiting, young = [put_out(channel) for _ in range(3)]
    long_ago = timezone.now() - timedelta(days=31)
    AlertDelivery.objects.filter(pk=old.pk).update(created_at=long_ago, state="failed")
    AlertDelivery.objects.filter(pk=waiting.pk).update(created_at=long_ago)

    assert outbox.forget_old(timezone.now()) == 1
    assert set(AlertDelivery.objects.all()) == {waiting, young}
