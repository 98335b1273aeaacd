"""Dry runs: the stored messages compressed another way, nothing stored."""

from __future__ import annotations

import pytest

from tracker.domain.review.retention import review_compression
from tracker.models import Compression, CompressionText, Policy, ProjectMember

BEFORE = [
    {
        "role": ("user", "assistant")[n % 2],
        "content": f"In src/part_{n}.py: " + "w " * 300,
    }
    for n in range(40)
]  # fmt: skip
AFTER = [{"role": "user", "content": "Summary: parts were looked at."}]


@pytest.fixture
def stored(make_session, make_compression):
    analysis = review_compression(BEFORE, AFTER).as_dict()
    return make_compression(
        make_session("a"),
        text={"before": BEFORE, "after": AFTER, "analysis": analysis},
        score=analysis["score"],
        facts_lost=analysis["facts_lost"],
        before_tokens=20_000,
        after_tokens=900,
    )


def dry_run(member, stored, **fields):
    return member.post(
        f"/compressions/{stored.pk}/dry-run/", fields, headers={"HX-Request": "true"}
    )


def test_a_dry_run_is_compared_and_nothing_is_stored(member, stored):
    was = CompressionText.objects.values().get(), Compression.objects.values().get()

    answer = dry_run(member, stored)

    trial = answer.context["trial"]
    rows = {name: (old, new) for name, old, new, _ in trial.rows}
    assert rows["Facts lost"][0] == stored.facts_lost
    assert rows["Facts lost"][1] < stored.facts_lost
    assert any("src/part_" in text for text in trial.kept_only_here)
    assert "<html" not in answer.content.decode()
    assert was == (
        CompressionText.objects.values().get(),
        Compression.objects.values().get(),
    )


def test_a_smaller_target_is_aimed_at(member, stored):
    trial = dry_run(member, stored, target="10").context["trial"]

    assert trial.target_tokens == 19_600


def test_the_same_size_is_compared_by_itself(member, stored):
    Compression.objects.update(after_tokens=19_000)

    trial = dry_run(member, stored, same_size="1").context["trial"]

    assert trial.target_tokens == 19_000
    assert trial.is_met


def test_neither_is_called_better_where_the_sizes_differ(member, stored):
    answer = dry_run(member, stored, target="20")

    trial = answer.context["trial"]
    assert not trial.is_same_size
    assert not any(better for *_, better in trial.rows)
    assert "neither is called better" in answer.content.decode()


def test_another_policy_may_be_tried(member, stored, project):
    policy = Policy.objects.create(
        name="small", project=project, window_tokens=30_000, reserved_tokens=1_000
    )

    trial = dry_run(member, stored, policy=policy.pk).context["trial"]

    assert (trial.policy, trial.target_tokens) == ("small", 17_400)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"policy": "999"}, "Unknown policy"),
        ({"policy": "x"}, "Unknown policy"),
        ({"summariser": "os.system"}, "Unknown summariser"),
        ({"target": "5"}, "10 to 95 %"),
        ({"target": "1e9"}, "10 to 95 %"),
        ({"target": "90"}, "below compress"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(member, stored, fields, said):
    assert said in dry_run(member, stored, **fields).content.decode()


def test_without_messages_there_is_nothing_to_run(
    member, make_session, make_compression
):
    found = make_compression(make_session("b"))

    assert "were not stored" in dry_run(member, found).content.decode()


def test_without_javascript_it_is_a_page(member, stored):
    answer = member.post(f"/compressions/{stored.pk}/dry-run/")

    assert "the same messages, another strategy" in answer.content.decode()


def test_only_reviewers_run_it(member, stored):
    ProjectMember.objects.update(role="viewer")

    assert dry_run(member, stored).status_code == 403
