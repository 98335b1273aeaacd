"""Summarisers by the name a policy gives them."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from tests.domain.small_talk import chat
from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.compression import OptimizeRequest, optimize
from tracker.domain.compression.summary.summarising import (
    Source,
    Summary,
    SummaryRefused,
    SummaryRequest,
)
from tracker.domain.compression.summary.summary_lines import SummaryLine
from tracker.domain.counting.counters import estimate_tokens
from tracker.summarisers.registry import summariser_named, summariser_names

HERE = "tests.summarisers.test_registry"
REQUEST = SummaryRequest((Source(2, 3, "user", ("It is 42.",)),), 100, estimate_tokens)


def gist(request: SummaryRequest) -> Summary:
    """A user's own summariser."""
    source = request.sources[0]
    line = SummaryLine(source.number, source.role, "the gist", (source.index,))
    return Summary((line,), "gist")


class Named:
    """One with options."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, request: SummaryRequest) -> Summary:
        return Summary(gist(request).lines, self.name)


@pytest.fixture
def registered(settings) -> None:
    settings.TOKEN_BUDGET_SUMMARISERS = {
        "gist": f"{HERE}.gist",
        "named": {"path": f"{HERE}.Named", "options": {"name": "Ada"}},
        "broken": "no.such.module.here",
    }


def test_the_local_one_needs_no_registration(settings):
    del settings.TOKEN_BUDGET_SUMMARISERS

    assert summariser_named("extractive") is None
    assert summariser_named("") is None
    assert summariser_names() == ("extractive",)


def test_names_come_from_the_settings(registered):
    assert summariser_names() == ("extractive", "broken", "gist", "named")
    assert summariser_named("gist")(REQUEST).summariser == "gist"
    assert summariser_named("named")(REQUEST).summariser == "Ada"


def test_an_unknown_name_is_refused_when_it_is_used(registered):
    with pytest.raises(SummaryRefused, match="no summariser named 'gone'"):
        summariser_named("gone")(REQUEST)


@pytest.mark.parametrize(
    ("name", "used", "note"),
    [
        ("gist", "gist", ""),
        ("named", "Ada", ""),
        ("gone", "extractive", "no summariser named 'gone'"),
        ("broken", "extractive", "No module named 'no'"),
    ],
)
def test_it_works_in_a_worker_process_and_falls_back_there(
    registered, name, used, note
):
    request = OptimizeRequest(
        "s",
        chat(400),
        policy=BudgetPolicy(window_tokens=10_000, reserved_tokens=0),
        summarise=summariser_named(name),
    )

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        plan = pool.submit(optimize, request).result(timeout=60).plan

    assert plan.summariser == used
    assert note in " ".join(plan.notes)
