"""The contract of summarisers, and the local one."""

from __future__ import annotations

import pytest

from tracker.domain.compression.summary.extraction import (
    extractive_summary,
    named_media,
    source_units,
)
from tracker.domain.compression.summary.middle import number_messages
from tracker.domain.compression.summary.salience import Unit, coverage_order
from tracker.domain.compression.summary.summarising import Source, SummaryRequest
from tracker.domain.compression.summary.summary_lines import (
    SummaryLine,
    find_earlier,
    frame_summary,
    lines_tokens,
)
from tracker.domain.conversation.messages import read_message, read_messages
from tracker.domain.counting.counters import estimate_tokens
from tracker.domain.counting.measure import Measure, NamedCount


def sources(*texts, role="user"):
    return tuple(
        Source(at, at + 1, role, (text,) if isinstance(text, str) else tuple(text))
        for at, text in enumerate(texts)
    )


def summary(given, budget, recent=""):
    request = SummaryRequest(given, budget, estimate_tokens, recent)
    return extractive_summary(request).lines


def test_everything_is_kept_word_for_word_when_it_fits():
    lines = summary(sources("I was here.", ("One.", "Two."), ()), 100)

    assert [str(line) for line in lines] == ["[1U] I was here.", "[2U] One. Two."]


def test_the_budget_is_never_passed_and_well_used():
    given = sources(*(f"The number of item {n} is {n * 37} apples." for n in range(99)))

    for budget in (50, 200, 600):
        used = lines_tokens(summary(given, budget), estimate_tokens)
        assert 0.85 * budget < used <= budget


def test_rare_literals_win_over_small_talk():
    talk = [f"That sounds nice, I am happy for you, day {n % 3}." for n in range(50)]
    given = sources(*talk[:25], "The vault code is KAPPA-7741.", *talk[25:])

    lines = summary(given, 60)

    assert any("KAPPA-7741" in line.text for line in lines)


def test_what_is_said_twice_is_told_once():
    given = sources(*["The same long sentence about the harbour walk."] * 30)

    assert len(summary(given, 40)) == 1


def test_what_is_talked_about_now_weighs_more():
    words = [chr(97 + n % 26) * 5 + chr(97 + n // 26) * 2 for n in range(40)]
    given = sources(
        *(f"The {word} has its own detail{n}." for n, word in enumerate(words))
    )

    lines = summary(given, 30, recent=f"What about that {words[33]}?")

    assert any("detail33" in line.text for line in lines)


def test_a_literal_that_a_kept_message_holds_gives_way_to_one_that_is_gone():
    given = sources(*(f"Gate{n} opens with code{n}." for n in range(40)))
    told = "\n".join(source.text or source.units[0] for source in given[:20])

    for kept in ({"before": told}, {"recent": told}):
        request = SummaryRequest(given, 80, estimate_tokens, **kept)
        numbers = [line.number for line in extractive_summary(request).lines]
        assert numbers and min(numbers) > 20


def test_of_a_record_the_clause_is_kept_that_has_something_to_say():
    record = ", ".join(["status: available"] * 8 + ["vault: KAPPA-7741"])
    given = sources(*[f"and so on, {n % 3}" for n in range(60)], f"order 12, {record}")

    [last] = [line for line in summary(given, 40) if line.number == 61]

    assert "KAPPA-7741" in last.text
    assert last.text.count("available") < 8


def test_orders_of_the_user_outlive_talk():
    talk = [f"Caroline met Melanie in place{n} for tea{n}." for n in range(60)]
    given = sources(*talk, "You must always answer in French.")

    assert any("French" in line.text for line in summary(given, 120))


def test_parts_that_were_apart_are_marked():
    units = ("Alpha7 is first.", "and so on, you know how it is", "Omega9 is last.")
    given = sources(units, *(f"filler talk again {n % 4}" for n in range(30)))

    [line] = [line for line in summary(given, 26) if line.number == 1]

    assert line.text == "Alpha7 first. … Omega9 last."
    assert line.kind == "squeezed"


def test_nothing_fits_into_nothing():
    assert summary(sources("x" * 700), 3) == ()
    assert coverage_order([], 100) == []


def test_listings_count_less_when_room_is_short():
    listing = " ".join(f"sku_{n}" for n in range(40))
    units = [
        Unit(0, 0, listing, 60, "tool"),
        Unit(1, 0, "Order W77 goes to Mia_3668 by train", 10, "user"),
    ]

    assert coverage_order(units, 15)[0] == 1


def test_units_of_a_message_name_calls_and_images():
    blocks = [
        {"type": "text", "text": "Look."},
        {"type": "image", "source": {"type": "url", "url": "x"}},
        {"type": "tool_use", "id": "a", "name": "find", "input": {"q": "x"}},
        {"type": "tool_use", "id": "b", "name": "ping", "input": {}},
    ]

    message = read_message({"role": "assistant", "content": blocks})

    assert source_units(message) == ("Look.", "→ find q: x", "→ ping")
    assert named_media(message) == ("[image x]",)


def line(number, text="said"):
    return SummaryLine(number, "user", text, (0,))


def found_in(content, **extra):
    return find_earlier(read_message({"role": "user", "content": content, **extra}))


def test_a_summary_is_recognised_by_its_frame():
    text = frame_summary([line(3), line(5, "done … ok")], first=3, last=9)

    found = found_in(text)

    assert (found.first, found.last, found.is_whole_message) == (3, 9, True)
    assert [str(line) for line in found.lines] == ["[3U] said", "[5U] done … ok"]


@pytest.mark.parametrize(
    ("content", "extra"),
    [
        ("<earlier messages=", {}),
        ('<earlier messages="1-2">\nhalf', {}),
        (frame_summary((), first=1, last=2) + " and more", {}),
        ("I saw " + frame_summary((), first=1, last=2), {}),
        (frame_summary((), first=1, last=2), {"pinned": True}),
        (frame_summary((), first=1, last=2), {"role": "system"}),
    ],
)
def test_what_only_looks_like_a_summary_is_a_message(content, extra):
    assert found_in(content, **extra) is None


def test_lines_without_a_label_are_left_out():
    text = frame_summary((), first=1, last=2).replace("</earlier>", "hm\n</earlier>")

    assert found_in(text).lines == ()


def test_numbers_go_on_behind_what_a_summary_stands_for():
    frame = frame_summary((), first=3, last=20)
    block = {"type": "text", "text": frame}
    own = {"type": "text", "text": "own"}

    def numbers(*contents):
        raw = [{"role": "user", "content": content} for content in contents]
        return number_messages(read_messages(raw)).numbers

    assert numbers("a", "b", frame, "c") == (1, 2, 20, 21)
    assert numbers("a", "b", [block, own], "c") == (1, 2, 21, 22)
    assert numbers("a", [own, block], "c") == (1, 2, 21)


def test_a_counter_by_name_counts_in_any_process():
    count = NamedCount("estimated")

    assert (count("x" * 35), count.source) == (10, "estimated")
    assert Measure(count).source == "estimated"
    assert Measure(len).source == "counted"
    assert (Measure().name, Measure().reason) == ("estimated", None)


def test_an_api_s_records_outlive_what_a_program_printed():
    data = '{"reservation": "ZFA04Y", "cabin": "economy", "total": 412}'
    printed = "drwxr-xr-x 2 root root 4096 build_17 build_18 build_19 build_20"
    many = [Source(at, at + 1, "tool", (f"{printed} {at}",)) for at in range(9)]
    record = Source(9, 10, "tool", (data,), text=data)
    units = summary((*many, record), 30)

    assert any("ZFA04Y" in line.text for line in units)
