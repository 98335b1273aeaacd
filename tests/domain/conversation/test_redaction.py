"""Redaction: what is taken out, what stays, and that no text makes it slow."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.conversation.redaction import (
    EMAIL,
    KEY,
    OWN,
    WITHHELD,
    PatternError,
    Redactor,
    own_patterns,
    pattern_lines,
)


def redact(text: str, *patterns: str) -> str:
    return Redactor(patterns, clock=time.monotonic).text(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("use sk-ant-api03-abcdefghijklmnopqrst now", f"use {KEY} now"),
        ("sk-proj-0123456789abcdefABCDEF", KEY),
        ("rk_live_0123456789abcdefABCDEF", KEY),
        ("tb_0123456789abcdefghijklmnop", KEY),
        ("ghp_0123456789abcdefghijklmnopqrstuvwxyz", KEY),
        ("github_pat_11ABCDEFG0123456789_abcdef", KEY),
        ("glpat-0123456789abcdefghij", KEY),
        ("xoxb-1234567890-abcdefghij", KEY),
        ("AKIAIOSFODNN7EXAMPLE", KEY),
        ("AIzaSyA0123456789abcdefghijklmnopqrstuv", KEY),
        ("hf_abcdefghijklmnopqrstuvwx", KEY),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0x.c2ln", KEY),
        ("Authorization: Bearer abcdef0123456789", f"Authorization: Bearer {KEY}"),
        ("postgres://bob:hunter22@db/x", f"postgres://bob:{KEY}@db/x"),
        ("password=correct-horse", f"password={KEY}"),
        ('{"api_key": "0123456789"}', f'{{"api_key": "{KEY}"}}'),
        ("CLIENT_SECRET_KEY: s3cr3t-value", f"CLIENT_SECRET_KEY: {KEY}"),
        ("mail ann.lee+x@mail.example.org.", f"mail {EMAIL}."),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4\nMIIE\n"
            "-----END RSA PRIVATE KEY----- after",
            f"{KEY} after",
        ),
        ("-----BEGIN PRIVATE KEY-----\nMIIE cut off", KEY),
    ],
)
def test_secrets_are_taken_out(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "max_tokens: 4096, used_tokens=163072",
        "task-force sk-8 the risk-averse approach",
        "see https://example.org:8080/a@b/c and user@ home",
        "the password is wrong; the secret of good tests",
        "src/app/tokens.py:12 def token(value): ...",
        "",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


def test_own_patterns_are_taken_out_too() -> None:
    assert redact("ticket ACME-1234 is open", r"ACME-\d+") == f"ticket {OWN} is open"


def test_every_text_of_a_value_is_redacted_and_numbers_stay() -> None:
    value = {
        "role": "user",
        "content": [{"type": "text", "text": "ann@example.org", "n": 3}],
        "input": {"password": "hunter2", "api_key": None, "secret_count": 4},
        "bob@example.org": ("x", True),
    }

    found = Redactor(clock=time.monotonic).value(value)

    assert found == {
        "role": "user",
        "content": [{"type": "text", "text": EMAIL, "n": 3}],
        "input": {"password": KEY, "api_key": None, "secret_count": 4},
        EMAIL: ["x", True],
    }


def test_a_pattern_that_runs_out_of_time_withholds_the_text() -> None:
    evil = Redactor([r"(a|aa)+$"], clock=time.monotonic, seconds=0.05)

    assert evil.text("a" * 60 + "!") == WITHHELD
    assert evil.text("later text") == WITHHELD


def test_a_pattern_that_does_not_compile_withholds_everything() -> None:
    assert redact("text", "(") == WITHHELD


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("(", "is not a regular expression"),
        ("a*", "matches empty text"),
        ("(a+)+$", "is too slow"),
        ("(a|aa)+$", "is too slow"),
        ("x" * 301, "is longer than 300"),
        ("\n".join(f"x{i}" for i in range(21)), "at most 20"),
    ],
)
def test_a_pattern_that_cannot_be_used_says_why(text: str, problem: str) -> None:
    with pytest.raises(PatternError, match=problem):
        own_patterns(text)


def test_patterns_stand_one_a_line_beside_notes() -> None:
    assert own_patterns("# tickets\n ACME-\\d+ \n\nfoo") == ("ACME-\\d+", "foo")
    assert pattern_lines("") == ()


HOSTILE = [
    "a", "a@", "secret", "api_key=", "sk-", "-----BEGIN PRIVATE KEY-----", "-", "eyJ",
    "://a:", "bearer ", "a.", "a@a.", "token:", "xoxb-", "@", "eyJaaaaaaaa.",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_no_megabyte_is_slow(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    started = time.process_time()

    redact(text)

    assert time.process_time() - started < 3  # 0.1 s is usual, quadratic takes hours


@given(st.text(max_size=300))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)

    assert redact(once) == once


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_key_never_survives_whatever_stands_around_it(a: str, b: str) -> None:
    secret = "sk-ant-api03-abcdefghijklmnop"

    assert secret not in redact(f"{a} {secret} {b}")
