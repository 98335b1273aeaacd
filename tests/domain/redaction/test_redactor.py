"""Redaction: what is taken out, what stays, and that no text makes it slow."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.redaction.secret_samples import FIELDS, SAMPLES
from tracker.domain.redaction.redactor import (
    EMAIL,
    KEY,
    OWN,
    UNUSABLE,
    WITHHELD,
    Redactor,
)


def redact(text: str, *patterns: str) -> str:
    return Redactor(patterns, clock=time.monotonic).text(text)


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_secret_of_each_kind_is_taken_out(kind: str) -> None:
    text, secret = SAMPLES[kind]

    found = redact(text)

    assert secret not in found
    assert KEY in found
    # What stands around it stays for the reader.
    start, _, end = text.partition(secret)
    assert found.startswith(start) and found.endswith(end)
    assert redact(f"It is {text}\nand after") != f"It is {text}\nand after"


def test_the_kinds_are_many() -> None:
    assert len(SAMPLES) >= 60


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_named_like_a_secret_goes_whole(name: str) -> None:
    found = Redactor(clock=time.monotonic).value({"deep": [{name: FIELDS[name]}]})

    assert found == {"deep": [{name: KEY}]}


def test_a_pair_of_name_and_value_is_a_field() -> None:
    headers = [{"name": "X-Api-Key", "value": "abc"}, {"name": "age", "value": "abc"}]

    assert Redactor(clock=time.monotonic).value(headers) == [
        {"name": "X-Api-Key", "value": KEY},
        {"name": "age", "value": "abc"},
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail ann.lee+x@mail.example.org.", f"mail {EMAIL}."),
        ("<bob@example.co.uk>", f"<{EMAIL}>"),
        ("-----BEGIN " + "PRIVATE KEY-----\nMIIE cut off", KEY),
        ("key: password=hunter22", f"key: password={KEY}"),
        ('{"password": "a b c", "x": 1}', f'{{"password": "{KEY}", "x": 1}}'),
        (r"{\"api_key\": \"0123456789\"}", rf"{{\"api_key\": \"{KEY}\"}}"),
        ("os.environ['API_KEY'] = 'abc-123'", f"os.environ['API_KEY'] = '{KEY}'"),
        ("пароль password=секрет-1", f"пароль password={KEY}"),
    ],
)
def test_what_stands_around_a_secret_stays(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "max_tokens: 4096, used_tokens=163072",
        "task-force sk-8 the risk-averse approach sk-fade-in-and-out-again",
        "see https://example.org:8080/a@b/c and user@ home",
        "the password is wrong; the secret of good tests",
        "src/app/tokens.py:12 def token(value): ...",
        "password=self.password, token=token, api_key=os.environ['API_KEY']",
        "def login(password: str, secret: Optional[str] = None): ...",
        'credentials: "include"; password: "Enter your password"',
        "API_KEY=${API_KEY} SECRET=<your secret> password: required",
        "pwd=/home/ann/src and PWD: ~/code/app.py",
        "cache_key: user_42_profile_v3, page_token=abc123def456",
        "template:\n  key: reference_resolution_starter_v1",
        "basic functionality, a bearer of news, Basic authentication",
        "react@18.2.0 icon@2x.png git@github.com:x/y @app.route",
        "cookie: none; the cookie banner",
        "use --password stdin or --token FILE, --api-key with a space; --secret name",
        "user_pass = base64.b64decode(x); both_pass: true, pass: 12, path=src/a.py",
        'authorization: token based or key management, see "auth": "anonymousUser"',
        "?code=authorization_code&state=1 &signature=none s.CheckpointStart > 0",
        "mysql -u root -prompt, docker login -p port; echo $1 $2$10 $6$HOME",
        "sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f0 commit 0f1e2d3c4b5a",
        "",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "value",
    [
        {"key": "Enter"},
        {"key": "ctrl+shift+4"},
        {"key": "gpt-4o-mini-2024-07-18"},
        {"key": "llm.input_messages.1.message.role"},
        {"token": " understanding"},
        {"next_page_token": "abc123def456"},
        {"password_file": "/run/secrets/db", "api_key_id": "k-1", "pwd": "/srv"},
        {"api_key": None, "secret_count": 4, "password": "", "token": 12345678},
        {"apiKeySource": "ANTHROPIC_API_KEY"},
    ],
)
def test_ordinary_fields_stay_as_they_are(value: dict[str, object]) -> None:
    assert Redactor(clock=time.monotonic).value(value) == value


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


def test_what_runs_out_of_time_is_withheld_built_in_patterns_or_own() -> None:
    now = [0.0]

    def clock() -> float:
        now[0] += 0.01
        return now[0]

    busy = Redactor(clock=clock, seconds=1.0)

    assert busy.text(f"{SAMPLES['GitHub'][0]} " * 200) == WITHHELD
    assert busy.text("all that comes later, and is longer than what is known") == (
        WITHHELD
    )


def test_many_matches_let_others_run_and_few_do_not() -> None:
    pauses: list[int] = []
    redactor = Redactor(clock=time.monotonic, pause=lambda: pauses.append(1))

    redactor.text("no secret at all, in a text that is longer than short ones are " * 9)
    assert not pauses
    redactor.text("key=" * 1_000)
    assert len(pauses) >= 20


def test_a_pattern_that_cannot_be_used_withholds_everything() -> None:
    # Saved before the patterns were RE2's.
    assert redact("text", r"(?<=ticket )\d+") == UNUSABLE
    assert redact("", "(") == ""


HOSTILE = [
    "a", "a@", "secret", "api_key=", "sk-", "-----BEGIN " + "PRIVATE KEY-----", "-",
    "eyJ", "://a:", "bearer ", "a.", "a@a.", "token:", "xoxb-", "@", "eyJaaaaaaaa.",
    " --password ", "$1$a", "mysql -p", "?key=a&a=", "Private-Lines: 1\n", "machine a ",
    "key=", "cookie: a=", "curl -u ", "passphrase: ", "key-", "_token", "x=:", "\\\"",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_no_text_is_slow(unit: str) -> None:
    text = unit * (250_000 // len(unit))
    started = time.process_time()

    Redactor(clock=time.monotonic, seconds=60).text(text)

    assert time.process_time() - started < 3  # 0.1 s is usual, quadratic takes hours


def test_half_a_pair_of_a_character_is_kept() -> None:
    assert redact("\ud83d pwd=hunter22 \udca9") == f"\ud83d pwd={KEY} \udca9"


@given(st.text(max_size=300))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)

    assert redact(once) == once


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_key_never_survives_whatever_stands_around_it(a: str, b: str) -> None:
    secret = "sk-ant-api03-abcdefghijklmnop"

    assert secret not in redact(f"{a} {secret} {b}")
