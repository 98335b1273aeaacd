"""The inbox: which compressions to read first, and accepting several at once."""

from __future__ import annotations

import json

import pytest

from tracker.models import Compression, ProjectMember


def keys(page):
    return [row.cut.session.key for row in page.context["rows"]]


def test_pending_ones_are_shown_first_and_counted(
    member, make_session, make_compression
):
    session = make_session("a")
    make_compression(session)
    make_compression(session, review="accepted")

    page = member.get("/compressions/")

    assert [row.cut.review for row in page.context["rows"]] == ["pending"]
    assert {name: count for name, _label, count in page.context["tabs"]} == {
        "pending": 1,
        "flagged": 0,
        "accepted": 1,
        "numbers": 0,
        "all": 2,
    }
    assert len(member.get("/compressions/?review=all").context["rows"]) == 2


def test_numbers_alone_are_neither_counted_nor_asked_about(
    member, make_session, make_compression
):
    from tracker.pages.frame.chrome import pending_count

    told = make_compression(make_session("told"), score=0.5)
    numbers = make_compression(make_session("n"), is_reviewable=False)

    page, listed = member.get("/compressions/"), "/compressions/?review=numbers"

    assert keys(page) == ["told"]
    assert "1 compression to review" in page.content.decode()
    assert pending_count([told.project]) == 1
    assert keys(member.get(listed)) == ["n"]
    assert "1 compression with numbers only" in member.get(listed).content.decode()
    own = member.get(f"/compressions/{numbers.pk}/").content.decode()
    assert '<span class="flag calm">numbers only</span>' in own


def test_trigger_and_session_narrow_the_list(member, make_session, make_compression):
    make_compression(make_session("a"), trigger="manual")
    make_compression(make_session("b"), trigger="budget")

    assert keys(member.get("/compressions/?trigger=manual")) == ["a"]
    assert keys(member.get("/compressions/?q=b&review=nonsense")) == ["b"]


def test_the_newest_are_found_by_what_their_summary_says(
    member, make_session, make_compression, monkeypatch
):
    from tracker.reading import event_lists

    said = {"summary": "We keep PORT 8042, 100 % sure."}
    make_compression(make_session("old"), text=said, ago=60)
    make_compression(make_session("new"), text=said)
    make_compression(make_session("other"), text={"summary": "Port 8043."})

    assert keys(member.get("/compressions/?q=port+8042")) == ["new", "old"]
    assert keys(member.get("/compressions/?q=8042%25")) == []
    monkeypatch.setattr(event_lists, "SUMMARIES_SEARCHED", 2)
    assert keys(member.get("/compressions/?q=port+8042")) == ["new"]


def test_summaries_of_other_projects_are_not_searched(
    member, project, make_session, make_compression
):
    from tracker.models import Project

    cut = make_compression(make_session("theirs"), text={"summary": "Port 8042."})
    other = Project.objects.create(slug="others", name="Others")
    Compression.objects.filter(pk=cut.pk).update(project=other)

    assert keys(member.get("/compressions/?q=8042")) == []


def test_a_suspected_one_says_that_nobody_announced_it(
    member, make_session, make_compression
):
    cut = make_compression(make_session("a"), trigger="suspected")
    make_compression(make_session("b"))

    listed = member.get("/compressions/?trigger=suspected")
    page = member.get(f"/compressions/{cut.pk}/").content.decode()

    assert keys(listed) == ["a"]
    assert "suspected: not reported by the client" in listed.content.decode()
    assert "suspected: tokens dropped without a compaction report" in page
    assert "It has not reported a compression, so no text is known" in page
    assert "done by the client" not in page


@pytest.fixture
def mixed(make_session, make_compression):
    """One of each kind; the newest is the last."""
    bad = {"code": "instructions_lost", "severity": "bad", "text": "2 instructions"}
    target = {"target_tokens": 10_000}
    make = make_compression
    make(make_session("e-again"), score=0.9, facts_lost=3, used_again=2, ago=9)
    make(make_session("b-orders"), score=0.9, facts_lost=9, verdicts=[bad], ago=8)
    make(make_session("d-missed"), score=0.95, facts_lost=0, ago=7, **target)
    make(make_session("f-low"), score=0.2, facts_lost=5, trigger="budget", ago=6)
    make(make_session("c-fine"), score=1.0, facts_lost=1, ago=5, after_tokens=10)
    make(make_session("a-numbers"), ago=4)


def test_what_lost_something_that_matters_is_to_be_read_first(member, mixed):
    page = member.get("/compressions/")

    groups = {r.cut.session.key: r.begins[0] for r in page.context["rows"] if r.begins}
    assert groups == {
        "e-again": "Read first",
        "c-fine": "Can be accepted together",
        "a-numbers": "Not worked out yet",
    }
    assert keys(page)[:4] == ["e-again", "b-orders", "f-low", "d-missed"]
    text = page.content.decode()
    assert "6 compressions to review, 4 worth reading first" in text
    assert "2 instructions lost" in text and "target missed" in text


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("lost", "b-orders f-low e-again c-fine d-missed a-numbers"),
        ("score", "f-low b-orders e-again d-missed c-fine a-numbers"),
        ("saved", "c-fine a-numbers f-low d-missed b-orders e-again"),
        ("trigger", "a-numbers c-fine d-missed b-orders e-again f-low"),
        ("session", "a-numbers b-orders c-fine d-missed e-again f-low"),
        ("new", "a-numbers c-fine f-low d-missed b-orders e-again"),
    ],
)
def test_each_order_is_paged_by_key(member, mixed, monkeypatch, sort, expected):
    monkeypatch.setattr("tracker.pages.compressions.views.ROWS", 2)

    seen, cursor = [], ""
    for _ in range(3):
        page = member.get(f"/compressions/?sort={sort}&cursor={cursor}")
        seen += keys(page)
        cursor = page.context["page"].next

    assert " ".join(seen) == expected
    assert cursor is None


def test_a_cursor_of_another_order_is_no_page(member, mixed, monkeypatch):
    monkeypatch.setattr("tracker.pages.compressions.views.ROWS", 2)
    cursor = member.get("/compressions/?sort=new").context["page"].next

    assert member.get(f"/compressions/?sort=lost&cursor={cursor}").status_code == 404
    assert member.get("/compressions/?cursor=nonsense").status_code == 404
    # ["score", "x", 1] and ["session", "\0", …]: of the right length, wrong inside.
    for spoilt in ("WyJzY29yZSIsIngiLDFd", "WyJzY29yZSIsMWU5OTksMV0"):
        answer = member.get(f"/compressions/?sort=score&cursor={spoilt}")
        assert answer.status_code == 404


def test_several_are_accepted_at_once(member, mixed):
    ids = list(Compression.objects.values_list("pk", flat=True)[:2])

    answer = member.post("/compressions/review/", {"ids": ids, "back": "/evil"})

    assert answer.status_code == 302
    accepted = Compression.objects.filter(review="accepted")
    assert sorted(accepted.values_list("pk", flat=True)) == sorted(ids)
    assert {c.reviewed_by.username for c in accepted} == {"alice"}


def test_a_group_is_accepted_by_its_button_and_the_badge_is_told(member, mixed):
    page = member.get("/compressions/")
    group = next(row.group_ids for row in page.context["rows"] if row.group_ids)

    answer = member.post(
        "/compressions/review/",
        {"group": group, "back": "/compressions/?sort=lost"},
        headers={"HX-Request": "true"},
    )

    text = answer.content.decode()
    assert "Accepted 1 compression." in text and "<html" not in text
    assert json.loads(answer["HX-Trigger"]) == {"pending-changed": {"pending": 5}}
    assert answer.context["sort"] == "lost"
    assert "c-fine" not in text


def test_what_someone_else_judged_meanwhile_stays_and_is_said(member, mixed):
    first, second = Compression.objects.all()[:2]
    Compression.objects.filter(pk=first.pk).update(review="flagged")

    answer = member.post(
        "/compressions/review/",
        {"ids": [first.pk, second.pk, 10**12]},
        follow=True,
    )

    assert "Accepted 1 compression. 2 were just reviewed by someone else" in (
        answer.content.decode()
    )
    first.refresh_from_db()
    assert first.review == "flagged"


def test_a_link_to_somewhere_else_is_not_followed(member, mixed):
    answer = member.post(
        "/compressions/review/", {"ids": "", "back": "https://evil.example/x"}
    )

    assert answer["Location"] == "/compressions/"


def test_a_viewer_may_look_but_not_judge(member, mixed):
    ProjectMember.objects.update(role="viewer")
    pk = Compression.objects.values_list("pk", flat=True).first()

    assert b'type="checkbox"' not in member.get("/compressions/").content
    assert member.post("/compressions/review/", {"ids": pk}).status_code == 403
    assert not Compression.objects.exclude(review="pending").exists()


def test_another_projects_compressions_are_neither_listed_nor_judged(
    member, make_session, make_compression, other_project
):
    theirs = make_compression(make_session("theirs", project=other_project))

    assert keys(member.get("/compressions/?review=all")) == []
    member.post("/compressions/review/", {"ids": theirs.pk})
    theirs.refresh_from_db()
    assert theirs.review == "pending"


def test_verdicts_are_accepted_or_flagged(member, mixed):
    answer = member.post("/compressions/review/", {"verdict": "great", "ids": "1"})

    assert answer.status_code == 422


def test_the_list_asks_a_fixed_number_of_questions(
    member, mixed, django_assert_max_num_queries
):
    with django_assert_max_num_queries(16):
        member.get("/compressions/")


def test_login_is_needed(client, make_session, make_compression):
    found = make_compression(make_session("a"))

    for path in ("/compressions/", f"/compressions/{found.pk}/"):
        assert client.get(path).status_code == 302
    assert client.post("/compressions/review/", {}).status_code == 302


def test_a_row_to_read_first_says_why(member, make_session, make_compression):
    for score in (0.7, 0.9):
        make_compression(make_session(str(score)), score=score)

    remarks = {
        row.cut.score: row.remark
        for row in member.get("/compressions/").context["rows"]
    }

    assert remarks == {0.7: "scored below 0.80", 0.9: "nothing found"}
