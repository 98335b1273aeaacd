"""Compressions: the list, and one before and after."""

from __future__ import annotations


def test_pending_ones_are_shown_first_and_counted(
    member, make_session, make_compression
):
    session = make_session("a")
    make_compression(session)
    make_compression(session, review="accepted")

    page = member.get("/compressions/")

    assert [c.review for c in page.context["rows"]] == ["pending"]
    assert dict(page.context["tabs"]) == {
        "pending": 1,
        "flagged": 0,
        "accepted": 1,
        "all": 2,
    }
    assert len(member.get("/compressions/?review=all").context["rows"]) == 2


def test_trigger_and_session_narrow_the_list(member, make_session, make_compression):
    make_compression(make_session("a"), trigger="manual")
    make_compression(make_session("b"), trigger="budget")

    page = member.get("/compressions/?trigger=manual")

    assert [c.session.key for c in page.context["rows"]] == ["a"]
    assert len(member.get("/compressions/?q=b&review=nonsense").context["rows"]) == 1


def test_one_compression_shows_numbers_summary_and_messages(
    member, make_session, make_compression
):
    text = {
        "summary": "It was <b>long</b>.",
        "before": [
            {"role": "user", "content": "<script>x</script>"},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "name": "grep", "input": {"q": "y"}}],
            },
        ],
        "after": [{"role": "user", "content": "short"}],
    }
    found = make_compression(make_session("a"), text=text, target_tokens=117_600)

    page = member.get(f"/compressions/{found.pk}/").content.decode()

    assert "118,840 tokens freed" in page
    assert "It was &lt;b&gt;long&lt;/b&gt;." in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page and "<script>x" not in page
    assert "grep" in page and "tool use" in page
    assert "2 messages became 1" in page
    assert " style=" not in page


def test_numbers_alone_make_a_page_too(member, make_session, make_compression):
    found = make_compression(
        make_session("a"), before_tokens=100, after_tokens=150, target_tokens=60
    )

    page = member.get(f"/compressions/{found.pk}/").content.decode()

    assert "The result is larger than its source" in page
    assert "No messages are kept" in page
    assert "missed by 90" in page


def test_another_projects_compression_is_not_found(
    member, make_session, make_compression, other_project
):
    theirs = make_compression(make_session("theirs", project=other_project))

    assert member.get(f"/compressions/{theirs.pk}/").status_code == 404
    assert member.get("/compressions/?review=all").context["rows"] == []


def test_login_is_needed(client, make_session, make_compression):
    found = make_compression(make_session("a"))

    assert client.get(f"/compressions/{found.pk}/").status_code == 302
