"""The kept messages of a session: read in order, searched, and why there are none."""

from __future__ import annotations

CALL = {"type": "tool_use", "id": "t1", "name": "Read", "input": {"file": "server.py"}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "def serve(): ..."}


def of(*texts: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text} for text in texts]


def reviewed(*tokens: int) -> dict[str, object]:
    return {"fates": [{"index": at, "tokens": n} for at, n in enumerate(tokens)]}


def test_each_message_is_shown_once_in_order_with_its_tokens(
    member, make_session, make_compression
):
    session = make_session("a", used=1)
    first = {"before": of("one", "two"), "after": of("so far", "two")}
    make_compression(session, ago=9, text=first | {"analysis": reviewed(11, 4_321)})
    second = {"before": of("so far", "two", "three"), "after": of("short")}
    make_compression(session, ago=5, text=second, after_message_count=1)

    page = member.get(f"/sessions/{session.pk}/messages/").content.decode()

    places = [page.index(f">{word}<") for word in ("one", "two", "so far", "three")]
    assert places == sorted(places)
    assert page.count(">two<") == 1 and page.count(">so far<") == 1
    assert "4,321 tokens" in page and "Largest messages" in page
    assert "1 message that replaced them" in page


def test_calls_and_results_are_folded_and_nothing_is_markup(
    member, make_session, make_compression
):
    session = make_session("a", used=1)
    before = [
        {"role": "user", "content": "Look at <b>this</b>"},
        {"role": "assistant", "content": [CALL]},
        {"role": "user", "content": [RESULT]},
        {"nonsense": "<i>"},
    ]
    make_compression(session, text={"before": before})

    page = member.get(f"/sessions/{session.pk}/messages/").content.decode()

    assert "Look at &lt;b&gt;this" in page and "<b>this" not in page
    assert "<i>" not in page.split('id="kept"')[1]
    assert page.count('<details class="piece">') == 3
    assert "Read {&quot;file&quot;:&quot;server.py&quot;}" in page


def test_pages_go_on_where_the_last_one_ended(member, make_session, make_compression):
    session = make_session("a", used=1)
    many = of(*(f"word-{n}." for n in range(120)))
    cut = make_compression(session, text={"before": many}, before_message_count=120)
    address = f"/sessions/{session.pk}/messages/"

    first = member.get(address).content.decode()
    second = member.get(f"{address}?from={cut.pk}.50").content.decode()
    last = member.get(f"{address}?from={cut.pk}.100").content.decode()

    assert "word-49." in first and "word-50." not in first
    assert f"from={cut.pk}.50" in first and "Earlier" not in first
    assert "word-50." in second and "word-99." in second and "word-100." not in second
    assert f"from={cut.pk}.0" in second and f"from={cut.pk}.100" in second
    assert "word-119." in last and "Later messages" not in last


def test_a_search_shows_the_words_around_and_where_to_read_on(
    member, make_session, make_compression
):
    session = make_session("a", used=1)
    said = of("nothing", "The PORT is <8080>", "the port again")
    cut = make_compression(session, text={"before": said})
    address = f"/sessions/{session.pk}/messages/"

    page = member.get(f"{address}?q=port").content.decode()
    none = member.get(f"{address}?q=never-said").content.decode()

    assert page.count("<mark>") == 2 and "<mark>PORT</mark> is &lt;8080&gt;" in page
    assert f"?from={cut.pk}.1" in page and ">nothing<" not in page
    assert "Nothing found" in none and "never-said" in none


def test_a_long_message_is_cut_and_shown_in_full_when_asked_for(
    member, make_session, make_compression
):
    session = make_session("a", used=1)
    cut = make_compression(session, text={"before": of("x" * 5_000 + "END")})
    address = f"/sessions/{session.pk}/messages/"

    page = member.get(address).content.decode()
    full = member.get(f"{address}?only={cut.pk}.0").content.decode()

    assert "Show all 5,003 characters" in page and "xEND" not in page
    assert "xEND" in full
    for nonsense in (f"{cut.pk}.1", "9.0", "nonsense", f"{cut.pk}.-1", "1" * 40 + ".0"):
        assert member.get(f"{address}?only={nonsense}").status_code == 404


def test_a_page_says_why_nothing_is_kept(member, make_session, make_compression):
    session = make_session("a", used=1)
    address = f"/sessions/{session.pk}/messages/"

    assert "had no compression so far" in member.get(address).content.decode()
    make_compression(session)
    assert "reported as numbers" in member.get(address).content.decode()
    session.project.keep_messages = "no"
    session.project.save()
    page = member.get(address).content.decode()
    assert "This project keeps no messages" in page and "Projects" in page


def test_another_projects_messages_are_not_shown(
    member, make_session, make_compression, other_project
):
    theirs = make_session("b", used=1, project=other_project)
    make_compression(theirs, text={"before": of("theirs")})

    assert member.get(f"/sessions/{theirs.pk}/messages/").status_code == 404
