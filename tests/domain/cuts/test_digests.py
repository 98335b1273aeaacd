"""One digest for each beginning of a conversation, whoever writes its JSON."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.cuts.digests import DIGEST_BYTES, RawDigests, chain

TALK = [{"role": "user", "content": f"Message {n}"} for n in range(5)]
texts = st.text(max_size=20)
messages = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant"]), "content": texts}
    )
    | st.fixed_dictionaries({"role": texts, "parts": st.lists(texts)}),
    max_size=8,
)


def raw(talk: list[Any], **options: Any) -> list[bytes]:
    return [json.dumps(message, **options).encode() for message in talk]


@given(messages, messages)
def test_lists_share_the_digests_of_the_beginning_they_share(
    one: list[Any], other: list[Any]
) -> None:
    shared = 0
    while shared < min(len(one), len(other)) and one[shared] == other[shared]:
        shared += 1

    pairs = list(zip(chain(one), chain(other), strict=False))

    assert [a == b for a, b in pairs] == [at < shared for at in range(len(pairs))]


@given(messages, st.integers(min_value=0, max_value=8))
def test_a_chain_goes_on_from_where_it_ended(talk: list[Any], cut: int) -> None:
    begun = chain(talk[:cut])

    assert begun + chain(talk[cut:], begun[-1] if begun else b"") == chain(talk)


@given(messages)
def test_bytes_have_the_digests_of_what_they_hold(talk: list[Any]) -> None:
    digests = RawDigests()

    for _ in range(2):  # the second time from memory
        assert digests.chain(raw(talk)) == chain(talk)
    assert digests.chain(raw(talk, indent=1, sort_keys=True)) == chain(talk)


def test_a_digest_has_sixteen_bytes() -> None:
    assert [len(digest) for digest in chain(TALK)] == [DIGEST_BYTES] * 5


def test_cache_marks_and_the_form_of_a_text_say_nothing() -> None:
    plain = {"role": "user", "content": "Hi"}
    mark = {"type": "ephemeral"}
    marked = {
        "content": [{"text": "Hi", "type": "text", "cache_control": mark}],
        "role": "user",
    }
    result = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text"}]}
    marked_result = {**result, "content": [{"type": "text", "cache_control": mark}]}

    assert chain([plain]) == chain([marked])
    assert chain([{"role": "user", "content": [result]}]) == chain(
        [{"role": "user", "content": [marked_result]}]
    )
    bedrock = {"role": "user", "content": [{"text": "Hi"}]}
    point = {"cachePoint": {"type": "default"}}
    assert chain([bedrock]) == chain([{**bedrock, "content": [{"text": "Hi"}, point]}])


def test_what_a_call_was_given_is_not_a_cache_mark() -> None:
    def call(given: dict[str, Any]) -> dict[str, Any]:
        block = {"type": "tool_use", "id": "t", "name": "set", "input": given}
        return {"role": "assistant", "content": [block]}

    assert chain([call({"cache_control": 1})]) != chain([call({})])


def test_bytes_that_are_no_json_are_the_same_only_byte_for_byte() -> None:
    digests = RawDigests()

    assert digests.chain([b"{"]) == digests.chain([b"{"])
    assert digests.chain([b"{"]) != digests.chain([b"{ "])
    deep = b"[" * 100_000
    assert digests.chain([deep]) == digests.chain([deep])
    assert chain([{"role": "user", "content": "\ud800"}])  # a lone surrogate


def test_it_remembers_the_newest_messages_alone() -> None:
    digests = RawDigests(most=3)

    found = digests.chain(raw(TALK))

    assert len(digests._known) == 3
    assert digests.chain(raw(TALK)) == found
