"""The list of all sessions as a spreadsheet."""

from __future__ import annotations

import csv
from io import StringIO

from asgiref.sync import async_to_sync


def text_of(answer) -> str:
    async def read() -> bytes:
        return b"".join([part async for part in answer.streaming_content])

    return async_to_sync(read)().decode()


def test_the_spreadsheet_holds_what_the_list_shows_in_its_order(member, make_session):
    make_session("=1+1", used=9_000, title="x")
    make_session("b", used=100)

    answer = member.get("/sessions/list.csv?order=tokens&way=up")

    head, first, second = text_of(answer).splitlines()
    assert head.startswith("session,title,project,repository")
    assert first.startswith("b,") and second.startswith("'=1+1,x,search,")
    assert "text/csv" in answer["Content-Type"]


def test_the_spreadsheet_holds_more_sessions_than_sqlite_joins_in_a_query(
    member, make_session
):
    first = make_session("first", used=100)
    one = {
        name: getattr(first, name) for name in ("project_id", "created_at", "last_at")
    }
    many = [type(first)(**one, key=f"s-{n}") for n in range(600)]
    type(first).objects.bulk_create(many)

    answer = member.get("/sessions/list.csv")

    assert answer.status_code == 200
    assert len(text_of(answer).splitlines()) == 1 + 601


def test_the_spreadsheet_names_repository_and_client_as_the_pages_do(
    member, make_session
):
    session = make_session("a")
    metadata = {"repository": None, "client": "My agent"}
    type(session).objects.filter(pk=session.pk).update(metadata=metadata)

    answer = member.get("/sessions/list.csv")

    (row,) = csv.DictReader(StringIO(text_of(answer)))
    assert (row["repository"], row["branch"], row["client"]) == ("", "", "My agent")


def test_who_reports_during_a_download_keeps_the_place(member, make_session):
    old, new = make_session("old", ago=500), make_session("new", ago=5)
    gone = make_session("gone", ago=50)

    answer = member.get("/sessions/list.csv")
    type(old).objects.filter(pk=old.pk).update(last_at=new.last_at, sample_count=7)
    type(gone).objects.filter(pk=gone.pk).delete()

    rows = list(csv.DictReader(StringIO(text_of(answer))))
    assert [(row["session"], row["turns"]) for row in rows][1:] == [("old", "7")]
    assert rows[0]["session"] == "new" and len(rows) == 2
