"""Two servers on one data folder."""

from __future__ import annotations

from pathlib import Path

from tracker.management.second_server import told_of_another


def test_the_second_server_of_a_folder_is_told_and_the_next_is_not(
    tmp_path: Path,
) -> None:
    said: list[str] = []

    with told_of_another(tmp_path, said.append):
        assert said == []
        with told_of_another(tmp_path, said.append):
            assert len(said) == 1 and str(tmp_path) in said[0]
    with told_of_another(tmp_path, said.append):
        assert len(said) == 1

    assert list(tmp_path.iterdir()) == []
