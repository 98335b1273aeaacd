"""Session files as Windows and Codex leave them on the disk."""

from __future__ import annotations

import codecs

import pytest
import zstandard

from tests.sources.transcripts.builder import (
    as_bytes,
    assistant,
    codex,
    token_count,
    user,
    write,
)
from tracker.sources.transcripts import plain_file
from tracker.sources.transcripts.following.reader import TranscriptReader
from tracker.sources.transcripts.plain_file import DamagedFile, session_name

LINES = as_bytes(user("Grüße"), assistant(1, 5_000), assistant(2, 6_000))
ROLLOUT = as_bytes(codex("session_meta", {"id": "t"}), token_count(20_000, 20_005))


def requests(path):
    news = TranscriptReader(path).read_new()
    assert news.malformed_lines == 0
    return [sample.event_id for sample in news.samples]


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
    ],
)
def test_byte_order_marks_and_utf_16_lose_no_line(tmp_path, mark, encoding):
    path = tmp_path / "a.jsonl"
    path.write_bytes(mark + LINES.decode().encode(encoding))

    assert requests(path) == ["req_1", "req_2"]
    assert TranscriptReader(path).read_new().sessions == {"session-1": "Grüße"}


def test_a_utf_16_file_is_read_on_where_it_grew(tmp_path):
    path = tmp_path / "a.jsonl"
    content = codecs.BOM_UTF16_LE + LINES.decode().encode("utf-16-le")
    path.write_bytes(content[:-101])  # cut in a line, and in a character
    reader = TranscriptReader(path)

    first = [sample.event_id for sample in reader.read_new().samples]
    path.write_bytes(content)
    second = [sample.event_id for sample in reader.read_new().samples]

    assert (first, second) == (["req_1"], ["req_2"])


def test_a_compressed_rollout_is_read_and_named_as_the_plain_one(tmp_path):
    path = tmp_path / "rollout-1.jsonl.zst"
    whole = zstandard.ZstdCompressor()
    path.write_bytes(whole.compress(ROLLOUT) + whole.compress(b"\n"))

    assert requests(path) == ["t:20005"]
    assert session_name(path) == "rollout-1"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x28\xb5\x2f\xfd but not for long", "not a whole zstd file"),
        (zstandard.compress(ROLLOUT)[:-9], "it is cut off"),
    ],
)
def test_a_compressed_file_that_is_not_whole_is_an_error(tmp_path, content, reason):
    path = tmp_path / "rollout-1.jsonl.zst"
    path.write_bytes(content)

    with pytest.raises(DamagedFile, match=reason):
        TranscriptReader(path)


def test_what_unpacks_to_more_than_any_session_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(plain_file, "MOST_BYTES", 100)
    path = tmp_path / "a.jsonl.zst"
    path.write_bytes(zstandard.compress(ROLLOUT))

    with pytest.raises(DamagedFile, match="decompressed"):
        TranscriptReader(path)


def test_a_plain_file_is_not_copied(tmp_path):
    path = write(tmp_path / "a.jsonl", user("Hello"))

    with plain_file.open_plain(path) as file:
        assert file.fileno() > 0
