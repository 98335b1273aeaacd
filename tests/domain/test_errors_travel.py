"""Errors of the domain come back from worker processes as what they are."""

from __future__ import annotations

import pickle

from tracker.domain.budget.policy import PolicyError
from tracker.domain.conversation.messages import MessageError


def test_a_message_error_survives_the_way_between_processes() -> None:
    found = pickle.loads(pickle.dumps(MessageError(3, "role is missing")))

    assert (found.index, found.message) == (3, "role is missing")
    assert str(found) == "messages[3]: role is missing"


def test_a_policy_error_survives_the_way_between_processes() -> None:
    found = pickle.loads(pickle.dumps(PolicyError("target", "too high")))

    assert (found.field, found.message) == ("target", "too high")
