"""What a project keeps of words: all, redacted, or none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.ingest.conftest import NOON
from tracker.domain.composition.composition import Composition
from tracker.domain.composition.filling import Filling
from tracker.domain.reports import Parts

SECRET = "sk-ant-api03-abcdefghijklmnop"
TICKET = "ACME-1234"


@pytest.fixture
def stored(project: Any, usage: Any) -> Any:
    """`stored("redacted")`: everything a database then holds as text."""
    from tracker.domain.reports import CompressionReport
    from tracker.domain.review.verdicts import QUOTING
    from tracker.ingest.arrivals import Arrival
    from tracker.ingest.judging.record import Recorder
    from tracker.models import ConfigVersion, Project

    def store(keep: str, is_ready: bool = True) -> tuple[str, list[dict[str, Any]]]:
        Project.objects.update(keep_messages=keep, redaction_patterns=r"ACME-\d+")
        ConfigVersion.bump()
        words = f"key {SECRET} of {TICKET}"
        quoted = {"code": "instructions_lost", "severity": "bad"}
        quoted["text"] = f"1 instruction lost{QUOTING}“{words}”."
        from tracker.ingest.judging.redacting import redacted_here

        recorder = Recorder()
        cut = CompressionReport(
            "s",
            9,
            5,
            title=words,
            summary=words,
            before=[{"role": "user", "content": [{"text": words}]}],
            after=[{"role": "user", "content": words}],
            plan={"pieces": [words]},
            analysis={"facts": [{"text": words}], "verdicts": [quoted]},
            composition=_filling(words).packed(),
        )
        filling = _filling(words)
        note = usage(
            "s", 5, title=words, metadata={"note": words},
            added=filling.take_added(), composition=filling.packed(),
        )  # fmt: skip
        arrivals = [note, Arrival(project.pk, cut, NOON)]
        recorder.record(redacted_here(arrivals) if is_ready else arrivals)
        return _everything(), recorder.news

    return store


def _filling(words: str) -> Filling:
    """A file and a prompt with these words in their names."""
    filling = Filling()
    filling.define({words: 9})
    call = {"id": "1", "function": {"name": "read", "arguments": {"path": words}}}
    filling.add({"role": "user", "content": words}, 3)
    filling.add({"role": "assistant", "content": None, "tool_calls": [call]}, 3)
    filling.add({"role": "tool", "tool_call_id": "1", "content": "x"}, 4)
    return filling


def _everything() -> str:
    from tracker import models as all_models

    names = (
        "LLMSession", "Compression", "CompressionText", "UsageSample",
        "LaneComposition", "CompressionComposition",
    )  # fmt: skip
    models = [getattr(all_models, name) for name in names]
    rows = [list(model.objects.values()) for model in models]
    return str(rows)


def test_all_is_kept_by_default(stored: Any) -> None:
    everything, _ = stored("yes")

    assert SECRET in everything and TICKET in everything


def test_redacted_means_everywhere_in_the_store_and_the_news(stored: Any) -> None:
    everything, news = stored("redacted")

    assert SECRET not in everything and TICKET not in everything
    assert "[redacted key] of [redacted]" in everything
    told = str([item.message() for item in news])
    assert SECRET not in told and TICKET not in told


def test_no_means_no_words_at_all_not_even_in_verdicts(stored: Any) -> None:
    from tracker.models import (
        Compression,
        CompressionComposition,
        CompressionText,
        LaneComposition,
        UsageSample,
    )

    stored("no")

    assert not CompressionText.objects.exists()
    sample, lane = UsageSample.objects.get(), LaneComposition.objects.get()
    before = CompressionComposition.objects.get()
    assert sample.added == "4\ttool_results\t\n3\tuser_text\t\n3\ttool_calls\t"
    for packed in (lane.packed, before.packed):
        assert SECRET not in packed and "read" not in packed.replace('"reads"', "")
        kinds = dict(Composition.read(packed, Parts(history=10)).kinds)
        assert kinds == {"user_text": 3, "tool_calls": 3, "tool_results": 4}
    (verdict,) = Compression.objects.get().verdicts
    assert verdict["text"] == "1 instruction lost"


def test_the_writer_stores_no_text_of_other_rules(stored: Any) -> None:
    everything, news = stored("redacted", is_ready=False)

    assert SECRET not in everything and TICKET not in everything
    assert "[withheld: the project" in everything
    assert SECRET not in str([item.message() for item in news])


def test_the_writer_itself_searches_nothing(
    project: Any, compression: Any, usage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.domain.redaction.redactor import Redactor
    from tracker.ingest.judging.record import Recorder
    from tracker.ingest.judging.redacting import redacted_here
    from tracker.models import Compression, ConfigVersion, Project

    Project.objects.update(keep_messages="redacted")
    ConfigVersion.bump()
    ready = redacted_here(
        [compression("s", 9, 5, summary="of ann@example.org"), usage("s", 1, title="x")]
    )

    def search(*_: Any) -> Any:
        raise AssertionError("in the writer")

    monkeypatch.setattr(Redactor, "text", search)
    Recorder().record(ready)

    assert Compression.objects.get().text.summary == "of [redacted e-mail]"


def test_a_pattern_of_an_older_version_withholds_the_words_and_the_report_is_stored(
    project: Any, compression: Any, caplog: pytest.LogCaptureFixture
) -> None:
    from tracker.ingest.judging.record import Recorder
    from tracker.ingest.judging.redacting import redacted_here
    from tracker.models import Compression, CompressionText, Project

    # Saved past the form's check, as by an older version.
    Project.objects.update(keep_messages="redacted", redaction_patterns=r"(?=a)b")

    Recorder().record(redacted_here([compression("s", 9, 5, summary="of ann")]))

    assert Compression.objects.count() == 1
    assert CompressionText.objects.get().summary.startswith("[withheld: a redaction")
    assert "project default are withheld: pattern 1 looks ahead" in caplog.text


async def test_one_projects_long_texts_do_not_keep_others_waiting(
    project: Any, usage: Any, in_db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio
    import threading

    from tracker.domain.redaction.redactor import Redactor
    from tracker.ingest.judging.redacting import redacted
    from tracker.models import Project

    def others() -> int:
        Project.objects.update(keep_messages="redacted")
        other = Project.objects.create(
            slug="o", name="O", keep_messages="redacted", redaction_patterns=""
        )
        return int(other.pk)

    other = await in_db(others)
    go = threading.Event()
    real = Redactor.text

    def text(self: Redactor, text: str) -> str:
        if text == "long":
            assert go.wait(30)
        return real(self, text)

    monkeypatch.setattr(Redactor, "text", text)
    long = [
        asyncio.create_task(redacted([usage("s", 1, title="long")])) for _ in range(20)
    ]
    mine = replace(usage("s", 1, title="mail ann@example.org"), project_id=other)

    async with asyncio.timeout(60):
        (done,) = await redacted([mine])
    go.set()
    await asyncio.gather(*long)

    assert done.report.title == "mail [redacted e-mail]"


def test_a_pattern_is_checked_where_a_project_is_edited(project: Any) -> None:
    from django.core.exceptions import ValidationError

    project.redaction_patterns = "("
    with pytest.raises(ValidationError, match="regular expression"):
        project.full_clean()
    project.redaction_patterns = "ACME-\\d+"
    project.full_clean()
