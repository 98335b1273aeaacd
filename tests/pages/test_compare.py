"""Two sessions side by side."""

from __future__ import annotations

from tracker.pages.compare import _share


def line(response, word):
    return next(line for line in response.context["lines"] if line.word == word)


def test_both_stand_beside_each_other_with_what_the_second_has_more(
    member, make_session, make_event
):
    first = make_session("first <b>", used=50_000, ago=90, compression_count=2)
    second = make_session("second", used=80_000, ago=5, saved_tokens=9_000)
    make_event(second, to="warning")

    page = member.get(f"/sessions/compare/?a={first.pk}&b={second.pk}")

    used = line(page, "Used")
    assert (used.first, used.second, used.more) == ("50,000", "80,000", "+30,000")
    assert line(page, "Compressions").more == "−2"
    assert line(page, "Reached warning").second == "1"
    assert line(page, "Cost").first == "–" and line(page, "Cost").more == ""
    assert "first &lt;b&gt;" in page.content.decode()


def test_what_the_list_ticked_is_compared(member, make_session):
    one, two = make_session("one"), make_session("two")

    page = member.get(f"/sessions/compare/?with={one.pk}&with={two.pk}")

    assert [side.session for side in page.context["sides"]] == [one, two]
    listed = member.get("/sessions/").content.decode()
    assert f'form="picked" name="with" value="{one.pk}"' in listed


def test_a_missing_side_can_be_chosen(member, make_session):
    one = make_session("one")

    page = member.get(f"/sessions/compare/?a={one.pk}")

    assert page.context["lines"] == []
    assert "Choose two sessions" in page.content.decode()


def test_a_share_differs_by_points():
    shares = iter((0.966, 0.518))
    told = _share("Read from the cache", None, None, lambda _: next(shares))

    assert told.more == "\N{MINUS SIGN}44.8\N{NO-BREAK SPACE}points"


def test_costs_and_cache_are_compared_where_they_are_known(member, make_session):
    from tracker.models import UsageSample

    first, second = make_session("a", model="claude-opus-4-5"), make_session("b")
    UsageSample.objects.filter(session=first).update(
        input_tokens=1_000_000, output_tokens=0, cache_read_tokens=750_000,
        cache_creation_tokens=0,
    )  # fmt: skip

    page = member.get(f"/sessions/compare/?a={first.pk}&b={second.pk}")

    assert line(page, "Read from the cache").first == "75.0\N{NO-BREAK SPACE}%"
    assert line(page, "Cost").first.startswith("$") and line(page, "Cost").more == ""


def test_neither_may_be_anothers(member, make_session, other_project):
    mine, theirs = make_session("a"), make_session("b", project=other_project)

    for query in (f"a={mine.pk}&b={theirs.pk}", f"with={theirs.pk}", "a=x", "a=-1"):
        assert member.get(f"/sessions/compare/?{query}").status_code == 404
    assert theirs not in member.get("/sessions/compare/").context["offered"]
