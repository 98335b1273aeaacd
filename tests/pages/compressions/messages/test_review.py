"""One compression: what was lost, its messages, a person's verdict."""

from __future__ import annotations

import pytest

from tracker.domain.review.retention import review_compression
from tracker.models import ProjectMember

BEFORE = [
    {"role": "user", "content": "Fix the worker. <script>x</script>"},
    *(
        {
            "role": ("user", "assistant")[n % 2],
            "content": f"step {n} of tests/test_{n}.py",
        }
        for n in range(60)
    ),
    {"role": "assistant", "content": "one two three four five six seven eight nine"},
    {"role": "user", "content": "Never change the public payload. " + "long " * 500},
    {"role": "user", "content": "go on"},
]  # fmt: skip
AFTER = [
    BEFORE[0],
    {"role": "user", "content": "- step 7 of tests/test_7.py\n- <b>rest</b> done"},
    {"role": "assistant", "content": "one two three four five seven eight nine"},
    BEFORE[-1],
]


@pytest.fixture
def stored(make_session, make_compression):
    analysis = review_compression(BEFORE, AFTER).as_dict()
    return make_compression(
        make_session("a"),
        text={"before": BEFORE, "after": AFTER, "analysis": analysis},
        score=analysis["score"],
        facts_kept=analysis["facts_kept"],
        facts_lost=analysis["facts_lost"],
        verdicts=analysis["verdicts"],
        target_tokens=117_600,
    )


def open_page(member, stored, query=""):
    return member.get(f"/compressions/{stored.pk}/{query}")


def test_the_headline_says_what_did_not_survive(member, stored):
    page = open_page(member, stored)
    text = page.content.decode()

    lost = page.context["facts"].lost
    assert f"1 instruction and {lost - 1} other facts did not survive" in text
    assert "64 messages became 4" in text
    assert "1 shortened" in text and "2 kept" in text


def test_everything_is_escaped_and_nothing_is_styled_inline(member, stored):
    text = open_page(member, stored).content.decode()

    assert "&lt;script&gt;x&lt;/script&gt;" in text and "<script>x" not in text
    assert "&lt;b&gt;rest&lt;/b&gt;" in text and "<b>rest" not in text
    assert " style=" not in text


def test_routine_messages_are_folded_with_their_losses(member, stored):
    rows = open_page(member, stored).context["rows"]

    folds = [item for row in rows for item in row.left if hasattr(item, "bars")]
    assert sum(fold.count for fold in folds) > 40
    assert sum(fold.facts_lost for fold in folds) > 0


def test_a_shortened_message_shows_its_words_that_went(member, stored):
    assert "<del>six " in open_page(member, stored).content.decode()


def test_summary_lines_and_messages_link_to_each_other(member, stored):
    page = open_page(member, stored)
    text = page.content.decode()

    line = page.context["lines"][0]
    assert 'id="l1"' in text
    assert 9 in line.refs  # message 9: "step 7"
    assert 'at=9#m9" data-message="9"' in text
    opened = open_page(member, stored, "?at=9").content.decode()
    assert 'id="m9"' in opened and 'href="#l1"' in opened


def test_view_and_class_live_in_the_address(member, stored):
    unified = open_page(member, stored, "?view=unified&kind=constraint")

    assert "diff-row unified" in unified.content.decode()
    assert [fact.word for fact in unified.context["facts"].shown] == ["instruction"]
    assert open_page(member, stored, "?view=x&show=y&at=-1&kind=z").status_code == 200


def test_all_shows_a_first_chunk_and_the_rest_on_its_way(member, stored):
    text = open_page(member, stored, "?show=all").content.decode()

    assert 'id="m40"' in text and 'id="m41"' not in text
    assert 'hx-trigger="click, revealed"' in text and "all=1" in text


def test_a_fold_is_fetched_in_chunks(member, stored):
    url = f"/compressions/{stored.pk}/messages/"

    text = member.get(
        f"{url}?from=2&to=61", headers={"HX-Request": "true"}
    ).content.decode()

    assert text.count('<article class="msg') == 40
    assert 'data-first="42" data-last="61"' in text
    assert "<html" not in text
    at = member.get(f"{url}?from=2&to=61&at=30", headers={"HX-Request": "true"})
    assert at.content.decode().count("<article") == 1
    assert "<html" in member.get(f"{url}?from=2&to=3").content.decode()


def test_a_long_message_is_shown_whole_when_asked(member, stored):
    url = f"/compressions/{stored.pk}/messages/?from=63&to=63"

    assert "Show all" in member.get(url).content.decode()
    assert "Show all" not in member.get(f"{url}&full=1").content.decode()


@pytest.mark.parametrize(
    "query",
    ["", "from=0&to=3", "from=5&to=4", "from=1&to=65", "from=a&to=2",
     "from=1&to=99999999999", "from=1&to=2&side=after"],
)  # fmt: skip
def test_messages_that_are_not_there_are_not_found(member, stored, query):
    answer = member.get(f"/compressions/{stored.pk}/messages/?{query}")

    assert answer.status_code == 404


def test_numbers_alone_make_a_page_too(member, make_session, make_compression):
    found = make_compression(
        make_session("a"), before_tokens=100, after_tokens=150, target_tokens=60
    )

    text = member.get(f"/compressions/{found.pk}/").content.decode()

    assert "The result is larger than the original" in text
    assert "No messages are stored" in text
    assert "The target was missed" in text


def test_a_summary_without_messages_is_shown(member, make_session, make_compression):
    found = make_compression(make_session("a"), text={"summary": "It was <i>long</i>."})

    assert "It was &lt;i&gt;long&lt;/i&gt;." in (
        member.get(f"/compressions/{found.pk}/").content.decode()
    )


def test_messages_without_an_analysis_are_shown(member, make_session, make_compression):
    odd = [{"no": "role"}, {"role": "user", "content": "hello"}]
    found = make_compression(make_session("a"), text={"before": odd, "after": odd})

    page = member.get(f"/compressions/{found.pk}/?show=all")

    assert page.status_code == 200 and "hello" in page.content.decode()


def review(member, stored, **fields):
    return member.post(f"/compressions/{stored.pk}/review/", fields)


def test_accepting_goes_on_with_the_next_that_waits(
    member, stored, make_compression, make_session
):
    following = make_compression(make_session("b"), ago=60)

    answer = review(member, stored, verdict="accepted", expected="pending")

    assert answer["Location"] == f"/compressions/{following.pk}/"
    stored.refresh_from_db()
    assert (stored.review, stored.reviewed_by.username) == ("accepted", "alice")


def test_flagging_keeps_the_note_and_it_may_be_taken_back(member, stored):
    answer = review(
        member, stored, verdict="flagged", expected="pending", note=" lost <port> "
    )
    assert answer["Location"] == "/compressions/"
    assert "lost &lt;port&gt;" in open_page(member, stored).content.decode()

    review(member, stored, verdict="pending", expected="flagged")
    stored.refresh_from_db()
    assert (stored.review, stored.reviewed_at) == ("pending", None)


def test_a_verdict_of_someone_else_meanwhile_is_a_conflict(member, stored):
    review(member, stored, verdict="flagged", expected="pending", note="mine")

    answer = review(member, stored, verdict="accepted", expected="pending")

    assert answer.status_code == 409
    assert "someone else has just marked it" in answer.content.decode()
    stored.refresh_from_db()
    assert (stored.review, stored.review_note) == ("flagged", "mine")


def test_only_reviewers_judge_and_only_with_known_words(member, stored):
    assert review(member, stored, verdict="great").status_code == 422
    ProjectMember.objects.update(role="viewer")

    assert review(member, stored, verdict="accepted").status_code == 403
    assert "Only reviewers" in open_page(member, stored).content.decode()
    stored.refresh_from_db()
    assert stored.review == "pending"


def test_another_projects_compression_is_not_found(
    member, make_session, make_compression, other_project
):
    theirs = make_compression(make_session("theirs", project=other_project))

    for path in ("", "messages/?from=1&to=1"):
        assert member.get(f"/compressions/{theirs.pk}/{path}").status_code == 404
    for path in ("review/", "dry-run/"):
        assert member.post(f"/compressions/{theirs.pk}/{path}").status_code == 404


def test_parts_add_up_to_what_was_there(member, stored):
    numbers = open_page(member, stored).context["numbers"]

    assert sum(before for _, _, before, _ in numbers.parts) == stored.before_tokens
    assert sum(after for _, _, _, after in numbers.parts) == stored.after_tokens


def test_what_was_used_again_is_counted_when_the_page_is_opened(
    member, stored, make_compression
):
    later = {"role": "assistant", "content": "I run tests/test_41.py again"}
    make_compression(
        stored.session, ago=-60, text={"before": [*AFTER, later], "after": AFTER}
    )

    text = open_page(member, stored).content.decode()

    stored.refresh_from_db()
    assert stored.used_again == 1
    assert "used again in 1 message" in text
    assert "Lost, then used again" in text
