"""The brief for a fresh session: facts first, then the summary, then the end."""

from __future__ import annotations

from django.utils import timezone

from tracker.reading.sessions.brief import brief_of

FACTS = [
    {"kind": "constraint", "text": "Keep Python 3.9 working", "is_kept": False},
    {"kind": "path", "text": "/srv/app/main.py", "is_kept": True},
    {"kind": "decision", "text": "We use port 8080", "is_kept": True},
]
AFTER = [
    {"role": "user", "content": "Summary: port 8080."},
    {"role": "assistant", "content": "Done:\nnow the tests. \u202e"},
    {"nonsense": 1},
]


def test_facts_come_first_then_the_summary_then_the_last_messages(
    member, make_session, make_compression
):
    session = make_session("a", used=163_072, title="Fix webhooks")
    session.metadata = {"repository": "billing-api", "branch": "fix"}
    found = {"facts": FACTS}
    text = {
        "before": [{}],
        "after": AFTER,
        "summary": "- port\t8080",
        "analysis": found,
    }
    make_compression(session, text=text)

    brief = brief_of(session)

    assert brief is not None
    order = ["Fix webhooks", "repository: billing-api", "83.2 %",
             "Instructions that hold", "Keep Python 3.9 working", "We use port 8080",
             "`/srv/app/main.py`", "- port  8080",
             "assistant: Done: now the tests. ‹U+202E›"]  # fmt: skip
    places = [brief.index(text) for text in order]
    assert places == sorted(places)


def test_a_page_shows_it_to_be_copied(member, make_session, make_compression):
    session = make_session("a", used=100_000)
    make_compression(session, text={"before": [{}], "summary": "Left <b>this</b>"})

    page = member.get(f"/sessions/{session.pk}/handoff/").content.decode()

    assert 'data-copy="#brief"' in page and "Left &lt;b&gt;this" in page


def test_what_was_only_advised_or_refused_left_nothing(
    member, make_session, make_compression
):
    session = make_session("a", used=100_000)
    make_compression(session, text={"summary": "Advised"}, is_advice=True)
    make_compression(session, text={"summary": "Refused"}, refused_at=timezone.now())
    assert brief_of(session) is None

    make_compression(session, text={"summary": "Applied"}, ago=60)
    brief = brief_of(session)
    assert brief is not None and "Applied" in brief and "Refused" not in brief


def test_without_stored_messages_there_is_none(member, make_session, other_project):
    session = make_session("a", used=100_000)

    assert brief_of(session) is None
    page = member.get(f"/sessions/{session.pk}/handoff/").content.decode()
    assert "Nothing to hand over yet" in page
    theirs = make_session("b", used=1, project=other_project)
    assert member.get(f"/sessions/{theirs.pk}/handoff/").status_code == 404
