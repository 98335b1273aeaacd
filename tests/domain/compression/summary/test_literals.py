"""Literals that no chosen line tells."""

from __future__ import annotations

from tests.bench.retention_cases import identifiers
from tracker.domain.compression.summary.extraction import extractive_summary
from tracker.domain.compression.summary.literals import (
    Literal,
    literals_room,
    untold_literals,
    with_literals,
)
from tracker.domain.compression.summary.salience import Unit, rank
from tracker.domain.compression.summary.summarising import Source, SummaryRequest
from tracker.domain.compression.summary.summary_lines import SummaryLine, lines_tokens
from tracker.domain.conversation.text.vocabulary import features_of
from tracker.domain.counting.counters import estimate_tokens


def unit(message, text, role="tool", position=0):
    return Unit(message, position, text, estimate_tokens(text), role)


def untold(*units, told=""):
    features = [features_of(one.text) for one in units]
    weights = rank(units, 1000).weights
    return [one.text for one in untold_literals(units, features, weights, told)]


def test_tools_get_a_share_where_room_is_scarce_and_talk_gets_none():
    talk = [unit(0, "a" * 350, "user")]
    output = [unit(0, "a" * 350)]
    call = [
        unit(0, "→ Edit path: app.py", "assistant"),
        unit(0, "b" * 350, "assistant", 1),
    ]
    assert literals_room(talk, 1000, 1.0) == 0
    assert literals_room(output, 1000, 1.0) == 150
    assert literals_room(call, 1000, 1.0) == 150
    assert literals_room(output, 1000, 0.0) == 0
    assert literals_room([*talk, *talk, *talk, *talk, *output], 1000, 1.0) == 60


def test_a_literal_keeps_its_capitals_and_a_number_its_word():
    found = untold(unit(0, "the field apiKey is set"), unit(1, "total: 45.20 paid"))
    assert sorted(found) == ["apiKey", "total: 45.20"]


def test_a_literal_behind_a_letter_with_a_longer_lower_case_is_its_own_or_none():
    found = untold(unit(0, "İİİ read /srv/app/main.py first"))

    assert set(found) <= {"/srv/app/main.py", "İİİ"}


def test_what_is_told_is_not_listed_and_nothing_twice():
    units = unit(0, "call parse_row"), unit(1, "then parse_row and read_all")
    assert untold(*units, told="It has Read_All.") == ["parse_row"]


def test_what_is_told_as_a_part_of_a_word_is_not_listed():
    units = unit(0, "open app.py"), unit(1, "total: 45.20 paid, apiKey used")
    told = "See src/app.py: $45.20 for my_apiKey_2"
    assert untold(*units, told=told) == []
    assert sorted(untold(*units, told="app py 45 20")) == [
        "apiKey",
        "app.py",
        "total: 45.20",
    ]


def test_the_word_before_a_number_ends_at_a_mark_or_after_24_letters():
    assert untold(unit(0, "(net total: 45.20)")) == ["total: 45.20"]
    assert untold(unit(0, "paid ($ 45.20)")) == ["45.20"]
    assert untold(unit(0, f"{'x' * 30} 45.20")) == [f"{'x' * 24} 45.20"]


def test_the_number_of_a_shown_row_is_no_literal():
    assert untold(unit(0, "250→ return None")) == []


def test_literals_stand_behind_the_line_of_their_message():
    lines = [SummaryLine(5, "tool", "go test failed", (4,))]
    empty = [SummaryLine(3, "tool", "", (2,)), SummaryLine(5, "tool", "", (4,))]
    literals = [Literal(1, "apiKey"), Literal(0, "read_all"), Literal(1, "arm64")]
    full = with_literals(lines, literals, empty, 100, estimate_tokens)
    assert [str(line) for line in full] == [
        "[3T] also read_all",
        "[5T] go test failed … also apiKey, arm64",
    ]
    assert with_literals(lines, literals, empty, 2, estimate_tokens) == lines


def tool_heavy():
    """What tools gave in six messages, of which a seventh is to be left."""

    def output(at):
        rows = (f"row {n} calls helper_{at}_{n} for some reason" for n in range(30))
        return tuple(rows)

    sources = tuple(Source(at, at + 1, "tool", output(at)) for at in range(6))
    whole = sum(estimate_tokens(u) for source in sources for u in source.units)
    return SummaryRequest(sources, whole // 7, estimate_tokens)


def test_a_short_summary_of_tool_output_names_more_than_its_sentences_do():
    request = tool_heavy()
    lines = extractive_summary(request).lines
    assert lines_tokens(lines, estimate_tokens) <= request.budget_tokens
    sentences, lists = [], []
    for line in lines:
        told, _, also = line.text.partition("also ")
        sentences.append(told)
        lists.append(also)
    assert len(identifiers(" ".join(lists)) - identifiers(" ".join(sentences))) >= 10


def test_an_empty_row_that_a_tool_numbered_is_never_chosen():
    rows = ("14→", *(f"{n}→ value_{n} = compute_{n}(x)" for n in range(15, 90)))
    request = SummaryRequest((Source(0, 1, "tool", rows),), 120, estimate_tokens)
    text = extractive_summary(request).lines[0].text
    assert "14→" not in text
