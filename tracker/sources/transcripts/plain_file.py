"""A session file as lines of UTF-8, however it lies on the disk.

Codex compresses rollouts that are a week old (`.jsonl.zst`). Tools of Windows write
UTF-16, or a byte order mark before UTF-8.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO

import zstandard

_ZSTD = b"\x28\xb5\x2f\xfd"
_CHUNK = 1 << 20
_BUFFER = 1 << 16  # Python's own 8 KiB take twice the time: lines have some KB
_BITE = 1 << 10
_IN_MEMORY = 16 * _CHUNK
MOST_BYTES = 2 << 30  # of one file, decompressed


class DamagedFile(OSError):
    """A compressed file that is not whole, or larger than any session."""


def open_plain(path: Path) -> IO[bytes]:
    """`path` opened for reading, decompressed and in UTF-8.

    Offsets are those of the plain text, and stay what they are while the file grows.
    What is compressed or UTF-16 is unpacked into a temporary file first. Raises
    OSError, also (DamagedFile) for a compressed file that cannot be unpacked.
    """
    file = path.open("rb", buffering=_BUFFER)
    head = file.read(4)
    file.seek(0)
    encoding = _encoding_of(head)
    if head != _ZSTD and not encoding:
        return file
    with file:
        return _recoded(file, encoding) if encoding else _unpacked(file)


def session_name(path: Path) -> str:
    """The file's name without its endings: `rollout-1.jsonl.zst` -> `rollout-1`."""
    return path.name.removesuffix(".zst").removesuffix(".jsonl")


def _encoding_of(head: bytes) -> str:
    """`utf-16-le`, `utf-16-be`, or "". Without a mark, a zero byte beside the first
    brace tells.
    """
    if head.startswith(codecs.BOM_UTF16_LE) or head[:2] == b"{\x00":
        return "utf-16-le"
    if head.startswith(codecs.BOM_UTF16_BE) or head[:2] == b"\x00{":
        return "utf-16-be"
    return ""


def _recoded(file: IO[bytes], encoding: str) -> IO[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    plain: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  # the caller closes it
    while chunk := file.read(_CHUNK):
        plain.write(decoder.decode(chunk).encode("utf-8", "replace"))
    plain.seek(0)
    return plain


def _unpacked(file: IO[bytes]) -> IO[bytes]:
    plain: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  # the caller closes it
    try:
        for part in _frames(file):
            if plain.tell() + len(part) > MOST_BYTES:
                raise DamagedFile(f"more than {MOST_BYTES >> 30} GiB decompressed")
            plain.write(part)
    except (zstandard.ZstdError, DamagedFile) as error:
        plain.close()
        raise DamagedFile(f"not a whole zstd file: {error}") from error
    plain.seek(0)
    return plain


def _frames(file: IO[bytes]) -> Iterator[bytes]:
    """What the file's frames hold, some MiB at a time at most.

    It is fed in small bites: 4 bytes may stand for 128 KiB.
    """
    unpacker = None
    while bite := file.read(_BITE):
        while bite:
            unpacker = unpacker or zstandard.ZstdDecompressor().decompressobj()
            yield unpacker.decompress(bite)
            bite = unpacker.unused_data
            if unpacker.eof:
                unpacker = None
    if unpacker is not None:
        raise DamagedFile("it is cut off")
