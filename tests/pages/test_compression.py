"""One compression: fates, lost facts, folds, and a person's verdict."""

from __future__ import annotations

import pytest

from tracker.domain.retention import review_compression
from tracker.models import Compression, ProjectMember


def conversation(turns: int) -> list[dict]:
    first = {"role": "user", "content": "Keep Python 3.9 working, see worker/app.py:48"}
    return [first] + [
        {"role": "assistant", "content": f"Looked at path/file_{n}.py, <b>{n * 37}</b>"}
        for n in range(turns)
    ]


@pytest.fixture
def reviewed(make_session, make_compression):
    """81 messages became 5, analysed as the tracker does."""
    before = conversation(80)
    summary = {"role": "user", "content": "Summary:\n- path/file_3.py was seen"}
    after = [before[0], summary, *before[-3:]]
    analysis = review_compression(before, after).as_dict()
    text = {
        "before": before,
        "after": after,
        "analysis": analysis,
        "summary": "- path/file_3.py was seen",
    }
    return make_compression(
        make_session("a"),
        text=text,
        score=analysis["score"],
        facts_kept=analysis["facts_kept"],
        facts_lost=analysis["facts_lost"],
    )


def test_the_page_says_what_was_lost_and_where(member, reviewed):
    page = member.get(f"/compressions/{reviewed.pk}/").content.decode()

    assert f"{reviewed.facts_lost} facts did not survive" in page
    assert '<mark class="lost">path/file_' in page
    assert 'data-fate="dropped"' in page and 'data-fate="kept"' in page
    assert "&lt;b&gt;" in page and "<b><mark" not in page
    assert " style=" not in page


def test_what_is_routine_is_folded_with_its_counts(member, reviewed):
    page = member.get(f"/compressions/{reviewed.pk}/")

    folds = [item for item in page.context["before"] if not hasattr(item, "shown")]
    shown = [item for item in page.context["before"] if hasattr(item, "shown")]
    assert len(shown) <= 14
    assert sum(fold.count for fold in folds) + len(shown) == 81
    lost = sum(f.facts_lost for f in folds) + sum(s.facts_lost for s in shown)
    assert lost == reviewed.facts_lost
    everything = member.get(f"/compressions/{reviewed.pk}/?show=all")
    assert len(everything.context["before"]) == 81


def test_a_fold_is_fetched_when_it_is_opened(member, reviewed):
    run = member.get(f"/compressions/{reviewed.pk}/?side=before&from=40&to=42")

    text = run.content.decode()
    assert text.count('<article class="msg"') == 3
    assert 'id="before-41"' in text and "<html" not in text
    assert member.get(f"/compressions/{reviewed.pk}/?from=x").status_code == 404


def test_a_verdict_is_stored_with_its_note_and_author(member, reviewed):
    body = {"verdict": "flagged", "note": "lost the seed", "expected": "pending"}

    answer = member.post(f"/compressions/{reviewed.pk}/review/", body, follow=True)

    found = Compression.objects.get(pk=reviewed.pk)
    assert (found.review, found.review_note) == ("flagged", "lost the seed")
    assert found.reviewed_by == member.user
    assert "lost the seed" in answer.content.decode()


def test_a_verdict_given_meanwhile_is_not_overwritten(member, reviewed):
    Compression.objects.filter(pk=reviewed.pk).update(review="flagged")
    body = {"verdict": "accepted", "expected": "pending"}

    answer = member.post(f"/compressions/{reviewed.pk}/review/", body, follow=True)

    assert Compression.objects.get(pk=reviewed.pk).review == "flagged"
    assert "Someone else has marked it flagged" in answer.content.decode()


def test_an_unknown_verdict_changes_nothing(member, reviewed):
    answer = member.post(f"/compressions/{reviewed.pk}/review/", {"verdict": "great"})

    assert answer.status_code == 422
    assert Compression.objects.get(pk=reviewed.pk).review == "pending"


def test_a_viewer_reads_and_does_not_judge(member, reviewed):
    ProjectMember.objects.filter(user=member.user).update(role="viewer")
    path = f"/compressions/{reviewed.pk}/"

    assert "Flag with a note" not in member.get(path).content.decode()
    answer = member.post(f"{path}review/", {"verdict": "accepted"})
    assert answer.status_code == 403
    assert Compression.objects.get(pk=reviewed.pk).review == "pending"


def test_another_projects_compression_cannot_be_judged(
    member, make_session, make_compression, other_project
):
    theirs = make_compression(make_session("theirs", project=other_project))

    path = f"/compressions/{theirs.pk}/review/"
    assert member.post(path, {"verdict": "accepted"}).status_code == 404
    assert Compression.objects.get(pk=theirs.pk).review == "pending"


def test_a_get_judges_nothing(member, reviewed):
    assert member.get(f"/compressions/{reviewed.pk}/review/").status_code == 405
