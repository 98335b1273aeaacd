"""PostgreSQL's weeks are made ahead; a sample without a week is stored all the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.services import Services

pytestmark = pytest.mark.services
TABLE = "tracker_usagesample"


@pytest.fixture(scope="module")
def found(cluster: Services) -> Any:
    own = cluster.with_database("coming")
    return json.loads(own.run("-m", "tests.services.coming_weeks"))


def test_a_sample_whose_week_is_missing_is_stored(found: Any) -> None:
    assert found["waiting"] == {"a": f"{TABLE}_default", "b": f"{TABLE}_before"}


def test_two_at_once_make_each_week_once(found: Any) -> None:
    assert sum(found["made"]) == 5
    assert found["then"] == found["first"]


def test_what_waited_moves_into_its_week(found: Any) -> None:
    this_week = found["first"][-5].replace("-", "")
    assert found["moved"] == {"a": f"{TABLE}_w{this_week}", "b": f"{TABLE}_before"}
    assert found["later"]["c"] == found["moved"]["a"]


def test_it_gives_up_rather_than_make_others_wait(found: Any) -> None:
    assert found["busy"] is True
    assert found["beside"] == found["later"]["c"]
    assert len(found["next"]) == 1 and found["next"][0] > found["then"][-1]


def test_a_server_makes_them_at_its_start(found: Any) -> None:
    assert found["kept"] is True


def test_weeks_are_made_of_past_rows_without_one(found: Any) -> None:
    detached, second, third = found["late weeks"]
    assert found["late"] == [[second], [third], []]
    places = {event_id: found["late places"][event_id] for event_id in "efgh"}
    assert places == {
        "e": f"{TABLE}_default",  # somebody keeps its table
        "f": f"{TABLE}_w{second}",
        "g": f"{TABLE}_w{third}",
        "h": f"{TABLE}_default",  # until its week comes
    }
    assert detached < second
