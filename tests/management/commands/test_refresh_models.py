from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tracker.domain.providers.catalogue import Catalogue

ROW = {
    "litellm_provider": "openai",
    "mode": "chat",
    "max_input_tokens": 272_000,
    "max_output_tokens": 128_000,
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "prices.json"
    path.write_text(json.dumps({"gpt-x": ROW}))
    return path


def refresh(source: Path, to: Path, *more: str) -> str:
    out = StringIO()
    call_command(
        "refresh_models", "--from", str(source), "--to", str(to), *more, stdout=out
    )
    return out.getvalue()


def test_it_writes_a_snapshot_the_catalogue_reads(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "catalogue.json"

    said = refresh(source, target, "--as-of", "2026-11-22")

    info = Catalogue.from_snapshot(json.loads(target.read_text())).find("gpt-x")
    assert info is not None
    assert (info.window_tokens, info.as_of) == (400_000, "2026-11-22")
    assert said.startswith("1 models as of 2026-11-22")


def test_the_licence_stays_when_none_is_given(source: Path, tmp_path: Path) -> None:
    target, licence = tmp_path / "catalogue.json", tmp_path / "LICENSE"
    licence.write_text("MIT, somebody")

    refresh(source, target, "--licence", str(licence))
    refresh(source, target)

    assert json.loads(target.read_text())["licence"] == "MIT, somebody"


@pytest.mark.parametrize("content", ["no JSON", "{}", "[]", None])
def test_what_is_no_list_of_models_is_refused_and_nothing_written(
    content: str | None, tmp_path: Path
) -> None:
    source, target = tmp_path / "prices.json", tmp_path / "catalogue.json"
    if content is not None:
        source.write_text(content)

    with pytest.raises(CommandError, match="prices.json"):
        refresh(source, target)

    assert not target.exists()
