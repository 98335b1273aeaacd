"""The rows of a list, as HTML: whole, and escaped."""

from __future__ import annotations

import re

from tracker.models import LLMSession, SessionTag

EVIL = "<b>\"x' & y"


def test_what_a_client_wrote_is_escaped_in_both_lists(member, make_session) -> None:
    session = make_session("evil", used=1_000)
    LLMSession.objects.filter(pk=session.pk).update(
        title=EVIL, model=EVIL, metadata={"branch": EVIL, "team": EVIL}
    )
    tag = SessionTag(project_id=session.project_id, session_id=session.pk)
    tag.name = EVIL
    tag.save()

    for address in ("/sessions/", "/"):
        rows = re.findall(
            r"<tr data-level.*?</tr>", member.get(address).content.decode(), re.S
        )

        assert len(rows) == 1 and "<b>" not in rows[0]
        assert 'title="&lt;b&gt;&quot;x&#x27; &amp; y"' in rows[0]


def test_a_hidden_column_is_in_no_row(member, make_session) -> None:
    make_session("one", used=1_000)

    page = member.get("/sessions/?hide=freed&hide=gauge").content.decode()

    row = re.search(r"<tr data-level.*?</tr>", page, re.S)[0]
    assert re.findall(r'<td class="(w-\w+)', row) == [
        "w-level", "w-name", "w-pct", "w-used", "w-turns", "w-turns", "w-seen",
    ]  # fmt: skip


def test_a_tag_leads_to_its_sessions(member, make_session) -> None:
    session = make_session("one", used=1_000)
    SessionTag.objects.create(
        project_id=session.project_id, session_id=session.pk, name="nightly-1"
    )

    page = member.get("/sessions/").content.decode()

    assert '<a class="tag" href="/sessions/?q=tag:nightly-1">#<bdi>nightly-1' in page
