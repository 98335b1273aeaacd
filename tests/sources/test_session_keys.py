"""Any id becomes a key of the contract, and two ids stay two keys."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tracker.sources.session_keys import valid_session, without_controls


@given(st.text(max_size=600))
def test_every_id_becomes_a_key_of_the_contract(value: str) -> None:
    key = valid_session(value)

    assert len(key) <= 255
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in key)
    assert valid_session(key) == key


def test_long_ids_that_differ_at_the_end_stay_apart() -> None:
    one, other = (valid_session("x" * 300 + end) for end in "ab")

    assert one != other
    assert len(one) == len(other) == 255
    assert valid_session("x" * 255) == "x" * 255


def test_a_name_loses_its_controls_and_nothing_else() -> None:
    assert without_controls("gpt-5") == "gpt-5"
    assert without_controls("gpt\0-5\x1b[31m\x9b\ud800") == "gpt-5[31m"
    assert without_controls("نموذج \u202e") == "نموذج \u202e"
