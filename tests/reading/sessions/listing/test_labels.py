"""Labels of metadata: which are shown, how they are typed, and what they find."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tracker.reading.sessions.listing.labels import (
    Label,
    labels_of,
    read_label,
    split_search,
    told,
)


def test_short_texts_and_numbers_are_labels():
    metadata = {
        "team": "billing", "run": 7, "is_test": True, "repository": "shop",
        "note": "x" * 61, "more": {"a": 1}, "a b": "c", "url": "/x", "empty": "",
    }  # fmt: skip

    assert labels_of(metadata) == (Label("team", "billing"), Label("run", "7"))
    assert labels_of(None) == () and labels_of(metadata, most=1)[0].name == "team"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("team:billing", Label("team", "billing")),
        ('team:"two words"', Label("team", "two words")),
        ("user.email:kim@example.org", Label("user.email", "kim@example.org")),
        ("https://example.org", None),
        ("12:30", None),
        ("team:", None),
        ("team: billing", None),
    ],
)
def test_a_label_is_typed_as_name_and_value(text, label):
    assert read_label(text) == label
    if label:
        assert read_label(str(label)) == label


def test_a_search_is_parted_into_labels_and_words():
    assert split_search('  retry team:billing user:"Kim L"  now ') == (
        (Label("team", "billing"), Label("user", "Kim L")), "retry now",
    )  # fmt: skip
    assert split_search("two  words") == ((), "two  words")


def test_what_is_grouped_by_goes_by_its_other_names():
    assert told({"team.id": "a"}, "team") == "a"
    assert told({"user": "", "user_id": 7}, "user") == "7"
    assert told("nonsense", "branch") == ""


@pytest.fixture
def found(db):
    """`found(q=…)` or `found(labels=…)`: the keys of the sessions that match."""
    from tracker.models import LLMSession, Project
    from tracker.reading.sessions.listing.lists import SessionFilter, filtered_sessions

    project = Project.objects.create(slug="p", name="P", ok_count=9)
    now = timezone.now()
    for key, metadata in {
        "a": {"team": "billing", "run": 7},
        "b": {"team": "Billing-2", "run": "7"},
        "c": {"note": "team: billing", "squad": "billing"},
        "team:billing-old": {},
        "é": {"team": "été \\ \" '", "x%": 1},
    }.items():
        LLMSession.objects.create(
            project=project, key=key, metadata=metadata, created_at=now, last_at=now
        )

    def find(**wanted):
        rows = filtered_sessions([project], SessionFilter(**wanted))
        return sorted(rows.values_list("key", flat=True))

    return find


def test_a_label_finds_its_value_alone(found):
    assert found(labels=(Label("team", "billing"),)) == ["a"]
    assert found(labels=(Label("team", "Billing-2"), Label("run", "7"))) == ["b"]
    assert found(labels=(Label("run", "7"),)) == ["a", "b"]
    assert found(labels=(Label("team", "été \\ \" '"),)) == ["é"]
    assert found(labels=(Label("x%", "1"),)) == ["é"]
    assert found(labels=(Label("team", "%"),)) == []


def test_a_label_in_a_search_also_finds_keys_that_hold_it(found):
    assert found(q="team:billing") == ["a", "team:billing-old"]
    assert found(q="team:billing run:7") == ["a"]
    assert found(q="team:billing old") == ["team:billing-old"]
