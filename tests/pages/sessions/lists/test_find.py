"""What the palette finds."""

from __future__ import annotations


def test_it_finds_sessions_one_may_see_and_says_where_they_are(
    member, make_session, other_project
):
    found = make_session("refund-1", used=98_000, title="Refund bot")
    make_session("refund-2", project=other_project)
    type(found).objects.filter(pk=found.pk).update(metadata={"repository": "shop"})

    answer = member.get("/find.json?q=refund").json()

    assert answer["sessions"] == [
        {"name": "Refund bot", "where": "shop · 50 %", "url": f"/sessions/{found.pk}/"}
    ]


def test_without_a_word_it_finds_nothing(member, make_session):
    make_session("a")

    assert member.get("/find.json").json() == {"sessions": []}
