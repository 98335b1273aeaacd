"""Who says how large a window is, in which order, and where the client compacts."""

from __future__ import annotations

from typing import Any

import pytest

TABLE, CLIENT = "client_table", "client"


@pytest.fixture
def told(request_of: Any) -> Any:
    """`told(150_000, second=1, source="client")`: an arrival of a transcript."""

    def make(used: int, *, second: float, **more: Any) -> Any:
        given = {"model": "claude-opus-4-6", "origin": "claude_code"} | more
        return request_of(used, second=second, **given)

    return make


def window() -> tuple[int, str]:
    from tracker.models import LLMSession, UsageSample

    session = LLMSession.objects.get()
    sample = UsageSample.objects.order_by("-at").first()
    assert sample is not None
    found = (session.window_tokens, session.window_source)
    assert (sample.window_tokens, sample.window_source) == found
    return found


def policy(**fields: Any) -> None:
    from tracker.models import ConfigVersion, Policy

    Policy.objects.create(name=f"own {fields}", **fields)
    ConfigVersion.bump()


def test_a_client_s_own_word_is_named_as_its_own(recorder: Any, told: Any) -> None:
    for at, source in enumerate((CLIENT, "client_setting", TABLE)):
        recorder.record(
            [told(9_000, second=at, window_tokens=300_000, window_source=source)]
        )
        assert window() == (300_000, source)


def test_the_table_is_below_a_policy_and_a_client_s_word_above(
    recorder: Any, told: Any
) -> None:
    policy(model_pattern="claude-opus-*", window_tokens=500_000)

    recorder.record([told(9_000, second=1, window_tokens=200_000, window_source=TABLE)])
    assert window() == (500_000, "policy")

    recorder.record(
        [told(9_000, second=2, window_tokens=1_000_000, window_source=CLIENT)]
    )
    assert window() == (1_000_000, CLIENT)


def test_the_table_is_below_what_the_status_line_said(recorder: Any, told: Any) -> None:
    recorder.record([told(9_000, second=1, window_tokens=1_000_000, origin="api")])

    recorder.record(
        [told(190_000, second=2, window_tokens=200_000, window_source=TABLE)]
    )
    assert window() == (1_000_000, "report")
    recorder.record([told(190_000, second=3)])  # telemetry tells none
    assert window() == (1_000_000, "report")

    from tracker.models import ThresholdEvent

    assert not ThresholdEvent.objects.exists()


def test_another_model_has_its_own_window(recorder: Any, told: Any) -> None:
    recorder.record([told(9_000, second=1, window_tokens=1_000_000, origin="api")])

    recorder.record(
        [
            told(
                9_000,
                second=2,
                model="claude-sonnet-4-5",
                window_tokens=200_000,
                window_source=TABLE,
            )
        ]
    )

    assert window() == (200_000, TABLE)


def test_what_a_program_leaves_out_the_policy_says(recorder: Any, told: Any) -> None:
    recorder.record([told(9_000, second=1, window_tokens=300_000, origin="api")])

    recorder.record([told(9_000, second=2, origin="api")])

    assert window()[1] == "catalogue"


def trigger() -> int | None:
    from tracker.models import LLMSession

    return LLMSession.objects.get().compact_at_tokens


def test_where_the_client_compacts_is_the_session_s(recorder: Any, told: Any) -> None:
    recorder.record([told(9_000, second=1, compact_at_tokens=400_000)])
    assert trigger() == 400_000

    recorder.record([told(9_000, second=2)])
    assert trigger() == 400_000  # not told anew, not taken back

    recorder.record([told(9_000, second=3, compact_at_tokens=300_000)])
    assert trigger() == 300_000


@pytest.mark.parametrize(
    "more", [{"lane": "agent-1"}, {"second": 0.5}, {"implausible": "helper_call"}]
)
def test_a_report_that_moves_no_gauge_says_nothing_of_it(
    recorder: Any, told: Any, more: dict[str, Any]
) -> None:
    recorder.record([told(9_000, second=1)])

    given = {"second": 2} | more
    recorder.record([told(9_000, compact_at_tokens=400_000, **given)])

    assert trigger() is None


def test_it_is_live_news_of_the_main_lane(recorder: Any, told: Any) -> None:
    from tracker.live.news import GaugeMoved

    recorder.record(
        [
            told(9_000, second=1, compact_at_tokens=400_000),
            told(9_000, second=1, lane="agent-1"),
        ]
    )

    moved = {n.lane: n for n in recorder.news if isinstance(n, GaugeMoved)}
    assert moved["main"].message()["compact_at_tokens"] == 400_000
    assert moved["main"].row()["compact_at_tokens"] == 400_000
    assert moved["agent-1"].message()["compact_at_tokens"] is None


def test_a_changed_policy_leaves_what_was_told_and_beats_the_table(
    recorder: Any, told: Any
) -> None:
    from tracker.changes.policies.rejudge import rejudge_sessions
    from tracker.models import LLMSession

    guessed = told(9_000, second=1, window_tokens=200_000, window_source=TABLE)
    recorder.record(
        [
            guessed,
            told(
                9_000, second=1, session="t", window_tokens=1_000_000,
                window_source=CLIENT,
            ),
        ]
    )  # fmt: skip
    policy(model_pattern="*", warning_percent=40)
    rejudge_sessions()
    rows = LLMSession.objects.order_by("key").values_list(
        "window_tokens", "window_source"
    )
    assert list(rows) == [(200_000, TABLE), (1_000_000, CLIENT)]

    policy(model_pattern="claude-*", window_tokens=500_000)
    rejudge_sessions()

    assert list(rows.all()) == [(500_000, "policy"), (1_000_000, CLIENT)]
