"""What a project keeps of words: all, redacted, or none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ingest.conftest import NOON

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

    def store(keep: str) -> tuple[str, list[dict[str, Any]]]:
        Project.objects.update(keep_messages=keep, redaction_patterns=r"ACME-\d+")
        ConfigVersion.bump()
        words = f"key {SECRET} of {TICKET}"
        quoted = {"code": "instructions_lost", "severity": "bad"}
        quoted["text"] = f"1 instruction lost{QUOTING}“{words}”."
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
        )
        note = usage("s", 5, title=words, metadata={"note": words})
        recorder.record([note, Arrival(project.pk, cut, NOON)])
        return _everything(), recorder.news

    return store


def _everything() -> str:
    from tracker.models import Compression, CompressionText, LLMSession

    models = (LLMSession, Compression, CompressionText)
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
    from tracker.models import Compression, CompressionText

    stored("no")

    assert not CompressionText.objects.exists()
    (verdict,) = Compression.objects.get().verdicts
    assert verdict["text"] == "1 instruction lost"


def test_a_slow_pattern_withholds_the_words_and_the_report_is_stored(
    project: Any, compression: Any
) -> None:
    from tracker.ingest.judging.record import Recorder
    from tracker.models import Compression, CompressionText, Project

    # Saved past the form's check, as by an older version.
    Project.objects.update(keep_messages="redacted", redaction_patterns=r"(a|aa)+$")

    Recorder().record([compression("s", 9, 5, summary="a" * 100 + "!")])

    assert Compression.objects.count() == 1
    assert CompressionText.objects.get().summary.startswith("[withheld")


def test_a_pattern_is_checked_where_a_project_is_edited(project: Any) -> None:
    from django.core.exceptions import ValidationError

    project.redaction_patterns = "("
    with pytest.raises(ValidationError, match="regular expression"):
        project.full_clean()
    project.redaction_patterns = "ACME-\\d+"
    project.full_clean()
