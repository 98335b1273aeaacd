"""GET recall: what a compression replaced can be asked for, where it is kept."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import LONG_TALK


@pytest.fixture
async def compressed(api: Any) -> None:
    body = {"messages": LONG_TALK, "force": True}
    assert (await api.post("/sessions/s/optimize", body)).status_code == 201


@pytest.mark.usefixtures("compressed")
async def test_passages_come_ranked_with_their_message_numbers(api: Any) -> None:
    answer = await api.get("/sessions/s/recall?q=why+did+E1011+fail%3F&tokens=200")

    assert answer.status_code == 200
    body = answer.json()
    best = body["results"][0]
    assert (best["number"], best["role"]) == (12, "assistant")
    assert "/srv/app/part_11.py" in best["text"]
    assert body["tokens"] == sum(each["tokens"] for each in body["results"]) <= 200
    ranks = [each["rank"] for each in body["results"]]
    assert ranks == sorted(ranks, reverse=True)
    assert body["is_kept"] is True


@pytest.mark.usefixtures("compressed")
@pytest.mark.parametrize(
    "question", ["%22 OR %22", "text%3A*", "NEAR(a+b)", "zeppelin", "%3F%21"]
)
async def test_a_question_is_words_and_no_query_language(
    api: Any, question: str
) -> None:
    answer = await api.get(f"/sessions/s/recall?q={question}")

    assert answer.status_code == 200
    assert answer.json()["results"] == []


@pytest.mark.parametrize("mode", ["no", "redacted"])
async def test_only_what_the_project_keeps_is_answered(
    api: Any, in_db: Any, project: Any, mode: str
) -> None:
    project.keep_messages = mode
    await in_db(project.save)
    secret = {"role": "user", "content": "Write to anna.k@example.com about zebras."}
    body = {"messages": [*LONG_TALK[:5], secret, *LONG_TALK], "force": True}
    await api.post("/sessions/s/optimize", body)

    found = (await api.get("/sessions/s/recall?q=zebras")).json()

    assert found["is_kept"] is (mode == "redacted")
    assert bool(found["results"]) is (mode == "redacted")
    assert "anna.k" not in str(found)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "q"),
        ("?q=", "q"),
        ("?q=" + "a" * 2_001, "q"),
        ("?q=a&tokens=0", "tokens"),
        ("?q=a&tokens=20001", "tokens"),
        ("?q=a&limit=5", "limit"),
    ],
)
async def test_a_bad_question_is_refused(
    api: Any, report: Any, query: str, field: str
) -> None:
    await report("s", 5)

    answer = await api.get(f"/sessions/s/recall{query}")

    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


async def test_it_is_not_allowed_without_a_key_for_it(
    refuses_bad_keys: Any, report: Any, api: Any
) -> None:
    await report("s", 5)

    await refuses_bad_keys("GET", "/sessions/s/recall?q=a", scope="read")
    assert (await api.get("/sessions/unknown/recall?q=a")).status_code == 404
