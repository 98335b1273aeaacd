"""Over the keys of docs/distributed.sql, which Citus asks for, everything still works.

Citus itself is not tried: its part of the script is only read.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.distributed_keys import CITUS, DISTRIBUTED, KEYS, REFERENCE
from tests.services.services import Services

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def found(cluster: Services) -> Any:
    own = cluster.with_database("distributed", is_migrated=False)
    return json.loads(own.run("-m", "tests.services.distributed_keys"))


def test_every_unique_index_of_a_distributed_table_holds_its_project(
    found: Any,
) -> None:
    tables = {table for table, _, _ in found["keys"]}
    assert set(DISTRIBUTED) <= tables
    assert [
        (index, columns)
        for table, index, columns in found["keys"]
        if table in DISTRIBUTED and "project_id" not in columns
    ] == []
    weeks = [index for _, index, _ in found["keys"] if "usagesample_w" in index]
    assert len(weeks) >= 9


def test_references_go_to_reference_tables_alone(found: Any) -> None:
    assert ["tracker_thresholdevent", "tracker_project"] in found["references"]
    for holder, target in found["references"]:
        assert target not in DISTRIBUTED
        if holder in DISTRIBUTED + REFERENCE:
            assert target in REFERENCE


def test_every_row_names_its_project(found: Any) -> None:
    assert found["without before"] == ["tracker_eventkey", "tracker_compressiontext"]
    assert found["without"] == found["without later"] == []


def test_both_parts_of_the_script_name_the_same_tables(found: Any) -> None:
    assert len(DISTRIBUTED) == len(set(DISTRIBUTED)) == 11
    assert all(f"'{table}'" in KEYS for table in DISTRIBUTED)
    assert CITUS.count("colocate_with => 'tracker_llmsession'") == 10


def test_what_was_there_is_read_and_reported_to(found: Any) -> None:
    told = found["answers"]
    assert told["differences"] == told["differences_after"] == []
    assert told["repeat"][0] == 200 and told["repeat"][1]["duplicate"] is True
    assert told["fresh"][0] == 201
    assert [s["used_tokens"] for s in told["usage"][1]["results"]] == [
        1_000, 160_000, 170_000,
    ]  # fmt: skip
    assert {status for status, _ in told["pages"].values()} == {200}


def test_lanes_words_pruning_and_deleting_work(found: Any) -> None:
    used = found["used"]
    assert used["is repeat"] is True
    assert used["lanes"] == [1, 2, 1, 2, 1]  # two of a52e16c, old, kept, deleted
    assert used["comparisons"] == 9  # four of a52e16c, and five
    assert used["sessions"] == ["kept"] and used["samples"] == 3
    assert "Dropped the weeks of samples" in used["pruned"]
    assert used["wrong"] == []
    assert used["packed"] == 3  # of "old", and one that it got later
    count, without_project = used["locks"]
    assert count > 2 and without_project == []


def test_what_the_writer_says_names_one_project(found: Any) -> None:
    said = [sql for sql in found["used"]["said"] if not named_by_old_rows(sql)]
    assert not said, "\n".join(said)
    assert found["used"]["count"] > 40


def named_by_old_rows(sql: str) -> bool:
    """Keys and words of before the first release may name no project: they are found
    by their session or compression alone.
    """
    return "tracker_eventkey" in sql or "tracker_compressiontext" in sql
